"""A thread of ours beside a recording, for what is to be done again and again; while the program forks there is none."""

from .native import allocate_lock
from .unseen import start


class Watchman:
    """Waits for `seconds()` and calls `step()`, by turns, until that is true or it is sent away."""

    def __init__(self, seconds, step):
        self._seconds, self._step = seconds, step
        self._halt = None  # free to let it go

    def start(self):
        """Begins, or goes on after a fork."""
        halt, begun = allocate_lock(), allocate_lock()
        halt.acquire()
        begun.acquire()
        self._halt = halt
        self._gone = start(lambda: self._life(halt, begun))
        begun.acquire(True, 1.0)  # whether a thread is gone can be told of one that was there

    def leave(self):
        """Ends it; does not wait for that, and may be called by itself. Returns whether it was there."""
        halt, self._halt = self._halt, None
        if halt is not None:
            halt.release()
        return halt is not None

    def pause(self):
        """Ends it and waits until it is gone."""
        if self.leave():
            self._gone()

    def _life(self, halt, begun):
        begun.release()
        while not halt.acquire(True, self._seconds()):
            if self._step():
                return

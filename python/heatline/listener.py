"""What engines that hear what happens have in common: the life of a sampler for the recorder."""

from .watchman import Watchman


class Listener:
    """
    start, pause, stop, forget. An engine has `_listen()`, which begins to hear what happens and may raise Refused, and `_unlisten()`, which
    ends that; each is called once.
    """

    errors = 0

    def __init__(self, housekeeping, seconds):
        """
        `housekeeping(self)` looks after the recording's limits and checkpoints, and is true when the recording has ended; it is called again
        after `seconds()`.
        """
        self.notes = []
        self._listens = False
        self._housekeeping = housekeeping
        self._watchman = Watchman(seconds, self._step)

    def start(self):
        """Begins to listen, or goes on after a fork. Raises Refused."""
        if not self._listens:
            self._listens = True
            try:
                self._listen()
            except BaseException:
                self._listens = False
                raise
        self._watchman.start()

    def pause(self):
        """No thread of ours while the program forks."""
        self._watchman.pause()

    def stop(self):
        """Listens no longer."""
        self._watchman.leave()
        self.release()

    def forget(self):
        """In a forked child."""
        self.stop()

    def release(self):
        if self._listens:
            self._listens = False
            self._unlisten()

    def _step(self):
        """In our thread: the recording's limits and checkpoints."""
        ends = self._housekeeping(self)
        if ends:
            self.release()
        return ends

"""What the agent watches beside time where it is asked to: memory and locks. Each keeps to a part of what the agent may cost."""

from .further import Further

# Of what the agent may cost, for each.
PART = 1 / 4
BROKEN = "%s ended: %r"


class Watching:
    """Settings: `memory`, frames of a stack that are kept, `locks`, one of so many stretches; None where that is not watched."""

    def __init__(self, settings, before=None):
        """`before`: the Watching of the process that this one was forked from."""
        self._memory, self._locks = settings["memory"], settings["locks"]
        self._looks = self._locking = None
        self._spent = 0.0
        if self._memory is not None:
            from .memory import Looks

            self._looks = Looks(self._memory, PART * settings["cost"])
        if before is not None:
            self._locking = before.into_child()
        elif self._locks is not None:
            from .locking import Locking

            self._locking = Locking(self._locks, PART * settings["cost"])

    @property
    def left(self):
        """The part of what the agent may cost that is left for looking at stacks."""
        return 1 - PART * ((self._looks is not None) + (self._locks is not None))

    @property
    def cpu(self):
        """Nanoseconds of processor time that were used in the sampler's thread."""
        return 0 if self._looks is None else self._looks.cpu

    def further(self, folder):
        """How windows tell it."""
        return Further(folder, self._memory, self._locks is not None)

    def into_child(self):
        """In a forked child: memory is not looked at, and the locks are the child's to go on with."""
        if self._looks is not None:
            self._looks.give_way()
        if self._locking is not None:
            self._locking.renew()
        return self._locking

    # Life

    def start(self, ours, tell_once):
        """Begins. `ours`: identities of the agent's threads; `tell_once(kind, sentence, *arguments)` puts it into the log."""
        if self._looks is not None:
            self._looks.start(tell_once)
        if self._locking is not None:
            try:
                self._locking.start(ours, tell_once)
            except Exception as problem:
                tell_once("locks", BROKEN, "watching locks", problem)
                self._locking.stop()

    def pause(self):
        """No thread of ours while the program forks."""
        if self._locking is not None:
            self._locking.pause()

    def go_on(self):
        """After a fork, in the parent."""
        if self._locking is not None:
            self._locking.go_on()

    def stop(self):
        """Ends it; what was seen is in the window that is open."""
        if self._looks is not None:
            self._looks.give_way()
        if self._locking is not None:
            self._locking.stop()

    def step(self, now):
        """In the sampler's thread, after each look at stacks; `now`: ns of perf_counter."""
        if self._looks is not None:
            self._looks.step(now)

    def judge(self, seconds):
        """What it took in the last `seconds`, as part of one processor; of memory the most that it may have been."""
        share = 0.0
        if self._looks is not None:
            before, self._spent = self._spent, self._looks.spent
            share += (self._spent - before) / seconds if seconds else 0.0
        return share + (self._locking.judge(seconds) if self._locking is not None else 0.0)

    # Windows

    def open(self, window):
        """What is seen from here on belongs to this window, beside others."""
        if self._looks is not None:
            window.kept = self._looks.open()
        if self._locking is not None:
            window.locks = self._locking.open()

    def close(self, window):
        """It belongs to it no longer."""
        if self._looks is not None:
            self._looks.sinks.remove(window.kept)
        if self._locking is not None:
            self._locking.close(window.locks)

    def told(self):
        """Notes of the window that ends."""
        return [] if self._locking is None else self._locking.told()

    def settle(self):
        """What has not been told yet of locks goes into the windows that are open."""
        if self._locking is not None:
            self._locking.take()

    @property
    def kinds(self):
        """Names of the profiles that the endpoint has of it, as Go calls them."""
        return (("heap",) if self._looks is not None else ()) + (("mutex", "block") if self._locking is not None else ())


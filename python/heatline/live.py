"""What a running recording shows of itself: copies of what was seen, each written by a process of its own."""

import os
import time

# At most so often, and never more than a twentieth of a processor.
PERIOD, SHARE = 1_000_000_000, 20
RECENT_SECONDS = 10


class Copies:
    """Forks a copy of this process about once a second, as long as the last one has ended, which does a piece of work at lower priority."""

    def __init__(self):
        self._child = 0
        self.due = time.monotonic_ns() + PERIOD

    def busy(self, now):
        """Whether the last copy still works; then the next one is due a little later."""
        if self._child and not self._reap(os.WNOHANG):
            self.due = now + PERIOD // 4
            return True
        return False

    def make(self, now, work):
        """Has a copy do `work`; `now` (ns) sets when the next is due."""
        self.due = now + PERIOD
        try:
            self._child = os.fork()
        except OSError:
            return
        if self._child:
            return
        try:
            os.nice(5)
            work()
        finally:
            os._exit(0)

    def end(self):
        """Waits for the last copy, so that nothing is written any more."""
        if self._child:
            self._reap(0)

    def _reap(self, how):
        """Whether the copy has ended; what it cost sets the pace."""
        try:
            ended, _, used = os.wait4(self._child, how)
        except OSError:
            ended, used = self._child, None
        if not ended:
            return False
        self._child = 0
        if used is not None:
            self.due += max(0, int((used.ru_utime + used.ru_stime) * 1e9 * SHARE) - PERIOD)
        return True


class Live:
    """Hands what a watch has seen to `show(report, recent report)`, in a copy of this process: the sampling does not wait for it."""

    def __init__(self, watch, show):
        watch.fresh = {}
        self._watch = watch
        self._show = show
        self._windows = []  # (end, (kernel id, stack, label) → wall ns), of the last seconds
        self._copies = Copies()

    @property
    def due(self):
        """When the next copy is to be made; ns of the monotonic clock."""
        return self._copies.due

    def tell(self, now):
        """To be called at `due` (ns); sets the next."""
        if self._copies.busy(now):
            return
        watch = self._watch
        self._windows.append((now, watch.fresh))
        watch.fresh = {}
        while self._windows[0][0] <= now - RECENT_SECONDS * 1_000_000_000:
            del self._windows[0]
        self._copies.make(now, self._tell)

    def end(self):
        """Waits for the last copy, so that nothing is written any more."""
        self._copies.end()

    def _tell(self):
        report = self._watch.report(True)
        self._show(report, self.recent(report))

    def recent(self, report):
        """As the watch's report, but for the rows: those of the last seconds, of their figures the wall time alone, and no moments."""
        sums = {}
        for _, window in self._windows:
            for row, wall in window.items():
                sums[row] = sums.get(row, 0) + wall
        rows = [(native, [part for pair in stack for part in pair], label, 0, wall, 0, 0) for (native, stack, label), wall in sums.items()]
        return (rows, report[1], None, *report[3:])

"""Exact call counts and times by the interpreter's own tracer (`_lsprof`, what cProfile is made of)."""

import _lsprof
import sys

from .inflation import calibrate, is_sound, untraced
from .runner import own

SHARES_ONE_TRACER = sys.version_info >= (3, 12)  # sys.monitoring: one profiler per process, and it hears all threads

COUNTS_AT_END = "this Python tells call counts only when counting has ended: those of this moment are missing"
OWN_PROFILER = "the program started a profiler of its own: call counts end there, line samples go on"
MIXED_THREADS = (
    "this Python counts all threads in one: calls are exact, but where threads took turns callers and cumulative times are mixed"
)


class Counter:
    """One tracer per thread before CPython 3.12, one for all of them since."""

    is_sound = staticmethod(is_sound)
    # Whether figures are told only once counting has ended.
    ends_to_tell = sys.implementation.name == "pypy"

    def __init__(self, calibrated):
        """`calibrated`: measures what counting costs, now and at the end."""
        self.costs = calibrate() if calibrated else None
        self.main = _lsprof.Profiler()
        self.threads = []
        self.notes = []
        self.live = True
        self._taken = None

    def begin(self):
        """Returns the tracer that the main thread has to enable in the frame that calls the program."""
        if SHARES_ONE_TRACER:
            self._watch_tool_ids()
        else:
            import threading

            if threading._profile_hook is None:
                threading.setprofile(self._in_thread)
        return self.main

    def _in_thread(self, *_event):
        """First event of a new thread: a tracer of its own takes over."""
        if self.live:
            profiler = _lsprof.Profiler()
            self.threads.append(profiler)
            profiler.enable()
        else:
            sys.setprofile(None)

    def _watch_tool_ids(self):
        """The program may profile itself: then it gets the one place that there is, and ours ends."""
        monitoring = sys.monitoring
        original = self._taken = monitoring.use_tool_id

        def use_tool_id(tool, name):
            if tool == monitoring.PROFILER_ID and self.live and monitoring.get_tool(tool) == "cProfile":
                self.live = False
                self._make_room()
                self.notes.append(OWN_PROFILER)
                sys.stderr.write("heatline: %s\n" % OWN_PROFILER)
            return original(tool, name)

        self._ours = use_tool_id
        monitoring.use_tool_id = use_tool_id

    def _make_room(self):
        self.main.disable()

    def look(self):
        """Notes whether the program took the tracer's place before CPython 3.12, where nobody is asked."""
        if not SHARES_ONE_TRACER and self.live and sys.getprofile() is not self.main:
            self.notes.append(OWN_PROFILER)

    def end(self):
        if not self.live:
            return
        self.live = False
        self.main.disable()
        if self.ends_to_tell:
            for each in self.threads:
                each.disable()
        self.release()
        if self.costs is not None:
            self.costs = self.costs.least(calibrate())

    def release(self):
        """Puts back what was hooked."""
        if SHARES_ONE_TRACER:
            if self._taken is not None and sys.monitoring.use_tool_id is self._ours:
                sys.monitoring.use_tool_id = self._taken
        else:
            threading = sys.modules.get("threading")
            if threading is not None and getattr(threading, "_profile_hook", None) == self._in_thread:
                threading._profile_hook = None

    def forget(self):
        """In a forked child: counts nothing from here on."""
        if self.live:
            self.live = False
            self.main.disable()
            if not SHARES_ONE_TRACER:
                sys.setprofile(None)
            self.release()

    def _stats(self, profiler):
        """PyPy tells no figures while it counts; so a checkpoint there has none, and an exec ends the counting."""
        try:
            return profiler.getstats()
        except RuntimeError:
            self.notes.append(COUNTS_AT_END)
            return []

    def untraced(self, leaves, entries, key_of, exact):
        """Of samples, what they would be without counting (see inflation)."""
        return untraced(leaves, entries, key_of, self.costs, exact)

    def entries(self):
        """[(code or name, calls, recursive, total, own, [(code, calls, recursive, total, own), …])] of all threads, summed."""
        merged = {}
        for profiler in [self.main, *self.threads]:
            for entry in self._stats(profiler):
                figures, callees = merged.setdefault(entry.code, ([0, 0, 0.0, 0.0], {}))
                _add(figures, entry)
                for callee in entry.calls or ():
                    _add(callees.setdefault(callee.code, [0, 0, 0.0, 0.0]), callee)
        _leave_out_ours(merged)
        if SHARES_ONE_TRACER and any(getattr(code, "co_name", "") == "_bootstrap_inner" for code in merged):
            self.notes.append(MIXED_THREADS)
        return [(code, *figures, [(callee, *parts) for callee, parts in callees.items()]) for code, (figures, callees) in merged.items()]


def _ours(code):
    return "'_lsprof.Profiler'" in code if isinstance(code, str) else own(code)


def _leave_out_ours(merged):
    """Takes the recorder's functions out, and what they called: since 3.12 the tracer hears our threads as well."""
    for code in [code for code in merged if _ours(code)]:
        for callee, figures in merged.pop(code)[1].items():
            if callee in merged:
                totals = merged[callee][0]
                for index, figure in enumerate(figures):
                    totals[index] -= figure
    for code in [code for code, (figures, _) in merged.items() if figures[0] <= 0]:
        del merged[code]
    for _, callees in merged.values():
        for callee in [callee for callee in callees if callee not in merged]:
            del callees[callee]


def _add(figures, entry):
    figures[0] += entry.callcount
    figures[1] += entry.reccallcount
    figures[2] += entry.totaltime
    figures[3] += entry.inlinetime

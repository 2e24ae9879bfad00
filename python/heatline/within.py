"""Exact call counts of what runs while a thread is within chosen lines: the tracer is on there, and nowhere else.

The function around the lines counts one call for each time that they are entered, and its own time is theirs. Since
CPython 3.12 the tracer's events are those of all threads: while the main thread alone runs they go straight to its
tracer, else each event first asks whose it is.
"""

import _lsprof
import _thread
import sys
import time
from _thread import get_ident as ident

from .counter import OWN_PROFILER, SHARES_ONE_TRACER, Counter
from .gate import Gate
from .inflation import calibrate

TRACER = 2  # sys.monitoring.PROFILER_ID
TO_MAIN, TO_OWN, TO_NOBODY = range(3)
IDLE_CALLS = 200  # outside, after which the events are switched off: that costs as much as some hundred events


class CounterWithin(Counter):
    """A Counter whose tracers are on while their thread is inside a Selection."""

    def __init__(self, calibrated, selection):
        super().__init__(calibrated)
        self.gate = Gate(selection, *((self._enter, self._leave, self._on_thread) if SHARES_ONE_TRACER else (self._enable, self._disable)))
        self._profilers = {}  # thread → its Profiler
        self._lock = _thread.RLock()
        self._counting = {}  # thread that is inside → its Profiler
        self._sent = None  # where the tracer's events go; None when there are none
        self._idle = 0
        self._began = {}  # thread that is inside → when it went in
        self._visits = {}  # Profiler → code → [times, seconds]

    def begin(self):
        """Starts to listen. There is no tracer to enable. Raises Refused."""
        self._profilers[ident()] = self.main
        if SHARES_ONE_TRACER:
            self._watch_tool_ids()
            sys.monitoring.use_tool_id(TRACER, "cProfile")
            self._callbacks = [
                (event, (getattr(self.main, method), self._to_its_own(method), self._rest if method in ("_pystart_callback", "_ccall_callback") else None))
                for event, method in _methods().items()
            ]
            self._threads_of_ours = _thread._count()
        self.gate.start()

    def look(self):
        """Whether somebody else has the tracer's place is seen at each entry."""

    def end(self):
        if self.live:
            self.live = False
            self.release()
            if SHARES_ONE_TRACER:
                self._end_calls()
            elif self.main is self._profilers.get(ident()):
                self.main.disable()
            if self.costs is not None:
                self.costs = self.costs.least(calibrate())

    def release(self):
        self.gate.end()
        self._make_room()

    def forget(self):
        if self.live:
            self.live = False
            self._counting.clear()
            self.release()
            if not SHARES_ONE_TRACER:
                sys.setprofile(None)

    def _profiler(self):
        profiler = self._profilers.get(ident())
        if profiler is None:
            profiler = self._profilers[ident()] = _lsprof.Profiler()
            self.threads.append(profiler)
        return profiler

    # One tracer for each thread, by sys.setprofile

    def _enable(self, _code):
        profiler = self._profiler()
        if sys.getprofile() is None:
            self._began[ident()] = time.perf_counter()
            profiler.enable()
        else:
            self.notes.append(OWN_PROFILER)

    def _disable(self, code):
        began = self._began.pop(ident(), None)
        if began is None:
            return
        profiler = self._profiler()
        profiler.disable()
        visit = self._visits.setdefault(profiler, {}).setdefault(code, [0, 0.0])
        visit[0] += 1
        visit[1] += time.perf_counter() - began

    def _stats(self, profiler):
        found = super()._stats(profiler)
        return found + [_Visits(code, *visit, found) for code, visit in self._visits.get(profiler, {}).items()]

    # One place for all threads, in sys.monitoring

    def _enter(self, code):
        profiler = self._profiler()
        with self._lock:
            self._counting[ident()] = profiler
            alone = profiler is self.main and len(self._counting) == 1 and _thread._count() <= self._threads_of_ours
            self._send(TO_MAIN if alone else TO_OWN)
        profiler._pystart_callback(code, 0)

    def _leave(self, code):
        with self._lock:
            self._counting.pop(ident())._pyreturn_callback(code, 0, None)
            if not self._counting and self._taken is not None:
                self._idle = 0
                self._send(TO_NOBODY)

    def _send(self, whom):
        """Says where the tracer's events go, and switches them on. Other callbacks cost far less than switching on and off."""
        before, self._sent = self._sent, whom
        if whom != before:
            for event, callbacks in self._callbacks:
                sys.monitoring.register_callback(TRACER, event, callbacks[whom])
        if before is None:
            sys.monitoring.set_events(TRACER, sum(event for event, _ in self._callbacks))

    def _rest(self, *_):
        """Calls outside: when there are many, nobody shall hear of them any more."""
        self._idle += 1
        if self._idle > IDLE_CALLS:
            with self._lock:
                if not self._counting and self._taken is not None:
                    self._sent = None
                    sys.monitoring.set_events(TRACER, 0)

    def _to_its_own(self, method):
        counting = self._counting

        def callback(*arguments):
            profiler = counting.get(ident())
            if profiler is not None:
                getattr(profiler, method)(*arguments)

        return callback

    def _on_thread(self):
        """A second thread is about to run."""
        if self._sent == TO_MAIN:
            with self._lock:
                self._send(TO_OWN)

    def _make_room(self):
        if SHARES_ONE_TRACER and self._taken is not None:
            monitoring = sys.monitoring
            self.gate.end()
            if monitoring.use_tool_id is self._ours:
                monitoring.use_tool_id = self._taken
            self._taken = None
            monitoring.set_events(TRACER, 0)
            for event in _methods():
                monitoring.register_callback(TRACER, event, None)
            monitoring.free_tool_id(TRACER)

    def _end_calls(self):
        """Counts the calls that have not ended, as a tracer does that is disabled."""
        for each in {self.main, *self.threads}:
            try:
                each.enable()
            except ValueError:
                return  # the program's own is on
            each.disable()


class _Visits:
    """What a tracer would tell of the function around the lines, which it does not see called: `times` and `seconds` of `found`."""

    def __init__(self, code, times, seconds, found):
        self.code, self.callcount = code, times
        nested = [entry for entry in found if entry.code is code]
        self.reccallcount = sum(entry.callcount - entry.reccallcount for entry in nested)
        self.totaltime = seconds - sum(entry.totaltime for entry in nested)
        self.inlinetime = max(0.0, seconds - sum(entry.inlinetime for entry in found))
        self.calls = [callee for callee in (_Callee(entry, found) for entry in found) if callee.callcount]


class _Callee:
    """The calls of a function that no traced function made."""

    reccallcount = 0

    def __init__(self, entry, found):
        self.code = entry.code
        made = [callee for caller in found for callee in caller.calls or () if callee.code == entry.code]
        self.callcount = entry.callcount - sum(callee.callcount for callee in made)
        self.inlinetime = entry.inlinetime - sum(callee.inlinetime for callee in made)
        others = [callee for caller in found if caller.code != entry.code for callee in caller.calls or () if callee.code == entry.code]
        self.totaltime = max(self.inlinetime, entry.totaltime - sum(callee.totaltime for callee in others))


def _methods():
    """{event of sys.monitoring: the tracer's method for it}"""
    events = sys.monitoring.events
    start, end, call_end = "_pystart_callback", "_pyreturn_callback", "_creturn_callback"
    thrown = "_pythrow_callback" if hasattr(_lsprof.Profiler, "_pythrow_callback") else start
    starts = {events.PY_START: start, events.PY_RESUME: start, events.PY_THROW: thrown, events.CALL: "_ccall_callback"}
    return {**starts, events.PY_RETURN: end, events.PY_YIELD: end, events.PY_UNWIND: end, events.C_RETURN: call_end, events.C_RAISE: call_end}

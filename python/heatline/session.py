"""Recording from the program's own code: `heatline.profile` as a context manager, a decorator, or by start and stop."""

import atexit
import copy
import os
import sys
import threading
import time

from . import checkpoints, files
from .command import Options
from .lookout import Lookout, Unavailable
from .places import Places
from .recorder import Recorder
from .runner import is_ours
from .ticker import Ticker

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80 | 0x100, 0x200
SETTLED_SECONDS = 1.0
SEVERAL_THREADS = "other threads ran when it began"
OFTEN = "recordings of functions begin and end too often for a helper process"

_lock = threading.RLock()
_recording = None  # the profile that records now; there is one at a time
_used = []  # every profile that has recorded in this process
_hooked = False


class profile:  # noqa: N801 - used as a function
    """
    Samples every thread of this process while it is on, and writes a recording that Heatline opens.

        with heatline.profile("out.pb.gz"): …

        @heatline.profile()
        def work(): …            # also async functions and generators

        p = heatline.profile(); p.start(); …; p.stop()

    What is recorded by one `profile`, in however many calls, is one recording. It is on until who began last has ended;
    within another `profile` it leaves the recording to that one. `output` is the path as it was given, or the one that was
    made up of the time. Raises ValueError for a rate that is none, OSError when the file cannot be written.
    """

    def __init__(self, output=None, *, rate=200):
        if not 0.001 <= rate <= 10000:
            raise ValueError("rate is in samples a second, from 0.001 to 10000")
        self.output = output if output is not None else time.strftime("heatline-%Y%m%d-%H%M%S.pb.gz")
        self._options = Options()
        self._options.engine, self._options.rate = "sampler", float(rate)
        self._options.output = os.path.abspath(os.fspath(self.output))
        self._often = False
        self._depth = 0
        self._recorder = None
        self._sums = None
        self._written = None

    def start(self):
        """Begins, or goes on; while it is on, one more `stop` is needed. Returns this object."""
        global _recording
        with _lock:
            self._depth += 1
            if _recording is None:
                problem = files.why_unwritable(self._options.output)
                if problem:
                    self._depth -= 1
                    raise OSError("heatline: cannot write %s: %s" % (self._options.output, problem))
                _recording = self
                self._begin()
        return self

    def stop(self):
        """Ends, and writes what was recorded. Does nothing when it is not on."""
        global _recording
        with _lock:
            if not self._depth:
                return
            self._depth -= 1
            if self._depth or _recording is not self:
                return
            _recording = None
            self._end()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def __call__(self, function):
        """Decorates a function, an async function or a generator: it is recorded while it runs."""
        self._often = True
        return _decorated(self, function)

    # One recorder for all stretches; a sampler for each

    def _begin(self):
        _hook()
        if self._recorder is None:
            self._recorder = Recorder(self._options)
            self._recorder.started = time.time_ns()
            self._recorder.sampler = self._sums = _Sums(self._kept)
            _used.append(self)
        self._began = time.perf_counter()
        self._sums.add(self._sampler())
        self._recorder.state = "recording"
        self._sums.start()

    def _kept(self, _thread, frames):
        """Of a sample's frames, leaf first, those that the recording shows."""
        return tuple(frame for frame in frames if not is_ours(frame[0][2]))

    def _sampler(self):
        reason = OFTEN if self._often else SEVERAL_THREADS if len(sys._current_frames()) > 1 else None
        if reason is None:
            try:
                return Lookout(self._options.rate, False, lambda _: False, checkpoints.gaps(None), lambda *_: None)
            except Unavailable as problem:
                reason = str(problem)
        self._recorder.notes.append("no helper process: %s" % reason)
        return Ticker(self._options.rate)

    def _end(self):
        self._sums.stop()
        self._sums.lasted += time.perf_counter() - self._began
        self._recorder.state = "done"
        if not self._often or self._written is None or time.perf_counter() - self._written > SETTLED_SECONDS:
            self._write()

    def _write(self):
        self._written = time.perf_counter()
        self._recorder.began = self._written - self._sums.lasted
        files.write_whole(self._options.output, self._recorder.content(True))
        self._sums.fresh = False

    def _become_childs(self):
        self._depth = 0
        self._sums = self._recorder = self._written = None
        folder, name = os.path.split(self._options.output)
        stem, dot, kind = name.partition(".")
        self.output = self._options.output = os.path.join(folder, "%s-%d%s%s" % (stem, os.getpid(), dot, kind))

    def _at_exit(self):
        """The program ends: what is still on ends, what was left to be written is."""
        self._depth = min(self._depth, 1)
        self.stop()
        if self._sums is not None and self._sums.fresh:
            self._write()


class _Sums:
    """Passes for one sampler: what several saw, one after the other."""

    exact = False

    def __init__(self, kept):
        self._kept = kept
        self._now = None
        self._rows = {}
        self._places = Places(os.getcwd())
        self.notes, self.ticks, self.errors, self.own_cpu, self.seconds, self.has_cpu = [], 0, 0, 0, 0.0, True
        self.lasted = 0.0
        self.fresh = False

    def add(self, sampler):
        self._now = sampler

    def start(self):
        self._now.start()

    def pause(self):
        self._now.pause()

    def forget(self):
        self._now.forget()

    def stop(self):
        self._now.stop()
        self._take(self._now)
        self.fresh = True

    def so_far(self):
        """A copy that has what the sampler that is at work has seen as well."""
        other = copy.copy(self)
        other._rows = {key: list(figures) for key, figures in self._rows.items()}
        other._take(self._now)
        return other

    def _take(self, sampler):
        for name, frames, ticks, wall, cpu, busy, offset, *_ in sampler.samples(self._places):
            row = self._rows.setdefault((name, self._kept(name, frames), offset), [0, 0, 0, 0])
            for index, figure in enumerate((ticks, wall, cpu, busy)):
                row[index] += figure
        self.ticks += sampler.ticks
        self.errors += sampler.errors
        self.own_cpu += sampler.own_cpu
        self.seconds += sampler.seconds
        self.has_cpu = sampler.has_cpu
        self.notes = list(dict.fromkeys(self.notes + sampler.notes))

    def samples(self, _):
        return [(name, frames, *figures, offset, None, None) for (name, frames, offset), figures in self._rows.items() if frames]


def _decorated(session, function):
    import functools

    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    if flags & COROUTINE:

        async def wrapper(*arguments, **named):
            with session:
                return await function(*arguments, **named)

    elif flags & ASYNC_GENERATOR:

        async def wrapper(*arguments, **named):
            with session:
                async for each in function(*arguments, **named):
                    yield each

    elif flags & GENERATOR:

        def wrapper(*arguments, **named):
            with session:
                return (yield from function(*arguments, **named))

    else:

        def wrapper(*arguments, **named):
            with session:
                return function(*arguments, **named)

    return functools.wraps(function)(wrapper)


def _hook():
    """Once in a process: forks, and the end of the program."""
    global _hooked
    if _hooked:
        return
    _hooked = True
    atexit.register(_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_forget)


def _exit():
    with _lock:
        for each in list(_used):
            each._at_exit()


def _before_fork():
    _lock.acquire()
    if _recording is not None:
        _recording._recorder._before_fork()


def _after_fork():
    if _recording is not None:
        _recording._recorder._after_fork(sys._getframe().f_back)
    _lock.release()


def _forget():
    """A child records nothing of what its parent began; what it records itself has its number in the name."""
    global _recording
    if _recording is not None:
        _recording._recorder._forget()
        _recording = None
    for each in _used:
        each._become_childs()
    _used.clear()
    _lock.release()

"""
The engines of the recorder: their names, and what a recording with each of them is made of. What another engine needs is not loaded.
"""

import os
import sys

from .later import later

BESIDE = ("tachyon", "py-spy")
INSTALLED = ("line-profiler", "memray", "pyinstrument", "scalene", "viztracer", "yappi")
ENGINES = ("hybrid", "sampler", "cprofile", "lines", "memory", "locks", "async", "imports", "events", *BESIDE, *INSTALLED, "none")
SAMPLED = ("hybrid", "sampler")


# cProfile's figures are guarded by Python's lock alone up to 3.14: without it a second thread hangs the program or breaks it down.
UNGUARDED = "free-threaded Python before 3.15 breaks down where cProfile counts several threads"


def _unguarded():
    return sys.version_info < (3, 15) and not getattr(sys, "_is_gil_enabled", lambda: True)()


class Refused(Exception):
    """An engine that cannot do its work, in one sentence."""


def files_maker(engine):
    """Who makes a recording's file, by `content(recording, final)`; None where that is the engine's sampler itself, or another program."""
    return later("content") if engine in SAMPLED else later("counts") if engine == "cprofile" else None


def prepare(recorder, words):
    """
    Gives a Recorder what its engine is made of: `sampler`, `guest` or `outside`, and what makes its `counter` and its `gate`. To be called
    while sys.path is still the recorder's. Raises Refused.
    """
    options, every = recorder.options, recorder.housekeeping
    engine = options.engine
    if options.worker is not None:
        recorder.workers = later("workers")
    if engine in SAMPLED:
        recorder.sampler = _sampler(recorder)
    elif engine == "lines":
        recorder.sampler = later("liner").Liner(options.only, every)
    elif engine == "memory":
        recorder.sampler = later("memory").Memory(options.depth, options.duty, every)
        if options.duty is None:
            recorder.sampler.marks = later("marks").Marks(recorder)
    elif engine == "locks":
        recorder.sampler = later("locks").Locks(options.sample, every)
    elif engine == "async":
        recorder.sampler = later("loops").Loops(options.blocked / 1000, every)
    elif engine == "imports":
        recorder.sampler = later("imports").Imports(every)
    elif engine == "events":
        recorder.sampler = later("events").Events(every)
    elif engine in INSTALLED:
        recorder.sampler = recorder.guest = later("installed").Installed(options, words, every)
    elif engine in BESIDE:
        recorder.outside = later("beside").beside(options)
    if engine in ("hybrid", "cprofile") and _unguarded():
        if engine == "cprofile":
            raise Refused("%s: take the engine sampler, or start it with PYTHON_GIL=1" % UNGUARDED)
        recorder.notes.append("no calls are counted: %s" % UNGUARDED)
        engine = "sampler"
    if engine in ("hybrid", "cprofile"):
        recorder.make_counter = _counter(engine == "hybrid", options.within)
    elif options.within is not None:
        recorder.make_gate = _gate(options.within)


def tests(recorder, words):
    """Who listens to the test runner that `words` start, or None."""
    options = recorder.options
    if not words or options.engine in ("none", "py-spy") or not (options.per_test or options.worker is not None or _runs_pytest(words)):
        return None
    return later("testing").prepare(recorder, _runs_pytest(words))


def _sampler(recorder):
    """The helper process, or where there is none the thread inside."""
    if not recorder.options.in_process:
        lookout = later("lookout")
        try:
            return recorder.look_out(lookout.Lookout)
        except lookout.Unavailable as reason:
            recorder.notes.append("no helper process: %s" % reason)
    return later("ticker").Ticker(recorder.options.rate, recorder.housekeeping, recorder.options.delay)


def _counter(traced, within):
    """What makes the counter; it measures what counting costs, so that is done at the start."""
    if within is None:
        counter = later("counter")
        return lambda: counter.Counter(traced)
    counter = later("within")
    return lambda: counter.CounterWithin(traced, within)


def _gate(within):
    """What makes the gate that tells whether chosen lines ran at all, where that costs nothing; else None."""
    gate = later("gate")
    return (lambda: gate.once(within)) if gate.MONITORING else None


def _runs_pytest(words):
    """Whether a program's words run pytest: as a module, or the script that it installs."""
    if words[0] == "-m":
        return words[1] in ("pytest", "py.test")
    return os.path.basename(words[0]) in ("pytest", "py.test", "pytest-script.py")

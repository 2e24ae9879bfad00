"""
Memory by the line that asked for it, in a program that serves: tracemalloc is on for a moment now and then (see the engine `memory`).

What was allocated in a look and not freed by its end is scaled up to the whole time. A program that is looked at can at most stand still, so
that much is what a look costs; pauses are as long as it takes to keep it within a share of the time.
"""

import os
import sys
import time

from ..linefunctions import LineFunctions
from ..memory import KEPT, _sums, _tracemalloc, programs_part
from ..native import RLock, sleep
from ..places import absolute
from .sampler import STACKS, several_interpreters

LOOK_SECONDS = 0.01
# Where looks want longer pauses than so many seconds, they keep a quarter of the frames; where they want a quarter of that, twice as many again.
LONGEST_PAUSE = 600
DEEPEST, USUAL = 128, 25
TYPES = KEPT
NO_TRACEMALLOC = "memory is not looked at: %s has no tracemalloc"
THEIRS = "memory was not looked at for a while: the program uses tracemalloc itself"
TOO_DEAR = "memory: one look took %.2f s: the next one is in %.0f s, and stacks have %d frames from there on"
LOOKS = "memory: tracemalloc was on for %.2f of %.1f s, in %d looks: values are what was allocated then and kept to the look's end, times %.1f"
BROKEN = "memory is looked at no longer: %r"
CUT = "memory: %d of %d stacks are deeper than the %d frames that were kept"


class Kept:
    """What the looks of a stretch of time have seen. `rows`: frames, leaf first → [blocks, bytes]."""

    def __init__(self):
        self.rows = {}
        self.looked = self.spent = 0.0  # seconds
        self.looks = 0
        self.notes = []

    def add(self, sums):
        rows = self.rows
        for frames, (blocks, size) in sums.items():
            row = rows.get(frames)
            if row is None:
                if len(rows) >= STACKS:
                    frames = ()
                row = rows.setdefault(frames, [0.0, 0.0])
            row[0] += blocks
            row[1] += size


class Looks:
    """`sinks`: each Kept that what is seen is added to. All but `give_way` and `end` is for the sampler's thread."""

    def __init__(self, depth, share):
        """`depth`: frames of a stack; `share`: of the time, that looks may cost."""
        self.sinks = []
        self.spent = 0.0  # seconds of the clock, and nanoseconds of processor time
        self.cpu = 0
        self._asked, self._depth, self._share = depth, depth, share
        self._on = self._over = False
        self._turn = RLock()
        self._next = None  # ns of perf_counter

    def start(self, tell_once):
        """Begins. `tell_once(kind, sentence, *arguments)` puts it into the log."""
        self._tell_once = tell_once
        if _tracemalloc is None:
            self._end("no tracemalloc", NO_TRACEMALLOC % sys.implementation.name)

    def open(self):
        """A Kept that what is seen from here on is added to, until it is taken out of `sinks`."""
        kept = Kept()
        self.sinks.append(kept)
        return kept

    def step(self, now):
        """To be called often; looks when that is due. `now`: ns of perf_counter."""
        if self._over:
            return
        if self._next is None:
            self._wait(now, LOOK_SECONDS)
        elif now >= self._next:
            used = _thread_time()
            try:
                spent = self._look()
            except Exception as problem:  # such as MemoryError: the thread has more to do
                self.give_way()
                self._end("memory", BROKEN % problem)
            else:
                self._wait(time.perf_counter_ns(), spent)
            self.cpu += _thread_time() - used

    def _wait(self, now, spent):
        """Until the next look, after one that took `spent` seconds; at random, so that no rhythm of the program's meets it."""
        pause = max(LOOK_SECONDS, spent / self._share)
        if pause > LONGEST_PAUSE:
            self._depth = max(1, self._depth // 4)
            sentence = TOO_DEAR % (spent, pause, self._depth)
            self._note(sentence)
            self._tell_once("memory is dear", "%s", sentence)
        elif pause < LONGEST_PAUSE / 4:
            self._depth = min(self._asked, 2 * self._depth)
        self._next = now + int(pause * 1e9 * (0.5 + int.from_bytes(os.urandom(2), "big") / 65536))

    def _look(self):
        """Returns the seconds that it took, in which the program may have stood still."""
        if several_interpreters() or "tracemalloc" in sys.modules or _tracemalloc.is_tracing():
            if not several_interpreters():
                self._note(THEIRS)
                self._tell_once("tracemalloc", "%s", THEIRS)
            return LOOK_SECONDS
        began = time.perf_counter()
        original = _tracemalloc.start
        with self._turn:
            self._on = True
            # For a program that begins to use it in this very moment.
            _tracemalloc.start = lambda *arguments: (self.give_way(), original(*arguments))[1]
            original(self._depth)
        sleep(LOOK_SECONDS)
        with self._turn:
            _tracemalloc.start = original
            traces = _tracemalloc._get_traces() if self._on else []
            looked = time.perf_counter() - began
            self.give_way()
        sums = _sums(traces)[0]
        del traces
        spent = time.perf_counter() - began
        self.spent += spent
        for kept in self.sinks:
            kept.add(sums)
            kept.looks += 1
            kept.looked += looked
            kept.spent += spent
        return spent

    def give_way(self):
        """Ends a look that goes on: tracemalloc is the program's."""
        with self._turn:
            if self._on:
                self._on = False
                _tracemalloc.stop()

    def _note(self, sentence):
        for kept in self.sinks:
            if sentence not in kept.notes:
                kept.notes.append(sentence)

    def _end(self, kind, sentence):
        self._over = True
        self._note(sentence)
        self._tell_once(kind, "%s", sentence)


class Naming:
    """Frames of tracemalloc as places; functions of a file are looked for once."""

    def __init__(self, folder, depth):
        self._folder, self._depth = folder, depth
        self._functions = LineFunctions()
        self._learned = set()

    def samples(self, kept, lasted):
        """[(places leaf first or () for those that are not told apart, [blocks, bytes])], for `lasted` seconds."""
        rows = list(kept.rows.items())
        new = {file for frames, _ in rows for file, _ in frames} - self._learned
        if new:
            self._learned |= new
            self._functions.learn_of_modules(new)
        factor = _factor(kept, lasted)
        found = []
        for frames, figures in rows:
            own = programs_part(frames, True) if frames else ()
            if own is not None:
                places = [(self._functions.key(file, line, absolute(file, self._folder)), line, 0) for file, line in own]
                found.append((places, [int(figure * factor) for figure in figures]))
        return found

    def told(self, kept, lasted):
        """Notes of a stretch of time."""
        notes = list(kept.notes)
        if kept.looks:
            notes.append(LOOKS % (kept.looked, lasted, kept.looks, _factor(kept, lasted)))
        cut = sum(len(frames) >= self._depth > 1 for frames in kept.rows)
        return [*notes, CUT % (cut, len(kept.rows), self._depth)] if cut else notes


def _factor(kept, lasted):
    return max(1.0, lasted / kept.looked) if kept.looked else 1.0


def _thread_time():
    return time.thread_time_ns() if hasattr(time, "thread_time_ns") else 0

"""
Memory by the line that asked for it, from tracemalloc: blocks and bytes that are alive at the end, and at the peak.

CPython's tracemalloc hears every block that Python's allocators hand out and take back, so its figures are exact; what C libraries take by
themselves it does not see. The peak is found by a thread of ours that asks how much is held, and writes down who holds it when that is
clearly more than ever before. In duty cycles tracemalloc is on for a moment and off for long: what was allocated while it was on and
not freed by the end of that is scaled up to the whole time.
"""

import os
import sys
import time
from _thread import allocate_lock

from .linefunctions import LineFunctions
from .places import absolute
from .pprof import Writer
from .quality import CHECKPOINT, comment
from .runner import at_root, is_ours
from .watchman import Watchman

try:
    import _tracemalloc
except ImportError:  # PyPy
    _tracemalloc = None

ALIVE = [("inuse_objects", "count"), ("inuse_space", "bytes")]
PEAK = [("peak_objects", "count"), ("peak_space", "bytes")]
KEPT = [("kept_objects", "count"), ("kept_space", "bytes")]
DEEPEST = 1000
# Between two looks at how much is held or at the clock, while tracemalloc is on and while it is off.
POLL_SECONDS, IDLE_SECONDS = 0.01, 0.05
# So much more than ever before is written down: at once, or once a second and as soon as writing has taken less than a tenth of the time.
CLEARLY, SLIGHTLY = 1.1, 1.01
LEAST_BYTES = 1 << 16
REST = 10
# A pause that would have to be so many times what was asked ends the looking.
LONGEST_PAUSE = 10
NO_TRACEMALLOC = "the engine memory needs tracemalloc, which %s does not have"
ALREADY = "tracemalloc was on before the recording, with %d frames: memory from before is in it"
STOPPED = "the program stopped tracemalloc: memory is told until then"
BUSY_DUTY = "duty cycles need tracemalloc for themselves, and it is on already (PYTHONTRACEMALLOC or -X tracemalloc)"
CUT = "%d of %d stacks are deeper than the frames that were kept (--depth %d)"
PEAK_SEEN = "the peak was %s; who held it is approximate: the values “peak” are of the %s that were alive after %.2f s"
NO_LOOK = "the recording ended before the first look of the duty cycle %g/%g"
LOOKS = "tracemalloc was on for %.2f of %.1f s, in %d looks: values are what was allocated then and kept to the look's end, times %.1f"
LOST = "at most %.1f %% of the time was lost by it"
TOO_DEAR = "it ended looking after %.0f s: what looks take (%.2f s each) is more than %g/%g allows"


def why_not():
    """Why this interpreter cannot record memory, or None."""
    return None if _tracemalloc is not None else NO_TRACEMALLOC % sys.implementation.name


class Memory:
    """Has the life of a sampler for the recorder: start, pause, stop, forget."""

    errors = 0

    def __init__(self, depth, duty, housekeeping):
        """`depth`: frames of a stack to keep; `duty`: seconds on and off, or None."""
        self.notes = []
        self._depth = depth
        self._duty = duty
        self._housekeeping = housekeeping
        self._on = self._ours = self._over = False
        self._began = None
        self._watchman = Watchman(lambda: POLL_SECONDS if self._on else IDLE_SECONDS, self._step)
        self._taking = allocate_lock()
        self._functions = LineFunctions()
        self._alive = {}  # frames, leaf first → [blocks, bytes]
        self._peak = {}
        self._peak_bytes = self._peak_at = self._highest = 0
        self._next_peak = 0.0
        self.marks = None  # Marks, where moments may be marked
        self._looks = 0
        self._looked = self._spent = self._look_began = self._next_turn = 0.0

    # Life

    def start(self):
        """Begins to record, or goes on after a fork."""
        if self._began is None:
            self._began = time.perf_counter()
            self._begin()
        if self.marks is not None:
            self.marks.open(self)
        self._watchman.start()

    def _begin(self):
        if self._duty is not None:
            # The first look begins anywhere in a cycle, so that no moment of a program is favoured.
            self._next_turn = self._began + self._duty[1] * int.from_bytes(os.urandom(2), "little") / 65536
        if _tracemalloc.is_tracing():
            if self._duty is not None:
                self.notes.append(BUSY_DUTY)
                self._over = True
                return
            self.notes.append(ALREADY % _tracemalloc.get_traceback_limit())
            self._depth = _tracemalloc.get_traceback_limit()
            self._on = True
        elif self._duty is None:
            self._listen()

    def _listen(self):
        self._on = self._ours = True
        _tracemalloc.start(self._depth)

    def _unlisten(self):
        self._on = False
        if self._ours:
            self._ours = False
            _tracemalloc.stop()

    def pause(self):
        """No thread of ours while the program forks."""
        self._watchman.pause()

    def stop(self):
        """Keeps the last figures, and lets go of tracemalloc."""
        self._watchman.leave()
        if self.marks is not None:
            self.marks.close()
        with self._taking:
            if self._duty is None:
                self._look(last=True)
            elif self._on:
                self._end_look()
            self._unlisten()
            self._over = True

    def forget(self):
        """In a forked child."""
        if self.marks is not None:
            self.marks.close()
        self._unlisten()

    # Watching

    def _step(self):
        """In our thread: the peak or the duty cycle, and the recording's limits and checkpoints."""
        with self._taking:
            if not self._over:
                (self._seek_peak if self._duty is None else self._take_turns)()
        if self.marks is not None:
            self.marks.look()
        ends = self._housekeeping(self)
        if ends:
            self.stop()
        return ends

    def _seek_peak(self):
        held, highest = _tracemalloc.get_traced_memory()
        self._highest = max(self._highest, highest)
        if held <= self._peak_bytes * SLIGHTLY + LEAST_BYTES:
            return
        now = time.perf_counter() - self._began
        if now >= self._next_peak and (now >= self._peak_at + 1 or held > self._peak_bytes * CLEARLY):
            self._peak, self._peak_bytes = _sums(_tracemalloc._get_traces())
            self._peak_at = now
            self._next_peak = now + REST * (time.perf_counter() - self._began - now)

    def _look(self, last=False):
        """Who holds memory now; after the program stopped tracemalloc, who held it when that was looked at last."""
        if not self._on:
            return
        if not _tracemalloc.is_tracing():
            self._on = False
            self.notes.append(STOPPED)
            return
        self._highest = max(self._highest, _tracemalloc.get_traced_memory()[1])
        at = time.perf_counter() - self._began
        traces = _tracemalloc._get_traces()
        if last:
            self._unlisten()  # adding up is four times as fast unheard
        self._alive, held = _sums(traces)
        if held >= self._peak_bytes:
            self._peak, self._peak_bytes, self._peak_at = self._alive, held, at

    # Duty cycles

    def _take_turns(self):
        """Begins and ends looks in their time."""
        now = time.perf_counter()
        if now < self._next_turn:
            return
        on, off = self._duty
        if not self._on:
            self._look_began = now
            self._next_turn = now + on
            self._listen()
            return
        self._end_look()
        # The share of the time that is lost is the one that was asked for, whatever a look takes.
        lasted = time.perf_counter() - self._began
        rest = self._spent * (on + off) / on - lasted
        if rest > LONGEST_PAUSE * (on + off):
            self._over = True
            self.notes.append(TOO_DEAR % (lasted, self._spent / self._looks, on, off))
        self._next_turn = now + max(off, rest)

    def _end_look(self):
        """Adds what a look has seen."""
        self._looked += time.perf_counter() - self._look_began
        self._looks += 1
        traces = _tracemalloc._get_traces()  # none where the program stopped it
        self._unlisten()
        for frames, (blocks, size) in _sums(traces)[0].items():
            row = self._alive.setdefault(frames, [0.0, 0.0])
            row[0] += blocks
            row[1] += size
        self._spent += time.perf_counter() - self._look_began

    # Figures

    @property
    def types(self):
        """Value types of the samples, (name, unit)."""
        return KEPT if self._duty is not None else ALIVE + PEAK

    def content(self, recording, final):
        """Blocks and bytes by stack, as a file: none of it is time."""
        lasted, writer = recording.lasted(), Writer(self.types)
        notes = [*self.write(writer, recording.folder, lasted), *recording.notes]
        if not final:
            notes.append(CHECKPOINT % lasted)
        lost = self.cost(lasted)
        said = comment("memory", notes, rows="sums", **({} if lost is None else {"cost": round(lost, 6)}))
        space = self.types[1]
        return writer.bytes(recording.started, int(lasted * 1e9), space, 0, space[0], [said])

    def moment(self, folder):
        """(samples as a Writer takes them, of ALIVE; seconds since the beginning) of now; None where tracemalloc is off."""
        with self._taking:
            if not self._on or self._duty is not None or not _tracemalloc.is_tracing():
                return None
            at = time.perf_counter() - self._began
            self._highest = max(self._highest, _tracemalloc.get_traced_memory()[1])
            held, _ = _sums(_tracemalloc._get_traces())
            self._functions.learn({file for frames in held for file, _ in frames})
            rows = {}
            for frames, figures in held.items():
                places = self._places(frames, folder)
                if places is not None:
                    row = rows.setdefault(places, [0, 0])
                    row[0] += int(figures[0])
                    row[1] += int(figures[1])
            del held
            _tracemalloc.reset_peak()  # that was ours
        return rows, at

    def write(self, writer, folder, lasted):
        """Adds a sample for each stack to a pprof Writer; `lasted`: seconds of the recording so far. Returns what is to be said of them."""
        with self._taking:
            if self._duty is None:
                self._look()
            alive, peak = self._alive, self._peak
            self._functions.learn({file for held in (alive, peak) for frames in held for file, _ in frames})
            if self._on and self._duty is None:
                _tracemalloc.reset_peak()  # that was ours
        parts = ((alive, 0), (peak, 2)) if self._duty is None else ((alive, 0),)
        factor = max(1.0, lasted / self._looked) if self._looked else 1.0
        sums = {}
        cut = 0
        for held, column in parts:
            for frames, figures in held.items():
                cut += not column and len(frames) >= self._depth > 1
                places = self._places(frames, folder)
                if places is not None:
                    row = sums.setdefault(places, [0] * (2 * len(parts)))
                    row[column] += int(figures[0] * factor)
                    row[column + 1] += int(figures[1] * factor)
        for places, row in sums.items():
            writer.sample(places, row)
        notes = self._told_duty(lasted, factor) if self._duty is not None else self._told_peak()
        return [*self.notes, *notes, *([CUT % (cut, len(alive), self._depth)] if cut else [])]

    def _told_peak(self):
        if not self._peak:
            return []
        return [PEAK_SEEN % (_bytes(max(self._highest, self._peak_bytes)), _bytes(self._peak_bytes), self._peak_at)]

    def _told_duty(self, lasted, factor):
        if not self._looks:
            return [NO_LOOK % self._duty]
        return [LOOKS % (self._looked, lasted, self._looks, factor), LOST % (100 * self.cost(lasted))]

    def cost(self, lasted):
        """The share of the time that is lost at most: tracing makes a look no slower than standing still would. Of duty cycles alone."""
        return min(1.0, self._spent / lasted) if self._duty is not None and lasted else None

    def _places(self, frames, folder):
        """Places of a stack; None for stacks of the recorder alone."""
        kept = programs_part(frames)
        return kept and tuple([(self._functions.key(file, line, absolute(file, folder)), line, 0) for file, line in kept])


def _sums(traces):
    """Blocks and bytes by the frames that asked for them, leaf first; and all bytes. Sums are floats, which are made without allocating."""
    sums = {}
    known = sums.get
    total = 0.0
    for _, size, frames, _ in traces:
        row = known(frames)
        if row is None:
            row = sums[frames] = [0.0, 0.0]
        row[0] += 1.0
        row[1] += size
        total += size
    return sums, total


def programs_part(frames, inside=False):
    """
    Frames, of which the file comes first, innermost first, without the recorder's at their root; None for stacks of the recorder alone.
    `inside`: they begin below the recorder's.
    """
    end = len(frames) - at_root((file for file, *_ in reversed(frames)), inside)
    return frames[:end] if end and not is_ours(frames[0][0]) else None


def _bytes(size):
    return "%.1f MB" % (size / 1048576)

"""What a recording's file holds: samples, counts or lines, and what the recording says of itself."""

import os
import sys
import time

from . import workers
from .counter import prof_bytes
from .inflation import is_sound, untraced
from .liner import NOTHING
from .places import Places, function_key
from .pprof import Writer, add_calls
from .quality import as_json, rates

VERSION = "0.1.0"
NUMBERS = [("samples", "count"), ("wall", "nanoseconds"), ("cpu", "nanoseconds")]
# Wall time of the last seconds, in what a running recording shows of itself.
RECENT = ("recent", "nanoseconds")
# Wall time less what tracing is estimated to have added to it: what the program would take without being counted.
UNTRACED = ("untraced", "nanoseconds")
TOLD_TRACING = 0.3
SUSPECT = "counting calls took about %.0f %% of the run: shares without it are estimates; the engine sampler measures them"
STILL = "the recording goes on: this is what was seen in its first %.0f s"
CHECKPOINT = "this is a checkpoint: the recording was cut off after %.1f s"
NEVER_INSIDE = "no sample was taken inside a function %s"
NO_TEST = "no test of pytest or unittest ran, so no sample is labelled with one"
HAS_QUALNAMES = sys.version_info >= (3, 11)
COUNTS = [("calls", "count"), ("tottime", "nanoseconds")]
# Of NUMBERS those that moments have of their own; wall time is as long as they last.
OF_MOMENTS = (0, 2)


def labels(thread, label, process=None):
    """Labels of a sample: the name of its thread, what ran then or None, and the process among several."""
    found = [("thread", thread if process is None else workers.named(process, thread), None)]
    if process is not None:
        found.append(("process", process, None))
    if label is not None:
        found.append(("test", label, None))
    return found


class Content:
    """The figures of a recording; `started` (Unix ns) and `began` (perf_counter seconds) are set when it begins."""

    def __init__(self, options):
        self.options = options
        self.folder = os.getcwd()
        self.counter = None
        self.sampler = None
        self.gate = None
        self.notes = []
        self.tests = None
        self.has_workers = self.saw_test = False

    def content(self, final):
        """The file, as bytes; of a checkpoint when it is not `final`."""
        ahead = getattr(self.sampler, "ahead", None)
        if ahead is not None:
            self._begin_at(ahead.began)
        lasted = max(0.0, time.perf_counter() - self.began)
        if self.options.engine == "lines":
            return self._line_content(lasted, final)
        if self.options.engine == "memory":
            return self._memory_content(lasted, final)
        if self.options.engine == "locks":
            return self.sampler.content(self._identity(), self.folder, self.started, lasted, self.notes + ([] if final else [CHECKPOINT % lasted]))
        if ahead is not None:
            return self._finish(ahead.writer, lasted, self._quality(lasted, 0, final), "wall")
        entries = [] if self.counter is None else self.counter.entries()
        if final and self.options.within is not None:
            self.notes += self.options.within.told(None if self.has_workers else self.counter, self.gate)
        key_of = lambda code: function_key(code, self.folder)
        rows, removed, busy = self._figures(entries, key_of, final)
        if self.options.worker is not None:
            quality = {} if self.sampler is None else self._quality(lasted, removed, final)
            moments = getattr(self.sampler, "moments", None)
            return workers.figures(self.options.worker, rows, workers.keyed(_without_exec(entries), key_of), removed, busy, quality, moments)
        parts = []
        if final and self.has_workers:
            parts, notes = workers.collect(self.options.output)
            self.notes += notes
            if parts and entries:
                entries = workers.added_up([workers.keyed(_without_exec(entries), key_of), *(part[2] for part in parts)])
                key_of = lambda key: key
        if self.options.engine == "cprofile":
            return prof_bytes(entries, lambda code: _pstats_key(key_of(code)))
        return self._pprof(lasted, final, rows, entries, key_of, (removed, busy), parts)

    def _figures(self, entries, key_of, final):
        """
        This process's samples: [(thread, places, ticks, wall, cpu, untraced, label, row)]; and the nanoseconds that tracing
        took of them, and those that they were busy.
        """
        if self.sampler is None:
            return [], 0, 0
        found = self._rows(self.sampler, Places(self.folder))
        if final and not found and self.options.function is not None and self.options.worker is None and not self.has_workers:
            self.notes.append(NEVER_INSIDE % self.options.function)
            sys.stderr.write("heatline: %s\n" % self.notes[-1])
        if self.counter is None:
            return [(name, places, ticks, wall, cpu, 0, label, row) for name, places, ticks, wall, cpu, _, _, label, row in found], 0, 0
        leaves = [(places[0][0], offset, wall, cpu, busy) for _, places, _, wall, cpu, busy, offset, _, _ in found]
        left = untraced(leaves, entries, key_of, self.counter.costs, self.sampler.exact)
        rows = [(*known[:5], figure, *known[7:]) for known, figure in zip(found, left)]
        removed = sum(known[3] for known in found) - sum(left)
        return rows, removed, sum(known[5] for known in found)

    def _pprof(self, lasted, final, rows, entries, key_of, traced, parts):
        """A profile of this process, and of those that worked for it."""
        counts = self.counter is not None
        writer = Writer(NUMBERS + ([UNTRACED, *COUNTS] if counts else []))
        blank = [0] * len(COUNTS) if counts else []
        quality = self._quality(lasted, traced[0], final)
        own = getattr(self.sampler, "moments", None)
        for process, its_rows, _, removed, busy, told, moments in [(workers.STARTER if parts else None, rows, [], 0, 0, {}, own), *parts]:
            numbers = {}
            for name, places, ticks, wall, cpu, figure, label, row in its_rows:
                if process is None or not workers.is_plumbing(places):
                    values = [ticks, wall, cpu, *([figure] if counts else []), *blank]
                    numbers[row] = writer.sample(places, values, labels(name, label, process))
            if moments is not None:
                self._add_moments(writer, moments, lambda row, known=numbers: known.get(row, -1))
            traced = traced[0] + removed, traced[1] + busy
            for key in ("errors", "cost", "tracingSeconds"):
                if key in told:
                    quality[key] = round(quality.get(key, 0) + told[key], 6)
            quality["notes"] = list(dict.fromkeys(quality["notes"] + told.get("notes", [])))
            if moments is not None and "timesWithin" in told:
                quality["timesWithin"] = max(quality.get("timesWithin", 0), told["timesWithin"])
        if counts:
            add_calls(writer, _without_exec(entries), key_of, len(NUMBERS) + 1)
        first = UNTRACED[0] if counts and is_sound(*traced) else "wall"
        return self._finish(writer, lasted, quality, first)

    def _begin_at(self, nanoseconds):
        """Says that the recording began then, by the clock of the helper: on Linux that of perf_counter, too."""
        self.started += nanoseconds - int(self.began * 1e9)
        self.began = nanoseconds / 1e9

    def _add_moments(self, writer, moments, number_of):
        writer.moments(number_of, moments[1], int(self.began * 1e9), OF_MOMENTS)

    def _finish(self, writer, lasted, quality, first):
        comments = ["heatline: " + as_json(quality)]
        return writer.bytes(self.started, int(lasted * 1e9), ("wall", "nanoseconds"), int(1e9 / self.options.rate), first, comments)

    def _line_content(self, lasted, final):
        """Sums of lines and functions; times of one type, so that a line's and its function's are the same."""
        writer = Writer(COUNTS)
        measured = self.sampler.write(writer, 1)
        notes = self.sampler.notes + self.notes
        if not measured:
            only = self.options.only
            notes.append(NOTHING % ("none that ran lies under the working directory" if only is None else "none that ran is named by --only %s" % only.pattern))
        if not final:
            notes.append(CHECKPOINT % lasted)
        spent = self.sampler.own_nanoseconds / 1e9
        quality = {**self._identity(), "errors": 0, "cost": round(spent / lasted, 6) if lasted else 0, "notes": list(dict.fromkeys(notes))}
        if final and not measured and self.options.only is not None:
            sys.stderr.write("heatline: %s\n" % notes[-1])
        return writer.bytes(self.started, int(lasted * 1e9), COUNTS[1], 0, COUNTS[1][0], ["heatline: " + as_json(quality)])

    def _memory_content(self, lasted, final):
        """Blocks and bytes by stack: none of it is time."""
        sampler = self.sampler
        writer = Writer(sampler.types)
        notes = [*sampler.write(writer, self.folder, lasted), *self.notes]
        if not final:
            notes.append(CHECKPOINT % lasted)
        lost = sampler.cost(lasted)
        quality = {**self._identity(), "errors": 0, **({} if lost is None else {"cost": round(lost, 6)}), "notes": list(dict.fromkeys(notes))}
        space = sampler.types[1]
        return writer.bytes(self.started, int(lasted * 1e9), space, 0, space[0], ["heatline: " + as_json(quality)])

    def _identity(self):
        python = "%s %d.%d.%d" % (sys.implementation.name, *sys.version_info[:3])
        return {"engine": self.options.engine, "engineVersion": VERSION, "python": python}

    def _quality(self, lasted, removed, final):
        sampler, counter = self.sampler, self.counter
        elapsed = sampler.seconds or lasted
        notes = list(sampler.notes) + self.notes
        quality = {**self._identity(), **rates(sampler, self.options.rate, elapsed)}
        if not sampler.has_cpu:
            notes.append("this platform does not tell the CPU time of single threads")
        if sys.implementation.name != "cpython":
            notes.append("a compiled program is sampled where its compiler lets go: take shares as approximate")
        spent = sampler.own_cpu / 1e9
        if counter is not None:
            costs = counter.costs
            quality["tracingPerCallSeconds"] = round((costs.calling + costs.inside) / 1e9, 11)
            quality["tracingPerBuiltinSeconds"] = round(costs.function / 1e9, 11)
            quality["tracingPerMethodSeconds"] = round(costs.method / 1e9, 11)
            quality["tracingSeconds"] = round(removed / 1e9, 6)
            if elapsed and removed > TOLD_TRACING * elapsed * 1e9:
                notes.append(SUSPECT % (100 * removed / (elapsed * 1e9)))
            spent += quality["tracingSeconds"]
            notes += counter.notes
        quality["cost"] = round(spent / lasted, 6) if lasted else 0
        if not final:
            notes.append(CHECKPOINT % lasted)
        elif self.options.per_test and not (self.saw_test or self.has_workers or self.options.worker):
            notes.append(NO_TEST)
        quality["notes"] = list(dict.fromkeys(notes))
        return quality

    def live_content(self, sampler, recent):
        """What was seen so far, and as `recent` in the last seconds. Counts and estimates come at the end."""
        places = Places(self.folder)
        if sampler.ahead is not None:
            writer = sampler.ahead.writer
            self._begin_at(sampler.ahead.began)
        else:
            writer, numbers = Writer(NUMBERS), {}
            for name, stack, ticks, wall, cpu, _, _, label, row in self._rows(sampler, places):
                numbers[row] = writer.sample(stack, [ticks, wall, cpu], labels(name, label))
            self._add_moments(writer, sampler.moments, lambda row: numbers.get(row, -1))
        writer.add_type(*RECENT)
        said = rates(sampler, self.options.rate, sampler.seconds)
        sampler.take(recent)
        for name, stack, _, wall, _, _, _, label, _ in self._rows(sampler, places):
            writer.sample(stack, [0, 0, 0, wall], labels(name, label))
        quality = {**self._identity(), **said, "notes": [*sampler.notes, *self.notes, STILL % sampler.seconds]}
        return self._finish(writer, sampler.seconds, quality, "wall")

    def _rows(self, sampler, places):
        """The samples that are wanted: all, those inside the function that was named, or of those within chosen lines what lies there."""
        rows, name = sampler.samples(places), self.options.function
        if self.options.within is not None:
            inside = [(row[0], self.options.within.inside(row[1]), *row[2:]) for row in rows]
            return [row for row in inside if row[1]]
        if name is None:
            return rows
        bare = name.rpartition(".")[2]
        wanted = (lambda key: key[0] == name or key[1] == name) if HAS_QUALNAMES else (lambda key: key[1] == bare)
        return [row for row in rows if any(wanted(place[0]) for place in row[1])]


def _pstats_key(key):
    _, name, file, line = key
    return (file, line, name)


def _without_exec(entries):
    """Leaves out our own call of exec() around the program; pstats files keep it, as cProfile's have it."""
    name = "<built-in method builtins.exec>"
    return [entry for entry in entries if entry[0] != name or entry[1] > 1]

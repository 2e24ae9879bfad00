"""What a recording of samples, or of samples and counts, has in its file. `recording` is a Recorder."""

import sys

from .counts import counted, with_workers, without_exec
from .places import Places
from .pprof import COUNTS, NUMBERS, Writer, add_calls
from .quality import CHECKPOINT, as_json, identity, rates

# Wall time of the last seconds, in what a running recording shows of itself.
RECENT = ("recent", "nanoseconds")
# Wall time less what tracing is estimated to have added to it: what the program would take without being counted.
UNTRACED = ("untraced", "nanoseconds")
TOLD_TRACING = 0.3
SUSPECT = "counting calls took about %.0f %% of the run: shares without it are estimates; the engine sampler measures them"
STILL = "the recording goes on: this is what was seen in its first %.0f s"
NEVER_INSIDE = "no sample was taken inside a function %s"
NO_TEST = "no test of pytest or unittest ran, so no sample is labelled with one"
HAS_QUALNAMES = sys.version_info >= (3, 11)
# Of NUMBERS those that moments have of their own; wall time is as long as they last.
OF_MOMENTS = (0, 2)


def labels(thread, label):
    """Labels of a sample: the name of its thread, and what ran then or None."""
    found = [("thread", thread, None)]
    return found if label is None else [*found, ("test", label, None)]


def content(recording, final):
    """The file, as bytes; of a checkpoint when it is not `final`."""
    ahead = getattr(recording.sampler, "ahead", None)
    if ahead is not None:
        _begin_at(recording, ahead.began)
    lasted = recording.lasted()
    if ahead is not None:
        return _finish(recording, ahead.writer, lasted, _quality(recording, lasted, 0, final), "wall")
    entries, key_of = counted(recording, final)
    rows, removed, busy = _figures(recording, entries, key_of, final)
    workers = recording.workers
    if recording.options.worker is not None:
        quality = _quality(recording, lasted, removed, final)
        moments = getattr(recording.sampler, "moments", None)
        return workers.figures(recording.options.worker, rows, workers.keyed(without_exec(entries), key_of), removed, busy, quality, moments)
    parts, entries, key_of = with_workers(recording, final, entries, key_of)
    return _pprof(recording, lasted, final, rows, entries, key_of, (removed, busy), parts)


def _figures(recording, entries, key_of, final):
    """
    This process's samples: [(thread, places, ticks, wall, cpu, untraced, label, row)]; and the nanoseconds that tracing
    took of them, and those that they were busy.
    """
    found = _rows(recording, recording.sampler, Places(recording.folder))
    if final and not found and recording.options.function is not None and recording.options.worker is None and not recording.has_workers:
        recording.notes.append(NEVER_INSIDE % recording.options.function)
        sys.stderr.write("heatline: %s\n" % recording.notes[-1])
    if recording.counter is None:
        return [(name, places, ticks, wall, cpu, 0, label, row) for name, places, ticks, wall, cpu, _, _, label, row in found], 0, 0
    leaves = [(places[0][0], offset, wall, cpu, busy) for _, places, _, wall, cpu, busy, offset, _, _ in found]
    left = recording.counter.untraced(leaves, entries, key_of, recording.sampler.exact)
    rows = [(*known[:5], figure, *known[7:]) for known, figure in zip(found, left)]
    removed = sum(known[3] for known in found) - sum(left)
    return rows, removed, sum(known[5] for known in found)


def _pprof(recording, lasted, final, rows, entries, key_of, traced, parts):
    """A profile of this process, and of those that worked for it."""
    counts = recording.counter is not None
    writer = Writer(NUMBERS + ([UNTRACED, *COUNTS] if counts else []))
    blank = [0] * len(COUNTS) if counts else []
    quality = _quality(recording, lasted, traced[0], final)
    own = getattr(recording.sampler, "moments", None)
    workers = recording.workers
    for process, its_rows, _, removed, busy, told, moments in [(workers.STARTER if parts else None, rows, [], 0, 0, {}, own), *parts]:
        numbers = {}
        for name, places, ticks, wall, cpu, figure, label, row in its_rows:
            if process is None or not workers.is_plumbing(places):
                values = [ticks, wall, cpu, *([figure] if counts else []), *blank]
                numbers[row] = writer.sample(places, values, labels(name, label) if process is None else workers.labels(process, name, labels(name, label)))
        if moments is not None:
            _add_moments(recording, writer, moments, lambda row, known=numbers: known.get(row, -1))
        traced = traced[0] + removed, traced[1] + busy
        for key in ("errors", "cost", "tracingSeconds"):
            if key in told:
                quality[key] = round(quality.get(key, 0) + told[key], 6)
        quality["notes"] = list(dict.fromkeys(quality["notes"] + told.get("notes", [])))
        if moments is not None and "timesWithin" in told:
            quality["timesWithin"] = max(quality.get("timesWithin", 0), told["timesWithin"])
    if counts:
        add_calls(writer, without_exec(entries), key_of, len(NUMBERS) + 1)
    first = UNTRACED[0] if counts and recording.counter.is_sound(*traced) else "wall"
    return _finish(recording, writer, lasted, quality, first)


def _begin_at(recording, nanoseconds):
    """Says that the recording began then, by the clock of the helper: on Linux that of perf_counter, too."""
    recording.started += nanoseconds - int(recording.began * 1e9)
    recording.began = nanoseconds / 1e9


def _add_moments(recording, writer, moments, number_of):
    writer.moments(number_of, moments[1], int(recording.began * 1e9), OF_MOMENTS)


def _finish(recording, writer, lasted, quality, first):
    comments = ["heatline: " + as_json(quality)]
    return writer.bytes(recording.started, int(lasted * 1e9), ("wall", "nanoseconds"), int(1e9 / recording.options.rate), first, comments)


def _quality(recording, lasted, removed, final):
    sampler, counter = recording.sampler, recording.counter
    elapsed = sampler.seconds or lasted
    notes = list(sampler.notes) + recording.notes
    quality = {**identity(recording.options.engine), **rates(sampler, recording.options.rate, elapsed)}
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
    elif recording.options.per_test and not (recording.saw_test or recording.has_workers or recording.options.worker):
        notes.append(NO_TEST)
    quality["notes"] = list(dict.fromkeys(notes))
    return quality


def live_content(recording, sampler, recent):
    """What was seen so far, and as `recent` in the last seconds. Counts and estimates come at the end."""
    places = Places(recording.folder)
    if sampler.ahead is not None:
        writer = sampler.ahead.writer
        _begin_at(recording, sampler.ahead.began)
    else:
        writer, numbers = Writer(NUMBERS), {}
        for name, stack, ticks, wall, cpu, _, _, label, row in _rows(recording, sampler, places):
            numbers[row] = writer.sample(stack, [ticks, wall, cpu], labels(name, label))
        _add_moments(recording, writer, sampler.moments, lambda row: numbers.get(row, -1))
    writer.add_type(*RECENT)
    said = rates(sampler, recording.options.rate, sampler.seconds)
    sampler.take(recent)
    for name, stack, _, wall, _, _, _, label, _ in _rows(recording, sampler, places):
        writer.sample(stack, [0, 0, 0, wall], labels(name, label))
    quality = {**identity(recording.options.engine), **said, "notes": [*sampler.notes, *recording.notes, STILL % sampler.seconds]}
    return _finish(recording, writer, sampler.seconds, quality, "wall")


def _rows(recording, sampler, places):
    """The samples that are wanted: all, those inside the function that was named, or of those within chosen lines what lies there."""
    rows, name = sampler.samples(places), recording.options.function
    if recording.options.within is not None:
        inside = [(row[0], recording.options.within.inside(row[1]), *row[2:]) for row in rows]
        return [row for row in inside if row[1]]
    if name is None:
        return rows
    bare = name.rpartition(".")[2]
    wanted = (lambda key: key[0] == name or key[1] == name) if HAS_QUALNAMES else (lambda key: key[1] == bare)
    return [row for row in rows if any(wanted(place[0]) for place in row[1])]

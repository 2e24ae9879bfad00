"""Recordings of a test runner's worker processes, which become part of the recording of the process that started them.

A worker is recorded as any program is, but leaves figures instead of a profile: a file beside the output, which the
process that started it takes in when it writes. `OUT.w-PID` is such a file, `OUT.w-PID.on` says that it is to come.
"""

import marshal
import os
import time

from . import files

# Those that give samples or calls, which can be added up.
ENGINES = ("hybrid", "sampler", "cprofile")
MERGED = "%d worker processes are in this recording, each with its name as the label process"
LOST = "the worker process %s left nothing that could be read"
WAIT_SECONDS = 5.0
STARTER = "controller"
# Root of the threads in which execnet, by which workers are started, waits for words of the other side; a worker has its source as text.
PLUMBING = "_perform_spawn"
PLUMBING_FILES = ("gateway_base.py", "<string>")


def begin(output):
    """In a worker: says that its figures are to come. Returns where they belong."""
    path = "%s.w-%d" % (output, os.getpid())
    files.write_whole(path + ".on", b"")
    return path


def figures(name, rows, entries, removed, busy, quality, moments):
    """
    What a worker leaves, as bytes. `rows`: [(thread, places, ticks, wall, cpu, untraced, label, row)], `entries` as the counter's,
    with function keys in place of code objects, `removed` and `busy` as for the whole, `moments` as Moments.all gives them or None.
    """
    name = os.environ.get("PYTEST_XDIST_WORKER", name)
    return marshal.dumps((name, rows, entries, removed, busy, quality, moments))


def collect(output):
    """What workers left beside `output`: [(name, rows, entries, removed, busy, quality, moments)], by name, and notes. Takes the files away."""
    folder, name = os.path.split(output)
    start = name + ".w-"
    left = [each for each in os.listdir(folder) if each.startswith(start)]
    found, notes = [], []
    until = time.monotonic() + WAIT_SECONDS
    for pid in sorted({each[len(start) :].partition(".")[0] for each in left}):
        path = os.path.join(folder, start + pid)
        while _to_come(path, pid) and time.monotonic() < until:
            time.sleep(0.01)
        part = _read(path) or _read(path + ".part")
        if part is None:
            notes.append(LOST % pid)
        else:
            found.append(part)
    for each in os.listdir(folder):
        if each.startswith(start):
            files.remove(os.path.join(folder, each))
    found.sort(key=lambda part: (len(part[0]), part[0]))
    if found:
        notes.append(MERGED % len(found))
    return found, notes


def _to_come(path, pid):
    """Whether the worker, or what samples it from outside and outlives it for a moment, is still at work."""
    if os.path.exists(path) or not os.path.exists(path + ".on"):
        return False
    try:
        with open(path + ".helper", "rb") as file:
            pid = file.read()
    except OSError:
        pass
    try:
        if os.name != "nt":  # where asking would interrupt it
            os.kill(int(pid), 0)
    except (OSError, ValueError):
        return False
    return True


def _read(path):
    try:
        with open(path, "rb") as file:
            return marshal.loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        return None


def labels(process, thread, its):
    """Labels of a sample among those of other processes: the thread's name tells its process. `its`: those it had alone, the thread first."""
    name = process if thread == "MainThread" else "%s %s" % (process, thread)
    return [("thread", name, None), ("process", process, None), *its[1:]]


def is_plumbing(places):
    """Whether a stack, leaf first, is of a thread that does nothing but wait for the other side."""
    key = places[-1][0]
    return key[1] == PLUMBING and key[2].endswith(PLUMBING_FILES)


def keyed(entries, key_of):
    """The counter's entries with function keys in place of code objects."""
    return [(key_of(code), *own, [(key_of(callee), *edge) for callee, *edge in callees]) for code, *own, callees in entries]


def added_up(tables):
    """One table of keyed entries out of several."""
    sums = {}
    for entries in tables:
        for key, *own, callees in entries:
            row, edges = sums.setdefault(key, ([0] * len(own), {}))
            _add(row, own)
            for callee, *edge in callees:
                _add(edges.setdefault(callee, [0] * len(edge)), edge)
    return [(key, *row, [(callee, *edge) for callee, edge in edges.items()]) for key, (row, edges) in sums.items()]


def _add(row, figures):
    for index, figure in enumerate(figures):
        row[index] += figure


def command(recorder, name, python):
    """Words that run a worker under a recorder of the same kind; what the worker is to run follows them."""
    options = recorder.options
    gone = time.perf_counter() - recorder.began
    words = [*python, "-u", os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py"), "run", "--engine", options.engine]
    words += ["--output", options.output, "--worker", name, "--rate", "%g" % options.rate]
    if options.duration is not None:
        words += ["--duration", "%g" % max(0.1, options.duration - gone)]
    if gone < 0:
        words += ["--delay", "%g" % -gone]
    if options.function is not None:
        words += ["--function", options.function]
    if options.within is not None:
        words += ["--within", str(options.within)]
    if options.in_process:
        words.append("--in-process")
    if options.per_test:
        words.append("--per-test")
    return [*words, "--"]

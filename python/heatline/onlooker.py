"""The sampler outside the process: a forked helper that reads the program's stacks from its memory (Linux).

The program is neither stopped nor asked: no interpreter lock, no signal, so time is seen where it is spent, also inside
tight loops and long C calls. The helper is no child of the program (forked twice), has none of its files and terminals,
and ends when the program does.
"""

import errno
import marshal
import os
import time
from itertools import chain

from .layout import Layout, Memory
from .live import Copies, Live
from .moments import Moments
from .reader import Reader, Torn

GONE_AFTER = 5  # looks in a row that fail


class _Watch:
    """The helper's loop."""

    def __init__(self, process, period, reader, ahead=None):
        self._process = process
        self._reader = reader
        self.ahead = ahead
        self._threads = {}
        self._files = {}
        self.label = None  # of what runs now, as the program tells: a test
        self.rows = {}  # (kernel id, stack, label) → [number, ticks, wall ns, cpu ns, busy ns]
        self._frames = {}  # each frame of a stack is kept once
        self.moments = Moments(period)
        self.fresh = None  # (kernel id, stack, label) → wall ns since it was last emptied; only where someone looks on
        self.ticks = self.errors = 0
        self.began = self._last = time.monotonic_ns()

    def tick(self):
        """One look at all threads; returns kernel ids of threads not seen before. Raises OSError when the process is gone."""
        now = time.monotonic_ns()
        news = []
        before, self._last = self._last, now
        stacks = self._reader.stacks()
        self.ticks += 1
        alive = set()
        for _, native, stack in stacks:
            if stack == []:
                # No Python runs there; one that is about to start still bears its maker's identity, whose own stack counts.
                if native in self._threads and not any(other == native and known != [] for _, other, known in stacks):
                    alive.add(native)
                    self._threads[native] = [now, *self._used(native)]
                continue
            alive.add(native)
            known = self._threads.get(native)
            if known is None:
                # A thread that began since the last tick stands for that time, as every tick does.
                known = self._threads[native] = [before, *(self._used(native) if before == self.began else (0, 0))]
                news.append(native)
            if stack is None:
                self.errors += 1
                continue  # its next sample weighs for this one too
            key = (native, tuple(stack), self.label)
            row = self.rows.get(key)
            if row is None:
                key = (native, tuple([self._frames.setdefault(frame, frame) for frame in stack]), self.label)
                row = self.rows[key] = [self.moments.row(native), 0, 0, 0, 0]
            used, wanted = self._used(native)
            since, cpu = known[0], max(0, used - known[1])
            row[1] += 1
            row[2] += now - since
            row[3] += cpu
            row[4] += max(0, wanted - known[2])
            self.moments.add(row[0], since, now, cpu)
            if self.fresh is not None:
                self.fresh[key] = self.fresh.get(key, 0) + now - since
            if self.ahead is not None:
                self.ahead.changed[row[0]] = key
            known[0], known[1], known[2] = now, used, wanted
        self.moments.only(alive)
        self.moments.tidy()
        for gone in [each for each in self._threads if each not in alive]:
            del self._threads[gone]
            file = self._files.pop(gone, -1)
            if file >= 0:
                os.close(file)
        return news

    def _used(self, native):
        """CPU nanoseconds of a thread, and the same with those it waited for a CPU, as the scheduler counts them; else 0."""
        file = self._files.get(native)
        try:
            if file is None:
                file = self._files[native] = os.open("/proc/%d/task/%d/schedstat" % (self._process, native), os.O_RDONLY)
            if file >= 0:
                ran, waited = os.pread(file, 64, 0).split(b" ", 2)[:2]
                return int(ran), int(ran) + int(waited)
        except (OSError, ValueError):
            self._files.setdefault(native, -1)
        return 0, 0

    def report(self, encoded=False):
        """
        ([(kernel id, flat stack, label, ticks, wall ns, cpu ns, busy ns)] by their numbers, codes, what Moments.all gives, ticks,
        errors, own CPU ns, seconds). `encoded`: no rows; all are encoded ahead, if that is done at all.
        """
        moments = self.moments.all()
        if encoded and self.ahead is not None:
            rows = self.ahead.finish(self.rows, self.moments)
        else:
            rows = [(native, list(chain.from_iterable(stack)), label, *figures) for (native, stack, label), (_, *figures) in self.rows.items()]
        elapsed = max(0, time.monotonic_ns() - self.began) / 1e9
        return (rows, self._reader.codes, moments, self.ticks, self.errors, time.process_time_ns(), elapsed)


def watch(process, rate, traced, commands, answers, hints, checkpoints, names, show=None, delay=0.0, keep=None, ahead=None):
    """
    Samples until it is told to end, then returns None; or until the program is gone, then returns the report.
    `checkpoints` yields seconds between hints; `names` is kept to what the program tells of its threads.
    `show(report, recent report)` is called about once a second, in a process of its own, for someone who looks on.
    `delay`: seconds from the command to begin to the first look. `keep(report, facts)` writes what was seen, when that is asked for;
    `ahead(codes)` then makes what encodes rows before that (see Ahead).
    """
    import select

    try:
        layout = Layout(Reader)
        if traced:
            # While the tracer is at work a frame looks like one that has called: the mark would lead to a dead one behind it.
            layout.running_at = None
        memory = Memory(process)
        reader = Reader(layout, memory)
        watcher = _Watch(process, int(1e9 / rate), reader, None if ahead is None else ahead(reader.codes))
        first = reader.stacks()
        if not any(native == process and stack for _, native, stack in first):
            raise Torn("the main thread is not there")
    except Exception as problem:
        os.write(answers, b"n" + ascii(problem).encode()[:500])
        return None
    os.write(answers, b"y")
    if os.read(commands, 1) != b"s":
        return None
    period = int(1e9 / rate)
    watcher.began = watcher._last = time.monotonic_ns() + int(delay * 1e9)
    if watcher.ahead is not None:
        watcher.ahead.began = watcher.began
    due = watcher.began + period
    due_hint = watcher.began + int(next(checkpoints) * 1e9)
    failed = 0
    nameless = {}  # kernel id → [tick to ask at, ticks to the next]
    live = None if show is None else Live(watcher, show)
    checkpoint = Copies()
    while True:
        wait = max(0, due - time.monotonic_ns()) / 1e9
        if select.select([commands], [], [], wait)[0]:
            command = os.read(commands, 1)
            if command == b"r":
                data = marshal.dumps(watcher.report())
                os.write(answers, len(data).to_bytes(8, "little"))
                view = memoryview(data)
                while len(view):
                    view = view[os.write(answers, view) :]
            elif command == b"n":
                names.update(marshal.loads(os.read(commands, int.from_bytes(os.read(commands, 4), "little"))))
            elif command == b"l":
                size = int.from_bytes(os.read(commands, 4), "little")
                watcher.label = os.read(commands, size).decode("utf-8", "ignore") if size else None
            elif command == b"w":
                facts = marshal.loads(os.read(commands, int.from_bytes(os.read(commands, 4), "little")))
                if facts["final"]:
                    checkpoint.end()
                    _answer(answers, lambda: keep(watcher.report(True), facts))
                elif not checkpoint.busy(time.monotonic_ns()):
                    checkpoint.make(time.monotonic_ns(), lambda: keep(watcher.report(True), facts))
            elif command in (b"q", b""):
                for each in (checkpoint, live):
                    if each is not None:
                        each.end()
                return None if command else watcher.report(True)
            continue
        try:
            news = watcher.tick()
            failed = 0
        except (OSError, OverflowError, ValueError):
            # A thread that ended while the list was read, once; again and again: the program is gone, or has become another.
            watcher.errors += 1
            failed += 1
            if failed == GONE_AFTER:
                for each in (checkpoint, live):
                    if each is not None:
                        each.end()
                return watcher.report(True)
            time.sleep(0.001)
            continue
        now = time.monotonic_ns()
        due = max(due + period, now - period)  # several late ticks are one
        for native in news:
            nameless[native] = [watcher.ticks, 1]
        if nameless and _to_ask(nameless, names, watcher.ticks):
            _hint(hints, b"t")
        if now > due_hint:
            _hint(hints, b"c")
            due_hint = now + int(next(checkpoints) * 1e9)
        if live is not None and now > live.due:
            live.tell(now)
        if watcher.ahead is not None:
            watcher.ahead.work(watcher.rows, watcher.moments, now)


def _answer(pipe, work):
    """Does a piece of work and tells how it went: number of the error or 0, length of what is said of it, and that."""
    number, told = 0, b""
    try:
        work()
    except Exception as problem:
        number = getattr(problem, "errno", None) or errno.EIO
        told = str(getattr(problem, "strerror", None) or problem).encode("utf-8", "replace")[:500]
    try:
        os.write(pipe, number.to_bytes(4, "little") + len(told).to_bytes(4, "little") + told)
    except OSError:
        pass  # Killed meanwhile: nobody waits.


def _to_ask(nameless, names, tick):
    """
    Whether to ask for names now. A thread that has just begun is not known by name yet, so it is asked for again,
    ever more rarely; some threads never get one.
    """
    ask = False
    for native in list(nameless):
        turn = nameless[native]
        if native in names or turn[1] > 256:
            del nameless[native]
        elif tick >= turn[0]:
            turn[0], turn[1] = tick + turn[1], turn[1] * 2
            ask = True
    return ask


def _hint(pipe, what):
    try:
        os.write(pipe, what)
    except OSError:
        pass

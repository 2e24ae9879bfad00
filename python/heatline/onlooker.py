"""The sampler outside the process: a forked helper that reads the program's stacks from its memory (Linux).

The program is neither stopped nor asked: no interpreter lock, no signal, so time is seen where it is spent, also inside
tight loops and long C calls. The helper is no child of the program (forked twice), has none of its files and terminals,
and ends when the program does.
"""

import errno
import marshal
import os
import sys
import time
from itertools import chain

from .layout import MASK, WORD, Layout, Memory
from .live import Copies, Live

DEEPEST = 20000
NAMED_SHIMS = ("<interpreter trampoline>", "<shim>")
GONE_AFTER = 5  # looks in a row that fail
RECHECK = 500_000_000  # ns after which a code object's address is looked at again


class Torn(Exception):
    """The program moved on while its stack was read."""


class Reader:
    """Reads all stacks of a process that is laid out like this one."""

    def __init__(self, layout, memory):
        self._layout = layout
        self._memory = memory
        self._known = {}
        self.codes = []  # (qualified name, name, file, first line, line table)
        self._skip = set()
        self._pages = {}

    def stacks(self):
        """[(thread identity, kernel id, [(code number, byte offset), …] leaf first or None when it could not be read)]"""
        layout, memory = self._layout, self._memory
        found = []
        state = memory.words(layout.interpreter + layout.head_at, 1)[0]
        while state and len(found) < 4096:
            view = memory.words(state, layout.state_words)
            ident = view[layout.ident_at // WORD]
            self._pages.clear()
            try:
                stack = self._stack(view[layout.frame_at // WORD])
            except (Torn, OSError, OverflowError, ValueError):
                stack = None
            native = self._native(view, ident)
            found.append((ident, native, stack))
            state = view[layout.next_at // WORD]
        return found

    def _native(self, view, ident):
        layout = self._layout
        if layout.native_at is not None:
            return view[layout.native_at // WORD]
        try:
            return self._memory.ints(ident + layout.native_in_pthread, 1)[0]
        except (OSError, OverflowError):
            return 0

    def _words(self, address, count):
        """Words by way of whole pages, so that one look takes in the newest frames at one moment."""
        page = address & ~4095
        offset = address - page
        if offset + count * WORD > 4096:
            return self._memory.words(address, count)
        view = self._pages.get(page)
        if view is None:
            view = self._pages[page] = self._memory.words(page, 512)
        start = offset // WORD
        return view[start : start + count]

    def _stack(self, frame):
        layout = self._layout
        if layout.frame_step is not None:
            frame = self._memory.words(frame + layout.frame_step, 1)[0]
        stack = []
        code_at, back_at, instruction_at = layout.code_at // WORD, layout.back_at // WORD, layout.instruction_at // WORD
        count, legacy, start = layout.frame_words, layout.legacy, layout.code_start
        unit = 2 if sys.version_info >= (3, 10) else 1
        if layout.running_at is not None and frame:
            frame = self._running(frame)
        while frame:
            if len(stack) > DEEPEST or frame & 7:
                raise Torn
            view = self._words(frame, count)
            code = view[code_at] & MASK
            number = self._code(code)
            if number is not None:
                if legacy:
                    word = view[instruction_at]
                    half = word >> 32 if layout.instruction_at & 4 else word & 0xFFFFFFFF
                    offset = (half - (1 << 32) if half >> 31 else half) * unit
                else:
                    offset = view[instruction_at] - code - start
                    if not -64 <= offset < 1 << 24:
                        raise Torn
                stack.append((number, offset))
            frame = view[back_at]
        return stack

    def _running(self, frame):
        """
        The frame that ran when its page was read. The pointer to it was read a little earlier: since then it may have
        returned (its caller runs) or called (a frame behind it runs), and what it left behind would still look like one.
        """
        layout = self._layout
        count, back_at, mark, high = layout.frame_words, layout.back_at // WORD, layout.running_at // WORD, layout.running_at & 4

        def runs(view):
            return (view[mark] >> 32 if high else view[mark] & 0xFFFFFFFF) == 0xFFFFFFFF

        view = self._words(frame, count)
        if runs(view):
            return frame
        caller = view[back_at]
        for _ in range(3):
            if not caller or caller & 7:
                break
            before = self._words(caller, count)
            if runs(before):
                return caller
            caller = before[back_at]
        end = (frame & ~4095) + 4096 - count * WORD
        for callee in range(frame + count * WORD, min(end, frame + 100 * WORD) + 1, WORD):
            after = self._words(callee, count)
            if after[back_at] == frame and runs(after) and after[layout.code_at // WORD] & MASK in self._known:
                return callee
        return frame

    def _code(self, address):
        """Number of a code object; None for frames that stand for no code of the program. Raises Torn for anything else."""
        now = time.monotonic_ns()
        known = self._known.get(address)
        if known is not None and now - known[2] < RECHECK:
            return known[0]
        layout = self._layout
        if not address:
            return None
        view = self._memory.words(address, layout.code_words)
        if view[layout.type_at // WORD] != layout.code_type:
            if view[layout.type_at // WORD] == id(type(None)):
                return None  # the interpreter's own entry frames, since 3.14
            raise Torn
        fields = tuple(view[at // WORD] for at in (layout.file_at, layout.name_at, layout.qualname_at, layout.table_at))
        if known is not None and known[1] == fields:
            known[2] = now
            return known[0]
        file, name, qualname = (self._text(each) for each in fields[:3])
        half = view[layout.first_line_at // WORD]
        line = half >> 32 if layout.first_line_at & 4 else half & 0xFFFFFFFF
        number = None
        if name not in NAMED_SHIMS and file not in NAMED_SHIMS:
            number = len(self.codes)
            self.codes.append((qualname, name, file, line, self._bytes(fields[3])))
        self._known[address] = [number, fields, now]
        return number

    def _text(self, address):
        layout, memory = self._layout, self._memory
        length = memory.words(address + layout.length_at, 1)[0]
        state = memory.ints(address + layout.state_at, 1)[0] >> layout.state_shift & 31
        if length > 65536 or not state & 8:
            raise Torn
        if state & 16:
            return memory.read(address + layout.ascii_data_at, length).decode("ascii")
        kind = state & 7
        codec = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}.get(kind)
        if codec is None:
            raise Torn
        return memory.read(address + layout.text_data_at, length * kind).decode(codec, "surrogatepass")

    def _bytes(self, address):
        size = self._memory.words(address + self._layout.bytes_size_at, 1)[0]
        if size > 1 << 24:
            raise Torn
        return self._memory.read(address + self._layout.bytes_data_at, size)


class _Watch:
    """The helper's loop."""

    def __init__(self, process, period, reader):
        self._process = process
        self._period = period
        self._reader = reader
        self._threads = {}
        self._files = {}
        self.label = None  # of what runs now, as the program tells: a test
        self.rows = {}  # (kernel id, stack, label) → [ticks, wall ns, cpu ns, busy ns]
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
                # No Python runs there; one that is about to start still bears its maker's identity.
                if native in self._threads:
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
                row = self.rows[key] = [0, 0, 0, 0]
            row[0] += 1
            row[1] += now - known[0]
            if self.fresh is not None:
                self.fresh[key] = self.fresh.get(key, 0) + now - known[0]
            known[0] = now
            used, wanted = self._used(native)
            row[2] += max(0, used - known[1])
            row[3] += max(0, wanted - known[2])
            known[1], known[2] = used, wanted
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

    def report(self):
        """(rows, codes, ticks, errors, own CPU ns, seconds)"""
        rows = [(native, list(chain.from_iterable(stack)), label, *figures) for (native, stack, label), figures in self.rows.items()]
        elapsed = max(0, time.monotonic_ns() - self.began) / 1e9
        return (rows, self._reader.codes, self.ticks, self.errors, time.process_time_ns(), elapsed)


def watch(process, rate, traced, commands, answers, hints, checkpoints, names, show=None, delay=0.0, keep=None):
    """
    Samples until it is told to end, then returns None; or until the program is gone, then returns the report.
    `checkpoints` yields seconds between hints; `names` is kept to what the program tells of its threads.
    `show(report, recent report)` is called about once a second, in a process of its own, for someone who looks on.
    `delay`: seconds from the command to begin to the first look. `keep(report, facts)` writes what was seen, when that is asked for.
    """
    import select

    try:
        layout = Layout(Reader)
        if traced:
            # While the tracer is at work a frame looks like one that has called: the mark would lead to a dead one behind it.
            layout.running_at = None
        memory = Memory(process)
        reader = Reader(layout, memory)
        watcher = _Watch(process, int(1e9 / rate), reader)
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
                    _answer(answers, lambda: keep(watcher.report(), facts))
                elif not checkpoint.busy(time.monotonic_ns()):
                    checkpoint.make(time.monotonic_ns(), lambda: keep(watcher.report(), facts))
            elif command in (b"q", b""):
                for each in (checkpoint, live):
                    if each is not None:
                        each.end()
                return None if command else watcher.report()
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
                return watcher.report()
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

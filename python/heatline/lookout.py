"""The program's side of the onlooker: starts the helper, tells thread names, fetches what was seen."""

import _thread
import gc
import marshal
import os
import sys
import time
from array import array

from .ahead import Ahead
from .apart import ANSWER_SECONDS, allow_reading, fork_twice
from .frames import Frames
from .moments import told_apart
from .native import threads
from .onlooker import watch
from .unseen import start

WRITE_SECONDS = 60.0
LONGEST = 4000  # bytes: as much as a pipe takes in one piece, with what goes before it
# The helper reads from memory as it is: without a stop, a stack may be caught half-way between two calls.
SEEN_FROM_OUTSIDE = "sampled from a helper process: the program is not stopped, and torn stacks are counted as errors"
ENDED_EARLY = "the sampling helper ended before the program: samples are missing"


class Unavailable(Exception):
    """The helper cannot read this process; the reason is the message."""


class Lookout:
    """Same uses as Ticker: start(), stop(), forget(), samples()."""

    exact = True  # a sample's offset tells the instruction that ran

    def __init__(self, rate, traced, every, checkpoints, will, show=None, delay=0.0, keep=None, ahead=False):
        """
        `traced` says that calls are counted meanwhile.
        `every(self)` is called in a thread of ours at each checkpoint; `will(self, seconds)` in the helper, when the
        program died without a word, so that what was seen can be kept. `show(self, recent)` is called about once a
        second in a copy of the helper: this object has what was seen so far, and after `take(recent)` that of the last
        seconds; at the end `recent` is None. The first look is `delay` seconds after the start. `keep(self, facts)` is
        called in the helper, or in a copy of it, when `write` was, and writes a file. With `ahead` these two find all samples
        encoded (see Ahead). Raises Unavailable.
        """
        if sys.platform != "linux" or sys.implementation.name != "cpython" or sys.maxsize < 1 << 32:
            raise Unavailable("this platform has no readable /proc")
        if "t" in sys.abiflags:
            # Frames and objects of free-threaded builds are kept otherwise, and threads change them with no lock held.
            raise Unavailable("this Python is built to run without the interpreter lock")
        self.rate = rate
        self._traced = traced
        self.ticks = self.errors = 0
        self.own_cpu = 0
        self.seconds = 0.0
        self.has_cpu = True
        self.notes = [SEEN_FROM_OUTSIDE]
        self._every = every
        self._will = will
        self._show = show
        self._delay = delay
        self._keep = keep
        self._encodes = ahead
        self._folder = os.getcwd()
        self._names = {os.getpid(): "MainThread"}
        self._report = None
        self.moments = None  # as Moments.all gives them
        self.ahead = None
        self._lock = _thread.allocate_lock()
        self._done = None
        self._gone = self._started = False
        commands, answers, hints = (tuple(map(_high, os.pipe())) for _ in range(3))
        self._commands, self._answers, self._hints, self._wake = commands[1], answers[0], hints[0], hints[1]
        self._identities = {pipe: _identity(pipe) for pipe in (self._commands, self._answers, self._hints, self._wake)}
        process = os.getpid()
        fork_twice(lambda: self._helper(process, commands[0], answers[1], checkpoints), answers[1])
        os.close(commands[0])
        os.close(answers[1])
        os.set_blocking(self._answers, False)
        self.helper = int.from_bytes(self._read(4) or b"", "little")
        verdict = None
        if self.helper:
            allow_reading(self.helper)
            os.write(self._commands, b"g")
            verdict = self._read(1)
        if verdict != b"y":
            if verdict is None and self.helper:
                _end(self.helper)
            reason = "" if verdict is None else os.read(self._answers, 500).decode("ascii", "replace")
            self._close()
            raise Unavailable(reason or "the helper did not answer")

    def start(self):
        """Starts the thread that sleeps until the helper has something to say."""
        if not self._started:
            self._started = True
            os.write(self._commands, b"s")
        self._done = _thread.allocate_lock()
        self._done.acquire()
        done = self._done
        self._until_gone = start(lambda: self._listen(done))

    def pause(self):
        """Ends that thread; sampling goes on."""
        done, self._done = self._done, None
        if done is not None and self._ours(self._wake):
            os.write(self._wake, b"q")
            if done.acquire(True, 2):
                self._until_gone()

    def stop(self):
        """Ends the sampling and keeps what was seen."""
        if self._gone:
            return
        self.pause()
        self._collect_names()
        self._fetch()
        self._close()

    def leave(self):
        """Ends the sampling, of which no more is wanted."""
        if not self._gone:
            self.pause()
            self._close()

    def write(self, facts):
        """
        Has the helper write what was seen, where no thread of the program is in its way: `facts`, a dict for `keep`, has
        under "final" whether to wait for it. False: it cannot be told. Raises OSError, as the helper met it.
        """
        if not self._gone:
            self._collect_names()
        data = marshal.dumps(facts)
        with self._lock:
            if len(data) >= LONGEST or not (self._ours(self._commands) and self._ours(self._answers)):
                return False
            try:
                os.write(self._commands, b"w" + len(data).to_bytes(4, "little") + data)
            except OSError:
                return False
            if not facts["final"]:
                return True
            head = self._read(8, WRITE_SECONDS)
            told = None if head is None else self._read(int.from_bytes(head[4:], "little"))
        if told is None:
            self.notes.append(ENDED_EARLY)
            self._close()
            return False
        number = int.from_bytes(head[:4], "little")
        if number:
            raise OSError(number, told.decode("utf-8", "replace"))
        return True

    def label(self, text):
        """What runs from now on, until it is told otherwise; None: nothing that has a name."""
        if self._ours(self._commands):
            data = (text or "").encode("utf-8", "replace")[:LONGEST]
            try:
                os.write(self._commands, b"l" + len(data).to_bytes(4, "little") + data)
            except OSError:
                pass  # the helper has ended, which is told at the end

    def forget(self):
        """In a forked child."""
        self._done = None
        for pipe in self._identities:
            if self._ours(pipe):
                os.close(pipe)
        self._gone = True

    def _listen(self, done):
        try:
            while self._ours(self._hints):
                what = os.read(self._hints, 1)
                if what == b"t":
                    self._collect_names()
                elif what == b"c":
                    if self._every(self):
                        self._close()
                        break
                else:
                    break
        except OSError:
            pass
        finally:
            done.release()

    def _helper(self, process, commands, answers, checkpoints):
        """The helper's life, in the helper."""
        # What the program had is not ours to clear. Of ours there is much, none of it in circles: to look for circles among it,
        # again and again, would take a good part of the time, and at once.
        gc.freeze()
        gc.disable()
        os.setsid()
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        hints = self._wake
        keep = {0, 1, 2, commands, answers, hints}
        for name in os.listdir("/proc/self/fd"):
            if int(name) not in keep:
                try:
                    os.close(int(name))
                except OSError:
                    pass
        if os.read(commands, 1) != b"g":
            return
        show = None if self._show is None else self._show_copy
        ahead = self._make_ahead if self._encodes else None
        rest = watch(process, self.rate, self._traced, commands, answers, hints, checkpoints, self._names, show, self._delay, self._kept, ahead)
        if self._show is not None:
            self._show(self, None)
        if rest is not None:
            self._gone = True
            self.take(rest)
            self._will(self, self.seconds)

    def _make_ahead(self, codes):
        self.ahead = Ahead(Frames(codes, self._folder), self._names)
        return self.ahead

    def _kept(self, report, facts):
        """In the helper, or a copy of it. Raises OSError."""
        self._gone = True
        self.take(report)
        self._keep(self, facts)

    def _show_copy(self, report, recent):
        """In a copy of the helper."""
        self._gone = True
        self.take(report)
        self._show(self, recent)

    def take(self, report):
        """Makes a watch's report what `samples` tells of."""
        self._report = report[:2]
        self.moments, self.ticks, self.errors, self.own_cpu, self.seconds = report[2:]

    def _collect_names(self):
        news = {}
        for thread in list(threads().values()):
            native, name = getattr(thread, "_native_id", None), getattr(thread, "_name", None)
            if native and isinstance(name, str) and self._names.get(native) != name:
                self._names[native] = news[native] = name
        if news and self._ours(self._commands):
            self._tell_names(news)

    def _tell_names(self, names):
        """In pieces that a pipe takes whole."""
        data = marshal.dumps(names)
        if len(data) < LONGEST:
            os.write(self._commands, b"n" + len(data).to_bytes(4, "little") + data)
        elif len(names) > 1:
            rows = list(names.items())
            for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                self._tell_names(dict(part))

    def _ours(self, pipe):
        """A program may close all files that it does not know; then the number may be a file of its own by now."""
        return not self._gone and _identity(pipe) == self._identities[pipe]

    def _read(self, size, seconds=None):
        """Exactly `size` bytes, or None when they do not come in time."""
        limit, parts = time.monotonic() + (seconds or ANSWER_SECONDS), b""
        while len(parts) < size:
            try:
                part = os.read(self._answers, min(size - len(parts), 1 << 20))
                if not part:
                    return None
                parts += part
            except BlockingIOError:
                if time.monotonic() > limit:
                    return None
                time.sleep(0.001)
        return parts

    def _fetch(self):
        with self._lock:
            if not (self._ours(self._commands) and self._ours(self._answers)):
                self.notes.append("the program closed the recorder's files: samples end there")
                return
            try:
                os.write(self._commands, b"r")
                head = self._read(8)
                data = None if head is None else self._read(int.from_bytes(head, "little"))
            except OSError:
                data = None
            if data is None:
                self.notes.append(ENDED_EARLY)
                return
            self.take(marshal.loads(data))

    def _close(self):
        if self._ours(self._commands):
            try:
                os.write(self._commands, b"q")
            except OSError:
                pass
        self.forget()

    def samples(self, places):
        """
        List of (thread name, ((function key, line, column), …) leaf first, ticks, wall ns, cpu ns, busy ns, leaf's byte
        offset, label or None, row); busy is CPU time and the time that was waited for a CPU, `row` that of `moments`.
        """
        if not self._gone:
            self._collect_names()
            self._fetch()
        if self._report is None:
            return []
        rows, codes = self._report
        frames = Frames(codes, places.folder)
        threads = [row[0] for row in rows]
        names = {native: self._names.get(native) or "thread %d" % native for native in threads}
        if self.moments is not None:
            names = told_apart(names, threads, array("q", self.moments[1]))
        elif self.ahead is not None:
            names = self.ahead.names
        found = []
        for row, (native, flat, label, ticks, wall, cpu, busy) in enumerate(rows):
            stack = frames.stack(flat)
            if stack is not None:
                found.append((names[native], stack, ticks, wall, cpu, busy, flat[1], label, row))
        return found


def _identity(pipe):
    try:
        known = os.fstat(pipe)
        return known.st_dev, known.st_ino
    except OSError:
        return None


def _high(pipe):
    """The same pipe under a high number, so that the program's files get the numbers that they always get."""
    import fcntl

    try:
        high = fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 700)
    except OSError:
        return pipe
    os.close(pipe)
    return high


def _end(process):
    try:
        os.kill(process, 9)
    except OSError:
        pass

"""The life of one recording: begins it, sees every way a program can end, and writes it once."""

import _signal
import atexit
import os
import sys
import time
from _thread import get_ident

from . import files
from .counter import ENDS_TO_TELL, Counter, prof_bytes
from .inflation import is_sound, untraced
from .installed import ENGINES as INSTALLED
from .installed import Installed, Unknown
from .liner import NOTHING, Busy, Liner
from .lookout import Lookout, Unavailable
from .places import Places, function_key
from .pprof import Writer, add_calls
from .quality import as_json, rates
from .tachyon import Failed, Tachyon
from .ticker import Ticker
from .unseen import soon

VERSION = "0.1.0"
FIRST_CHECKPOINT, LAST_CHECKPOINT = 2.0, 30.0
NUMBERS = [("samples", "count"), ("wall", "nanoseconds"), ("cpu", "nanoseconds")]
# Wall time of the last seconds, in what a running recording shows of itself.
RECENT = ("recent", "nanoseconds")
# Wall time less what tracing is estimated to have added to it: what the program would take without being counted.
UNTRACED = ("untraced", "nanoseconds")
TOLD_TRACING = 0.3
SUSPECT = "counting calls took about %.0f %% of the run: shares without it are estimates; the engine sampler measures them"
STILL = "the recording goes on: this is what was seen in its first %.0f s"
CHECKPOINT = "this is a checkpoint: the recording was cut off after %.1f s"
WARNS_AFTER_HOOKS = sys.version_info[:2] == (3, 13)  # of threads at a fork; 3.13.0 does
NEVER_INSIDE = "no sample was taken inside a function %s"
HAS_QUALNAMES = sys.version_info >= (3, 11)
COUNTS = [("calls", "count"), ("tottime", "nanoseconds")]


class Recorder:
    def __init__(self, options):
        self.options = options
        self.folder = os.getcwd()
        self.process = os.getpid()
        self.counter = None
        self.sampler = None
        self.guest = None
        self.outside = None
        self.notes = []
        self.exit_status = None
        self.state = "new"  # new, recording, writing, done, forked
        self._restart = False
        self._handlers = {}
        self._pending = None
        self._writer = None
        self._checkpoint_at = FIRST_CHECKPOINT
        self._checkpoint_gap = FIRST_CHECKPOINT

    # Begin

    def prepare(self, words=()):
        """To be called while sys.path is still the recorder's: what is imported here is not found in the program's folder."""
        if self.options.engine in ("hybrid", "sampler"):
            self.sampler = self._sampler()
        elif self.options.engine == "lines":
            self.sampler = Liner(self.options.only, self._housekeeping)
        try:
            if self.options.engine in INSTALLED:
                self._checkpoint_at = float("inf")
                self.sampler = self.guest = Installed(self.options, words, self._housekeeping)
            elif self.options.engine == "tachyon":
                self.outside = Tachyon(self.options)
                self.outside.start()
        except (Failed, Unknown) as sentence:
            sys.stderr.write("heatline: %s\n" % sentence)
            sys.exit(4)
        if self.outside is not None:
            files.write_whole(self.options.output + ".helper", b"%d\n" % self.outside.helper)

    def begin(self):
        """Starts recording. Returns the tracer to enable, or None."""
        engine = self.options.engine
        self._hook_exits()
        self.started = time.time_ns()
        if engine in ("hybrid", "cprofile"):
            self.counter = Counter(engine == "hybrid")
        self.began = time.perf_counter() + self.options.delay
        self.started += int(self.options.delay * 1e9)
        self.state = "recording"
        if self.sampler is not None:
            helper = getattr(self.sampler, "helper", None)
            if helper is not None:
                # As long as this is there and the helper lives, a killed program's samples are still being written.
                try:
                    files.write_whole(self.options.output + ".helper", b"%d\n" % helper)
                except OSError:
                    pass  # A full disk is told of at the end; the program runs all the same.
            try:
                self.sampler.start()
            except Busy as sentence:
                sys.stderr.write("heatline: %s\n" % sentence)
                self.state = "done"
                sys.exit(4)
        return self.guest if self.counter is None else self.counter.begin()

    def _sampler(self):
        rate = self.options.rate
        if not self.options.in_process:
            try:
                traced = self.options.engine == "hybrid"
                show = self._show if self.options.live else None
                return Lookout(rate, traced, self._on_hint, checkpoint_gaps(self.options.duration), self._last_will, show, self.options.delay)
            except Unavailable as reason:
                self.notes.append("no helper process: %s" % reason)
        return Ticker(rate, self._housekeeping, self.options.delay)

    def _hook_exits(self):
        atexit.register(self.finish)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._forget)
        for name in ("_exit", "abort"):
            self._wrap_last(name)
        for name in ("execv", "execve"):
            if hasattr(os, name):
                self._wrap_exec(name)
        for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(_signal, name, None)
            if number is not None and _signal.getsignal(number) == _signal.SIG_DFL:
                _signal.signal(number, self._on_signal)
                self._handlers[number] = self._on_signal

    def _wrap_last(self, name):
        original = getattr(os, name)

        def last(*arguments, **named):
            if self.state == "recording" and name == "_exit":
                status = arguments[0] if arguments else named.get("status", 0)
                self.exit_status = status & 0xFF if isinstance(status, int) and os.name == "posix" else status
            self.finish()
            return original(*arguments, **named)

        _pose(last, name, original)

    def _wrap_exec(self, name):
        original = getattr(os, name)

        def replace(path, *arguments):
            # The search along PATH calls this for every folder; only a program that is there can take our place.
            if self.state == "recording" and os.path.exists(path):
                if ENDS_TO_TELL and self.counter is not None:
                    self.counter.end()
                self._write(final=True)
            return original(path, *arguments)

        _pose(replace, name, original)

    # Fork

    def _before_fork(self):
        """No thread of ours while forking: CPython warns about forks of processes with threads, and with reason."""
        self._restart = False
        if self.state == "recording" and self.sampler is not None:
            self.sampler.pause()
            self._restart = True

    def _after_fork(self, caller=None):
        """`caller`: the frame that forked, when it is not the one that called this."""
        if self._restart:
            caller = caller or sys._getframe().f_back
            if WARNS_AFTER_HOOKS and caller is not None:
                soon(caller.f_code, self._go_on)
            else:
                self._go_on()

    def _go_on(self):
        if self._restart and self.state == "recording":
            self._restart = False
            self.sampler.start()

    def _forget(self):
        if self.state in ("recording", "writing"):
            if self.sampler is not None:
                self.sampler.forget()
            if self.counter is not None:
                self.counter.forget()
            if self.outside is not None:
                self.outside.forget()
        self.state = "forked"
        for number, handler in self._handlers.items():
            if _signal.getsignal(number) == handler:
                _signal.signal(number, _signal.SIG_DFL)

    # End

    def look(self):
        """The main module is about to end; it may have taken the tracer's place."""
        if self.counter is not None:
            self.counter.look()

    def ended(self, status):
        """The program's main module ended with `status`; its threads and exit handlers may still run."""
        self.exit_status = status
        if self.counter is not None:
            self.counter.end()

    def _on_signal(self, number, _frame):
        if self.state == "writing":
            self._pending = number
            return
        if self.state == "recording":
            self.exit_status = -number
            self.finish()
        _signal.signal(number, _signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def finish(self):
        """Ends the recording and writes it; does nothing the second time, and nothing in a forked child."""
        while self.state == "writing" and self._writer != get_ident():
            time.sleep(0.002)  # a thread of ours writes, for the recording was limited
        if self.state != "recording" or os.getpid() != self.process:
            return
        self._writing()
        interrupt = self._defer_interrupt()
        try:
            if self.counter is not None:
                self.counter.end()
            if self.sampler is not None:
                self.sampler.stop()
            self._write(final=True)
        finally:
            self.state = "done"
            if interrupt is not None:
                _signal.signal(_signal.SIGINT, interrupt)
            if self._pending is not None:
                number, self._pending = self._pending, None
                if number != _signal.SIGINT:
                    _signal.signal(number, _signal.SIG_DFL)
                os.kill(os.getpid(), number)

    def _writing(self):
        self.state, self._writer = "writing", get_ident()

    def finish_here(self):
        """Ends the recording in whichever thread this is, and writes it; the sampler is the caller's."""
        if self.state == "recording":
            self.state = "writing"
            self._write(final=True)
            self.state = "done"

    def _defer_interrupt(self):
        """A second Ctrl-C shall not tear the writing; it is delivered after it."""
        before = _signal.getsignal(_signal.SIGINT)
        if not callable(before):
            return None
        try:
            _signal.signal(_signal.SIGINT, lambda number, _: setattr(self, "_pending", number))
        except ValueError:  # not the main thread
            return None
        return before

    # Write

    def _on_hint(self, sampler):
        """Called by the onlooker's thread when a checkpoint is due; true ends the recording."""
        self._checkpoint_at = 0.0
        return self._housekeeping(sampler)

    def _housekeeping(self, sampler):
        """Called by the sampler at every tick, in its thread; true ends the sampling."""
        elapsed = time.perf_counter() - self.began
        if elapsed >= self._checkpoint_at and self.state == "recording":
            began = time.perf_counter()
            try:
                self._write(final=False)
            except (OSError, RuntimeError, MemoryError):
                sampler.errors += 1
            cost = time.perf_counter() - began
            self._checkpoint_gap = max(min(2 * self._checkpoint_gap, LAST_CHECKPOINT), 50 * cost)
            self._checkpoint_at = elapsed + self._checkpoint_gap
        limit = self.options.duration
        if limit is not None and elapsed >= limit - 0.05 and self.state == "recording":
            self.notes.append("recording was limited to %g s; the program ran on" % limit)
            self._writing()
            if self.counter is not None:
                self.counter.release()
            if self.guest is not None:
                self.guest.stop()
            self._write(final=True)
            self.state = "done"
            if self._pending is not None:
                os.kill(os.getpid(), self._pending)
            return True
        return False

    def _last_will(self, sampler, seconds):
        """In the helper, after the program was killed: keeps the samples, unless a checkpoint has the counts as well."""
        path = self.options.output
        self.sampler = sampler
        try:
            if not os.path.exists(path) and not (self.options.engine == "hybrid" and os.path.exists(path + ".part")):
                self.started = time.time_ns() - int(seconds * 1e9)
                self.began = time.perf_counter() - seconds
                self.notes.append("the program was killed; its call counts are lost" if self.options.engine == "hybrid" else "the program was killed")
                self._write(final=False)
        finally:
            files.remove(path + ".helper")

    def _show(self, sampler, recent):
        """In a copy of the helper: what was seen so far, for someone who looks on. Counts and estimates come at the end."""
        path = self.options.output + ".live"
        if recent is None:
            files.remove(path)
            return
        writer = Writer([*NUMBERS, RECENT])
        places = Places(self.folder)
        for name, stack, ticks, wall, cpu, _, _ in self._rows(sampler, places):
            writer.sample(stack, [ticks, wall, cpu, 0], [("thread", name, None)])
        sampler.take(recent)
        for name, stack, _, wall, _, _, _ in self._rows(sampler, places):
            writer.sample(stack, [0, 0, 0, wall], [("thread", name, None)])
        quality = {**self._identity(), **rates(sampler, self.options.rate, sampler.seconds), "notes": [*sampler.notes, *self.notes, STILL % sampler.seconds]}
        started = time.time_ns() - int(sampler.seconds * 1e9)
        lasted, period = int(sampler.seconds * 1e9), int(1e9 / self.options.rate)
        content = writer.bytes(started, lasted, ("wall", "nanoseconds"), period, "wall", ["heatline: " + as_json(quality)])
        files.write_whole(path, content)

    def _rows(self, sampler, places):
        """The samples that are wanted: all, or those inside the function that was named."""
        rows, name = sampler.samples(places), self.options.function
        if name is None:
            return rows
        bare = name.rpartition(".")[2]
        wanted = (lambda key: key[0] == name or key[1] == name) if HAS_QUALNAMES else (lambda key: key[1] == bare)
        return [row for row in rows if any(wanted(place[0]) for place in row[1])]

    def _write(self, final):
        path, status = self.options.output, self.options.status
        try:
            if self.outside is not None:
                self.outside.end()
                files.remove(path + ".helper")
            elif self.guest is not None:
                files.replace_by(path, self.guest.write)
            elif path is not None:
                data = self._content(final)
                if not final:
                    files.write_whole(path + ".part", data)
                    return
                files.write_whole(path, data)
                files.remove(path + ".part")
                files.remove(path + ".helper")
            if final and status is not None and self.exit_status is not None:
                files.write_whole(status, b'{"exitStatus": %d}\n' % self.exit_status)
        except OSError as error:
            if final:
                sys.stderr.write("heatline: cannot write %s: %s\n" % (path, error.strerror or error))

    def _content(self, final):
        lasted = max(0.0, time.perf_counter() - self.began)
        if self.options.engine == "lines":
            return self._line_content(lasted, final)
        entries = [] if self.counter is None else self.counter.entries()
        if self.options.engine == "cprofile":
            return prof_bytes(entries, self._pstats_key)
        writer = Writer(NUMBERS + ([UNTRACED, *COUNTS] if self.counter is not None else []))
        rows = self._rows(self.sampler, Places(self.folder))
        if final and not rows and self.options.function is not None:
            self.notes.append(NEVER_INSIDE % self.options.function)
            sys.stderr.write("heatline: %s\n" % self.notes[-1])
        if self.counter is None:
            first, removed = "wall", 0
            for name, places, ticks, wall, cpu, _, _ in rows:
                writer.sample(places, [ticks, wall, cpu], [("thread", name, None)])
        else:
            removed = self._add_traced(writer, rows, entries)
            first = UNTRACED[0] if is_sound(removed, sum(busy for _, _, _, _, _, busy, _ in rows)) else "wall"
        quality = self._quality(entries, lasted, removed, final)
        period = int(1e9 / self.options.rate)
        comments = ["heatline: " + as_json(quality)]
        return writer.bytes(self.started, int(lasted * 1e9), ("wall", "nanoseconds"), period, first, comments)

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

    def _identity(self):
        python = "%s %d.%d.%d" % (sys.implementation.name, *sys.version_info[:3])
        return {"engine": self.options.engine, "engineVersion": VERSION, "python": python}

    def _add_traced(self, writer, rows, entries):
        """Samples with what they would weigh without tracing, and counts. Returns the nanoseconds that tracing took of them."""
        key_of = lambda code: function_key(code, self.folder)
        leaves = [(places[0][0], offset, wall, cpu, busy) for _, places, _, wall, cpu, busy, offset in rows]
        figures = untraced(leaves, entries, key_of, self.counter.costs, self.sampler.exact)
        removed = 0
        for (name, places, ticks, wall, cpu, _, _), figure in zip(rows, figures):
            removed += wall - figure
            writer.sample(places, [ticks, wall, cpu, figure, 0, 0], [("thread", name, None)])
        add_calls(writer, _without_exec(entries), key_of, len(NUMBERS) + 1)
        return removed

    def _pstats_key(self, code):
        if isinstance(code, str):
            return ("~", 0, code)
        _, name, file, line = function_key(code, self.folder)
        return (file, line, name)

    def _quality(self, entries, lasted, removed, final):
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
        quality["notes"] = list(dict.fromkeys(notes))
        return quality


def checkpoint_gaps(duration):
    """Seconds from one checkpoint to the next; one falls on the end of the recording where that is limited."""
    gap, elapsed = FIRST_CHECKPOINT, 0.0
    while True:
        if duration is not None and elapsed < duration <= elapsed + gap:
            yield duration - elapsed
        else:
            yield gap
        elapsed += gap
        gap = min(2 * gap, LAST_CHECKPOINT)


def _pose(ours, name, original):
    """Lets a function of ours stand in for os.name: found under that name by pickle too, as for Process(target=os._exit)."""
    ours.__module__, ours.__name__, ours.__qualname__, ours.__doc__ = "os", name, name, original.__doc__
    setattr(os, name, ours)


def _without_exec(entries):
    """Leaves out our own call of exec() around the program; pstats files keep it, as cProfile's have it."""
    name = "<built-in method builtins.exec>"
    return [entry for entry in entries if entry[0] != name or entry[1] > 1]

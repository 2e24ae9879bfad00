"""The life of one recording: begins it, sees every way a program can end, and writes it once."""

import _signal
import atexit
import os
import sys
import time
from _thread import get_ident

from . import checkpoints, files
from .engines import Refused, files_maker, prepare, tests
from .native import SWITCH_SECONDS
from .unseen import soon

WARNS_AFTER_HOOKS = sys.version_info[:2] == (3, 13)  # of threads at a fork; 3.13.0 does


class Recorder:
    """`started` (Unix ns) and `began` (perf_counter seconds) are set when it begins."""

    def __init__(self, options):
        self.options = options
        self.folder = os.getcwd()
        self.process = os.getpid()
        # What engines.prepare gives it.
        self.files_maker = files_maker(options.engine)
        self.sampler = self.guest = self.outside = self.tests = self.workers = None
        self.make_counter = self.make_gate = self.counter = self.gate = None
        self.notes = []
        self.has_workers = self.saw_test = False
        self.exit_status = None
        self.state = "new"  # new, recording, writing, done, forked
        self._restart = False
        self._handlers = {}
        self._pending = None
        self._writer = None
        self._pace = checkpoints.Pace()

    # Begin

    def prepare(self, words=()):
        """To be called while sys.path is still the recorder's: what is imported here is not found in the program's folder."""
        try:
            prepare(self, words)
            if self.guest is not None:
                self._pace.never()
            if self.outside is not None:
                self.outside.start()
        except Refused as sentence:
            sys.stderr.write("heatline: %s\n" % sentence)
            sys.exit(4)
        if self.outside is not None:
            files.write_whole(self.options.output + ".helper", b"%d\n" % self.outside.helper)
        self.tests = tests(self, words)

    def begin(self):
        """Starts recording. Returns the tracer to enable, or None."""
        self._hook_exits()
        self.started = time.time_ns()
        if self.make_counter is not None:
            self.counter = self.make_counter()
            self.gate = getattr(self.counter, "gate", None)
        elif self.make_gate is not None:
            self.gate = self.make_gate()
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
            if self.sampler is not None:
                self.sampler.start()
            if self.counter is not None:
                return self.counter.begin()
            if self.gate is not None:
                self.gate.start()
        except Refused as sentence:
            if self.sampler is not None:
                self.sampler.stop()
            sys.stderr.write("heatline: %s\n" % sentence)
            self.state = "done"
            sys.exit(4)
        return self.guest

    def look_out(self, lookout):
        """A sampler in a helper process, by its class. Raises Unavailable."""
        options = self.options
        show = self._show if options.live else None
        ahead = self._is_whole() and (show is not None or self._is_plain())
        gaps = checkpoints.gaps(options.duration)
        return lookout(options.rate, options.engine == "hybrid", self._on_hint, gaps, self._last_will, show, options.delay, self._keep, ahead)

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
                if self.counter is not None and self.counter.ends_to_tell:
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

    def test(self, name):
        """A test begins, or with None has ended."""
        self.saw_test = True
        if self.state == "recording":
            self.sampler.label(name)

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
        # Threads of the program that compute take the lock after each of our steps: who waits for the recording shall not wait for them.
        switch = sys.getswitchinterval()
        sys.setswitchinterval(min(switch, SWITCH_SECONDS))
        lowered = sys.getswitchinterval()
        try:
            if self.counter is not None:
                self.counter.end()
            outside = self._helper_writes()
            if outside:
                self.sampler.pause()
            elif self.sampler is not None:
                self.sampler.stop()
            self._write(final=True)
            if outside:
                self.sampler.leave()
        finally:
            if sys.getswitchinterval() == lowered:
                sys.setswitchinterval(switch)
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
        self._pace.now()
        return self.housekeeping(sampler)

    def housekeeping(self, sampler):
        """Called by the sampler at every tick, in its thread; true ends the sampling."""
        elapsed = time.perf_counter() - self.began
        if self._pace.due(elapsed) and self.state == "recording":
            began = time.perf_counter()
            try:
                self._write(final=False)
            except (OSError, RuntimeError, MemoryError):
                sampler.errors += 1
            self._pace.took(elapsed, time.perf_counter() - began)
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
                self._date(seconds)
                self.notes.append("the program was killed; its call counts are lost" if self.options.engine == "hybrid" else "the program was killed")
                self._write(final=False)
        finally:
            files.remove(path + ".helper")

    def _date(self, seconds):
        """In the helper, which was there before the start: that was so many seconds ago."""
        self.started = time.time_ns() - int(seconds * 1e9)
        self.began = time.perf_counter() - seconds

    def _helper_writes(self):
        """Whether the helper has all that the file needs: it need not take turns with the program's threads."""
        return self._is_plain() and not self.has_workers and getattr(self.sampler, "helper", None) is not None

    def _is_plain(self):
        """Whether the recording is all that is sampled of one process, and nothing else."""
        return self.options.engine == "sampler" and self._is_whole()

    def _is_whole(self):
        """Whether all samples belong to the recording, and to one of its own."""
        options = self.options
        return options.worker is None and options.function is None and options.within is None

    def _handed_over(self, final):
        """Has the helper write the file, or a checkpoint, if it can. Raises OSError."""
        if not self._helper_writes():
            return False
        facts = {name: getattr(self, name) for name in ("started", "began", "notes", "saw_test")}
        return self.sampler.write({**facts, "final": final})

    def _keep(self, sampler, facts):
        """In the helper: writes what the program has handed over. Raises OSError."""
        self.sampler = sampler
        for name in ("started", "began", "notes", "saw_test"):
            setattr(self, name, facts[name])
        files.write_whole(self.options.output + ("" if facts["final"] else ".part"), self.content(facts["final"]))

    def _show(self, sampler, recent):
        """In a copy of the helper: what was seen so far, for someone who looks on. Counts and estimates come at the end."""
        path = self.options.output + ".live"
        if recent is None:
            files.remove(path)
            return
        self._date(sampler.seconds)
        files.write_whole(path, self.files_maker.live_content(self, sampler, recent))

    def content(self, final):
        """The file, as bytes; of a checkpoint when it is not `final`."""
        return (self.files_maker or self.sampler).content(self, final)

    def lasted(self):
        """Seconds since it began."""
        return max(0.0, time.perf_counter() - self.began)

    def _never_ran(self):
        """Whether it is known that the chosen lines never ran: then there is no recording."""
        alone = self.options.worker is None and not self.has_workers
        return self.options.within is not None and self.gate is not None and not self.gate.visits and alone

    def _write(self, final):
        path, status = self.options.output, self.options.status
        try:
            if self.outside is not None:
                self.outside.end()
                files.remove(path + ".helper")
            elif self.guest is not None:
                files.replace_by(path, self.guest.write)
            elif final and self._never_ran():
                sys.stderr.write("heatline: %s\n" % self.options.within.never_ran)
                for each in (".part", ".helper"):
                    files.remove(path + each)
            elif path is not None:
                if not self._handed_over(final):
                    files.write_whole(path if final else path + ".part", self.content(final))
                if not final:
                    return
                files.remove(path + ".part")
                files.remove(path + ".helper")
                files.remove(path + ".on")
            if final and status is not None and self.exit_status is not None:
                files.write_whole(status, b'{"exitStatus": %d}\n' % self.exit_status)
        except OSError as error:
            if final:
                sys.stderr.write("heatline: cannot write %s: %s\n" % (path, error.strerror or error))


def _pose(ours, name, original):
    """Lets a function of ours stand in for os.name: found under that name by pickle too, as for Process(target=os._exit)."""
    ours.__module__, ours.__name__, ours.__qualname__, ours.__doc__ = "os", name, name, original.__doc__
    setattr(os, name, ours)

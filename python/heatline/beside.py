"""Samplers that look in from outside, each a process beside the program: py-spy, and Python's own (3.15 and newer, called Tachyon).

They are started to look into this process rather than to start the program themselves: so interpreter options, streams,
signals and the exit status stay the program's own, what they print does not get between its lines, and they look when
there is an interpreter: py-spy gives one that it starts 0.4 s to be one (20 looks, 20 ms apart), and ends it then.
"""

import _signal
import os
import select
import sys
import time

from . import files
from .apart import allow_reading, fork_twice
from .engines import Refused
from .runner import FOLDER

PATIENCE_TO_START, PATIENCE_TO_END, SETTLING = 20.0, 30.0, 0.05
HELD_SECONDS = 10.0


def beside(options):
    """The sampler for `options`, as the command line gave them; None where the engine is another."""
    if options.engine == "tachyon":
        return Beside(options.output, "profiling.sampling", _tachyon(options), os.path.exists)
    if options.engine == "py-spy":
        return Beside(options.output, "py-spy", _py_spy(options), lambda output: "Sampling process" in files.text(_log(output)), True)
    return None


def _tachyon(options):
    words = ["attach", "--binary", "-a", "-r", "%d" % max(1, round(options.rate)), "-o", options.output]
    if options.duration is not None:
        words += ["-d", "%d" % max(1, round(options.duration))]
    if options.mode is not None:
        words += ["--mode", options.mode]
    if options.native:
        words.append("--native")
    # Isolated: no module of the program's folder takes the place of one of the sampler's.
    start = [os.path.join(FOLDER, "__main__.py"), "follow", *([] if options.live else ["--no-live"])]
    return [sys.executable, "-I", *start, *words, str(os.getpid())]


def _py_spy(options):
    words = ["record", "-f", "raw", "-t", "-r", "%d" % max(1, round(options.rate)), "--full-filenames", "-o", options.output]
    if options.duration is not None:
        words += ["-d", "%d" % max(1, round(options.duration))]
    for wanted, word in ((options.subprocesses, "-s"), (options.native, "-n"), (options.mode == "gil", "-g"), (options.idle, "-i")):
        if wanted:
            words.append(word)
    return [options.tool, *words, "-p", str(os.getpid())]


class Beside:
    """
    One recording: `words` is what to run, `looking(output)` whether it looks. The file `output` appears at the end, what it prints
    stands in `output`.tmp-log meanwhile. `stops`: it holds the process for each look.
    """

    def __init__(self, output, name, words, looking, stops=False):
        self.output, self.log = output, _log(output)
        self._name, self._words, self._looking, self._stops = name, words, looking, stops
        self._process = os.getpid()
        self._done = None

    def start(self):
        """Returns when the sampler is looking. Raises Refused."""
        files.remove(self.output)
        numbers, answers = os.pipe()
        commands, go = os.pipe()
        self._done, held = os.pipe()
        fork_twice(lambda: self._become(commands, held), answers)
        for each in (answers, commands, held):
            os.close(each)
        self.helper = int.from_bytes(os.read(numbers, 4), "little")
        os.close(numbers)
        allow_reading(self.helper)
        os.write(go, b"g")
        os.close(go)
        limit = time.monotonic() + PATIENCE_TO_START
        while not self._looking(self.output):
            if self._ended(0.005) or time.monotonic() > limit:
                break
        if self._ended(SETTLING) or not self._looking(self.output):
            self._stop(_signal.SIGKILL, 1.0)
            raise Refused(self._complaint())

    def _become(self, commands, held):
        """In the helper: waits until it may look, and becomes the sampler. That keeps `held` open, whose end tells ours."""
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.set_inheritable(held, True)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, [])
        if os.read(commands, 1) != b"g":
            return
        if self._stops and os.path.isdir("/proc/self"):
            sampler = os.fork()
            if sampler:
                os.close(held)
                return _guard(sampler, self._process)
        os.execv(self._words[0], self._words)

    def _ended(self, seconds):
        if self._done is None:
            return True
        try:
            return bool(select.select([self._done], [], [], seconds)[0])
        except (OSError, ValueError):
            return True  # the program closed what it did not open

    def end(self):
        """Makes the sampler write; it does on SIGINT only. Says on stderr when it left nothing."""
        self._stop(_signal.SIGINT, PATIENCE_TO_END)
        self._stop(_signal.SIGKILL, 1.0)
        try:
            empty = os.path.getsize(self.output) == 0
        except OSError:
            empty = True
        if empty:
            sys.stderr.write("heatline: %s\n" % self._complaint())
        elif "behind in sampling" in files.text(self.log):
            sys.stderr.write("heatline: %s could not keep up: take a lower --rate\n" % self._name)
        files.remove(self.log)
        self.forget()

    def _stop(self, number, patience):
        if not self._ended(0):
            try:
                os.killpg(self.helper, number)
            except OSError:
                pass
            self._ended(patience)

    def _complaint(self):
        lines = [line.strip() for line in files.text(self.log).splitlines() if line.strip()]
        lines = [line[7:] for line in lines if line.startswith("Error: ")] or lines
        files.remove(self.log)
        files.remove(self.output)
        return "%s did not record: %s" % (self._name, lines[-1] if lines else "it did not say why")

    def forget(self):
        """Also in a forked child: it has nothing to do with the sampler."""
        if self._done is not None:
            try:
                os.close(self._done)
            except OSError:
                pass
            self._done = None


def _guard(sampler, process):
    """
    Waits for the sampler's end. A process that is killed in the moment it is held (one in forty, py-spy 0.4) stays held: the sampler
    sees neither its end nor anything of it, and whoever waits for either waits for ever. Interrupted, it writes and lets go.
    """
    _signal.signal(_signal.SIGINT, lambda *_: None)
    before, since = None, time.monotonic()
    while os.waitpid(sampler, os.WNOHANG)[0] == 0:
        now = held_threads(process)
        if now is None or now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > HELD_SECONDS:
            os.kill(sampler, _signal.SIGINT)
            since = time.monotonic()
        time.sleep(0.25)


def held_threads(process):
    """
    The threads of a process that is held, each with how often it has gone to sleep; None where one is neither held by a tracer nor
    dead, and when the process is gone. What is the same twice has stood still between. For Linux.
    """
    try:
        threads = os.listdir("/proc/%d/task" % process)
    except OSError:
        return None
    found = []
    for thread in threads:
        try:
            with open("/proc/%d/task/%s/status" % (process, thread)) as file:
                lines = dict(line.split(":", 1) for line in file if ":" in line)
        except OSError:
            continue
        if lines["State"].strip()[0] not in "tZX":
            return None
        found.append((thread, lines.get("voluntary_ctxt_switches"), lines.get("nonvoluntary_ctxt_switches")))
    return found or None


def _log(output):
    return output + ".tmp-log"

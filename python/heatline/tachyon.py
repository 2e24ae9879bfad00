"""The sampler of Python 3.15 and newer (`profiling.sampling`, called Tachyon), in a process beside the program.

It is started to look into this process rather than to start the program itself: so interpreter options, streams,
signals and the exit status stay the program's own, and the sampler's report does not get between its lines.
"""

import _signal
import os
import select
import sys
import time

from .lookout import allow_reading, fork_twice
from .runner import FOLDER

PATIENCE_TO_START, PATIENCE_TO_END, SETTLING = 20.0, 30.0, 0.05


class Failed(Exception):
    """One sentence."""


class Tachyon:
    """One recording; `options` as the command line gave them. The file appears at the end."""

    def __init__(self, options):
        self.output = options.output
        self.log = options.output + ".tmp-log"
        words = ["attach", "--binary", "-a", "-r", "%d" % max(1, round(options.rate)), "-o", self.output]
        if options.duration is not None:
            words += ["-d", "%d" % max(1, round(options.duration))]
        if options.mode is not None:
            words += ["--mode", options.mode]
        if options.native:
            words.append("--native")
        # Isolated: no module of the program's folder takes the place of one of the sampler's.
        start = [os.path.join(FOLDER, "__main__.py"), "follow"] if options.live else ["-m", "profiling.sampling"]
        self._words = ["-I", *start, *words]
        self._done = None

    def start(self):
        """Returns when the sampler is looking. Raises Failed."""
        _remove(self.output)
        process = os.getpid()
        numbers, answers = os.pipe()
        commands, go = os.pipe()
        self._done, held = os.pipe()
        fork_twice(lambda: self._become(process, commands, held), answers)
        for each in (answers, commands, held):
            os.close(each)
        self.helper = int.from_bytes(os.read(numbers, 4), "little")
        os.close(numbers)
        allow_reading(self.helper)
        os.write(go, b"g")
        os.close(go)
        limit = time.monotonic() + PATIENCE_TO_START
        while not os.path.exists(self.output):
            if self._ended(0.005) or time.monotonic() > limit:
                break
        if self._ended(SETTLING) or not os.path.exists(self.output):
            self._stop(_signal.SIGKILL, 1.0)
            raise Failed(self._complaint())

    def _become(self, process, commands, held):
        """In the helper: waits until it may look, and becomes the sampler. It keeps `held` open, whose end tells ours."""
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(log, 2)
        os.set_inheritable(held, True)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, [])
        if os.read(commands, 1) == b"g":
            os.execv(sys.executable, [sys.executable, *self._words, str(process)])

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
        _remove(self.log)
        self.forget()

    def _stop(self, number, patience):
        if not self._ended(0):
            try:
                os.kill(self.helper, number)
            except OSError:
                pass
            self._ended(patience)

    def _complaint(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if line.strip()]
        except OSError:
            lines = []
        _remove(self.log)
        _remove(self.output)
        return "profiling.sampling did not record: %s" % (lines[-1] if lines else "it did not say why")

    def forget(self):
        """Also in a forked child: it has nothing to do with the sampler."""
        if self._done is not None:
            try:
                os.close(self._done)
            except OSError:
                pass
            self._done = None


def _remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass

"""Joins a program that runs, by `sys.remote_exec` of CPython 3.14 and newer: the sampler inside it, without any tool.

This side asks the program to run a small script at its next step, waits, and tells it when to end. `visitor` is the side
within the program. The engine memray joins in the same way, or by a debugger (installed/memray_joining.py).
"""

import os
import sys
import time

from . import files
from .engines import Refused
from .later import later
from .runner import FOLDER

TOLD_SECONDS, PATIENCE_SECONDS, END_SECONDS = 2.0, 30.0, 15.0
# Runs in the program: asked for too late, it does nothing.
BEGIN = """\
def visit():
    import os
    try:
        os.unlink({script!r})
    except OSError:
        pass
    if not {wanted}:
        return
"""
SCRIPT = BEGIN + """\
    ours = {{"__name__": "heatline", "__file__": {entry!r}}}
    with open(ours["__file__"], "rb") as file:
        exec(compile(file.read(), file.name, "exec", dont_inherit=True), ours)
    ours["load"]("visitor").Visit({output!r}, {rate!r}, {duration!r}, {stop!r}, {sender!r})
visit()
"""
DISABLED = "the program does not let itself be joined: it was started with -X disable-remote-debug or PYTHON_DISABLE_REMOTE_DEBUG, or so built"
RIGHTS = "permission to write into the program's memory is missing: as for a debugger, it takes its own user and the right to trace"
ASLEEP = "the program made no step of Python's in %.0f s (its main thread sleeps or computes in C): join it again when it runs"

EARLY = "it was stopped before the program made a step and let it in"


def join(pid, options):
    """Records process `pid` until it ends, the duration is over or SIGINT comes; returns the exit status."""
    try:
        joining = later("installed.memray_joining").MemrayJoining if options.engine == "memray" else Joining
        joining(pid, options).run()
    except Refused as sentence:
        # As the other tools say it.
        sys.stderr.write("Error: %s\n" % sentence)
        return 4
    return 0


class Joining:
    """One recording of a process, in its steps; another guest than the sampler overrides some of them."""

    def __init__(self, pid, options):
        self.pid = pid
        self.options = options
        self.output = options.output
        self.stop = options.output + ".tmp-stop"
        self.joined = options.output + ".tmp-joined"
        self.script = options.output + ".tmp-visit.py"
        self.interrupted = False

    def run(self):
        import signal

        signal.signal(signal.SIGINT, self._interrupt)
        _check_owner(self.pid)
        try:
            self.enter()
            self.collect()
        finally:
            for path in (self.stop, self.joined, self.output + ".part"):
                files.remove(path)

    def enter(self):
        """Returns when the guest has begun."""
        if not hasattr(sys, "remote_exec"):
            raise Refused("only Python 3.14 and newer can be joined so, and this is %d.%d" % sys.version_info[:2])
        self._write_script(wanted=True)
        try:
            _send(self.pid, self.script)
        except Refused:
            files.remove(self.script)
            raise
        if not self.wait(self.joined, PATIENCE_SECONDS, told=True):
            # The script may still be run when the program wakes: then it shall do nothing but remove itself.
            self._write_script(wanted=False)
            raise Refused(self.why_not())

    def why_not(self):
        """Why the guest has not begun."""
        return EARLY if self.interrupted else ASLEEP % PATIENCE_SECONDS if is_alive(self.pid) else "the program ended meanwhile"

    def collect(self):
        """Returns when the recording is there."""
        self.wait(self.output, None)
        if not os.path.exists(self.output):
            files.write_whole(self.stop, b"")
            self.interrupted = False
            if not self.wait(self.output, END_SECONDS) and os.path.exists(self.output + ".part"):
                os.replace(self.output + ".part", self.output)
            if not os.path.exists(self.output):
                raise Refused("the program ended, or does not answer any more, and nothing was kept")

    def _interrupt(self, *_):
        self.interrupted = True

    def _write_script(self, wanted):
        files.write_whole(self.script, self.text(wanted).encode("utf-8", "surrogateescape"))

    def text(self, wanted):
        """The script that the program runs: to let the guest in, or else to do nothing but remove itself."""
        fields = {"script": self.script, "wanted": wanted, "entry": os.path.join(FOLDER, "__main__.py"), "output": self.output, "stop": self.stop}
        return SCRIPT.format(rate=self.options.rate, duration=self.options.duration, sender=os.getpid(), **fields)

    def wait(self, path, seconds, told=False):
        """Until the file is there: true; until the time is over, the program has ended or SIGINT has come: false."""
        began = time.monotonic()
        while not os.path.exists(path):
            elapsed = time.monotonic() - began
            if self.interrupted or not is_alive(self.pid) or (seconds is not None and elapsed > seconds):
                return os.path.exists(path)
            if told and elapsed > TOLD_SECONDS:
                told = False
                sys.stderr.write("waiting for the program to make a step\n")
                sys.stderr.flush()
            time.sleep(0.02)
        return True


def _check_owner(pid):
    try:
        owner = os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return
    if hasattr(os, "geteuid") and owner != os.geteuid():
        raise Refused("the program is another user's, and would not be let to our files: record it as that user (sudo -u '#%d' heatline …)" % owner)


def _send(pid, script):
    """Raises Refused."""
    try:
        sys.remote_exec(pid, script)
    except PermissionError:
        raise Refused(RIGHTS) from None
    except (RuntimeError, OSError, ValueError) as problem:
        said = str(problem)
        if "not enabled" in said:
            raise Refused(DISABLED) from None
        if "Can't send commands" in said:
            raise Refused("%s: it takes an interpreter of the program's own version" % said.rstrip(".")) from None
        raise Refused("the program cannot be joined: %s" % (said or type(problem).__name__)) from None


def is_alive(pid):
    """Whether a process runs; one that has ended and was not asked for its status does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return True

"""
memray joins a program that runs: by `sys.remote_exec` on CPython 3.14 and newer, before by gdb or lldb, as `memray attach` does.

What is started within is `memray_guest.py`, which ends by itself; memray's own `attach` would have to be sent in a second time for that,
prints into the program's stderr when its time is over, and lets a file grow for ever when nobody comes back. memray's file is
read here, in an interpreter of the same environment.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings

from .. import files
from ..engines import Refused
from ..joining import ASLEEP, BEGIN, DISABLED, END_SECONDS, PATIENCE_SECONDS, RIGHTS, Joining, is_alive
from ..later import later
from ..linefunctions import LineFunctions
from ..quality import identity
from ..runner import is_ours
from . import files_of, memory_file

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "memray_guest.py")
SCRIPT = BEGIN + """\
    {threading}
    import sys
    ours = {{"__name__": "heatline"}}
    with open({guest!r}, "rb") as file:
        exec(compile(file.read(), file.name, "exec", dont_inherit=True), ours)
    ours["Guest"]({raw!r}, {native!r}, {duration!r}, {stop!r}, {sender!r}, {joined!r}, {ended!r}, sys.getprofile() is not None)
visit()
"""
# A gdb that does not know all registers of the processor (13 and those with AMX) cannot have the program call anything, and leaves orig_rax as it was
# needed for the trial: the kernel does not go on with the system call then, and a sleep ends with "OSError: [Errno 514]". So it is put back.
GDB_BEFORE = """\
set $heatline_call = $orig_rax
set $heatline_stands_in_it = ! $_isvoid($heatline_call)
define hook-continue
  set $heatline_stands_in_it = 0
end
define heatline_put_back
  if $heatline_stands_in_it
    set $orig_rax = $heatline_call
  end
end
"""
GDB_AFTER = "-ex=heatline_put_back"
READ_LIMIT = 4 << 20

NO_DEBUGGER = "neither gdb nor lldb is on PATH, and Python before 3.14 lets memray in by no other way"
NO_SYMBOLS = "the debugger finds no functions of Python in the program, which was built without their names: start it under memray instead: heatline record --engine memray -- …"
OLD_GDB = "this gdb does not know all registers of the processor, so the program can call nothing for it: gdb 14 or newer does"
TRACED = "process %s traces the program already: end that debugger first"
TRACKED = "memray measures the program already: end that first (memray detach %d, where memray attach began it)"
PROFILED = "the program has a profiler of its own (sys.setprofile), which memray would take from it"
MISSING = "the program's own Python does not find memray: %s"
UNREADABLE = "the program may not read memray's files in %s, or lies in another container"
KILLED = "the program ended before memray's file was whole; what was written until then is kept"
SHY = "memray came into the program, and did not answer"


class MemrayJoining(Joining):
    def __init__(self, pid, options):
        super().__init__(pid, options)
        self.raw = options.output + ".memray"
        self.ended = options.output + ".tmp-ended"
        self.before = options.output + ".tmp-before.gdb"
        self.notes = []

    def run(self):
        try:
            super().run()
        finally:
            for path in (self.raw, self.ended, self.before):
                files.remove(path)

    def text(self, wanted):
        # Python itself runs the script, in the main thread; a debugger's is run in a thread that it starts.
        first = "import threading" if self.by_python else "pass"
        fields = {"script": self.script, "wanted": wanted, "threading": first, "guest": GUEST, "raw": self.raw, "native": self.options.native}
        places = {"stop": self.stop, "joined": self.joined, "ended": self.ended, "sender": os.getpid(), "duration": self.options.duration}
        return SCRIPT.format(**fields, **places)

    def enter(self):
        self.by_python = hasattr(sys, "remote_exec")
        try:
            if self.by_python:
                super().enter()
        except Refused as refusal:
            if str(refusal) != DISABLED or _debugger() is None:
                raise
            self.by_python = False
        if not self.by_python:
            self.enter_by_debugger()
        begun, _, said = files.text(self.joined).partition(" ")
        if begun != "1":
            raise Refused(self._why_refused(said))
        self.version = said

    def _why_refused(self, said):
        if "No more than one Tracker" in said:
            return TRACKED % self.pid
        if said.startswith(("ModuleNotFoundError", "ImportError")):
            return MISSING % said.partition(": ")[2]
        if "sys.setprofile" in said:
            return PROFILED
        return ASLEEP % PATIENCE_SECONDS if "made no step" in said else "memray did not begin: %s" % said

    def enter_by_debugger(self):
        """What a debugger loads into the program connects to a port of ours and runs what it is sent, once."""
        limit = time.monotonic() + PATIENCE_SECONDS
        files.write_whole(self.before, GDB_BEFORE.encode("ascii"))
        with _Sender(self.text(True)) as sender:
            said = _inject(self.pid, sender.port, self.before, lambda: self.interrupted or time.monotonic() > limit)
            if self.interrupted or not is_alive(self.pid):
                raise Refused(self.why_not())
            if said is not None:
                raise Refused(ASLEEP % PATIENCE_SECONDS if time.monotonic() > limit else self._why_not_let_in(said))
            if not self.wait(self.joined, PATIENCE_SECONDS):
                raise Refused(self.why_not() if self.interrupted or not is_alive(self.pid) else SHY)

    def _why_not_let_in(self, said):
        tracer = re.search(r"already traced by process (\d+)", said)
        if tracer:
            return TRACED % tracer[1]
        if "does not seem to be running Python" in said:
            return NO_SYMBOLS
        if "Couldn't write extended state" in said:
            return OLD_GDB
        if "Failed to attach" in said or "ptrace: " in said:
            return RIGHTS
        if "couldn't open the memray shared library" in said:
            return UNREADABLE % os.path.dirname(_memray().__file__)
        return "the debugger could not let memray in: %s" % said.strip().partition("\n")[0]

    def collect(self):
        duration = self.options.duration
        if not self.wait(self.ended, None if duration is None else duration + END_SECONDS) and is_alive(self.pid):
            files.write_whole(self.stop, b"")
            self.interrupted = False
            self.wait(self.ended, END_SECONDS)
        # Another Ctrl-C does not lose what is being read.
        seconds = files.text(self.ended)
        if not seconds and is_alive(self.pid):
            raise Refused("the program does not answer any more, and memray still writes: it ends when this has ended")
        if not seconds:
            sys.stderr.write("Note: %s\n" % KILLED)
            self.notes.append(KILLED)
        files.write_whole(self.output, self._read(float(seconds or 0)))

    def _read(self, seconds):
        """The recording, of memray's file."""
        _memray()
        try:
            found = later("installed.memray").records(self.raw, self.options.native)
        except (OSError, ValueError, RuntimeError) as problem:
            raise Refused("memray's file cannot be read: %s" % problem) from None
        rows = [[row for row in each if not any(is_ours(frame[0]) for frame in row[0])] for each in found]
        root = _folder(self.pid)
        functions = LineFunctions()
        for file in files_of(rows):
            _learn(functions, file, root)
        quality = {**identity("memray"), "engineVersion": self.version, "notes": self.notes}
        return memory_file(rows, functions, quality, seconds, root, False)


class _Sender:
    """Sends a text to each who connects to a port of this machine, until left."""

    def __init__(self, text):
        self._text = text.encode("utf-8", "surrogateescape")
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._server.bind(("localhost", 0))
        self._server.listen(4)
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()

    def _serve(self):
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            with client:
                try:
                    client.sendall(self._text)
                    client.shutdown(socket.SHUT_WR)
                    # It says nothing, or what went wrong, and goes.
                    client.settimeout(PATIENCE_SECONDS)
                    client.recv(4096)
                except OSError:
                    pass


class _Debugger:
    """Stands for `subprocess` in memray's code that calls a debugger. One that is killed leaves a program that dies at its next allocation."""

    STDOUT, CalledProcessError = subprocess.STDOUT, subprocess.CalledProcessError

    def __init__(self, before, is_over):
        """`before`: a file of commands that gdb reads before memray's."""
        self._before, self._is_over = before, is_over
        self.said = ""

    def check_output(self, command, **_):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        if os.path.basename(command[0]) == "gdb":
            script = next((number for number, word in enumerate(command) if word.startswith("-x")), len(command))
            command = [*command[:script], "-x", self._before, *command[script:], GDB_AFTER]
        # In a session of its own: no Ctrl-C but ours, and who kills us does not kill it.
        tool = subprocess.Popen(command, text=True, errors="replace", start_new_session=True, **pipes)
        told = False
        while True:
            try:
                self.said = tool.communicate(timeout=0.05)[0]
                break
            except subprocess.TimeoutExpired:
                if not told and self._is_over():
                    told = True
                    # Of all signals this one makes it take its breakpoints out of the program before it goes.
                    tool.send_signal(signal.SIGINT)
        if tool.returncode:
            raise subprocess.CalledProcessError(tool.returncode, command, self.said)
        return self.said


def _inject(pid, port, before, is_over):
    """Has a debugger load memray's part that connects to a port. Returns None, or why not in memray's words and the debugger's."""
    _memray()
    from memray.commands import attach

    debugger = _debugger()
    if debugger is None:
        raise Refused(NO_DEBUGGER)
    attach.subprocess = tool = _Debugger(before, is_over)
    problem = getattr(attach, "debugger_inject", None) or attach.inject
    said = problem(debugger, pid, port, False)
    return None if said is None else "%s\n%s" % (said, tool.said)


def _debugger():
    """The debugger that memray takes; None where there is none."""
    order = ("gdb", "lldb") if sys.platform == "linux" else ("lldb", "gdb")
    return next((name for name in order if shutil.which(name)), None)


def _memray():
    try:
        import memray
    except ImportError as problem:
        raise Refused("memray cannot be imported: %s" % problem) from None
    return memray


def _learn(functions, file, root):
    """The functions of a source file, as they would be if it were run: nothing of it is."""
    path = os.path.join(root, file)
    try:
        if os.path.getsize(path) > READ_LIMIT:
            return
        with open(path, "rb") as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            functions.know(compile(source.read(), file, "exec", dont_inherit=True))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        pass


def _folder(pid):
    """Where relative names of a process start."""
    try:
        return os.readlink("/proc/%d/cwd" % pid)
    except OSError:
        return os.getcwd()

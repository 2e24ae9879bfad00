"""Scalene: time per line in Python, in native code and in the system; with --subprocesses also of child processes.

Memory is left out: for that Scalene has to start the interpreter anew, with a library of its own in it.
"""

import _signal
import builtins
import contextlib
import io
import os
import shutil
import sys

NOTHING = "scalene saw nothing of the files under %s: the program was done too soon, or its files lie elsewhere"


class Tool:
    def __init__(self, host):
        self.host = host
        first = host.words[0]
        self.root = os.getcwd() if first in ("-m", "-c") else os.path.dirname(os.path.realpath(first))
        words = ["run", "--cpu-only", "--cpu-sampling-rate", repr(1 / host.options.rate), "--program-path", self.root, "program.py"]
        keep = sys.argv, sys.executable, sys.path[:], os.environ.get("PATH"), os._exit, builtins.exec, builtins.eval
        sys.argv = ["scalene", *words]
        try:
            from scalene.scalene_parseargs import ScaleneParseArgs
            from scalene.scalene_profiler import Scalene

            # What its run_profiler does, without running the program.
            arguments, _ = ScaleneParseArgs.parse_args()
            arguments.json = True
            Scalene.set_initialized()
            Scalene._process_args(arguments)
            Scalene._Scalene__program_path = Scalene._Scalene__entrypoint_dir = self.root
            self.scalene = Scalene(arguments, os.path.realpath(first))
            Scalene._Scalene__tracing.set_program_path(self.root)
            self.folder = str(Scalene._Scalene__python_alias_dir)
        finally:
            # Its exec and eval would stand in tracebacks, its _exit would be an exception.
            sys.argv, executable, path, search, os._exit, builtins.exec, builtins.eval = keep
        sys.path[:] = path
        if not host.options.subprocesses:
            # It has put scripts in the place of Python, which start Scalene in child processes.
            sys.executable = executable
            if search is None:
                del os.environ["PATH"]
            else:
                os.environ["PATH"] = search

    def start(self):
        ours = _signal.getsignal(_signal.SIGTERM)
        self.scalene.start()
        if ours is not None:
            _signal.signal(_signal.SIGTERM, ours)

    def stop(self):
        self.scalene.stop()

    def forget(self):
        if not self.host.options.subprocesses:
            self.scalene.stop()

    def write(self, path):
        self.scalene._Scalene__args.outfile = path
        with contextlib.redirect_stderr(io.StringIO()):  # it would say where the file is
            seen = self.scalene.output_profile([])
        if not seen:
            os.unlink(path)
            self.host.notes.append(NOTHING % self.root)
        shutil.rmtree(self.folder, True)

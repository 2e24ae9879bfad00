"""Runs a script or a module as `python script.py` or `python -m module` would: same __main__, same sys.path, same end.

The program runs in the interpreter's own __main__ module. Its end is left to the interpreter too: an exception is raised
on through our frames, which a hook takes out of the traceback before it is printed; so exit statuses, SystemExit,
signals, atexit handlers and the wait for threads are the interpreter's own.
"""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def is_ours(file):
    """Whether a file is the recorder's."""
    return file.startswith(FOLDER + os.sep)


def own(code):
    """Whether a code object is the recorder's."""
    return is_ours(code.co_filename)


def is_runpy(file):
    """Whether a file is the module that runs modules."""
    return file == "<frozen runpy>" or file.endswith(os.sep + "runpy.py")


def at_root(files, inside=False):
    """
    Of the files of a stack's frames, the outermost first: how many are the recorder's own, and runpy's between them and the program.
    `inside`: the first of them lies below the recorder's.
    """
    count = 0
    for file in files:
        if not (is_ours(file) or (inside and is_runpy(file))):
            break
        inside = True
        count += 1
    return count


def _strip(traceback):
    while traceback is not None and own(traceback.tb_frame.f_code):
        traceback = traceback.tb_next
    return traceback


def _hide_our_frames():
    """Takes our frames out of the one traceback that the interpreter is about to print."""
    programs = sys.excepthook

    def hook(kind, value, traceback):
        sys.excepthook = programs
        traceback = _strip(traceback)
        value.__traceback__ = traceback
        for name, item in (("last_traceback", traceback), ("last_exc", value)):
            if hasattr(sys, name):
                setattr(sys, name, item)
        programs(kind, value, traceback)

    sys.excepthook = hook


def _source(path):
    """Compiles a script; ends as Python does when the file cannot be read. Raises SyntaxError."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        message = "%s: can't open file %s: [Errno %d] %s\n"
        sys.stderr.write(message % (sys.executable, ascii(path) if not path.isprintable() else repr(path), error.errno, error.strerror))
        sys.exit(2)
    if path.endswith(".pyc"):
        import marshal

        return marshal.loads(memoryview(content)[16:])
    return compile(content, path, "exec", dont_inherit=True)


def _find_loader(path):
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader

    return (SourcelessFileLoader if path.endswith(".pyc") else SourceFileLoader)("__main__", path)


def _importable(path):
    """A folder or a zip file with a __main__."""
    if os.path.isdir(path):
        return True
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return path.endswith((".zip", ".pyz"))
    except OSError:
        return False
    return True


class Bare:
    """A program that is to run with nothing of ours around it: `code` in `scope`, and whom to tell the end."""

    def __init__(self, code, scope, recorder):
        self.code = code
        self.scope = scope
        self.recorder = recorder

    def ended(self, error):
        """Tells the status of a program that ended with this exception, or None; the caller raises it on."""
        _tell_end(self.recorder, error)


def run(words, recorder):
    """Runs `words` (script and arguments, or -m, module and arguments) in this process under `recorder`.

    Where nothing is recorded in this process it may return the program instead, as the one item of a tuple, for the caller to run: every frame
    below the program's costs a tool that looks in from outside a part of each look.
    """
    recorder.prepare(words)
    bare = recorder.options.engine in ("none", "py-spy") and words[0] != "-m"
    if bare:
        # The caller's frame keeps the names of the module that it is of.
        ours, sys.modules["__main__"] = sys.modules["__main__"], type(sys)("__main__")
        sys.modules["__main__"].__builtins__ = ours.__builtins__
    main = sys.modules["__main__"].__dict__
    safe = sys.flags.isolated or getattr(sys.flags, "safe_path", False)
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, *words]
    keep = {key: main[key] for key in ("__builtins__",) if key in main}
    annotations = sys.version_info < (3, 14)
    main.clear()
    main.update({"__name__": "__main__", "__doc__": None, "__package__": None, "__loader__": None, "__spec__": None}, **keep)
    if annotations:
        main["__annotations__"] = {}

    run_module = None
    if words[0] == "-m" or (words[0] != "-c" and _importable(words[0])):
        import runpy  # before the program's folder comes first on the path

        run_module = runpy._run_module_as_main
    code = None
    if words[0] == "-m":
        sys.argv[:] = ["-m", *words[2:]]
        if not safe:
            sys.path.insert(0, os.getcwd())
    elif words[0] == "-c":
        sys.argv[:] = ["-c", *words[2:]]
        if not safe:
            sys.path.insert(0, "")
        try:
            code = compile(words[1] + "\n", "<string>", "exec", dont_inherit=True)
        except Exception:
            _hide_our_frames()
            raise
    elif run_module is not None:
        sys.argv[:] = words
        sys.path.insert(0, os.path.abspath(words[0]) if sys.version_info >= (3, 9) else words[0])
    else:
        path = os.path.abspath(words[0])
        sys.argv[:] = words
        if not safe:
            sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
        try:
            code = _source(path)
        except Exception:
            _hide_our_frames()
            raise
        main["__file__"] = path
        main["__cached__"] = None
        if sys.version_info >= (3, 15):
            del main["__cached__"]
        main["__loader__"] = _find_loader(path)
    profiler = recorder.begin()
    if bare and code is not None:
        return (Bare(code, main, recorder),)
    start = None
    if profiler is not None:
        start = profiler.enable
    try:
        try:
            if start is not None:
                start()
            if code is not None:
                exec(code, main)
            elif words[0] == "-m":
                run_module(words[1], alter_argv=True)
            else:
                run_module("__main__", alter_argv=False)
        finally:
            if start is not None:
                recorder.look()
                profiler.disable()
    except BaseException as error:
        _tell_end(recorder, error)
        raise
    _tell_end(recorder, None)
    return ()


def _tell_end(recorder, error):
    if error is None:
        recorder.ended(0)
    elif isinstance(error, SystemExit):
        recorder.ended(_status(error.code))
    else:
        recorder.ended(-2 if isinstance(error, KeyboardInterrupt) and os.name == "posix" else 1)
        _hide_our_frames()


def _status(code):
    """Exit status of sys.exit(code), as the shell sees it."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if os.name == "posix" else code
    return 1

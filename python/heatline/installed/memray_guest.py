"""
memray as a guest in a program that runs: begins in a thread of its own, ends by itself, and leaves the program as it was.

Run from its text, in any thread: it is no module of the program, and imports nothing of this package.
"""

import atexit
import os
import sys
import time
from _thread import start_new_thread

LOOK_SECONDS = 0.1
WARNING, ERROR = 30, 40  # as `logging` has them; memray's own choice is the first
# A thread that Python did not start may not be the first to import `threading`: it would count as the program's main thread.
THREADING_SECONDS = 25.0


class Guest:
    """
    Has memray write the file `raw` until `duration` seconds are over, the file `stop` is there, the process `sender` is gone or the
    program ends; not at all where the thread is `profiled`, for memray would end that. `joined` holds then "1 VERSION" of memray, or else "0 " and why it did not begin; `ended` how many seconds it was.
    """

    def __init__(self, raw, native, duration, stop, sender, joined, ended, profiled):
        self.raw, self.native, self.duration, self.stop, self.sender = raw, native, duration, stop, sender
        self.joined, self.ended, self.profiled = joined, ended, profiled
        self.process = os.getpid()
        self.over = False
        start_new_thread(self.stay, ())

    def stay(self):
        try:
            self.begin()
        except BaseException as problem:
            self.tell(self.joined, "0 %s: %s" % (type(problem).__name__, problem))
            return
        while not self.over and not self.is_due():
            left = LOOK_SECONDS if self.duration is None else self.began + self.duration - time.monotonic()
            time.sleep(max(0.0, min(LOOK_SECONDS, left)))
        self.end()

    def begin(self):
        if "threading" not in sys.modules:
            import_in_main_thread(THREADING_SECONDS)
        import memray

        if self.profiled or getattr(sys.modules["threading"], "_profile_hook", None) not in (None, memray.start_thread_trace):
            raise RuntimeError("sys.setprofile")
        # What it warns of would stand in the program's output.
        memray.set_log_level(ERROR)
        destination = memray.FileDestination(self.raw, overwrite=True, compress_on_exit=False)
        tracker = memray.Tracker(destination=destination, native_traces=self.native)
        tracker.__enter__()
        self.began = time.monotonic()
        self.tracker = tracker
        # memray hears names as they are given.
        for thread in sys.modules["threading"].enumerate():
            thread.name = thread.name
        atexit.register(self.end)
        if not self.tell(self.joined, "1 %s" % memray.__version__):
            self.end()

    def is_due(self):
        if self.duration is not None and time.monotonic() - self.began >= self.duration:
            return True
        return os.path.exists(self.stop) or not is_there(self.sender)

    def end(self):
        """In our thread, or in the program's own at its end; not in a child that it forked."""
        tracker = vars(self).pop("tracker", None)
        if tracker is None or os.getpid() != self.process:
            return
        seconds = time.monotonic() - self.began
        self.over = True
        tracker.__exit__(None, None, None)
        sys.modules["memray"].set_log_level(WARNING)
        atexit.unregister(self.end)
        if is_there(self.sender):
            self.tell(self.ended, "%.9f" % seconds)
        else:
            # Nobody will read it.
            remove(self.raw)
            remove(self.joined)

    def tell(self, path, text):
        """Whether the file could be written, which appears whole."""
        trial = "%s-%d" % (path, os.getpid())
        try:
            with open(trial, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            os.replace(trial, path)
        except OSError:
            remove(trial)
            return False
        return True


def import_in_main_thread(seconds):
    """Has the main thread import `threading` at its next step. Raises RuntimeError when it makes none."""
    import ctypes

    def call(_):
        __import__("threading")
        return 0

    callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(call)
    # For good: the main thread may come to it later.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
    ctypes.pythonapi.Py_AddPendingCall(callback, None)
    limit = time.monotonic() + seconds
    while "threading" not in sys.modules:
        if time.monotonic() > limit:
            raise RuntimeError("the main thread made no step")
        time.sleep(0.01)


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass

"""
Python's own threads, locks and pauses, also where gevent or eventlet puts its own in their place, before this is loaded or after: ours
must not take turns with greenlets.
"""

import _thread
import sys
import time

# The longest switch interval while we are waited for: with the default of 5 ms a busy program would let us in 200 times a second at most, and late.
SWITCH_SECONDS = 0.0005


def _real(module, name):
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and hasattr(monkey, "get_original"):
        return monkey.get_original(module.__name__, name)
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is not None and hasattr(patcher, "original"):
        return getattr(patcher.original(module.__name__), name)
    return getattr(module, name)


allocate_lock, RLock = _real(_thread, "allocate_lock"), _real(_thread, "RLock")
get_ident, start_new_thread = _real(_thread, "get_ident"), _real(_thread, "start_new_thread")
sleep = _real(time, "sleep")


def threads():
    """The threads that the program's `threading` knows, by identity; without importing it for the program."""
    known = getattr(sys.modules.get("threading"), "_active", None)
    return known if isinstance(known, dict) else {}


def frames():
    """
    sys._current_frames(), but {} while the program has other interpreters: a frame of theirs runs under a lock of its own, and to make
    an object of it under ours corrupts memory (3.12 ends by that each time).
    """
    for name in ("_interpreters", "_xxsubinterpreters"):
        module = sys.modules.get(name)
        if module is not None and len(module.list_all()) > 1:
            return {}
    return sys._current_frames()


def greenlets():
    """Whether threads of the program are greenlets."""
    return get_ident is not _thread.get_ident

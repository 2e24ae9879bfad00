"""Python's own threads, locks and pauses, also where gevent or eventlet has put its own in their place: ours must not take turns with greenlets."""

import _thread
import sys
import time


def greenlets():
    """Whether threads of the program are greenlets."""
    return _real("_thread", "get_ident") is not _thread.get_ident


def allocate_lock():
    return _real("_thread", "allocate_lock")()


def start_new_thread(function, arguments):
    return _real("_thread", "start_new_thread")(function, arguments)


def get_ident():
    return _real("_thread", "get_ident")()


def sleep(seconds):
    _real("time", "sleep")(seconds)


def _real(module, name):
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and hasattr(monkey, "get_original"):
        return monkey.get_original(module, name)
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is not None and hasattr(patcher, "original"):
        return getattr(patcher.original(module), name)
    return getattr(_thread if module == "_thread" else time, name)

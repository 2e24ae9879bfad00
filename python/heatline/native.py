"""
Python's own threads, locks and pauses, also where gevent or eventlet puts its own in their place, before this is loaded or after: ours
must not take turns with greenlets.
"""

import _thread
import sys
import time


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


def greenlets():
    """Whether threads of the program are greenlets."""
    return get_ident is not _thread.get_ident

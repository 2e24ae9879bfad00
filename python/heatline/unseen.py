"""Threads that no tracer hears.

Since CPython 3.12 a tracer gets the events of all threads and keeps one stack for them: a thread of ours that waits in a
call would be taken for the caller of all that the program does meanwhile. While a callback of `sys.monitoring` runs, its
thread raises no events; so our threads spend their lives in one. The callback hangs on the first event of a function of
our own and takes itself away as soon as it runs; the place among the tools is taken for that moment only.
"""

import _thread
import os
import sys

from . import native as threads

ENTER_SECONDS = 1.0


def start(work):
    """Starts a bare thread that runs `work()`, which must not raise. Returns a function that waits until it is gone."""
    native = []

    def life():
        native.append(_thread.get_native_id() if hasattr(_thread, "get_native_id") else 0)
        work()

    if not (hasattr(sys, "monitoring") and _start_in_callback(life)):
        threads.start_new_thread(life, ())
    return lambda: _wait_until_gone(native)


def _wait_until_gone(native):
    """
    A thread that has done its work is there for a moment still, and CPython, which looks into /proc as we do, would warn
    of a fork meanwhile.
    """
    for _ in range(2000):
        if not (native and os.path.exists("/proc/self/task/%d" % native[0])):
            break
        threads.sleep(0.0005)


def _start_in_callback(work):
    monitoring = sys.monitoring
    # The tracer is tool 2, and tools are called in the order of their numbers: ours has to come first.
    tool = next((number for number in (1, 0) if monitoring.get_tool(number) is None), None)
    if tool is None:
        return False
    entered = threads.allocate_lock()
    entered.acquire()
    # A code object of its own for each thread: the one of a thread that runs must not start another.
    code = _stub.__code__.replace()
    stub = type(_stub)(code, {})
    event = monitoring.events.PY_START

    def leave():
        monitoring.set_local_events(tool, code, 0)
        monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)

    def callback(_code, _offset):
        leave()
        entered.release()
        work()

    monitoring.use_tool_id(tool, "heatline")
    monitoring.register_callback(tool, event, callback)
    monitoring.set_local_events(tool, code, event)
    threads.start_new_thread(stub, ())
    entered.acquire(True, ENTER_SECONDS)
    return True


def soon(place, work):
    """
    Calls `work()` at the next step of the code object `place`; at once where steps cannot be heard. CPython 3.13.0 looks
    for threads when the hooks after a fork have been called, and would warn of one that they started.
    """
    monitoring = getattr(sys, "monitoring", None)
    tool = None if monitoring is None else next((number for number in (1, 0) if monitoring.get_tool(number) is None), None)
    if tool is None:
        work()
        return
    events = (monitoring.events.LINE, monitoring.events.PY_START, monitoring.events.PY_RETURN, monitoring.events.PY_UNWIND)
    waiting = [True]

    def callback(code, *_):
        if waiting and code is place:
            waiting.clear()
            monitoring.set_events(tool, 0)
            for event in events:
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
            work()

    monitoring.use_tool_id(tool, "heatline")
    for event in events:
        monitoring.register_callback(tool, event, callback)
    monitoring.set_events(tool, sum(events))


def _stub():
    pass

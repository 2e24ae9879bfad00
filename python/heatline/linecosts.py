"""What a line event takes of the program, measured on lines that do next to nothing."""


def probe(times):
    """
    Lines that do next to nothing, in the shortest of loops: an event costs least there, and what is taken off a line
    must not be more than it cost.
    """
    for _ in times:
        a = 1
        b = a


# Imports come after the probe: of the numbers of its lines, as of those of short files, Python keeps one object each.
import sys  # noqa: E402
from time import perf_counter  # noqa: E402

from .linetimes import MONITORING, Costs, Thread  # noqa: E402
from .tools import free_place  # noqa: E402

ROUNDS, LOOPS = 20, 60


def line_costs():
    """Costs by the least of some rounds (2 ms)."""
    code, times = probe.__code__, range(LOOPS)
    lines = (code.co_firstlineno + 6, code.co_firstlineno + 7)
    bare, heard = [], ([], [])
    for _ in range(ROUNDS):
        began = perf_counter()
        probe(times)
        bare.append((perf_counter() - began) / (3 * LOOPS))
        for counted, found in enumerate(heard):
            thread = Thread()
            thread.enter(code, None)
            if counted:
                thread.count()
            end = _listen(code, thread)
            probe(times)
            end()
            rows = [row for row in thread.functions[id(code)].all_rows() if row.number in lines]
            hits = sum(row.hits for row in rows)
            if hits:
                found.append(sum(row.spent for row in rows) / hits)
    return Costs(*(max(0.0, min(found) - min(bare)) if found else 0.0 for found in heard))


def _listen(code, thread):
    """Brings a code object's lines to `thread`, as `Liner` does. Returns what ends that."""
    if MONITORING:
        monitoring = sys.monitoring
        event = monitoring.events.LINE
        tool = free_place()
        if tool is None:
            return lambda: None
        monitoring.use_tool_id(tool, "heatline")
        monitoring.register_callback(tool, event, thread.line)
        monitoring.set_local_events(tool, code, event)

        def end():
            monitoring.set_local_events(tool, code, 0)
            monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)

        return end
    before = sys.gettrace()
    sys.settrace(lambda frame, event, _: thread.hear if frame.f_code is code else None)
    return lambda: sys.settrace(before)

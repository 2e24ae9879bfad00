"""Exact hits and times of lines: of the functions that `--only` names, else of those in files under the working directory.

CPython 3.12 and newer: events of `sys.monitoring` on the chosen code objects alone; of every other one only the first
call is heard. Before: `sys.settrace`, which hears every call of the program. A line's self is the time from its event
to the next one in its frame, less what chosen functions took that it called; total is with them, and counts a line once
when it recurs. The time that our callbacks take is taken off, by a second look at the clock at their end.
"""

import os
import sys
import time
from _thread import allocate_lock, get_ident

from .places import absolute, function_key
from .runner import own
from .unseen import start

MONITORING = hasattr(sys, "monitoring")
TOOLS = (3, 4)  # 0, 1, 2 and 5 are those of debuggers, coverage, profilers and optimizers
OWN_TRACER = "the program set a tracer of its own: lines are measured until then"
NOTHING = "no function was measured: %s"


class Busy(Exception):
    """One sentence."""


def is_chosen(code, name, only, folder):
    """Whether `only`, a compiled expression, is found in a function's name; without it, whether its file lies under `folder`."""
    if own(code):
        return False
    if only is not None:
        return only.search(name) is not None
    path = absolute(code.co_filename, folder)
    return path.startswith(os.path.join(folder, "")) and "site-packages" not in path and "dist-packages" not in path


HITS, SPENT, AGAIN, HELD, BELOW = range(5)


class Rows(dict):
    """
    {line: [hits, ns, ns of these while an outer call of the function stands at that line, how many such calls there
    are, ns of chosen functions called from it]}
    """

    def __missing__(self, number):
        row = self[number] = [0, 0, 0, 0, 0]
        return row


class Frame:
    """One running call of a chosen function, or one stretch of a generator; `outer` is the next one of the same function."""

    __slots__ = ("begin", "caller", "code", "function", "outer", "row", "rows", "since")


class Function:
    """Figures of one function in one thread."""

    __slots__ = ("calls", "code", "cumulative", "innermost", "primitive", "rows")

    def __init__(self, code):
        self.code = code
        self.calls = self.cumulative = self.primitive = 0
        self.innermost = None
        self.rows = Rows()


class Thread:
    """The chosen calls of one thread, innermost first, and the nanoseconds that our callbacks took of it."""

    __slots__ = ("debt", "functions", "top")

    def __init__(self):
        self.debt = 0
        self.functions = {}
        self.top = Frame()
        self.top.code = None


class Threads(dict):
    def __missing__(self, identity):
        thread = self[identity] = Thread()
        return thread


class Liner:
    """Has the life of a sampler for the recorder: start, pause, stop, forget."""

    errors = 0

    def __init__(self, only, housekeeping):
        """`only`: a compiled regular expression for qualified names, or None."""
        self.notes = []
        self._only = only
        self._folder = os.getcwd()
        self._housekeeping = housekeeping
        self._chosen = {}  # id(code) -> code, or None for the others
        self._threads = Threads()
        self._lines = {}  # id(code) -> {offset: line} of generators
        self._tool = None
        self._counts = False
        self._alarm = None

    # Life

    def start(self):
        """Begins to measure, or goes on after a fork. Raises Busy."""
        if not self._counts:
            self._counts = True
            (self._listen if MONITORING else self._trace)()
        alarm = self._alarm = [True]
        begun = allocate_lock()
        begun.acquire()
        self._gone = start(lambda: self._watch(alarm, begun))
        begun.acquire(True, 1.0)  # whether a thread is gone can be told of one that was there

    def pause(self):
        """No thread of ours while the program forks."""
        self._alarm[0] = False
        self._gone()

    def stop(self):
        if self._alarm is not None:
            self._alarm[0] = False
        self.release()

    def forget(self):
        """In a forked child."""
        self.release()

    def release(self):
        if not self._counts:
            return
        self._counts = False
        if MONITORING:
            monitoring = sys.monitoring
            monitoring.set_events(self._tool, 0)
            for code in [code for code in self._chosen.values() if code is not None]:
                monitoring.set_local_events(self._tool, code, 0)
            monitoring.free_tool_id(self._tool)
            return
        if sys.gettrace() is None or sys.gettrace() == self._on_call:
            sys.settrace(None)
        else:
            self.notes.append(OWN_TRACER)
        threading = sys.modules.get("threading")
        if threading is not None and getattr(threading, "_trace_hook", None) == self._on_call:
            threading._trace_hook = None

    def _watch(self, alarm, begun):
        """Our thread: the recording's limits and checkpoints."""
        begun.release()
        while alarm[0]:
            time.sleep(0.02)
            if alarm[0] and self._housekeeping(self):
                self.release()
                return

    # Choice

    def _choose(self, code):
        """Whether a code object is chosen; keeps it, so that its id stays its own."""
        name = getattr(code, "co_qualname", code.co_name)
        self._chosen[id(code)] = code if is_chosen(code, name, self._only, self._folder) else None
        return self._chosen[id(code)] is not None

    # sys.monitoring

    def _listen(self):
        monitoring = sys.monitoring
        events = monitoring.events
        for tool in TOOLS:
            if monitoring.get_tool(tool) is None:
                monitoring.use_tool_id(tool, "heatline")
                self._tool = tool
                break
        else:
            raise Busy("both places for other tools in sys.monitoring are taken by %s" % ", ".join(map(monitoring.get_tool, TOOLS)))
        enter, line, leave = self._callbacks()
        chosen, choose, disable = self._chosen, self._choose, monitoring.DISABLE
        local = events.LINE | events.PY_START | events.PY_RESUME | events.PY_RETURN | events.PY_YIELD
        kept = []  # the codes that are not chosen are kept alive, for their id is remembered

        def on_start(code, offset):
            identity = id(code)
            if identity not in chosen:
                if choose(code):
                    monitoring.set_local_events(self._tool, code, local)
                else:
                    kept.append(code)
            if chosen[identity] is None:
                return disable
            enter(code, None)

        def on_resume(code, offset, *_):
            if chosen.get(id(code)) is not None:
                enter(code, self._line_at(code, offset))

        def on_return(code, offset, _):
            leave(code)

        def on_unwind(code, offset, _):
            if chosen.get(id(code)) is not None:
                leave(code)

        callbacks = {
            events.PY_START: on_start,
            events.PY_RESUME: on_resume,
            events.PY_THROW: on_resume,
            events.LINE: line,
            events.PY_RETURN: on_return,
            events.PY_YIELD: on_return,
            events.PY_UNWIND: on_unwind,
        }
        for event, callback in callbacks.items():
            monitoring.register_callback(self._tool, event, callback)
        # How an exception leaves a function can be heard of all functions only.
        monitoring.set_events(self._tool, events.PY_START | events.PY_UNWIND | events.PY_THROW)

    def _line_at(self, code, offset):
        table = self._lines.get(id(code))
        if table is None:
            table = self._lines[id(code)] = {at: line for first, end, line in code.co_lines() for at in range(first, end, 2)}
        return table.get(offset)

    # sys.settrace

    def _trace(self):
        import threading

        self._enter, self._line, self._leave = self._callbacks()
        self._begins = {}
        if threading._trace_hook is None:
            threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def _on_call(self, frame, event, _):
        code = frame.f_code
        identity = id(code)
        if identity not in self._chosen:
            self._choose(code)
            self._begins[identity] = frame.f_lasti
            if self._chosen[identity] is None:
                self._begins[identity] = code  # keeps its id
        if self._chosen[identity] is None or not self._counts:
            return None
        # A generator goes on where it was: behind where its code begins.
        self._enter(code, None if frame.f_lasti <= self._begins[identity] else frame.f_lineno)
        return self._on_event

    def _on_event(self, frame, event, _):
        if event == "line":
            self._line(frame.f_code, frame.f_lineno)
        elif event == "return":
            self._leave(frame.f_code)
        return self._on_event

    # Figures

    def _callbacks(self):
        """enter(code, line or None when it begins), line(code, number), leave(code): times of the thread they run in."""
        clock, ident, threads = time.perf_counter_ns, get_ident, self._threads

        def push(thread, code, now):
            function = thread.functions.get(id(code))
            if function is None:
                function = thread.functions[id(code)] = Function(code)
            frame = Frame()
            frame.code, frame.function, frame.rows, frame.row = code, function, function.rows, [0, 0, 0, 0, 0]
            frame.begin = frame.since = now - thread.debt
            outer = frame.outer = function.innermost
            if outer is not None:
                outer.row[HELD] += 1
            function.innermost = frame
            frame.caller, thread.top = thread.top, frame
            return frame

        def pop(thread, at):
            """Ends the innermost call; `at` is the time without our own."""
            frame = thread.top
            function, outer, caller, row = frame.function, frame.outer, frame.caller, frame.row
            row[SPENT] += at - frame.since
            if row[HELD]:
                row[AGAIN] += at - frame.since
            function.innermost = outer
            if outer is not None:
                outer.row[HELD] -= 1
            else:
                function.cumulative += at - frame.begin
            thread.top = caller
            if caller.code is not None:
                caller.row[BELOW] += at - frame.begin

        def found(thread, code, now):
            """The frame of `code` when it is not the innermost that we know: an end was not heard, or its beginning."""
            frame = thread.top
            while frame.code is not None and frame.code is not code:
                frame = frame.caller
            if frame.code is None:
                return push(thread, code, now)
            while thread.top is not frame:
                pop(thread, now - thread.debt)
            return frame

        def enter(code, number):
            now = clock()
            thread = threads[ident()]
            frame = push(thread, code, now)
            if number is None:
                frame.function.calls += 1
                frame.function.primitive += frame.outer is None
            else:
                frame.row = frame.rows[number]
            thread.debt += clock() - now

        def line(code, number):
            now = clock()
            thread = threads[ident()]
            frame = thread.top
            if frame.code is not code:
                frame = found(thread, code, now)
            at = now - thread.debt
            spent = at - frame.since
            row = frame.row
            row[1] += spent
            if row[3]:
                row[2] += spent
            row = frame.row = frame.rows[number]
            row[0] += 1
            frame.since = at
            thread.debt += clock() - now

        def leave(code):
            now = clock()
            thread = threads[ident()]
            if thread.top.code is not code:
                found(thread, code, now)
            pop(thread, now - thread.debt)
            thread.debt += clock() - now

        return enter, line, leave

    def write(self, writer, column):
        """Adds functions and lines to a pprof Writer; times go into value type `column`, calls into the one before."""
        functions, lines = {}, {}
        for thread in list(self._threads.values()):
            for function in list(thread.functions.values()):
                key = function_key(function.code, self._folder)
                figures = functions.setdefault(key, [0, 0, 0, 0])
                rows = [(number, (row[HITS], row[SPENT] - row[BELOW], row[SPENT] - row[AGAIN])) for number, row in list(function.rows.items())]
                parts = function.calls, function.primitive, sum(row[1] for _, row in rows), function.cumulative
                for index, part in enumerate(parts):
                    figures[index] += part
                for number, row in rows:
                    sums = lines.setdefault((key, number), [0, 0, 0])
                    for index in range(3):
                        sums[index] += row[index]
        for key, (calls, primitive, self_time, total) in functions.items():
            labels = ("calls", calls, "count"), ("primitive", primitive, "count"), ("tottime", self_time, "nanoseconds"), ("cumtime", total, "nanoseconds")
            writer.sample([(key, key[3], 0)], [calls, self_time], [("heatline", "function", None), *labels])
        for (key, number), (hits, self_time, total) in lines.items():
            labels = ("column", column, ""), ("self", self_time, "nanoseconds"), ("total", total, "nanoseconds"), ("calls", hits, "count")
            writer.sample([(key, number, 0)], [0, 0], [("heatline", "line", None), *labels])
        return len(functions)

    @property
    def own_nanoseconds(self):
        return sum(thread.debt for thread in list(self._threads.values()))

"""Exact hits and times of lines: of the functions that `--only` names, else of those in files under the working directory.

CPython 3.12 and newer: events of `sys.monitoring` on the chosen code objects alone; of every other one only the first
call is heard. Before: `sys.settrace`, which hears every call of the program. A line's self is the time from its event
to the next one in its frame, less what chosen functions took that it called; total is with them, and counts a line once
when it recurs. The time that our callbacks take is taken off (`linetimes`).
"""

import os
import sys
from _thread import get_ident as ident

from .engines import Refused
from .linecosts import line_costs
from .linetimes import MONITORING, Costs, Thread, trace, untrace
from .listener import Listener
from .places import absolute, function_key
from .pprof import COUNTS, Writer
from .quality import CHECKPOINT, comment
from .runner import own
from .tools import free_place, taken

OWN_TRACER = "the program set a tracer of its own: lines are measured until then"
LOOK_SECONDS = 0.02
NOTHING = "no function was measured: %s"


def is_chosen(code, name, only, folder):
    """Whether `only`, a compiled expression, is found in a function's name; without it, whether its file lies under `folder`."""
    if own(code):
        return False
    if only is not None:
        return only.search(name) is not None
    path = absolute(code.co_filename, folder)
    return path.startswith(os.path.join(folder, "")) and "site-packages" not in path and "dist-packages" not in path


class Liner(Listener):
    def __init__(self, only, housekeeping):
        """`only`: a compiled regular expression for qualified names, or None."""
        super().__init__(housekeeping, lambda: LOOK_SECONDS)
        self._only = only
        self._folder = os.getcwd()
        self._chosen = {}  # id(code) -> code, or None for the others
        self._threads = {}  # identity -> Thread
        self._alone = False  # whether one thread alone has been heard: its lines need not ask whose they are
        self._costs = Costs()
        self._lines = {}  # id(code) -> {offset: line} of generators
        self._tool = None

    # Life

    def _listen(self):
        self._costs = self._costs.least(line_costs())
        (self._monitor if MONITORING else self._trace)()

    def _unlisten(self):
        self._end()
        self._costs = self._costs.least(line_costs())

    def _end(self):
        if MONITORING:
            monitoring = sys.monitoring
            monitoring.set_events(self._tool, 0)
            for code in [code for code in self._chosen.values() if code is not None]:
                monitoring.set_local_events(self._tool, code, 0)
            monitoring.free_tool_id(self._tool)
            return
        if not untrace(self._on_call):
            self.notes.append(OWN_TRACER)

    # Choice

    def _choose(self, code):
        """Whether a code object is chosen; keeps it, so that its id stays its own."""
        name = getattr(code, "co_qualname", code.co_name)
        self._chosen[id(code)] = code if is_chosen(code, name, self._only, self._folder) else None
        return self._chosen[id(code)] is not None

    # sys.monitoring

    def _monitor(self):
        monitoring = sys.monitoring
        events = monitoring.events
        self._tool = free_place()
        if self._tool is None:
            raise Refused(taken())
        monitoring.use_tool_id(self._tool, "heatline")
        threads, join = self._threads, self._join
        self._alone = len(sys._current_frames()) <= 1 and getattr(sys, "_is_gil_enabled", lambda: True)()
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
            (threads.get(ident()) or join()).enter(code, None)

        def on_resume(code, offset, *_):
            if chosen.get(id(code)) is not None:
                (threads.get(ident()) or join()).enter(code, self._line_at(code, offset))

        def on_return(code, offset, _):
            (threads.get(ident()) or join()).leave(code)

        def on_unwind(code, offset, _):
            if chosen.get(id(code)) is not None:
                (threads.get(ident()) or join()).leave(code)

        callbacks = {
            events.PY_START: on_start,
            events.PY_RESUME: on_resume,
            events.PY_THROW: on_resume,
            events.LINE: self._on_line,
            events.PY_RETURN: on_return,
            events.PY_YIELD: on_return,
            events.PY_UNWIND: on_unwind,
        }
        for event, callback in callbacks.items():
            monitoring.register_callback(self._tool, event, callback)
        # How an exception leaves a function can be heard of all functions only.
        monitoring.set_events(self._tool, events.PY_START | events.PY_UNWIND | events.PY_THROW)

    def _join(self):
        """A thread is heard for the first time."""
        thread = self._threads[ident()] = Thread(lambda: self._send_lines(thread))
        if self._alone:
            self._alone = len(self._threads) == 1
            self._send_lines(thread)
        return thread

    def _send_lines(self, thread):
        """Events of lines go straight to a thread that is the only one."""
        if MONITORING and self._listens:
            line = thread.line if self._alone else self._on_line
            sys.monitoring.register_callback(self._tool, sys.monitoring.events.LINE, line)

    def _on_line(self, code, number):
        (self._threads.get(ident()) or self._join()).line(code, number)

    def _line_at(self, code, offset):
        table = self._lines.get(id(code))
        if table is None:
            table = self._lines[id(code)] = {at: line for first, end, line in code.co_lines() for at in range(first, end, 2)}
        return table.get(offset)

    # sys.settrace

    def _trace(self):
        self._begins = {}
        trace(self._on_call)

    def _on_call(self, frame, event, _):
        code = frame.f_code
        identity = id(code)
        if identity not in self._chosen:
            self._choose(code)
            self._begins[identity] = frame.f_lasti
            if self._chosen[identity] is None:
                self._begins[identity] = code  # keeps its id
        if self._chosen[identity] is None or not self._listens:
            return None
        # A generator goes on where it was: behind where its code begins.
        thread = self._threads.get(ident()) or self._join()
        thread.enter(code, None if frame.f_lasti <= self._begins[identity] else frame.f_lineno)
        return thread.hear

    # Figures

    def write(self, writer, column):
        """Adds functions and lines to a pprof Writer; times go into value type `column`, calls into the one before."""
        functions, lines = {}, {}
        for thread in list(self._threads.values()):
            for function in list(thread.functions.values()):
                key = function_key(function.code, self._folder)
                own = longest = 0
                for number, hits, self_time, total in function.lines(self._costs):
                    own, longest = own + self_time, max(longest, total)
                    sums = lines.setdefault((key, number), [0, 0, 0])
                    for index, figure in enumerate((hits, self_time, total)):
                        sums[index] += figure
                cumulative = max(own, longest, function.cumulative(self._costs))
                figures = functions.setdefault(key, [0, 0, 0, 0])
                for index, figure in enumerate((function.calls, function.primitive, own, cumulative)):
                    figures[index] += figure
        for key, (calls, primitive, self_time, total) in functions.items():
            labels = ("calls", calls, "count"), ("primitive", primitive, "count"), ("tottime", self_time, "nanoseconds"), ("cumtime", total, "nanoseconds")
            writer.sample([(key, key[3], 0)], [calls, self_time], [("heatline", "function", None), *labels])
        for (key, number), (hits, self_time, total) in lines.items():
            labels = ("column", column, ""), ("self", self_time, "nanoseconds"), ("total", total, "nanoseconds"), ("calls", hits, "count")
            writer.sample([(key, number, 0)], [0, 0], [("heatline", "line", None), *labels])
        return len(functions)

    def content(self, recording, final):
        """Sums of lines and functions, as a file; times of one type, so that a line's and its function's are the same."""
        lasted, writer = recording.lasted(), Writer(COUNTS)
        measured = self.write(writer, 1)
        notes = self.notes + recording.notes
        if not measured:
            notes.append(NOTHING % ("none that ran lies under the working directory" if self._only is None else "none that ran is named by --only %s" % self._only.pattern))
        if not final:
            notes.append(CHECKPOINT % lasted)
        spent = self.own_nanoseconds / 1e9
        said = comment("lines", notes, cost=round(spent / lasted, 6) if lasted else 0)
        if final and not measured and self._only is not None:
            sys.stderr.write("heatline: %s\n" % notes[-1])
        return writer.bytes(recording.started, int(lasted * 1e9), COUNTS[1], 0, COUNTS[1][0], [said])

    @property
    def own_nanoseconds(self):
        """What our callbacks took of the program, as far as it is known and taken off."""
        return sum(int(1e9 * thread.overhead(self._costs)) for thread in list(self._threads.values()))

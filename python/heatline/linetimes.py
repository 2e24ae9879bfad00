"""The figures of measured lines: what one thread's callbacks add up, and what of it is the callbacks' own.

A callback for a line looks at the clock once and does as little as it can; what it takes is measured beforehand and
afterwards on lines that do nothing, and taken off for each hit. At calls and returns, where more is to do, the clock is
looked at twice and what lies between belongs to nobody.
"""

import sys
import time

MONITORING = hasattr(sys, "monitoring")
TOOLS = (3, 4)  # 0, 1, 2 and 5 are those of debuggers, coverage, profilers and optimizers
HITS, SPENT, BELOW, BELOW_EVENTS, HELD, TWIN, NUMBER = range(7)
ROUNDS, LOOPS = 20, 20


def new_row(number):
    """
    Figures of a line: hits; seconds to the next event in its frame; seconds and line events of chosen functions called
    from it; how many outer calls of the function stand at that line; the row that counts meanwhile; line number.
    """
    return [0.0, 0.0, 0.0, 0.0, 0, None, number]


class Frame:
    """One running call of a chosen function, or one stretch of a generator; `outer` is the next one of the same function."""

    __slots__ = ("begin", "begin_events", "caller", "code", "function", "outer", "row")

    def __init__(self):
        self.code = None


class Function:
    """Figures of one function in one thread; `held` are lines whose row is replaced by its twin, as a list of their own rows."""

    __slots__ = ("calls", "code", "events", "held", "innermost", "primitive", "rows", "seconds")

    def __init__(self, code):
        self.code = code
        self.calls = self.primitive = self.events = 0
        self.seconds = 0.0
        self.innermost = None
        self.rows = {}
        self.held = {}

    def lines(self):
        """[(line, hits, seconds in the line itself, hits and seconds of these that an outer call counts, seconds below, events below)]"""
        found = []
        for number, row in list(self.rows.items()):
            row = self.held.get(number, row)
            twin = row[TWIN] or new_row(number)
            hits, spent = int(row[HITS] + twin[HITS]), row[SPENT] + twin[SPENT]
            found.append((number, hits, spent, twin[HITS], twin[SPENT], row[BELOW], row[BELOW_EVENTS]))
        return found


class Thread:
    """The chosen calls of one thread. Its callbacks must be called in that thread alone."""

    def __init__(self):
        self.functions = {}  # id(code) -> Function
        self._make_callbacks(time.perf_counter)

    def _make_callbacks(self, clock):
        """Makes enter(code, line or None when it begins), line(code, number), leave(code), and own(): seconds, line events; hear(frame, event, …)."""
        functions = self.functions
        top = Frame()
        current = rows = None
        row = new_row(0)
        events = 0.0  # counts are exact to 2**53, and a float is added up faster than an integer
        debt = 0.0  # seconds within enter and leave
        since = clock()

        def line(code, number):
            nonlocal row, since, events
            if code is not current:
                find(code)
            now = clock()
            row[1] += now - since
            try:
                row = rows[number]
            except KeyError:
                row = rows[number] = new_row(number)
            row[0] += 1.0
            events += 1.0
            since = now

        def enter(code, number):
            nonlocal row, since, debt
            now = clock()
            row[SPENT] += now - since
            function = push(code, now)
            if number is None:
                function.calls += 1
                function.primitive += top.outer is None
            elif number in rows:
                row = rows[number]
            else:
                row = rows[number] = new_row(number)
            since = clock()
            debt += since - now

        def leave(code):
            nonlocal since, debt
            now = clock()
            row[SPENT] += now - since
            since = now
            if code is not current:
                find(code)
            pop(now)
            since = clock()
            debt += since - now

        def push(code, now):
            nonlocal top, current, row, rows
            function = functions.get(id(code))
            if function is None:
                function = functions[id(code)] = Function(code)
            top.row = row
            frame = Frame()
            frame.code, frame.function, frame.caller = code, function, top
            frame.begin, frame.begin_events = now - debt, events
            outer = frame.outer = function.innermost
            if outer is not None:
                hold(function, outer.row)
            function.innermost = top = frame
            current, rows, row = code, function.rows, new_row(0)
            return function

        def pop(now):
            """Ends the innermost call."""
            nonlocal top, current, row, rows
            frame = top
            function, outer = frame.function, frame.outer
            seconds, inside = now - debt - frame.begin, events - frame.begin_events
            function.innermost = outer
            if outer is None:
                function.seconds += seconds
                function.events += inside
            else:
                release(function, outer.row)
            top = frame.caller
            current = top.code
            row = top.row
            rows = None if current is None else top.function.rows
            row[BELOW] += seconds
            row[BELOW_EVENTS] += inside

        def find(code):
            """Makes `code`'s call the innermost: an end was not heard, or its beginning."""
            nonlocal since
            now = clock()
            row[SPENT] += now - since
            since = now
            frame = top
            while frame.code is not None and frame.code is not code:
                frame = frame.caller
            if frame.code is None:
                push(code, now)
            else:
                while top is not frame:
                    pop(now)

        def own():
            return debt, events

        def hear(frame, event, _):
            """For sys.settrace."""
            if event == "line":
                line(frame.f_code, frame.f_lineno)
            elif event == "return":
                leave(frame.f_code)
            return hear

        self.line, self.enter, self.leave, self.own, self.hear = line, enter, leave, own, hear


def hold(function, row):
    """An outer call stands at this line: what inner ones spend there is part of what it spends."""
    number, at = row[NUMBER], function.held.get(row[NUMBER])
    if at is None and function.rows.get(number) is row:
        if row[TWIN] is None:
            row[TWIN] = new_row(number)
        function.held[number] = at = row
        function.rows[number] = row[TWIN]
    if at is not None:
        at[HELD] += 1


def release(function, row):
    at = function.held.get(row[NUMBER])
    if at is not None:
        at[HELD] -= 1
        if not at[HELD]:
            function.rows[row[NUMBER]] = function.held.pop(row[NUMBER])


def probe(times):
    """Lines that do next to nothing, for `line_cost`."""
    for _ in times:
        a = 1
        b = 2
        a = b
        b = a
        a = 1
        b = 2
        a = b
        b = a


def line_cost():
    """Seconds that one line event takes of the program, by the least of some rounds (1 ms); 0 where it cannot be measured."""
    code, times = probe.__code__, range(LOOPS)
    first, last = code.co_firstlineno + 3, code.co_firstlineno + 9
    bare, heard = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        probe(times)
        bare.append((time.perf_counter() - began) / (9 * LOOPS))
        thread = Thread()
        thread.enter(code, None)
        end = _listen(code, thread)
        probe(times)
        end()
        figures = [each for each in thread.functions[id(code)].lines() if first <= each[0] <= last]
        hits = sum(each[1] for each in figures)
        if hits:
            heard.append(sum(each[2] for each in figures) / hits)
    return max(0.0, min(heard) - min(bare)) if heard else 0.0


def _listen(code, thread):
    """Brings a code object's lines to `thread`, as `Liner` does. Returns what ends that."""
    if MONITORING:
        monitoring = sys.monitoring
        event = monitoring.events.LINE
        tool = next((each for each in TOOLS if monitoring.get_tool(each) is None), None)
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

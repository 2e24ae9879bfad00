"""The figures of measured lines: what one thread's callbacks add up, and what of it is the callbacks' own.

A callback for a line looks at the clock once and does as little as it can; what it takes is measured beforehand and
afterwards on lines that do nothing, and taken off for each hit. At calls and returns, where more is to do, the clock is
looked at twice and what lies between belongs to nobody. Only once chosen functions have called each other are events
counted beside the hits, for totals.
"""

import sys
from time import perf_counter

MONITORING = hasattr(sys, "monitoring")


class Costs:
    """Seconds that one line event takes of the program: a `plain` one, and one that is `counted`."""

    __slots__ = ("counted", "plain")

    def __init__(self, plain=0.0, counted=0.0):
        self.plain, self.counted = plain, counted

    def least(self, other):
        """The smaller figures count: a machine that is busy meanwhile makes them too large. 0 is not known."""
        return Costs(*(min(filter(None, pair), default=0.0) for pair in ((self.plain, other.plain), (self.counted, other.counted))))


class Row:
    """
    Figures of a line: hits, and at how many of them counting began; seconds to the next event in its frame; seconds and line events
    of chosen functions called from it; how many outer calls of the function stand at that line; the row that counts meanwhile.
    """

    __slots__ = ("begun", "below", "below_events", "held", "hits", "number", "spent", "twin")

    def __init__(self, number, counts):
        self.number = number
        self.hits = self.spent = self.below = self.below_events = 0.0  # exact to 2**53, and added up faster than integers
        self.begun = 0.0 if counts else float("inf")
        self.held = 0
        self.twin = None

    def plain(self):
        """Hits before events were counted."""
        return min(self.hits, self.begun)

    def own(self, costs):
        """Nanoseconds in the line itself."""
        return _nanoseconds(self.spent - self.overhead(costs))

    def overhead(self, costs):
        """Seconds that our callbacks took of it."""
        plain = self.plain()
        return plain * costs.plain + (self.hits - plain) * costs.counted


class Frame:
    """One running call of a chosen function, or one stretch of a generator; `outer` is the next one of the same function."""

    __slots__ = ("begin", "begin_events", "caller", "code", "function", "outer", "row")

    def __init__(self):
        self.code = None


class Function:
    """Figures of one function in one thread; `held` are the rows of lines whose twin stands in `rows`; `events` are those counted."""

    __slots__ = ("calls", "code", "events", "held", "innermost", "primitive", "rows", "seconds")

    def __init__(self, code):
        self.code = code
        self.calls = self.primitive = self.events = 0
        self.seconds = 0.0
        self.innermost = None
        self.rows = {}
        self.held = {}

    def all_rows(self):
        """The rows of all lines; each has what its twin has beside it."""
        return [self.held.get(number, row) for number, row in list(self.rows.items())]

    def lines(self, costs):
        """[(line, hits, nanoseconds in the line itself, the same with chosen functions that it called)]"""
        found = []
        for row in self.all_rows():
            twin = row.twin or Row(row.number, True)
            # What the twin has, an outer call's line has below it.
            own, again = row.own(costs), twin.own(costs)
            below = _nanoseconds(row.below - row.below_events * costs.counted)
            found.append((row.number, int(row.hits + twin.hits), own + again, own + max(again, below)))
        return found

    def cumulative(self, costs):
        """Nanoseconds in its outermost calls."""
        plain = sum(row.plain() for row in self.all_rows())
        return _nanoseconds(self.seconds - plain * costs.plain - self.events * costs.counted)


class Thread:
    """
    The chosen calls of one thread. Its callbacks must be called in that thread alone: enter(code, line or None when it begins),
    line(code, number), leave(code), or hear(frame, event, …). `line` is another one after `changed()`.
    """

    def __init__(self, changed=lambda: None):
        self.functions = {}  # id(code) -> Function
        self._changed = changed
        self._make_callbacks()

    def overhead(self, costs):
        """Seconds that our callbacks took of the program."""
        rows = [row for function in list(self.functions.values()) for row in function.all_rows()]
        twins = [row.twin for row in rows if row.twin is not None]
        return self.within() + sum(row.overhead(costs) for row in rows + twins)

    def _make_callbacks(self):
        """Makes the callbacks; count(), from which on events are counted; and within(): seconds in enter and leave."""
        functions = self.functions
        top = Frame()
        current, rows = None, {}
        row = Row(0, False)
        counts = False
        events = 0.0
        debt = 0.0  # seconds within enter and leave
        since = perf_counter()

        def line(code, number):
            # Whose event it is need not be asked: as long as no chosen function calls another, there is one call at most.
            nonlocal row, since
            now = perf_counter()
            row.spent += now - since
            since = now
            try:
                row = rows[number]
            except KeyError:
                row = meet(code, number)
            row.hits += 1.0

        def counted_line(code, number):
            nonlocal row, since, events
            if code is not current:
                find(code)
            now = perf_counter()
            row.spent += now - since
            since = now
            try:
                row = rows[number]
            except KeyError:
                row = meet(code, number)
            row.hits += 1.0
            events += 1.0

        def meet(code, number):
            """The row of a line that is met for the first time, or in a call whose beginning was not heard."""
            if code is not current:
                find(code)
            found = rows.get(number)
            if found is None:
                found = rows[number] = Row(number, counts)
            return found

        def count():
            nonlocal counts
            counts = True
            for function in functions.values():
                for each in function.rows.values():
                    each.begun = each.hits
            self.line = counted_line
            self._changed()

        def enter(code, number):
            nonlocal row, since, debt
            now = perf_counter()
            row.spent += now - since
            function = push(code, now)
            if number is None:
                function.calls += 1
                function.primitive += top.outer is None
            else:
                row = meet(code, number)
            since = perf_counter()
            debt += since - now

        def leave(code):
            nonlocal since, debt
            now = perf_counter()
            row.spent += now - since
            since = now
            if code is not current:
                find(code)
            pop(now)
            since = perf_counter()
            debt += since - now

        def push(code, now):
            nonlocal top, current, row, rows
            if top.code is not None and not counts:
                count()
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
            current, rows, row = code, function.rows, Row(0, counts)
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
            rows = {} if current is None else top.function.rows
            row.below += seconds
            row.below_events += inside

        def find(code):
            """Makes `code`'s call the innermost: an end was not heard, or its beginning."""
            nonlocal since
            now = perf_counter()
            row.spent += now - since
            since = now
            frame = top
            while frame.code is not None and frame.code is not code:
                frame = frame.caller
            if frame.code is None:
                push(code, now)
            else:
                while top is not frame:
                    pop(now)

        def within():
            return debt

        def hear(frame, event, _):
            """For sys.settrace. `line` is written out, for to call it takes a quarter longer."""
            nonlocal row, since
            if event == "line":
                if counts:
                    counted_line(frame.f_code, frame.f_lineno)
                    return hear
                now = perf_counter()
                row.spent += now - since
                since = now
                number = frame.f_lineno
                try:
                    row = rows[number]
                except KeyError:
                    row = meet(frame.f_code, number)
                row.hits += 1.0
            elif event == "return":
                leave(frame.f_code)
            return hear

        self.line, self.enter, self.leave, self.hear, self.count, self.within = line, enter, leave, hear, count, within


def hold(function, row):
    """An outer call stands at this line: what inner ones spend there is part of what it spends."""
    own = function.held.get(row.number)
    if own is None and function.rows.get(row.number) is row:
        if row.twin is None:
            row.twin = Row(row.number, True)
        function.held[row.number] = own = row
        function.rows[row.number] = row.twin
    if own is not None:
        own.held += 1


def release(function, row):
    own = function.held.get(row.number)
    if own is not None:
        own.held -= 1
        if not own.held:
            function.rows[row.number] = function.held.pop(row.number)


def _nanoseconds(seconds):
    return max(0, int(1e9 * seconds))


def trace(on_call):
    """Has `sys.settrace` call a function for this thread and those that begin from now on."""
    import threading

    if threading._trace_hook is None:
        threading.settrace(on_call)
    sys.settrace(on_call)


def untrace(on_call):
    """Ends that. False where the program has set a tracer of its own, which is left alone."""
    alone = sys.gettrace() is None or sys.gettrace() == on_call
    if alone:
        sys.settrace(None)
    threading = sys.modules.get("threading")
    if threading is not None and getattr(threading, "_trace_hook", None) == on_call:
        threading._trace_hook = None
    return alone

"""Hears when threads enter chosen lines of a file and when they leave them, and costs next to nothing in between.

A thread is inside from the moment that a frame of it reaches one of the lines, and as long as this outermost frame stays
on them: calls that it makes are inside, whatever they are. Since CPython 3.12 events of `sys.monitoring` are heard on the
file's code objects alone, and of their lines only those where the selection can be entered or left: which they are is
known beforehand, by following the instructions. Of all other code objects the first call is heard. Before 3.12
`sys.settrace` hears every call of the program, and every line of functions that hold chosen ones.
"""

import sys
from _thread import get_ident as ident

from .engines import Refused
from .linetimes import MONITORING, trace, untrace
from .places import positions
from .runner import own
from .tools import free_place, taken

OWN_TRACER = "the program set a tracer of its own: the chosen lines were heard until then"

_frame = sys._getframe
OUTSIDE, INSIDE = 1, 2
# Instructions that no line event falls on: whoever comes over them stays where it was.
TRANSPARENT = ("CACHE", "EXTENDED_ARG", "END_FOR", "END_SEND", "END_ASYNC_FOR", "RESUME")
LAST = ("RETURN_VALUE", "RETURN_CONST", "RERAISE", "RAISE_VARARGS", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")


class Gate:
    """
    `enter(code)` and `leave(code)` are called in the thread that enters and leaves, with the code object of the frame that does;
    `more()` where sys.monitoring is heard, before `threading` starts a thread.
    """

    def __init__(self, selection, enter, leave, more=None):
        self.visits = 0
        self.notes = []
        self._selection = selection
        self._enter, self._leave, self._more = enter, leave, more
        self._inside = {}  # thread → the frame by which it is inside
        self._known = {}  # id(code) → what `_look` says of it
        self._kept = []  # the code objects, so that their ids stay their own
        self._tool = None
        self._open = False

    def start(self):
        """Raises Refused where the places for tools are taken."""
        self._open = True
        (self._listen if MONITORING else self._trace)()

    def end(self):
        """May be called in any thread, and twice."""
        if self._open:
            self._open = False
            (self._unlisten if MONITORING else self._untrace)()

    def _go_in(self, frame):
        self._inside[ident()] = frame
        self.visits += 1
        self._enter(frame.f_code)

    def _go_out(self, frame):
        if self._inside.get(ident()) is frame:
            del self._inside[ident()]
            self._leave(frame.f_code)

    # sys.monitoring

    def _listen(self):
        monitoring = sys.monitoring
        events, disable = monitoring.events, monitoring.DISABLE
        self._tool = free_place()
        if self._tool is None:
            raise Refused(taken())
        known, inside = self._known, self._inside
        local = events.LINE | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME

        def on_start(code, _):
            if id(code) not in known:
                self._kept.append(code)
                sides = known[id(code)] = self._look(code)
                if sides is not None and self._open:
                    monitoring.set_local_events(self._tool, code, local)
            if code.co_name == "start" and self._more is not None and code is _thread_start():
                self._more()
                return None
            return disable

        def on_line(code, _):
            frame = _frame(1)
            side = known[id(code)][0].get(frame.f_lasti)
            if side is None:
                return disable
            if side == INSIDE:
                if ident() not in inside:
                    self._go_in(frame)
            elif inside.get(ident()) is frame:
                self._go_out(frame)

        def on_resume(code, offset, *_):
            sides = known.get(id(code))
            if sides is not None and sides[1].get(offset) == INSIDE and ident() not in inside:
                self._go_in(_frame(1))

        def on_end(_code, _offset, _value):
            if ident() in inside:
                self._go_out(_frame(1))

        callbacks = {
            events.PY_START: on_start,
            events.LINE: on_line,
            events.PY_RESUME: on_resume,
            events.PY_THROW: on_resume,
            events.PY_RETURN: on_end,
            events.PY_YIELD: on_end,
            events.PY_UNWIND: on_end,
        }
        monitoring.use_tool_id(self._tool, "heatline")
        for event, callback in callbacks.items():
            monitoring.register_callback(self._tool, event, callback)
        # How exceptions enter and leave functions can be heard of all functions only.
        monitoring.set_events(self._tool, events.PY_START | events.PY_UNWIND | events.PY_THROW)

    def _unlisten(self):
        monitoring = sys.monitoring
        monitoring.set_events(self._tool, 0)
        for code in self._kept:
            if self._known[id(code)] is not None:
                monitoring.set_local_events(self._tool, code, 0)
        monitoring.free_tool_id(self._tool)

    def _look(self, code):
        """None for code without chosen lines; else what `doors` says."""
        selection = self._selection
        if not selection.is_in(code.co_filename) or own(code):
            return None
        if not any(selection.covers(line) for line, _ in positions(code)):
            return None
        return doors(code, selection.covers)

    # sys.settrace

    def _trace(self):
        trace(self._on_call)

    def _untrace(self):
        if not untrace(self._on_call):
            self.notes.append(OWN_TRACER)

    def _on_call(self, frame, _event, _):
        code = frame.f_code
        begins = self._known.get(id(code), self)
        if begins is self:
            selection = self._selection
            chosen = not own(code) and selection.is_in(code.co_filename) and any(selection.covers(line) for line, _ in positions(code))
            begins = self._known[id(code)] = frame.f_lasti if chosen else None
            self._kept.append(code)
        if begins is None or not self._open:
            return None
        # A generator goes on where it was: behind where its code begins.
        if frame.f_lasti > begins and self._selection.covers(frame.f_lineno) and ident() not in self._inside:
            self._go_in(frame)
        return self._hear

    def _hear(self, frame, event, _):
        if event == "line":
            if not self._selection.covers(frame.f_lineno):
                self._go_out(frame)
            elif ident() not in self._inside and self._open:
                self._go_in(frame)
        elif event == "return":
            self._go_out(frame)
        return self._hear


def _thread_start():
    """The code object of `threading.Thread.start`, where the program has imported that."""
    function = getattr(getattr(sys.modules.get("threading"), "Thread", None), "start", None)
    return getattr(function, "__code__", None)


def doors(code, covers):
    """
    ({offset: side}, {offset: side}): of the instructions where the side may change, for they can be reached from the other
    one; and of all. `covers(line)` tells the side of a line, 0 is the side of instructions without one.
    """
    steps = _steps(code)
    lines = positions(code)
    sides = {}
    for at, name, _ in steps:
        line = lines[at // 2][0]
        sides[at] = 0 if not line else INSIDE if covers(line) else OUTSIDE
    begin = next((at for at, name, _ in steps if name == "RESUME"), 0)
    comes = dict.fromkeys(sides, 0)
    goes = {}  # offset → what is reached from there
    for index, (at, name, targets) in enumerate(steps):
        goes[at] = [each for each in targets if each in sides]
        if name not in LAST and index + 1 < len(steps):
            goes[at].append(steps[index + 1][0])
    for start, end, handler in _handlers(code):
        for at in range(start, end, 2):
            goes[at].append(handler)
    names = {at: name for at, name, _ in steps}
    comes[0] = OUTSIDE
    waiting = [0]
    while waiting:
        at = waiting.pop()
        stays = at <= begin or names[at] in TRANSPARENT and not (names[at] == "RESUME" and sides[at]) or not sides[at]
        leaves = comes[at] if stays else sides[at]
        for each in goes[at]:
            if leaves & ~comes[each]:
                comes[each] |= leaves
                waiting.append(each)
    changes = {at: side for at, side in sides.items() if side and names[at] not in TRANSPARENT and comes[at] != side}
    return changes, sides


def _steps(code):
    """[(offset, name, [offsets it may jump to])], with what stands between instructions for the interpreter's own use."""
    known = "opcode" in sys.modules
    import opcode

    if not known:
        del sys.modules["opcode"]
    raw, steps, high = code.co_code, [], 0
    relative = set(opcode.hasjrel) | set(getattr(opcode, "hasjump", ()))
    for at in range(0, len(raw), 2):
        number = raw[at]
        name, argument = opcode.opname[number], raw[at + 1] | high
        high = argument << 8 if name == "EXTENDED_ARG" else 0
        targets = []
        if number in relative:
            after = at + 2
            while after < len(raw) and opcode.opname[raw[after]] == "CACHE":
                after += 2
            targets.append(after - 2 * argument if "BACKWARD" in name else after + 2 * argument)
        steps.append((at, name, targets))
    return steps


def _handlers(code):
    """[(start, end, handler)] in byte offsets: the table of exceptions."""
    numbers, number = [], 0
    for byte in code.co_exceptiontable:
        number = number << 6 | byte & 63
        if not byte & 64:
            numbers.append(number)
            number = 0
    rows = zip(numbers[0::4], numbers[1::4], numbers[2::4])
    return [(2 * start, 2 * (start + size), 2 * handler) for start, size, handler in rows]


def once(selection):
    """A Gate that hears the first visit alone: it costs nothing from then on."""
    gate = Gate(selection, lambda _: gate.end(), lambda _: None)
    return gate

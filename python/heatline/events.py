"""
The engine `events`: exceptions where they are raised, and pauses of the garbage collector where they happen. Both cost nothing until they
come, so the program runs at its speed.

Exceptions are heard from CPython 3.12 on (`sys.monitoring`); before, only a tracer of every call could tell of them. One counts where it
is raised, not in the frames that it passes; what C code raises and handles by itself, and the end of an iteration, is none. Counts of lines and
types are exact; who called a line that raises all the time is told by some of its stacks.
"""

import gc
import sys
from _thread import get_ident
from time import perf_counter_ns as clock

from .listener import Listener
from .pprof import Writer
from .quality import CHECKPOINT, comment
from .runner import own
from .stacks import IMPORTLIB, Resolved, seen, thread_name
from .tools import free_place, taken

TYPES = [("exceptions", "count"), ("collections", "count"), ("gc", "nanoseconds")]
RAISED, COLLECTED, PAUSE = range(3)
MOST_ROWS = 20000
# Of a place that raises: how many more before a stack is looked at, the figures that they belong to, and how many looks there were.
LEFT, FIGURES, LOOKS = range(3)
# So many exceptions from one place all have their stack looked at; of later ones it is one in GAP, on average.
LOOKED_AT, GAP = 200, 64
STEP_SECONDS = 0.05
# What is raised in there is how Python looks for a module, unless it comes out.
IMPORTING = (*IMPORTLIB, "<frozen zipimport")
NO_EXCEPTIONS = "exceptions are counted from CPython 3.12 on; this recording has the garbage collector's pauses alone"
NO_TOOL = "exceptions were not counted: %s"
NO_COLLECTOR = "this interpreter does not tell of its garbage collector's pauses"
FULL = "more than %d different stacks raised: of further ones the innermost line alone is told"
LONGEST = "the longest pause of the garbage collector took %.1f ms (generation %d)"
NOTHING = "no exception was raised and no garbage collected"


class Events(Listener):
    def __init__(self, housekeeping):
        super().__init__(housekeeping, lambda: STEP_SECONDS)
        self.rows = {}  # (thread, what, key of the stack) -> [stack, thread's name, label, figures]
        self._raisers = {}  # (id of code, byte offset, type) -> [LEFT, FIGURES, LOOKS, code]
        self._tool = None
        self._full = False
        self._began = {}  # thread -> when its collection began, ns of perf_counter
        self._longest = (0, 0)  # nanoseconds, generation
        self._own = 0  # nanoseconds of ours, but for exceptions that have no look at their stack: these take `_each`
        self._each = 0.0

    # Life

    def _listen(self):
        self._monitor()
        if hasattr(gc, "callbacks"):
            # Between the two lie the collection and nobody else's callbacks.
            gc.callbacks.append(self._before_pause)
            gc.callbacks.insert(0, self._after_pause)
        else:
            self.notes.append(NO_COLLECTOR)

    def _monitor(self):
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None:
            self.notes.append(NO_EXCEPTIONS)
            return
        self._tool = free_place()
        if self._tool is None:
            self.notes.append(NO_TOOL % taken())
            return
        monitoring.use_tool_id(self._tool, "heatline")
        self._each = self._nanoseconds_each()
        monitoring.register_callback(self._tool, monitoring.events.RAISE, self._raised)
        monitoring.set_events(self._tool, monitoring.events.RAISE)

    def _nanoseconds_each(self):
        """What one exception takes of ours that does not have its stack looked at."""
        code, error, least = _name_of.__code__, ValueError(), 1e9
        key = id(code), 0, ValueError
        self._raisers[key] = [1 << 30, [0, 0, 0], 0, code]
        for _ in range(5):
            began = clock()
            for _ in range(100):
                self._raised(code, 0, error)
            least = min(least, (clock() - began) / 100)
        del self._raisers[key]
        return least

    def _unlisten(self):
        if self._tool is not None:
            monitoring = sys.monitoring
            monitoring.set_events(self._tool, 0)
            monitoring.register_callback(self._tool, monitoring.events.RAISE, None)
            monitoring.free_tool_id(self._tool)
            self._tool = None
        for each in (self._before_pause, self._after_pause):
            if each in getattr(gc, "callbacks", ()):
                gc.callbacks.remove(each)

    # Events

    def _raised(self, code, offset, error):
        traceback = error.__traceback__
        # In the frames that it passes, and where it is raised again, there is more to its traceback than this frame.
        if traceback is not None and traceback.tb_next is not None:
            return
        place = self._raisers.get((id(code), offset, type(error)))
        if place is None or not place[LEFT]:
            self._look(code, offset, type(error), sys._getframe(1))
        else:
            place[LEFT] -= 1
            place[FIGURES][RAISED] += 1

    def _look(self, code, offset, kind, frame):
        """One that has its stack looked at, and stands for those that follow from the same place until the next look."""
        began = clock()
        key = id(code), offset, kind
        place = self._raisers.get(key)
        if place is None:
            # It keeps the code alive, whose id is in the key.
            place = self._raisers[key] = [0, None, 0, code]
        place[LOOKS] = looks = place[LOOKS] + 1
        # Spread, so that no rhythm of the program's meets it.
        place[LEFT] = 0 if looks < LOOKED_AT else GAP // 2 + looks * 29 % (GAP + 1) - 1
        if code.co_filename.startswith(IMPORTING) or own(code):
            place[FIGURES] = [0, 0, 0]  # nobody's
        else:
            place[FIGURES] = self._row(frame, kind)
        place[FIGURES][RAISED] += 1
        self._own += clock() - began

    def _before_pause(self, phase, _facts):
        if phase == "start":
            self._began[get_ident()] = clock()

    def _after_pause(self, phase, facts):
        now = clock()
        began = self._began.pop(get_ident(), None) if phase == "stop" else None
        if began is None:
            return
        generation = facts["generation"]
        row = self._row(sys._getframe(1), generation)
        row[COLLECTED] += 1
        row[PAUSE] += now - began
        self._longest = max(self._longest, (now - began, generation))
        self._own += clock() - now

    def _row(self, frame, what):
        """The figures of a stack in this thread; `what`: the type of an exception, or a generation."""
        thread = get_ident()
        key, stack = seen(frame)
        known = self.rows.get((thread, what, key))
        if known is None:
            if len(self.rows) >= MOST_ROWS:
                self._full = True
                key, stack = key[:2], stack[:1]
            known = self.rows.setdefault((thread, what, key), [stack, thread_name(thread), what, [0, 0, 0]])
        return known[3]

    # Figures

    def content(self, recording, final):
        """The file, as bytes."""
        lasted, resolved, writer = recording.lasted(), Resolved(recording.folder), Writer(TYPES)
        totals = [0, 0, 0]
        sums = {}
        for stack, thread, what, figures in list(self.rows.values()):
            places = resolved.stack(stack)
            if places:
                label = ("exception", _name_of(what), None) if isinstance(what, type) else ("generation", str(what), None)
                row = sums.setdefault((tuple(places), thread, label), [0, 0, 0])
                row[:] = map(int.__add__, row, figures)
        for (places, thread, label), figures in sums.items():
            writer.sample(places, figures, [("thread", thread, None), label])
            totals = list(map(int.__add__, totals, figures))
        notes = [*self.notes, *recording.notes]
        if self._full:
            notes.append(FULL % MOST_ROWS)
        if self._longest[0]:
            notes.append(LONGEST % (self._longest[0] / 1e6, self._longest[1]))
        if final and not any(totals):
            notes.append(NOTHING)
        elif not final:
            notes.append(CHECKPOINT % lasted)
        cost = round((self._own + totals[RAISED] * self._each) / 1e9 / lasted, 6) if lasted else 0
        said = comment("events", notes, rows="sums", cost=cost)
        first = TYPES[RAISED if totals[RAISED] else PAUSE][0]
        return writer.bytes(recording.started, int(lasted * 1e9), TYPES[PAUSE], 0, first, [said])


def _name_of(kind):
    """`ValueError`, `shop.errors.OutOfStock`."""
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else "%s.%s" % (module, kind.__qualname__)

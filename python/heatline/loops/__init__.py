"""
The engine `async`: where asyncio's tasks wait and for how long, what they do on their loop, and what blocked it; and the same of greenlets.

`steps.py` hears asyncio's loops, `greenlets.py` the switches of gevent and eventlet, `figures.py` keeps what was seen, `chains.py` knows
where a coroutine waits. A thread of ours looks at what runs, so that time on the loop has lines.
"""

import os
from _thread import get_ident
from time import perf_counter as clock

from .. import native
from ..listener import Listener
from ..patching import Importing, Patches
from ..places import Places
from ..pprof import Writer, nanoseconds
from ..quality import CHECKPOINT, comment
from ..runner import own
from ..stacks import thread_name
from .chains import stack_of
from .figures import LONGEST_AWAIT, LONGEST_BLOCK, MOST_ROWS, Figures
from .greenlets import GREENLET, Greenlets, root_of
from .steps import Steps

TYPES = [
    ("awaits", "count"),
    ("await", "nanoseconds"),
    ("on-loop", "nanoseconds"),
    ("loop-blocks", "count"),
    ("loop-blocked", "nanoseconds"),
]
# Of a row of figures, those that are values of a sample.
COLUMNS = (0, 1, 3, 4, 5)
LOOK_SECONDS = 0.01
SETTLE_SECONDS = 1.0
# Frames of libraries that only pass an await on, by their files' ends; what was asked of them is told as a label.
PASSING = tuple(os.sep + each + os.sep for each in ("asyncio", "gevent", "eventlet"))
TASK_FILE = "<task>"
GREENLETS = "greenlet"
FULL = "more than %d different stacks were seen: of further ones the outermost line alone is told"
NOTHING = "no task of asyncio and no greenlet ran while the recording went on"


class Loops(Listener):
    def __init__(self, limit, housekeeping):
        """`limit`: seconds from which on a step of a loop blocks it."""
        super().__init__(housekeeping, lambda: LOOK_SECONDS)
        self.figures = Figures(limit)
        self._names = {}  # thread → its name, as it was when it was seen

    # Life

    def start(self):
        self._last = self._settled = clock()
        super().start()

    def _listen(self):
        self._patches = Patches()
        self._steps, self._greenlets = Steps(self._patches, self.figures), Greenlets(self.figures)
        self._hears = {
            "asyncio.events": self._steps.patch,
            "uvloop": self._steps.patch_uvloop,
            "gevent.hub": self._greenlets.hear,
            "eventlet.hubs": self._greenlets.hear,
        }
        self._names[get_ident()] = "MainThread"
        self._importing = Importing(tuple(self._hears), lambda module: self._hears[module.__name__](module))
        self.figures.on = True

    def _unlisten(self):
        """Loops go on unheard."""
        self.figures.on = False
        self._importing.end()
        self._patches.undo()
        self._greenlets.end()
        now = clock()
        for step in list(self.figures.steps.values()):
            if step.began and not step.root.startswith(GREENLETS):
                self.figures.end(step, step.began, now)  # a loop that is blocked as the recording ends
        self.figures.settle()

    def _step(self):
        """In our thread: looks at what loops do, and sees to the recording's limits and checkpoints."""
        now = clock()
        self._look(now - self._last)
        self._last = now
        if now - self._settled > SETTLE_SECONDS:
            self._settled = now
            self.figures.settle()
        return super()._step()

    def _look(self, seconds):
        """A look stands for the time since the one before."""
        frames = None
        for step in list(self.figures.steps.values()):
            if not step.began:
                continue
            frames = frames or native.frames()
            frame = frames.get(step.thread)
            if frame is not None and step.began:
                if step.root is GREENLET:
                    step.root = root_of(frame) or GREENLET
                # What asyncio's handle does to run a callback stands at the root, and is left out later.
                self.figures.look(step, stack_of(frame, self._steps.code), seconds)
                self._names.setdefault(step.thread, thread_name(step.thread))

    # Figures

    def content(self, recording, final):
        """The file, as bytes."""
        lasted, places, writer = recording.lasted(), Places(recording.folder), Writer(TYPES)
        rows, totals = {}, [0] * len(TYPES)
        for thread, root, awaited, stack, figures in self.figures.sums():
            found, asked = self._stack(places, stack)
            if root is not None:
                found.append(((root, root, TASK_FILE, 0), 0, 0))
            if not found or not any(figures):
                continue
            labels = [("thread", self._names.get(thread) or thread_name(thread))]
            labels += [(key, text) for key, text in (("awaiting", asked), ("awaits", awaited)) if text]
            row = rows.setdefault((tuple(found), tuple(labels)), [0] * len(figures))
            for index, figure in enumerate(figures):
                row[index] = max(row[index], figure) if index in (LONGEST_AWAIT, LONGEST_BLOCK) else row[index] + figure
        for (found, labels), row in rows.items():
            values = [nanoseconds(row[index]) if unit == "nanoseconds" else row[index] for index, (_, unit) in zip(COLUMNS, TYPES)]
            longest = (("longest await", row[LONGEST_AWAIT]), ("longest block", row[LONGEST_BLOCK]))
            told = [(key, text, None) for key, text in labels] + [(key, nanoseconds(each), "nanoseconds") for key, each in longest if each]
            writer.sample(found, values, told)
            totals = list(map(int.__add__, totals, values))
        notes = [*self.notes, *recording.notes, *([] if final else [CHECKPOINT % lasted])]
        if self.figures.full:
            notes.append(FULL % MOST_ROWS)
        if not rows:
            notes.append(NOTHING)
        said = comment("async", notes, rows="sums", blockedSeconds=self.figures.limit)
        first = next((TYPES[index][0] for index in (1, 2) if totals[index]), TYPES[1][0])
        return writer.bytes(recording.started, int(lasted * 1e9), TYPES[1], 0, first, [said])

    def _stack(self, places, stack):
        """
        Places of a stack, leaf first, without frames of ours. What only passes on (asyncio's own functions) is left out at both ends;
        what was asked of it is the second thing that is returned, `Queue.get`, or None.
        """
        found = [places.find(id(code), code, offset) for code, offset in zip(*stack) if not own(code)]
        asked = None
        while len(found) > 1 and is_passing(found[-1]):
            asked = found.pop()[0][0]
        while len(found) > 1 and is_passing(found[0]):
            found.pop(0)
        return found[::-1], asked


def is_passing(place):
    """Whether a place is in one of the libraries that drive tasks and greenlets."""
    return any(each in place[0][2] for each in PASSING)

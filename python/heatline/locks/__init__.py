"""
The engine `locks`: how often locks are taken, how long is waited for them and how long they are held, and who held them meanwhile.

`wrapped.py` has the locks of `threading` that count, `waiting.py` conditions and asyncio, `figures.py` what was seen,
`naming.py` what it is called in the file.
"""

import time

from ..listener import Listener
from ..patching import Importing, Patches
from ..pprof import Writer, nanoseconds
from ..quality import CHECKPOINT, comment
from .figures import ACQUIRES, HOLD, LONGEST, MOST_ROWS, RELEASES, WAIT, Figures
from .naming import Names
from .stretches import STEP, WINDOW, Stretches
from .waiting import Loops, patch_condition
from .wrapped import pair_seconds, stand_in, watch

TYPES = [
    ("lock-acquire", "count"),
    ("lock-acquire-wait", "nanoseconds"),
    ("lock-release", "count"),
    ("lock-release-hold", "nanoseconds"),
    ("lock-notify", "count"),
    ("lock-notify-wait", "nanoseconds"),
]
SAMPLED = "one of %d stretches of %g ms was recorded, as drawn by lot: figures are estimates of the whole"
FULL = "more than %d different stacks took locks: of further ones the innermost line alone is told"
NOTHING = "no lock was taken that was made while the recording went on"


class Locks(Listener):
    def __init__(self, every, housekeeping, most=MOST_ROWS, longest=STEP):
        """
        `every`: 1 to watch always, else one of so many stretches of time is watched; `most`: stacks that are told apart; `housekeeping` is
        called after `longest` seconds at the latest.
        """
        self._longest = longest
        super().__init__(housekeeping, lambda: STEP if self._stretches is None else self._stretches.seconds())
        # What the program finds imported; nearly every program that has locks imports it.
        import threading

        self._threading = threading
        self._every = every
        self.live = {}  # id of a Watched -> Watched
        self.made = 0  # locks, since it began
        self.figures = Figures(self._name, most)
        self._stretches = Stretches(self.live, self.figures, every, longest) if every > 1 else None
        self.pair = pair_seconds()  # that a lock which is watched takes longer

    def _name(self, thread):
        threading = self._threading
        # One that has just begun is in limbo.
        known = threading._active.get(thread) or next((each for each in list(threading._limbo) if each.ident == thread), None)
        return getattr(known, "_name", None) or "thread %d" % thread

    # Life

    def _listen(self):
        threading, patches = self._threading, Patches()
        self._patches = patches
        try:
            for name in ("Lock", "RLock"):
                patches.replace(threading, name, stand_in(getattr(threading, name), self))
            patch_condition(patches, threading, self.figures)
            self._importing = Importing(("asyncio.locks", "asyncio.queues"), Loops(patches, self.figures).patch)
        except BaseException:
            patches.undo()
            raise
        self.figures.on = self._every == 1

    def pause(self):
        super().pause()
        self._rest()

    def _rest(self):
        if self._stretches is not None:
            self._stretches.end()

    def _unlisten(self):
        """The locks that are there go on as native ones."""
        self._rest()
        self.figures.on = False
        self._importing.end()
        self._patches.undo()
        for watched in list(self.live.values()):
            watch(watched, False)
            watched.state.tell()

    @property
    def watches_new(self):
        """Whether a lock is watched as soon as it is made. Of a sample it waits for a window: who keeps its methods shall keep native ones."""
        return self._every == 1 and self.figures.on

    @property
    def every(self):
        """One of so many stretches of time is watched; may be set of a sample."""
        return self._every

    @every.setter
    def every(self, every):
        self._every = self._stretches.every = every

    # Figures

    def content(self, recording, final):
        """The file, as bytes."""
        lasted, names, writer = recording.lasted(), Names(recording.folder), Writer(TYPES)
        rows, acquires = {}, 0
        scale = self._scale()
        for stack, thread, site, holder, task, figures in self._sums():
            places = names.stack(stack)
            if not places:
                continue
            key = tuple(places), tuple(names.labels(thread, site, holder, task))
            row = rows.setdefault(key, [0] * len(TYPES) + [0.0])
            for index, figure in enumerate(figures[:LONGEST]):
                row[index] += figure
            row[LONGEST] = max(row[LONGEST], *figures[LONGEST:], 0.0)
            acquires += figures[ACQUIRES]
        totals = [0] * len(TYPES)
        for (places, labels), row in rows.items():
            values = [nanoseconds(scale * figure) if unit == "nanoseconds" else round(scale * figure) for figure, (_, unit) in zip(row, TYPES)]
            longest = [("longest wait", nanoseconds(row[LONGEST]), "nanoseconds")] if row[LONGEST] else []
            writer.sample(places, values, [*labels, *longest])
            totals = list(map(int.__add__, totals, values))
        notes = self.notes + recording.notes + ([] if final else [CHECKPOINT % lasted])
        if self.figures.full:
            notes.append(FULL % MOST_ROWS)
        if self._every > 1:
            notes.append(SAMPLED % (self._every, 1000 * WINDOW))
        elif not rows:
            notes.append(NOTHING)
        said = comment("locks", notes, rows="sums", cost=round(acquires * self.pair / lasted, 6) if lasted else 0)
        first = next((TYPES[index][0] for index in (1, 5, 3) if totals[index]), TYPES[0][0])
        return writer.bytes(recording.started, int(lasted * 1e9), TYPES[1], 0, first, [said])

    def _scale(self):
        """What the figures of a sample are multiplied by."""
        if self._stretches is None:
            return 1
        return self._stretches.scale(self.pair * sum(figures[ACQUIRES] for *_, figures in self._sums()))

    def take(self):
        """
        Of a sample: what was seen since it was taken last, [(stack, thread, site, holder, task, figures)], and what figures are to be
        multiplied by.
        """
        self._rest()
        rows, scale = list(self._sums()), self._scale()
        self._begin_anew()
        return rows, scale

    def _begin_anew(self):
        self.figures.begin_anew()
        for watched in list(self.live.values()):
            watched.state.begin_anew()
        self._stretches.begin_anew()

    def renew(self):
        """In a forked child, of a sample that was paused: after `start` the locks that are there are sampled as before, with figures of their own."""
        self._stretches = Stretches(self.live, self.figures, self._every, self._longest)
        self.figures.waits.clear()
        for watched in list(self.live.values()):
            watched.state.forget()
        self._begin_anew()

    def _sums(self):
        """The rows, with what locks have not told yet, and waits and holds that go on."""
        rows = {id(known[-1]): (*known[:-1], list(known[-1])) for known in list(self.figures.rows.values())}
        now = time.perf_counter()
        for row, column, began in list(self.figures.waits.values()):
            if id(row) in rows:
                figures = rows[id(row)][-1]
                figures[column] += now - began
                if column == WAIT:
                    figures[LONGEST:] = [max(*figures[LONGEST:], now - began, 0.0)]
        for watched in list(self.live.values()):
            state = watched.state
            if state.row is not None and id(state.row) in rows:
                figures = rows[id(state.row)][-1]
                figures[ACQUIRES] += state.counted - state.left
                figures[RELEASES] += state.freed
                figures[HOLD] += state.hold
            row = state.row if state.owed is None else state.owed
            if state.began and self._every == 1 and id(row) in rows:
                rows[id(row)][-1][HOLD] += now - state.began
        return rows.values()


"""
The engine `locks`: how often locks are taken, how long is waited for them and how long they are held, and who held them meanwhile.

`wrapped.py` has the locks of `threading` that count, `waiting.py` conditions and asyncio, `figures.py` what was seen,
`naming.py` what it is called in the file.
"""

import os
import time
from _thread import allocate_lock

from ..pprof import Writer, nanoseconds
from ..quality import as_json
from ..unseen import start
from .figures import ACQUIRES, HOLD, MOST_ROWS, RELEASES, Figures
from .naming import Names
from .waiting import Importing, Loops, Patches, patch_condition
from .wrapped import pair_seconds, stand_in, watch

TYPES = [
    ("lock-acquire", "count"),
    ("lock-acquire-wait", "nanoseconds"),
    ("lock-release", "count"),
    ("lock-release-hold", "nanoseconds"),
    ("lock-notify", "count"),
    ("lock-notify-wait", "nanoseconds"),
]
WINDOW = 0.01
MOST_WATCHED = 2000
LEAST_SHARE = 0.05
SAMPLED = "one of %d stretches of %g ms was recorded, as drawn by lot: figures are estimates of the whole"
FULL = "more than %d different stacks took locks: of further ones the innermost line alone is told"
NOTHING = "no lock was taken that was made while the recording went on"


class Locks:
    """Has the life of a sampler for the recorder: start, pause, stop, forget."""

    errors = 0

    def __init__(self, every, housekeeping):
        """`every`: 1 to watch always, else one of so many stretches of time is watched."""
        # What the program finds imported; nearly every program that has locks imports it.
        import threading

        self.notes = []
        self._threading = threading
        self._every = every
        self._housekeeping = housekeeping
        self._patches = None
        self._importing = None
        self._alarm = [False]
        self.live = {}  # id of a Watched -> Watched
        self.figures = Figures(self._name)
        self._watched_seconds = self._seconds = 0.0
        self._pair = pair_seconds()

    def _name(self, thread):
        threading = self._threading
        # One that has just begun is in limbo.
        known = threading._active.get(thread) or next((each for each in list(threading._limbo) if each.ident == thread), None)
        return getattr(known, "_name", None) or "thread %d" % thread

    # Life

    def start(self):
        """Begins to watch, or goes on after a fork."""
        if self._patches is None:
            threading, patches = self._threading, Patches()
            self._patches = patches
            for name in ("Lock", "RLock"):
                patches.replace(threading, name, stand_in(getattr(threading, name), self))
            patch_condition(patches, threading, self.figures)
            self._importing = Importing(("asyncio.locks", "asyncio.queues"), Loops(patches, self.figures).patch)
            self.figures.on = self._every == 1
        alarm = self._alarm = [True]
        begun = allocate_lock()
        begun.acquire()
        self._gone = start(lambda: self._life(alarm, begun))
        begun.acquire(True, 1.0)

    def pause(self):
        """No thread of ours while the program forks."""
        self._alarm[0] = False
        self._gone()

    def stop(self):
        """The locks that are there go on as native ones."""
        self._alarm[0] = False
        self.release()

    def forget(self):
        """In a forked child."""
        self._alarm[0] = False
        self.release()

    def release(self):
        if self._patches is not None and self._importing is not None:
            self.figures.on = False
            self._importing.end()
            self._importing = None
            self._patches.undo()
            for watched in list(self.live.values()):
                watch(watched, False)
                watched.state.tell()

    @property
    def watches_new(self):
        """Whether a lock is watched as soon as it is made. Of a sample it waits for a window: who keeps its methods shall keep native ones."""
        return self._every == 1 and self.figures.on

    # Our thread

    def _life(self, alarm, begun):
        """The recording's limits and checkpoints, and of a sample its windows."""
        begun.release()
        window = self._windows() if self._every > 1 else None
        while alarm[0]:
            time.sleep(0.02 if window is None else next(window))
            if alarm[0] and self._housekeeping(self):
                break
        if window is not None:
            window.close()
        if alarm[0]:
            self.release()

    def _windows(self):
        """Seconds to sleep, one after the other; between them locks are watched for a moment, and left alone for long."""
        held = []
        try:
            while True:
                began = time.perf_counter()
                rest = WINDOW * (self._every - 1)
                before = rest * int.from_bytes(os.urandom(4), "big") / 2**32
                yield from _steps(before)
                chosen = list(self.live.values())
                share = min(1.0, MOST_WATCHED / (len(chosen) or 1))
                if share < 1:
                    first = int.from_bytes(os.urandom(4), "big") % len(chosen)
                    chosen = (chosen[first:] + chosen[:first])[:MOST_WATCHED]
                for watched in chosen:
                    if watched not in held:
                        watched.state.forget()
                    watch(watched, True)
                opened = time.perf_counter()
                self.figures.on = True
                yield WINDOW
                self.figures.on = False
                self._watched_seconds += share * (time.perf_counter() - opened)
                # One that is held goes on counting until it is let go.
                held = [watched for watched in chosen if watched.state.began]
                for watched in chosen:
                    watch(watched, False, watched.state.began != 0)
                yield from _steps(rest - before)
                self._seconds += time.perf_counter() - began
        finally:
            self.figures.on = False

    # Figures

    def content(self, identity, folder, started, lasted, notes):
        """The file; `identity` is what the recording says of itself, `folder` where it began, `started` Unix ns, `lasted` seconds."""
        names, writer = Names(folder), Writer(TYPES)
        rows, acquires = {}, 0
        scale = self._scale()
        for stack, thread, site, holder, task, figures in self._sums():
            places = names.stack(stack)
            if not places:
                continue
            key = tuple(places), tuple(names.labels(thread, site, holder, task))
            row = rows.setdefault(key, [0] * len(TYPES))
            for index, figure in enumerate(figures):
                row[index] += figure
            acquires += figures[ACQUIRES]
        totals = [0] * len(TYPES)
        for (places, labels), row in rows.items():
            values = [nanoseconds(scale * figure) if unit == "nanoseconds" else round(scale * figure) for figure, (_, unit) in zip(row, TYPES)]
            writer.sample(places, values, labels)
            totals = list(map(int.__add__, totals, values))
        notes = self.notes + notes
        if self.figures.full:
            notes.append(FULL % MOST_ROWS)
        if self._every > 1:
            notes.append(SAMPLED % (self._every, 1000 * WINDOW))
        elif not rows:
            notes.append(NOTHING)
        quality = {**identity, "rows": "sums", "errors": 0, "cost": round(acquires * self._pair / lasted, 6) if lasted else 0, "notes": list(dict.fromkeys(notes))}
        first = next((TYPES[index][0] for index in (1, 5, 3) if totals[index]), TYPES[0][0])
        return writer.bytes(started, int(lasted * 1e9), TYPES[1], 0, first, ["heatline: " + as_json(quality)])

    def _scale(self):
        """What the figures of a sample are multiplied by: whole time over the time that was watched, less what watching took of that."""
        if self._every == 1:
            return 1
        seen = self._watched_seconds
        if not seen:
            return self._every
        taken = self._pair * sum(figures[ACQUIRES] for *_, figures in self._sums())
        return max(1.0, self._seconds / max(seen - taken, LEAST_SHARE * seen))

    def _sums(self):
        """The rows, with what locks have not told yet, and waits and holds that go on."""
        rows = {id(known[-1]): (*known[:-1], list(known[-1])) for known in list(self.figures.rows.values())}
        now = time.perf_counter()
        for row, column, began in list(self.figures.waits.values()):
            if id(row) in rows:
                rows[id(row)][-1][column] += now - began
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


def _steps(seconds):
    """A sleep in parts that are short enough to be ended."""
    while seconds > 0.02:
        yield 0.02
        seconds -= 0.02
    yield max(0.0, seconds)

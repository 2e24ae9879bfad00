"""A sample of what happens to locks: they are watched for a moment, and left alone for long, at times drawn by lot."""

import os
import time
from _thread import allocate_lock

from .wrapped import watch

WINDOW = 0.01
MOST_WATCHED = 2000
LEAST_SHARE = 0.05
# Seconds after which a recording's limits are looked at.
STEP = 0.02


class Stretches:
    """`every`: one of so many stretches is watched; may be set. `watched` and `lasted`: seconds of those, and of all, since `begin_anew`."""

    def __init__(self, live, figures, every, longest=STEP):
        """`live`: the locks that there are, as Locks has them; `longest`: seconds that `seconds` may return."""
        self._longest = longest
        self._live, self._figures = live, figures
        self.every = every
        self._going = None
        self._turn = allocate_lock()
        self._held = []
        self.begin_anew()

    def begin_anew(self):
        self.watched = self.lasted = 0.0

    def seconds(self):
        """Does what is due, and returns how long nothing is."""
        with self._turn:
            if self._going is None:
                self._going = self._cycles()
            return next(self._going)

    def end(self):
        """Nothing is watched from here on, until `seconds` is called again."""
        with self._turn:
            if self._going is not None:
                self._going.close()
                self._going = None

    def scale(self, taken):
        """What figures are multiplied by: whole time over the time that was watched, less the seconds that watching took of that."""
        return max(1.0, self.lasted / max(self.watched - taken, LEAST_SHARE * self.watched)) if self.watched else self.every

    def _cycles(self):
        """Seconds to sleep, one after the other."""
        chosen = ()
        began = opened = time.perf_counter()
        share = 0.0
        try:
            while True:
                began = time.perf_counter()
                rest = WINDOW * (self.every - 1)
                before = rest * int.from_bytes(os.urandom(4), "big") / 2**32
                yield from self._steps(before)
                chosen = list(self._live.values())
                share = min(1.0, MOST_WATCHED / (len(chosen) or 1))
                if share < 1:
                    first = int.from_bytes(os.urandom(4), "big") % len(chosen)
                    chosen = (chosen[first:] + chosen[:first])[:MOST_WATCHED]
                held = set(map(id, self._held))
                for watched in chosen:
                    if id(watched) not in held:
                        watched.state.forget()
                    watch(watched, True)
                opened = time.perf_counter()
                self._figures.on = True
                yield WINDOW
                self._close(chosen, opened, share)
                yield from self._steps(rest - before)
                self.lasted += time.perf_counter() - began
        finally:
            if self._figures.on:
                self._close(chosen, opened, share)
            self.lasted += time.perf_counter() - began

    def _close(self, chosen, opened, share):
        self._figures.on = False
        self.watched += share * (time.perf_counter() - opened)
        # One that is held goes on counting until it is let go.
        self._held = [watched for watched in chosen if watched.state.began]
        for watched in chosen:
            watch(watched, False, watched.state.began != 0)

    def _steps(self, seconds):
        while seconds > self._longest:
            yield self._longest
            seconds -= self._longest
        yield max(0.0, seconds)

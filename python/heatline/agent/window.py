"""One window: the samples of a stretch of time as a pprof file, with what is known of the process."""

import os
import sys
import time

from ..native import sleep
from ..places import Places
from ..pprof import NUMBERS, Writer
from ..quality import as_json, identity
from ..runner import at_root, own
from ..ticker import NOTE
from .further import ELSEWHERE, NOTHING_FURTHER
from .sampler import DEEPEST, Rows

# Encoding is done in pieces of so many seconds, with pauses for the program's threads between them.
PIECE, PAUSE = 0.001, 0.01


class Window:
    """
    `began` and `ended`: ns of perf_counter; `started`: Unix ns. `ticks`, `errors`, `cost` (CPU ns that the agent took) and `notes`
    are of this stretch of time alone.
    """

    def __init__(self, began):
        self.rows = Rows()
        self.began = self.ended = began
        # The time between the last look and now is no part of the wall clock's steps.
        self.started = time.time_ns() - max(0, time.perf_counter_ns() - began)
        self.ticks = self.errors = self.cost = 0
        self.rate = 0.0
        self.notes = []
        self.codes = {}
        self.kept = None  # what looks at memory have seen, and what was taken of locks; None where that is not asked for
        self.locks = None

    def without_time(self, now):
        """A copy that has memory and locks alone; one that is open ends in it at `now`."""
        copy = Window(self.began)
        copy.started, copy.kept, copy.locks = self.started, self.kept, self.locks
        copy.ended = now if self.ended == self.began else self.ended
        return copy

    @property
    def seconds(self):
        return (self.ended - self.began) / 1e9


class Encoder:
    """Makes files of windows; remembers code that it has seen. To be used by one thread at a time."""

    def __init__(self, comments, asked, has_cpu, further=NOTHING_FURTHER):
        """`comments`: what is the same in all windows; `asked`: looks a second that were wanted; `further`: value types beside time."""
        self._further = further
        self._comments, self._asked = comments, asked
        self._notes = [NOTE]
        # Most threads of a server wait; what they wait for is in `wall`.
        self._first = "cpu" if has_cpu else "wall"
        if not has_cpu:
            self._notes.append("this platform does not tell the CPU time of single threads")
        if sys.implementation.name != "cpython":
            self._notes.append("a compiled program is sampled where its compiler lets go: take shares as approximate")
        self._folder = os.getcwd() if os.path.isdir(".") else os.sep
        self._codes = self._places = None

    def encode(self, window, further=(), patient=lambda: False):
        """The file's bytes. `further`: comments of this window; `patient()`: whether there is time for pauses, as at a program's end there is none."""
        if self._codes is not window.codes:
            # Identities of code objects mean something together with these only.
            self._codes, self._places = window.codes, Places(self._folder)
        writer, rest = Writer(NUMBERS + self._further.types), [0] * len(self._further.types)
        pause_at = time.perf_counter() + PIECE
        for (name, labels, stack), values in window.rows.items():
            places = self._resolve(stack)
            if places is None:
                continue
            writer.sample(places, values + rest, [("thread", name, None), *((key, text, None) for key, text in labels)])
            if time.perf_counter() > pause_at and patient():
                sleep(PAUSE)
                pause_at = time.perf_counter() + PIECE
        for places, values, labels in self._further.samples(window):
            writer.sample(places or ELSEWHERE, [0] * len(NUMBERS) + values, labels)
            if time.perf_counter() > pause_at and patient():
                sleep(PAUSE)
                pause_at = time.perf_counter() + PIECE
        comments = ["heatline: " + as_json(self._quality(window)), *self._comments, *further]
        lasted = window.ended - window.began
        return writer.bytes(window.started, lasted, ("wall", "nanoseconds"), int(1e9 / self._asked), self._first, comments)

    def _quality(self, window):
        lasted = window.seconds
        notes = self._notes + window.notes + self._further.told(window)
        if any(len(stack) == 2 * DEEPEST for _, _, stack in window.rows):
            notes = [*notes, "stacks deeper than %d frames are cut off at their root" % DEEPEST]
        if window.errors:
            notes = [*notes, "%d looks were left out: the program runs further interpreters" % window.errors]
        return {
            **identity("agent"),
            "rateAsked": self._asked,
            "rateGot": round(window.ticks / lasted, 3) if lasted else 0,
            "errors": window.errors,
            "cost": round(window.cost / 1e9 / lasted, 6) if lasted else 0,
            "notes": notes,
        }

    def _resolve(self, stack):
        """
        Places leaf first, without frames of ours: those that wait for the program to end, and those of `labels`. None where there is
        no other: a thread of ours that begins.
        """
        if not stack:
            return ELSEWHERE
        codes, places = self._codes, self._places
        begin, end = 0, len(stack) - 2 * at_root(codes[identity].co_filename for identity in stack[-2::-2])
        while begin < end and own(codes[stack[begin]]):
            begin += 2
        return None if begin == end else [places.find(stack[at], codes[stack[at]], stack[at + 1]) for at in range(begin, end, 2)]

"""One window: the samples of a stretch of time as a pprof file, with what is known of the process."""

import os
import sys
import time

from ..content import NUMBERS, VERSION
from ..native import sleep
from ..places import Places
from ..pprof import Writer
from ..quality import as_json
from ..runner import own
from ..ticker import NOTE, _is_runpy
from .sampler import DEEPEST, OTHER, Rows

# Encoding is done in pieces of so many seconds, with pauses for the program's threads between them.
PIECE, PAUSE = 0.001, 0.01
_ELSEWHERE = (((OTHER, OTHER, "~", 0), 0, 0),)


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

    @property
    def seconds(self):
        return (self.ended - self.began) / 1e9


class Encoder:
    """Makes files of windows; remembers code that it has seen. To be used by one thread at a time."""

    def __init__(self, comments, asked, has_cpu):
        """`comments`: what is the same in all windows; `asked`: looks a second that were wanted."""
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

    def encode(self, window, further=(), patient=False):
        """The file's bytes. `further`: comments of this window; `patient`: takes pauses, at the end of a program there is no time for them."""
        if self._codes is not window.codes:
            # Identities of code objects mean something together with these only.
            self._codes, self._places = window.codes, Places(self._folder)
        writer = Writer(NUMBERS)
        pause_at = time.perf_counter() + PIECE
        for (name, labels, stack), values in window.rows.items():
            places = self._resolve(stack)
            if places is None:
                continue
            writer.sample(places, values, [("thread", name, None), *((key, text, None) for key, text in labels)])
            if patient and time.perf_counter() > pause_at:
                sleep(PAUSE)
                pause_at = time.perf_counter() + PIECE
        comments = ["heatline: " + as_json(self._quality(window)), *self._comments, *further]
        lasted = window.ended - window.began
        return writer.bytes(window.started, lasted, ("wall", "nanoseconds"), int(1e9 / self._asked), self._first, comments)

    def _quality(self, window):
        lasted = window.seconds
        notes = self._notes + window.notes
        if any(len(stack) == 2 * DEEPEST for _, _, stack in window.rows):
            notes = [*notes, "stacks deeper than %d frames are cut off at their root" % DEEPEST]
        if window.errors:
            notes = [*notes, "%d looks were left out: the program runs further interpreters" % window.errors]
        python = "%s %d.%d.%d" % (sys.implementation.name, *sys.version_info[:3])
        return {
            "engine": "agent",
            "engineVersion": VERSION,
            "python": python,
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
            return _ELSEWHERE
        codes, places = self._codes, self._places
        begin, end = 0, len(stack)
        inside = False
        while end and (own(codes[stack[end - 2]]) or (inside and _is_runpy(codes[stack[end - 2]]))):
            inside = True
            end -= 2
        while begin < end and own(codes[stack[begin]]):
            begin += 2
        return None if begin == end else [places.find(stack[at], codes[stack[at]], stack[at + 1]) for at in range(begin, end, 2)]

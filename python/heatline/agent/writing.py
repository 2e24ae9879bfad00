"""Writes windows in a thread of its own, which is there only while there is something to write."""

import time

from ..native import allocate_lock, get_ident
from ..unseen import start
from .window import Encoder

# Windows that may wait for a slow disk; older ones are dropped.
WAITING = 8
# Seconds that a fork waits for a window that is being written.
REST_SECONDS = 1.0
# Seconds that the program's end waits for one.
END_SECONDS = 10.0


class Writing:
    """`share`: what windows take, as part of one processor; the last one weighs as much as those before."""

    def __init__(self, folder, sampler, comments, asked, tell_once, further):
        self._folder, self._sampler, self._tell_once = folder, sampler, tell_once
        self._comments, self._asked, self._further = comments, asked, further
        self._encoder = Encoder(comments, asked, sampler.has_cpu, further)
        self._waiting = []
        self._busy = allocate_lock()
        self._hurry = False
        self._until_gone = lambda: None
        self.share = 0.0
        self.written = self.dropped = 0
        self._last_cost = 0

    def add(self, window):
        """One more to be written; `begin` or `finish` follows."""
        self._waiting.append(window)
        while len(self._waiting) > WAITING:
            del self._waiting[0]
            self._drop("a window was dropped: the one before is not written yet")

    def begin(self):
        """Writes in a thread, unless one does already."""
        if self._busy.acquire(False):
            try:
                self._until_gone = start(self._work)
            except RuntimeError as problem:
                self._busy.release()
                self._tell_once("threads", "no thread can be started here (%s)", problem)

    def rest(self):
        """Waits a little until nothing is being written, and no thread is there for it; what is left waits for the next `begin`."""
        hurry, self._hurry = self._hurry, True
        if self._busy.acquire(True, REST_SECONDS):
            self._until_gone()
            self._busy.release()
        self._hurry = hurry

    def finish(self):
        """Writes what is left, in this thread."""
        self._hurry = True
        if self._busy.acquire(True, END_SECONDS):
            self._work()
        else:
            self._tell_once("unwritten", "the disk is too slow at the end of the program: %d windows were not written", 1 + len(self._waiting))

    def encoded(self, window):
        """A window's bytes, for whom did not ask for a file."""
        return Encoder(self._comments, self._asked, self._sampler.has_cpu).encode(window, patient=lambda: True)

    def encoded_further(self, asked, windows):
        """The same of what is told beside time; `asked` as the endpoint was asked for it."""
        return self._further.file(asked, windows, self._comments)

    def _work(self):
        me = get_ident()
        self._sampler.ours.add(me)
        try:
            while self._waiting:
                self._write(self._waiting.pop(0))
        finally:
            self._sampler.ours.discard(me)
            self._busy.release()
        if self._waiting and not self._hurry:
            self.begin()

    def _write(self, window):
        began = _thread_time()
        window.cost += self._last_cost
        further = ["profile_seq=%d" % (self.written + self.dropped)]
        if self.dropped:
            further.append("dropped=%d" % self.dropped)
        try:
            data = self._encoder.encode(window, further, lambda: not (self._hurry or self._waiting))
            self._folder.write(window.started, data)
            self.written += 1
        except Exception as problem:
            self._drop("a window was dropped, and those that follow may be: %s" % (getattr(problem, "strerror", None) or repr(problem)))
        self._last_cost = _thread_time() - began
        if window.seconds:
            share = self._last_cost / 1e9 / window.seconds
            self.share = (self.share + share) / 2 if self.share else share

    def _drop(self, sentence):
        self.dropped += 1
        self._tell_once("dropped", "%s", sentence)


def _thread_time():
    return time.thread_time_ns() if hasattr(time, "thread_time_ns") else 0

"""Locks in a program that serves: of one in so many stretches of time who takes them, waits for them and holds them (see the engine `locks`)."""

import threading
import time
from _thread import allocate_lock as native_lock

from ..locks import TYPES, Locks
from ..locks.figures import ACQUIRES
from ..locks.naming import Names
from ..native import get_ident, greenlets

USUAL, MOST = 100, 10000
# Stacks that are told apart in one window.
STACKS = 2000
# What was seen in less than that stands for nothing else.
LEAST_SECONDS = 1.0
# Between two steps of the thread that watches; seconds.
LONGEST_WAIT = 10.0
# Stretches become so many times as few at most; where that is still too dear, nothing is watched for a while.
RAREST = 64
# After so many judgements in a row with room for it, there are twice as many again.
CALM_TIMES = 6
# Of what it may take, that is aimed at.
AIM = 0.8
SAMPLED = "locks: one of %d stretches of 10 ms was recorded, as drawn by lot: figures are estimates of the whole"
TOOK = "watching locks took %.2g %% of a processor, which is more than %.2g %%: "
RARER = TOOK + "one of %d stretches is watched from here on"
RESTS = TOOK + "nothing is watched for %.0f s"
OFTENER = "watching locks costs little again: one of %d stretches is watched from here on"
RESTED = "locks: nothing was watched for %.0f s: what was seen after that stands for it"
GREENLETS = "locks of greenlets are not recorded"
__all__ = ["MOST", "TYPES", "USUAL", "LockSamples", "Locking"]


class Taken:
    """What was seen of locks in a stretch of time: rows as Locks.take has them."""

    def __init__(self, rows, scale):
        self.rows, self.scale = rows, scale


class Locking:
    """`sinks`: each list that what is seen is added to, as a Taken. `notes`: what is to be said in the window that goes on."""

    def __init__(self, every, share):
        """`every`: one of so many stretches of 10 ms; `share`: of a processor, that it may take."""
        self.sinks = []
        self.notes = []
        self._asked, self._share = every, share
        self._locks = None
        self._over = False
        self._rest = 0.0  # seconds in which nothing is watched
        self._calm = 0
        self._taking = native_lock()
        self._made_seconds = 0.0  # that making a lock takes longer
        # Since it was judged: seconds that acquires took longer; locks that there were, and processor time of our thread, by then.
        self._spent, self._made, self._cpu_then = 0.0, 0, 0
        self._cpu = 0
        # Seconds that were not watched: that the next figures stand for, and that are to be told; and when it began again.
        self._missed = self._untold = 0.0
        self._began = time.perf_counter()

    def start(self, ours, tell_once):
        """Begins, also in a child. `ours`: identities of the agent's threads; `tell_once(kind, sentence)`."""
        self._ours, self._tell_once = ours, tell_once
        if self._locks is not None:
            self.go_on()
        elif greenlets():
            self._end(GREENLETS)
        elif not self._over:
            native = _make_seconds(threading.Lock)
            self._locks = Locks(self._asked, self._step, STACKS, LONGEST_WAIT)
            self._locks.start()
            self._made_seconds = max(0.0, _make_seconds(threading.Lock) - native)
            self._made = self._locks.made

    def go_on(self):
        """After a fork, in the parent."""
        if self._locks is not None and not self._rest:
            self._locks.start()

    def open(self):
        """A list that what is seen from here on is added to, as Taken, until it is closed."""
        self.take()
        sink = []
        self.sinks.append(sink)
        return sink

    def close(self, sink):
        self.take()
        self.sinks[:] = [each for each in self.sinks if each is not sink]

    def _step(self, _locks):
        """In the thread that watches."""
        self._ours.add(get_ident())
        self._cpu = _thread_time()
        return False

    def pause(self):
        """No thread while the program forks."""
        if self._locks is not None:
            self._locks.pause()
            self._cpu = self._cpu_then = 0

    def stop(self):
        """Locks are native ones from here on."""
        self.take()
        with self._taking:
            locks, self._locks, self._over = self._locks, None, True
        if locks is not None:
            locks.stop()

    def renew(self):
        """In a forked child: after `start` the same locks are watched, with figures of their own."""
        self.sinks, self.notes, self._taking = [], [], native_lock()
        self._spent, self._cpu, self._cpu_then = 0.0, 0, 0
        self._missed = self._untold = 0.0
        if self._locks is not None:
            self._made = self._locks.made
            self._locks.renew()

    def take(self):
        """Gives what was seen since the last time to the sinks."""
        with self._taking:
            if self._locks is None:
                return
            rows, scale = self._locks.take()
            self._spent += self._locks.pair * sum(row[-1][ACQUIRES] for row in rows)
            watched = time.perf_counter() - self._began
            if rows and self._missed and watched > LEAST_SECONDS:
                scale *= 1 + self._missed / watched
                self._missed = 0.0
            if rows:
                taken = Taken(rows, scale)
                for sink in self.sinks:
                    sink.append(taken)

    def told(self):
        """Notes of the stretch of time that ends."""
        notes, self.notes = self.notes, []
        if self._untold:
            notes.append(RESTED % self._untold)
            self._untold = 0.0
        return [SAMPLED % self._locks.every, *notes] if self._locks is not None else notes

    def judge(self, seconds):
        """
        What it took in the `seconds` since it was judged last, as part of one processor. Where that is too much it looks more rarely, and
        rests; where it is little, it comes back.
        """
        if self._locks is None or not seconds:
            return 0.0
        if self._rest:
            self._missed += seconds
            self._untold += seconds
            self._rest = max(0.0, self._rest - seconds)
            if not self._rest:
                self._wake()
            return 0.0
        self.take()
        cpu, made = self._cpu, self._locks.made
        watching = (self._spent + (cpu - self._cpu_then) / 1e9) / seconds
        making = (made - self._made) * self._made_seconds / seconds
        self._spent, self._made, self._cpu_then = 0.0, made, cpu
        self._adapt(watching, making, seconds)
        return watching + making

    def _adapt(self, watching, making, seconds):
        """By what watching took, which there is less of where stretches are fewer, and making locks, which does not change with them."""
        share, every, rarest = watching + making, self._locks.every, RAREST * self._asked
        if share > self._share:
            self._calm = 0
            left = AIM * self._share - making
            if left > 0 and every < rarest:
                self._locks.every = max(every + 1, min(rarest, int(every * watching / left)))
                self._say("locks", RARER % (100 * share, 100 * self._share, self._locks.every))
            else:
                # So long that the mean of both is what it may take.
                self._rest = seconds * share / (AIM * self._share) - seconds
                self._locks.stop()
                self._say("locks rest", RESTS % (100 * share, 100 * self._share, self._rest))
            return
        self._calm = self._calm + 1 if every > self._asked and 2 * watching + making < AIM * self._share else 0
        if self._calm == CALM_TIMES:
            self._calm = 0
            self._locks.every = max(self._asked, every // 2)
            self._say("locks again", OFTENER % self._locks.every)

    def _wake(self):
        self._made, self._cpu, self._cpu_then = self._locks.made, 0, 0
        self._began = time.perf_counter()
        try:
            self._locks.start()
        except Exception as problem:  # such as locks that another tool has put its own in place of
            self._end("watching locks ended: %r" % problem)

    def _end(self, sentence):
        self.stop()
        self._say("locks end", sentence)

    def _say(self, kind, sentence):
        self.notes.append(sentence)
        self._tell_once(kind, "%s", sentence)


class LockSamples:
    """What was taken as samples of a file."""

    def __init__(self, folder):
        self._names = Names(folder)

    def samples(self, parts):
        """[(places leaf first, figures in the order of TYPES, labels)] of these Taken."""
        names, sums = self._names, {}
        for taken in parts:
            for stack, thread, site, holder, task, figures in taken.rows:
                places = names.stack(stack)
                if places:
                    key = tuple(places), tuple(names.labels(thread, site, holder, task))
                    row = sums.setdefault(key, [0.0] * len(TYPES))
                    for index, figure in enumerate(figures[: len(TYPES)]):
                        row[index] += figure * taken.scale
        units = [1e9 if unit == "nanoseconds" else 1 for _, unit in TYPES]
        return [(places, [round(figure * unit) for figure, unit in zip(row, units)], labels) for (places, labels), row in sums.items()]


def _make_seconds(make):
    """What making a lock takes; the least of some rounds."""
    least = 1.0
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(40):
            make()
        least = min(least, time.perf_counter() - began)
    return least / 40


def _thread_time():
    return time.thread_time_ns() if hasattr(time, "thread_time_ns") else 0

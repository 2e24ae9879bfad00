"""The agent's sampler: the thread inside the process, at a low rate, for as long as the process lives.

It looks from inside since a production process forks, has threads before we come, and may have no second process beside it; and since
only from inside it is known which task runs in a thread. It leaves the switch interval alone, and a thread that took no processor
time since the last look is not looked at: its stack is what it was.
"""

import sys
import time

from ..native import threads
from ..ticker import Ticker
from .context import any_labels, labels_of, only

# Frames of one stack; those farther from the leaf are left out.
DEEPEST = 1024
DEPTHS = range(DEEPEST)
# Different stacks, sets of labels, and names of threads in one window; what is more counts as OTHER.
STACKS, LABELS, NAMES = 20_000, 1000, 1000
# Code objects that are remembered beyond a window.
CODES = 10_000
OTHER = "(other)"
ELSEWHERE = (OTHER, (), ())
# The module that a program makes further interpreters by.
INTERPRETERS = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
gettime = getattr(time, "clock_gettime_ns", None)


class Rows(dict):
    """
    (thread name, labels, (code id, offset, …) leaf first) → [ticks, wall ns, cpu ns], bounded: beyond that all is ELSEWHERE. `known` has the
    same rows by the number that the sampler makes of a stack: one that was seen before is found in one step.
    """

    # Each is itself alone, whatever is in it.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self):
        super().__init__()
        self.known = {}

    def learn(self, number, key):
        """The row of a stack whose number is not known."""
        row = self.get(key)
        if row is None:
            if len(self) >= STACKS:
                key = ELSEWHERE
            row = self.setdefault(key, [0, 0, 0])
        # Where each request has labels of its own there is no end of numbers.
        if len(self.known) < 2 * STACKS:
            self.known[number] = row
        return row


class Sampler(Ticker):
    """
    `sinks`: the Rows that each look is added to. `ours`: identities of threads that are the agent's own. `last`: when it looked last, in ns
    of perf_counter.
    """

    def __init__(self, rate, every):
        super().__init__(rate, every, switch=float("inf"))
        self.sinks = []
        self.ours = set()
        self.last = 0
        self._asleep = {}  # thread → its number at the last look
        self._names = threads()
        self._limits = Limit(LABELS), Limit(NAMES)
        self._tells_idle = self.has_cpu and sys.platform == "linux"  # clocks of threads that count each nanosecond

    @property
    def rate(self):
        """Looks a second; may be set while it is on."""
        return 1e9 / self._period

    @rate.setter
    def rate(self, rate):
        self._period = int(1e9 / rate)

    def start(self, last=None):
        if not self._clocks:
            # What threads used before the first look is not ours to count.
            for thread in sys._current_frames():
                self._cpu_of(thread)
        super().start(last)
        self.last = self._last

    def fresh(self):
        """In the sampler's thread, between windows: the limits begin anew. Returns what resolves the codes of the last window."""
        codes, self._names = self.codes, threads()
        self._limits = Limit(LABELS), Limit(NAMES)
        if len(codes) > CODES and not self.sinks:
            self.codes = {}
            self._asleep.clear()
        return codes

    def _tick(self, me, now):
        """
        Between two looks the processor's caches are the program's: a look costs by how much memory and code it touches, more than by what it
        does. So it is one piece, and of a stack that is known it makes a number alone.
        """
        waited = max(0, now - self._last)
        self._last = self.last = now
        self.ticks += 1
        if several_interpreters():
            self.errors += 1
            return
        stacks = sys._current_frames()
        names, clocks, asleep, ours = self._names, self._clocks, self._asleep, self.ours
        for thread, leaf in stacks.items():
            if thread == me or thread in ours:
                continue
            number, cpu, clock = None, 0, clocks.get(thread)
            if clock is None:
                cpu = self._cpu_of(thread)
            else:
                try:
                    used = gettime(clock[0])
                    cpu = used - clock[1]
                    if cpu:
                        clock[1] = used
                    elif self._tells_idle:
                        number = asleep.get(thread)
                except (OSError, OverflowError):
                    del clocks[thread]
            if number is None:
                try:
                    number = names[thread]._name
                except (KeyError, AttributeError):
                    number, self._names = thread, threads()
                if any_labels():
                    number = number, labels_of(thread)
                frame = leaf
                for _ in DEPTHS:
                    number = hash((number, id(frame.f_code), frame.f_lasti))
                    frame = frame.f_back
                    if frame is None:
                        break
                asleep[thread] = number
            for rows in self.sinks:
                row = rows.known.get(number)
                if row is None:
                    row = self._learn(rows, thread, leaf)
                row[0] += 1
                row[1] += waited
                row[2] += cpu
        if len(clocks) > len(stacks) or len(asleep) > len(stacks):
            for those in (clocks, asleep):
                for gone in [each for each in those if each not in stacks]:
                    del those[gone]
            only(stacks)

    def _learn(self, rows, thread, frame):
        """The row of a stack that is not known in these. Its number is made again: the thread may have gone on meanwhile."""
        codes, stack = self.codes, []
        name, labels = getattr(threads().get(thread), "_name", thread), labels_of(thread)
        number = (name, labels) if any_labels() else name
        while frame is not None and len(stack) < 2 * DEEPEST:
            code, offset = frame.f_code, frame.f_lasti
            codes.setdefault(id(code), code)
            stack += id(code), offset
            number = hash((number, id(code), offset))
            frame = frame.f_back
        self._asleep[thread] = number
        if not name or name == thread:
            name = "MainThread" if thread == self._main else "thread %d" % thread
        of_labels, of_names = self._limits
        if labels and not of_labels.takes(labels):
            labels = tuple((each, OTHER) for each, _ in labels)
        return rows.learn(number, (name if of_names.takes(name) else OTHER, labels, tuple(stack)))


class Limit(set):
    """The first so many different things."""

    def __init__(self, most):
        super().__init__()
        self._most = most

    def takes(self, thing):
        """Whether a thing is among them, or still becomes one."""
        if thing in self:
            return True
        if len(self) >= self._most:
            return False
        self.add(thing)
        return True


def several_interpreters():
    """Whether the program runs further interpreters: Python would show their frames too, with no lock of theirs held."""
    module = sys.modules.get(INTERPRETERS)
    return module is not None and len(module.list_all()) > 1

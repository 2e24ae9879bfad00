"""The agent's sampler: the thread inside the process, at a low rate, for as long as the process lives.

It looks from inside since a production process forks, has threads before we come, and may have no second process beside it; and since
only from inside it is known which task runs in a thread. It leaves the switch interval alone, and a thread that took no processor
time since the last look is not looked at: its stack is what it was.
"""

import sys

from ..ticker import Ticker, _threads
from .context import labels_of, only

# Frames of one stack; those farther from the leaf are left out.
DEEPEST = 1024
# Different stacks, sets of labels, and names of threads in one window; what is more counts as OTHER.
STACKS, LABELS, NAMES = 20_000, 1000, 1000
# Code objects that are remembered beyond a window.
CODES = 10_000
OTHER = "(other)"
ELSEWHERE = (OTHER, (), ())


class Rows(dict):
    """(thread name, labels, (code id, offset, …) leaf first) → [ticks, wall ns, cpu ns], bounded. Beyond that all is ELSEWHERE."""

    # Each is itself alone, whatever is in it.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def add(self, key, wall, cpu):
        row = self.get(key)
        if row is None:
            if len(self) >= STACKS:
                key = ELSEWHERE
            row = self.setdefault(key, [0, 0, 0])
        row[0] += 1
        row[1] += wall
        row[2] += cpu


class Sampler(Ticker):
    """`sinks`: the Rows that each look is added to. `ours`: identities of threads that are the agent's own."""

    def __init__(self, rate, every):
        super().__init__(rate, every, switch=float("inf"))
        self.sinks = []
        self.ours = set()
        self._idle = {}  # thread → its key at the last look
        self._limits = Limit(LABELS), Limit(NAMES)
        self._tells_idle = self.has_cpu and sys.platform == "linux"  # clocks of threads that count each nanosecond

    @property
    def rate(self):
        """Looks a second; may be set while it is on."""
        return 1e9 / self._period

    @rate.setter
    def rate(self, rate):
        self._period = int(1e9 / rate)

    @property
    def last(self):
        """When it looked last, in ns of perf_counter."""
        return self._last

    def start(self, last=None):
        if not self._clocks:
            # What threads used before the first look is not ours to count.
            for thread in sys._current_frames():
                self._cpu_of(thread)
        super().start(last)

    def fresh(self):
        """In the sampler's thread, between windows: the limits begin anew. Returns what resolves the codes of the last window."""
        codes = self.codes
        self._limits = Limit(LABELS), Limit(NAMES)
        if len(codes) > CODES and not self.sinks:
            self.codes = {}
            self._idle.clear()
        return codes

    def _tick(self, me, now):
        waited, self._last = max(0, now - self._last), now
        self.ticks += 1
        if several_interpreters():
            self.errors += 1
            return
        stacks = sys._current_frames()
        known = _threads()
        for thread, frame in stacks.items():
            if thread == me or thread in self.ours:
                continue
            cpu = self._cpu_of(thread)
            key = self._idle.get(thread) if cpu == 0 and self._tells_idle and thread in self._clocks else None
            if key is None:
                key = self._idle[thread] = self._key(thread, frame, known.get(thread))
            for rows in self.sinks:
                rows.add(key, waited, cpu)
        if len(self._clocks) > len(stacks) or len(self._idle) > len(stacks):
            for those in (self._clocks, self._idle):
                for gone in [each for each in those if each not in stacks]:
                    del those[gone]
            only(stacks)

    def _key(self, thread, frame, known):
        codes = self.codes
        stack = []
        while frame is not None and len(stack) < 2 * DEEPEST:
            code = frame.f_code
            identity = id(code)
            if identity not in codes:
                codes[identity] = code
            stack.append(identity)
            stack.append(frame.f_lasti)
            frame = frame.f_back
        name = getattr(known, "_name", None) or ("MainThread" if thread == self._main else "thread %d" % thread)
        labels = labels_of(thread)
        of_labels, of_names = self._limits
        if labels and not of_labels.takes(labels):
            labels = tuple((each, OTHER) for each, _ in labels)
        return name if of_names.takes(name) else OTHER, labels, tuple(stack)


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
    for name in ("_interpreters", "_xxsubinterpreters"):
        module = sys.modules.get(name)
        if module is not None:
            return len(module.list_all()) > 1
    return False

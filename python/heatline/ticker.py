"""The sampler inside the process: a thread that looks at every thread's stack at a steady rate.

It runs everywhere, but only when the program lets go of the interpreter lock, which CPython does at calls and at the
ends of loop rounds: since 3.11 the lines of a tight loop lean to its end. `onlooker` has no such lean and goes first.
The thread is a bare one (`_thread`), so that `threading` neither lists nor waits for it.
"""

import os
import sys
import time

from . import native
from .moments import Moments, told_apart
from .runner import at_root, own
from .unseen import start

_LEANS = "so time within a tight loop leans to the loop's last line"
NOTE = "sampled from inside the process: stacks are seen only where Python releases its lock, " + _LEANS
UNLOCKED = (
    "sampled from inside the process: stacks are seen only where Python lets its threads be stopped, " + _LEANS + "; "
    "without a lock they run on while their stacks are read, so a few stacks are of two moments"
)
INTERPRETERS = "while the program had other interpreters nothing was seen: to look at their frames from inside would break it down"


class Ticker:
    """
    start(), stop(); then `rows`: (thread identity, thread name, (code id, offset, …) leaf first, label) →
    [number, ticks, wall ns, cpu ns].
    """

    exact = False  # samples are taken where the interpreter lets go of its lock, wherever the time went

    def __init__(self, rate, every=None, delay=0.0, switch=native.SWITCH_SECONDS):
        """`delay`: seconds from the first start to the first look; `switch`: the longest switch interval while it is on, in seconds."""
        self._period = int(1e9 / rate)
        self._delay = delay
        self._switch_limit = switch
        self._every = every  # called after each tick in the thread; true ends it
        self._label = None
        self.rows = {}
        self.codes = {}
        self.ticks = 0
        self.errors = 0
        self.own_cpu = 0
        self.seconds = 0.0
        self.has_cpu = hasattr(time, "pthread_getcpuclockid")
        self.notes = [NOTE if getattr(sys, "_is_gil_enabled", lambda: True)() else UNLOCKED]
        self._clocks = {}
        self._moments = Moments(self._period)
        self._halt = None
        self._main = native.get_ident()
        self._last = 0

    def start(self, last=None):
        """`last`: when it looked last, where the time since then is its first look's; else that begins now."""
        self._halt = native.allocate_lock()
        self._done = native.allocate_lock()
        self._halt.acquire()
        self._done.acquire()
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(min(self._switch, self._switch_limit))
        self._lowered = sys.getswitchinterval()
        self._began = time.perf_counter_ns() + int(self._delay * 1e9)
        self._last = self._began if last is None else last
        self._cpu_of(self._main)
        self._until_gone = start(self._run)

    def stop(self):
        """Ends the thread; may be called twice and from any thread but the sampler's own."""
        halt, self._halt = self._halt, None
        if halt is None:
            return
        halt.release()
        if self._done.acquire(True, 5):
            self._until_gone()
        self.restore()

    def restore(self):
        """Gives the program its switch interval back, unless it has set one itself."""
        if sys.getswitchinterval() == self._lowered:
            sys.setswitchinterval(self._switch)

    pause = stop

    def label(self, text):
        """What runs from now on, until it is told otherwise; None: nothing that has a name."""
        self._label = text

    def forget(self):
        """In a forked child, where the thread is gone."""
        if self._halt is not None:
            self._halt = None
            sys.setswitchinterval(self._switch)

    def _run(self):
        halt, done = self._halt, self._done
        me = native.get_ident()
        clock = time.perf_counter_ns
        due = clock() + int(self._delay * 1e9)
        self._delay = 0.0
        try:
            while halt is not None:
                due += self._period
                now = clock()
                if due < now:
                    due = now  # late: the tick weighs what it waited, none are made up
                if halt.acquire(True, max(0, due - now) / 1e9):
                    break
                self._tick(me, clock())
                if self._every is not None and self._every(self):
                    break
        finally:
            self.own_cpu += time.thread_time_ns() if hasattr(time, "thread_time_ns") else 0
            self.seconds += max(0, clock() - self._began) / 1e9
            done.release()

    def _cpu_of(self, thread):
        """CPU nanoseconds of a thread since the last call for it; 0 where the platform does not tell."""
        if not self.has_cpu:
            return 0
        known = self._clocks.get(thread)
        try:
            if known is None:
                known = self._clocks[thread] = [self._clock_id(thread), 0]
            used = time.clock_gettime_ns(known[0])
        except (OSError, OverflowError):
            self._clocks.pop(thread, None)
            return 0
        spent, known[1] = used - known[1], used
        return spent

    def _clock_id(self, thread):
        if sys.platform == "linux":
            # Made from the kernel's thread id: unlike a pthread, it may be asked for after the thread's end.
            if thread == self._main:
                return (~os.getpid() << 3) | 6
            native_id = getattr(native.threads().get(thread), "_native_id", None)
            if native_id:
                return (~native_id << 3) | 6
        return time.pthread_getcpuclockid(thread)

    def _tick(self, me, now):
        waited, self._last = now - self._last, now
        stacks = native.frames()
        if not stacks:
            if INTERPRETERS not in self.notes:
                self.notes.append(INTERPRETERS)
            return
        self.ticks += 1
        codes, rows = self.codes, self.rows
        names = native.threads()
        for thread, frame in stacks.items():
            if thread == me:
                continue
            stack = []
            while frame is not None:
                code = frame.f_code
                identity = id(code)
                if identity not in codes:
                    codes[identity] = code
                stack.append(identity)
                stack.append(frame.f_lasti)
                frame = frame.f_back
            known = names.get(thread)
            name = getattr(known, "_name", None) or ("MainThread" if thread == self._main else "thread %d" % thread)
            key = (thread, name, tuple(stack), self._label)
            row = rows.get(key)
            if row is None:
                row = rows[key] = [self._moments.row(thread), 0, 0, 0]
            cpu = self._cpu_of(thread)
            row[1] += 1
            row[2] += waited
            row[3] += cpu
            self._moments.add(row[0], now - waited, now, cpu)
        self._moments.only(stacks)
        self._moments.tidy()
        if len(self._clocks) > len(stacks):
            for gone in [each for each in self._clocks if each not in stacks]:
                del self._clocks[gone]

    @property
    def moments(self):
        """As Moments.all gives them; while the thread works they are its own."""
        return self._moments.all()

    def samples(self, places):
        """As Lookout's; busy is the CPU time, or all the time where the platform does not tell it."""
        rows = list(self.rows.items())
        names = told_apart({(thread, name): name for (thread, name, _, _), _ in rows}, [key[:2] for key, _ in rows], self.moments[1])
        found = []
        for (thread, name, stack, label), (row, ticks, wall, cpu) in rows:
            frames = [(stack[index], stack[index + 1]) for index in range(0, len(stack), 2)]
            del frames[len(frames) - at_root(self.codes[identity].co_filename for identity, _ in reversed(frames)) :]
            if any(own(self.codes[identity]) for identity, _ in frames[:1]) or not frames:
                continue
            resolved = tuple(places.find(each, self.codes[each], offset) for each, offset in frames)
            found.append((names[thread, name], resolved, ticks, wall, cpu, cpu if self.has_cpu else wall, stack[1], label, row))
        return found

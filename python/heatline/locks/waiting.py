"""Waiting to be told: conditions, and with them semaphores, events, barriers and queues; and the locks of asyncio."""

import sys
from time import perf_counter as clock
from _weakref import ref

from .figures import ACQUIRES, HOLD, NOTIFIED, NOTIFY_WAIT, RELEASES, WAIT
from .wrapped import state_of

frame_here = sys._getframe


def patch_condition(patches, threading, figures):
    """Every wait in `threading` that is not for a lock is one for a condition; that for a semaphore's permit counts as a lock's."""
    original, permit = threading.Condition.wait, threading.Semaphore.acquire.__code__

    def wait(self, timeout=None):
        if not figures.on:
            return original(self, timeout)
        state = state_of(self._lock)
        row = figures.row(frame_here(), state and state.site)
        of_lock = frame_here(1).f_code is permit
        wait = figures.begin_wait(row, WAIT if of_lock else NOTIFY_WAIT, clock())
        try:
            return original(self, timeout)
        finally:
            figures.end_wait(wait)
            row[NOTIFIED] += not of_lock

    patches.method(threading.Condition, "wait", wait)


class _Held:
    """What is known of a lock of asyncio: where it was made, and who holds it."""

    __slots__ = ("began", "gone", "holder", "row", "site")

    def __init__(self, site):
        self.site = site
        self.began, self.holder, self.row = 0.0, None, None


class Loops:
    """Patches asyncio's classes as their modules are imported. A task waits there, so rows bear its name."""

    def __init__(self, patches, figures):
        self._patches, self._figures = patches, figures
        self._known = {}  # id of a lock -> _Held

    def patch(self, module):
        """`module`: `asyncio.locks` or `asyncio.queues`, which has just been imported."""
        if module.__name__ == "asyncio.locks":
            for kind in (module.Lock, module.Event, module.Condition, module.Semaphore):
                self._made(kind)
            self._lock(module.Lock)
            self._wait(module.Semaphore, "acquire", lambda semaphore: semaphore.locked(), ACQUIRES, WAIT)
            self._wait(module.Event, "wait", lambda event: not event.is_set(), NOTIFIED, NOTIFY_WAIT)
            self._wait(module.Condition, "wait", lambda condition: True, NOTIFIED, NOTIFY_WAIT)
        else:
            self._made(module.Queue)
            self._wait(module.Queue, "get", lambda queue: queue.empty(), NOTIFIED, NOTIFY_WAIT)
            self._wait(module.Queue, "put", lambda queue: queue.full(), NOTIFIED, NOTIFY_WAIT)

    def _keep(self, item, site):
        identity = id(item)
        held = self._known[identity] = _Held(site)
        held.gone = ref(item, lambda _: self._known.pop(identity, None))
        return held

    def _held(self, item):
        return self._known.get(id(item)) or self._keep(item, None)

    def _task(self):
        """The name of the task that runs, or None."""
        try:
            return sys.modules["asyncio.tasks"].current_task().get_name()
        except (AttributeError, KeyError, RuntimeError):
            return None

    def _made(self, kind):
        """Remembers where things of a class are made."""
        original, name, keep, figures = kind.__init__, kind.__name__, self._keep, self._figures

        def __init__(self, *arguments, **named):
            original(self, *arguments, **named)
            keep(self, figures.site(frame_here(), name))

        __init__.__wrapped__ = original
        self._patches.method(kind, "__init__", __init__)

    def _lock(self, kind):
        take, free, held_of, task_name, figures = kind.acquire, kind.release, self._held, self._task, self._figures

        async def acquire(self):
            if not figures.on:
                return await take(self)
            held, task, frame = held_of(self), task_name(), frame_here()
            row = figures.row(frame, held.site, held.holder if self.locked() else None, task)
            place = figures.place(frame)
            del frame
            wait = figures.begin_wait(row, WAIT, clock())
            try:
                result = await take(self)
            finally:
                figures.end_wait(wait)
            held.began, held.row, held.holder = clock(), row, place and (task, *place)
            row[ACQUIRES] += 1
            return result

        def release(self):
            held = held_of(self)
            began, held.began = held.began, 0.0
            free(self)
            if began:
                held.row[RELEASES] += 1
                held.row[HOLD] += clock() - began

        self._patches.method(kind, "acquire", acquire)
        self._patches.method(kind, "release", release)

    def _wait(self, kind, name, waits, count, time):
        """A method of a class that may wait: `waits(item)` says whether it will, `count` and `time` are the figures it counts for."""
        original, held_of, task_name, figures = vars(kind)[name], self._held, self._task, self._figures

        async def wait(self, *arguments, **named):
            if not figures.on or not (waits(self) or count == ACQUIRES):
                return await original(self, *arguments, **named)
            row = figures.row(frame_here(), held_of(self).site, None, task_name())
            wait = figures.begin_wait(row, time, clock()) if waits(self) else None
            try:
                result = await original(self, *arguments, **named)
            finally:
                if wait is not None:
                    figures.end_wait(wait)
            row[count] += 1
            return result

        wait.__wrapped__ = original
        self._patches.method(kind, name, wait)

"""
Locks that count, in the place of those that `threading.Lock` and `threading.RLock` make.

A lock's methods stand in slots of its own: one that is not watched has the native lock's own methods there, and costs no
Python at all; one that is watched has closures. What they keep is guarded by the lock itself, while it is held.
"""

import sys
from _thread import TIMEOUT_MAX
from _thread import get_ident as ident
from time import perf_counter as clock
from _weakref import ref

from .figures import ACQUIRES, HOLD, LOOKED_AT, RELEASES, WAIT, Figures, Site

# A hold as long as this is told where it ended, unless the stack of its acquire was looked at.
LONG = 100e-6
# Where a lock cannot be tried first, having it took a wait from here on.
WAITED = 50e-6
# Who is given a lock by its last holder says so within this, if it comes to run at all.
HANDOVER = 0.0005
ROUND = range(200)
LETS_GO = ("__exit__", "release", "release_lock")
# Conditions keep these: they are ours for good, and count what a lock that is watched has begun.
KEPT = ("_release_save", "_acquire_restore", "_at_fork_reinit")
frame_here = sys._getframe


class State:
    """What a watched lock has not told yet. All is changed by who holds it. Frames of ours are taken out of stacks later."""

    __slots__ = ("began", "counted", "depth", "figures", "freed", "hold", "left", "limit", "native", "owed", "row", "site", "step", "take", "taker")

    def __init__(self, native, site, figures, again):
        """`again`: whether who holds it may take it once more."""
        self.native, self.take, self.site, self.figures = native, native.acquire, site, figures
        self.left = self.counted = 1  # acquires until the next look at a stack; what `left` was when they were last told
        self.began = self.hold = 0.0  # when the hold began that goes on, 0: not known; length of those that are over
        self.freed = 0
        self.depth, self.step = 0, int(again)
        self.limit = LONG  # a longer hold is settled on its own
        self.taker = None  # the thread that took it last
        self.row = self.owed = None  # figures of the stack that was looked at last; of an acquire that had to wait

    def look(self):
        """Of the acquire that is being made: sums so far belong to the stack before, what follows to this one."""
        self.left = 1
        self.tell()
        self.left = self.site.gap()
        self.counted = self.left + 1
        self.row = self.figures.row(frame_here(), self.site)

    def tell(self):
        """Adds what is known to the stack that was looked at last."""
        row = self.row
        if row is not None:
            row[ACQUIRES] += self.counted - self.left
            row[RELEASES] += self.freed
            row[HOLD] += self.hold
        self.counted, self.freed, self.hold = self.left, 0, 0.0

    def begin_anew(self):
        """What it has told is the past's: the next acquire has its stack looked at."""
        self.row = self.owed = None
        self.limit = LONG
        self.left = self.counted = 1
        self.freed, self.hold = 0, 0.0

    def __del__(self):
        """Methods of a lock may live longer than itself: in `with Lock():` it has gone before it is taken."""
        self.tell()

    def got(self):
        """It was free. Returns True."""
        self.left -= 1
        if not self.left:
            self.look()
        self.depth += self.step
        if self.depth <= 1:
            self.taker = ident()
            self.began = clock()
        return True

    def wait(self, timeout=-1):
        """Another thread has it, and goes on with it while the stack is looked at. Returns whether it was got."""
        asked = clock()
        figures = self.figures
        if not self.began and not 0 <= timeout <= HANDOVER:
            # It is being handed over to one that does not run yet, or had by one that began to wait unseen.
            if self.take(True, HANDOVER):
                row = figures.row(frame_here(), self.site)
                row[WAIT] += clock() - asked
                self.waited(row)
                return True
            timeout = max(0, timeout - HANDOVER) if timeout > 0 else timeout
        row = figures.row(frame_here(), self.site, figures.holder(self.taker) if self.began else None)
        wait = figures.begin_wait(row, WAIT, asked)
        try:
            got = self.take(True, timeout)
        finally:
            figures.end_wait(wait)
        if got:
            self.waited(row)
        return got

    def waited(self, row, depth=1):
        """It was got after a wait: this acquire and its hold belong to `row`."""
        row[ACQUIRES] += 1
        self.owed, self.limit = row, -1.0
        self.depth = depth * self.step
        self.taker = ident()
        self.began = clock()

    def odd(self, blocking, timeout):
        """An acquire with arguments; bad ones are the native lock's to refuse."""
        if blocking and isinstance(timeout, (int, float)) and 0 <= timeout <= TIMEOUT_MAX:
            return (self.take(False) and self.got()) or self.wait(timeout)
        if blocking and timeout == -1:
            return (self.take(False) and self.got()) or self.wait()
        return self.take(blocking, timeout) and self.got()

    def end(self):
        """The hold is over."""
        spent = clock() - self.began
        known, self.began = self.began, 0.0
        if known and spent > self.limit:
            self.settle(spent)
        elif known:
            self.hold += spent
            self.freed += 1

    def settle(self, spent):
        """The end of a hold that is not one of many short ones."""
        if self.owed is not None:
            row, self.owed, self.limit = self.owed, None, LONG
        elif self.counted - self.left == 1:
            row = self.row
        else:
            row = self.figures.row(frame_here(), self.site)
        row[RELEASES] += 1
        row[HOLD] += spent

    def forget(self):
        """Nobody is known to hold it any more: it was made anew in a forked child, or may have been taken unseen."""
        self.began, self.depth, self.owed, self.limit = 0.0, 0, None, LONG


def watch_lock(state):
    """Methods for a lock that a thread can take once: name → function. What `with` calls is written out: calls cost more than all else."""
    take, free = state.take, state.native.release

    def enter():
        if take(False):
            state.left -= 1
            if not state.left:
                state.look()
            state.taker = ident()
            state.began = clock()
            return True
        return state.wait()

    def acquire(blocking=True, timeout=-1):
        return enter() if blocking is True and timeout == -1 else state.odd(blocking, timeout)

    def release():
        began = state.began
        if began:
            spent = clock() - began
            state.began = 0.0
            if spent > state.limit:
                state.settle(spent)
            else:
                state.hold += spent
                state.freed += 1
        free()

    def leave(kind=None, value=None, traceback=None):
        began = state.began
        if began:
            spent = clock() - began
            state.began = 0.0
            if spent > state.limit:
                state.settle(spent)
            else:
                state.hold += spent
                state.freed += 1
        free()

    return {"__enter__": enter, "acquire": acquire, "acquire_lock": acquire, "__exit__": leave, "release": release, "release_lock": release}


def watch_rlock(state):
    """The same for one that a thread may take again: it is held from the first acquire to the last release."""
    take, native = state.take, state.native
    free, save, restore = native.release, native._release_save, native._acquire_restore

    def acquire(blocking=True, timeout=-1):
        if blocking is not True or timeout != -1:
            return state.odd(blocking, timeout)
        return (take(False) and state.got()) or state.wait()

    def release():
        if state.depth and state.taker == ident():
            state.depth -= 1
            if state.depth:
                state.freed += 1
            else:
                state.end()
        free()

    def leave(*_):
        release()

    def release_save():
        """For a condition that is waited for: given back wholly, however often it was taken."""
        if state.depth and state.taker == ident():
            state.freed += state.depth - 1
            state.depth = 0
            state.end()
        return save()

    def acquire_restore(saved):
        if not state.figures.on:
            state.forget()
            return restore(saved)
        asked = clock()
        restore(saved)
        spent = clock() - asked
        if spent > WAITED:
            row = state.figures.row(frame_here(), state.site)
            row[WAIT] += spent
            state.waited(row, saved[0])
        else:
            state.depth = 0
            state.got()
            state.depth = saved[0]
        return None

    methods = {"__enter__": acquire, "acquire": acquire, "__exit__": leave, "release": release}
    return {**methods, "_release_save": release_save, "_acquire_restore": acquire_restore}


class Watched(ref):
    """Of a live lock: its state, and its methods while it is watched."""

    __slots__ = ("methods", "state")


class _Kind(type):
    """Locks that were made before, or elsewhere, are locks of this kind as well."""

    def __instancecheck__(cls, item):
        return isinstance(item, cls._native_type)

    def __subclasscheck__(cls, other):
        return other is cls or issubclass(other, cls._native_type)

    def __repr__(cls):
        return repr(cls._stands_for)


def stand_in(original, locks):
    """A class that stands in for `original`, which is `threading.Lock` or `threading.RLock`; `locks` keeps those that live."""
    native_type = type(original())
    native_name = "%s.%s" % (native_type.__module__, native_type.__qualname__)
    names = tuple(name for name in dir(native_type) if not hasattr(object, name))
    again = "_release_save" in names
    kind, methods_of = ("RLock", watch_rlock) if again else ("Lock", watch_lock)
    callable_type = again or native_type is original  # threading.Lock is a type since 3.13
    live, figures = locks.live, locks.figures

    gone = lambda watched: live.pop(id(watched), None)

    def make(kind_of_lock, *arguments, **named):
        native = original(*arguments, **named)
        self = object.__new__(kind_of_lock)
        watched = Watched(self, gone)
        watched.state = state = State(native, figures.site(frame_here(1), kind), figures, again)
        state_slot.__set__(self, state)
        watched.methods = methods = methods_of(state)
        if "_at_fork_reinit" in names:
            methods["_at_fork_reinit"] = lambda: (state.forget(), native._at_fork_reinit())[1]
        on = locks.watches_new
        for name in names:
            setattr(self, name, methods[name] if name in methods and (on or name in KEPT) else getattr(native, name))
        live[id(watched)] = watched
        locks.made += 1
        return self

    class lock(metaclass=_Kind):
        __slots__ = (*names, "__weakref__", "_state")
        _native_type, _stands_for = native_type, original

        def __new__(cls, *arguments, **named):
            if callable_type:
                return make(cls, *arguments, **named)
            raise TypeError("cannot create '%s' instances" % native_name)

        def __init_subclass__(cls):
            # As of the native type.
            raise TypeError("type '%s' is not an acceptable base type" % native_name)

        def __repr__(self):
            return repr(state_slot.__get__(self).native)

        def __reduce_ex__(self, protocol):
            return state_slot.__get__(self).native.__reduce_ex__(protocol)

        @property
        def __class__(self):
            return native_type

    state_slot = lock.__dict__["_state"]
    del lock._state
    lock._state_of = state_slot.__get__
    lock.__doc__ = original.__doc__
    if not callable_type:
        lock.__name__ = lock.__qualname__ = native_type.__name__
        lock.__module__ = native_type.__module__
        return _Maker(lock, make, original, kind)
    # Pickled by name, as the original is.
    lock.__name__ = lock.__qualname__ = kind
    lock.__module__ = "threading"
    return lock


class _Maker:
    """Passes for a built-in function that makes locks; as one in a class it is no method of instances."""

    def __init__(self, kind, make, original, name):
        self._kind, self._make, self._original, self._name = kind, make, original, name
        self.__name__ = self.__qualname__ = original.__name__
        self.__module__, self.__doc__ = "threading", original.__doc__

    def __call__(self):
        return self._make(self._kind)

    def __repr__(self):
        return repr(self._original)

    def __reduce__(self):
        return self._name


def state_of(lock):
    """The state of a lock of ours, None of another."""
    kind = type(lock)
    return kind._state_of(lock) if type(kind) is _Kind else None


def watch(watched, on, leaving=False):
    """Has a live lock's methods be those that count, or the native ones; `leaving`: those that let go may still count."""
    lock = watched()
    if lock is not None:
        native = watched.state.native
        for name, method in watched.methods.items():
            if hasattr(native, name):
                setattr(lock, name, method if on or (leaving and name in LETS_GO) or name in KEPT else getattr(native, name))


def pair_seconds():
    """What it takes a program that a lock is watched, for an acquire and its release; the least of some rounds."""
    from _thread import allocate_lock

    state = State(allocate_lock(), Site(frame_here().f_code, 0, "Lock"), Figures(str), False)
    state.site.looks = LOOKED_AT
    methods = watch_lock(state)
    found = []
    for acquire, release in ((state.native.acquire, state.native.release), (methods["acquire"], methods["release"])):
        least = 1.0
        for _ in range(8):
            began = clock()
            for _ in ROUND:
                acquire()
                release()
            least = min(least, clock() - began)
        found.append(least / len(ROUND))
    return max(0.0, found[1] - found[0])

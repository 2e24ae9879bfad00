"""What windows tell beside time: who asks for memory, and who waits for locks and holds them. Value types of the same samples."""

from ..native import allocate_lock
from ..pprof import Writer
from ..quality import as_json, identity
from .sampler import OTHER

# What stands for all stacks that are not told apart.
ELSEWHERE = (((OTHER, OTHER, "~", 0), 0, 0),)
# What the endpoint is asked for, by Go's names: the value type that is shown first, and all of them.
KINDS = {
    "heap": ("kept_space", ("kept_objects", "kept_space")),
    "mutex": ("lock-release-hold", ("lock-acquire", "lock-acquire-wait", "lock-release", "lock-release-hold")),
    "block": ("lock-acquire-wait", ("lock-acquire", "lock-acquire-wait", "lock-notify", "lock-notify-wait")),
}


class Further:
    """`types`: [(name, unit)] of `kinds`: those of `memory` first, then of `locks`. Windows are made in one thread, what the endpoint gives in others."""

    def __init__(self, folder, depth=None, locks=False):
        """`depth`: frames that looks at memory keep, None where nobody looks."""
        self.types = []
        self._depth, self._naming, self._lock_samples = depth, None, None
        self._one = allocate_lock()
        if depth is not None:
            from . import memory

            self._naming = memory.Naming(folder, depth)
            self.types += memory.TYPES
        if locks:
            from . import locking

            self._folder, self._make = folder, locking.LockSamples
            self.types += locking.TYPES
        self._after = len(self.types)
        self._before = 0 if depth is None else 2
        self._has_locks = locks

    def samples(self, window):
        """[(places leaf first, values in the order of `types`, labels)]"""
        found = []
        if self._naming is not None and window.kept is not None:
            rest = [0] * (self._after - 2)
            with self._one:
                found += [(places, values + rest, []) for places, values in self._naming.samples(window.kept, window.seconds)]
        if self._has_locks and window.locks is not None:
            rest = [0] * self._before
            found += [(places, rest + values, labels) for places, values, labels in self._make(self._folder).samples(window.locks)]
        return found

    def file(self, asked, windows, comments):
        """A pprof file, as bytes, of what the endpoint was asked for in these windows, of which each begins where the one before ends."""
        first, names = KINDS[asked]
        columns = [index for index, (name, _) in enumerate(self.types) if name in names]
        writer = Writer([self.types[index] for index in columns])
        notes = []
        for window in windows:
            notes += [note for note in self.told(window) if note not in notes]
            for places, values, labels in self.samples(window):
                chosen = [values[index] for index in columns]
                if any(chosen):
                    writer.sample(places or ELSEWHERE, chosen, labels)
        quality = {**identity("agent"), "errors": 0, "notes": notes}
        lasted = windows[-1].ended - windows[0].began
        period = next(each for each in self.types if each[0] == first)
        return writer.bytes(windows[0].started, lasted, period, 0, first, ["heatline: " + as_json(quality), *comments])

    def told(self, window):
        """Notes."""
        return [] if self._naming is None or window.kept is None else self._naming.told(window.kept, window.seconds)


NOTHING_FURTHER = Further("")

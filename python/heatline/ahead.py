"""Samples and their moments in the form of their file, made while a recording goes on: its end then waits for those alone that are new."""

from itertools import chain

from .content import OF_MOMENTS, labels
from .moments import ROW, STRIDE, told_apart
from .pprof import NUMBERS, Writer

# Samples that changed are encoded again after so many ns, a few at each look.
AGAIN = 2_000_000_000
PIECE = 40
# Stretches of time that are written at one look, when there are so many new ones: as long as a few samples take.
STRETCHES = 256


class Ahead:
    """
    `writer` has the samples and moments, and `numbers` by row the number of its sample, -1 for rows of the recorder alone; `names`
    of threads. `began`, to be set before the first look: ns of its clock that moments are told from.
    """

    def __init__(self, frames, names):
        """`names`: kernel id → name of a thread, as far as it is known by now."""
        self.writer = Writer(NUMBERS)
        self.began = 0
        self.numbers = []
        self.changed = {}  # row number → (kernel id, stack, label), of rows that were seen since they were encoded
        self._pending = iter(())
        self._due = 0
        self._written = self._changes = 0  # stretches that are written, as they were after so many changes
        self._frames = frames
        self.names = names
        self._named = {}

    def work(self, rows, moments, now):
        """To be called after each look: encodes some of what has changed. `rows` and `moments` as the watch has them; `now` in ns."""
        self._write_ended(moments)
        for count, (number, key) in enumerate(self._pending):
            self._encode(number, key, rows[key])
            if count == PIECE:
                return
        if now >= self._due:
            self._due = now + AGAIN
            self._take()

    def finish(self, rows, moments):
        """Encodes what is left."""
        for _ in range(2):
            for number, key in self._pending:
                self._encode(number, key, rows[key])
            self._take()
        _, stretches = moments.all()
        self._look_for_changes(moments)
        self._write(stretches[STRIDE * self._written :])
        self.names = told_apart({native: self._name(native) for native in self._named}, moments.threads, stretches)
        renamed = {native for native, name in self._named.items() if name != self._name(native)}
        if renamed:
            for key, row in rows.items():
                if key[0] in renamed:
                    self._encode(row[0], key, row)

    def _write_ended(self, moments):
        """Writes some stretches of samples that have their numbers."""
        self._look_for_changes(moments)
        stretches = moments.ended(self._written, STRETCHES)
        if stretches is not None and max(stretches[ROW::STRIDE]) < len(self.numbers):
            self._write(stretches)

    def _look_for_changes(self, moments):
        if self._changes != moments.changes:
            self._changes, self._written = moments.changes, 0
            self.writer.forget_moments()

    def _write(self, stretches):
        self.writer.moments(self.numbers.__getitem__, stretches, self.began, OF_MOMENTS)
        self._written += len(stretches) // STRIDE

    def _take(self):
        self._pending, self.changed = iter(self.changed.items()), {}

    def _name(self, native):
        return self.names.get(native) or "thread %d" % native

    def _encode(self, number, key, row):
        native, stack, label = key
        name = self._name(native)
        self._named.setdefault(native, name)
        places = self._frames.stack(list(chain.from_iterable(stack)))
        # Rows are new in the order of their numbers.
        if number == len(self.numbers):
            self.numbers.append(-1 if places is None else self.writer.sample(places, row[1:4], labels(name, label)))
        elif places is not None:
            self.writer.sample_again(self.numbers[number], places, row[1:4], labels(name, label))

"""Samples in the form of their file, encoded while a recording goes on: its end then waits for those alone that are new."""

from itertools import chain

from .content import NUMBERS, labels
from .moments import told_apart
from .pprof import Writer

# Samples that changed are encoded again after so many ns, a few at each look.
AGAIN = 2_000_000_000
PIECE = 40


class Ahead:
    """`writer` has the samples, and `numbers` by row the number of its sample, -1 for rows of the recorder alone; `names` of threads."""

    def __init__(self, frames, names):
        """`names`: kernel id → name of a thread, as far as it is known by now."""
        self.writer = Writer(NUMBERS)
        self.numbers = []
        self.changed = {}  # row number → (kernel id, stack, label), of rows that were seen since they were encoded
        self._pending = iter(())
        self._due = 0
        self._frames = frames
        self.names = names
        self._named = {}

    def work(self, rows, now):
        """To be called after each look: encodes some of what has changed. `rows` as the watch has them; `now` in ns."""
        for count, (number, key) in enumerate(self._pending):
            self._encode(number, key, rows[key])
            if count == PIECE:
                return
        if now >= self._due:
            self._due = now + AGAIN
            self._take()

    def finish(self, rows, threads, stretches):
        """Encodes what is left. `threads`: kernel id by row, `stretches`: as Moments.all gives them."""
        for _ in range(2):
            for number, key in self._pending:
                self._encode(number, key, rows[key])
            self._take()
        self.names = told_apart({native: self._name(native) for native in self._named}, threads, stretches)
        renamed = {native for native, name in self._named.items() if name != self._name(native)}
        if renamed:
            for key, row in rows.items():
                if key[0] in renamed:
                    self._encode(row[0], key, row)

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

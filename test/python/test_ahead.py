"""Samples and moments that are encoded while they are still being counted are those of the end."""

import os
import random
import sys
import unittest
from unittest import mock

from support import PACKAGE, Case, Profile
from test_moments import seen

sys.path.insert(0, os.path.dirname(PACKAGE))
from heatline import ahead, moments

OURS = 0  # code of the recorder
BEGAN = 5_000_000
ARGUMENTS = 1_700_000_000_000_000_000, 5, ("wall", "nanoseconds"), 1, "wall", ["heatline: {}"]


class Frames:
    def stack(self, flat):
        return None if flat[0] == OURS else tuple(((("f%d" % code), "f", "/f.py", 1), offset, 0) for code, offset in zip(flat[::2], flat[1::2]))


class AheadTest(Case):
    def read(self, writer):
        with open(self.output, "wb") as file:
            file.write(writer.bytes(*ARGUMENTS))
        return Profile(self.output)

    def play(self, seed):
        """Rows as a watch has them, of which some were seen again after they had been encoded, and names that come late or change."""
        dice = random.Random(seed)
        names = {}
        subject = ahead.Ahead(Frames(), names)
        subject.began = BEGAN
        rows, times = {}, moments.Moments(10)
        for look in range(dice.randrange(1, 400)):
            now = BEGAN + 1000 * look
            for native in range(4):
                # One thread after the other: they may have one name.
                if native != look // 100 or dice.random() < 0.2:
                    continue
                depth = dice.choice((1, 3, 90))
                key = native, tuple((dice.randrange(3), dice.randrange(1, 3)) for _ in range(depth)), dice.choice((None, "test"))
                row = rows.setdefault(key, [len(rows), 0, 0, 0, 0])
                if row[0] == len(times.threads):
                    times.row(native)
                cpu = dice.randrange(1000)
                row[1:] = [row[1] + 1, row[2] + 1000, row[3] + cpu, 0]
                times.add(row[0], now, now + 1000, cpu)
                subject.changed[row[0]] = key
            times.tidy()
            if dice.random() < 0.02:
                names[dice.randrange(4)] = "thread ü%d" % dice.randrange(3)
            subject.work(rows, times, look * dice.choice((0, 1, ahead.AGAIN)))
        subject.times, subject.before_the_end = times, subject._written
        subject.finish(rows, times)
        expected = []
        for (native, stack, label), row in rows.items():
            if stack[0][0] != OURS:
                labels = {"thread": names.get(native) or "thread %d" % native, **({} if label is None else {"test": label})}
                values = dict(zip(("samples", "wall", "cpu"), row[1:4]))
                expected.append(([("f%d" % code, line) for code, line in stack], values, labels))
        return subject, rows, expected

    def test_they_are_those_of_the_end(self):
        for seed in range(30):
            subject, rows, expected = self.play(seed)
            key = lambda sample: (sample[0], sorted(sample[1].items()), sorted(sample[2].items()))
            found = [([(name[0], line) for name, line, _ in stack], values, labels) for stack, values, labels in self.read(subject.writer).samples]
            self.assertEqual(sorted(found, key=key), sorted(expected, key=key))
            # Each row knows its sample.
            for (_, stack, _), row in rows.items():
                number = subject.numbers[row[0]]
                self.assertEqual(number < 0, stack[0][0] == OURS)
                if number >= 0:
                    self.assertEqual(found[number][0], [("f%d" % code, line) for code, line in stack])

    def test_so_are_their_moments(self):
        """Whether they were written at once, or put together after they had been written, or while it ended."""
        joined = written = early = 0
        for seed in range(60):
            with mock.patch.multiple(moments, MOST=random.Random(seed).choice((20, 1000)), PER_ROW=0, PIECE=random.Random(seed).choice((1, 5))):
                with mock.patch.object(ahead, "STRETCHES", random.Random(seed).choice((1, 7, 100))):
                    subject, _, _ = self.play(seed)
            joined += subject.times.width > 0
            _, numbers = subject.times.all()
            expected = [(row, begin - BEGAN, *figures) for row, begin, *figures in zip(*(numbers[at::5] for at in range(5)))]
            self.read(subject.writer)
            _, found = seen(self.output)
            self.assertEqual(found, [(subject.numbers[row], *rest) for row, *rest in expected if subject.numbers[row] >= 0])
            written += len(found)
            early += subject.before_the_end
        self.assertGreater(joined, 10)
        self.assertGreater(written, 1000)
        self.assertGreater(early, written // 10)

    def test_one_type_more(self):
        subject, _, expected = self.play(3)
        subject.writer.add_type("recent", "nanoseconds")
        found = self.read(subject.writer)
        self.assertEqual([name for name, _ in found.types], ["samples", "wall", "cpu", "recent"])
        self.assertEqual({values["recent"] for _, values, _ in found.samples}, {0})
        self.assertEqual(sum(values["wall"] for _, values, _ in found.samples), sum(values["wall"] for _, values, _ in expected))
        self.assertEqual(len(found.samples), len(expected))


if __name__ == "__main__":
    unittest.main()

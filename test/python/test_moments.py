"""When samples were seen: bounded, right to what is said, and the same sums as without."""

import bisect
import collections
import gzip
import os
import random
import struct
import sys
import time
import unittest
from array import array
from unittest import mock

from support import LINUX, PACKAGE, Case, Profile, fields

sys.path.insert(0, os.path.dirname(PACKAGE))
from heatline import moments

MOMENTS = 1003
PHASES = """
import threading, time
def work(end):
    while time.perf_counter() < end:
        sum(range(2000))
def first():
    work(time.perf_counter() + 0.6)
def pause():
    time.sleep(0.6)
def last():
    work(time.perf_counter() + 0.6)
beside = threading.Thread(target=time.sleep, args=(1.2,), name="beside")
beside.start()
for each in (first, pause, last):
    print(each.__name__, time.time_ns())
    each()
print("end", time.time_ns())
beside.join()
"""


TWINS = """
import threading, time
def early():
    time.sleep(0.4)
def later():
    time.sleep(0.4)
for group in ([early, early], [later]):
    threads = [threading.Thread(target=each, name="twin") for each in group]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    time.sleep(0.1)
"""


def seen(path):
    """The profile, and of each moment: number of its sample, begin and length in ns, looks, CPU ns; decoded without the code under test."""
    with gzip.open(path) as file:
        messages = [fields(value) for field, value in fields(file.read()) if field == MOMENTS]
    found = []
    for message in messages:
        numbers, begins, lengths = (_fixed(value, size) for (field, value), size in zip(message, (4, 8, 8)) if field < 4)
        columns = {dict(fields(value)).get(1, 0): _fixed(dict(fields(value))[2], 8) for field, value in message if field == 4}
        found += zip(numbers, begins, lengths, columns[0], columns[2])
    return Profile(path), found


def _fixed(data, size):
    return struct.unpack("<%d%s" % (len(data) // size, {4: "I", 8: "Q"}[size]), data)


class MomentsTest(unittest.TestCase):
    """Against the looks themselves: whatever is put together stays near, in order, and adds up."""

    def play(self, dice, stacks, looks=2000):
        subject = moments.Moments(1_000_000)
        rows, truth = {}, []
        last = dict.fromkeys(range(dice.randrange(1, 6)), 0)
        now = 0
        for _ in range(looks):
            now += dice.randrange(500_000, 2_500_000)
            for thread in last:
                if dice.random() < 0.02:
                    continue  # could not be read: the next look stands for this one too
                if dice.random() < 0.01:
                    last[thread] = now  # nothing ran there
                    continue
                key = thread, dice.randrange(stacks) if dice.random() < 0.6 else 0
                row = rows.setdefault(key, len(rows))
                if row == len(subject.threads):
                    self.assertEqual(subject.row(thread), row)
                cpu = dice.randrange(1000)
                subject.add(row, last[thread], now, cpu)
                truth.append((row, last[thread], now, cpu))
                last[thread] = now
            subject.only(set(last))
            subject.tidy()
        return subject, [thread for thread, _ in rows], truth

    def check(self, subject, threads, truth):
        width, numbers = subject.all()
        stretches = [tuple(numbers[at : at + 5]) for at in range(0, len(numbers), 5)]
        sums = collections.defaultdict(lambda: [0, 0, 0])
        for row, begin, end, cpu in truth:
            sums[row] = [a + b for a, b in zip(sums[row], (end - begin, 1, cpu))]
        found = collections.defaultdict(lambda: [0, 0, 0])
        begins, ends = collections.defaultdict(list), {}
        for row, begin, length, looks, cpu in stretches:
            found[row] = [a + b for a, b in zip(found[row], (length, looks, cpu))]
            self.assertGreaterEqual(begin, ends.get(threads[row], 0))
            ends[threads[row]] = begin + length
            begins[row].append((begin, begin + length))
        self.assertEqual(found, sums)
        for row, begin, end, _ in truth:
            at = bisect.bisect_right(begins[row], (begin, 1 << 62))
            near = min(max(0, one - begin, end - other) for one, other in begins[row][max(0, at - 2) : at + 2])
            self.assertLessEqual(near, width)
        return width, stretches

    def test_exact_while_there_is_room(self):
        width, stretches = self.check(*self.play(random.Random(1), 3))
        self.assertEqual(width, 0)
        self.assertGreater(len(stretches), 1000)

    def test_put_together_when_there_is_none(self):
        for seed in range(12):
            dice = random.Random(seed)
            most = dice.choice((60, 300, 900))
            with mock.patch.multiple(moments, MOST=most, PER_ROW=dice.choice((1, 3)), PIECE=dice.choice((3, 40, 1000))):
                subject, threads, truth = self.play(dice, dice.choice((2, 10, 300)))
                width, stretches = self.check(subject, threads, truth)
                self.assertLess(len(stretches), 2 * max(most, moments.PER_ROW * len(subject.threads)) + 100)
                self.assertGreater(width, 0)

    def test_one_name_is_one_thread_at_a_time(self):
        threads = ["a", "b", "c", "d", "e"]
        extents = [(0, 10), (5, 10), (12, 3), (15, 1), (0, 100)]
        stretches = array("q", [number for row, (begin, length) in enumerate(extents) for number in (row, begin, length, 1, 0)])
        names = {**dict.fromkeys("abcd", "pool"), "e": "main", "f": "pool"}  # of f nothing was seen
        told = moments.told_apart(names, threads, stretches)
        self.assertEqual(told, {"a": "pool", "b": "pool (2)", "c": "pool", "d": "pool", "e": "main", "f": "pool"})

    def test_what_goes_on_is_one(self):
        subject = moments.Moments(1_000_000)
        row = subject.row("main")
        for look in range(1000):
            subject.add(row, look * 10, look * 10 + 10, 3)
        self.assertEqual(list(subject.all()[1]), [row, 0, 10_000, 1000, 3000])

    def test_work_is_done_in_pieces(self):
        """No look waits for all of it."""
        with mock.patch.object(moments, "PIECE", 100):
            subject = moments.Moments(1)
            rows = [subject.row("main") for _ in range(2)]
            for look in range(moments.MOST + 10):
                subject.add(rows[look % 2], look, look + 1, 0)
            steps = 0
            while steps == 0 or subject._work is not None:
                subject.tidy()
                steps += 1
        self.assertGreater(steps, moments.MOST // 100)
        self.assertLess(len(subject.all()[1]) // 5, moments.MOST)


class RecordedMomentsTest(Case):
    def recorded(self, *options):
        status, out, err = self.run_recorded([self.write("phases.py", PHASES)], options)
        self.assertEqual((status, err), (0, ""))
        return {name: int(at) for name, at in (line.split() for line in out.splitlines())}

    def test_phases_are_where_they_were_and_add_up_to_the_samples(self):
        for options in (["--engine", "sampler"], ["--engine", "hybrid"], ["--engine", "sampler", "--in-process"], ["--engine", "sampler", "--live"]):
            with self.subTest(options=options):
                marks = self.recorded(*options)
                profile, found = seen(self.output)
                self.add_up(profile, found)
                with gzip.open(self.output) as file:
                    started = dict(fields(file.read()))[9]
                within = profile.quality["timesWithin"]
                self.assertTrue(0 < within < 0.1, within)
                order = [*marks]
                for name, after in zip(order, order[1:]):
                    times = [
                        (begin, begin + length)
                        for number, begin, length, *_ in found
                        if name in {place[0][0] for place in profile.samples[number][0]} and profile.samples[number][2]["thread"] == "MainThread"
                    ]
                    begun, ended = min(times)[0] / 1e9, max(end for _, end in times) / 1e9
                    # A busy machine may look late: then but not by half a phase.
                    self.assertAlmostEqual(begun, (marks[name] - started) / 1e9, delta=0.25 + within)
                    self.assertAlmostEqual(ended, (marks[after] - started) / 1e9, delta=0.25 + within)

    def add_up(self, profile, found):
        """To what the samples say, which are all gone then."""
        sums = collections.defaultdict(lambda: [0, 0, 0])
        for number, _, length, looks, cpu in found:
            sums[number] = [a + b for a, b in zip(sums[number], (looks, length, cpu))]
        for number, (_, values, labels) in enumerate(profile.samples):
            if "heatline" not in labels:
                self.assertEqual(sums.pop(number), [values["samples"], values["wall"], values["cpu"]])
        self.assertEqual(sums, {})

    def test_of_a_thread_they_never_overlap(self):
        self.recorded("--engine", "sampler", "--rate", "500")
        profile, found = seen(self.output)
        ends = {}
        for number, begin, length, *_ in found:
            thread = profile.samples[number][2]["thread"]
            self.assertGreaterEqual(begin, ends.get(thread, 0))
            ends[thread] = begin + length
        self.assertEqual(set(ends), {"MainThread", "beside"})

    def test_threads_of_one_name_are_told_apart_where_they_are_there_together(self):
        script = self.write("main.py", TWINS)
        for options in (["--engine", "sampler"], ["--engine", "hybrid"], ["--engine", "sampler", "--in-process"]):
            with self.subTest(options=options):
                self.assertEqual(self.run_recorded([script], options)[0], 0)
                profile, found = seen(self.output)
                self.assertEqual(profile.threads(), {"MainThread", "twin", "twin (2)"})
                ends = {}
                for number, begin, length, *_ in found:
                    thread = profile.samples[number][2]["thread"]
                    self.assertGreaterEqual(begin, ends.get(thread, 0))
                    ends[thread] = begin + length
                if "--in-process" in options:
                    continue  # Python gives the third one the identity of one before it.
                # The third began when the others had ended, and is one of the first name.
                self.assertGreater(profile.seconds("later", thread="twin"), 0.2)
                self.assertEqual(profile.seconds("later", thread="twin (2)"), 0)

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_the_live_view_has_them(self):
        process = self.start([self.write("long.py", "import time\nend = time.time() + 60\nwhile time.time() < end:\n    sum(range(1000))\n")], ["--engine", "sampler", "--live"])
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        limit = time.time() + 60
        while not os.path.exists(self.output + ".live") and time.time() < limit:
            time.sleep(0.05)
        profile, found = seen(self.output + ".live")
        wall = sum(values["wall"] for _, values, _ in profile.samples)
        self.assertGreater(wall, 0)
        self.assertEqual(sum(length for _, _, length, *_ in found), wall)


if __name__ == "__main__":
    unittest.main()

"""Memory and locks in the agent's windows: what the program itself counts, what is left alone, and what it may cost."""

import os
import subprocess
import sys
import unittest

import agents
from agents import NO_LIMIT, AgentCase
from support import Profile
from test_agent_endpoint import Served

sys.path.insert(0, agents.ROOT)

import heatline.agent.locking as locking_module  # noqa: E402
from heatline.agent.locking import RAREST, Locking  # noqa: E402
from heatline.agent.memory import LONGEST_PAUSE, Looks  # noqa: E402

CPYTHON = sys.implementation.name == "cpython"
# Allocates and keeps for some seconds; then says how many bytes.
KEEPS = """
import time
held = []
def keep():
    held.append([bytes(1000) for _ in range(20)])
until = time.monotonic() + 3
while time.monotonic() < until:
    keep(); time.sleep(0.001)
print(sum(sum(map(len, each)) for each in held))
"""
# Threads that wait for each other; then tells how long they waited and held, by their own clock.
WAITS = """
import threading, time
lock = threading.Lock()
waited, held = [], []
def take(until):
    while time.monotonic() < until:
        asked = time.monotonic()
        with lock:
            got = time.monotonic()
            time.sleep(0.001)
        held.append(time.monotonic() - got); waited.append(got - asked)
def work(seconds):
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=take, args=(until,), name="worker %d" % each) for each in range(3)]
    for each in threads: each.start()
    for each in threads: each.join()
"""
FORK = """
import os
work(0.5)
del waited[:], held[:]
child = os.fork()
work(3)
print(os.getpid(), sum(waited), sum(held), flush=True)
if child: os.waitpid(child, 0)
"""


def total(profiles, kind, name):
    """Of the samples in whose innermost frame a function stands."""
    return sum(values.get(kind, 0) for profile in profiles for stack, values, _ in profile.samples if stack[0][0][1] == name or stack[0][0][0] == name)


def notes(profiles):
    return " ".join(note for each in profiles for note in each.quality["notes"])


@unittest.skipUnless(CPYTHON, "tracemalloc is CPython's")
class Memory(AgentCase):
    def test_bytes_stand_where_the_program_asked_for_them(self):
        size = int(self.clean(self.program(KEEPS, NO_LIMIT + "memory=True, window=1.1")))
        profiles = self.profiles()
        self.assertGreater(len(profiles), 2)
        self.assertEqual(profiles[0].types[3:], [("kept_objects", "count"), ("kept_space", "bytes")])
        found = sum(total(profiles, "kept_space", name) for name in ("keep", "<listcomp>"))
        self.assertGreater(found, 0.6 * size)
        self.assertLess(found, 1.6 * size)
        lines = {line for each in profiles for stack, values, _ in each.samples if values["kept_space"] > size / 20 for (_, _, path, _), line, _ in stack[:1] if path.endswith("app.py")}
        self.assertEqual(lines, {6})
        # The stack, as samples of time have it; time is where it was.
        self.assertTrue(any([place[0][1] for place in stack[-2:]] == ["keep", "<module>"] for each in profiles for stack, values, _ in each.samples if values["kept_space"]))
        self.check_sums(profiles)
        self.assertRegex(notes(profiles), r"tracemalloc was on for 0\.\d+ of 1\.\d s, in \d+ looks")
        # What it may have cost is told, and kept to a quarter of what is allowed.
        self.assertLess(max(each.quality["cost"] for each in profiles), 0.6)

    def test_a_program_that_uses_tracemalloc_is_left_alone(self):
        text = "import tracemalloc, time\ntracemalloc.start(7)\n" + KEEPS + "print(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit(), tracemalloc.get_traced_memory()[0] > 1e6)\n"
        status, out, err = self.program(text, NO_LIMIT + "memory=True")
        self.assertEqual((status, out.split("\n")[1]), (0, "True 7 True"))
        self.assertEqual(err.count("the program uses tracemalloc itself"), 1)
        profiles = self.profiles()
        self.assertIn("the program uses tracemalloc itself", notes(profiles))
        self.assertEqual(sum(values["kept_space"] for each in profiles for _, values, _ in each.samples), 0)

    def test_one_that_begins_to_in_the_moment_of_a_look_has_it(self):
        text = (
            "import sys\nsys.path.insert(0, %r)\nfrom heatline.agent import memory\n"
            "def sleep(_):\n    import tracemalloc\n    tracemalloc.start(3)\n    self.mine = [bytes(100) for _ in range(100)]\n"
            "class self: pass\n"
            "memory.sleep = sleep\nlooks = memory.Looks(25, 0.25)\nkept = looks.open()\nlooks._look()\n"
            "import tracemalloc\nprint(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit(), kept.rows, len(tracemalloc.take_snapshot().traces) >= 100)\n"
            "tracemalloc.stop(); tracemalloc.start(5); print(tracemalloc.get_traceback_limit())\n"
        )
        done = subprocess.run([sys.executable, "-c", text % agents.ROOT], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(done.stdout.decode().split("\n")[:2], ["True 3 {} True", "5"])

    def test_functions_are_named_without_a_look_at_all_objects(self):
        path = self.write(
            "shop.py",
            """\
            import functools
            def around(function):
                def inner():
                    return function()
                return inner
            @around
            def wrapped():
                return 8
            class Shop:
                class Part:
                    def deep(self):
                        return 12
                @staticmethod
                def still(): return 14
                @property
                def price(self): return 16
                @functools.lru_cache()
                def kept(self):
                    return 19
            """,
        )
        ask = (
            "import sys; sys.path[:0] = [%r, %r]; import shop; from heatline.linefunctions import LineFunctions; names = LineFunctions()\n"
            "names.learn_of_modules({shop.__file__}); print(*(names.key(shop.__file__, line, '')[1] for line in (4, 5, 8, 12, 14, 16, 19, 1)))\n"
        )
        out = self.clean(self.finish(["-c", ask % (agents.ROOT, os.path.dirname(path))]))
        self.assertEqual(out.split(), ["inner", "around", "wrapped", "deep", "still", "price", "kept", "<module>"])

    def test_dear_looks_become_rare_and_shallow_and_come_back(self):
        said = []
        looks = Looks(25, 0.0025)
        looks.start(lambda kind, sentence, *arguments: said.append(sentence % arguments))
        kept = looks.open()
        for spent, least, most in ((0.001, 0.2, 0.6), (0.1, 20, 60), (1.4, 280, 840)):
            looks._wait(0, spent)
            self.assertTrue(least * 1e9 <= looks._next <= most * 1e9, looks._next)
        self.assertEqual(said, [])
        depths = []
        for pause in (2, 2, 2, 2, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1):
            looks._wait(0, 0.0025 * LONGEST_PAUSE * pause)
            self.assertTrue(LONGEST_PAUSE * pause * 0.49e9 <= looks._next <= LONGEST_PAUSE * pause * 1.51e9, looks._next)
            depths.append(looks._depth)
        self.assertEqual(depths, [6, 1, 1, 1, 2, 4, 4, 8, 16, 25, 25])
        self.assertEqual(kept.notes[0], "memory: one look took 3.00 s: the next one is in 1200 s, and stacks have 6 frames from there on")
        self.assertEqual((len(kept.notes), said[0]), (2, kept.notes[0]))
        looks.step(1 << 62)
        self.assertEqual(kept.looks, 1)


class Locks(AgentCase):
    def check(self, profiles, waited, held):
        self.assertGreater(total(profiles, "lock-acquire-wait", "take") / 1e9, 0.6 * waited)
        self.assertLess(total(profiles, "lock-acquire-wait", "take") / 1e9, 1.6 * waited)
        self.assertGreater(total(profiles, "lock-release-hold", "take") / 1e9, 0.5 * held)
        self.assertLess(total(profiles, "lock-release-hold", "take") / 1e9, 1.6 * held)

    def test_waits_and_holds_are_about_those_of_the_program(self):
        text = WAITS + "work(4)\nagent.stop()\nprint(sum(waited), sum(held), threading.Lock.__module__, lock.acquire.__self__ is not lock)\n"
        waited, held, module, native = self.clean(self.program(text, NO_LIMIT + "locks=5, window=1.5")).split()
        self.assertEqual((module, native), ("_thread", "True"))
        profiles = self.profiles()
        self.assertGreater(len(profiles), 2)
        self.check(profiles, float(waited), float(held))
        labels = [labels for each in profiles for _, values, labels in each.samples if values["lock-acquire-wait"]]
        self.assertEqual({each["lock name"] for each in labels}, {"app.py:4:lock"})
        self.assertLessEqual({each["thread"] for each in labels}, {"worker 0", "worker 1", "worker 2"})
        self.assertTrue(any(each.get("held by", "").endswith(": take (app.py:11)") for each in labels), labels)
        self.assertIn("one of 5 stretches of 10 ms", notes(profiles))
        self.check_sums_of_threads(profiles)

    def check_sums_of_threads(self, profiles):
        """None of the agent's own threads is in it."""
        self.assertLessEqual(set().union(*(each.threads() for each in profiles)), {"MainThread", "worker 0", "worker 1", "worker 2"})

    @unittest.skipUnless(hasattr(os, "fork"), "no fork")
    def test_a_forked_child_goes_on_with_the_locks_that_there_are(self):
        settings = NO_LIMIT + "locks=5, " + ("memory=True" if CPYTHON else "")
        for line in self.clean(self.program(WAITS + FORK, settings)).splitlines():
            process, waited, held = line.split()
            profiles = self.profiles(int(process))
            self.assertTrue(profiles)
            # The parent has, beside it, the half second before the fork.
            self.check(profiles, float(waited) + 0.4, float(held) + 0.2)

    def begun(self, every, share):
        """(a Locking that watches, what it said)"""
        said, locking = [], Locking(every, share)
        locking.start(set(), lambda kind, sentence, *arguments: said.append(sentence % arguments))
        self.addCleanup(locking.stop)
        return locking, said

    def judged(self, locking, watching=0.0, made=0, seconds=5.0):
        """Judges a stretch of time, of which so much was taken by stretches, and in which so many locks were made."""
        locking._spent, locking._cpu, locking._cpu_then, locking._made_seconds = watching * seconds, 0, 0, 4e-6
        locking._made = locking._locks.made - made
        share = locking.judge(seconds)
        return share, locking._locks.every

    def test_what_it_takes_makes_it_rare_and_it_comes_back(self):
        locking, said = self.begun(100, 0.001)
        self.assertEqual(self.judged(locking, 0.0009), (0.0009, 100))
        self.assertEqual(self.judged(locking, 0.0032), (0.0032, 400))
        self.assertIn("one of 400 stretches", said[-1])
        self.assertEqual(self.judged(locking, 1.0), (1.0, 100 * RAREST))
        everies = [self.judged(locking, 0.0001)[1] for _ in range(40)]
        self.assertEqual(sorted(set(everies)), [100, 200, 400, 800, 1600, 3200, 6400])
        self.assertEqual((everies[4], everies[5], everies[-1]), (6400, 3200, 100))
        self.assertIn("costs little again: one of 100 stretches", said[-1])

    def test_locks_that_are_dear_to_make_are_watched_for_a_part_of_the_time(self):
        import threading

        native = threading.Lock
        locking, said = self.begun(100, 0.001)
        watched, taken = [], 0.0
        for _ in range(60):
            watched.append(threading.Lock is not native)
            taken += 5 * self.judged(locking, made=5000 if watched[-1] else 0)[0]
        # A thousand locks in a second take 0.4 %, and of that a quarter is allowed.
        self.assertEqual(watched[:11], [True] + [False] * 4 + [True] + [False] * 4 + [True])
        self.assertLess(taken / 300, 0.001)
        self.assertIn("nothing is watched for 20 s", said[0])
        self.assertIn("nothing was watched for", " ".join(locking.told()))

    def test_what_was_seen_stands_for_the_time_without(self):
        locking, _ = self.begun(2, 0.001)
        self.judged(locking, made=5000)
        locking._locks.take = lambda: ([((), None, None, None, None, [1] + [0] * 7)], 3.0)
        for _ in range(4):
            locking.judge(5.0)
        sink = locking.open()
        locking.take()
        locking._began -= 5.0
        locking.take()
        locking.take()
        first, second, third = [taken.scale for taken in sink[-3:]]
        self.assertEqual((first, third), (3.0, 3.0))
        self.assertAlmostEqual(second, 15.0, delta=1.0)

    def test_locks_that_are_another_tools_are_left_alone(self):
        text = "import threading\noriginal = threading.Lock\nthreading.RLock = None\nagent = heatline.agent(%r, service='shop', locks=True)\nprint(threading.Lock is original, agent.state)\n"
        status, out, err = self.program(text % self.windows, NO_LIMIT)
        self.assertEqual((status, out), (0, "True looking\n"))
        self.assertEqual(err.count("watching locks ended: TypeError"), 1)

    def test_locks_of_greenlets_are_left_alone(self):
        locking, said = Locking(100, 0.001), []
        real, locking_module.greenlets = locking_module.greenlets, lambda: True
        self.addCleanup(setattr, locking_module, "greenlets", real)
        locking.start(set(), lambda kind, sentence, *arguments: said.append(sentence % arguments))
        self.assertEqual((said, locking.told(), locking.judge(1.0), locking.open()), (["locks of greenlets are not recorded"], said, 0.0, []))

    def test_settings_that_make_no_sense_are_refused(self):
        text = "for each in ({'memory': 0}, {'memory': 1.5}, {'memory': 'x'}, {'locks': 1}, {'locks': 10001}):\n    try: heatline.agent('/nowhere', **each)\n    except ValueError as problem: print(problem)\n"
        said = self.clean(self.program(text, NO_LIMIT)).splitlines()
        self.assertEqual(said[::3], ["memory is True, False or a whole number from 1 to 128", "locks is True, False or a whole number from 2 to 10000"])
        self.assertEqual(len(said), 5)


class Asked(Served):
    def served(self):
        return self.serve("endpoint='127.0.0.1:0', locks=5" + (", memory=True" if CPYTHON else ""), WAITS + "held_bytes = []\ndef grow():\n    while True: held_bytes.append(bytes(5000)); time.sleep(0.001)\nthreading.Thread(target=grow, daemon=True).start()\nwhile True: work(10)\n")

    def test_go_paths_of_memory_and_locks(self):
        _, port = self.served()
        kinds = {"mutex": ("take", "lock-release-hold"), "block": ("take", "lock-acquire-wait"), **({"heap": ("grow", "kept_space")} if CPYTHON else {})}
        index = self.ask(port, "/debug/pprof/")[1].decode()
        for kind, (name, shown) in kinds.items():
            self.assertIn("<a href='%s?seconds=30'>" % kind, index)
            for query in ("?seconds=1.5", ""):
                with self.subTest(kind=kind, query=query):
                    status, data, answer = self.ask(port, "/debug/pprof/%s%s" % (kind, query))
                    self.assertEqual((status, answer.getheader("Content-Type")), (200, "application/octet-stream"))
                    path = os.path.join(self.folder, "asked.pb.gz")
                    with open(path, "wb") as file:
                        file.write(data)
                    profile = Profile(path)
                    self.assertEqual(profile.default, shown)
                    self.assertGreater(total([profile], shown, name), 0)
                    self.assertNotIn("wall", dict(profile.types))
                    if query:
                        self.assertAlmostEqual(profile.numbers[10] / 1e9, 1.5, delta=0.6)
        self.assertEqual(self.ask(port, "/debug/pprof/heap?seconds=-1")[0], 400 if CPYTHON else 404)
        self.assertEqual(self.ask(port, "/debug/pprof/allocs")[0], 404)


class Line(AgentCase):
    def test_options(self):
        path = self.write("app.py", "import time\n" + WAITS + "work(1.5)\n")
        words = ["-m", "heatline", "agent", "--folder", self.windows, "--cost", "1", "--locks=4", "--memory", "--", path]
        self.clean(self.finish(words))
        types = dict(self.profiles()[0].types)
        self.assertLessEqual({"kept_space", "lock-acquire-wait"}, set(types))
        status, _, err = self.finish(["-m", "heatline", "agent", "--folder", self.windows, "--locks=x", "--", path])
        self.assertEqual((status, err), (2, "heatline: --locks needs a number\n"))


if __name__ == "__main__":
    unittest.main()

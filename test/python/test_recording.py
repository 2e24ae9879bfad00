"""What is recorded is true: counts as cProfile has them, samples where the time went."""

import marshal
import os
import pstats
import shutil
import subprocess
import sys
import unittest

from support import ENGINES, FIB, LINUX, Case

COUNTED = (
    FIB
    + """
def words(n):
    return [str(each).upper() for each in range(n)]
class Thing:
    def method(self):
        return len(words(3))
def generator(n):
    for each in range(n):
        yield each
def main():
    fib(12)
    Thing().method()
    sum(generator(7))
    sorted([3, 1, 2], key=lambda each: -each)
    try:
        int("x")
    except ValueError:
        pass
main()
"""
)
SHARES = """
import time
def half():
    end = time.thread_time() + 0.4
    while time.thread_time() < end:
        pass
def waiting():
    time.sleep(0.4)
half()
waiting()
"""


class Counts(Case):
    def plain_stats(self, script):
        output = os.path.join(self.folder, "plain.prof")
        subprocess.run([sys.executable, "-m", "cProfile", "-o", output, script], check=True, stdout=subprocess.DEVNULL)
        return {key: value for key, value in pstats.Stats(output).stats.items() if "_lsprof.Profiler" not in key[2]}

    def test_prof_equals_cprofile(self):
        script = self.write("main.py", COUNTED)
        plain = self.plain_stats(script)
        self.run_recorded([script], ENGINES["cprofile"])
        ours = pstats.Stats(self.output).stats
        shape = lambda stats: {key: (value[:2], {caller: edge[:2] for caller, edge in value[4].items()}) for key, value in stats.items()}
        self.assertEqual(shape(ours), shape(plain))
        self.assertGreater(len(ours), 8)
        with open(self.output, "rb") as file:
            self.assertIsInstance(marshal.loads(file.read()), dict)

    def test_prof_has_the_absolute_script(self):
        self.write("main.py", COUNTED)
        self.run_recorded(["main.py"], ENGINES["cprofile"])
        self.assertIn((os.path.join(self.folder, "main.py"), 1, "fib"), pstats.Stats(self.output).stats)

    def test_hybrid_equals_cprofile(self):
        script = self.write("main.py", COUNTED)
        plain = self.plain_stats(script)
        for engine in ("hybrid", "hybrid in process"):
            self.assertEqual(self.run_recorded([script], ENGINES[engine])[0], 0)
            functions, edges = self.profile().counted()
            expected, expected_edges = {}, {}
            exec_key = ("~", 0, "<built-in method builtins.exec>")
            for (file, line, name), (primitive, calls, _, _, callers) in plain.items():
                if (file, line, name) == exec_key:
                    continue
                expected[(name, file, line)] = (calls, primitive)
                for caller, edge in callers.items():  # (calls, primitive, …), unlike a function's

                    if caller != exec_key:
                        expected_edges[((name, file, line), (caller[2], caller[0], caller[1]))] = edge[:2]
            self.assertEqual({key: value[:2] for key, value in functions.items()}, expected)
            self.assertEqual({key: value[:2] for key, value in edges.items()}, expected_edges)

    def test_flat_sums_are_the_exact_figures(self):
        script = self.write("main.py", COUNTED)
        self.run_recorded([script], ENGINES["hybrid"])
        profile = self.profile()
        functions, _ = profile.counted()
        self.assertEqual({key: value for key, value in profile.flat("calls").items() if value}, {key: value[0] for key, value in functions.items() if value[0]})
        self.assertEqual({key: value for key, value in profile.flat("tottime").items() if value}, {key: value[2] for key, value in functions.items() if value[2]})
        for stack, values, labels in profile.samples:
            if "heatline" in labels:
                self.assertEqual((values["samples"], values["wall"], values["cpu"]), (0, 0, 0))
            else:
                self.assertEqual((values["calls"], values["tottime"]), (0, 0))

    def test_threads_are_counted(self):
        script = self.write("main.py", FIB + "import threading\nthreads = [threading.Thread(target=fib, args=(10,)) for _ in range(3)]\nfor each in threads: each.start()\nfor each in threads: each.join()\nfib(10)\n")
        self.run_recorded([script], ENGINES["hybrid"])
        functions, _ = self.profile().counted()
        self.assertEqual(functions[("fib", script, 1)][:1], (4 * 177,))

    def test_our_threads_are_not_heard(self):
        """Since 3.12 one tracer hears all threads: what ours does must neither be counted nor pass for a caller."""
        text = FIB + """
import time
def words(n):
    found = []
    for each in range(n):
        found.append(str.upper("a"))
rounds, end = 0, time.time() + %s
while time.time() < end:
    words(1000)
    fib(10)
    rounds += 1
print(rounds)
"""
        # The first checkpoint is made after 2 s; the thread that looks from inside is at work at once.
        for engine, seconds in (("hybrid", 2.6), ("hybrid in process", 0.6)):
            with self.subTest(engine=engine):
                script = self.write("main.py", text % seconds)
                rounds = int(self.run_recorded([script], ENGINES[engine])[1])
                functions, edges = self.profile().counted()
                append, words, fib = ("<method 'append' of 'list' objects>", "~", 0), ("words", script, 5), ("fib", script, 1)
                self.assertEqual(functions[append][0], 1000 * rounds)
                self.assertEqual({caller: figures[0] for (callee, caller), figures in edges.items() if callee == append}, {words: 1000 * rounds})
                self.assertEqual(functions[fib][:2], (177 * rounds, rounds))
                callers = {caller[1] for _, caller in edges}
                self.assertNotIn("~", callers)

    def test_program_that_profiles_itself(self):
        script = self.write("main.py", FIB + "import cProfile\np = cProfile.Profile()\nfib(5)\np.enable()\nfib(10)\np.disable()\nprint([e.callcount for e in p.getstats() if getattr(e.code, 'co_name', '') == 'fib'])\n")
        code, out, err = self.run_recorded([script], ENGINES["hybrid"])
        self.assertEqual((code, out), (0, "[177]\n"))
        self.assertTrue(any("profiler of its own" in note for note in self.profile().quality["notes"]), err)


class Samples(Case):
    def test_lines_threads_and_times(self):
        script = self.write("main.py", SHARES + "import threading\nt = threading.Thread(target=waiting, name='wörk;er \\\"1\\\"')\nt.start()\nt.join()\n")
        for engine in ("sampler", "sampler in process", "hybrid", "hybrid in process"):
            with self.subTest(engine=engine):
                self.assertEqual(self.run_recorded([script], ENGINES[engine])[0], 0)
                profile = self.profile()
                self.assertEqual(profile.types[:3], [("samples", "count"), ("wall", "nanoseconds"), ("cpu", "nanoseconds")])
                self.assertEqual(profile.default, "untraced" if engine.startswith("hybrid") else "wall")
                self.assertEqual(profile.threads(), {"MainThread", 'wörk;er "1"'})
                # A busy machine stretches wall times, never shortens them.
                self.assertGreater(profile.seconds("half"), 0.3)
                self.assertGreater(profile.seconds("waiting", thread="MainThread"), 0.3)
                self.assertGreater(profile.seconds("waiting", thread='wörk;er "1"'), 0.3)
                if LINUX:
                    self.assertGreater(profile.seconds("half", "cpu"), 2 * profile.seconds("waiting", "cpu"))
                    self.assertGreater(profile.seconds("half", "cpu"), 0.1)
                lines = {stack[0][1]: values["wall"] for stack, values, _ in profile.samples if stack[0][0][1] == "waiting"}
                self.assertEqual(max(lines, key=lines.get), 8)
                roots = {stack[-1][0] for stack, _, labels in profile.samples if labels.get("thread") == "MainThread" and stack[-1][0][2] == script}
                self.assertEqual({root[:3] for root in roots}, {("<module>", "<module>", script)})
                files = {place[0][2] for stack, _, _ in profile.samples for place in stack}
                self.assertFalse([file for file in files if os.sep + "heatline" + os.sep in file])
                quality = profile.quality
                self.assertEqual(quality["rateAsked"], 200)
                self.assertGreater(quality["rateGot"], 20)
                self.assertLess(quality["errors"], 100)

    def test_inside_one_function(self):
        text = """
        import time
        def spin(seconds):
            end = time.time() + seconds
            while time.time() < end:
                pass
        class Thing:
            def work(self):
                spin(0.4)
        def before():
            spin(0.4)
        before()
        Thing().work()
        """
        script = self.write("main.py", text)
        for engine, name in (("sampler", "Thing.work"), ("sampler in process", "work")):
            code, _, err = self.run_recorded([script], [*ENGINES[engine], "--function", name])
            self.assertEqual((code, err), (0, ""))
            profile = self.profile()
            self.assertGreater(profile.seconds("spin"), 0.1)
            self.assertEqual(profile.seconds("spin"), profile.seconds("work"))
            self.assertEqual(profile.seconds("before"), 0)
        _, _, err = self.run_recorded([script], [*ENGINES["sampler"], "--function", "nowhere"])
        self.assertEqual(err, "heatline: no sample was taken inside a function nowhere\n")
        self.assertEqual(self.profile().samples, [])

    def test_delay(self):
        text = "import time\nbegan = time.time()\ndef wait():\n    while time.time() < began + 4:\n        time.sleep(0.02)\nwait()\nprint(time.time() - began)\n"
        script = self.write("main.py", text)
        for engine in ("sampler", "sampler in process"):
            code, out, err = self.run_recorded([script], [*ENGINES[engine], "--delay", "3"])
            self.assertEqual((code, err), (0, ""))
            # The delay runs from the recorder's start, a moment before the program's.
            self.assertLess(self.profile().seconds("wait"), float(out) - 1)
            self.assertGreater(self.profile().seconds("wait"), 0.2)

    def test_same_function_in_counts_and_samples(self):
        script = self.write("main.py", "class Thing:\n    def work(self):\n        import time\n        time.sleep(0.3)\nThing().work()\n")
        self.run_recorded([script], ENGINES["hybrid"])
        profile = self.profile()
        names = {place[0] for stack, _, _ in profile.samples for place in stack if place[0][1] == "work"}
        self.assertEqual(names, {("Thing.work" if sys.version_info >= (3, 11) else "work", "work", script, 2)})

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_tight_loop_is_spread_over_its_lines(self):
        """Each of the two lines costs about the same; a sampler that waits for the lock sees only one of them since 3.11."""
        script = self.write("main.py", "def loop():\n    total = 0\n    for each in range(3_000_000):\n        total = each ** 3 % 7\n        total = each ** 3 % 7\nloop()\n")
        self.run_recorded([script], ENGINES["sampler"])
        profile = self.profile()
        if any("no helper process" in note for note in profile.quality["notes"]):
            self.skipTest(str(profile.quality["notes"]))
        share = {line: sum(values["samples"] for stack, values, _ in profile.samples if stack[0][0][1] == "loop" and stack[0][1] == line) for line in (4, 5)}
        self.assertGreater(min(share.values()), 0.5 * max(share.values()), share)

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_a_generator_that_yields_is_no_root(self):
        """For a moment nobody calls it any more while the thread still seems to be in it: some looks in a hundred met that."""
        text = "def numbers():\n    for k in range(100_000):\n        yield k\ndef work():\n    for _ in range(60):\n        for k in numbers():\n            pass\nwork()\n"
        self.run_recorded([self.write("main.py", text)], [*ENGINES["sampler"], "--rate", "1000"])
        leaves = [stack for stack, _, _ in self.profile().samples if stack[0][0][1] == "numbers"]
        self.assertGreater(len(leaves), 0)
        self.assertEqual({len(stack) for stack in leaves}, {3})

    def test_short_threads_have_names(self):
        text = "import threading, time\nfor n in range(12):\n    t = threading.Thread(target=time.sleep, args=(%g,), name='short %%d' %% n)\n    t.start()\n    t.join()\n"
        names = {"MainThread", *("short %d" % n for n in range(12))}
        for seconds in (0.1, 1):
            self.run_recorded([self.write("main.py", text % seconds)], ENGINES["sampler"])
            if self.profile().threads() == names:
                break  # on a busy machine a tenth of a second may pass without a look
        self.assertEqual(self.profile().threads(), names)

    @unittest.skipUnless(sys.version_info >= (3, 11), "needs columns")
    def test_columns(self):
        script = self.write("main.py", "import time\nü = 'ü'; time.sleep(0.3)\n")
        for engine in ("sampler", "sampler in process"):
            self.run_recorded([script], ENGINES[engine])
            self.assertEqual({stack[0][2] for stack, _, _ in self.profile().samples if stack[0][0][2] == script}, {12})

    @unittest.skipUnless(shutil.which("go"), "needs go")
    def test_go_tool_pprof_reads_it(self):
        script = self.write("main.py", SHARES)
        self.run_recorded([script], ENGINES["hybrid"])
        raw = subprocess.run(["go", "tool", "pprof", "-raw", self.output], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(raw.returncode, 0, raw.stderr)
        self.assertIn(b"untraced/nanoseconds[dflt]", raw.stdout)
        lines = subprocess.run(["go", "tool", "pprof", "-top", "-lines", self.output], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        self.assertRegex(lines, r"waiting .*main\.py:8\b")


if __name__ == "__main__":
    unittest.main()

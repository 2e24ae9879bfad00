"""The engine `lines`: exact hits, times that add up, whatever the Python."""

import os
import signal
import sys
import unittest

from support import FIB, Case

PROGRAM = """
import threading, time
def fib(n):
    if n < 2:
        return n
    left = fib(n - 1)
    return left + fib(n - 2)
def loop(n):
    total = 0
    for each in range(n):
        total += each
    return total
def numbers(n):
    for each in range(n):
        yield each
    time.sleep(0.1)
def fails():
    raise ValueError
def main():
    fib(10)
    loop(1000)
    sum(numbers(7))
    for _ in range(3):
        try:
            fails()
        except ValueError:
            pass
    thread = threading.Thread(target=loop, args=(500,))
    thread.start()
    thread.join()
    time.sleep(0.2)
main()
"""
# Line -> hits, counted by hand.
HITS = {4: 177, 5: 89, 6: 88, 7: 88, 9: 2, 10: 1502, 11: 1500, 12: 2, 14: 8, 15: 7, 16: 1, 18: 3, 20: 1, 21: 1, 22: 1, 25: 3, 31: 1}
CALLS = {"fib": (177, 1), "loop": (2, 2), "numbers": (1, 1), "fails": (3, 3), "main": (1, 1)}


class Lines(Case):
    def record(self, text, *options, name="prog.py", words=()):
        script = self.write(name, text)
        status, out, err = self.run_recorded([script, *words], ["--engine", "lines", *options])
        self.assertEqual((status, err), (0, ""))
        self.no_leftovers()
        return self.lines()

    def lines(self):
        """{(function, line): (hits, self ns, total ns)}"""
        found = {}
        for stack, values, labels in self.profile().samples:
            if labels.get("heatline") == "line":
                self.assertEqual(set(values.values()), {0})
                found[(stack[0][0][1], stack[0][1])] = tuple(labels.get(key, 0) for key in ("calls", "self", "total"))
        return found

    def test_hits_and_calls_are_exact(self):
        lines = self.record(PROGRAM)
        by_line = {line: figures[0] for (name, line), figures in lines.items() if name != "<module>"}
        self.assertEqual({line: by_line.get(line) for line in HITS}, HITS)
        functions, _ = self.profile().counted()
        self.assertEqual({key[0]: figures[:2] for key, figures in functions.items() if key[0] in CALLS}, CALLS)
        self.assertEqual({os.path.basename(key[1]) for key in functions}, {"prog.py"})
        self.assertEqual(self.profile().quality["engine"], "lines")

    def test_times_add_up(self):
        lines = self.record(PROGRAM)
        functions, _ = self.profile().counted()
        for (name, _, _), (_, _, own, total) in functions.items():
            of_lines = sum(figures[1] for (function, _), figures in lines.items() if function == name)
            self.assertEqual(own, of_lines)
            self.assertLessEqual(own, total)
        whole = max(figures[3] for figures in functions.values())
        # Figures of both threads: the second one runs while main waits for it.
        self.assertGreaterEqual(sum(figures[2] for figures in functions.values()), 0.9 * whole)
        self.assertTrue(all(0 <= own <= total <= whole for _, own, total in lines.values()))
        self.assertGreater(lines[("main", 31)][1], 0.19e9)
        self.assertGreater(lines[("numbers", 16)][1], 0.09e9)
        self.assertGreater(lines[("main", 22)][2], 0.09e9)
        self.assertLess(lines[("main", 22)][1], 0.09e9)

    def test_recursion_counts_once(self):
        lines = self.record("import time\ndef down(n):\n    if n:\n        down(n - 1)\n    time.sleep(0.02)\ndown(5)\n")
        functions, _ = self.profile().counted()
        total = next(figures[3] for key, figures in functions.items() if key[0] == "down")
        self.assertEqual(lines[("down", 4)][0], 5)
        self.assertLessEqual(lines[("down", 4)][2], total)
        self.assertGreater(lines[("down", 4)][2], 0.09e9)
        self.assertGreater(lines[("down", 5)][1], 0.11e9)

    def test_functions_that_first_run_alone_and_then_call_each_other(self):
        text = """
        import time
        def leaf(n):
            for each in range(n):
                each += 1
            time.sleep(0.05)
        def outer(n):
            leaf(n)
            leaf(n)
        leaf(1000)
        outer(500)
        leaf(20)
        """
        lines = self.record(text, "--only", "^(leaf|outer)$")
        self.assertEqual([lines["leaf", line][0] for line in (4, 5, 6)], [2024, 2020, 4])
        self.assertEqual([lines["outer", line][0] for line in (8, 9)], [1, 1])
        self.assertGreater(lines["leaf", 6][1], 0.19e9)
        self.assertGreater(lines["outer", 8][2], 0.049e9)
        self.assertLess(lines["outer", 8][1], 0.049e9)
        functions, _ = self.profile().counted()
        totals = {key[0]: (calls, own, total) for key, (calls, _, own, total) in functions.items()}
        self.assertEqual(totals["leaf"][0], 4)
        self.assertAlmostEqual(totals["leaf"][1], totals["leaf"][2], delta=0.05e9)
        self.assertGreater(totals["outer"][2], 0.099e9)

    def test_only_the_named_functions(self):
        lines = self.record(PROGRAM, "--only", "^fib$")
        self.assertEqual({name for name, _ in lines}, {"fib"})
        lines = self.record("import json\njson.dumps({'a': 1})\n", "--only", r"^(JSONEncoder\.)?encode$")
        self.assertEqual({name for name, _ in lines}, {"encode"})

    def test_nothing_chosen_is_said(self):
        script = self.write("prog.py", "pass\n")
        for options in (["--only", "no such"], []):
            folder = self.write("elsewhere/x", "")
            process = self.start([script], ["--engine", "lines", *options], cwd=os.path.dirname(folder))
            _, err = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0)
            said = b"heatline: no function was measured: none that ran is named by --only no such\n" if options else b""
            self.assertEqual(err, said)
            self.assertIn("no function was measured", self.profile().quality["notes"][0])

    def test_bad_expression(self):
        status, out, err = self.run_recorded(["x.py"], ["--engine", "lines", "--only", "("])
        self.assertEqual(status, 2)
        self.assertRegex(err, r"^heatline: --only \( is no regular expression: .*\n$")

    def test_coroutines_and_thrown_exceptions(self):
        text = """
        import asyncio
        async def work(n):
            for each in range(n):
                await asyncio.sleep(0)
            return n
        async def main():
            await asyncio.gather(work(5), work(7))
        asyncio.run(main())
        def careful():
            try:
                yield 1
                yield 2
            except KeyError:
                yield 3
        g = careful()
        next(g)
        g.throw(KeyError())
        g.close()
        g = careful()
        next(g)
        g.close()
        """
        lines = self.record(text)
        self.assertEqual(lines[("work", 5)][0], 12)
        self.assertEqual(lines[("work", 6)][0], 2)
        self.assertEqual(lines[("careful", 12)][0], 2)
        self.assertEqual(lines[("careful", 15)][0], 1)
        self.assertTrue(all(own >= 0 and total >= 0 for _, own, total in lines.values()))

    def test_deep_recursion_and_many_threads(self):
        text = """
        import sys, threading
        sys.setrecursionlimit(5000)
        def deep(n):
            return deep(n - 1) + 1 if n else 0
        threading.stack_size(1 << 26)
        threads = [threading.Thread(target=deep, args=(2000,)) for _ in range(8)]
        for each in threads: each.start()
        for each in threads: each.join()
        """
        lines = self.record(text)
        self.assertEqual(lines[("deep", 5)][0], 8 * 2001)

    def test_forked_child_and_exit_paths(self):
        text = FIB + "import os\npid = os.fork()\nfib(5)\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\n"
        if hasattr(os, "fork"):
            lines = self.record(text)
            self.assertEqual(lines[("fib", 2)][0], 15)
        lines = self.record(FIB + "import os\nfib(5)\nos._exit(0)\n")
        self.assertEqual(lines[("fib", 2)][0], 15)

    @unittest.skipUnless(os.name == "posix", "signals")
    def test_interrupt_keeps_what_was_measured(self):
        script = self.write("prog.py", "import time\ndef spin():\n    print('ready', flush=True)\n    while True:\n        time.sleep(0.001)\nspin()\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start([script], ["--engine", "lines"])
            process.stdout.readline()
            process.send_signal(number)
            process.communicate(timeout=300)
            self.assertEqual(process.returncode, -number)
            self.assertEqual(self.lines()[("spin", 3)][0], 1)

    def test_duration(self):
        text = "import time\nend = time.time() + 1.2\ndef tick():\n    time.sleep(0.01)\nwhile time.time() < end:\n    tick()\n"
        self.record(text, "--duration", "0.4")
        functions, _ = self.profile().counted()
        calls = next(figures[0] for key, figures in functions.items() if key[0] == "tick")
        self.assertLess(calls, 60)
        self.assertIn("recording was limited to 0.4 s; the program ran on", self.profile().quality["notes"])

    @unittest.skipUnless(hasattr(sys, "monitoring"), "sys.monitoring")
    def test_places_of_other_tools(self):
        text = "import sys\nassert sys.monitoring.get_tool(3) == 'heatline', 3\nsys.monitoring.use_tool_id(4, 'other')\n"
        self.record(text)


if __name__ == "__main__":
    unittest.main()

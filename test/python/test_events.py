"""The engine `events`: exceptions that the program counts itself, and pauses that the collector tells of on its own."""

import gc
import json
import re
import sys
import unittest

from support import Case

HEARD = hasattr(sys, "monitoring")
RAISES = """
import json, sys

class Odd(Exception):
    pass

class Shop:
    class Closed(Exception):
        pass

def parse(text):
    try:
        return int(text)
    except ValueError:
        return None

def deep(n):
    if n == 0:
        raise Odd()
    return deep(n - 1)

def passes():
    try:
        deep(7)
    finally:
        pass

for _ in range(300):
    try:
        passes()
    except Odd:
        pass
for _ in range(50):
    parse("x")
for _ in range(7):
    try:
        {}["key"]
    except KeyError as error:
        try:
            raise Shop.Closed() from error
        except Shop.Closed:
            try:
                raise
            except Shop.Closed:
                pass
for each in (each for each in range(3)):
    hasattr(each, "nothing")
list(iter([]))
try:
    json.loads("{")
except json.JSONDecodeError:
    pass
try:
    import nowhere
except ImportError:
    pass
def storm(n):
    for _ in range(n):
        try:
            raise OSError
        except OSError:
            pass
storm(5000)
"""


class Exceptions(Case):
    @unittest.skipUnless(HEARD, "from CPython 3.12 on")
    def test_each_counts_once_where_it_is_raised_by_its_type(self):
        program = self.write("raises.py", RAISES)
        self.assertEqual(self.run_recorded([program], ["--engine", "events"]), (0, "", ""))
        text = RAISES.splitlines()
        found = {}
        for stack, values, labels in self.profile().samples:
            (_, _, path, _), line, _ = stack[0]
            kind = labels.get("exception")
            if kind and values["exceptions"] and (path == program or kind.startswith("json")):
                what = kind, text[line - 1].strip() if path == program else "json"
                found[what] = found.get(what, 0) + values["exceptions"]
        missing = "ModuleNotFoundError", "import nowhere"
        self.assertEqual(
            {what: count for what, count in found.items() if what != missing},
            {
                ("Odd", "raise Odd()"): 300,
                ("ValueError", "return int(text)"): 50,
                ("KeyError", '{}["key"]'): 7,
                ("Shop.Closed", "raise Shop.Closed() from error"): 7,
                ("json.decoder.JSONDecodeError", "json"): 1,
                ("OSError", "raise OSError"): 5000,
            },
        )
        stack = next(stack for stack, _, labels in self.profile().samples if labels.get("exception") == "Odd")
        self.assertEqual([place[0][0] for place in stack], ["deep"] * 8 + ["passes", "<module>"])

    @unittest.skipUnless(HEARD, "from CPython 3.12 on")
    def test_of_threads_and_when_the_program_fails(self):
        program = self.write(
            "threads.py",
            """
            import threading
            def work():
                for _ in range(20):
                    try:
                        [][0]
                    except IndexError:
                        pass
            thread = threading.Thread(target=work, name="worker")
            thread.start()
            thread.join()
            {}["last"]
            """,
        )
        status, _, _ = self.run_recorded([program], ["--engine", "events"])
        self.assertEqual(status, 1)
        counts = {}
        for stack, values, labels in self.profile().samples:
            if values["exceptions"] and stack[0][0][2] == program:
                key = labels["thread"], labels["exception"]
                counts[key] = counts.get(key, 0) + values["exceptions"]
        self.assertEqual(counts[("worker", "IndexError")], 20)
        self.assertEqual(counts[("MainThread", "KeyError")], 1)

    @unittest.skipIf(HEARD, "before CPython 3.12")
    def test_where_they_are_not_heard_that_is_said(self):
        self.assertEqual(self.run_recorded(["-c", "1 / 1"], ["--engine", "events"]), (0, "", ""))
        self.assertIn("exceptions are counted from CPython 3.12 on", json.dumps(self.profile().comments))


@unittest.skipUnless(hasattr(gc, "callbacks"), "this interpreter does not tell")
class Pauses(Case):
    def test_as_the_collector_and_the_programs_clock_tell_them(self):
        program = self.write(
            "collects.py",
            """
            import gc, json, sys, time
            def rings(n):
                for _ in range(n):
                    ring = []
                    ring.append(ring)
            kept = [[each] for each in range(300000)]
            gc.collect()
            gc.disable()
            lasted = {}
            for generation in (0, 1, 2, 2, 2):
                rings(2000)
                began = time.perf_counter()
                gc.collect(generation)
                lasted[generation] = lasted.get(generation, 0) + time.perf_counter() - began
            gc.set_debug(gc.DEBUG_STATS)
            for _ in range(2):
                gc.collect(2)  # told
            print(lasted[2])
            """,
        )
        status, out, told = self.run_recorded([program], ["--engine", "events"])
        self.assertEqual(status, 0, told)
        with open(program, encoding="utf-8") as file:
            lines = file.read().split("\n")
        clocked, told_at = lines.index("    gc.collect(generation)") + 1, lines.index("    gc.collect(2)  # told") + 1
        counts, pauses = {}, {}
        for stack, values, labels in self.profile().samples:
            (_, _, path, _), at, _ = stack[0]
            if path == program:
                key = at, labels.get("generation")
                counts[key] = counts.get(key, 0) + values["collections"]
                pauses[key] = pauses.get(key, 0) + values["gc"] / 1e9
        self.assertEqual([counts[clocked, each] for each in "012"], [1, 1, 3])
        self.assertLessEqual(pauses[clocked, "2"], float(out))
        self.assertAlmostEqual(pauses[clocked, "2"], float(out), delta=0.002 + 0.05 * float(out))
        judge = [float(each) for each in re.findall(r"([\d.]+)s elapsed", told)]
        # Told, it counts all objects before, which is in the pause and not in what it tells.
        self.assertGreaterEqual(pauses[told_at, "2"] + 0.0002, sum(judge[:2]))
        self.assertGreaterEqual(len(judge), 2, told)
        self.assertIn("the longest pause of the garbage collector took", json.dumps(self.profile().comments))

    def test_callbacks_of_the_program_stay_and_ours_go(self):
        program = self.write(
            "callbacks.py",
            """
            import gc, time
            def mine(phase, facts):
                pass
            gc.callbacks.append(mine)
            while len(gc.callbacks) > 1:
                time.sleep(0.01)
            print(gc.callbacks == [mine], [tool for tool in (3, 4) if sys.monitoring.get_tool(tool)] if hasattr(sys, "monitoring") else [])
            """.replace("gc, time", "gc, sys, time"),
        )
        self.assertEqual(self.run_recorded([program], ["--engine", "events", "--duration", "0.2"]), (0, "True []\n", ""))


if __name__ == "__main__":
    unittest.main()

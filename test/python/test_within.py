"""`--within`: calls are those of the chosen lines alone, counted as cProfile counts them there; samples come from nowhere else."""

import collections
import marshal
import os
import re
import sys

from support import Case

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
from heatline.linetimes import MONITORING
from heatline.selection import Selection

# Between the marks lies what is chosen; for the truth the same lines are put between enable() and disable().
COUNTED = """
import sys
def leaf(n):
    return abs(n) + 1
def around(n):
    leaf(n)
    for each in range(n):
        leaf(each)
    {0}
    for each in range(n):
        leaf(each)
        len(str(each))
        try:
            fails(each)
        except ValueError:
            pass
    sum(map(leaf, range(n)))
    rec(n)
    {1}
    return leaf(n) + rec(n)
def fails(n):
    if n % 2:
        raise ValueError(leaf(n))
def rec(n):
    return n if n < 2 else rec(n - 1) + leaf(n)
for n in (3, 5):
    around(n)
{2}
sorted([3, 1, 2], key=leaf)
text = ",".join(map(str, range(4)))
{3}
around(2)
"""
THREADED = """
import _thread, sys, threading, time
def leaf(n):
    return abs(n)
def outside(n):
    while not done:
        leaf(n)
done = []
def part(n):
    for each in range(n):
        leaf(each)
    return n
def other(n):
    leaf(n)
    part(n)
    leaf(n)
def main():
    leaf(1)
    busy = threading.Thread(target=outside, args=(2,))
    part(100)
    busy.start()
    more = [threading.Thread(target=other, args=(50,)) for _ in range(3)]
    for each in more: each.start()
    part(200)
    for each in more: each.join()
    done.append(1)
    busy.join()
def begins(n):
    again = threading.Thread(target=outside, args=(1,))
    del done[:]
    again.start()
    for each in range(300):
        leaf(each)
    done.append(1)
    again.join()
main()
begins(1)
"""


class Counts(Case):
    def figures(self, file=None):
        """{function: (calls, primitive)} of a .prof file."""
        with open(file or self.output, "rb") as opened:
            table = marshal.load(opened)
        found = collections.Counter()
        primitive = collections.Counter()
        for (_, _, name), (cc, nc, _, _, _) in table.items():
            found[name] += nc
            primitive[name] += cc
        return {name: (found[name], primitive[name]) for name in found if "_lsprof" not in name}

    def record(self, script, within, engine="cprofile", *options):
        self.output = os.path.join(self.folder, "o.prof" if engine == "cprofile" else "o.pb.gz")
        outcome = self.run_recorded([script], ["--engine", engine, "--within", within, *options])
        self.no_leftovers()
        return outcome

    def range_of(self, text, what):
        """FROM-TO of the lines that hold a text."""
        lines = [number for number, line in enumerate(text.split("\n"), 1) if re.search(what, line)]
        return "%d-%d" % (lines[0], lines[-1])

    def truth(self, text):
        script = self.write("truth.py", "import cProfile, atexit\nP = cProfile.Profile()\n%s\nP.dump_stats('truth.prof')\n" % text)
        self.assertEqual(self.run_plain([script])[0], 0)
        return self.figures(os.path.join(self.folder, "truth.prof"))

    def test_calls_are_those_that_cprofile_counts_there(self):
        plain = COUNTED.format(*["pass"] * 4)
        for which, function, visits in ((0, "around", 3), (2, "<module>", 1)):
            marks = [i for i, line in enumerate(plain.split("\n"), 1) if line.strip() == "pass" and plain.split("\n")[i - 2].strip() != "except ValueError:"]
            lines = "%d-%d" % (marks[which] + 1, marks[which + 1] - 1)
            places = ["pass"] * 4
            places[which], places[which + 1] = "P.enable()", "P.disable()"
            script = self.write("prog.py", plain)
            status, out, err = self.record(script, "%s:%s" % (script, lines))
            self.assertEqual((status, out, err), (0, "", ""))
            figures = self.figures()
            self.assertEqual(figures.pop(function), (visits, visits))
            self.assertEqual(figures, self.truth(COUNTED.format(*places)))

    def test_threads_count_while_they_are_inside_themselves(self):
        script = self.write("prog.py", THREADED)
        body = self.range_of(THREADED, r"^    for each in range\(n\):$").split("-")[0]
        status, out, err = self.record(script, "%s:%s-%d" % (script, body, int(body) + 1))
        self.assertEqual((status, out, err), (0, "", ""))
        figures = self.figures()
        self.assertEqual(figures["part"], (5, 5))
        self.assertEqual(figures["leaf"], (450, 450))
        self.assertEqual(figures["<built-in method builtins.abs>"], (450, 450))
        self.assertEqual(set(figures), {"part", "leaf", "<built-in method builtins.abs>"})

    def test_a_thread_that_begins_there_is_not_inside(self):
        script = self.write("prog.py", THREADED)
        first = self.range_of(THREADED, r"^    again\.start").split("-")[0]
        status, out, err = self.record(script, "%s:%s-%d" % (script, first, int(first) + 2))
        self.assertEqual((status, out, err), (0, "", ""))
        figures = self.figures()
        self.assertEqual(figures["leaf"], (300, 300))
        self.assertEqual(figures["begins"], (1, 1))
        self.assertNotIn("outside", figures)

    def test_times_and_callers_of_the_lines_themselves(self):
        text = "import time\ndef nap(s):\n    time.sleep(s)\ndef main():\n    nap(0.4)\n    nap(0.1)\n    nap(0.15)\n    nap(0.4)\nmain()\n"
        script = self.write("prog.py", text)
        self.assertEqual(self.record(script, script + ":6-7")[0], 0)
        with open(self.output, "rb") as opened:
            table = {name: figures for (_, _, name), figures in marshal.load(opened).items()}
        self.assertTrue(0.24 < table["main"][3] < 0.6, table["main"])
        self.assertLess(table["main"][2], 0.1)
        [(caller, edge)] = table["nap"][4].items()
        self.assertEqual((caller[2], edge[0]), ("main", 2))
        self.assertTrue(0.24 < edge[3] < 0.6, edge)

    def test_how_the_program_ends_does_not_matter(self):
        ends = {
            "sys.exit(leaf(3))": 4,
            "os._exit(leaf(3))": 4,
            "raise KeyError(leaf(3))": 1,
            "exec('leaf(3); os.kill(os.getpid(), 15); time.sleep(5)')": -15,
        }
        for end, expected in ends.items():
            text = "import os, sys, time\ndef leaf(n):\n    return n + 1\ndef main():\n    leaf(1)\n    leaf(2)\n    %s\nmain()\n" % end
            script = self.write("prog.py", text)
            status, _, _ = self.record(script, script + ":6-7")
            self.assertEqual(status, expected, end)
            self.assertEqual(self.figures()["leaf"], (2, 2), end)

    def test_a_fork_counts_on_in_the_parent_alone(self):
        text = """\
import os
def leaf(n):
    return n
def main():
    leaf(1)
    child = os.fork()
    leaf(2)
    if not child:
        leaf(3)
        os._exit(7)
    assert os.waitpid(child, 0)[1] >> 8 == 7
    leaf(4)
main()
"""
        script = self.write("prog.py", text)
        status, out, err = self.record(script, script + ":6-11")
        self.assertEqual((status, out, err), (0, "", ""))
        self.assertEqual(self.figures()["leaf"], (1, 1))

    def test_a_program_that_profiles_itself_gets_the_place(self):
        text = """\
import cProfile, marshal
def leaf(n):
    return n
def main():
    for each in range(3):
        leaf(each)
    own = cProfile.Profile()
    own.enable()
    leaf(9)
    own.disable()
    own.create_stats()
    print(sum(nc for key, (cc, nc, *_) in own.stats.items() if key[2] == "leaf"))
    leaf(10)
main()
"""
        script = self.write("prog.py", text)
        status, out, _ = self.record(script, script + ":5-6")
        self.assertEqual((status, out), (0, "1\n"))
        self.assertEqual(self.figures()["leaf"], (3, 3))


class Samples(Case):
    TEXT = """\
import time
def spin(seconds):
    end = time.thread_time() + {0} * seconds
    while time.thread_time() < end:
        pass
def inner():
    spin(0.2)
def other():
    spin(0.05)
def main():
    other()
    inner()
    x = [
        spin(0.05),
        other(),
    ]
main()
"""

    def test_nothing_is_seen_but_what_runs_there(self):
        for engine in ("sampler", "hybrid"):
            for options in ([], ["--in-process"]):
                with self.subTest(engine=engine, options=options):
                    for longer in (1, 4, 16):
                        walls = self.walls(engine, options, longer)
                        if set(walls) >= {"inner", "spin"} and walls["inner"] > walls["spin"]:
                            break  # on a busy machine too few looks may come to see all
                    self.assertEqual(set(walls) - {"main"}, {"inner", "spin"})
                    self.assertGreater(walls["inner"], walls["spin"])

    def walls(self, engine, options, longer):
        """Seconds of what lines 12 to 14 of the program call."""
        script = self.write("prog.py", self.TEXT.format(longer))
        status, out, err = self.run_recorded([script], ["--engine", engine, "--within", "prog.py:12-14", *options])
        self.assertEqual((status, out, err), (0, "", ""))
        walls = collections.Counter()
        for stack, values, labels in self.profile().samples:
            if "heatline" in labels:
                continue
            self.assertEqual(stack[-1][0][0], "main")
            self.assertIn(stack[-1][1], (12, 13, 14))
            walls[stack[-2][0][0] if len(stack) > 1 else "main"] += values["wall"] / 1e9
        return walls

    def test_what_never_ran_is_said(self):
        script = self.write("prog.py", "def never():\n    x = 1\n    return x\nprint('ran')\n")
        for engine in ("hybrid", "cprofile", "sampler"):
            if engine == "sampler" and not MONITORING:
                continue
            self.output = os.path.join(self.folder, "o.prof")
            status, out, err = self.run_recorded([script], ["--engine", engine, "--within", script + ":2-3"])
            self.assertEqual((status, out, err), (0, "ran\n", "heatline: lines 2-3 of prog.py never ran\n"), engine)
            self.assertEqual(os.listdir(self.folder), ["prog.py"])

    def test_lines_that_cannot_be_meant_are_refused(self):
        script = self.write("prog.py", "x = 1\n\n# nothing\n\ndef f():\n    return 1\n")
        bad = self.write("bad.py", "def f(:\n")
        for within, sentence in {
            script: "it looks like FILE:FROM-TO or FILE:LINE",
            script + ":0-2": "lines count from 1, and the first one comes first",
            script + ":5-2": "lines count from 1, and the first one comes first",
            script + ":2-4": "there is nothing to run on lines 2-4 of prog.py",
            script + ":3": "there is nothing to run on line 3 of prog.py",
            bad + ":1": "bad.py cannot be compiled: ",
        }.items():
            with self.assertRaises(ValueError) as refused:
                Selection(within)
            self.assertIn(sentence, str(refused.exception))
        sentence = "heatline: --within gone.py:1: cannot read %s: No such file or directory\n" % os.path.join(self.folder, "gone.py")
        self.assertEqual(self.run_recorded([script], ["--within", "gone.py:1"]), (2, "", sentence))

    def test_one_line_is_the_statement_around_it(self):
        text = """\
def f(n):
    if n:
        g(1,
          2)
    else:
        try:
            g(3, 4)
        except ValueError:
            for x in (1,
                      2):
                pass

@str
@repr
def g(*_):
    x = 1; y = 2
"""
        path = self.write("prog.py", text)
        for line, expected in {1: (1, 11), 2: (2, 11), 3: (3, 4), 4: (3, 4), 6: (6, 11), 7: (7, 7), 10: (9, 11), 11: (11, 11), 13: (13, 16), 14: (13, 16), 16: (16, 16)}.items():
            chosen = Selection("%s:%d" % (path, line))
            self.assertEqual((chosen.first, chosen.last), expected, line)

    def test_a_file_is_the_same_by_whatever_way(self):
        os.mkdir(os.path.join(self.folder, "real"))
        self.write("real/mod.py", "def f():\n    return abs(-1)\n")
        os.symlink("real", os.path.join(self.folder, "link"))
        script = self.write("prog.py", "import sys\nsys.path.insert(0, 'link')\nimport mod\nmod.f()\n")
        self.output = os.path.join(self.folder, "o.prof")
        outcome = self.run_recorded([script], ["--engine", "cprofile", "--within", "real/mod.py:2"])
        self.assertEqual(outcome, (0, "", ""))
        self.assertEqual(Counts.figures(self), {"f": (1, 1), "<built-in method builtins.abs>": (1, 1)})

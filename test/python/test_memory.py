"""The engine `memory`: figures that tracemalloc itself gives at the same moment, on the lines and functions that asked for it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import types
import unittest

from support import ENTRY, Case, Profile

PYPY = shutil.which("pypy3")

# What tracemalloc says of this program's lines once everything has ended, but for those of the question itself.
PROGRAM = """
import atexit, sys, time

KEPT = []

class Shop:
    def fill(self, n):
        for each in range(n):
            KEPT.append(bytearray(10_000))

def build(n):
    return [bytes(1000) for _ in range(n)]

def nested(n):
    def inner():
        return bytes(n)
    keep = lambda: [bytearray(n) for _ in range(3)]
    return inner, inner(), keep()

def spike():
    block = bytes(30_000_000)
    time.sleep(0.5)
    return len(block)

def ask():
    import json, tracemalloc
    snapshot = tracemalloc.take_snapshot()
    lines = {}
    for each in snapshot.statistics("lineno"):
        frame = each.traceback[0]
        if frame.filename == ask.__code__.co_filename and not first < frame.lineno <= last:
            lines[frame.lineno] = each.count, each.size
    print(json.dumps(lines))

first = ask.__code__.co_firstlineno
last = first + 9
atexit.register(ask)
Shop().fill(300)
mine = build(2000)
more = nested(5000)
spike()
"""


def held(profile, kind, file):
    """{line: (blocks, bytes)} of what the innermost frames in a file hold, by value types `<kind>_objects` and `<kind>_space`."""
    lines = {}
    for stack, values, _ in profile.samples:
        (_, _, path, _), line, _ = stack[0]
        if path == file and values[kind + "_objects"]:
            blocks, size = lines.get(line, (0, 0))
            lines[line] = blocks + values[kind + "_objects"], size + values[kind + "_space"]
    return lines


class Memory(Case):
    def memory(self, words, *options, env=None):
        return self.run_recorded(words, ["--engine", "memory", *options], env=env)

    def line_of(self, text):
        return 1 + next(number for number, line in enumerate(PROGRAM.split("\n")) if text in line)

    def test_alive_as_tracemalloc_says(self):
        script = self.write("a b.py", PROGRAM)
        for depth in ("1", "30"):
            with self.subTest(depth=depth):
                status, out, err = self.memory([script], "--depth", depth)
                self.assertEqual((status, err), (0, ""))
                judge = {int(line): tuple(figures) for line, figures in json.loads(out).items()}
                profile = self.profile()
                found = held(profile, "inuse", script)
                asked = range(self.line_of("def ask") + 1, self.line_of("first = "))
                self.assertEqual({line: figures for line, figures in found.items() if line not in asked}, judge)
                self.assertEqual(profile.types, [("inuse_objects", "count"), ("inuse_space", "bytes"), ("peak_objects", "count"), ("peak_space", "bytes")])
                self.assertEqual(profile.default, "inuse_space")
                blocks, size = found[self.line_of("bytes(1000)")]
                self.assertGreaterEqual(blocks, 2000)
                self.assertGreaterEqual(size, 2000 * sys.getsizeof(bytes(1000)))
                self.no_leftovers()

    def test_lines_have_their_functions(self):
        script = self.write("a.py", PROGRAM)
        self.memory([script])
        names = {stack[0][1]: stack[0][0] for stack, _, _ in self.profile().samples if stack[0][0][2] == script}
        qualified = sys.version_info >= (3, 11)
        expected = {
            "KEPT.append": ("Shop.fill", "fill", "def fill"),
            "bytes(1000)": ("build", "build", "def build"),
            "return bytes(n)": ("nested.<locals>.inner", "inner", "def inner"),
            "keep = lambda": ("nested", "nested", "def nested"),
            "bytes(30_000_000)": ("spike", "spike", "def spike"),
            "class Shop": ("<module>", "<module>", "\n"),
        }
        for text, (qualname, name, first) in expected.items():
            line = 1 if first == "\n" else self.line_of(first)
            self.assertEqual(names[self.line_of(text)], (qualname if qualified else name, name, script, line), text)

    def test_peak(self):
        script = self.write("a.py", PROGRAM)
        self.memory([script])
        profile = self.profile()
        line = self.line_of("bytes(30_000_000)")
        # Some Pythons keep a little more for a line that runs, less than a kilobyte.
        self.assertEqual(held(profile, "peak", script)[line][1] // 1000, sys.getsizeof(bytes(30_000_000)) // 1000)
        self.assertLess(held(profile, "inuse", script).get(line, (0, 0))[1], 1000)
        # What was there then is there now, for nothing but the spike was given back.
        leak = self.line_of("KEPT.append")
        self.assertEqual(held(profile, "peak", script)[leak], held(profile, "inuse", script)[leak])
        self.assertRegex(" ".join(profile.quality["notes"]), r"the peak was (3\d\.\d MB); who held it is approximate: .* of the \1 that were alive after")

    def test_what_only_grows_has_its_peak_at_the_end(self):
        script = self.write("a.py", "KEPT = [bytes(1000) for _ in range(10_000)]\n")
        self.memory([script])
        profile = self.profile()
        self.assertEqual(held(profile, "peak", script), held(profile, "inuse", script))
        self.assertTrue(held(profile, "inuse", script))

    def test_stacks(self):
        script = self.write("a.py", "def leaf():\n    return bytes(9000)\ndef middle():\n    return leaf()\ndef top():\n    return middle()\nkept = top()\n")
        for words in ([script], ["-m", "a"]):
            self.memory(words, "--depth", "30")
            (stack,) = [stack for stack, values, _ in self.profile().samples if values["inuse_space"] > 9000 and stack[0][0][2] == script]
            self.assertEqual([(place[0][1], place[1]) for place in stack], [("leaf", 2), ("middle", 4), ("top", 6), ("<module>", 7)])
        self.memory([script], "--depth", "2")
        (stack,) = [stack for stack, values, _ in self.profile().samples if values["inuse_space"] > 9000 and stack[0][0][2] == script]
        self.assertEqual([place[0][1] for place in stack], ["leaf", "middle"])
        self.assertRegex(" ".join(self.profile().quality["notes"]), r"\d+ of \d+ stacks .* \(--depth 2\)")
        folder = os.path.dirname(ENTRY)
        self.assertEqual([stack for stack, _, _ in self.profile().samples if any(place[0][2].startswith(folder) for place in stack)], [])

    def test_duty_cycles_tell_what_was_kept(self):
        script = self.write("a.py", "import time\nKEPT = []\nend = time.time() + 1.5\nwhile time.time() < end:\n    KEPT.append(bytes(1000))\n    time.sleep(0.001)\n")
        status, _, err = self.memory([script], "--duty", "0.1/0.1")
        self.assertEqual((status, err), (0, ""))
        profile = self.profile()
        self.assertEqual(profile.types, [("kept_objects", "count"), ("kept_space", "bytes")])
        blocks, size = held(profile, "kept", script)[5]
        notes = " ".join(profile.quality["notes"])
        self.assertRegex(notes, r"tracemalloc was on for [\d.]+ of [\d.]+ s, in \d+ looks: .* times [\d.]+ at most [\d.]+ % of the time was lost")
        # The list itself is one more block, bigger than the others; rounding is of whole blocks and bytes.
        self.assertGreater(size / blocks, sys.getsizeof(bytes(1000)) - 2)
        self.assertGreater(profile.quality["cost"], 0)
        self.assertLessEqual(profile.quality["cost"], 1)

    def test_a_program_that_ends_before_the_first_look(self):
        script = self.write("a.py", "print('ran')\n")
        status, out, _ = self.memory([script], "--duty", "1/1000000")
        self.assertEqual((status, out.strip()), (0, "ran"))
        self.assertEqual(self.profile().samples, [])
        self.assertEqual(self.profile().quality["notes"], ["the recording ended before the first look of the duty cycle 1/1e+06"])

    def moments(self):
        return sorted(name for name in os.listdir(self.folder) if ".at-" in name)

    def test_marked_moments_are_files_that_tracemalloc_agrees_with(self):
        text = """
        import sys
        sys.path.append(%r)
        import heatline, json, tracemalloc
        told = {}
        def ask(name):
            lines = {}
            for each in tracemalloc.take_snapshot().statistics("lineno"):
                if each.traceback[0].filename == __file__ and each.traceback[0].lineno >= 15:
                    lines[each.traceback[0].lineno] = each.count, each.size
            told[name] = lines
            return heatline.memory_mark(name)
        ask("warm")
        told.clear()
        kept = [bytes(1000) for _ in range(2000)]
        first = ask("loaded")
        more = [bytearray(100_000) for _ in range(50)]
        del kept[1000:]
        second = ask("to/day")
        print(json.dumps([told, first, second]))
        """ % os.path.dirname(os.path.dirname(ENTRY))
        script = self.write("prog.py", text)
        status, out, err = self.run_recorded([script], ["--engine", "memory"])
        self.assertEqual((status, err), (0, ""))
        told, first, second = json.loads(out)
        self.assertEqual([os.path.basename(path) for path in (first, second)], ["out ü.at-loaded.pb.gz", "out ü.at-to_day.pb.gz"])
        for name, path in (("loaded", first), ("to/day", second)):
            moment = Profile(path)
            self.assertEqual((moment.types, moment.default), ([("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space"))
            self.assertEqual(moment.quality["moment"], name)
            lines = {}
            for stack, values, _ in moment.samples:
                if stack[0][0][2] == script and stack[0][1] in (15, 17):
                    row = lines.setdefault(str(stack[0][1]), [0, 0])
                    row[0] += values["inuse_objects"]
                    row[1] += values["inuse_space"]
            for line, (blocks, size) in told[name].items():
                if line in ("15", "17"):
                    # Between its snapshot and ours the program lets go of what it asked with.
                    self.assertAlmostEqual(lines[line][0], blocks, delta=4)
                    self.assertAlmostEqual(lines[line][1], size, delta=300)
            self.assertEqual(len(lines), 1 if name == "loaded" else 2)
        self.no_leftovers()

    def test_a_moment_is_marked_from_outside(self):
        text = """
        import os, sys, time
        kept = bytearray(5_000_000)
        open(sys.argv[1] + ".mark", "w").write("now")
        while os.path.exists(sys.argv[1] + ".mark") or not [name for name in os.listdir(".") if ".at-now" in name]: time.sleep(0.01)
        del kept
        """
        status, _, err = self.run_recorded([self.write("prog.py", text), self.output], ["--engine", "memory"])
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.moments(), ["out ü.at-now.pb.gz"])
        moment = Profile(os.path.join(self.folder, "out ü.at-now.pb.gz"))
        self.assertEqual(sum(values["inuse_space"] for stack, values, _ in moment.samples if stack[0][1] == 3) // 1_000_000, 5)

    def test_where_no_memory_is_recorded_marks_do_nothing(self):
        text = "import sys\nsys.path.append(%r)\nimport heatline\nprint(heatline.memory_mark('a'), [name for name in vars(sys) if 'heatline' in name])\n"
        script = self.write("prog.py", text % os.path.dirname(os.path.dirname(ENTRY)))
        self.assertEqual(self.run_plain([script])[1], "None []\n")
        for options in (["--engine", "locks"], ["--engine", "memory", "--duty", "0.5/30"]):
            self.assertEqual(self.run_recorded([script], options)[1], "None []\n")
        self.assertEqual(self.moments(), [])

    def test_the_program_ends_as_ever(self):
        script = self.write("a.py", "import os, sys\nkept = bytes(5000)\npid = os.fork()\nif pid == 0:\n    more = bytes(5000)\n    os._exit(0)\nos.waitpid(pid, 0)\nprint('ü')\nsys.exit(7)\n")
        status, out, err = self.memory([script])
        self.assertEqual((status, out.strip(), err), (7, "ü", ""))
        self.assertEqual(held(self.profile(), "inuse", script)[2][1] // 1000, 5)
        self.no_leftovers()

    def test_a_signal_or_a_limit_ends_it(self):
        script = self.write("a.py", "import time\nkept = bytes(5000)\nprint('on', flush=True)\nwhile True:\n    time.sleep(0.01)\n")
        process = self.start([script], ["--engine", "memory"])
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertGreaterEqual(held(self.profile(), "inuse", script)[2][1], sys.getsizeof(bytes(5000)))
        script = self.write("b.py", "import _tracemalloc, time\nkept = bytes(5000)\nwhile _tracemalloc.is_tracing():\n    time.sleep(0.01)\nlater = bytes(6000)\n")
        status, _, _ = self.memory([script], "--duration", "0.3")
        self.assertEqual(status, 0)
        self.assertIn(2, held(self.profile(), "inuse", script))
        self.assertNotIn(5, held(self.profile(), "inuse", script))
        self.assertIn("recording was limited to 0.3 s; the program ran on", self.profile().quality["notes"])

    def test_tracemalloc_in_use_by_the_program(self):
        script = self.write("a.py", "import tracemalloc\nkept = bytes(5000)\nprint(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit())\n")
        env = {**os.environ, "PYTHONTRACEMALLOC": "3"}
        status, out, _ = self.memory([script], env=env)
        self.assertEqual((status, out.strip()), (0, "True 3"))
        self.assertIn("tracemalloc was on before the recording, with 3 frames: memory from before is in it", self.profile().quality["notes"])
        self.memory([script], "--duty", "0.1/0.1", env=env)
        self.assertIn("duty cycles need tracemalloc for themselves", self.profile().quality["notes"][0])
        script = self.write("b.py", "import tracemalloc\nkept = bytes(5000)\ntracemalloc.stop()\n")
        status, _, err = self.memory([script])
        self.assertEqual((status, err), (0, ""))
        self.assertIn("the program stopped tracemalloc: memory is told until then", self.profile().quality["notes"])

    def test_what_is_wrong_is_one_sentence(self):
        for options, sentence in (
            (["--depth", "0"], "heatline: --depth needs a number of frames, 1 to 1000\n"),
            (["--depth", "many"], "heatline: --depth needs a number of frames, 1 to 1000\n"),
            (["--duty", "1"], "heatline: --duty needs seconds on and off, as in 0.5/30\n"),
            (["--duty", "0/5"], "heatline: --duty needs seconds on and off, as in 0.5/30\n"),
            (["--engine", "sampler", "--depth", "5"], "heatline: --depth and --duty are for the engine memory\n"),
        ):
            status, _, err = self.memory(["-c", "pass"], *options)
            self.assertEqual((status, err), (2, sentence))

    @unittest.skipUnless(PYPY, "no PyPy here")
    def test_pypy_says_why_not(self):
        done = subprocess.run([PYPY, ENTRY, "run", "--engine", "memory", "--output", self.output, "--", "-c", "pass"], capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (4, b"heatline: the engine memory needs tracemalloc, which pypy does not have\n"))


class Looks(unittest.TestCase):
    """The share of the time that looks may take, with a clock of its own."""

    def memory(self, duty, taking):
        sys.path.insert(0, os.path.dirname(os.path.dirname(ENTRY)))
        try:
            from heatline import memory
        finally:
            del sys.path[0]
        clock = self.clock = [1000.0]

        def traces():
            clock[0] += taking
            return []

        tracer = types.SimpleNamespace(start=lambda depth: None, stop=lambda: None, _get_traces=traces)
        for name, value in (("time", types.SimpleNamespace(perf_counter=lambda: clock[0])), ("_tracemalloc", tracer)):
            self.addCleanup(setattr, memory, name, getattr(memory, name))
            setattr(memory, name, value)
        recorded = memory.Memory(1, duty, None)
        recorded._began = recorded._next_turn = clock[0]
        return recorded

    def run_for(self, recorded, seconds):
        end = self.clock[0] + seconds
        while self.clock[0] < end and not recorded._over:
            recorded._take_turns()
            self.clock[0] += 0.01

    def test_pauses_grow_with_what_looks_take(self):
        for taking in (0.0, 0.5, 2.0):
            recorded = self.memory((0.5, 30), taking)
            self.run_for(recorded, 3600)
            self.assertGreater(recorded._looks, 10)
            self.assertLess(recorded.cost(3600), 1.1 * 0.5 / 30.5, taking)

    def test_looks_that_are_too_dear_end(self):
        recorded = self.memory((0.5, 30), 10.0)
        self.run_for(recorded, 36000)
        self.assertEqual(recorded._looks, 1)
        self.assertRegex(recorded.notes[0], r"^it ended looking after \d+ s: what looks take \(10\.5\d s each\) is more than 0\.5/30 allows$")


if __name__ == "__main__":
    unittest.main()

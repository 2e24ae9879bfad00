"""Timing statements: what `heatline timeit` starts, whatever the Python."""

import json
import os
import subprocess
import sys

from support import PACKAGE, Case

sys.path.append(PACKAGE)
import timing  # noqa: E402


class Timing(Case):
    def time(self, *statements, **request):
        request = dict({"statements": statements, "rounds": 1}, **request)
        result = os.path.join(self.folder, "result ü.json")
        words = [sys.executable, os.path.join(PACKAGE, "timing.py"), json.dumps(request), result]
        ended = subprocess.run(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        self.printed = ended.stdout.decode()
        with open(result, encoding="utf-8") as file:
            return json.load(file)

    def test_rounds_of_as_many_turns_as_take_a_while(self):
        answer = self.time("time.sleep(0.03)", setup="import time", rounds=3)
        self.assertEqual(answer["python"].split()[1], "%d.%d.%d" % sys.version_info[:3])
        (timing,) = answer["timings"]
        self.assertEqual(len(timing["seconds"]), 3)
        self.assertIn(timing["turns"], (1, 2, 5, 10))
        self.assertGreater(min(timing["seconds"]), 0.0299)

    def test_two_take_turns_in_going_first(self):
        self.time("print('a'); time.sleep(0.3)", "print('b'); time.sleep(0.3)", setup="import time", rounds=4)
        # One turn of each to find out how many, then four rounds.
        self.assertEqual(self.printed.split(), list("ab" + "abba" + "abba"))

    def test_names_come_from_a_file_and_from_beside_it(self):
        self.write("helper.py", "VALUE = 7\n")
        path = self.write("names.py", "import helper\ndef seven():\n    return helper.VALUE\nprint(__name__)\n")
        answer = self.time("    if seven() != 7:\n        raise ValueError", names=path)
        self.assertGreater(answer["timings"][0]["turns"], 100)
        self.assertEqual(self.printed, "names\n")

    def test_our_own_modules_are_not_in_the_way(self):
        self.write("files.py", "MINE = True\n")
        self.assertIn("timings", self.time("files.MINE", setup="import files"))

    def test_code_as_it_was_selected(self):
        for code in ("    x = 1\n    y = x", "x = 1\n    y = x", "\n\tx = 1\n\tif x:\n\t\ty = x\n", "for x in (1,):\n    y = x"):
            names = {}
            exec(timing.flush(code), names)
            self.assertEqual((names["x"], names["y"]), (1, 1), code)

    def test_what_does_not_run(self):
        for code, said in (
            ("(", "statement or setup: SyntaxError: "),
            ("none", "statement: NameError: name 'none' is not defined"),
            ("return", "statement or setup: SyntaxError: 'return' outside function"),
            ("exit(3)", "statement: SystemExit: 3"),
        ):
            self.assertTrue(self.time(code)["error"].startswith(said), (code, said))
        path = self.write("broken.py", "1 / 0\n")
        self.assertEqual(self.time("1", names=path)["error"], "broken.py: ZeroDivisionError: division by zero")

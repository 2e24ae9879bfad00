"""The engine `imports`: what Python's own `-X importtime` says of the same imports in the same run, on the lines that asked for them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from support import Case

LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)([\w.]+)$")
# What Python itself imports by way of its C code, within the program; who asks through `importlib` it does not tell.
SHOP = {
    "shop/__init__.py": "import time\ntime.sleep(0.02)\nfrom . import goods\n",
    "shop/goods.py": "import time\ntime.sleep(0.05)\nimport shop.prices\n",
    "shop/prices.py": "import json, xml.dom.minidom\nLIST = [1]\n",
    "late.py": "import time\ntime.sleep(0.03)\n",
}
PROGRAM = """
import shop

def later():
    import late
    try:
        import nowhere
    except ImportError:
        pass

later()
"""


@unittest.skipIf(sys.implementation.name != "cpython", "-X importtime is CPython's")
class Measured(Case):
    def setUp(self):
        super().setUp()
        for name, text in SHOP.items():
            self.write(name, text)
        self.program = self.write("main.py", PROGRAM)

    def record(self, *options):
        command = [sys.executable, *options, *self.command([self.program], ["--engine", "imports"])[1:]]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def own(self):
        """{module: (imports, seconds in itself)}, and {line of main.py: seconds with all that was imported by it}."""
        modules, lines = {}, {}
        for stack, values, _ in self.profile().samples:
            (name, _, _, _), _, _ = stack[0]
            count, spent = modules.get(name, (0, 0))
            modules[name] = count + values["imports"], spent + values["import"] / 1e9
            for line in {line for (_, _, path, _), line, _ in stack if path == self.program}:
                lines[line] = lines.get(line, 0) + values["import"] / 1e9
        return modules, lines

    def test_as_importtime_tells_of_the_same_run(self):
        done = self.record("-X", "importtime")
        self.assertEqual(done.returncode, 0, done.stderr)
        judge = {}
        for line in done.stderr.splitlines():
            found = LINE.search(line)
            if found:
                judge[found.group(4)] = int(found.group(1)) / 1e6, int(found.group(2)) / 1e6
        modules, lines = self.own()
        for name in ("shop", "shop.goods", "shop.prices", "json", "json.decoder", "xml.dom.minidom", "late", "nowhere"):
            self.assertEqual(modules[name][0], 1, name)
            # Its figure has what we do inside of it, and what importlib asked for on its own, which it does not tell apart.
            self.assertLessEqual(modules[name][1], judge[name][0] + 0.001, name)
        for name in ("shop", "shop.goods", "late"):
            self.assertAlmostEqual(modules[name][1], judge[name][0], delta=0.005 + 0.1 * judge[name][0], msg=name)
        self.assertAlmostEqual(lines[2], judge["shop"][1], delta=0.005 + 0.1 * judge["shop"][1])
        self.assertAlmostEqual(lines[5], judge["late"][1], delta=0.005 + 0.1 * judge["late"][1])
        self.assertGreater(judge["shop.goods"][0], 0.05)
        mine = set(modules) - {"shop", "nowhere"}
        self.assertTrue(mine <= set(judge) | {"xml", "xml.dom"}, mine - set(judge))

    def test_as_a_tree_of_modules_with_their_files(self):
        self.assertEqual(self.record().stderr, "")
        profile = self.profile()
        self.assertEqual([kind for kind, _ in profile.types], ["imports", "import"])
        stacks = {stack[0][0][0]: [(name, os.path.relpath(path, self.folder) if path.startswith(self.folder) else path, line) for (name, _, path, _), line, _ in stack] for stack, _, _ in profile.samples}
        self.assertEqual(
            stacks["shop.prices"],
            [("shop.prices", "shop/prices.py", 1), ("shop.goods", "shop/goods.py", 3), ("shop", "shop/__init__.py", 3), ("<module>", "main.py", 2)],
        )
        self.assertEqual([each[0] for each in stacks["late"]], ["late", "later", "<module>"])
        self.assertEqual(stacks["nowhere"][0], ("nowhere", "", 1))
        self.assertTrue(stacks["json"][0][1].endswith("json/__init__.py"))

    def test_an_import_that_goes_on_when_the_program_is_ended(self):
        self.write("server.py", "import json, time\nprint('up', flush=True)\ntime.sleep(60)\n")
        program = self.write("run.py", "import server\n")
        with self.start([program], ["--engine", "imports"]) as process:
            self.assertEqual(process.stdout.readline().strip(), b"up")
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        modules, _ = self.own()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertGreater(modules["server"][1], 0.25)
        self.assertEqual(modules["server"][0], 1)

    def test_nothing_of_ours_stands_in_tracebacks_nor_stays(self):
        self.write("broken.py", "import warnings\nwarnings.warn('old', stacklevel=2)\n1 / 0\n")
        text = "import broken\n"
        program = self.write("fails.py", text)
        plain = self.run_plain([program])
        recorded = self.run_recorded([program], ["--engine", "imports"])
        self.assertEqual(plain, recorded)
        self.assertIn("ZeroDivisionError", plain[2])
        ended = self.write("ended.py", "import time, _frozen_importlib as b\nours = b._find_and_load\nwhile b._find_and_load is ours: time.sleep(0.01)\nimport wave\n")
        self.assertEqual(self.run_recorded([ended], ["--engine", "imports", "--duration", "0.2"]), (0, "", ""))
        self.assertNotIn("wave", self.own()[0])

    def test_nothing_imported_is_said(self):
        self.assertEqual(self.run_recorded(["-c", "pass"], ["--engine", "imports"]), (0, "", ""))
        self.assertEqual(self.profile().samples, [])
        self.assertIn("nothing was imported", json.dumps(self.profile().comments))


if __name__ == "__main__":
    unittest.main()

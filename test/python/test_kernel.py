"""Cells in a real kernel: what is recorded of them, under which names, and that the kernel is left as it was."""

import json
import os
import time
import unittest

from support import LINUX, PACKAGE, Case, Profile

try:
    from jupyter_client.manager import start_new_kernel
except ImportError:
    start_new_kernel = None

ARM = """
def __heatline__():
    ours = {"__name__": "heatline", "__file__": %r}
    with open(ours["__file__"], "rb") as file:
        exec(compile(file.read(), file.name, "exec", dont_inherit=True), ours)
    ours["load"]("kernel").arm(%r)
try:
    __heatline__()
finally:
    del __heatline__
"""
DEFINES = """\n\nimport threading, time
def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
pool = threading.Thread(target=time.sleep, args=(60,), daemon=True)
pool.start()
"""
USES = """# a comment
work(3_000_000)
time.sleep(0.4)
"""
TIMED = """%%time

for i in range(3_000_000):
    y = i * i
work(1_000_000)
"""
CAPTURED = """%%capture out
# below it
work(2_000_000)
"""
CELLS = {"/n/a.ipynb#cell1": DEFINES, "/n/a.ipynb#cell2": USES, "/n/a.ipynb#cell3": TIMED, "/n/a.ipynb#cell4": CAPTURED}
ONE, TWO, THREE, FOUR = CELLS


@unittest.skipIf(start_new_kernel is None, "this Python has no Jupyter kernel")
class KernelTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = start_new_kernel()

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel(now=True)

    def execute(self, code):
        """(status, what was printed or shown, errors)"""
        out, errors = [], []

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                out.append(content["text"])
            elif message["msg_type"] == "error":
                errors.append(content["ename"] + ": " + content["evalue"])
            elif message["msg_type"] == "execute_result":
                out.append(content["data"]["text/plain"])

        reply = self.client.execute_interactive(code, timeout=120, output_hook=hear)
        return reply["content"]["status"], "".join(out), errors

    def arm(self, names, cells=CELLS, output=None):
        request = os.path.join(self.folder, "request.json")
        with open(request, "w", encoding="utf-8") as file:
            places = [(name, text, "cell:" + name) for name, text in cells.items()]
            json.dump({"output": output or self.output, "rate": 500, "cells": places, "run": names, "notebook": "cell:"}, file)
        return self.execute(ARM % (os.path.abspath(os.path.join(PACKAGE, "__main__.py")), request))

    def record(self, names, cells=CELLS):
        self.assertEqual(self.arm(names, cells), ("ok", "", []))
        for name in names:
            status, said, errors = self.execute(cells[name])
            self.assertEqual((status, errors), ("ok", []))
            self.assertNotIn("Error", said)
        return Profile(self.output)

    def texts(self):
        with open(self.output + ".cells", encoding="utf-8") as file:
            told = json.load(file)
        for each in told:
            self.assertEqual(each["cell"], "cell:" + (each["name"] if each["name"] in CELLS else ""))
        return {each["name"]: each["text"] for each in told}

    def assert_left_alone(self):
        asked = "import sys; print([m for m in sys.modules if m.startswith('_heatline')], [n for n in dir(get_ipython()) if 'heatline' in n], '__heatline__' in globals(), "
        asked += "sum('heatline' in repr(each) for each in sum(get_ipython().events.callbacks.values(), [])))"
        self.assertEqual(self.execute(asked)[1], "[] [] False 0\n")

    def seconds_of(self, profile, name, line, own=False):
        total = 0
        for stack, values, _ in profile.samples:
            places = stack[:1] if own else stack
            total += values["wall"] if any(place[0][2] == name and place[1] == line for place in places) else 0
        return total / 1e9

    def test_a_cell_and_what_it_calls_in_another(self):
        self.execute(DEFINES)
        profile = self.record([TWO])
        # Lines as the editor counts them: blank ones in front are part of the cell.
        self.assertGreater(self.seconds_of(profile, TWO, 2), 0.05)
        self.assertGreater(self.seconds_of(profile, ONE, 7, own=True), 0.02)
        self.assertAlmostEqual(self.seconds_of(profile, TWO, 3, own=True), 0.4, delta=0.1)
        self.assertEqual({name: text.rstrip() for name, text in self.texts().items()}, {ONE: DEFINES.rstrip(), TWO: USES.rstrip()})
        # Nothing of the kernel around it, and none of its threads.
        roots = {(stack[-1][0][1], stack[-1][0][2]) for stack, values, _ in profile.samples if values["wall"] > 2e7}
        self.assertEqual(roots, {("<module>", TWO)})
        self.assertEqual(profile.threads(), {"MainThread"})
        self.assertEqual({key: place for stack, _, _ in profile.samples for place in stack for key in [place[0][1]] if key == "work"}["work"][0][2:], (ONE, 4))
        self.assert_left_alone()

    @unittest.skipUnless(LINUX, "the helper reads /proc")
    def test_the_helper_looks_although_the_kernel_has_threads(self):
        self.execute(DEFINES)
        profile = self.record([TWO])
        self.assertIn("helper process", profile.quality["notes"][0])
        self.assertNotIn("no helper", " ".join(profile.quality["notes"]))

    def test_magics_run_the_rest_of_their_cell(self):
        self.execute(DEFINES)
        profile = self.record([THREE])
        self.assertGreater(self.seconds_of(profile, THREE, 4, own=True) + self.seconds_of(profile, THREE, 3, own=True), 0.01)
        self.assertGreater(self.seconds_of(profile, THREE, 5), 0.01)
        self.assertEqual(self.texts()[THREE], TIMED)
        profile = self.record([FOUR])
        self.assertGreater(self.seconds_of(profile, FOUR, 3), 0.02)
        self.assertEqual(self.seconds_of(profile, FOUR, 2), 0)
        self.assert_left_alone()

    def test_several_cells_are_one_recording(self):
        # Each cell has a helper of its own, which on a busy machine begins to look late: so they work for long, by their own clock.
        works = "until = time.thread_time() + 0.7\nwhile time.thread_time() < until: work(10_000)\n"
        profile = self.record([ONE, TWO, THREE], {**CELLS, TWO: "# a comment\n" + works, THREE: "%%time\n\n" + works})
        self.assertGreater(self.seconds_of(profile, TWO, 3), 0.05)
        self.assertGreater(self.seconds_of(profile, THREE, 4), 0.05)
        self.assertEqual(set(self.texts()), {ONE, TWO, THREE})
        self.assert_left_alone()

    def test_other_cells_that_run_meanwhile_are_left_out(self):
        self.execute(DEFINES)
        self.arm([TWO])
        self.assertEqual(self.execute("time.sleep(0.3)\nwork(10)")[0], "ok")
        self.execute(USES)
        profile = Profile(self.output)
        self.assertEqual({place[0][2] for stack, _, _ in profile.samples for place in stack if "#cell" in place[0][2]}, {ONE, TWO})
        self.assertEqual(set(self.texts()), {ONE, TWO})

    def test_a_cell_that_was_edited_since_it_ran_keeps_the_text_that_ran(self):
        old = DEFINES.replace("total += i * i", "total += i * i * 2")
        self.execute(old)
        self.record([TWO])
        texts = self.texts()
        self.assertEqual([text for name, text in texts.items() if name != TWO], [old.rstrip()])
        self.assertNotIn(ONE, texts)

    def test_a_cell_that_fails_ends_the_recording(self):
        cells = {**CELLS, TWO: "work(3_000_000)\n1 / 0\n"}
        self.execute(DEFINES)
        self.arm([TWO, THREE], cells)
        self.assertEqual(self.execute(cells[TWO])[2], ["ZeroDivisionError: division by zero"])
        self.assertGreater(self.seconds_of(Profile(self.output), TWO, 1), 0.05)
        self.assert_left_alone()

    def test_an_interrupt_ends_the_recording(self):
        import threading

        cells = {TWO: "import time\nend = time.time() + 100\nwhile time.time() < end:\n    time.sleep(0.01)\n"}
        self.arm([TWO], cells)
        # The kernel says busy first; what was seen of it by then does not matter.
        late = threading.Timer(1.5, self.manager.interrupt_kernel)
        late.start()
        self.assertEqual(self.execute(cells[TWO])[0], "error")
        late.join()
        self.assertGreater(sum(values["wall"] for _, values, _ in Profile(self.output).samples), 0)
        self.assert_left_alone()

    def test_awaiting_cells_and_threads_of_their_own(self):
        cells = {
            ONE: "import asyncio, threading, time\nawait asyncio.sleep(0.3)\n",
            TWO: "def other():\n    time.sleep(0.4)\nt = threading.Thread(target=other, name='mine')\nt.start()\nt.join()\n",
        }
        profile = self.record([ONE, TWO], cells)
        self.assertGreater(profile.seconds("other", thread="mine"), 0.3)
        self.assertEqual(profile.threads(), {"MainThread", "mine"})
        self.assertAlmostEqual(self.seconds_of(profile, TWO, 5), 0.4, delta=0.15)

    def test_a_new_request_takes_the_place_of_one_that_waits(self):
        self.execute(DEFINES)
        self.arm([THREE], output=os.path.join(self.folder, "first.pb.gz"))
        self.record([TWO])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "first.pb.gz")))
        self.assert_left_alone()

    def test_who_waits_for_nobody_leaves_at_the_next_cell(self):
        self.execute(DEFINES)
        self.arm([TWO])
        os.unlink(os.path.join(self.folder, "request.json"))
        self.execute(USES)
        self.assertFalse(os.path.exists(self.output))
        self.assert_left_alone()

    def test_a_kernel_that_dies_leaves_a_checkpoint(self):
        cells = {TWO: "import os, signal, time\nend = time.time() + 7\nwhile time.time() < end:\n    sum(range(1000))\nos.kill(os.getpid(), signal.SIGKILL)\n"}
        self.execute("time.sleep(0)")
        self.arm([TWO], cells)
        self.client.execute(cells[TWO])
        end = time.time() + 60
        while self.manager.is_alive() and time.time() < end:
            time.sleep(0.1)
        self.assertFalse(self.manager.is_alive())
        self.tearDownClass()
        self.setUpClass()
        self.assertFalse(os.path.exists(self.output))
        self.output += ".part"
        self.assertGreater(self.seconds_of(self.profile(), TWO, 4), 0.5)
        self.assertIn("checkpoint", " ".join(self.profile().quality["notes"]))
        self.output = self.output[: -len(".part")]
        self.assertEqual(list(self.texts()), [TWO])

    def test_what_cannot_be_written_is_told(self):
        status, _, errors = self.arm([TWO], output=os.path.join(self.folder, "not there", "out.pb.gz"))
        self.assertEqual((status, len(errors)), ("error", 1))
        self.assertIn("cannot write", errors[0])
        self.assert_left_alone()

    def test_the_magic(self):
        self.execute("import os, sys; os.chdir(%r); sys.path.insert(0, %r)" % (self.folder, os.path.dirname(os.path.abspath(PACKAGE))))
        self.execute("%load_ext heatline")
        self.execute(DEFINES)
        status, said, errors = self.execute("%%heatline -o cell.pb.gz -r 500\n\nwork(3_000_000)\ntime.sleep(0.2)\n'shown'")
        self.assertEqual((status, errors), ("ok", []))
        self.assertRegex(said, r"^'shown'heatline: .* samples → cell.pb.gz\n")
        self.assertRegex(said, r"(?m)^ *[1-9][\d.]+ % +[\d.]+ %      .*total \+= i \* i$")
        self.assertRegex(said, r"(?m)^ *0\.0 % +[1-9][\d.]+ %  work\(3_000_000\)$")
        self.assertGreater(Profile(os.path.join(self.folder, "cell.pb.gz")).seconds("work"), 0.05)
        status, said, errors = self.execute("%heatline -o line.pb.gz  work(3_000_000) + 1 if 'a  b' else 0")
        self.assertEqual((status, errors), ("ok", []))
        self.assertIn("'a  b'", said)
        self.assertGreater(Profile(os.path.join(self.folder, "line.pb.gz")).seconds("work"), 0.05)
        status, said, errors = self.execute("%%heatline -o failed.pb.gz\nwork(3_000_000)\n1 / 0")
        self.assertEqual((status, errors), ("error", ["ZeroDivisionError: division by zero", "Stopped: "]))
        self.assertGreater(Profile(os.path.join(self.folder, "failed.pb.gz")).seconds("work"), 0.05)
        for bad in ("%%heatline -z\n1", "%%heatline word\n1", "%heatline", "%%heatline -r 0\n1", "%%heatline -r x\n1", "%%heatline -o no/out\n1", "%%heatline 'a\n1"):
            status, said, errors = self.execute(bad)
            self.assertEqual(status, "error", bad)
        self.assertEqual(self.execute("import heatline.session as s; len(s._used)")[1], "0")


if __name__ == "__main__":
    unittest.main()

"""What is recorded is there however the program ends, and where it was asked for."""

import json
import os
import pstats
import re
import shutil
import signal
import time
import unittest

from support import ENGINES, LINUX, Case

FOREVER = """
import sys, time
def spin():
    print("ready", flush=True)
    end = time.time() + 60
    while time.time() < end:
        pass
spin()
"""
LOOKING_SECONDS = 0.02  # of a processor: what a helper needs for some dozens of looks


def processor_seconds(process):
    """What a process has used of processors; of one that is gone more than all."""
    try:
        with open("/proc/%d/stat" % process) as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float("inf")


class Ends(Case):
    def begin(self, engine, text=FOREVER, options=()):
        script = self.write("main.py", text)
        process = self.start([script], [*ENGINES[engine], *options])
        self.assertTrue(process.stdout.readline().startswith(b"ready"))  # several threads may say it
        time.sleep(0.3)
        if LINUX and "spin()" in text:
            # On a busy machine it takes longer until there is enough to be seen, and it is.
            wanted = {each: processor_seconds(each) + LOOKING_SECONDS for each in self.helpers(process.pid)}
            wanted[process.pid], limit = 0.25, time.time() + 20
            while time.time() < limit and any(processor_seconds(each) < seconds for each, seconds in wanted.items()):
                time.sleep(0.02)
        return process

    def end(self, process):
        out, err = process.communicate(timeout=20)
        return process.returncode, err.decode()

    @unittest.skipUnless(os.name == "posix", "needs signals")
    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            for engine in ("hybrid", "sampler", "sampler in process", "cprofile")[: 2 if number == signal.SIGHUP else 4]:
                with self.subTest(signal=number, engine=engine):
                    process = self.begin(engine)
                    process.send_signal(number)
                    code, err = self.end(process)
                    self.assertEqual(code, -number)
                    self.assertEqual("KeyboardInterrupt" in err, number == signal.SIGINT)
                    self.assertNotIn(os.sep + "heatline" + os.sep, err)
                    if engine == "cprofile":
                        self.assertIn("spin", {key[2] for key in pstats.Stats(self.output).stats})
                    else:
                        self.assertGreater(self.profile().seconds("spin"), 0.1)
                    self.no_leftovers()
                    os.unlink(self.output)

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_the_helper_writes_and_where_it_is_gone_that_is_told(self):
        text = FOREVER[: -len("spin()\n")] + "import threading\nfor n in range(3): threading.Thread(target=spin, name='busy ü %d' % n, daemon=True).start()\nspin()\n"
        process = self.begin("sampler", text)
        process.terminate()
        self.assertEqual(self.end(process)[0], -signal.SIGTERM)
        profile = self.profile()
        for name in ("MainThread", "busy ü 0", "busy ü 2"):
            self.assertGreater(profile.seconds("spin", thread=name), 0.1, name)
        self.no_leftovers()
        os.unlink(self.output)

        process = self.begin("sampler", text)
        with open(self.output + ".helper") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        process.terminate()
        code, err = self.end(process)
        self.assertEqual((code, err), (-signal.SIGTERM, ""))
        self.assertIn("the sampling helper ended before the program: samples are missing", self.profile().quality["notes"])
        self.no_leftovers()

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_a_checkpoint_of_the_helper_is_whole(self):
        process = self.begin("sampler")
        limit = time.time() + 20
        while not os.path.exists(self.output + ".part") and time.time() < limit:
            time.sleep(0.05)
        shutil.copy(self.output + ".part", self.output + ".copy")
        process.terminate()
        self.end(process)
        self.assertGreater(self.profile().seconds("spin"), 1.5)
        self.no_leftovers()
        self.output += ".copy"
        self.assertGreater(self.profile().seconds("spin"), 1)
        self.assertIn("checkpoint", " ".join(self.profile().quality["notes"]))

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_names_of_many_threads_are_kept(self):
        """More of them than go through a pipe at once."""
        names = "[threading.Thread(target=time.sleep, args=(1.5,), name='%03d ' % n + 'ä' * 60) for n in range(150)]"
        script = self.write("main.py", "import threading, time\ndef main():\n    many = %s\n    for each in many: each.start()\n    for each in many: each.join()\nmain()\n" % names)
        self.assertEqual(self.run_recorded([script], ["--engine", "sampler"])[0], 0)
        found = self.profile().threads()
        self.assertTrue({"%03d " % n + "ä" * 60 for n in range(150)} <= found, sorted(found)[:3])

    @unittest.skipUnless(os.name == "posix", "needs signals")
    def test_own_handlers_are_the_programs(self):
        process = self.begin("hybrid", "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *a: sys.exit(9))\nprint('ready', flush=True)\ntime.sleep(30)\n")
        process.terminate()
        self.assertEqual(self.end(process), (9, ""))
        self.assertTrue(os.path.exists(self.output))

    @unittest.skipUnless(os.name == "posix", "needs signals")
    def test_killed_leaves_a_whole_checkpoint(self):
        for engine in ("hybrid", "sampler in process"):
            process = self.begin(engine)
            limit = time.time() + 20
            while not os.path.exists(self.output + ".part") and time.time() < limit:
                time.sleep(0.05)
            process.kill()
            self.assertEqual(self.end(process)[0], -signal.SIGKILL)
            self.assertFalse(os.path.exists(self.output))
            os.replace(self.output + ".part", self.output)
            profile = self.profile()
            self.assertGreater(profile.seconds("spin"), 1)
            self.assertTrue(any("checkpoint" in note for note in profile.quality["notes"]))
            os.unlink(self.output)

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_killed_early_leaves_its_samples(self):
        text = FOREVER[: -len("spin()\n")] + "import threading\nthreading.Thread(target=spin, name='wörk').start()\n"
        for engine in ("sampler", "hybrid"):
            process = self.begin(engine, text)
            process.kill()
            self.assertEqual(self.end(process)[0], -signal.SIGKILL)
            limit = time.time() + 5
            while os.path.exists(self.output + ".helper") and time.time() < limit:
                time.sleep(0.02)
            os.replace(self.output + ".part", self.output)
            profile = self.profile()
            self.assertGreater(profile.seconds("spin", thread="wörk"), 0.1)
            self.assertTrue(any("killed" in note for note in profile.quality["notes"]))
            os.unlink(self.output)
            self.no_leftovers()

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_no_process_is_left(self):
        for number in (signal.SIGKILL, signal.SIGTERM):
            process = self.begin("sampler")
            helpers = self.helpers(process.pid)
            process.send_signal(number)
            self.end(process)
            limit = time.time() + 5
            while any(os.path.exists("/proc/%d" % each) for each in helpers) and time.time() < limit:
                time.sleep(0.02)
            self.assertEqual([each for each in helpers if os.path.exists("/proc/%d" % each)], [])

    def helpers(self, process):
        """Processes whose command line is that of the program: the helper is a fork of it."""
        with open("/proc/%d/cmdline" % process, "rb") as file:
            line = file.read()
        found = []
        for name in os.listdir("/proc"):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    if name.isdigit() and int(name) != process and file.read() == line:
                        found.append(int(name))
            except OSError:
                pass
        return found

    def test_status_file(self):
        status = os.path.join(self.folder, "status.json")
        for text, expected in (("raise SystemExit(3)", 3), ("1/0", 1), ("pass", 0), ("import os; os._exit(7)", 7), ("raise SystemExit('x')", 1)):
            script = self.write("main.py", text)
            for engine in ("hybrid", "none"):
                self.run_recorded([script], [*ENGINES[engine], "--status", status])
                with open(status) as file:
                    self.assertEqual(json.load(file), {"exitStatus": expected})
                os.unlink(status)

    def test_unwritable_output(self):
        script = self.write("main.py", "print('ran')\n")
        self.output = os.path.join(self.folder, "no such folder", "x.pb.gz")
        code, out, err = self.run_recorded([script])
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err, r"^heatline: cannot write .*x\.pb\.gz: No such file or directory\n$")
        self.output = self.folder
        self.assertEqual(self.run_recorded([script])[:2], (4, ""))

    def test_folder_vanishes_meanwhile(self):
        os.mkdir(os.path.join(self.folder, "gone"))
        self.output = os.path.join(self.folder, "gone", "x.pb.gz")
        script = self.write("main.py", "import shutil\nshutil.rmtree('gone')\nprint('ran')\n")
        code, out, err = self.run_recorded([script])
        self.assertEqual((code, out), (0, "ran\n"))
        self.assertRegex(err, r"^heatline: cannot write [^\n]*\n$")

    def test_working_directory_changes(self):
        self.write("main.py", "import os, time\ndef here(): time.sleep(0.2)\nos.chdir('/')\nhere()\n")
        self.output = os.path.relpath(self.output, self.folder)
        self.run_recorded(["main.py"])
        self.output = os.path.join(self.folder, self.output)
        self.assertGreater(self.profile().seconds("here"), 0.1)

    def test_duration(self):
        script = self.write("main.py", "import time\ndef early(): time.sleep(0.6)\ndef late(): time.sleep(1)\nearly()\nlate()\nprint('end')\n")
        for engine in ("sampler", "hybrid", "sampler in process"):
            self.assertEqual(self.run_recorded([script], [*ENGINES[engine], "--duration", "0.3"])[:2], (0, "end\n"))
            profile = self.profile()
            self.assertGreater(profile.seconds("early"), 0.1)
            self.assertEqual(profile.seconds("late"), 0)

    @unittest.skipUnless(LINUX, "needs /proc")
    def test_program_closes_all_files(self):
        script = self.write("main.py", "import os, time\ndef work(): time.sleep(0.3)\nwork()\nos.closerange(3, 2000)\nfiles = [os.open('f%d' % n, os.O_RDWR | os.O_CREAT) for n in range(900)]\n")
        self.assertEqual(self.run_recorded([script])[0], 0)
        self.assertTrue(os.path.exists(self.output))
        self.assertEqual({os.path.getsize(os.path.join(self.folder, "f%d" % n)) for n in range(900)}, {0})

    def test_usage(self):
        for options, words in ((["--engine", "x"], ["a.py"]), (["--rate", "0"], ["a.py"]), (["--nonsense"], ["a.py"]), ([], []), ([], ["-m"])):
            code, out, err = self.run_recorded(words, options)
            self.assertEqual((code, out), (2, ""))
            self.assertTrue(re.match(r"^heatline: [^\n]+\n$", err), err)


if __name__ == "__main__":
    unittest.main()

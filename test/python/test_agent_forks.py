"""The agent in programs that fork, start others, are killed, or end while threads run."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from agents import BUSY, NO_LIMIT, AgentCase, duration, processes, seconds
from support import Profile

HAS_FORK = hasattr(os, "fork")


@unittest.skipUnless(HAS_FORK, "no fork here")
class Forks(AgentCase):
    def test_a_child_has_windows_of_its_own_and_the_parent_goes_on(self):
        text = BUSY + (
            "import os, sys\nhot(0.4)\nchild = os.fork()\nif child == 0:\n    cold(0.5)\n    sys.exit(0)\n"
            "os.waitpid(child, 0)\nhot(0.4)\nprint(os.getpid(), child)\n"
        )
        parent, child = map(int, self.clean(self.program(text, NO_LIMIT + "window=60")).split())
        self.assertEqual(processes(self.files()), {parent, child})
        (of_parent,), (of_child,) = self.profiles(parent), self.profiles(child)
        self.assertIn("process_id=%d" % child, of_child.comments)
        self.assertGreater(of_parent.seconds("hot"), 0.7)
        self.assertEqual((of_parent.seconds("cold"), of_child.seconds("hot")), (0, 0))
        self.assertGreater(of_child.seconds("cold"), 0.4)
        self.assertGreater(seconds([of_parent]), 0.95 * duration(of_parent))

    def test_a_child_that_just_ends_leaves_nothing(self):
        text = "import os, time\nchild = os.fork()\nif child == 0:\n    time.sleep(0.2); os._exit(0)\nos.waitpid(child, 0); print(os.getpid())\n"
        parent = int(self.clean(self.program(text, NO_LIMIT)))
        self.assertEqual(processes(self.files()), {parent})

    def test_prefork_servers_with_threads_in_their_workers(self):
        """As gunicorn does: the agent begins before the workers, one is replaced, and they end by a signal that raises SystemExit."""
        text = BUSY + (
            "import os, signal, sys, threading\n"
            "def worker():\n"
            "    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
            "    for _ in range(3): threading.Thread(target=lambda: [hot(0.01) or time.sleep(0.01) for _ in iter(int, 1)], daemon=True).start()\n"
            "    while True: time.sleep(0.1)\n"
            "def start():\n    child = os.fork()\n    return child or worker()\n"
            "workers = [start(), start()]\ntime.sleep(1.2)\n"
            "os.kill(workers[0], 9); os.waitpid(workers[0], 0); workers.append(start())\ntime.sleep(1.2)\n"
            "for each in workers[1:]: os.kill(each, 15)\n"
            "print(os.getpid(), *workers, *[os.waitpid(each, 0)[1] for each in workers[1:]])\n"
        )
        *known, first, second = map(int, self.clean(self.program(text, NO_LIMIT + "window=0.5")).split())
        self.assertEqual((first, second), (0, 0))
        self.assertEqual(processes(self.files()), set(known))
        for worker in known[1:]:
            self.assertGreater(sum(each.seconds("hot") for each in self.profiles(worker)), 0.1)

    def test_many_forks_from_many_threads(self):
        text = BUSY + (
            "import os, threading\ndef fork():\n    for _ in range(15):\n        child = os.fork()\n        if child == 0: os._exit(0)\n        os.waitpid(child, 0); hot(0.01)\n"
            "threads = [threading.Thread(target=fork) for _ in range(4)]\nbegan = time.perf_counter()\n"
            "for each in threads: each.start()\nfor each in threads: each.join()\n"
            "agent.stop(); print(os.getpid(), time.perf_counter() - began)\n"
        )
        process, lasted = self.clean(self.program(text, NO_LIMIT)).split()
        self.assertEqual(processes(self.files()), {int(process)})
        profile = self.profiles()[0]
        self.assertGreater(profile.quality["rateGot"], 1)
        self.assertAlmostEqual(duration(profile), float(lasted), delta=0.1 * float(lasted) + 0.2)

    @unittest.skipIf(sys.version_info < (3, 12), "no warning of forks beside threads")
    def test_python_does_not_warn_of_our_threads_at_a_fork(self):
        # A fork waits for a slow disk for a second at most; here is no disk.
        memory = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.addCleanup(shutil.rmtree, memory)
        text = "import os, time\ntime.sleep(0.3)\nfor _ in range(5):\n    child = os.fork()\n    if child == 0: os._exit(0)\n    os.waitpid(child, 0); time.sleep(0.05)\n"
        start = "import heatline; heatline.agent(%r, cost=1, window=0.2, endpoint='127.0.0.1:0')\n" % memory
        path = self.write("app.py", start + text)
        done = subprocess.run([sys.executable, "-W", "error", path], env=self.env, cwd=self.folder, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertGreaterEqual(len(os.listdir(memory)), 2)

    def test_a_fork_waits_for_a_slow_disk_a_second_at_most(self):
        slow = "import os, time\nfsync, slow = os.fsync, iter([3])\nos.fsync = lambda file: time.sleep(next(slow, 0)) or fsync(file)\n"
        start = "import heatline; heatline.agent(%r, cost=1, window=0.2)\n" % self.windows
        text = (
            "while not any('.tmp-' in each for each in os.path.isdir(%r) and os.listdir(%r) or ()): time.sleep(0.01)\n"
            "began = time.perf_counter()\nchild = os.fork()\nif child == 0: os._exit(0)\n"
            "print(time.perf_counter() - began); os.waitpid(child, 0); time.sleep(0.5)\n"
        ) % (self.windows, self.windows)
        waited = float(self.clean(self.finish([self.write("app.py", slow + start + text)])))
        self.assertGreater(waited, 0.9)
        self.assertLess(waited, 2.9)
        self.assertGreaterEqual(len(self.files()), 2)

    def test_multiprocessing_by_fork_and_by_spawn(self):
        for method, expected in (("fork", 3), ("spawn", 1)):
            with self.subTest(method):
                text = BUSY + (
                    "import multiprocessing, os\n"
                    "if __name__ == '__main__':\n"
                    "    context = multiprocessing.get_context(%r)\n"
                    "    children = [context.Process(target=hot, args=(0.5,)) for _ in range(2)]\n"
                    "    for each in children: each.start()\n    for each in children: each.join()\n"
                    "    print([each.exitcode for each in children])\n"
                ) % method
                start = "import heatline\nif __name__ == '__main__': heatline.agent(%r, cost=1, service=%r)\n" % (self.windows, method)
                self.assertEqual(self.clean(self.finish([self.write("app.py", start + text)])), "[0, 0]\n")
                files = [each for each in self.files() if "_%s_" % method in each]
                self.assertEqual(len(processes(files)), expected)
                if method == "fork":
                    self.assertGreater(sum(Profile(each).seconds("hot") for each in files), 0.9)


@unittest.skipUnless(HAS_FORK, "signals end programs otherwise here")
class Killed(AgentCase):
    def begin(self, text, settings=""):
        path = self.write("app.py", "import heatline; agent = heatline.agent(%r, service='shop', %s)\n" % (self.windows, NO_LIMIT + settings) + text)
        process = subprocess.Popen([sys.executable, path], env=self.env, cwd=self.folder, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for_files(self, count):
        until = time.monotonic() + 60
        while len(self.files()) < count:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)

    def test_kill_loses_the_open_window_and_nothing_else(self):
        process = self.begin(BUSY + "while True: hot(0.1)\n", "window=0.4, ")
        self.wait_for_files(3)
        whole = {each: os.stat(each).st_ino for each in self.files()}
        process.kill()
        process.wait()
        for path, inode in whole.items():
            self.assertEqual(os.stat(path).st_ino, inode)
        numbers = sorted(int(each.rpartition("_")[2].partition(".")[0]) for each in self.files())
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        for profile in (Profile(each) for each in self.files()):
            self.assertGreater(duration(profile), 0.39)

    def test_a_signal_that_ends_the_program_ends_it(self):
        process = self.begin("import time; print('on', flush=True); time.sleep(60)\n")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), -signal.SIGTERM)

    def test_interrupted_it_writes(self):
        process = self.begin("import time\ntry:\n    print('on', flush=True); time.sleep(60)\nexcept KeyboardInterrupt: pass\n")
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(len(self.files()), 1)


if __name__ == "__main__":
    unittest.main()

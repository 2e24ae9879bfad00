"""The folder of windows: names, limits, full and read-only disks, clocks that step, and agents that share it."""

import os
import subprocess
import sys
import time
import unittest

import agents
from agents import BUSY, NO_LIMIT, AgentCase, processes
from support import Case

sys.path.insert(0, agents.ROOT)

import heatline.agent.writing as writing_module  # noqa: E402
from heatline.agent.folder import Folder, plain  # noqa: E402
from heatline.agent.sampler import Sampler  # noqa: E402
from heatline.agent.window import Window  # noqa: E402
from heatline.agent.writing import Writing  # noqa: E402

DAY = 86400
NAME = r"\d{8}T\d{6}Z_shop_[^_]+_\d+_[0-9a-f]{6}_\d{4,}\.pb\.gz$"


class Waiting(Case):
    def test_a_window_that_others_wait_for_is_encoded_without_pauses(self):
        writing, asked = Writing(Folder(self.folder, "shop", "a", None, None, time.time), Sampler(100, None), [], 100, print, None), []
        writing._encoder.encode = lambda window, further, patient: asked.append(patient()) or b""
        for _ in range(3):
            writing._waiting.append(Window(0))
        writing._busy.acquire(False)
        writing._work()
        self.assertEqual((asked, writing.written, len(os.listdir(self.folder))), ([False, False, True], 3, 3))

    def test_windows_that_the_end_of_the_program_cannot_wait_for_are_told(self):
        said = []
        tell = lambda kind, sentence, *arguments: said.append(sentence % arguments)
        writing = Writing(Folder(self.folder, "shop", "a", None, None, time.time), Sampler(100, None), [], 100, tell, None)
        writing._busy.acquire()
        writing._waiting.append(Window(0))
        self.addCleanup(setattr, writing_module, "END_SECONDS", writing_module.END_SECONDS)
        writing_module.END_SECONDS = 0.01
        writing.finish()
        self.assertEqual(said, ["the disk is too slow at the end of the program: 2 windows were not written"])


class Limits(Case):
    def setUp(self):
        super().setUp()
        self.clock = 1_700_000_000.0

    def make(self, service="shop", host="a", keep_bytes=None, keep_seconds=None):
        return Folder(self.folder, service, host, keep_bytes, keep_seconds, lambda: self.clock)

    def names(self):
        return sorted(os.listdir(self.folder))

    def test_names_tell_when_whose_and_where(self):
        path = self.make("my_shop/eu", "web-1.example").write(1_700_000_000 * 10**9, b"x")
        name = os.path.basename(path)
        self.assertRegex(name, r"^20231114T221320Z_my-shop-eu_web-1\.example_%d_[0-9a-f]{6}_0001\.pb\.gz$" % os.getpid())
        self.assertEqual((plain("../../etc"), plain(""), plain("é" * 100)), ("-..-etc", "-", "-" * 64))

    def test_the_oldest_go_when_there_are_too_many_bytes(self):
        windows = self.make(keep_bytes=350)
        paths = [windows.write(int((self.clock + minute * 60) * 1e9), b"x" * 100) for minute in range(10)]
        self.assertEqual(self.names(), [os.path.basename(each) for each in paths[-3:]])

    def test_the_newest_stays_though_it_is_too_large_alone(self):
        windows = self.make(keep_bytes=50)
        windows.write(int(self.clock * 1e9), b"x" * 100)
        path = windows.write(int((self.clock + 60) * 1e9), b"x" * 100)
        self.assertEqual(self.names(), [os.path.basename(path)])

    def test_what_is_too_old_goes(self):
        windows = self.make(keep_seconds=2 * DAY)
        paths = []
        for day in range(5):
            paths.append(windows.write(int(self.clock * 1e9), b"x"))
            self.clock += DAY
        windows.write(int(self.clock * 1e9), b"x")
        self.assertEqual(self.names()[:-1], [os.path.basename(each) for each in paths[-2:]])

    def test_only_our_own_files_are_deleted(self):
        foreign = [
            "notes.txt", "profile.pb.gz", "20200101T000000Z_shop.pb.gz", "20200101T000000Z_other_a_1_abcdef_0001.pb.gz",
            "20200101T000000Z_shop_a_1_abcdef_0001.pb.gz.bak", "x20200101T000000Z_shop_a_1_abcdef_0001.pb.gz",
        ]
        for name in foreign:
            self.write(name, "x" * 1000)
        os.makedirs(os.path.join(self.folder, "20200101T000000Z_shop_a_2_abcdef_0001.pb.gz"))
        os.symlink(os.path.join(self.folder, "notes.txt"), os.path.join(self.folder, "20200101T000000Z_shop_a_3_abcdef_0001.pb.gz"))
        ours = ["20200101T000000Z_shop_b_1_abcdef_0001.pb.gz", "20200101T000000Z_shop_b_1_abcdef_0002.pb.gz.tmp-7"]
        for name in ours:
            self.write(name, "x" * 1000)
        half = self.write("20200101T000000Z_shop_c_1_abcdef_0001.pb.gz.tmp-8", "is being written")
        os.utime(half, (self.clock, self.clock))
        os.utime(os.path.join(self.folder, ours[1]), (self.clock - DAY, self.clock - DAY))
        before = self.names()
        path = self.make(keep_bytes=10, keep_seconds=DAY).write(int(self.clock * 1e9), b"x")
        self.assertEqual(self.names(), sorted({*before, os.path.basename(path)} - set(ours)))

    def test_many_processes_delete_at_the_same_time(self):
        text = "import sys; sys.path.insert(0, %r)\nfrom heatline.agent.folder import Folder\nf = Folder(%r, 's', 'h', 500, None, None)\n" % (agents.ROOT, self.folder)
        text = text.replace("None, None)", "None, lambda: 0)") + "for n in range(150): f.write(n * 10**9, b'x' * 100)\n"
        running = [subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE) for _ in range(3)]
        self.assertEqual([each.communicate()[1] for each in running], [b""] * 3)
        self.assertLessEqual(len(self.names()), 7)
        self.no_leftovers()


class Disks(AgentCase):
    def test_a_full_disk_costs_windows_which_are_counted_and_told_once(self):
        """No file may be larger than a few bytes, for a while."""
        text = (
            "import resource, signal, time\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "limits = resource.getrlimit(resource.RLIMIT_FSIZE)\nresource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))\n"
            "until = time.time() + 60\nwhile agent.writing.dropped < 3 and time.time() < until: time.sleep(0.05)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, limits)\n"
            "while not agent.writing.written and time.time() < until: time.sleep(0.05)\nprint('ended')\n"
        )
        status, out, err = self.program(text, NO_LIMIT + "window=0.2")
        self.assertEqual((status, out), (0, "ended\n"))
        self.assertEqual(err.count("a window was dropped"), 1)
        self.assertEqual(len(os.listdir(self.windows)), len(self.files()))
        dropped = [int(each.partition("=")[2]) for profile in self.profiles() for each in profile.comments if each.startswith("dropped=")]
        self.assertGreaterEqual(min(dropped), 3)

    test_a_full_disk_costs_windows_which_are_counted_and_told_once = unittest.skipIf(os.name != "posix", "no such limits")(
        test_a_full_disk_costs_windows_which_are_counted_and_told_once
    )

    def test_a_folder_that_cannot_be_made(self):
        self.write("windows", "a file stands in its way")
        status, out, err = self.program("import time\ntime.sleep(0.6)\nprint('ended')\n", NO_LIMIT + "window=0.1")
        self.assertEqual((status, out), (0, "ended\n"))
        self.assertEqual(err.count("a window was dropped"), 1)

    def test_read_only_and_no_space_as_the_system_says_them(self):
        text = (
            "import errno, os, time\nfrom heatline import files\n"
            "def refuse(*_, **named): raise OSError(%s, os.strerror(%s))\nfiles.write_whole = refuse\n"
            "time.sleep(0.8)\nprint(agent.writing.dropped > 1)\n"
        )
        for number in ("errno.ENOSPC", "errno.EROFS"):
            with self.subTest(number):
                status, out, err = self.program(text % (number, number), NO_LIMIT + "window=0.2")
                self.assertEqual((status, out), (0, "True\n"))
                self.assertEqual(err.count("dropped"), 1)

    def test_a_folder_that_vanishes_is_made_anew(self):
        text = "import shutil, time, os\nuntil = time.time() + 60\nwhile agent.writing.written < 1: time.sleep(0.05)\nshutil.rmtree(%r)\n" % self.windows
        text += "done = agent.writing.written\nwhile agent.writing.written < done + 2 and time.time() < until: time.sleep(0.05)\n"
        self.clean(self.program(text, NO_LIMIT + "window=0.2"))
        self.assertGreater(len(self.files()), 1)


class Shared(AgentCase):
    def test_two_agents_in_one_folder_do_not_meet(self):
        path = self.write("app.py", "import heatline\nheatline.agent(%r, service='shop', cost=1, window=0.2)\n" % self.windows + BUSY + "hot(1)\n")
        running = [subprocess.Popen([sys.executable, path], env=self.env, stderr=subprocess.PIPE) for _ in range(2)]
        self.assertEqual([each.communicate(timeout=120)[1] for each in running], [b"", b""])
        self.assertEqual(processes(self.files()), {each.pid for each in running})
        for each in running:
            found = self.profiles(each.pid)
            self.assertGreater(sum(profile.seconds("hot") for profile in found), 0.9)
            self.check_sums(found)
        for path in self.files():
            self.assertRegex(path, NAME)


class Clocks(AgentCase):
    def test_steps_of_the_clock_change_names_and_no_durations(self):
        """The clock goes a year ahead and two back, while windows are to be kept for an hour."""
        text = BUSY + (
            "real, step = time.time_ns, [0]\ntime.time_ns = lambda: real() + step[0]\ntime.time = lambda: time.time_ns() / 1e9\n"
            "for years in (0, 1, -2):\n    step[0] = years * 365 * 86400 * 10**9\n    hot(0.7)\n"
        )
        self.clean(self.program(text, NO_LIMIT + "window=0.3, keep_seconds=3600"))
        found = self.profiles()
        self.check_sums(found)
        self.assertGreaterEqual(sum(map(agents.duration, found)), 2)
        self.assertTrue(all(0 < agents.duration(each) < 30 for each in found))
        years = {time.gmtime(each.numbers[9] / 1e9).tm_year for each in found}
        self.assertEqual(len(years), 3)


if __name__ == "__main__":
    unittest.main()

"""A recording that is looked on at while it goes on."""

import os
import signal
import sys
import time
import unittest

from support import LINUX, PACKAGE, Case, Profile

sys.path.insert(0, os.path.dirname(PACKAGE))
from heatline.live import Live

CHANGES = """
import time
def early():
    sum(range(20000))
def late():
    sum(range(20000))
end = time.process_time() + 2
while time.process_time() < end:
    early()
print('changed', flush=True)
while True:
    late()
"""
WAIT_SECONDS = 60


@unittest.skipUnless(LINUX, "needs /proc")
class LiveTest(Case):
    def begin(self, engine):
        process = self.start([self.write("changes.py", CHANGES)], ["--engine", engine, "--live"])
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def shown(self, enough):
        """The first picture that `enough` accepts."""
        limit = time.time() + WAIT_SECONDS
        while time.time() < limit:
            try:
                profile = Profile(self.output + ".live")
                if enough(profile):
                    return profile
            except FileNotFoundError:
                pass
            time.sleep(0.1)
        self.fail("nothing was shown")

    def gone(self, path):
        limit = time.time() + WAIT_SECONDS
        while os.path.exists(path) and time.time() < limit:
            time.sleep(0.05)
        return not os.path.exists(path)

    def test_it_grows_until_the_end(self):
        for engine in ("sampler", "hybrid"):
            process = self.begin(engine)
            first = self.shown(lambda profile: profile.seconds("early") > 0.3)
            self.assertEqual(first.seconds("late"), 0)
            self.assertIn(("recent", "nanoseconds"), first.types)
            self.assertAlmostEqual(first.seconds("early", "recent"), first.seconds("early"), delta=0.001)
            self.assertTrue(any("goes on" in note for note in first.quality["notes"]))
            grown = self.shown(lambda profile: profile.seconds("late") > 0.3)
            self.assertGreater(grown.seconds("early"), first.seconds("early"))
            process.send_signal(signal.SIGTERM)
            process.communicate()
            self.assertTrue(self.gone(self.output + ".live"))
            self.assertGreaterEqual(self.profile().seconds("late"), grown.seconds("late"))
            self.no_leftovers()

    def test_only_the_last_seconds_are_recent(self):
        second = 1_000_000_000

        class Watch:
            fresh = None

            def report(self, encoded):
                return ([], ["code"], "moments", 7)

        watch = Watch()
        live = Live(watch, lambda report, recent: None)
        for at, row in ((1, "old"), (4, "both"), (9, "both"), (12, "new")):
            watch.fresh[(1, ((row, 0),), None)] = second
            live.tell(at * second)
            live.end()
            self.assertEqual(watch.fresh, {})
        rows, codes, _, ticks = live.recent(watch.report(True))
        self.assertEqual(rows, [(1, ["both", 0], None, 0, 2 * second, 0, 0), (1, ["new", 0], None, 0, second, 0, 0)])
        self.assertEqual((codes, ticks), (["code"], 7))

    def test_killed_program_leaves_none(self):
        process = self.begin("sampler")
        self.shown(lambda profile: profile.seconds("early") > 0)
        process.kill()
        self.assertTrue(self.gone(self.output + ".live"))

    def test_nobody_looks_on(self):
        process = self.start([self.write("short.py", "import time\ntime.sleep(1.6)\n")], ["--engine", "sampler"])
        seen = False
        while process.poll() is None:
            seen = seen or os.path.exists(self.output + ".live")
            time.sleep(0.05)
        process.communicate()
        self.assertFalse(seen)


if __name__ == "__main__":
    unittest.main()

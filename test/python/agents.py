"""What the tests of the agent share: programs that have it, and the windows that they left."""

import glob
import os
import re
import subprocess
import sys

from support import PACKAGE, Case, Profile

ROOT = os.path.abspath(os.path.join(PACKAGE, ".."))
# Busy for some seconds of CPU time; by its own clock, so that a busy machine does not change its share.
BUSY = """
import time
def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(200))
def hot(seconds):
    burn(seconds)
def cold(seconds):
    burn(seconds)
"""
# A machine that is busy with tests must not make the agent slower.
NO_LIMIT = "cost=1, "


class AgentCase(Case):
    def setUp(self):
        super().setUp()
        self.windows = os.path.join(self.folder, "windows")
        self.env = {**os.environ, "PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1"}

    def program(self, text, settings="", words=(), **named):
        """Runs a program that starts the agent in its first line. Returns (status, stdout, stderr)."""
        start = "import heatline; agent = heatline.agent(%r, service='shop', %s)\n" % (self.windows, settings)
        path = os.path.join(self.folder, "app.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(start + text)
        return self.finish([path, *words], **named)

    def finish(self, words, **named):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *words], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **named
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def clean(self, outcome):
        """A program that ended well and said nothing of its own accord; returns its stdout."""
        self.assertEqual((outcome[0], outcome[2]), (0, ""))
        return outcome[1]

    def files(self):
        """Windows; what a killed process left half-written is none."""
        return sorted(glob.glob(os.path.join(glob.escape(self.windows), "*.pb.gz")))

    def check_sums(self, profiles):
        """All the time of a program with one thread is in them, but for what the agent itself took at the end."""
        whole = sum(map(duration, profiles))
        self.assertLessEqual(seconds(profiles), whole + 0.001)
        self.assertGreater(seconds(profiles), 0.9 * whole)

    def profiles(self, process=None):
        return [Profile(path) for path in self.files() if process is None or "_%d_" % process in os.path.basename(path)]


def processes(paths):
    return {int(re.search(r"_(\d+)_[0-9a-f]{6}_\d+\.pb\.gz$", path).group(1)) for path in paths}


def seconds(profiles, kind="wall", **labels):
    """Seconds of the samples that bear these labels, in all of the profiles."""
    total = 0
    for profile in profiles:
        for _, values, borne in profile.samples:
            if all(borne.get(name) == text for name, text in labels.items()):
                total += values[kind]
    return total / 1e9


def duration(profile):
    """Seconds that the file itself says."""
    return profile.numbers[10] / 1e9

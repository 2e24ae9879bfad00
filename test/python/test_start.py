"""What a recording loads before the program begins: the chosen engine's modules alone, and nothing once the program runs."""

import os
import re
import subprocess
import sys
import unittest

from support import ENTRY, Case

COMMON = {"checkpoints", "command", "engines", "files", "later", "native", "recorder", "runner", "unseen"}
SAMPLING = {"lookout", "onlooker", "layout", "reader", "ticker", "content", "ahead"}
COUNTING = {"counter", "counts", "inflation", "places"}
PPROF = {"moments", "places", "pprof", "quality"}


@unittest.skipUnless(sys.implementation.name == "cpython", "-X importtime is CPython's")
class Loaded(Case):
    def loaded(self, engine, *options, words=("-c", "pass")):
        """Names of the package's modules that were loaded, each once."""
        command = [sys.executable, "-X", "importtime", ENTRY, "run", "--engine", engine, *options, "--output", self.output, "--", *words]
        done = subprocess.run(command, cwd=self.folder, stderr=subprocess.PIPE, timeout=60)
        said = done.stderr.decode("utf-8", "replace")
        self.assertEqual(done.returncode, 0, said)
        self.assertTrue(os.path.getsize(self.output))
        names = re.findall(r"\| +_heatline_command\.(\S+)", said)
        self.assertEqual(len(names), len(set(names)), "a module was loaded twice")
        return set(names)

    def test_of_the_tracer_what_counting_takes(self):
        self.assertEqual(self.loaded("cprofile"), COMMON | COUNTING)

    def test_of_the_thread_inside_no_helper_and_no_counter(self):
        self.assertEqual(self.loaded("sampler", "--in-process"), COMMON | PPROF | {"content", "counts", "ticker"})

    def test_of_memory_and_locks_nothing_that_samples_or_counts(self):
        for engine, other in (("memory", "locks"), ("locks", "memory")):
            loaded = self.loaded(engine)
            self.assertIn(engine, loaded)
            self.assertEqual(loaded & (SAMPLING | COUNTING - PPROF | {other, "liner", "beside", "installed", "workers"}), set())

    def test_the_default_has_nothing_of_other_engines(self):
        others = {"memory", "locks", "liner", "linetimes", "installed", "beside", "joining", "following", "within", "gate", "workers", "testing"}
        self.assertEqual(self.loaded("hybrid") & others, set())

    def test_workers_and_tests_where_they_may_come(self):
        self.assertLessEqual({"testing", "workers"}, self.loaded("sampler", "--per-test"))


@unittest.skipUnless(sys.implementation.name == "cpython", "the hook stands before importlib's")
class Hooks(Case):
    def test_an_import_hook_of_the_program_sees_none_of_ours(self):
        program = (
            "import sys\n"
            "class Hook:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if 'heatline' in name: sys.stderr.write('SEEN ' + name)\n"
            "sys.meta_path.insert(0, Hook())\n"
        )
        for engine in ("hybrid", "cprofile", "lines", "locks", "async", "memory", "imports", "events"):
            with self.subTest(engine=engine):
                status, _, said = self.run_recorded(["-c", program], ["--engine", engine])
                self.assertEqual(status, 0)
                self.assertNotIn("SEEN", said)


if __name__ == "__main__":
    unittest.main()

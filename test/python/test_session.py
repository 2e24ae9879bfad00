"""Recording from the program's own code: `heatline.profile`."""

import os
import subprocess
import sys
import textwrap
import unittest

from support import LINUX, PACKAGE, Case, Profile

HEAD = """
import asyncio, os, sys, threading, time
sys.path.insert(0, %r)
import heatline
def inside(seconds=0.3):
    # So much of a processor too: on a busy machine less would be hardly seen.
    end, used = time.time() + seconds, time.thread_time() + 0.8 * seconds
    while time.time() < end or time.thread_time() < used:
        pass
def outside():
    inside(0.3)
""" % os.path.dirname(os.path.abspath(PACKAGE))


class Sessions(Case):
    def run_program(self, text, status=0):
        script = self.write("main.py", HEAD + textwrap.dedent(text))
        process = subprocess.run([sys.executable, script], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        self.assertEqual((process.returncode, process.stderr.decode() if status == 0 else ""), (status, ""))
        self.no_leftovers()
        return process

    def seconds(self, name, file="out.pb.gz", **named):
        return Profile(os.path.join(self.folder, file)).seconds(name, **named)

    def test_context_manager_records_what_is_inside(self):
        self.run_program("""
        outside()
        with heatline.profile("out.pb.gz") as recording:
            inside()
        assert recording.output == "out.pb.gz" and os.path.exists("out.pb.gz")
        outside()
        """)
        self.assertGreater(self.seconds("inside"), 0.15)
        self.assertEqual(self.seconds("outside"), 0)
        profile = Profile(os.path.join(self.folder, "out.pb.gz"))
        self.assertEqual(profile.quality["engine"], "sampler")
        self.assertEqual([place for stack, _, _ in profile.samples for place in stack if os.sep + "heatline" + os.sep in place[0][2]], [])

    def test_start_and_stop_add_up_and_nest(self):
        self.run_program("""
        p = heatline.profile("out.pb.gz")
        p.stop()
        assert not os.path.exists("out.pb.gz")
        for _ in range(2):
            p.start()
            with heatline.profile("other.pb.gz"), p:
                inside()
            p.stop()
            outside()
        p.stop()
        assert not os.path.exists("other.pb.gz")
        """)
        self.assertGreater(self.seconds("inside"), 0.3)
        self.assertEqual(self.seconds("outside"), 0)

    def test_decorated_functions(self):
        self.run_program("""
        @heatline.profile("out.pb.gz")
        def work(value):
            "words"
            inside(0.15)
            return value if value < 2 else work(value - 1) + 1
        @heatline.profile("async.pb.gz", rate=500)
        async def waits():
            inside(0.2)
            await asyncio.sleep(0.01)
            return 7
        @heatline.profile("generator.pb.gz")
        def numbers():
            inside(0.2)
            yield 1
        @heatline.profile("fails.pb.gz")
        def fails():
            inside(0.2)
            raise KeyError
        assert work(3) == 3 and work.__name__ == "work" and work.__doc__ == "words"
        outside()
        assert asyncio.run(waits()) == 7
        assert list(numbers()) == [1]
        try:
            fails()
        except KeyError:
            pass
        """)
        self.assertGreater(self.seconds("work"), 0.15)
        self.assertEqual(self.seconds("outside"), 0)
        for name, function in (("async", "waits"), ("generator", "numbers"), ("fails", "fails")):
            self.assertGreater(self.seconds(function, name + ".pb.gz"), 0.05, name)

    def test_several_threads_are_one_recording(self):
        self.run_program("""
        recording = heatline.profile("out.pb.gz")
        threads = [threading.Thread(target=recording(inside), args=(0.4,), name="worker %d" % n) for n in range(3)]
        for each in threads: each.start()
        for each in threads: each.join()
        """)
        for number in range(3):
            self.assertGreater(self.seconds("inside", thread="worker %d" % number), 0.05)

    def test_the_end_of_the_program_writes(self):
        self.run_program("""
        heatline.profile("out.pb.gz").start()
        inside()
        sys.exit(3)
        """, 3)
        self.assertGreater(self.seconds("inside"), 0.1)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_children_keep_out(self):
        self.run_program("""
        import warnings
        warnings.simplefilter("error")
        with heatline.profile("out.pb.gz") as recording:
            inside()
            child = os.fork()
            if child == 0:
                outside()
                with recording:
                    inside(0.2)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            inside()
        os.rename("out-%d.pb.gz" % child, "child.pb.gz")
        """)
        self.assertGreater(self.seconds("inside"), 0.3)
        self.assertEqual(self.seconds("outside"), 0)
        self.assertGreater(self.seconds("inside", "child.pb.gz"), 0.05)

    @unittest.skipUnless(LINUX, "the helper reads /proc")
    def test_a_helper_that_hangs_is_ended_and_done_without(self):
        for hangs in (1, 2):
            self.run_program("""
            import heatline.lookout
            heatline.lookout.ANSWER_SECONDS = 3
            copies = []
            def hang():
                copies.append(1)
                if len(copies) == %d:
                    with open("hung", "w") as file:
                        file.write(str(os.getpid()))
                    time.sleep(100)
            os.register_at_fork(after_in_child=hang)
            with heatline.profile("out.pb.gz"):
                inside()
            with open("hung") as file:
                process = int(file.read())
            limit = time.time() + 20
            while os.path.exists("/proc/%%d" %% process) and time.time() < limit:
                time.sleep(0.01)
            assert not os.path.exists("/proc/%%d" %% process)
            """ % hangs)
            self.assertGreater(self.seconds("inside"), 0.05)

    def test_what_cannot_be(self):
        self.run_program("""
        for bad in (0, -1, 1e9):
            try:
                heatline.profile(rate=bad)
            except ValueError as error:
                assert "samples a second" in str(error)
            else:
                raise AssertionError(bad)
        try:
            with heatline.profile("not there/out.pb.gz"):
                raise AssertionError
        except OSError as error:
            assert "cannot write" in str(error) and "not there" in str(error)
        with heatline.profile("out.pb.gz"):
            inside(0.1)
        """)


if __name__ == "__main__":
    unittest.main()

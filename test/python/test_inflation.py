"""What tracing adds to the samples is estimated, taken out, and both figures are kept."""

import importlib
import os
import sys
import threading
import types
import unittest
import unittest.mock

from support import ENGINES, FIB, PACKAGE, Case

UNEVEN = (
    FIB
    + """
def loop(n):
    total = 0
    for each in range(n):
        total += each ** 3 % 7
    return total
def words(n):
    parts = []
    for each in range(n):
        parts.append("a".upper())
    return parts
for _ in range(6):
    fib(18)
    words(40_000)
    loop(60_000)
"""
)


def _module():
    """The recorder's module under test, loaded as the recorder loads it."""
    package = types.ModuleType("_heatline_under_test")
    package.__path__ = [os.path.abspath(PACKAGE)]
    sys.modules[package.__name__] = package
    return importlib.import_module("_heatline_under_test.inflation")


inflation = _module()


def costs(inside=0.0, calling=0.0, function=0.0, method=0.0):
    found = inflation.Costs()
    found.inside, found.calling, found.function, found.method = inside, calling, function, method
    return found


def callee():
    return 1


def caller():
    return callee() + len("")


def offset_of(code, kind):
    """The last instruction of a kind."""
    return max(at for at in range(0, len(code.co_code), 2) if inflation.KINDS.get(code.co_code[at]) == kind)


class Estimate(unittest.TestCase):
    entries = [
        (caller.__code__, 100, 0, 0.0, 0.0, [(callee.__code__, 100, 0, 0.0, 0.0), ("<method 'upper' of 'str' objects>", 10, 0, 0.0, 0.0), ("<built-in method builtins.len>", 5, 0, 0.0, 0.0)]),
        (callee.__code__, 100, 0, 0.0, 0.0, []),
        ("<method 'upper' of 'str' objects>", 10, 0, 0.0, 0.0, []),
        ("<built-in method builtins.len>", 5, 0, 0.0, 0.0, []),
    ]

    def estimate(self, rows, exact=True, **given):
        return inflation.untraced(rows, self.entries, lambda code: code.co_name, costs(**given), exact)

    def test_entry_and_exit_are_the_functions_own(self):
        leave = offset_of(callee.__code__, inflation.EXIT)
        rows = [("callee", -2, 9000, 9000, 9000), ("callee", leave, 9000, 9000, 9000), ("other", 0, 9000, 9000, 9000)]
        self.assertEqual(self.estimate(rows, inside=80.0), [5000, 5000, 9000])

    def test_calls_are_the_callers(self):
        call = offset_of(caller.__code__, inflation.CALL)
        rows = [("caller", call, 9000, 9000, 9000), ("callee", 10000, 9000, 9000, 9000)]
        self.assertEqual(self.estimate(rows, calling=30.0), [6000, 9000])
        self.assertEqual(self.estimate(rows, method=100.0), [8000, 9000])
        self.assertEqual(self.estimate(rows, function=100.0), [8500, 9000])

    def test_what_is_owed_is_shared_out(self):
        rows = [("callee", -2, 6000, 6000, 6000), ("callee", -1, 2000, 2000, 2000)]
        self.assertEqual(self.estimate(rows, inside=80.0), [3000, 1000])

    def test_never_below_nothing(self):
        rows = [("callee", -2, 3000, 3000, 3000)]
        self.assertEqual(self.estimate(rows, inside=80000.0), [0])

    def test_waiting_is_not_the_tracers(self):
        """A thread that slept for 9000 and ran for 1000; one that ran for 1000 and waited for a CPU for 3000."""
        self.assertEqual(self.estimate([("callee", -2, 10000, 1000, 1000)], inside=10.0), [9500])
        self.assertEqual(self.estimate([("callee", -2, 10000, 1000, 4000)], inside=10.0), [8000])

    def test_offsets_that_tell_nothing(self):
        rows = [("callee", -2, 6000, 6000, 6000), ("callee", 10000, 2000, 2000, 2000)]
        self.assertEqual(self.estimate(rows, exact=False, inside=40.0), [3000, 1000])

    def test_nothing_known(self):
        self.assertEqual(self.estimate([]), [])
        self.assertEqual(inflation.untraced([("x", 0, 5, 0, 0)], [], None, costs(inside=9.0), True), [5])

    def test_what_is_mostly_tracing_is_not_shown_first(self):
        self.assertTrue(inflation.is_sound(0, 0))
        self.assertTrue(inflation.is_sound(599, 1000))
        self.assertFalse(inflation.is_sound(601, 1000))

    def test_calibration(self):
        """Tracing costs something, and not a hundred microseconds a call; where it is not to be had it costs nothing."""
        found = inflation.calibrate()
        self.assertGreater(found.inside + found.calling, 0)
        self.assertGreater(found.function + found.method, 0)
        for figure in (found.inside, found.calling, found.function, found.method):
            self.assertGreaterEqual(figure, 0)
            self.assertLess(figure, 1e5)
        self.assertIs(found.least(costs(inside=1e6)), found)
        self.assertIs(costs(inside=1e6).least(found), found)
        self.assertIs(found.least(costs()), found)
        if sys.version_info >= (3, 12):
            import cProfile

            other = cProfile.Profile()
            other.enable()
            try:
                self.assertEqual(inflation.calibrate().inside, 0)
            finally:
                other.disable()


class Fallback(Case):
    def test_free_threaded_builds_are_seen_from_inside(self):
        if sys.platform != "linux":
            self.skipTest("no helper here anyway")
        lookout = importlib.import_module("_heatline_under_test.lookout")
        before, sys.abiflags = sys.abiflags, "t"
        try:
            with self.assertRaisesRegex(lookout.Unavailable, "without the interpreter lock"):
                lookout.Lookout(200, False, None, iter(()), None)
        finally:
            sys.abiflags = before

    def test_frames_of_other_interpreters_are_left_alone(self):
        native = importlib.import_module("_heatline_under_test.native")
        ticker = importlib.import_module("_heatline_under_test.ticker").Ticker(100)
        self.assertIn(threading.get_ident(), native.frames())
        others = types.SimpleNamespace(list_all=lambda: [(0, 1), (1, 2)])
        with unittest.mock.patch.dict(sys.modules, {"_interpreters": others}):
            self.assertEqual(native.frames(), {})
            ticker._tick(None, 5)
            ticker._tick(None, 9)
        self.assertEqual((ticker.ticks, ticker.rows, len(ticker.notes)), (0, {}, 2))
        self.assertRegex(ticker.notes[1], "while the program had other interpreters nothing was seen")
        ticker._tick(None, 12)
        self.assertEqual([ticks for _, ticks, wall, _ in ticker.rows.values() if wall == 3], [1])

    @unittest.skipUnless(sys.version_info[:2] in ((3, 12), (3, 13), (3, 14)), "needs a module of CPython's that has other names later")
    def test_a_program_with_other_interpreters_lives(self):
        module = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
        text = """
        import %s as interpreters
        one = interpreters.create()
        interpreters.run_string(one, "import time\\nend = time.time() + 0.5\\nwhile time.time() < end: sum(range(1000))")
        interpreters.destroy(one)
        print("fine")
        """ % module
        script = self.write("main.py", text)
        for engine in ("sampler in process", "hybrid"):
            self.assertEqual(self.run_recorded([script], [*ENGINES[engine], "--rate", "1000"]), (0, "fine\n", ""), engine)

    def test_nothing_is_counted_where_that_breaks_programs_down(self):
        """As in free-threaded builds before 3.15; from then on, and with the lock switched on, calls are counted."""
        modules = {name: importlib.import_module("_heatline_under_test." + name) for name in ("engines", "recorder", "command", "ticker")}
        engines = modules["engines"]

        def prepared(engine):
            options = modules["command"].Options()
            options.engine, options.in_process = engine, True
            found = modules["recorder"].Recorder(options)
            engines.prepare(found, ())
            return found

        before = getattr(sys, "_is_gil_enabled", None)
        sys._is_gil_enabled = lambda: False
        try:
            if sys.version_info < (3, 15):
                found = prepared("hybrid")
                self.assertIsNone(found.make_counter)
                self.assertRegex(" ".join(found.notes), "no calls are counted: free-threaded Python before 3.15")
                with self.assertRaisesRegex(engines.Refused, "take the engine sampler, or start it with PYTHON_GIL=1"):
                    prepared("cprofile")
            else:
                self.assertIsNotNone(prepared("hybrid").make_counter)
            self.assertRegex(modules["ticker"].Ticker(100).notes[0], "a few stacks are of two moments")
            sys._is_gil_enabled = lambda: True
            self.assertIsNotNone(prepared("hybrid").make_counter)
            self.assertIsNotNone(prepared("cprofile").make_counter)
            self.assertRegex(modules["ticker"].Ticker(100).notes[0], "where Python releases its lock")
        finally:
            if before is None:
                del sys._is_gil_enabled
            else:
                sys._is_gil_enabled = before

    @unittest.skipUnless(sys.platform == "linux" and sys.implementation.name == "cpython", "needs the helper")
    def test_kernels_that_let_nobody_read(self):
        """As under Yama's scopes 2 and 3: the helper may not open the program's memory; the thread inside does the work."""
        onlooker = importlib.import_module("_heatline_under_test.onlooker")
        recorder = importlib.import_module("_heatline_under_test.recorder")
        command = importlib.import_module("_heatline_under_test.command")
        before, program = onlooker.Memory, os.getpid()

        def refusing(process):
            if process == program:
                raise PermissionError(1, "Operation not permitted")
            return before(process)

        onlooker.Memory = refusing
        try:
            found = recorder.Recorder(command.Options())
            found.prepare()
        finally:
            onlooker.Memory = before
        self.assertEqual(type(found.sampler).__name__, "Ticker")
        self.assertRegex(" ".join(found.notes), "no helper process: .*Operation not permitted")


class Recorded(Case):
    def test_both_figures_are_kept(self):
        script = self.write("main.py", UNEVEN)
        for engine in ("hybrid", "hybrid in process"):
            with self.subTest(engine=engine):
                self.run_recorded([script], ENGINES[engine])
                profile = self.profile()
                self.assertEqual([name for name, _ in profile.types], ["samples", "wall", "cpu", "untraced", "calls", "tottime"])
                self.assertIn(profile.default, ("untraced", "wall"))
                rows = [values for _, values, labels in profile.samples if "thread" in labels]
                for values in rows:
                    self.assertLessEqual(0, values["untraced"])
                    self.assertLessEqual(values["untraced"], values["wall"])
                wall, left = (sum(values[kind] for values in rows) for kind in ("wall", "untraced"))
                quality = profile.quality
                self.assertAlmostEqual(quality["tracingSeconds"], (wall - left) / 1e9, 5)
                self.assertGreater(quality["tracingSeconds"], 0)
                self.assertGreater(quality["tracingPerCallSeconds"], 0)
                # What calls nothing keeps its time; what makes many calls loses some.
                own = lambda name, kind: sum(values[kind] for stack, values, labels in profile.samples if "thread" in labels and stack[0][0][1] == name)
                self.assertGreaterEqual(own("loop", "untraced"), 0.9 * own("loop", "wall"))
                self.assertLess(own("words", "untraced") + own("fib", "untraced"), own("words", "wall") + own("fib", "wall"))

    def test_the_sampler_alone_has_none(self):
        self.run_recorded([self.write("main.py", UNEVEN)], ENGINES["sampler"])
        profile = self.profile()
        self.assertEqual([name for name, _ in profile.types], ["samples", "wall", "cpu"])
        self.assertNotIn("tracingSeconds", profile.quality)


if __name__ == "__main__":
    unittest.main()

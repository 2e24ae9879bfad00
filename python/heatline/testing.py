"""What test runners tell the recorder: which test runs, and which processes run tests.

For pytest an object of ours is a plugin, found under a name that stands in PYTEST_PLUGINS until pytest has taken it; no
file of ours is imported by the program, and its command line stays as it is. unittest has no plugins: there two methods
of TestResult are wrapped.
"""

import os
import sys

from . import workers

NAME = "_heatline_tests"
VARIABLE = "PYTEST_PLUGINS"
NOT_RECORDED = "the worker processes of pytest-xdist were not recorded: that is for the engines hybrid, sampler and cprofile; run with -n0"


def prepare(recorder, runs_pytest):
    """Gets ready for the test runner of the program that begins. Returns who listens to it."""
    recorder.workers = workers
    return Tests(recorder) if runs_pytest or recorder.options.worker is not None else UnitTests(recorder)


class Tests:
    """A plugin of pytest. PYTEST_DONT_REWRITE: it asserts nothing."""

    def __init__(self, recorder):
        self._recorder = recorder
        self._elsewhere = False
        self._before = os.environ.get(VARIABLE)
        sys.modules[NAME] = self
        os.environ[VARIABLE] = NAME if self._before is None else "%s,%s" % (self._before, NAME)

    def pytest_configure(self, config):
        """All is loaded: the program's surroundings are as they were."""
        sys.modules.pop(NAME, None)
        if self._before is not None:
            os.environ[VARIABLE] = self._before
        else:
            os.environ.pop(VARIABLE, None)
        if config.pluginmanager.hasplugin("xdist"):
            config.pluginmanager.register(_Workers(self), NAME + "_workers")

    def pytest_runtest_logstart(self, nodeid, location):
        """A test begins: with its fixtures that are not there yet."""
        if not self._elsewhere:
            self._tell(nodeid)

    def pytest_runtest_logfinish(self, nodeid, location):
        """It has ended, with its fixtures that nobody else wants."""
        if not self._elsewhere:
            self._tell(None)

    def _tell(self, test):
        if self._recorder.options.per_test:
            self._recorder.test(test)

    def record(self, specs):
        """Has pytest-xdist's own processes on this machine run under recorders, too."""
        self._elsewhere = True
        recorder = self._recorder
        if recorder.state != "recording":
            return
        if recorder.options.engine not in workers.ENGINES:
            recorder.notes.append(NOT_RECORDED)
            sys.stderr.write("heatline: %s\n" % NOT_RECORDED)
            return
        import shlex

        for spec in specs:
            if spec.popen and not getattr(spec, "via", None):
                python = shlex.split(spec.python) if spec.python else [sys.executable]
                words = workers.command(recorder, spec.id or "worker", python)
                # Read by shlex; on Windows after each backslash has become a slash.
                spec.python = " ".join(shlex.quote(word.replace("\\", "/") if os.name == "nt" else word) for word in words)
                recorder.has_workers = True


class _Workers:
    """The part of the plugin that only pytest-xdist knows."""

    def __init__(self, tests):
        self._tests = tests

    def pytest_xdist_setupnodes(self, config, specs):
        self._tests.record(specs)


class UnitTests:
    """Hears unittest's tests, whoever runs them."""

    def __init__(self, recorder):
        from unittest.result import TestResult

        begin, end = TestResult.startTest, TestResult.stopTest

        def startTest(self, test):
            recorder.test(test.id() if hasattr(test, "id") else str(test))
            return begin(self, test)

        def stopTest(self, test):
            recorder.test(None)
            return end(self, test)

        for ours, original in ((startTest, begin), (stopTest, end)):
            ours.__module__, ours.__qualname__, ours.__doc__ = original.__module__, original.__qualname__, original.__doc__
            setattr(TestResult, ours.__name__, ours)

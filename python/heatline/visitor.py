"""The sampler as a guest in a program that runs: begins at once, ends by itself, and leaves the program as it was."""

import atexit
import os
import time

from . import files
from .command import Options
from .recorder import Recorder
from .ticker import Ticker

LOOK_SECONDS = 0.1
GUEST = "joined a running program: threads that begin or fork meanwhile see one thread more"


class Visit:
    """
    Samples all threads until `duration` seconds are over, the file `stop` is there, the process `sender` is gone or the
    program ends; then writes `output`. `output` with `.tmp-joined` behind tells that it has begun.
    """

    def __init__(self, output, rate, duration, stop, sender):
        options = Options()
        options.engine, options.output, options.rate, options.duration = "sampler", output, rate, duration
        self._stop, self._sender = stop, sender
        self._recorder = recorder = Recorder(options)
        self._look_at = 0.0
        self._ended = False
        recorder.sampler = Ticker(rate, self._every)
        recorder.notes.append(GUEST)
        recorder.started = time.time_ns()
        recorder.began = time.perf_counter()
        recorder.state = "recording"
        atexit.register(self._at_exit)
        recorder.sampler.start()
        try:
            files.write_whole(output + ".tmp-joined", b"")
        except OSError:
            self._at_exit()

    def _every(self, sampler):
        """In the sampler's thread, at each tick; true ends it."""
        if self._ended:
            return True
        self._account(sampler)
        over = self._recorder.housekeeping(sampler)
        now = time.monotonic()
        if not over and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            over = os.path.exists(self._stop) or not _is_there(self._sender)
            if over:
                self._recorder.finish_here()
        if over:
            self._leave(sampler)
        return over

    def _account(self, sampler):
        sampler.own_cpu = time.thread_time_ns()
        sampler.seconds = time.perf_counter() - self._recorder.began

    def _at_exit(self):
        if os.getpid() == self._recorder.process and not self._ended:
            self._recorder.sampler.stop()
            self._recorder.finish_here()
            self._ended = True

    def _leave(self, sampler):
        self._ended = True
        sampler.restore()
        atexit.unregister(self._at_exit)


def _is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True

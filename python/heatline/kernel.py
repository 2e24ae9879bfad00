"""Recording cells in their own kernel: as they are run by IPython, between its events before and after a cell."""

import json
import os
import sys
import time

from . import checkpoints, files, session
from .cells import OUTSIDE, Cells, bare
from .lookout import Lookout, Unavailable
from .ticker import Ticker

ARMED = "_heatline_armed"  # what waits in a shell for its cells, as an attribute of the shell
NO_SHELL = "Heatline records cells of IPython, and this kernel runs none"


class CellProfile(session.profile):
    """
    A `profile` of cells: other threads of the kernel are left out, and so are the frames around the cell. With a helper
    process also where threads run, as they do in every kernel: the helper is forked from them, and lives by itself.
    `told()` is called when `<output>.part` was written, a checkpoint for the case that the kernel dies.
    """

    def __init__(self, cells, output=None, rate=200, told=None):
        super().__init__(output, rate=rate)
        self.cells = cells
        self._told = told
        self._checkpoint_at = 0.0

    def _kept(self, thread, frames):
        return self.cells.kept(thread, frames)

    def _sampler(self):
        import warnings

        try:
            with warnings.catch_warnings():
                # CPython warns of forks beside threads; nothing of the copy's runs but the helper.
                warnings.simplefilter("ignore", DeprecationWarning)
                return Lookout(self._options.rate, False, self._checkpoint, checkpoints.gaps(None), lambda *_: None)
        except Unavailable as problem:
            self._recorder.notes.append("no helper process: %s" % problem)
        return Ticker(self._options.rate, self._checkpoint)

    def _checkpoint(self, _sampler):
        """In a thread of the sampler's, now and then."""
        now = time.perf_counter()
        if self._told is None or now < self._checkpoint_at or now < self._began + checkpoints.FIRST:
            return False
        recorder, sums = self._recorder, self._sums
        try:
            recorder.sampler = sums.so_far()
            recorder.began = self._began - sums.lasted
            files.write_whole(self._options.output + ".part", recorder.content(False))
            self._told()
        except (OSError, RuntimeError, MemoryError):
            pass  # A full disk is told of at the end.
        finally:
            recorder.sampler = sums
        ended = time.perf_counter()
        self._checkpoint_at = ended + max(checkpoints.FIRST, min(checkpoints.LAST, checkpoints.SHARE * (ended - now)))
        return False

    def start(self):
        super().start()
        if OUTSIDE not in self._recorder.notes:
            self._recorder.notes.append(OUTSIDE)
        return self

    def close(self):
        """Ends, writes, and lets go of what was recorded, which the end of the process would write again."""
        self.stop()
        if self in session._used:
            session._used.remove(self)


class Armed:
    """
    Waits for the cells of a request and records them, in their order, whatever else is run between them. It leaves when
    the last one has ended, when one fails, and when another request takes its place.

    The request: `output`, the file to write; `rate` in Hz; `cells`, (name, text, place) of all cells that have a name;
    `run`, the names of those to record; `notebook`, the place of cells that are not among them. Beside `output`,
    `<output>.armed` tells that it waits, and `<output>.cells` has name, text and place of the cells that were met.
    """

    def __init__(self, shell, request, wanted):
        """`wanted` is the request's file: once it is gone nobody waits any more."""
        self._wanted = wanted
        texts = {name: text for name, text, _ in request["cells"]}
        self._places = {name: place for name, _, place in request["cells"]}
        self._elsewhere = request["notebook"]
        self._shell = shell
        self._output = request["output"]
        self._left = [(name, texts[name]) for name in request["run"]]
        self._cells = Cells(shell, texts.items())
        self._profile = CellProfile(self._cells, self._output, request["rate"], self._tell)
        self._runs = False
        problem = files.why_unwritable(self._output)
        if problem:
            raise OSError("cannot write %s: %s" % (self._output, problem))
        before = getattr(shell, ARMED, None)
        if before is not None:
            before.leave()
        setattr(shell, ARMED, self)
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        told = {"pid": os.getpid(), "python": sys.executable}
        files.write_whole(self._output + ".armed", json.dumps(told).encode())

    def _before(self, info):
        if self._runs or not self._left:
            return
        if not os.path.exists(self._wanted):
            self.leave()
            return
        name, text = self._left[0]
        if bare(info.raw_cell) != bare(text):
            return
        self._runs = True
        self._cells.begin(sys._getframe().f_back.f_back, info.raw_cell, name)
        self._profile.start()

    def _after(self, result):
        if not self._runs:
            return
        self._profile.stop()
        self._runs = False
        del self._left[0]
        self._tell()
        files.remove(self._output + ".part")
        if not self._left or not result.success:
            self.leave()

    def _tell(self):
        place = lambda name: self._places.get(name, self._elsewhere)
        met = [{"name": name, "text": text, "cell": place(name)} for name, text in list(self._cells.used.items())]
        files.write_whole(self._output + ".cells", json.dumps(met).encode())

    def leave(self):
        """Takes itself out of the shell."""
        if getattr(self._shell, ARMED, None) is self:
            delattr(self._shell, ARMED)
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)
        self._profile.close()


def arm(path):
    """Called in the kernel by the editor; `path` is the request's. Raises RuntimeError and OSError of one sentence."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        raise RuntimeError(NO_SHELL)
    with open(path, encoding="utf-8") as file:
        Armed(shell, json.load(file), path)

"""Profilers that the user has installed beside the program: one file each, run by the recorder.

So interpreter options, streams, signals and the end stay the program's, and nothing is printed between its lines. Each
file has a class Tool with the life: made before the program is known (imports the profiler), start() in the frame that
calls the program, stop(), write(path), and forget() in a forked child.
"""

import os
import sys
import time

from ..engines import Refused
from ..linefunctions import LineFunctions
from ..liner import is_chosen
from ..memory import ALIVE, PEAK, programs_part
from ..places import absolute
from ..pprof import Writer
from ..quality import as_json, identity
from ..runner import FOLDER, is_ours
from ..watchman import Watchman

TYPES = [*ALIVE, *PEAK, ("temporary_objects", "count"), ("temporary_space", "bytes")]
LOOK_SECONDS = 0.02
ODD = "the installed %s %s is not as Heatline knows it (%s): take another version of it, or the engine sampler"


class Installed:
    """Has the life of a sampler for the recorder. `options` as the command line gave them, `words` the program's."""

    errors = 0
    folder = FOLDER

    def __init__(self, options, words, housekeeping):
        """Raises Refused when the profiler is not there or is another than we know."""
        self.options = options
        self.words = words
        self.notes = []
        self._root = os.getcwd()
        self._housekeeping = housekeeping
        self._watchman = Watchman(lambda: LOOK_SECONDS, self._step)
        self._stopped = False
        self._began = None
        try:
            self.tool = _load(options.engine)(self)
        except ImportError as error:
            raise Refused("%s cannot be imported: %s" % (options.engine, error)) from None
        except (AttributeError, TypeError, KeyError) as error:
            raise Refused(self._odd(error)) from None

    def _odd(self, error):
        name = self.options.engine.replace("-", "_")
        return ODD % (name, getattr(sys.modules.get(name), "__version__", "version"), error)

    @property
    def enable(self):
        """What is to be called in the frame that calls the program. A tool whose `start` has to be that very call says `bare`."""
        if getattr(self.tool, "bare", False):
            self._began = time.perf_counter()
            return self.tool.start
        return self._enable

    def _enable(self):
        self.tool.start()
        self._began = time.perf_counter()

    def disable(self):
        """The main module is done; its threads and exit handlers may still run and are recorded."""

    def start(self):
        """Begins to watch for the end of a limited recording, or goes on after a fork."""
        if self.options.duration is not None:
            self._watchman.start()

    def pause(self):
        """No thread of ours while the program forks."""
        self._watchman.pause()

    def stop(self):
        self._watchman.leave()
        if not self._stopped:
            self._stopped = True
            self.tool.stop()

    def forget(self):
        self._watchman.leave()
        if not self._stopped:
            self._stopped = True
            self.tool.forget()
            self.tool = None

    def write(self, path):
        """Writes the profiler's own file, or none when it saw nothing; says on stderr what the user has to know. Once."""
        self.stop()
        if self.tool is None:
            return
        try:
            self.tool.write(path)
        except (AttributeError, TypeError, KeyError, IndexError) as error:
            self.notes.append(self._odd(error))
        # Hooks of ours live until the interpreter ends; viztracer does not bear to be held so long.
        self.tool = None
        for note in self.notes:
            sys.stderr.write("heatline: %s\n" % note)

    def is_chosen(self, code, name):
        """Whether --only, or else the working directory, takes in a function."""
        return is_chosen(code, name, self.options.only, self._root)

    def memory_file(self, version, rows):
        """The pprof file of this recording, as bytes, from such rows as the function of this name takes."""
        lasted = time.perf_counter() - self._began
        quality = {**identity(self.options.engine), "engineVersion": version, "notes": self.notes[:]}
        functions = LineFunctions()
        functions.learn(files_of(rows))
        return memory_file(rows, functions, quality, lasted, self._root, getattr(self.tool, "bare", False))

    def is_ours(self, path):
        return is_ours(path)

    def _step(self):
        # A profiler may take its time to start.
        due = self._began is not None and time.perf_counter() - self._began >= self.options.duration
        return due and self._housekeeping(self)


def files_of(rows):
    """The files of the frames of such rows."""
    return {frame[0] for each in rows for frames, *_ in each for frame in frames}


def memory_file(rows, functions, quality, lasted, root, inside):
    """
    A pprof file, as bytes. `rows`: who held memory at the end, who at the peak, and who gave it back before the next block was taken, each
    [(frames, blocks, bytes, labels), …], a frame being (file, line, bare name or None), innermost first. `lasted` seconds; `inside` as for
    `programs_part`.
    """
    sums = {}
    for number, found in enumerate(rows):
        column = 2 * number
        for frames, blocks, size, labels in found:
            kept = programs_part(frames, inside)
            if kept:
                places = tuple([(functions.named(name, file, line, absolute(file, root)), line, 0) for file, line, name in kept])
                row = sums.setdefault((places, labels), [0] * len(TYPES))
                row[column] += blocks
                row[column + 1] += size
    writer = Writer(TYPES)
    for (places, labels), row in sums.items():
        writer.sample(places, row, labels)
    quality = {**quality, "rows": "sums", "errors": 0}
    nanos = int(lasted * 1e9)
    space = ALIVE[1]
    return writer.bytes(time.time_ns() - nanos, nanos, space, 0, space[0], ["heatline: " + as_json(quality)])


def _load(engine):
    """The class Tool of an engine's file. Not by import: the program sees no modules of ours, and no file is written."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), engine.replace("-", "_") + ".py")
    with open(path, "rb") as file:
        space = {"__name__": "heatline", "__file__": path}
        exec(compile(file.read(), path, "exec"), space)
    return space["Tool"]

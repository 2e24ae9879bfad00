"""Profilers that the user has installed beside the program: one file each, run by the recorder.

So interpreter options, streams, signals and the end stay the program's, and nothing is printed between its lines. Each
file has a class Tool with the life: made before the program is known (imports the profiler), start() in the frame that
calls the program, stop(), write(path), and forget() in a forked child.
"""

import os
import sys
import time

from ..linefunctions import LineFunctions
from ..liner import is_chosen
from ..memory import ALIVE, PEAK, programs_part
from ..places import absolute
from ..pprof import Writer
from ..quality import as_json
from ..runner import FOLDER
from ..unseen import start

ENGINES = ("line-profiler", "memray", "pyinstrument", "scalene", "viztracer", "yappi")
ODD = "the installed %s %s is not as Heatline knows it (%s): take another version of it, or the engine sampler"


class Unknown(Exception):
    """One sentence."""


class Installed:
    """Has the life of a sampler for the recorder. `options` as the command line gave them, `words` the program's."""

    errors = 0
    folder = FOLDER

    def __init__(self, options, words, housekeeping):
        """Raises Unknown when the profiler is not there or is another than we know."""
        self.options = options
        self.words = words
        self.notes = []
        self._root = os.getcwd()
        self._housekeeping = housekeeping
        self._alarm = [False]
        self._stopped = False
        self._began = None
        try:
            self.tool = _load(options.engine)(self)
        except ImportError as error:
            raise Unknown("%s cannot be imported: %s" % (options.engine, error)) from None
        except (AttributeError, TypeError, KeyError) as error:
            raise Unknown(self._odd(error)) from None

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
            alarm = self._alarm = [True]
            self._gone = start(lambda: self._watch(alarm))

    def pause(self):
        """No thread of ours while the program forks."""
        if self._alarm[0]:
            self._alarm[0] = False
            self._gone()

    def stop(self):
        self._alarm[0] = False
        if not self._stopped:
            self._stopped = True
            self.tool.stop()

    def forget(self):
        self._alarm[0] = False
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

    def memory_file(self, version, alive, peak):
        """
        A pprof file, as bytes, of who held memory at the end and at the peak: [(frames, blocks, bytes, labels), …], a frame being
        (file, line, bare name or None), innermost first.
        """
        functions = LineFunctions()
        functions.learn({frame[0] for frames, *_ in alive + peak for frame in frames})
        sums = {}
        for rows, column in ((alive, 0), (peak, 2)):
            for frames, blocks, size, labels in rows:
                kept = programs_part(frames, getattr(self.tool, "bare", False))
                if kept:
                    places = tuple([(functions.named(name, file, line, absolute(file, self._root)), line, 0) for file, line, name in kept])
                    row = sums.setdefault((places, labels), [0, 0, 0, 0])
                    row[column] += blocks
                    row[column + 1] += size
        writer = Writer(ALIVE + PEAK)
        for (places, labels), row in sums.items():
            writer.sample(places, row, labels)
        python = "%s %d.%d.%d" % (sys.implementation.name, *sys.version_info[:3])
        quality = {"engine": self.options.engine, "engineVersion": version, "python": python, "errors": 0, "notes": self.notes[:]}
        lasted = time.perf_counter() - self._began
        space = ALIVE[1]
        return writer.bytes(time.time_ns() - int(lasted * 1e9), int(lasted * 1e9), space, 0, space[0], ["heatline: " + as_json(quality)])

    def is_ours(self, path):
        return path.startswith(FOLDER + os.sep)

    def _watch(self, alarm):
        while alarm[0]:
            time.sleep(0.02)
            # A profiler may take its time to start.
            due = self._began is not None and time.perf_counter() - self._began >= self.options.duration
            if alarm[0] and due and self._housekeeping(self):
                return


def _load(engine):
    """The class Tool of an engine's file. Not by import: the program sees no modules of ours, and no file is written."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), engine.replace("-", "_") + ".py")
    with open(path, "rb") as file:
        space = {"__name__": "heatline", "__file__": path}
        exec(compile(file.read(), path, "exec"), space)
    return space["Tool"]

"""
The engine `imports`: how long each import took, by the line that asked for it.

It stands where Python's own `-X importtime` measures, around importlib's `_find_and_load`, which the interpreter calls for every
module that is not there yet: the figures are the same, with the stack of who imports, and standard error stays the program's. What the
interpreter imports for itself before the program begins is not seen. Our own work is in nobody's time.
"""

import sys
from _thread import get_ident
from time import perf_counter_ns as clock

from .listener import Listener
from .places import absolute
from .pprof import Writer
from .quality import CHECKPOINT, comment
from .runner import own
from .stacks import IMPORTLIB, Resolved, module_key, seen, thread_name

TYPES = [("imports", "count"), ("import", "nanoseconds")]
STEP_SECONDS = 0.05
NOTHING = "nothing was imported that was not there when the program began"
TAKEN = "another tool took the place of importlib's _find_and_load: imports are told until then"
# As a frame of importlib's, which the interpreter leaves out of tracebacks and warnings look past.
FILE = "<frozen importlib._bootstrap>"
SOURCE = """
def _find_and_load(name, import_):
    one = begin(name)
    try:
        return find(name, import_)
    finally:
        end(one)
"""


class One:
    """One import that goes on. Times are nanoseconds of perf_counter."""

    __slots__ = ("began", "entered", "inside", "key", "name", "stack")

    def __init__(self, name, entered, key, stack):
        self.name, self.entered, self.key, self.stack = name, entered, key, stack
        self.inside = 0  # what imports below it took, and we
        self.began = clock()


class Imports(Listener):
    def __init__(self, housekeeping):
        import _frozen_importlib

        super().__init__(housekeeping, lambda: STEP_SECONDS)
        self.rows = {}  # (thread, key of the stack, module) -> [stack, thread's name, module's file, imports, ns in the module itself]
        self._importlib = _frozen_importlib
        self._theirs = self._ours = None
        self._open = {}  # thread -> [One, …], outermost first
        self._own = 0  # nanoseconds of ours

    # Life

    def _listen(self):
        self._theirs = self._importlib._find_and_load
        scope = {"begin": self._begin, "end": self._end, "find": self._theirs, "__name__": "importlib._bootstrap"}
        exec(compile(SOURCE, FILE, "exec"), scope)
        self._ours = self._importlib._find_and_load = scope["_find_and_load"]

    def _unlisten(self):
        if self._importlib._find_and_load is self._ours:
            self._importlib._find_and_load = self._theirs
        else:
            self.notes.append(TAKEN)

    # Imports

    def _begin(self, name):
        entered = clock()
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith(IMPORTLIB):
            frame = frame.f_back
        if frame is None or own(frame.f_code):
            return None
        one = One(name, entered, *seen(frame))
        self._open.setdefault(get_ident(), []).append(one)
        return one

    def _end(self, one):
        now = clock()
        if one is None:
            return
        thread = get_ident()
        going_on = self._open[thread]
        while going_on and going_on.pop() is not one:
            pass  # Ctrl-C came before the end of one could be told
        file = _file_of(sys.modules.get(one.name))
        row = self.rows.setdefault((thread, one.key, one.name), [one.stack, thread_name(thread), file, 0, 0])
        row[3] += 1
        row[4] += now - one.began - one.inside
        left = clock()
        self._own += left - now + one.began - one.entered
        if going_on:
            going_on[-1].inside += left - one.entered

    # Figures

    def content(self, recording, final):
        """The file, as bytes. A module's own time is its leaf's; the rest of an import is what it imported."""
        lasted, resolved, writer = recording.lasted(), Resolved(recording.folder, modules=True), Writer(TYPES)
        rows = [(*row, module) for (_, _, module), row in list(self.rows.items())]
        for stack, thread, file, count, spent, module in [*rows, *self._going_on()]:
            places = [(module_key(module, file and absolute(file, recording.folder)), 1, 0), *resolved.stack(stack)]
            writer.sample(places, [count, max(0, spent)], [("thread", thread, None)])
        notes = [*self.notes, *recording.notes, *([] if rows or not final else [NOTHING]), *([] if final else [CHECKPOINT % lasted])]
        cost = round(self._own / 1e9 / lasted, 6) if lasted else 0
        said = comment("imports", notes, rows="sums", cost=cost)
        return writer.bytes(recording.started, int(lasted * 1e9), TYPES[1], 0, TYPES[1][0], [said])

    def _going_on(self):
        """Rows of imports that have not come to their end: a program may run inside of one."""
        now, found = clock(), []
        for thread, going_on in list(self._open.items()):
            inner = now
            for one in reversed(going_on):
                # What an import took that goes on inside is that one's.
                spent = inner - one.began - one.inside
                found.append([one.stack, thread_name(thread), _file_of(sys.modules.get(one.name), "~"), 1, spent, one.name])
                inner = one.entered
        return found


def _file_of(module, missing=""):
    """Where a module is: its file, `~` for what is built in; `missing` for one that could not be imported."""
    if module is None:
        return missing
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    return "<frozen %s>" % module.__name__ if origin == "frozen" else "~"

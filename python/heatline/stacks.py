"""Stacks of the program's frames as they are looked at in passing: by what happens, not by the clock."""

from _thread import get_ident

from .native import threads
from .places import Places
from .runner import at_root, own

# Files of the import system: of CPython's, and of PyPy's.
IMPORTLIB = ("<frozen importlib", "<builtin>/frozen importlib")
MAIN = get_ident()  # the recorder is loaded by the program's main thread


def seen(frame):
    """(what it is known by, [(code, byte offset, the code's module), …]) of a frame and its callers, leaf first, without the import system's."""
    key, stack = [], []
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(IMPORTLIB):
            key += (id(code), frame.f_lasti)
            stack.append((code, frame.f_lasti, frame.f_globals.get("__name__")))
        frame = frame.f_back
    return tuple(key), stack


def thread_name(ident):
    """What the program calls a thread; `threading` is not imported for it."""
    return getattr(threads().get(ident), "_name", None) or ("MainThread" if ident == MAIN else "thread %d" % ident)


class Resolved:
    """Places in the code of such stacks; each is resolved once."""

    def __init__(self, folder, modules=False):
        """`modules`: the code of an imported module bears the module's name, not `<module>`."""
        self._places, self._modules = Places(folder), modules

    def stack(self, stack):
        """Places of a stack, leaf first, without frames of ours and what runs a module at its root."""
        end = len(stack) - at_root(code.co_filename for code, _, _ in reversed(stack))
        return [self._place(*each) for each in stack[:end] if not own(each[0])]

    def _place(self, code, offset, module):
        key, line, column = self._places.find(id(code), code, offset)
        if self._modules and code.co_name == "<module>" and isinstance(module, str) and module != "__main__":
            key = module_key(module, key[2])
        return key, line, column


def module_key(module, file):
    """The code of a module as a function of its name."""
    return module, module, file, 1

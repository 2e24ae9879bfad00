"""Names of the program's modules that something of ours stands behind while it is recorded."""

import sys

ALIKE = ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__")


class Patches:
    """Names of modules and classes that something of ours stands behind, until `undo`."""

    def __init__(self):
        self._done = []

    def replace(self, owner, name, ours):
        theirs = vars(owner)[name]
        setattr(owner, name, ours)
        self._done.append((owner, name, theirs, ours))

    def method(self, owner, name, ours):
        """A function of a class; it looks like the one that was there."""
        theirs = vars(owner)[name]
        for each in ALIKE:
            setattr(ours, each, getattr(theirs, each))
        self.replace(owner, name, ours)

    def inherited(self, owner, name, ours):
        """A function that a class has from another one."""
        ours.__name__, ours.__doc__ = name, getattr(owner, name).__doc__
        setattr(owner, name, ours)
        self._done.append((owner, name, None, ours))

    def undo(self):
        for owner, name, theirs, ours in reversed(self._done):
            if vars(owner).get(name) is ours:
                if theirs is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, theirs)
        self._done.clear()


class Importing:
    """A finder before all others: calls `work(module)` as soon as one of the named modules has been imported."""

    def __init__(self, names, work):
        self._waiting, self._work = set(names), work
        for name in [name for name in names if name in sys.modules]:
            self._waiting.discard(name)
            work(sys.modules[name])
        if self._waiting:
            sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        """As of importlib's finders: what the others find, with a loader that tells of it."""
        if name not in self._waiting:
            return None
        self._waiting.discard(name)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)), None)
        if not self._waiting:
            self.end()
        loader = spec and spec.loader
        if hasattr(loader, "__dict__") and hasattr(loader, "exec_module"):
            execute = loader.exec_module

            def exec_module(module):
                del loader.exec_module
                execute(module)
                self._work(module)

            loader.exec_module = exec_module
        return spec

    def end(self):
        """Looks no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

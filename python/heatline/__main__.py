"""Entry: `python <folder>/heatline/__main__.py run [options] -- script.py args…` (or `python -m heatline run …`).

The package is loaded under a private name and its folder leaves sys.path again, so that the profiled program finds
the modules that it would find without us. Programs and kernels that run already take `load` from here as well.
"""

import sys


def load(part):
    """
    The module `part` of this package. Among the program's modules nothing of it stays, and no bytecode is written. What it wants
    of the package later on it gets by `later.py`.
    """
    import os

    folder = os.path.dirname(os.path.abspath(__file__))
    name = "_heatline_" + part
    package = type(sys)(name)
    package.__path__ = [folder]
    package.__file__ = os.path.join(folder, "__init__.py")
    ours = {name: package}

    def load_part(part):
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        sys.modules.update(ours)
        try:
            return __import__(name + "." + part, fromlist=["*"])
        finally:
            sys.dont_write_bytecode = writes
            for each in [each for each in sys.modules if each.partition(".")[0] == name]:
                ours[each] = sys.modules.pop(each)

    package.load_part = load_part
    return load_part(part)


if __name__ == "__main__":
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]  # our folder, or with -m the current one; the runner puts in the program's
    # Mostly the program has run by now, this module's names are its own, and there is none to run: not one name may be set here.
    for _bare in load("command").main(sys.argv[1:]):
        try:
            exec(_bare.code, _bare.scope)
        except BaseException as error:
            _bare.ended(error)
            raise
        _bare.ended(None)

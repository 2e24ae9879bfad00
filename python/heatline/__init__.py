"""Heatline's side of a Python program: runs it, counts its calls, samples its lines. Standard library only."""

__version__ = "0.1.0"
__all__ = ["agent", "labels", "memory_mark", "profile"]


def __getattr__(name):
    """What the program's own code uses is loaded when it is asked for."""
    if name == "profile":
        from .session import profile as found
    elif name == "labels":
        from .agent.context import labels as found
    elif name == "memory_mark":
        from .marks import memory_mark as found
    elif name == "agent":
        from importlib import import_module

        found = import_module(".agent", __name__)
    else:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    globals()[name] = found
    return found


def load_ipython_extension(shell):
    """`%load_ext heatline` calls this: the magics %heatline and %%heatline."""
    from .magics import load

    load(shell)

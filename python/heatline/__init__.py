"""Heatline's side of a Python program: runs it, counts its calls, samples its lines. Standard library only."""

__version__ = "0.1.0"
__all__ = ["profile"]


def __getattr__(name):
    """What the program's own code uses is loaded when it is asked for."""
    if name == "profile":
        from .session import profile

        globals()["profile"] = profile
        return profile
    raise AttributeError("module %r has no attribute %r" % (__name__, name))


def load_ipython_extension(shell):
    """`%load_ext heatline` calls this: the magics %heatline and %%heatline."""
    from .magics import load

    load(shell)

"""
Modules of this package that are loaded once it is known that they are wanted: each of them is compiled anew in every recording, which is
time before the program's start. A plain import in a function does not do, for the package is not among the program's modules (`__main__.load`).
"""

import sys

_package = sys.modules[__package__]


def later(part):
    """The module `part`. Not to be called while a module of the package is loaded, nor while the program runs: its import hooks would see it."""
    load_part = getattr(_package, "load_part", None)
    if load_part is not None:
        return load_part(part)
    from importlib import import_module

    return import_module("." + part, __package__)

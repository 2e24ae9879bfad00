"""Continuous profiling of a program that serves: `heatline.agent(folder)` (docs/production.md). This module is what is called."""

import sys


class _Agent(type(sys)):
    """A module that can be called, so that `heatline.agent` is both this package and the function."""

    def __call__(self, folder, **settings):
        from .running import start

        return start(folder, **settings)


sys.modules[__name__].__class__ = _Agent

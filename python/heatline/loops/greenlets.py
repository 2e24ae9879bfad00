"""Greenlets of gevent and eventlet: each switch between them is heard, so waiting is exact, whatever they wait for."""

import sys
from time import perf_counter as clock

from ..runner import own
from .chains import stack_of


class Greenlets:
    """Hears the switches of the thread that imports gevent or eventlet; which of the two it is does not matter."""

    def __init__(self, figures):
        self._figures = figures
        self.count = 0
        self._heard = self._before = None

    def hear(self, _module=None):
        """gevent's or eventlet's hub has just been imported, and with it greenlet."""
        greenlet = sys.modules.get("greenlet")
        if self._heard is not None or greenlet is None:
            return
        figures, step = self._figures, self._figures.step()
        is_hub = self._is_hub

        def switched(event, arguments):
            if before is not None:
                before(event, arguments)
            origin, target = arguments
            now = clock()
            if step.began:
                figures.end(step, step.began, now)
                step.began = 0.0
            if not figures.on:
                return
            self.count += 1
            root = None if origin.dead or is_hub(origin) else root_of(origin.gr_frame)
            if root is not None:
                figures.waits(origin, root, stack_of(origin.gr_frame), None, now)
            if not is_hub(target):
                figures.goes_on(target, now)
                step.root, step.began = GREENLET, now

        before = self._before = greenlet.gettrace()
        greenlet.settrace(switched)
        self._greenlet, self._heard = greenlet, switched

    def end(self):
        """In the thread that hears."""
        if self._heard is not None and self._greenlet.gettrace() is self._heard:
            self._greenlet.settrace(self._before)

    def _is_hub(self, item):
        """Whether it is what runs while all others wait."""
        if "Hub" in type(item).__name__:
            return True
        hubs = sys.modules.get("eventlet.hubs")
        hub = getattr(getattr(hubs, "_threadlocal", None), "hub", None) if hubs is not None else None
        return hub is not None and getattr(hub, "greenlet", None) is item


# The root of a greenlet that runs, until somebody looks.
GREENLET = "greenlets"
INSIDE = ("gevent.", "eventlet.", "greenlet.", "runpy")


def is_inside(frame):
    """Whether a frame is gevent's or eventlet's own."""
    return (frame.f_globals.get("__name__") or "").startswith(INSIDE)


def root_of(frame):
    """What a greenlet is called: by the function that it was made of, for numbers tell nothing. None for one of the library's own."""
    name = None
    while frame is not None:
        if not (is_inside(frame) or own(frame.f_code)):
            name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        frame = frame.f_back
    return name and ("greenlet main" if name == "<module>" else "greenlet " + name)

"""line_profiler: hits and times of the lines of chosen functions.

Its own command decorates functions, or rewrites the program to do so. Here code objects are told to it as soon as they
are about to run (an audit hook hears of every module that is executed), so the program stays as it is written.
"""

import sys
import threading

import line_profiler

OPTIMIZED = 0x1  # code of a function, not of a module or a class
TWINS = "line_profiler cannot tell %s (%s:%d) from a function with the same code at the same line: figures of both are in %s"
NOTHING = "no function was measured: none that ran is named by --only %s"
ALL_THREADS = sys.version_info >= (3, 12)  # by sys.monitoring


class Tool:
    def __init__(self, host):
        self.host = host
        self.live = False
        self.profiler = line_profiler.LineProfiler()
        self._known = {}

    def start(self):
        self.live = True
        sys.addaudithook(self._on_event)
        if not ALL_THREADS and threading._trace_hook is None:
            threading.settrace(self._in_thread)
        self.profiler.enable()

    def _in_thread(self, *_event):
        """First event of a new thread."""
        if self.live:
            self.profiler.enable()

    def _on_event(self, event, arguments):
        if event == "exec" and self.live and hasattr(arguments[0], "co_consts"):
            self._choose(arguments[0], "")

    def _choose(self, code, prefix):
        """Tells the profiler of the functions in a code object."""
        for inner in code.co_consts:
            if not hasattr(inner, "co_consts"):
                continue
            name = getattr(inner, "co_qualname", prefix + inner.co_name)
            function = inner.co_flags & OPTIMIZED
            named = self.host.options.only is not None or not inner.co_name.startswith(("<", "__annotate__"))
            if function and named and self.host.is_chosen(inner, name):
                self._add(inner, name)
            self._choose(inner, name + (".<locals>." if function else "."))

    def _add(self, code, name):
        """The profiler knows lines by the bytes of their function and their number, and would change the bytes of functions that are alike."""
        key = code.co_code, code.co_firstlineno
        known = self._known.setdefault(key, code)
        if known is not code:
            if known.co_filename != code.co_filename:
                self.host.notes.append(TWINS % (name, code.co_filename, code.co_firstlineno, known.co_filename))
            return
        paddings = getattr(self.profiler, "_all_paddings", None)
        if paddings is None:
            self.profiler.dupes_map.pop(code.co_code, None)
        else:
            paddings[code.co_code] = 0
        self.profiler.add_function(type(_function)(code, {}, code.co_name, None, tuple(_cell() for _ in code.co_freevars)))

    def stop(self):
        if self.live:
            self.live = False
            self.profiler.disable()
            if not ALL_THREADS and threading._trace_hook == self._in_thread:
                threading.settrace(None)

    forget = stop

    def write(self, path):
        stats = self.profiler.get_stats()
        stats.timings = {function: lines for function, lines in stats.timings.items() if lines}
        if not stats.timings and self.host.options.only is not None:
            self.host.notes.append(NOTHING % self.host.options.only.pattern)
        import pickle

        with open(path, "wb") as file:
            pickle.dump(stats, file, pickle.HIGHEST_PROTOCOL)


def _function():
    """Its type makes functions of code objects."""


def _cell():
    value = None
    return (lambda: value).__closure__[0]

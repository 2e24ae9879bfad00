"""Lines of one file: what `--within FILE:FROM-TO` names."""

import os
import sys

from .places import positions

AST_ONLY = 0x400  # ast.PyCF_ONLY_AST, without importing `ast`
SAMPLED = "recorded only while %s ran"
COUNTED = "recorded only while %s ran, entered %s"
PARTS = ("body", "orelse", "finalbody", "handlers", "cases")


class Selection:
    """Lines `first` to `last` of a file; one line alone stands for the innermost statement around it."""

    def __init__(self, text):
        """`text`: FILE:FROM-TO or FILE:LINE. Raises ValueError with one sentence."""
        file, _, lines = text.rpartition(":")
        first, dash, last = lines.partition("-")
        if not (file and first.isdigit() and (last.isdigit() or not dash)):
            raise ValueError("it looks like FILE:FROM-TO or FILE:LINE")
        self.file = os.path.abspath(file)
        self.first, self.last = int(first), int(last or first)
        if not 1 <= self.first <= self.last:
            raise ValueError("lines count from 1, and the first one comes first")
        self._real = os.path.realpath(self.file)
        self._same = {}
        tree, code = _compiled(self.file)
        if not dash:
            self.first, self.last = _statement(tree, self.first)
        if not self._has_code(code):
            raise ValueError("there is nothing to run on %s" % self.name)

    @property
    def name(self):
        """In words: `lines 10-15 of app.py`."""
        lines = "line %d" % self.first if self.first == self.last else "lines %d-%d" % (self.first, self.last)
        return "%s of %s" % (lines, os.path.basename(self.file))

    @property
    def never_ran(self):
        """What is to be said when that is known."""
        return "%s never ran" % self.name

    def is_in(self, file):
        """Whether a code object's file is the one that is meant, by whatever way it was found."""
        known = self._same.get(file)
        if known is None:
            known = self._same[file] = not file.startswith("<") and os.path.realpath(file) == self._real
        return known

    def covers(self, line):
        """Whether a line is one of them; None is not."""
        return line is not None and self.first <= line <= self.last

    def inside(self, places):
        """Of a stack, leaf first, what lies within: up to the outermost frame that stands on these lines; () when none does."""
        for index in range(len(places) - 1, -1, -1):
            key, line, _ = places[index]
            if self.covers(line) and self.is_in(key[2]):
                return places[: index + 1]
        return ()

    def __str__(self):
        return "%s:%d-%d" % (self.file, self.first, self.last)

    def told(self, counter, gate):
        """What the recording is to say: [sentence]. `gate` has heard how often they were entered, where there is a `counter`."""
        notes = [] if gate is None else gate.notes
        return [SAMPLED % self.name if counter is None else COUNTED % (self.name, "once" if gate.visits == 1 else "%d times" % gate.visits), *notes]

    def _has_code(self, code):
        if any(self.covers(line) for line, _ in positions(code)):
            return True
        return any(self._has_code(each) for each in code.co_consts if isinstance(each, type(code)))


def _compiled(file):
    """A file's tree and its code; warnings are left to the program, and what is imported for that is not imported for it."""
    before = set(sys.modules)
    import warnings

    try:
        with open(file, "rb") as opened:
            source = opened.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(source, file, "exec", AST_ONLY, dont_inherit=True)
            return tree, compile(source, file, "exec", dont_inherit=True)
    except OSError as error:
        raise ValueError("cannot read %s: %s" % (file, error.strerror or error)) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("%s cannot be compiled: %s" % (file, error)) from None
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def _statement(tree, line):
    """First and last line of the innermost statement around a line, else the line itself. Decorators belong to what they stand above."""
    first = last = line
    waiting = _children(tree)
    while waiting:
        node = waiting.pop()
        begin = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        if begin <= line <= node.end_lineno:
            first, last = begin, node.end_lineno
            waiting = _children(node)
    return first, last


def _children(node):
    """The statements right below a node. Handlers and cases are none; those in them are."""
    below = []
    for part in PARTS:
        for each in getattr(node, part, ()):
            below += _children(each) if type(each).__name__ in ("ExceptHandler", "match_case") else [each]
    return below

"""Which function a line belongs to, for tools that know lines only: from the functions that are alive, without reading a file."""

import gc
import sys

from .places import positions

CODE = type((lambda: None).__code__)
FUNCTION = type(lambda: None)
# Classes in classes, and decorators around decorators.
DEEPEST = 4


class LineFunctions:
    """Learns the functions of files as often as it is asked to; what has gone by then keeps the function that it had."""

    def __init__(self):
        self._codes = {}  # file → {code}
        self._owners = {}  # file → {line: (name, system name, first line)}

    def learn(self, files):
        """Looks for the functions of these files, a set of names as code objects have them, among all that are alive."""
        for each in gc.get_objects():
            if type(each) is FUNCTION and each.__code__.co_filename in files:
                self.know(each.__code__)
        if "t" in getattr(sys, "abiflags", ""):
            # The collector of free-threaded builds leaves out many (seen on 3.13.5).
            self.learn_of_modules(files)

    def learn_of_modules(self, files):
        """
        The same from the modules of these files alone: fewer functions, but no object of others is touched, whose memory forked
        processes may share.
        """
        for module in list(sys.modules.values()):
            try:
                names = object.__getattribute__(module, "__dict__")
            except AttributeError:
                continue
            if names.get("__file__") in files or names.get("__name__") == "__main__":
                for code in _codes(list(names.values()), 0):
                    if code.co_filename in files:
                        self.know(code)

    def know(self, code):
        """Learns a function's code, and those within it."""
        known = self._codes.setdefault(code.co_filename, {})
        if id(code) not in known:
            known[id(code)] = code
            self._add(code)

    def _add(self, code):
        owners = self._owners.setdefault(code.co_filename, {})
        name = getattr(code, "co_qualname", code.co_name)
        inline = code.co_name.startswith("<")  # a lambda or a comprehension stands on lines of its function
        for line in _lines(code):
            if not (inline and line in owners):
                owners[line] = (name, code.co_name, code.co_firstlineno)
        for const in code.co_consts:
            if type(const) is CODE:
                self._add(const)

    def key(self, file, line, path):
        """(name, system name, `path`, first line), as function_key has it; lines of no function are their module's."""
        name, system, first = self._owners.get(file, {}).get(line) or (file if file == "<unknown>" else "<module>",) * 2 + (1,)
        return (name, system, path, first)

    def named(self, name, file, line, path):
        """The same of a function whose bare name is known; its first line is 0 where it is not found."""
        key = self.key(file, line, path)
        return key if key[1] == name else (name, name, path, 0)


def _codes(items, depth):
    """Codes of the functions among some objects, of classes' methods, and of what decorators have wrapped."""
    for each in items:
        if type(each) is FUNCTION:
            yield each.__code__
            if depth < DEEPEST:
                yield from _codes([_content(cell) for cell in each.__closure__ or ()], depth + 1)
        elif issubclass(type(each), type):  # asking the object itself may run code of a proxy
            if depth < DEEPEST:
                yield from _codes(list(type.__getattribute__(each, "__dict__").values()), depth + 1)
        elif type(each) in (staticmethod, classmethod):
            yield from _codes([each.__func__], depth)
        elif type(each) is property:
            yield from _codes([each.fget, each.fset, each.fdel], depth)
        elif depth < DEEPEST:
            yield from _codes([_wrapped(each)], DEEPEST)


def _wrapped(item):
    """What an object stands around, such as that of functools.lru_cache; without asking the object itself."""
    try:
        return object.__getattribute__(item, "__dict__").get("__wrapped__")
    except AttributeError:
        return None


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


def _lines(code):
    """Lines on which a function does something; its first instructions are those of a call, on the line of `def`."""
    if not hasattr(code, "co_lines"):
        return {line for line, _ in positions(code)}
    lines = [line for _, _, line in code.co_lines() if line]
    return set(lines[1:] if len(lines) > 1 and lines[0] == code.co_firstlineno else lines)

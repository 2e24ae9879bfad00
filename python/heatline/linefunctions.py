"""Which function a line belongs to, for tools that know lines only: from the functions that are alive, without reading a file."""

import gc

from .places import positions

CODE = type((lambda: None).__code__)
FUNCTION = type(lambda: None)


class LineFunctions:
    """Learns the functions of files as often as it is asked to; what has gone by then keeps the function that it had."""

    def __init__(self):
        self._codes = {}  # file → {code}
        self._owners = {}  # file → {line: (name, system name, first line)}

    def learn(self, files):
        """Looks for the functions of these files, a set of names as code objects have them, among all that are alive."""
        for each in gc.get_objects():
            if type(each) is FUNCTION and each.__code__.co_filename in files:
                known = self._codes.setdefault(each.__code__.co_filename, {})
                if id(each.__code__) not in known:
                    known[id(each.__code__)] = each.__code__
                    self._add(each.__code__)

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


def _lines(code):
    """Lines on which a function does something; its first instructions are those of a call, on the line of `def`."""
    if not hasattr(code, "co_lines"):
        return {line for line, _ in positions(code)}
    lines = [line for _, _, line in code.co_lines() if line]
    return set(lines[1:] if len(lines) > 1 and lines[0] == code.co_firstlineno else lines)

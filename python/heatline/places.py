"""Names and lines of code objects, as the samplers and the counter agree on them."""

import os


def function_key(code, start_folder):
    """(name, system name, absolute file, first line) of a code object or of a built-in's name."""
    if isinstance(code, str):
        return (code, code, "~", 0)
    name = getattr(code, "co_qualname", code.co_name)
    return (name, code.co_name, absolute(code.co_filename, start_folder), code.co_firstlineno)


def absolute(file, start_folder):
    """Frozen modules and made-up names (`<string>`) stay as they are."""
    if file.startswith("<") or os.path.isabs(file):
        return file
    return os.path.normpath(os.path.join(start_folder, file))


def positions(code):
    """List of (line, column) by instruction offset // 2; line 0 is unknown, columns are 1-based bytes, 0 unknown."""
    if hasattr(code, "co_positions"):
        return [(line or 0, 0 if column is None else column + 1) for line, _, column, _ in code.co_positions()]
    if hasattr(code, "co_lines"):
        table = []
        for start, end, line in code.co_lines():
            table.extend([(line or 0, 0)] * ((end - start) // 2))
        return table
    line, table = code.co_firstlineno, []
    steps = code.co_lnotab
    for size, step in zip(steps[::2], steps[1::2]):
        table.extend([(line, 0)] * (size // 2))
        line += step - 256 if step > 127 else step
    table.extend([(line, 0)] * max(1, len(code.co_code) // 2 - len(table)))  # the last line goes on to the end
    return table


class Places:
    """Resolves (code, byte offset) once per code object."""

    def __init__(self, start_folder):
        self.folder = start_folder
        self._known = {}

    def find(self, identity, code, offset):
        """(function key, line, column)"""
        known = self._known.get(identity)
        if known is None:
            known = self._known[identity] = (function_key(code, self.folder), positions(code))
        key, table = known
        if 0 <= offset // 2 < len(table):
            line, column = table[offset // 2]
            if line:
                return (key, line, column)
        return (key, key[3], 0)

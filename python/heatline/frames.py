"""Frames that a reader of memory has seen, as places in the code."""

import os

from .places import absolute, positions
from .runner import FOLDER, is_runpy

_PREFIX = FOLDER + os.sep
OTHERS, OURS, RUNPY = range(3)


class Frames(dict):
    """(code number, byte offset) → (function key, line, column), made when it is first asked for; `codes` as the reader has them."""

    def __init__(self, codes, folder):
        self._codes, self._folder = codes, folder
        self._tables = {}
        self._kinds = []  # by code

    def stack(self, flat):
        """
        Places of a stack (code number and offset by turns, leaf first) without the recorder's frames at its root; None for
        stacks of the recorder alone.
        """
        kinds = self._kinds
        if len(kinds) < len(self._codes):
            kinds.extend(map(_kind, self._codes[len(kinds) :]))
        end = len(flat)
        inside = False
        while end and (kinds[flat[end - 2]] == OURS or (inside and kinds[flat[end - 2]] == RUNPY)):
            inside = True
            end -= 2
        if not end or kinds[flat[0]] == OURS:
            return None
        return tuple(map(self.__getitem__, zip(flat[0:end:2], flat[1:end:2])))

    def __missing__(self, place):
        number, offset = place
        known = self._tables.get(number)
        if known is None:
            qualname, name, file, first, table = self._codes[number]
            known = self._tables[number] = ((qualname, name, absolute(file, self._folder), first), _positions(first, table))
        key, table = known
        line, column = table[min(offset // 2, len(table) - 1)] if table and offset >= 0 else (0, 0)
        frame = self[place] = (key, line or key[3], column)
        return frame


def _kind(code):
    file = code[2]
    if file.startswith(_PREFIX):
        return OURS
    return RUNPY if is_runpy(file) else OTHERS


def _dummy():
    pass


def _positions(first, table):
    code = _dummy.__code__
    if hasattr(code, "co_linetable"):
        return positions(code.replace(co_firstlineno=first, co_linetable=table))
    return positions(code.replace(co_firstlineno=first, co_lnotab=table))

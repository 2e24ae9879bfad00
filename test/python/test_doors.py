"""Where chosen lines are entered and left: by events at their doors alone, against events of every line."""

import marshal
import os
import sys
import unittest

from support import Case

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
from heatline.gate import MONITORING, Gate
from heatline.selection import Selection

# Every way by which control comes to a line and leaves it. No line of it depends on time.
TRICKY = '''\
import contextlib

def leaf(n):
    return n + 1

def loop(n):
    total = 0
    for each in range(n):
        if each % 2:
            total += leaf(each)
            continue
        total -= leaf(
            leaf(each),
        )
    else:
        total += 1
    while total < 5:
        total += 1
    return total

def fails(n):
    try:
        if n:
            raise ValueError(n)
        leaf(n)
    except ValueError:
        leaf(n)
        if n > 1: raise
    finally:
        leaf(0)

def numbers(n):
    for each in range(n):
        leaf(each)
        got = yield each
        if got:
            leaf(got)
    try:
        yield leaf(7)
    finally:
        leaf(8)

def again(n):
    leaf(n)
    if n:
        again(n - 1)
        leaf(n)
    return [leaf(each) for each in range(n)] + sorted([3, 1], key=lambda x: leaf(x))

@contextlib.contextmanager
def inside():
    leaf(1)
    yield
    leaf(2)

async def later(n):
    for each in range(n):
        await step(each)
    return leaf(n)

async def step(n):
    return leaf(n)

class Kept:
    value = leaf(1)
    def method(self):
        return leaf(self.value)

def main():
    loop(4)
    for n in range(3):
        try:
            fails(n)
        except ValueError as error:
            leaf(error.args[0])
    sum(numbers(3))
    numbering = numbers(3)
    next(numbering)
    numbering.send(5)
    try:
        numbering.throw(KeyError)
    except KeyError:
        leaf(1)
    early = numbers(0)
    next(early)
    early.close()
    again(3)
    with inside(): leaf(3)
    with inside():
        leaf(3)
        again(1)
    running = later(2)
    try:
        running.send(None)
    except StopIteration as end:
        leaf(end.value)
    return leaf(Kept().method()) if leaf(0) else None

for _ in range(2):
    main()
'''
LINES = TRICKY.count("\n")


class Doors(Case):
    def test_the_same_is_inside_as_by_hearing_each_line(self):
        """All ranges of lines, by events at doors alone against events of every line: each entry, each exit, and its function."""
        path = self.write("tricky.py", TRICKY)
        story = each_line(path)
        program = marshal.dumps(compile(TRICKY, path, "exec"))
        compared = visits = 0
        for first in range(1, LINES + 1, 1 if MONITORING else 7):
            for last in range(first, min(first + 40, LINES + 1), 1 + first % 3 if first == 7 else 4 + first % 5):
                try:
                    selection = Selection("%s:%d-%d" % (path, first, last))
                except ValueError:
                    continue
                heard = self.heard(selection, marshal.loads(program))
                self.assertEqual(heard, doors_of(story, selection), selection.name)
                compared += 1
                visits += len(heard) // 2
        self.assertGreater(compared, 400 if MONITORING else 50)
        self.assertGreater(visits, 2 * compared)

    def heard(self, selection, code):
        """`code` is to be a new one: of one that was heard before, some instructions are not heard again."""
        log = []
        gate = Gate(selection, lambda code: log.append(("in", code.co_name)), lambda code: log.append(("out", code.co_name)))
        before = sys.gettrace()
        gate.start()
        exec(code, {"__name__": "tricky"})
        gate.end()
        sys.settrace(before)
        self.assertEqual(gate.visits, len(log) / 2)
        self.assertEqual(gate.notes, [])
        return log


def each_line(path):
    """[(event, frame, line)] of all that runs in the file, a generator's going on among the lines."""
    story = []

    def local(frame, event, _):
        if event in ("line", "return"):
            story.append((event, frame, frame.f_lineno))
        return local

    def call(frame, event, _):
        if frame.f_code.co_filename != path:
            return None
        if frame.f_code.co_flags & (0x20 | 0x80) and frame.f_lineno != frame.f_code.co_firstlineno:
            local(frame, "line", None)
        return local

    code = compile(TRICKY, path, "exec")
    before = sys.gettrace()
    sys.settrace(call)
    exec(code, {"__name__": "tricky"})
    sys.settrace(before)
    return story


def doors_of(story, selection):
    """The truth: after every event, who is on the chosen lines."""
    log, inside = [], None
    for event, frame, line in story:
        covered = selection.first <= line <= selection.last
        if event == "line" and covered and inside is None:
            inside = frame
            log.append(("in", frame.f_code.co_name))
        elif inside is frame and (event == "return" or not covered):
            inside = None
            log.append(("out", frame.f_code.co_name))
    return log


if __name__ == "__main__":
    unittest.main()

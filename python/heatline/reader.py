"""Reads the stacks of another process from its memory."""

import sys
import time

from .layout import MASK, WORD

DEEPEST = 20000
NAMED_SHIMS = ("<interpreter trampoline>", "<shim>")
AGAIN = 3  # looks at a stack that was torn
SUSPENDS = 0x20 | 0x80 | 0x200  # co_flags of generators, coroutines, asynchronous generators
RECHECK = 500_000_000  # ns after which a code object's address is looked at again


class Torn(Exception):
    """The program moved on while its stack was read."""


def _half(words, at):
    """The unsigned 32 bits at an offset in bytes."""
    word = words[at // WORD]
    return word >> 32 if at & 4 else word & 0xFFFFFFFF


class Reader:
    """Reads all stacks of a process that is laid out like this one."""

    def __init__(self, layout, memory):
        self._layout = layout
        self._memory = memory
        self._known = {}
        self.codes = []  # (qualified name, name, file, first line, line table)
        self._pages = {}
        self._suspending = set()  # numbers of code whose frames are taken off the stack and put back
        self._called = set()  # thread states whose outermost frame was none of these

    def stacks(self):
        """[(thread identity, kernel id, [(code number, byte offset), …] leaf first or None when it could not be read)]"""
        layout, memory = self._layout, self._memory
        found, states = [], set()
        state = memory.words(layout.interpreter + layout.head_at, 1)[0]
        while state and len(found) < 4096:
            for _ in range(1 + AGAIN):
                view = memory.words(state, layout.state_words)
                self._pages.clear()
                try:
                    stack = self._stack(view[layout.frame_at // WORD])
                except (Torn, OSError, OverflowError, ValueError):
                    stack = None
                # A generator that has just yielded looks like the outermost frame of its thread: nobody calls it any more.
                if stack and stack[-1][0] in self._suspending and state in self._called:
                    stack = None
                if stack is not None:
                    break
            if stack and stack[-1][0] not in self._suspending:
                self._called.add(state)
            states.add(state)
            ident = view[layout.ident_at // WORD]
            native = self._native(view, ident)
            found.append((ident, native, stack))
            state = view[layout.next_at // WORD]
        self._called &= states
        return found

    def _native(self, view, ident):
        layout = self._layout
        if layout.native_at is not None:
            return view[layout.native_at // WORD]
        try:
            return self._memory.ints(ident + layout.native_in_pthread, 1)[0]
        except (OSError, OverflowError):
            return 0

    def _words(self, address, count):
        """Words by way of whole pages, so that one look takes in the newest frames at one moment."""
        page = address & ~4095
        offset = address - page
        if offset + count * WORD > 4096:
            return self._memory.words(address, count)
        view = self._pages.get(page)
        if view is None:
            view = self._pages[page] = self._memory.words(page, 512)
        start = offset // WORD
        return view[start : start + count]

    def _stack(self, frame):
        layout = self._layout
        if layout.frame_step is not None:
            frame = self._memory.words(frame + layout.frame_step, 1)[0]
        stack = []
        code_at, back_at, instruction_at = layout.code_at // WORD, layout.back_at // WORD, layout.instruction_at // WORD
        count, legacy, start = layout.frame_words, layout.legacy, layout.code_start
        unit = 2 if sys.version_info >= (3, 10) else 1
        if layout.running_at is not None and frame:
            frame = self._running(frame)
        while frame:
            if len(stack) > DEEPEST or frame & 7:
                raise Torn
            view = self._words(frame, count)
            code = view[code_at] & MASK
            number = self._code(code)
            if number is not None:
                if legacy:
                    half = _half(view, layout.instruction_at)
                    offset = (half - (1 << 32) if half >> 31 else half) * unit
                else:
                    offset = view[instruction_at] - code - start
                    if not -64 <= offset < 1 << 24:
                        raise Torn
                stack.append((number, offset))
            frame = view[back_at]
        return stack

    def _running(self, frame):
        """
        The frame that ran when its page was read. The pointer to it was read a little earlier: since then it may have
        returned (its caller runs) or called (a frame behind it runs), and what it left behind would still look like one.
        """
        layout = self._layout
        count, back_at = layout.frame_words, layout.back_at // WORD

        def runs(view):
            return _half(view, layout.running_at) == 0xFFFFFFFF

        view = self._words(frame, count)
        if runs(view):
            return frame
        caller = view[back_at]
        for _ in range(3):
            if not caller or caller & 7:
                break
            before = self._words(caller, count)
            if runs(before):
                return caller
            caller = before[back_at]
        end = (frame & ~4095) + 4096 - count * WORD
        for callee in range(frame + count * WORD, min(end, frame + 100 * WORD) + 1, WORD):
            after = self._words(callee, count)
            if after[back_at] == frame and runs(after) and after[layout.code_at // WORD] & MASK in self._known:
                return callee
        return frame

    def _code(self, address):
        """Number of a code object; None for frames that stand for no code of the program. Raises Torn for anything else."""
        now = time.monotonic_ns()
        known = self._known.get(address)
        if known is not None and now - known[2] < RECHECK:
            return known[0]
        layout = self._layout
        if not address:
            return None
        view = self._memory.words(address, layout.code_words)
        if view[layout.type_at // WORD] != layout.code_type:
            if view[layout.type_at // WORD] == id(type(None)):
                return None  # the interpreter's own entry frames, since 3.14
            raise Torn
        fields = tuple(view[at // WORD] for at in (layout.file_at, layout.name_at, layout.qualname_at, layout.table_at))
        if known is not None and known[1] == fields:
            known[2] = now
            return known[0]
        file, name, qualname = (self._text(each) for each in fields[:3])
        number = None
        if name not in NAMED_SHIMS and file not in NAMED_SHIMS:
            number = len(self.codes)
            self.codes.append((qualname, name, file, _half(view, layout.first_line_at), self._bytes(fields[3])))
            if _half(view, layout.flags_at) & SUSPENDS:
                self._suspending.add(number)
        self._known[address] = [number, fields, now]
        return number

    def _text(self, address):
        layout, memory = self._layout, self._memory
        length = memory.words(address + layout.length_at, 1)[0]
        state = memory.ints(address + layout.state_at, 1)[0] >> layout.state_shift & 31
        if length > 65536 or not state & 8:
            raise Torn
        if state & 16:
            return memory.read(address + layout.ascii_data_at, length).decode("ascii")
        kind = state & 7
        codec = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}.get(kind)
        if codec is None:
            raise Torn
        return memory.read(address + layout.text_data_at, length * kind).decode(codec, "surrogatepass")

    def _bytes(self, address):
        size = self._memory.words(address + self._layout.bytes_size_at, 1)[0]
        if size > 1 << 24:
            raise Torn
        return self._memory.read(address + self._layout.bytes_data_at, size)

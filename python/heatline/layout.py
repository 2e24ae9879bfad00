"""Finds out where this interpreter keeps threads, frames, code objects and strings.

Nothing is hard-coded: a forked copy of the process knows the addresses and the values of objects of its own, parks
threads at known places, and looks for those values in its own memory. What is found is checked by reading a whole stack
in the way that the onlooker will; any doubt raises Unknown, and the sampler inside the process takes over.
"""

import _thread
import os
import sys
from types import CodeType

WORD = 8
MASK = ~7


class Unknown(Exception):
    """This interpreter is not laid out as expected."""


class Memory:
    """Reads words of a process through /proc/PID/mem. Raises OSError where nothing is mapped."""

    def __init__(self, process):
        self.file = os.open("/proc/%d/mem" % process, os.O_RDONLY)

    def read(self, address, size):
        data = os.pread(self.file, size, address)
        if len(data) != size:
            raise OSError("short read")
        return data

    def words(self, address, count):
        return memoryview(self.read(address, count * WORD)).cast("Q")

    def some_words(self, address, count):
        """As many as are mapped."""
        data = os.pread(self.file, count * WORD, address)
        return memoryview(data[: len(data) // WORD * WORD]).cast("Q")

    def ints(self, address, count):
        return memoryview(self.read(address, count * 4)).cast("i")


def _common(findings, what):
    """The smallest offset that all examples agree on."""
    agreed = set.intersection(*map(set, findings))
    if not agreed:
        raise Unknown("no place for " + what)
    return min(agreed)


def _at(words, value):
    return [index * WORD for index, word in enumerate(words) if word == value]


def _at_ints(ints, value):
    return [index * 4 for index, number in enumerate(ints) if number == value]


class Layout:
    """Offsets in bytes. `legacy` frames are frame objects (before 3.11)."""

    def __init__(self, reader):
        """`reader(layout, memory)` is what will read with this layout; it is tried at the end. Raises Unknown."""
        import ctypes

        self._memory = Memory(os.getpid())
        api = ctypes.pythonapi
        for name, arguments in (("PyInterpreterState_Get", ()), ("PyInterpreterState_ThreadHead", (ctypes.c_void_p,)), ("PyThreadState_Next", (ctypes.c_void_p,))):
            function = getattr(api, name)
            function.restype, function.argtypes = ctypes.c_void_p, arguments
        self._api = api
        self.interpreter = api.PyInterpreterState_Get()
        self.code_type = id(CodeType)
        self._codes()
        self._strings()
        parked = [_Parked() for _ in range(2)]
        try:
            self._threads(parked)
            self._frames(parked)
            self._check(parked, reader(self, self._memory))
        finally:
            for each in parked:
                each.leave()
        os.close(self._memory.file)
        del self._memory, self._api

    def _codes(self):
        memory = self._memory
        samples = [each.__code__ for each in (_common, _at, _at_ints, Memory.read, Layout._codes)]
        views = [memory.words(id(code), 32) for code in samples]
        table = "co_linetable" if hasattr(samples[0], "co_linetable") else "co_lnotab"
        name = "co_qualname" if hasattr(samples[0], "co_qualname") else "co_name"
        find = lambda what: _common([_at(view, id(getattr(code, what))) for code, view in zip(samples, views)], what)
        self.type_at = _common([_at(view, self.code_type) for view in views], "types")
        self.file_at, self.name_at, self.qualname_at, self.table_at = find("co_filename"), find("co_name"), find(name), find(table)
        ints = [memory.ints(id(code), 64) for code in samples]
        self.first_line_at = _common([_at_ints(view, code.co_firstlineno) for code, view in zip(samples, ints)], "first lines")
        kinds = ("def f(): pass", "def f(*a): yield", "async def f(**a): pass", "async def f(): yield")
        codes = [compile(text, "", "exec").co_consts[0] for text in kinds]
        self.flags_at = _common([_at_ints(memory.ints(id(code), 64), code.co_flags) for code in codes], "flags")
        places = (self.type_at, self.file_at, self.name_at, self.qualname_at, self.table_at, self.first_line_at, self.flags_at)
        self.code_words = max(places) // WORD + 1
        self.bytes_data_at = sys.getsizeof(b"") - 1
        self.bytes_size_at = _common([_at(memory.words(id(each), 5), len(each)) for each in (bytes(1000), bytes(2000))], "sizes")

    def _strings(self):
        memory = self._memory
        texts = ["abcdefg" * 3, "\xfc" * 25, "\u0100" * 29, "\U00010000" * 35]
        self.length_at = _common([_at(memory.words(id(text), 6), len(text)) for text in texts], "lengths")
        heads = sys.getsizeof(texts[0]) - 22, sys.getsizeof(texts[1]) - 26, sys.getsizeof(texts[2]) - 60, sys.getsizeof(texts[3]) - 144
        if heads[1] != heads[2] or heads[2] != heads[3]:
            # Sizes may include a cached UTF-8 form; these strings have none.
            raise Unknown("no place for text")
        self.ascii_data_at, self.text_data_at = heads[0], heads[1]
        for at in range(WORD, 56, 4):
            states = [memory.ints(id(text) + at, 1)[0] & 0xFFFFFFFF for text in texts]
            for shift in range(27):
                kinds = [state >> shift & 31 for state in states]
                if kinds == [25, 9, 10, 12]:  # kind 1, 1, 2, 4; compact 8; ascii 16
                    self.state_at, self.state_shift = at, shift
                    return
        raise Unknown("no place for kinds of text")

    def _threads(self, parked):
        memory, api = self._memory, self._api
        states = []
        state = api.PyInterpreterState_ThreadHead(self.interpreter)
        while state:
            states.append(state)
            state = api.PyThreadState_Next(state)
        if len(states) < 3:
            raise Unknown("no threads")
        views = [memory.some_words(state, 160) for state in states]
        main = _thread.get_ident()
        owners = [None] * len(states)
        by_ident = {each.ident: each for each in parked}
        by_ident[main] = None
        agreed = []
        for at in range(0, 120 * WORD, WORD):
            if {view[at // WORD] for view in views if len(view) > at // WORD} == set(by_ident):
                agreed.append(at)
        if not agreed:
            raise Unknown("no place for thread identities")
        self.ident_at = agreed[0]
        idents = [view[self.ident_at // WORD] for view in views]
        owners = [by_ident[ident] for ident in idents]
        natives = [each.native if each is not None else _thread.get_native_id() for each in owners]
        self.native_at = self.native_in_pthread = None
        try:
            self.native_at = _common([_at(view, native) for view, native in zip(views, natives)], "kernel ids")
        except Unknown:
            self.native_in_pthread = _common([_at_ints(memory.ints(ident, 256), native) for ident, native in zip(idents, natives)], "kernel ids")
        self.next_at = _common([_at(view, after) for view, after in zip(views, [*states[1:], 0])], "next threads")
        heads = [_at(memory.some_words(self.interpreter, 16384), states[0])]
        extra = _Parked()
        try:
            heads.append(_at(memory.some_words(self.interpreter, 16384), api.PyInterpreterState_ThreadHead(self.interpreter)))
        finally:
            extra.leave()
        self.head_at = _common(heads, "the first thread")
        for each, state in zip(owners, states):
            if each is not None:
                each.state = state

    def _frames(self, parked):
        memory = self._memory
        stacks = [each.frames() for each in parked]
        self.legacy = sys.version_info < (3, 11)
        if self.legacy:
            bases = [[id(frame) for frame in stack] for stack in stacks]
        else:
            bases = None
            for at in range(2 * WORD, 10 * WORD, WORD):
                trial = [[memory.words(id(frame) + at, 1)[0] for frame in stack] for stack in stacks]
                try:
                    self._frame_fields(stacks, trial)
                    bases = trial
                    break
                except (Unknown, OSError, OverflowError):
                    continue
            if bases is None:
                raise Unknown("no place for frames")
        self._frame_fields(stacks, bases)
        direct, indirect = [], []
        for each, base in zip(parked, bases):
            view = memory.some_words(each.state, 160)
            direct.append(_at(view, base[0]))
            found = []
            for index, word in enumerate(view):
                for step in (0, WORD):
                    try:
                        if word > 65536 and not word & 7 and word < 1 << 47 and memory.words(word + step, 1)[0] == base[0]:
                            found.append((index * WORD, step))
                    except OSError:
                        pass
            indirect.append(found)
        self.frame_step = None
        try:
            self.frame_at = _common(direct, "the current frame")
        except Unknown:
            self.frame_at, self.frame_step = _common(indirect, "the current frame")
        places = [self.ident_at, self.next_at, self.frame_at, self.native_at or 0]
        self.state_words = max(places) // WORD + 1

    def _frame_fields(self, stacks, bases):
        memory = self._memory
        codes, backs, instructions = [], [], []
        for stack, base in zip(stacks, bases):
            for index, (frame, address) in enumerate(zip(stack, base)):
                view = memory.words(address, 12)
                codes.append([at * WORD for at, word in enumerate(view) if word & MASK == id(frame.f_code)])
                if index + 1 < len(base):
                    backs.append(_at(view, base[index + 1]))
        self.code_at, self.back_at = _common(codes, "code"), _common(backs, "callers")
        for stack, base in zip(stacks, bases):
            for frame, address in zip(stack, base):
                if self.legacy:
                    unit = 2 if sys.version_info >= (3, 10) else 1
                    instructions.append(_at_ints(memory.ints(address, 48), frame.f_lasti // unit))
                else:
                    view = memory.words(address, 12)
                    steps = ((at * WORD, word - id(frame.f_code) - frame.f_lasti) for at, word in enumerate(view))
                    instructions.append([(at, step) for at, step in steps if 0 < step < 1024])
        place = _common(instructions, "instructions")
        self.instruction_at, self.code_start = (place, 0) if self.legacy else place
        self.running_at = None if self.legacy else self._running_mark(bases)
        self.frame_words = max(self.code_at, self.back_at, self.instruction_at, self.running_at or 0) // WORD + 1

    def _running_mark(self, bases):
        """From 3.11 to 3.13 a frame that executes has a stack top of -1, and one that has called or returned has not."""
        marks = []
        for base in bases:
            views = [self._memory.ints(address, 24) for address in base[:3]]
            marks.append([at * 4 for at in range(24) if views[0][at] == -1 and all(0 <= view[at] < 1000 for view in views[1:])])
        try:
            return _common(marks, "the running mark")
        except Unknown:
            return None

    def _check(self, parked, reader):
        seen = {ident: stack for ident, _, stack in reader.stacks()}
        for each in parked:
            expected = [(frame.f_code.co_name, frame.f_lasti) for frame in each.frames()]
            found = [(reader.codes[code][1], offset) for code, offset in seen.get(each.ident, ())]
            if found != expected:
                raise Unknown("a stack reads as %r instead of %r" % (found, expected))


class _Parked:
    """A thread that waits three calls deep."""

    def __init__(self):
        self._gate, self._ready = _thread.allocate_lock(), _thread.allocate_lock()
        self._gate.acquire()
        self._ready.acquire()
        self.native = self.state = None
        self.ident = _thread.start_new_thread(self._outer, ())
        self._ready.acquire()

    def _outer(self):
        self.native = _thread.get_native_id()
        self._middle(1)

    def _middle(self, one):
        if one:
            one += 1
            self._inner(one, one)

    def _inner(self, one, two):
        if one == two:
            one = two + 1
            two = one * 2
            self._ready.release()
        self._gate.acquire()

    def frames(self):
        found, limit = [], 1000
        while limit:
            limit -= 1
            frame = sys._current_frames()[self.ident]
            # The thread tells that it is ready a moment before it waits.
            if frame.f_code.co_name == "_inner" and frame.f_lasti == sys._current_frames()[self.ident].f_lasti:
                break
        while frame is not None:
            found.append(frame)
            frame = frame.f_back
        return found

    def leave(self):
        self._gate.release()

"""Writes pprof's profile.proto (https://github.com/google/pprof/blob/main/proto/profile.proto), gzipped, with no library."""

import sys
import zlib
from array import array
from itertools import compress

from .moments import BEGIN, CPU, LENGTH, LOOKS, ROW, STRIDE

# Field of a profile for messages with moments, which readers that do not know it leave alone; and moments in one message.
MOMENTS = 1003
PIECE = 1 << 14
# Value types: of samples, and of what is counted.
NUMBERS = [("samples", "count"), ("wall", "nanoseconds"), ("cpu", "nanoseconds")]
COUNTS = [("calls", "count"), ("tottime", "nanoseconds")]


def _varint(value):
    value &= 0xFFFFFFFFFFFFFFFF
    if value < 128:
        return bytes((value,))
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field, value):
    return _varint(field << 3) + _varint(value) if value else b""


def _block(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _packed(field, values):
    return _block(field, b"".join(map(_varint, values)))


def _fixed(field, code, values):
    """Numbers of 4 (`I`) or 8 bytes (`Q`)."""
    column = array(code, values)
    if sys.byteorder == "big":
        column.byteswap()
    return _block(field, column.tobytes())


def _with_nothing(sample):
    """The block of a sample with the value 0 at the end; what is packed may come in parts."""
    content = 2
    while sample[content - 1] > 127:
        content += 1
    return _block(2, sample[content:] + _packed(2, (0,)))


class Writer:
    """Collects functions, locations and samples; `bytes()` gives the file, once. Moments are packed as they come."""

    def __init__(self, types):
        """`types`: [(type, unit), …]"""
        self._texts = {"": 0}
        self._functions = {}
        self._locations = {}  # place → its number, as it is written
        self._labels = {}  # label with a text → as it is written
        self._more_types = []
        self._types = [_block(1, _number(1, self.text(kind)) + _number(2, self.text(unit))) for kind, unit in types]
        self._samples = []
        self.forget_moments()
        self._functions_out = []
        self._locations_out = []

    def add_type(self, kind, unit):
        """One more type, of which all samples so far have nothing."""
        self._more_types.append(_block(1, _number(1, self.text(kind)) + _number(2, self.text(unit))))
        self._samples = list(map(_with_nothing, self._samples))

    def text(self, value):
        return self._texts.setdefault(value, len(self._texts))

    def function(self, key):
        """`key`: (name, system name, file, first line)"""
        known = self._functions.get(key)
        if known is None:
            known = self._functions[key] = len(self._functions) + 1
            name, system, file, line = key
            fields = (1, known), (2, self.text(name)), (3, self.text(system)), (4, self.text(file)), (5, line)
            self._functions_out.append(_block(5, b"".join(_number(*field) for field in fields)))
        return known

    def _location(self, place):
        """`place`: (function key, line, column)"""
        known = self._locations.get(place)
        if known is None:
            number = len(self._locations) + 1
            known = self._locations[place] = _varint(number)
            key, line, column = place
            row = _number(1, self.function(key)) + _number(2, line) + _number(3, column)
            self._locations_out.append(_block(4, _number(1, number) + _block(4, row)))
        return known

    def _label(self, label):
        key, value, unit = label
        if not isinstance(value, str):
            return _block(3, _number(1, self.text(key)) + _number(3, value) + _number(4, self.text(unit)))
        known = self._labels[label] = _block(3, _number(1, self.text(key)) + _number(2, self.text(value)))
        return known

    def sample(self, places, values, labels=()):
        """`places` leaf first; `labels`: [(key, text or int, unit or None), …]. Returns its number in the file, from 0."""
        self._samples.append(self._sample(places, values, labels))
        return len(self._samples) - 1

    def sample_again(self, number, places, values, labels):
        """The same sample with other values or labels."""
        self._samples[number] = self._sample(places, values, labels)

    def _sample(self, places, values, labels):
        known = self._locations
        stack = b"".join([known.get(place) or self._location(place) for place in places])
        parts = [b"\n", _varint(len(stack)), stack, _packed(2, values)]
        for label in labels:
            parts.append(self._labels.get(label) or self._label(label))
        return _block(2, b"".join(parts))

    def forget_moments(self):
        """Leaves out those that came so far."""
        self._squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
        self._squeezed = [self._squeeze.compress(b"".join(self._types))]

    def moments(self, number_of, stretches, began, values):
        """
        When samples were seen, in a field of our own (docs/formats.md). `stretches`: as Moments.all gives them, or their bytes; `number_of(row)`:
        the number of its sample, -1 for one that is left out; `began`: the profile's start by the clock of the stretches, ns;
        `values`: which of the sample's values the looks are, and the CPU time.
        """
        stretches = array("q", stretches)  # of another process they come as bytes
        for at in range(0, len(stretches), PIECE * STRIDE):
            piece = stretches[at : at + PIECE * STRIDE]
            samples = list(map(number_of, piece[ROW::STRIDE]))
            columns = [[max(0, begin - began) for begin in piece[BEGIN::STRIDE]], piece[LENGTH::STRIDE], piece[LOOKS::STRIDE], piece[CPU::STRIDE]]
            if min(samples) < 0:
                kept = [number >= 0 for number in samples]
                samples, *columns = (list(compress(column, kept)) for column in (samples, *columns))
            parts = [_fixed(1, "I", samples), _fixed(2, "Q", columns[0]), _fixed(3, "Q", columns[1])]
            for value, column in zip(values, columns[2:]):
                parts.append(_block(4, _number(1, value) + _fixed(2, "Q", column)))
            self._squeezed.append(self._squeeze.compress(_block(MOMENTS, b"".join(parts))))

    def bytes(self, started, duration, period_type, period, default, comments):
        """`started` Unix ns, `duration` ns, `period_type` (type, unit), `default` the name of the first-shown type."""
        tail = [_number(9, started), _number(10, duration)]
        tail.append(_block(11, _number(1, self.text(period_type[0])) + _number(2, self.text(period_type[1]))))
        tail.append(_number(12, period))
        tail.append(_packed(13, [self.text(comment) for comment in comments]))
        tail.append(_number(14, self.text(default)))
        texts = [_block(6, text.encode("utf-8", "replace")) for text in self._texts]
        for part in (self._more_types, self._samples, self._locations_out, self._functions_out, texts, tail):
            self._squeezed.append(self._squeeze.compress(b"".join(part)))
        self._squeezed.append(self._squeeze.flush())
        return b"".join(self._squeezed)


def nanoseconds(seconds):
    return int(round(seconds * 1e9))


def add_calls(writer, entries, key_of, zeros):
    """Exact counts as samples that a reader of ours takes as tables, and pprof's own tool sums to the same figures.

    Per function one sample labelled `heatline=function`, per caller one `heatline=edge` with the stack [callee, caller].
    The values of an edge are its calls and own time; those of a function are what its edges leave over, so that flat
    sums are the exact figures. `zeros` is the number of leading values that do not apply.
    """
    left = {}
    blank = [0] * zeros
    for code, calls, recursive, total, own_time, _ in entries:
        row = left.setdefault(key_of(code), [0, 0, 0, 0, 0, 0])
        parts = (calls, calls - recursive, nanoseconds(own_time), nanoseconds(total), calls, nanoseconds(own_time))
        for index, part in enumerate(parts):
            row[index] += part
    for code, _, _, _, _, callees in entries:
        caller = key_of(code)
        for callee_code, calls, recursive, total, own_time in callees:
            callee = key_of(callee_code)
            row = left.get(callee)
            if row is None or not calls:
                continue
            tottime = nanoseconds(own_time)
            row[4] -= calls
            row[5] -= tottime
            figures = calls, calls - recursive, tottime, nanoseconds(total)
            places = [(callee, callee[3], 0), (caller, caller[3], 0)]
            writer.sample(places, [*blank, calls, tottime], _labels("edge", figures))
    for key, row in left.items():
        writer.sample([(key, key[3], 0)], [*blank, row[4], row[5]], _labels("function", row))


def _labels(kind, figures):
    units = ("calls", "count"), ("primitive", "count"), ("tottime", "nanoseconds"), ("cumtime", "nanoseconds")
    return [("heatline", kind, None), *((name, figure, unit) for (name, unit), figure in zip(units, figures))]

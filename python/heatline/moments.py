"""When what was seen was seen: stretches of one stack, thread by thread, in a bounded number.

A stretch is exact as long as there is room: it begins at the look before the first that saw the stack. When there are too
many, those of one stack within a short time (`width`) are put together, and the time doubles as often as that is not
enough. What is put together stays within that time, the stretches of a thread never overlap, and sums stay what they are.
"""

from array import array

# Numbers of a stretch: row, begin and length in ns, looks, CPU ns.
STRIDE = 5
ROW, BEGIN, LENGTH, LOOKS, CPU = range(STRIDE)
# So many stretches may be, or so many for each row where these are many.
MOST, PER_ROW = 1 << 17, 4
# Periods of the sampler that stretches are put together within at first.
FIRST_WIDTH = 8
# Stretches that are worked on at one look: about a millisecond.
PIECE = 1000


def told_apart(names, threads, stretches):
    """
    thread → its name, of `names` by thread; threads that have the same one get numbers where they were there at the same time,
    so that under one name there is never more than one at once. `threads`: by row; `stretches`: as Moments.all gives them.
    """
    sharing = {}
    for thread, name in names.items():
        sharing.setdefault(name, []).append(thread)
    extents = {thread: [None, 0] for group in sharing.values() if len(group) > 1 for thread in group}
    if not extents:
        return names
    for row, begin, length in zip(stretches[ROW::STRIDE], stretches[BEGIN::STRIDE], stretches[LENGTH::STRIDE]):
        extent = extents.get(threads[row])
        if extent is not None:
            extent[0] = begin if extent[0] is None else min(extent[0], begin)
            extent[1] = max(extent[1], begin + length)
    told = dict(names)
    for name, group in sharing.items():
        ends = []  # of the threads that bear each number
        for thread in sorted((each for each in group if each in extents and extents[each][0] is not None), key=lambda each: extents[each][0]):
            begin, end = extents[thread]
            number = next((number for number, last in enumerate(ends) if last <= begin), len(ends))
            ends[number : number + 1] = [end]
            told[thread] = name if number == 0 else "%s (%d)" % (name, number + 1)
    return told


class Moments:
    """
    `width` ns is what times are right to beside the time between two looks; 0 while nothing was put together. `changes` counts
    how often stretches that had ended were put together after all.
    """

    def __init__(self, period):
        """`period`: ns between two looks."""
        self.width = self.changes = 0
        self._first_width = FIRST_WIDTH * period
        self._threads = []  # by row
        self._open = {}  # thread → its stretch that may go on
        self._data = array("q")  # of all that have ended, in the order of their ends
        self._enough = 0
        self._work = None

    def row(self, thread):
        """A number for a new row, of which all stretches belong to `thread`."""
        self._threads.append(thread)
        return len(self._threads) - 1

    @property
    def threads(self):
        """The thread of each row."""
        return self._threads

    def add(self, row, begin, end, cpu):
        """A look at `end` saw `row`, and stands for the time since `begin`; ns of any one clock, CPU ns."""
        thread = self._threads[row]
        known = self._open.get(thread)
        if known is not None:
            if known[ROW] == row and known[BEGIN] + known[LENGTH] == begin:
                known[LENGTH] = end - known[BEGIN]
                known[LOOKS] += 1
                known[CPU] += cpu
                return
            self._data.extend(known)
        self._open[thread] = [row, begin, end - begin, 1, cpu]

    def only(self, threads):
        """Other threads than these are gone."""
        if len(self._open) > len(threads):
            for gone in [each for each in self._open if each not in threads]:
                self._data.extend(self._open.pop(gone))

    def tidy(self):
        """Does a piece of the work that keeps the number bounded; to be called at each look."""
        if self._work is None:
            if len(self._data) < STRIDE * max(self._most(), self._enough):
                return
            self._work = self._joining()
        # A look may add a stretch for each thread: the work must be faster.
        for _ in range(1 + 2 * len(self._open) // PIECE):
            if self._work is not None:
                next(self._work, None)

    def ended(self, first, count):
        """The numbers of `count` stretches that have ended, from the `first` on; None while there are not so many, or they may change."""
        end = STRIDE * (first + count)
        return None if self._work is not None or end > len(self._data) else self._data[STRIDE * first : end]

    def all(self):
        """(width, the numbers of all stretches so far, one after another: an array of 64 bits); those of a thread in order."""
        if self._work is not None:
            # Who asks shall not wait until all are put together: what is left stays exact.
            self._work.close()
            self._work = None
        for each in self._open.values():
            self._data.extend(each)
        self._open.clear()
        return self.width, self._data

    def _most(self):
        return max(MOST, PER_ROW * len(self._threads))

    def _joining(self):
        data = self._data
        self.width = self.width or self._first_width
        self.changes += 1
        while True:
            yield from self._join(self.width)
            count = len(data) // STRIDE
            if 4 * count <= 3 * self._most() or self.width > data[BEGIN - STRIDE] - data[BEGIN]:
                break
            self.width *= 2
        self._enough = count + count // 3
        self._work = None

    def _join(self, width):
        """Puts together what lies within one `width` as a whole, time after time; whenever it is closed, all is in order."""
        data = self._data
        at = kept = first = 0
        current, places, ends = -1, {}, {}
        try:
            while at < len(data):
                if at % (PIECE * STRIDE) == 0:
                    yield
                row, begin, length, looks, cpu = stretch = data[at : at + STRIDE]
                at += STRIDE
                last = (begin + length - 1) // width
                if last > current:
                    self._lay(first, kept, ends)
                    current, places, first = last, {}, kept
                place = places.get(row)
                if last != current or begin // width != current:
                    place = None
                elif place is None:
                    places[row] = kept
                if place is None:
                    data[kept : kept + STRIDE] = stretch
                    kept += STRIDE
                else:
                    data[place + LENGTH] += length
                    data[place + LOOKS] += looks
                    data[place + CPU] += cpu
        finally:
            self._lay(first, kept, ends)
            del data[kept:at]

    def _lay(self, first, end, ends):
        """Makes the stretches of a thread follow one another. `first`, `end`: indexes of numbers; `ends`: thread → end of its last one before."""
        data, threads = self._data, self._threads
        for place in range(first, end, STRIDE):
            thread = threads[data[place]]
            begin = data[place + BEGIN] = max(data[place + BEGIN], ends.get(thread, 0))
            ends[thread] = begin + data[place + LENGTH]

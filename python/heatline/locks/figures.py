"""What was seen of locks: figures by stack, thread, lock and who held it meanwhile."""

from _thread import get_ident
from time import perf_counter as clock

from .. import native

# Of a row, in the order of the file's value types.
ACQUIRES, WAIT, RELEASES, HOLD, NOTIFIED, NOTIFY_WAIT = range(6)
# What a row has beyond them once it was waited for: the longest wait.
LONGEST = 6
# Acquires of the locks made at one place that all have their stack looked at; of later ones it is one in GAP, on average.
LOOKED_AT, GAP = 200, 64
INTERNAL = frozenset(("threading", "queue", "asyncio.locks", "asyncio.queues"))
OURS = frozenset(__name__.replace("figures", each) for each in ("figures", "waiting", "wrapped"))
OUTSIDE = INTERNAL | OURS
MOST_ROWS = 20000


class Site:
    """A place where locks are made: `code` and byte `offset`; `kind` is what is made there, such as `Lock` or `Queue`."""

    __slots__ = ("code", "kind", "looks", "offset")

    def __init__(self, code, offset, kind):
        self.code, self.offset, self.kind = code, offset, kind
        self.looks = 0

    def gap(self):
        """How many acquires until the next one whose stack is looked at; spread, so that no rhythm of the program's meets it."""
        self.looks = looks = self.looks + 1
        return 1 if looks < LOOKED_AT else GAP // 2 + looks * 29 % (GAP + 1)


class Figures:
    """Rows of figures by what they belong to; all times are seconds of time.perf_counter."""

    def __init__(self, name_of_thread, most=MOST_ROWS):
        """`name_of_thread(ident)`: what a thread is called; `most`: stacks that are told apart."""
        self._most = most
        self.on = False  # whether what happens is to be counted
        self.full = False  # whether there were more different stacks than are kept apart
        self.rows = {}  # key -> (stack of (code, byte offset) leaf first, thread, site, holder, task, figures)
        self.sites = {}
        self.waits = {}  # id -> [row, column, when it began] of those that go on
        self._name = name_of_thread

    def site(self, frame, kind):
        """Where the program makes a lock: the first place outside of the modules that locks are built from."""
        while frame.f_back is not None:
            module = frame.f_globals.get("__name__")
            if module in INTERNAL:
                kind = type(frame.f_locals["self"]).__name__ if "self" in frame.f_locals else kind
            elif module not in OURS:
                break
            frame = frame.f_back
        code, offset = frame.f_code, frame.f_lasti
        known = self.sites.get((id(code), offset))
        if known is None:
            known = self.sites[id(code), offset] = Site(code, offset, kind)
        return known

    def row(self, frame, site, holder=None, task=None):
        """The figures of the stack that ends in `frame`, in this thread."""
        thread = get_ident()
        key = [thread, site, holder, task]
        top = frame
        while frame is not None:
            key.append(id(frame.f_code))
            key.append(frame.f_lasti)
            frame = frame.f_back
        key = tuple(key)
        known = self.rows.get(key)
        if known is None:
            if len(self.rows) >= self._most:
                return self._row_of_line(top, thread, site)
            stack = []
            while top is not None:
                stack.append((top.f_code, top.f_lasti))
                top = top.f_back
            # The stack keeps its codes alive, whose ids are in the key.
            known = self.rows[key] = (stack, self._name(thread), site, holder, task, [0, 0.0, 0, 0.0, 0, 0.0])
        return known[5]

    def _row_of_line(self, frame, thread, site):
        """Of too many different stacks the innermost place alone is told."""
        self.full = True
        code, offset = self.place(frame) or (frame.f_code, frame.f_lasti)
        name = self._name(thread)
        key = (name, site, id(code), offset)
        known = self.rows.get(key) or self.rows.setdefault(key, ([(code, offset)], name, site, None, None, [0, 0.0, 0, 0.0, 0, 0.0]))
        return known[5]

    def begin_wait(self, row, column, began):
        """A wait that counts from `began` on, also when it never ends. Returns it, for `end_wait`."""
        wait = [row, column, began]
        self.waits[id(wait)] = wait
        return wait

    def end_wait(self, wait):
        """It is over, in whatever way."""
        del self.waits[id(wait)]
        row, column, began = wait
        spent = clock() - began
        row[column] += spent
        if column == WAIT:
            if len(row) == LONGEST:
                row.append(spent)
            elif spent > row[LONGEST]:
                row[LONGEST] = spent

    def begin_anew(self):
        """Rows are of what follows: those that were are the caller's. A wait that goes on belongs to them as far as it has gone."""
        before, self.rows, self.full = self.rows, {}, False
        keys = {id(known[-1]): key for key, known in before.items()}
        now = clock()
        for wait in list(self.waits.values()):
            key = keys.get(id(wait[0]))
            if key is not None:
                known = self.rows.setdefault(key, (*before[key][:-1], [0, 0.0, 0, 0.0, 0, 0.0]))
                wait[0], wait[2] = known[-1], now

    def holder(self, thread):
        """Where the thread that holds a lock is right now: (its name, code, byte offset), or None when it is not known."""
        place = self.place(native.frames().get(thread))
        return place and (self._name(thread), *place)

    def place(self, frame):
        """(code, byte offset) of the first frame that is the program's own, outside of the modules that locks are built from; or None."""
        while frame is not None and frame.f_globals.get("__name__") in OUTSIDE:
            frame = frame.f_back
        return None if frame is None else (frame.f_code, frame.f_lasti)

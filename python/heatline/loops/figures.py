"""What was seen of tasks and their loops: figures by task and stack, and the steps that kept a loop from all others."""

from _thread import get_ident
from _weakref import ref
from time import perf_counter as clock

from ..places import positions

# Of a row: how often was awaited, for how long in all and at most; time on the loop; how often the loop was blocked, how long in all and at most.
AWAITS, AWAIT, LONGEST_AWAIT, LOOP, BLOCKS, BLOCKED, LONGEST_BLOCK = range(7)
MOST_ROWS = 20000
# Different stacks that are looked at in one step, which may last for hours.
MOST_SEEN = 1000
# Of the time of a step that blocked a loop, what has to agree on where it was.
MAJORITY = 0.5


class Step:
    """What a thread's loop is doing: `began` is when the step began that goes on, 0 for none; `root` names its task."""

    __slots__ = ("began", "root", "seen", "thread")

    def __init__(self, thread):
        self.thread, self.began, self.root, self.seen = thread, 0.0, None, None


class Waiting:
    """Of a task or a greenlet: what it is called, and where and since when it waits; `since` is 0 while it runs."""

    __slots__ = ("item", "root", "row", "since")

    def __init__(self, item, root):
        self.item, self.root, self.row, self.since = ref(item), root, None, 0.0


class Figures:
    """Rows by what they belong to. A stack is (codes, byte offsets), the outermost first; times are seconds of time.perf_counter."""

    def __init__(self, limit):
        """`limit`: seconds from which on a step blocks its loop."""
        self.on = False
        self.full = False
        self.limit = limit
        self.rows = {}  # key -> (thread, root, what is awaited, stack, figures)
        self.steps = {}  # thread -> Step
        self.pending = {}  # id of a task or greenlet -> Waiting
        self.blocked = []  # (thread, root, [(stack, seconds)], seconds) of steps whose place is to be found

    def row(self, root, stack, awaited=None, thread=None):
        """The figures of a stack."""
        codes, offsets = stack
        thread = thread or get_ident()
        # The row keeps its codes alive, so their ids stay theirs.
        key = (thread, root, awaited, *map(id, codes), *offsets)
        known = self.rows.get(key)
        if known is None:
            if len(self.rows) >= MOST_ROWS:
                self.full = True
                root = awaited = None
                stack = codes[:1], offsets[:1]
                key = (thread, *map(id, codes[:1]), *offsets[:1])
            known = self.rows.get(key) or self.rows.setdefault(key, (thread, root, awaited, stack, [0, 0.0, 0.0, 0.0, 0, 0.0, 0.0]))
        return known[4]

    def step(self):
        """The step of this thread."""
        thread = get_ident()
        return self.steps.get(thread) or self.steps.setdefault(thread, Step(thread))

    def waits(self, item, root, stack, awaited, now):
        """`item`, a task or a greenlet, is suspended from `now` on."""
        known = self.pending.get(id(item))
        if known is None or known.item() is not item:
            known = self.pending[id(item)] = Waiting(item, root)
        known.row = self.row(root, stack, awaited)
        known.since = now

    def goes_on(self, item, now):
        """It waits no longer. What is known of it, or None."""
        known = self.pending.get(id(item))
        if known is None or known.item() is not item:
            return None
        if known.since:
            row, waited = known.row, now - known.since
            known.since = 0.0
            row[AWAITS] += 1
            row[AWAIT] += waited
            if waited > row[LONGEST_AWAIT]:
                row[LONGEST_AWAIT] = waited
        return known

    def ended(self, item):
        """A task is done."""
        self.pending.pop(id(item), None)

    def end(self, step, began, now):
        """A step is over."""
        if now - began >= self.limit:
            self.blocked.append((step.thread, step.root, list((step.seen or {}).values()), now - began))
        step.seen = None

    def look(self, step, stack, seconds):
        """A step was seen at work, which stands for so many seconds."""
        self.row(step.root, stack, thread=step.thread)[LOOP] += seconds
        seen = step.seen
        if seen is None:
            seen = step.seen = {}
        key = (*map(id, stack[0]), *stack[1])
        if key in seen:
            seen[key] = stack, seen[key][1] + seconds
        elif len(seen) < MOST_SEEN:
            seen[key] = stack, seconds

    def settle(self):
        """Finds where the loops were blocked, and forgets tasks that are gone."""
        while self.blocked:
            thread, root, seen, seconds = self.blocked.pop()
            row = self.row(root, where(seen), thread=thread)
            row[BLOCKS] += 1
            row[BLOCKED] += seconds
            row[LONGEST_BLOCK] = max(row[LONGEST_BLOCK], seconds)
        for identity, known in list(self.pending.items()):
            if known.item() is None and self.pending.get(identity) is known:
                del self.pending[identity]

    def sums(self):
        """(thread, root, what is awaited, stack, figures) of all rows, with waits that go on."""
        self.settle()
        found = {id(known[4]): (*known[:4], list(known[4])) for known in list(self.rows.values())}
        now = clock()
        for known in list(self.pending.values()):
            if known.since and known.item() is not None and id(known.row) in found:
                figures = found[id(known.row)][4]
                figures[AWAIT] += now - known.since
                figures[LONGEST_AWAIT] = max(figures[LONGEST_AWAIT], now - known.since)
        return found.values()


def where(seen):
    """
    The stack in which a step spent most of its time, of [(stack, seconds)]: from the root on, as long as one line has the majority
    of it. Lines of one function that share the time leave the line that called it; of the outermost function it is the one with most.
    """
    codes, offsets = [], []
    left, whole = seen, sum(seconds for _, seconds in seen)
    while True:
        depth, shares = len(codes), {}
        for stack, seconds in left:
            if len(stack[0]) > depth:
                code, offset = stack[0][depth], stack[1][depth]
                shares.setdefault((id(code), line_of(code, offset)), []).append((code, offset, stack, seconds))
        if not shares:
            break
        most = max(shares.values(), key=lambda found: sum(seconds for *_, seconds in found))
        if codes and sum(seconds for *_, seconds in most) < MAJORITY * whole:
            break
        codes.append(most[0][0])
        offsets.append(most[0][1])
        left = [(stack, seconds) for _, _, stack, seconds in most]
    return codes, offsets


def line_of(code, offset):
    """The line of an instruction; 0 for none."""
    table = positions(code)
    return table[offset // 2][0] if 0 <= offset // 2 < len(table) else 0

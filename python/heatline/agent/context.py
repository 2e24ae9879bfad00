"""Labels of what runs: `with heatline.labels(route="/buy"): …`, kept where the agent's sampler can read them of any thread.

In a task of asyncio they are the task's own, by a context variable: tasks that take turns in one thread keep theirs, and from Python
3.12 on tasks that are started inside inherit them. Outside of tasks they are the thread's; greenlets of one thread cannot be
told apart and bear none.
"""

import sys
import weakref
from contextvars import ContextVar

from ..native import get_ident, greenlets

# Of a text that is a label's value; more of it is cut off.
LONGEST = 200

_now = ContextVar("heatline.labels", default=None)  # (pairs, what was before, what the thread bore before or IN_TASK) or None
_threads = {}  # thread identity → the same, of what runs there outside of tasks
_loops = {}  # thread identity → the event loop that ran there when labels were last set
# Before Python 3.12 a task does not tell its context.
_tasks = None if sys.version_info >= (3, 12) else weakref.WeakKeyDictionary()
IN_TASK = object()


class labels:  # noqa: N801 - used as a function
    """
    What runs inside of the `with` bears these labels in the agent's windows, beside those from around it. Values are made texts of at
    most 200 characters. Works in functions and coroutines, may be used again and in several threads at once, and costs one or
    two microseconds, with the agent or without.
    """

    __slots__ = ("_pairs",)

    def __init__(self, **texts):
        pairs = [(name, (text if isinstance(text, str) else str(text))[:LONGEST]) for name, text in texts.items()]
        pairs.sort()
        self._pairs = tuple(pairs)

    def __enter__(self):
        outer, thread = _now.get(), get_ident()
        loop, task = _running()
        if task is not None:
            _loops[thread] = loop
            before = IN_TASK
        else:
            before = _threads.get(thread)
        pairs = self._pairs if outer is None else tuple(sorted(dict(outer[0] + self._pairs).items()))
        labelled = pairs, outer, before
        _now.set(labelled)
        if task is None:
            if not greenlets():
                _threads[thread] = labelled
        elif _tasks is not None:
            _tasks[task] = labelled

    def __exit__(self, *_):
        inner = _now.get()
        if inner is None:
            return
        _, outer, before = inner
        _now.set(outer)
        if before is None:
            _threads.pop(get_ident(), None)
        elif before is not IN_TASK:
            _threads[get_ident()] = before
        elif _tasks is not None:
            task = _running()[1]
            if task is not None:
                _tasks[task] = outer


def _running():
    """(event loop, task) of what this thread runs now; None where there is none."""
    asyncio = sys.modules.get("asyncio")
    try:
        loop = None if asyncio is None else asyncio._get_running_loop()
        return loop, None if loop is None else asyncio.current_task(loop)
    except AttributeError:
        return None, None  # another thread is importing it


def any_labels():
    """Whether any thread may have labels now."""
    return bool(_threads or _loops)


def labels_of(thread):
    """The labels of what a thread runs now, as sorted pairs; (). Asked by the sampler, which holds the interpreter's lock meanwhile."""
    labelled = _threads.get(thread)
    loop = _loops.get(thread)
    if loop is not None:
        task = sys.modules["asyncio"].current_task(loop)
        if task is not None:
            labelled = _tasks.get(task) if _tasks is not None else task.get_context().get(_now)
    return () if labelled is None else labelled[0]


def only(threads):
    """Forgets threads that are none of these."""
    for known in (_threads, _loops):
        for gone in [each for each in list(known) if each not in threads]:
            known.pop(gone, None)

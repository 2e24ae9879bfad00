"""
Loops of asyncio, step by step: when each task runs, when it waits, and where. Exact, for every callback of asyncio's own loop passes
`Handle._run`, and what a task asks of uvloop's passes its `call_soon`.
"""

import sys
from _thread import get_ident
from time import perf_counter as clock

from .chains import chain

# What a loop of uvloop is asked to call later on, and how many arguments come before the callback.
ASKED = {"call_soon": 0, "call_soon_threadsafe": 0, "call_later": 1, "call_at": 1}
MOST_NAMED = 8
# The root of steps that belong to no task, such as what `call_later` was asked for.
CALLBACK = "callbacks"


class Steps:
    """Hears the steps of loops, once `asyncio.events` or uvloop is imported."""

    def __init__(self, patches, figures):
        self._patches, self._figures = patches, figures
        self._tasks = ()
        self._step = self._make_step()
        self.code = self._step.__code__  # of the function that stands below each step

    def patch(self, events):
        """`events`: the module `asyncio.events`, which has just been imported."""
        original, figures, step = events.Handle._run, self._figures, self._step

        def _run(self):
            return step(self._callback, original, self) if figures.on else original(self)

        self._patches.method(events.Handle, "_run", _run)

    def patch_uvloop(self, uvloop):
        """Its handles are closed to us; the class of its loops is open."""
        for name, before in ASKED.items():
            self._patches.inherited(uvloop.Loop, name, self._asking(getattr(uvloop.Loop, name), before))

    def _asking(self, original, before):
        figures, step = self._figures, self._step

        def ask(self, *arguments, **named):
            if figures.on and len(arguments) > before and callable(arguments[before]):
                arguments = (*arguments[:before], Heard(arguments[before], step), *arguments[before + 1 :])
            return original(self, *arguments, **named)

        return ask

    def _kinds(self):
        """Classes of tasks: C's and Python's own."""
        if not self._tasks:
            tasks = sys.modules.get("asyncio.tasks")
            if tasks is None or not hasattr(tasks, "Task"):
                return ()
            self._tasks = tuple({tasks.Task, tasks._PyTask})
        return self._tasks

    def _make_step(self):
        figures, kinds_of = self._figures, self._kinds
        steps = figures.steps

        def run_step(callback, work, *arguments):
            """Calls work(*arguments), which calls `callback`: a step of a loop."""
            kinds = kinds_of()
            task = getattr(callback, "__self__", None)
            if not isinstance(task, kinds) or getattr(callback, "__name__", None) == "cancel":
                task = None
            step = steps.get(get_ident()) or figures.step()
            outer = step.began, step.root
            began = clock()
            if task is None:
                root = CALLBACK
            else:
                known = figures.goes_on(task, began)
                root = root_of(task) if known is None else known.root
            step.root, step.began = root, began
            try:
                return work(*arguments)
            finally:
                ended = clock()
                if ended - began >= figures.limit or step.seen is not None:
                    figures.end(step, began, ended)
                step.began, step.root = outer
                if task is None:
                    pass
                elif task.done():
                    figures.ended(task)
                elif figures.on:
                    future = getattr(task, "_fut_waiter", None)
                    awaited = None if future is None else awaited_by(future, kinds)
                    figures.waits(task, root, chain(task.get_coro()), awaited, ended)

        return run_step


class Heard:
    """A callback that is heard when it is called."""

    __slots__ = ("_callback", "_step")

    def __init__(self, callback, step):
        self._callback, self._step = callback, step

    def __call__(self, *arguments):
        return self._step(self._callback, self._callback, *arguments)

    def __repr__(self):
        return repr(self._callback)


def root_of(task):
    """What a task is called: by the program; else, since numbers tell nothing and are ever new, by its coroutine."""
    name = task.get_name()
    if name.startswith("Task-") and name[5:].isdigit():
        coroutine = task.get_coro()
        return "task " + getattr(coroutine, "__qualname__", type(coroutine).__name__)
    return "task " + name


def awaited_by(future, kinds):
    """Which tasks a future stands for; None where it is for something else."""
    if isinstance(future, kinds):
        return root_of(future)
    children = getattr(future, "_children", None)
    if children:
        return " and ".join(sorted({root_of(each) for each in children[:MOST_NAMED] if isinstance(each, kinds)})) or None
    return None

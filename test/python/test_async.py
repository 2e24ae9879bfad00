"""
The engine `async`: awaiting against the program's own clock, blocked loops against what asyncio itself says of slow callbacks, and
that the program cannot tell.
"""

import json
import os
import re
import signal
import sys
import unittest

from support import Case

ASYNC = ["--engine", "async"]
AWAITS = """
import asyncio, json, time
times = {}
async def timed(name, awaitable):
    began = time.perf_counter()
    await awaitable
    times[name] = times.get(name, 0) + time.perf_counter() - began
async def fetch(seconds):
    await asyncio.sleep(seconds)
async def rows():
    for _ in range(3):
        await asyncio.sleep(0.03)
        yield 1
async def main():
    slow = asyncio.create_task(fetch(0.3), name="slow")
    await asyncio.gather(fetch(0.05), fetch(0.1))
    await slow
    async for _ in rows():
        pass
    queue = asyncio.Queue()
    asyncio.get_running_loop().call_later(0.12, queue.put_nowait, 1)
    began = time.perf_counter()
    await queue.get()
    times["queue"] = time.perf_counter() - began
    for _ in range(4):
        await timed("again", asyncio.sleep(0.02))
    print(json.dumps(times))
asyncio.run(main())
"""
BLOCKS = """
import asyncio, json, sys, time
def sleeps():
    time.sleep(0.2)
def computes():
    total = 0
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        total += 1
        total -= 1
    return total
def short():
    time.sleep(0.02)
async def handler():
    sleeps()
    await asyncio.sleep(0.01)
    short()
    await asyncio.sleep(0.01)
    computes()
    await asyncio.sleep(0.01)
    sleeps()
async def main():
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.1
    await asyncio.create_task(handler(), name="request")
    loop.call_soon(sleeps)
    await asyncio.sleep(0.3)
asyncio.run(main())
"""
# Prints what code in the wild asks of tasks, loops and handles; addresses and times are left out.
BEHAVIOUR = """
import asyncio, contextvars, re, sys, traceback
value = contextvars.ContextVar("value", default=0)
def told(*items):
    print(re.sub(r"0x[0-9a-f]+|created at .*?:[0-9]+", "", " ".join(map(str, items))))
async def fails():
    await asyncio.sleep(0)
    raise ValueError("no")
async def waits(event):
    try:
        await event.wait()
    except asyncio.CancelledError:
        told("cancelled", asyncio.current_task().get_name())
        raise
async def sets():
    value.set(5)
    await asyncio.sleep(0)
    return value.get()
async def main():
    loop = asyncio.get_running_loop()
    order = []
    for number in range(3):
        loop.call_soon(order.append, number)
    handle = loop.call_later(0.01, order.append, 9)
    told(type(handle), repr(loop.call_soon(order.append, 3)).replace("debug", ""))
    task = asyncio.create_task(fails(), name="failing")
    try:
        await task
    except ValueError:
        frames = traceback.extract_tb(sys.exc_info()[2])
        told([(frame.name, frame.lineno) for frame in frames])
    event = asyncio.Event()
    waiter = asyncio.create_task(waits(event))
    await asyncio.sleep(0)
    told(len(asyncio.all_tasks()), waiter.get_stack()[0].f_lineno)
    loop.call_later(0.01, waiter.cancel)
    told(await asyncio.gather(waiter, sets(), return_exceptions=True), value.get())
    try:
        await asyncio.wait_for(asyncio.sleep(1), 0.01)
    except asyncio.TimeoutError as error:
        told(type(error))
    told(order, asyncio.events.Handle._run.__name__, asyncio.Handle._run.__qualname__)
    loop.set_exception_handler(lambda _, context: told(context["message"], type(context["exception"])))
    loop.call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
    async def generator():
        yield 1
        await asyncio.sleep(0)
        yield 2
    told([each async for each in generator()])
    told(sorted(name for name in sys.modules if "heatline" in name))
asyncio.run(main())
asyncio.run(fails())
"""


class Async(Case):
    def record(self, text, *options, status=0):
        script = self.write("prog.py", text)
        got, out, err = self.run_recorded([script], [*ASYNC, *options])
        self.assertEqual(got, status, err)
        self.no_leftovers()
        return out, err

    def rows(self):
        """[(places leaf first as name:line, values, labels)]"""
        return [([("%s:%d" % (place[0][0], place[1])) for place in stack], values, labels) for stack, values, labels in self.profile().samples]

    def of(self, leaf, kind):
        return sum(values[kind] for stack, values, _ in self.rows() if stack[0] == leaf)

    def near(self, nanoseconds, seconds):
        # A busy machine wakes the program and us late, each for itself.
        self.assertAlmostEqual(nanoseconds / 1e9, seconds, delta=0.03 + 0.1 * seconds)

    def test_awaits_are_what_the_program_measures(self):
        out, err = self.record(AWAITS)
        times = json.loads(out)
        self.assertEqual(err, "")
        profile = self.profile()
        self.assertEqual([name for name, _ in profile.types], ["awaits", "await", "on-loop", "loop-blocks", "loop-blocked"])
        self.assertEqual((profile.default, profile.quality["engine"]), ("await", "async"))
        self.near(self.of("main:23", "await"), times["queue"])
        self.assertEqual(self.of("main:23", "awaits"), 1)
        self.near(self.of("timed:6", "await"), times["again"])
        self.assertEqual(self.of("timed:6", "awaits"), 4)

    def test_tasks_are_roots_with_their_chains(self):
        self.record(AWAITS)
        rows = self.rows()
        roots = {stack[-1] for stack, _, _ in rows}
        self.assertLessEqual({"task main:0", "task slow:0", "task fetch:0"}, roots)
        generator = next(each for each in rows if each[0][0] == "rows:12" and each[1]["awaits"])
        self.assertEqual(generator[0], ["rows:12", "main:18", "task main:0"])
        self.assertEqual(generator[1]["awaits"], 3)
        self.assertEqual(generator[2]["awaiting"], "sleep")
        self.assertGreaterEqual(generator[2]["longest await"], 0.03e9)
        awaited = {stack[0]: labels.get("awaits") for stack, values, labels in rows if values["await"]}
        self.assertEqual(awaited["main:17"], "task slow")
        self.assertEqual(awaited["main:16"], "task fetch")
        self.assertIsNone(awaited["main:23"])

    def test_blocked_loops_are_what_asyncio_says_of_slow_callbacks(self):
        _, err = self.record(BLOCKS)
        judge = [float(each) for each in re.findall(r"Executing .* took ([\d.]+) seconds", err)]
        rows = [(stack, values, labels) for stack, values, labels in self.rows() if values["loop-blocks"]]
        self.assertEqual(len(judge), 4, err)
        self.assertEqual(sum(values["loop-blocks"] for _, values, _ in rows), len(judge))
        self.assertAlmostEqual(sum(values["loop-blocked"] for _, values, _ in rows) / 1e9, sum(judge), delta=0.05)
        found = {tuple(stack): (values["loop-blocks"], labels["longest block"]) for stack, values, labels in rows}
        ways = {("sleeps:4", "handler:15", "task request:0"), ("sleeps:4", "handler:21", "task request:0"), ("sleeps:4", "callbacks:0")}
        self.assertLessEqual(ways, set(found))
        self.assertEqual(found["sleeps:4", "callbacks:0"][0], 1)
        (spread,) = set(found) - ways
        # Of a loop of several lines none may have half of the time: then it is the line that called it.
        self.assertIn(spread[0], {"computes:8", "computes:9", "computes:10", "handler:19"})
        self.assertEqual(spread[-2:], ("handler:19", "task request:0"))

    def test_time_on_the_loop_is_where_it_was_spent(self):
        self.record(BLOCKS, "--blocked", "1000")
        rows = self.rows()
        self.assertEqual(sum(values["loop-blocks"] for _, values, _ in rows), 0)
        on = lambda name: sum(values["on-loop"] for stack, values, _ in rows if any(place.startswith(name + ":") for place in stack)) / 1e9
        self.assertAlmostEqual(on("sleeps"), 0.6, delta=0.3)
        self.assertAlmostEqual(on("computes"), 0.3, delta=0.2)

    def test_what_goes_on_when_the_recording_ends_counts(self):
        text = """
        import asyncio, os, signal, time
        async def waits():
            await asyncio.Event().wait()
        async def main():
            task = asyncio.create_task(waits())
            await asyncio.sleep(0.3)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        asyncio.run(main())
        """
        self.record(text, status=-signal.SIGTERM)
        self.assertGreater(self.of("waits:4", "await"), 0.25e9)
        self.assertEqual(self.of("waits:4", "awaits"), 0)
        blocked = """
        import asyncio, os, signal, threading, time
        async def main():
            threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGTERM)).start()
            time.sleep(5)
        asyncio.run(main())
        """
        self.record(blocked, status=-signal.SIGTERM)
        self.assertEqual(self.of("main:5", "loop-blocks"), 1)
        self.assertGreater(self.of("main:5", "loop-blocked"), 0.3e9)

    def test_the_program_cannot_tell(self):
        script = self.write("prog.py", BEHAVIOUR)
        plain, recorded = self.run_plain([script]), self.run_recorded([script], ASYNC)
        clean = lambda text: re.sub(r"0x[0-9a-f]+", "", text)
        self.assertEqual([plain[0], *map(clean, plain[1:])], [recorded[0], *map(clean, recorded[1:])])

    def test_a_program_without_tasks_says_so(self):
        self.record("print(1)\n")
        self.assertEqual(self.profile().samples, [])
        self.assertIn("no task of asyncio and no greenlet ran while the recording went on", self.profile().quality["notes"])

    def test_many_tasks_are_told_by_their_coroutine(self):
        text = """
        import asyncio
        async def request(number):
            await asyncio.sleep(0.001)
        async def main():
            for _ in range(10):
                await asyncio.gather(*[request(number) for number in range(200)])
        asyncio.run(main())
        """
        self.record(text)
        self.assertEqual(self.of("request:4", "awaits"), 2000)
        self.assertLess(len(self.profile().samples), 20)

    def test_a_fork_goes_on_without_it(self):
        text = """
        import asyncio, os
        async def main():
            await asyncio.sleep(0.05)
            child = os.fork()
            if child == 0:
                os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else 7)
            await asyncio.sleep(0.05)
        asyncio.run(main())
        """
        self.assertEqual(self.record(text)[0], "7\n")
        self.assertEqual(self.of("main:4", "awaits") + self.of("main:9", "awaits"), 2)

    def test_wrong_use_is_told(self):
        for options, words in ((["--engine", "locks", "--blocked", "5"], "--blocked is for the engine async"), ([*ASYNC, "--blocked", "x"], "--blocked needs a positive number")):
            status, _, err = self.run_recorded(["x.py"], options)
            self.assertEqual((status, err), (2, "heatline: %s\n" % words))


class Where(unittest.TestCase):
    """The place of a block, by looks at it."""

    def test_the_deepest_line_with_the_majority(self):
        from importlib import import_module

        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))
        self.addCleanup(sys.path.pop, 0)
        where = import_module("heatline.loops.figures").where

        self.assertEqual(where([]), ([], []))
        a, b = compile("f()", "a", "exec"), compile("x = 1\ny = 2\nz = 3\n", "b", "exec")
        offsets = {}
        for offset in range(0, len(b.co_code), 2):
            line = import_module("heatline.loops.figures").line_of(b, offset)
            offsets.setdefault(line, offset)
        at = lambda line, seconds: (([a, b], [0, offsets[line]]), seconds)
        self.assertEqual(where([at(1, 6.0), at(2, 4.0)]), ([a, b], [0, offsets[1]]))
        self.assertEqual(where([at(1, 3.0), at(2, 4.0), at(3, 3.0)]), ([a], [0]))


if __name__ == "__main__":
    unittest.main()

"""
The engine `locks`: what it counts against what the program knows itself, and that the program cannot tell. CPython's own tests
of locks are the judge of that where the interpreter has them.
"""

import importlib.util
import os
import re
import sys
import unittest

from support import Case

LOCKS = ["--engine", "locks"]
TYPES = ["lock-acquire", "lock-acquire-wait", "lock-release", "lock-release-hold", "lock-notify", "lock-notify-wait"]
WAITS = """
import threading, time
class Store:
    def __init__(self):
        self.lock = threading.Lock()
store = Store()
waited = []
held = []
taken = threading.Event()
def save():
    time.sleep(0.05)
def holder():
    for _ in range(8):
        with store.lock:
            began = time.perf_counter()
            taken.set()
            save()
            held.append(time.perf_counter() - began)
        time.sleep(0.02)
def wanter():
    for _ in range(5):
        taken.clear()
        taken.wait(1)
        began = time.perf_counter()
        store.lock.acquire()
        waited.append(time.perf_counter() - began)
        store.lock.release()
threads = [threading.Thread(target=each, name=each.__name__) for each in (holder, wanter)]
for each in threads: each.start()
for each in threads: each.join()
print(sum(waited), sum(held))
"""
# Prints what code in the wild asks of locks; addresses and the words of refused arguments are left out.
BEHAVIOUR = """
import asyncio, concurrent.futures, contextlib, copy, gc, inspect, logging, pickle, queue, re, sys, tempfile, threading, weakref, _thread
def told(work, words=True):
    try:
        answer = work()
    except BaseException as error:
        answer = '%s: %s' % (type(error).__name__, error if words else '')
    print(re.sub('0x[0-9a-f]+|owner=[0-9]+', '', str(answer)))
made_before = _thread.allocate_lock()
for factory in (threading.Lock, threading.RLock):
    lock = factory()
    told(lambda: repr(lock))
    told(lambda: (isinstance(lock, type(lock)), isinstance(lock, type(factory())), isinstance(lock, _thread.LockType), isinstance(lock, _thread.RLock)))
    told(lambda: type(lock)())
    told(lambda: (lock.__class__, hasattr(lock, '_is_owned'), hasattr(lock, '_release_save'), hasattr(lock, '__dict__'), callable(factory)))
    told(lambda: pickle.dumps(lock))
    told(lambda: copy.copy(lock))
    told(lambda: copy.deepcopy([lock]))
    told(lambda: lock.release())
    told(lambda: lock.acquire(False, 1))
    told(lambda: lock.acquire(True, -2))
    told(lambda: lock.acquire(timeout='soon'), False)
    told(lambda: lock.acquire(1, 2, 3), False)
    told(lambda: lock.acquire(block=True), False)
    told(lambda: lock.__enter__())
    told(lambda: lock.__exit__(None, None, None))
    told(lambda: (lock.acquire(), lock.acquire(False), lock.acquire(timeout=0.001) if factory is threading.Lock else 0))
    told(lambda: repr(lock))
    told(lambda: lock.release())
    told(lambda: setattr(lock, 'more', 1), False)
    told(lambda: pickle.loads(pickle.dumps(factory)) is factory)
    told(lambda: repr(factory))
    told(lambda: weakref.ref(lock)() is lock)
    told(lambda: {lock: 1}[lock])
    told(lambda: lock == factory())
    gone = weakref.ref(factory())
    told(lambda: gone() is None)
    class Holds:
        make = threading.Lock
    told(lambda: Holds().make().acquire())
    told(lambda: type('Sub', (type(lock),), {}) if factory is threading.Lock else 0)
if sys.version_info >= (3, 13):
    told(lambda: isinstance(made_before, threading.Lock))
    told(lambda: isinstance(threading.Lock(), threading.Lock))
told(lambda: threading.Condition(made_before).acquire())
for make in (threading.Condition, lambda: threading.Condition(threading.Lock())):
    condition = make()
    told(lambda: condition.wait())
    told(lambda: condition.notify())
    with condition:
        told(lambda: condition.wait(0.01))
        told(lambda: condition._is_owned())
told(lambda: inspect.signature(threading.Condition.wait))
told(lambda: inspect.signature(asyncio.Semaphore.__init__))
told(lambda: inspect.signature(asyncio.Queue.put))
told(lambda: (inspect.iscoroutinefunction(asyncio.Lock.acquire), asyncio.Lock.acquire.__qualname__, asyncio.Event.wait.__module__))
told(lambda: sorted(vars(threading.Condition())))
told(lambda: queue.Queue(1).put_nowait(1))
told(lambda: queue.Queue(1).get(timeout=0.01))
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    told(lambda: sum(pool.map(lambda n: n * n, range(100))))
logging.basicConfig(stream=sys.stdout, format='%(message)s')
logging.warning('logged')
told(lambda: tempfile.gettempdir() is not None)
async def main():
    lock = asyncio.Lock()
    told(lambda: lock.release())
    async with lock:
        told(lambda: (lock.locked(), repr(lock)))
        try:
            await asyncio.wait_for(lock.acquire(), 0.01)
        except asyncio.TimeoutError as error:
            told(lambda: type(error).__mro__)
    told(lambda: sorted(vars(lock)))
    told(lambda: asyncio.Queue(maxsize=3))
    told(lambda: asyncio.Semaphore(-1))
    told(lambda: asyncio.BoundedSemaphore(2)._value)
asyncio.run(main())
gc.collect()
told(lambda: [each for each in sys.meta_path if 'heatline' in repr(type(each))])
threading.Thread(target=lambda: threading.Event().wait(0.05)).start()
threading.Thread(target=lambda: threading.Event().wait(), daemon=True).start()
"""
# Of CPython's own tests those of locks and what stands on them.
SUITES = ["LockTests", "PyRLockTests", "CRLockTests", "EventTests", "ConditionTests", "ConditionAsRLockTests", "SemaphoreTests", "BoundedSemaphoreTests"]


class Locks(Case):
    def record(self, text, *options):
        script = self.write("prog.py", text)
        status, out, err = self.run_recorded([script], [*LOCKS, *options])
        self.assertEqual((status, err), (0, ""))
        self.no_leftovers()
        return out

    def sums(self, where=lambda stack, labels: True):
        """Sums of all samples that `where` chooses, by type."""
        found = dict.fromkeys(TYPES, 0)
        for stack, values, labels in self.profile().samples:
            if where([(place[0][0], place[1]) for place in stack], labels):
                for kind, value in values.items():
                    found[kind] += value
        return found

    def of_lock(self, name):
        return self.sums(lambda _, labels: labels.get("lock name") == name)

    def test_waits_and_holds_are_what_the_program_measures(self):
        waited, held = map(float, self.record(WAITS).split())
        profile = self.profile()
        self.assertEqual([name for name, _ in profile.types], TYPES)
        self.assertEqual(profile.default, "lock-acquire-wait")
        self.assertEqual(profile.quality["engine"], "locks")
        lock = self.of_lock("prog.py:5:lock")
        self.assertEqual((lock["lock-acquire"], lock["lock-release"]), (13, 13))
        # What the program measures has our own work in it, a fraction of a millisecond for each of these.
        self.assertAlmostEqual(lock["lock-acquire-wait"] / 1e9, waited, delta=0.02 + 0.05 * waited)
        self.assertAlmostEqual(lock["lock-release-hold"] / 1e9, held, delta=0.02 + 0.05 * held)
        wanter = self.sums(lambda _, labels: labels["thread"] == "wanter" and labels.get("lock name") == "prog.py:5:lock")
        self.assertEqual(wanter["lock-acquire-wait"], lock["lock-acquire-wait"])
        at_line = self.sums(lambda stack, labels: stack[0] == ("wanter", 25))
        self.assertEqual(at_line["lock-acquire-wait"], lock["lock-acquire-wait"])

    def test_the_longest_wait_is_told(self):
        text = """
        import threading, time
        lock, waited = threading.Lock(), []
        def want():
            began = time.perf_counter()
            with lock:
                waited.append(time.perf_counter() - began)
        for seconds in (0.05, 0.2, 0.1):
            with lock:
                wanter = threading.Thread(target=want)
                wanter.start()
                time.sleep(seconds)
            wanter.join()
        print(max(waited))
        """
        longest = float(self.record(text))
        told = [labels["longest wait"] for _, _, labels in self.profile().samples if "longest wait" in labels]
        self.assertAlmostEqual(max(told) / 1e9, longest, delta=0.02)

    def test_files_of_one_name_are_told_apart(self):
        self.write("a/store.py", "import threading\nlock = threading.Lock()\n")
        self.write("b/store.py", "import threading\nlock = threading.Lock()\n")
        self.record("import a.store, b.store\nwith a.store.lock:\n    with b.store.lock: pass\n")
        self.assertEqual({labels["lock name"] for _, _, labels in self.profile().samples}, {"store.py:2:lock", "b/store.py:2:lock"})

    def test_a_waiter_is_told_who_held_the_lock_and_where(self):
        self.record(WAITS)
        held_by = {labels["held by"] for _, values, labels in self.profile().samples if values["lock-acquire-wait"] > 1e7 and "held by" in labels}
        self.assertIn("holder: save (prog.py:11)", held_by)
        self.assertEqual({text.partition(":")[0] for text in held_by}, {"holder"})

    def test_a_wait_that_does_not_end_counts(self):
        text = """
        import threading, time
        one, other = threading.Lock(), threading.Lock()
        def first():
            with one:
                time.sleep(0.1)
                with other: pass
        def second():
            with other:
                time.sleep(0.1)
                with one: pass
        for each in (first, second):
            threading.Thread(target=each, name=each.__name__, daemon=True).start()
        time.sleep(0.6)
        """
        self.record(text)
        waits = {}
        for stack, values, labels in self.profile().samples:
            if values["lock-acquire-wait"] > 1e8:
                # On which line the other one is depends on who waits first.
                waits[stack[0][0][0], stack[0][1]] = labels["held by"].partition(" (")[0]
        self.assertEqual(waits, {("first", 7): "second: second", ("second", 11): "first: first"})

    def test_a_hold_that_goes_on_and_stacks_without_end(self):
        text = """
        import threading, time
        def take(way):
            local = threading.Lock()
            exec(compile('\\n' * (way % 500) + 'with local: pass', 'x%d.py' % (way // 500), 'exec'), {'local': local})
        for way in range(20500):
            take(way)
        kept = threading.Lock()
        kept.acquire()
        time.sleep(0.1)
        """
        self.record(text)
        self.assertEqual(self.of_lock("prog.py:4:local")["lock-acquire"], 20500)
        self.assertGreater(self.of_lock("prog.py:8:kept")["lock-release-hold"], 0.09e9)
        self.assertIn("more than 20000 different stacks", self.profile().quality["notes"][0])

    def test_counts_are_exact_and_so_are_long_holds(self):
        text = """
        import threading, time
        first, second = threading.Lock(), threading.Lock()
        def often(n):
            for _ in range(n):
                with first: pass
        def other(n):
            for _ in range(n):
                first.acquire()
                first.release()
        often(5000); other(3000); often(2000)
        with first:
            time.sleep(0.05)
        threads = [threading.Thread(target=often, args=(4000,)) for _ in range(3)]
        for each in threads: each.start()
        for each in threads: each.join()
        for _ in range(1000):
            with threading.Lock(): pass
        """
        self.record(text)
        self.assertEqual(self.of_lock("prog.py:18")["lock-release"], 1000)
        lock = self.of_lock("prog.py:3")
        self.assertEqual((lock["lock-acquire"], lock["lock-release"]), (22001, 22001))
        # Before 3.10 a lock is let go on the last line of its block.
        line = self.sums(lambda stack, _: stack[0] in (("<module>", 12), ("<module>", 13)))
        self.assertAlmostEqual(line["lock-release-hold"] / 1e9, 0.05, delta=0.04)
        # Stacks of short holds are drawn: right on average, so a line is off by a few looks at most.
        self.assertAlmostEqual(self.sums(lambda stack, _: stack[0][0] == "other")["lock-acquire"], 3000, delta=300)

    def test_an_rlock_is_held_from_its_first_acquire_to_its_last_release(self):
        text = """
        import threading, time
        lock = threading.RLock()
        for _ in range(3):
            with lock:
                with lock:
                    time.sleep(0.02)
                time.sleep(0.02)
        def release():
            try: lock.release()
            except RuntimeError as error: print(error)
        lock.acquire()
        other = threading.Thread(target=release)
        other.start(); other.join()
        lock.release()
        """
        self.assertEqual(self.record(text), "cannot release un-acquired lock\n")
        lock = self.of_lock("prog.py:3:lock")
        self.assertEqual((lock["lock-acquire"], lock["lock-release"]), (7, 7))
        self.assertGreaterEqual(lock["lock-release-hold"], 0.12e9)
        self.assertEqual(lock["lock-acquire-wait"], 0)

    def test_waiting_to_be_told_is_not_waiting_for_a_lock(self):
        text = """
        import queue, threading, time
        jobs = queue.Queue()
        ready = threading.Event()
        permit = threading.Semaphore(0)
        both = threading.Barrier(2)
        def worker():
            time.sleep(0.05); jobs.put(1)
            time.sleep(0.05); ready.set()
            time.sleep(0.05); permit.release()
            time.sleep(0.05); both.wait()
        threading.Thread(target=worker).start()
        jobs.get(); ready.wait(); permit.acquire(); both.wait()
        """
        self.record(text)
        kinds = {}
        for _, values, labels in self.profile().samples:
            if labels["thread"] == "MainThread":
                row = kinds.setdefault((labels["lock kind"], labels["lock name"]), [0, 0])
                row[0] += values["lock-acquire-wait"]
                row[1] += values["lock-notify-wait"]
        for key in (("Queue", "prog.py:3:jobs"), ("Event", "prog.py:4:ready"), ("Barrier", "prog.py:6:both")):
            self.assertGreater(kinds[key][1], 0.03e9, key)
        self.assertGreater(kinds["Semaphore", "prog.py:5:permit"][0], 0.03e9)

    def test_tasks_that_wait(self):
        text = """
        import asyncio, time
        async def main():
            lock, queue, permit = asyncio.Lock(), asyncio.Queue(), asyncio.Semaphore(1)
            async def hold():
                for _ in range(4):
                    async with lock:
                        await asyncio.sleep(0.05)
            waited = []
            async def want():
                for _ in range(3):
                    began = time.perf_counter()
                    async with lock:
                        waited.append(time.perf_counter() - began)
            await asyncio.gather(asyncio.create_task(hold(), name='H'), asyncio.create_task(want(), name='W'))
            asyncio.get_running_loop().call_later(0.05, queue.put_nowait, 1)
            await queue.get()
            await permit.acquire()
            asyncio.get_running_loop().call_later(0.05, permit.release)
            await permit.acquire()
            print(sum(waited))
        asyncio.run(main())
        """
        waited = float(self.record(text))
        wanter = self.sums(lambda _, labels: labels.get("task") == "W")
        self.assertEqual((wanter["lock-acquire"], wanter["lock-release"]), (3, 3))
        self.assertAlmostEqual(wanter["lock-acquire-wait"] / 1e9, waited, delta=0.02)
        holder = self.sums(lambda _, labels: labels.get("task") == "H")
        self.assertGreater(holder["lock-release-hold"], 0.19e9)
        samples = self.profile().samples
        self.assertTrue(any(re.match(r"H: .*hold \(prog.py:7\)$", labels.get("held by", "")) for _, _, labels in samples))
        self.assertGreater(self.sums(lambda _, labels: labels.get("lock kind") == "Queue")["lock-notify-wait"], 0.03e9)
        self.assertGreater(self.sums(lambda _, labels: labels.get("lock kind") == "Semaphore")["lock-acquire-wait"], 0.03e9)

    def test_the_program_cannot_tell(self):
        script = self.write("prog.py", BEHAVIOUR)
        self.assertEqual(self.run_recorded([script], LOCKS), self.run_plain([script]))
        self.assertEqual(self.run_recorded([script], [*LOCKS, "--sample", "3"]), self.run_plain([script]))

    @unittest.skipUnless(importlib.util.find_spec("test") and importlib.util.find_spec("test.lock_tests"), "CPython's own tests")
    def test_cpythons_own_tests_of_locks_pass(self):
        import test.test_threading as theirs

        words = ["-m", "unittest", *("test.test_threading." + name for name in SUITES if hasattr(theirs, name)), "test.test_queue"]
        status, _, err = self.run_recorded(words, LOCKS)
        self.assertEqual(status, 0, err[-3000:])
        self.assertGreater(int(re.search(r"^Ran (\d+) tests", err, re.M).group(1)), 100)

    @unittest.skipUnless(hasattr(os, "fork"), "fork")
    def test_a_forked_child_has_native_locks_and_writes_nothing(self):
        text = """
        import os, threading
        lock = threading.Lock()
        with lock: pass
        child = os.fork()
        if child == 0:
            lock.acquire(); lock.release()
            os._exit(type(lock.acquire).__name__ != 'builtin_function_or_method')
        print(os.waitpid(child, 0)[1])
        with lock: pass
        """
        self.assertEqual(self.record(text), "0\n")
        self.assertEqual(self.of_lock("prog.py:3:lock")["lock-acquire"], 2)

    def test_after_the_duration_locks_are_native(self):
        text = """
        import threading, time
        lock = threading.Lock()
        with lock: pass
        end = time.time() + 20
        while type(lock.acquire).__name__ != 'builtin_function_or_method' and time.time() < end:
            time.sleep(0.01)
        with lock: pass
        print(time.time() < end, type(threading.Lock()).__name__)
        """
        self.assertEqual(self.record(text, "--duration", "0.3"), "True lock\n")
        self.assertEqual(self.of_lock("prog.py:3:lock")["lock-acquire"], 1)

    def test_a_sample_leaves_locks_alone_most_of_the_time(self):
        text = """
        import threading, time
        lock = threading.Lock()
        native = turns = 0
        end = time.perf_counter() + 2
        while time.perf_counter() < end:
            with lock: turns += 1
            native += type(lock.acquire).__name__ == 'builtin_function_or_method'
            time.sleep(0.0005)
        print(native / turns, turns)
        """
        native, turns = map(float, self.record(text, "--sample", "5").split())
        self.assertGreater(native, 0.4)
        found = self.of_lock("prog.py:3:lock")["lock-acquire"]
        self.assertTrue(turns / 3 < found < turns * 3, (found, turns))
        self.assertTrue(any(note.startswith("one of 5 stretches") for note in self.profile().quality["notes"]))

    def test_bad_values_and_no_locks(self):
        for words, sentence in (
            (["--engine", "locks", "--sample", "0"], "--sample needs a whole number from 1 to 10000"),
            (["--engine", "locks", "--sample", "x"], "--sample needs a whole number from 1 to 10000"),
            (["--engine", "sampler", "--sample", "5"], "--sample is for the engine locks"),
        ):
            status, _, err = self.run_recorded(["x.py"], words)
            self.assertEqual((status, err), (2, "heatline: %s\n" % sentence))
        self.record("pass\n")
        self.assertEqual(self.profile().quality["notes"], ["no lock was taken that was made while the recording went on"])


if __name__ == "__main__":
    unittest.main()

"""The agent: windows whose figures are known, labels, what it costs, and how it leaves the program alone."""

import os
import re
import sys
import unittest

import agents
from agents import BUSY, NO_LIMIT, AgentCase, duration, seconds
from support import ENTRY, LINUX

sys.path.insert(0, agents.ROOT)

from heatline.agent.budget import CHARGED, Budget  # noqa: E402
from heatline.agent.sampler import OTHER, STACKS, Limit, Rows  # noqa: E402
from heatline.agent.secrets import MASK, mask_secrets  # noqa: E402


class Windows(AgentCase):
    def test_functions_have_their_shares_and_windows_add_up_to_the_time(self):
        text = BUSY + "began = time.perf_counter()\nfor _ in range(10):\n    hot(0.3); cold(0.1)\nlasted = time.perf_counter() - began\nagent.stop(); print(lasted)\n"
        lasted = float(self.clean(self.program(text, NO_LIMIT + "window=1")))
        found = self.profiles()
        self.assertGreater(len(found), 2)
        main = dict(thread="MainThread")
        self.assertAlmostEqual(sum(map(duration, found)), lasted, delta=0.05 * lasted + 0.1)
        self.assertAlmostEqual(seconds(found, **main), sum(map(duration, found)), delta=0.001)
        if LINUX:
            hot, cold = (sum(each.seconds(name, "cpu") for each in found) for name in ("hot", "cold"))
            self.assertAlmostEqual(hot, 3, delta=0.35)
            self.assertAlmostEqual(cold, 1, delta=0.35)

    def test_windows_follow_one_another_without_gaps(self):
        self.clean(self.program(BUSY + "hot(2)\n", NO_LIMIT + "window=0.5"))
        found = self.profiles()
        self.assertGreater(len(found), 2)
        for before, after in zip(found, found[1:]):
            self.assertAlmostEqual(before.numbers[9] + before.numbers[10], after.numbers[9], delta=5e6)

    def test_a_window_says_whose_it_is(self):
        settings = "version='1.2', commit='1a2b3c4', labels={'region': 'eu'}, rate=50, "
        self.clean(self.program("import time; time.sleep(0.3); print(end='')\n", settings + NO_LIMIT, ["--password", "hunter2", "plain"]))
        profile = self.profiles()[0]
        for comment in ("service=shop", "version=1.2", "commit=1a2b3c4", "region=eu", "language=python", "runtime_version=%d.%d.%d" % sys.version_info[:3]):
            self.assertIn(comment, profile.comments)
        command = next(each for each in profile.comments if each.startswith("command="))
        self.assertIn("plain", command)
        self.assertNotIn("hunter2", command)
        self.assertEqual((profile.quality["engine"], profile.quality["rateAsked"]), ("agent", 50))
        self.assertGreater(profile.quality["cost"], 0)

    def test_waiting_threads_are_seen_and_cost_no_processor_time(self):
        text = BUSY + "import threading\nwait = threading.Event()\nt = threading.Thread(target=wait.wait, name='waiter')\nt.start(); hot(1); wait.set()\n"
        self.clean(self.program(text, NO_LIMIT))
        found = self.profiles()
        self.assertGreater(seconds(found, thread="waiter"), 0.9)
        if LINUX:
            self.assertLess(seconds(found, "cpu", thread="waiter"), 0.05)

    def test_our_own_threads_are_not_in_it(self):
        self.clean(self.program("import time; time.sleep(1)\n", NO_LIMIT + "window=0.2, endpoint='127.0.0.1:0'"))
        self.assertEqual({name for each in self.profiles() for name in each.threads()}, {"MainThread"})

    def test_stacks_are_bounded(self):
        rows = Rows()
        for number in range(STACKS + 5):
            rows.learn(number, ("MainThread", (), (number, 0)))[0] += 1
        self.assertEqual(len(rows), STACKS + 1)
        self.assertEqual(rows[(OTHER, (), ())], [5, 0, 0])
        self.assertIs(rows.known[STACKS + 4], rows[(OTHER, (), ())])
        for number in range(3 * STACKS):
            self.assertIs(rows.learn(number, ("MainThread", (), (7, 0))), rows[("MainThread", (), (7, 0))])
        self.assertEqual(len(rows.known), 2 * STACKS)

    def test_threads_without_names_are_told_apart_on_one_stack(self):
        text = (
            "import _thread, time\nstay = _thread.allocate_lock(); stay.acquire()\n"
            "def wait(): stay.acquire()\nknown = [_thread.start_new_thread(wait, ()) for _ in range(2)]\ntime.sleep(0.5)\nagent.stop(); print(*known)\n"
        )
        known = self.clean(self.program(text, NO_LIMIT)).split()
        found = self.profiles()
        for each in known:
            self.assertAlmostEqual(seconds(found, thread="thread " + each), seconds(found) / 3, delta=0.2)

    def test_a_thread_that_is_renamed_bears_its_names(self):
        text = "import threading, time\nfor name in ('a', 'b', 'a'):\n    threading.current_thread().name = name; until = time.time() + 0.4\n    while time.time() < until: sum(range(99))\n"
        self.clean(self.program(text, NO_LIMIT))
        found = self.profiles()
        self.assertGreater(seconds(found, thread="a"), seconds(found, thread="b"))
        self.assertGreater(seconds(found, thread="b"), 0.2)

    def test_deep_recursion_is_cut_off_at_its_root_and_said(self):
        text = "import sys, time, threading\nsys.setrecursionlimit(5000); threading.stack_size(1 << 28)\ndef f(n):\n    time.sleep(0.5) if n == 0 else f(n - 1)\n"
        text += "t = threading.Thread(target=f, args=(2000,)); t.start(); t.join()\n"
        self.clean(self.program(text, NO_LIMIT))
        profile = self.profiles()[0]
        self.assertEqual(max(len(stack) for stack, _, _ in profile.samples), 1024)
        self.assertIn("deeper", " ".join(profile.quality["notes"]))


class Labels(AgentCase):
    def test_threads_and_what_is_inside(self):
        text = BUSY + (
            "with heatline.labels(route='/a'):\n    burn(0.6)\n    with heatline.labels(user='x'):\n        burn(0.6)\n    burn(0.3)\nburn(0.4)\n"
        )
        self.clean(self.program(text, NO_LIMIT))
        found = self.profiles()
        if LINUX:
            self.assertAlmostEqual(seconds(found, "cpu", route="/a"), 1.5, delta=0.2)
            self.assertAlmostEqual(seconds(found, "cpu", route="/a", user="x"), 0.6, delta=0.15)
            self.assertAlmostEqual(seconds(found, "cpu"), 1.9, delta=0.3)

    def test_tasks_that_take_turns_in_one_thread_keep_their_own(self):
        text = BUSY + (
            "import asyncio\n"
            "async def serve(route, seconds):\n"
            "    with heatline.labels(route=route):\n"
            "        for _ in range(10):\n            burn(seconds / 10); await asyncio.sleep(0)\n"
            "async def main():\n    await asyncio.gather(serve('/buy', 0.9), serve('/look', 0.3))\n    burn(0.3)\n"
            "asyncio.run(main())\n"
        )
        self.clean(self.program(text, NO_LIMIT))
        found = self.profiles()
        if LINUX:
            self.assertAlmostEqual(seconds(found, "cpu", route="/buy"), 0.9, delta=0.2)
            self.assertAlmostEqual(seconds(found, "cpu", route="/look"), 0.3, delta=0.15)

    @unittest.skipIf(sys.version_info < (3, 12), "tasks do not tell their context")
    def test_tasks_that_are_started_inside_inherit_them(self):
        text = BUSY + (
            "import asyncio\nasync def part():\n    burn(0.5)\n"
            "async def main():\n    with heatline.labels(route='/outer'):\n        await asyncio.create_task(part())\n"
            "asyncio.run(main())\n"
        )
        self.clean(self.program(text, NO_LIMIT))
        if LINUX:
            self.assertAlmostEqual(seconds(self.profiles(), "cpu", route="/outer"), 0.5, delta=0.15)

    def test_what_a_task_has_run_in_a_pool_leaves_nothing_on_the_thread_of_the_pool(self):
        text = (
            "import asyncio, concurrent.futures, contextvars, threading\nfrom heatline.agent import context\n"
            "labelled = lambda: context.labels_of(threading.get_ident())\n"
            "def inside():\n    with heatline.labels(work='job'):\n        return labelled()\n"
            "async def main():\n"
            "    with concurrent.futures.ThreadPoolExecutor(1) as pool, heatline.labels(route='/buy'):\n"
            "        run = asyncio.get_running_loop().run_in_executor\n"
            "        print(labelled(), await run(pool, contextvars.copy_context().run, inside), await run(pool, labelled))\n"
            "    print(labelled())\n"
            "asyncio.run(main())\nprint(labelled(), context._threads)\n"
        )
        buy, job = ("route", "/buy"), ("work", "job")
        self.assertEqual(self.clean(self.program(text, NO_LIMIT)), "%s %s ()\n()\n() {}\n" % ((buy,), (buy, job)))

    def test_one_object_in_many_threads_and_exceptions(self):
        text = (
            "import threading, time\nshared = heatline.labels(work='job')\n"
            "took = []\ndef work():\n    began = time.perf_counter()\n    try:\n        with shared:\n            with shared:\n"
            "                time.sleep(0.3)\n            raise KeyError\n    except KeyError:\n        took.append(time.perf_counter() - began)\n"
            "threads = [threading.Thread(target=work) for _ in range(4)]\n"
            "for each in threads: each.start()\nfor each in threads: each.join()\n"
            "from heatline.agent import context; print(context._threads, context._now.get())\nprint(sum(took))\n"
        )
        left, took = self.clean(self.program(text, NO_LIMIT)).splitlines()
        self.assertEqual(left, "{} None")
        self.assertAlmostEqual(seconds(self.profiles(), work="job"), float(took), delta=0.3 + 0.2 * float(took))

    def test_many_are_bounded_and_become_other(self):
        limit = Limit(1000)
        self.assertEqual(sum(limit.takes((("route", "/%d" % number),)) for number in range(10_000)), 1000)
        text = (
            "import time\nfrom heatline.agent import sampler\nsampler.LABELS = 3\nagent._sampler.fresh()\n"
            "for number in range(200):\n    with heatline.labels(route='/%d' % number):\n        time.sleep(0.01)\n"
        )
        self.clean(self.program(text, NO_LIMIT + "rate=500"))
        routes = {labels["route"] for each in self.profiles() for _, _, labels in each.samples if "route" in labels}
        self.assertIn(OTHER, routes)
        self.assertLessEqual(len(routes), 4)


class Cost(AgentCase):
    @staticmethod
    def stretches(look, count=36, asked=100, most=0.01, late=1.0, beside=0.0):
        """(rates, costs, sentences) of so many stretches of 5 s; `look(number)`: seconds that a look of each costs, of which it takes a part."""
        budget, rates, costs, said = Budget(asked, most), [], [], []
        for number in range(count):
            looks = round(5 * late * budget.rate)
            rates.append(budget.rate)
            costs.append(look(number) * looks / 5 + beside)
            said.append(budget.judge(5.0, looks, look(number) * looks / CHARGED, beside))
            if not budget.rate:
                break
        return rates, costs, [each for each in said if each]

    def test_looks_that_fit_are_as_many_as_were_asked_for(self):
        self.assertEqual(self.stretches(lambda _: 99e-6)[::2], ([100] * 36, []))

    def test_what_the_program_waits_is_charged_as_well(self):
        budget = Budget(100, 0.01)
        budget.judge(5.0, 500, 500 * 135e-6)
        self.assertAlmostEqual(budget.rate, 0.9 * 0.01 / (4 * 135e-6))

    def test_it_looks_as_often_as_it_may(self):
        for look in (120e-6, 170e-6, 1e-3):
            rates, costs, said = self.stretches(lambda _: look)
            self.assertEqual(len(said), 1)
            self.assertAlmostEqual(rates[-1], 0.9 * 0.01 / look)
            self.assertLessEqual(max(costs[1:]), 0.01)
        self.assertIn("100 % of a processor, with what the program waited, which is more than 1 %: it looks 1.56 times", self.stretches(lambda _: 10e-3)[2][0])

    def test_a_burst_is_forgotten_and_a_minute_with_it_stays_near_the_budget(self):
        rates, costs, said = self.stretches(lambda number: 500e-6 if number < 2 else 90e-6)
        self.assertLess(sum(costs[:12]) / 12, 0.01)
        self.assertGreater(min(rates[9:]), 80)
        self.assertLess(len(said), 5)
        self.assertIn("looking at stacks takes", said[-1])

    def test_looks_that_differ_change_the_rate_seldom(self):
        rates, costs, said = self.stretches(lambda number: (110e-6, 190e-6, 150e-6, 130e-6, 170e-6)[number % 5], 120)
        self.assertLess(len(said), 8)
        self.assertGreater(sum(rates) / 120, 45)
        for begin in range(12, 120, 12):
            self.assertLess(sum(costs[begin : begin + 12]) / 12, 0.01)

    def test_what_is_written_is_paid_for_as_well_and_looks_that_come_late_count_as_they_are(self):
        self.assertAlmostEqual(self.stretches(lambda _: 120e-6, beside=0.004)[0][-1], 0.005 / 120e-6)
        self.assertEqual(self.stretches(lambda _: 120e-6, late=0.75)[0][-1], 100)

    def test_it_ends_where_the_fewest_looks_are_too_much(self):
        rates, _, said = self.stretches(lambda _: 1.0)
        self.assertEqual(rates, [100] + [100 / 64] * 3)
        self.assertIn("it ends", said[-1])
        # Once is no reason.
        self.assertGreater(self.stretches(lambda number: 1.0 if number < 2 else 1e-4)[0][-1], 80)

    def test_what_it_took_ends_it_and_is_said(self):
        """The least that may be allowed is less than one look takes."""
        text = "import time\nuntil = time.time() + 30\nwhile agent.state == 'looking' and time.time() < until: time.sleep(0.05)\nprint(agent.state)\n"
        status, out, err = self.program(text, "window=0.3, rate=200, cost=0.0001")
        self.assertEqual((status, out), (0, "ended\n"))
        self.assertEqual(err.count("times a second from here on"), 1)
        self.assertEqual(err.count("it ends"), 1)
        notes = " ".join(note for each in self.profiles() for note in each.quality["notes"])
        self.assertIn("it looks 3.12 times a second from here on", notes)
        self.assertIn("it ends", notes)


class Left(AgentCase):
    """Alone."""

    def test_the_program_sees_nothing_of_it(self):
        look = "[threading.enumerate(), sys.getswitchinterval(), *map(signal.getsignal, (2, 10, 15)), sys.argv, sys.gettrace(), sys.getprofile()]"
        text = "import signal, sys, threading, time\ntime.sleep(0.5)\nprint(%s)\n" % look
        with_it = self.clean(self.program(text, NO_LIMIT + "window=0.2, endpoint='127.0.0.1:0'", ["x"]))
        alone = self.clean(self.finish(["-c", "import sys; sys.argv = %r\n" % [os.path.join(self.folder, "app.py"), "x"] + text]))
        without_numbers = lambda said: re.sub(r"MainThread, started \d+", "", said)
        self.assertEqual(without_numbers(with_it), without_numbers(alone))

    def test_no_thread_of_it_keeps_the_process_alive(self):
        text = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\ntime.sleep(0.5)\nraise SystemExit(3)\n"
        status, _, err = self.program(text, NO_LIMIT + "window=0.2, endpoint='127.0.0.1:0'")
        self.assertEqual((status, err), (3, ""))
        self.assertTrue(self.files())

    def test_settings_that_make_no_sense_are_refused(self):
        for settings in ("rate=0", "window=0", "cost=2", "keep_bytes=-1", "rate='x'", "endpoint='0.0.0.0:0'", "endpoint='host:1'", "token='x', endpoint='127.0.0.1:0'"):
            with self.subTest(settings):
                status, _, err = self.program("", settings)
                self.assertEqual(status, 1)
                self.assertIn("ValueError: ", err)
        self.assertEqual(self.files(), [])

    def test_begun_again_it_writes_what_it_had(self):
        text = "import time\ntime.sleep(0.2)\nheatline.agent(%r, service='other')\ntime.sleep(0.2)\n"
        self.clean(self.program(text % self.windows, NO_LIMIT))
        self.assertEqual({os.path.basename(each).split("_")[1] for each in self.files()}, {"shop", "other"})

    @unittest.skipIf(sys.version_info < (3, 13), "no module for it")
    def test_further_interpreters_are_not_looked_into(self):
        text = (
            "import time, threading\ntry:\n    import _interpreters\nexcept ImportError:\n    raise SystemExit\n"
            "other = _interpreters.create()\ntime.sleep(0.3)\n"
            "_interpreters.exec(other, 'import time; time.sleep(0.2)')\n_interpreters.destroy(other)\ntime.sleep(0.3)\n"
        )
        self.clean(self.program(text, NO_LIMIT + "memory=True"))
        quality = self.profiles()[0].quality
        self.assertGreater(quality["errors"], 10)
        self.assertIn("further interpreters", " ".join(quality["notes"]))

    def test_greenlets_in_the_place_of_threads_are_not_taken(self):
        """As gevent does, which keeps the real ones for who asks; here what it puts in their place fails."""
        text = (
            "import _thread, sys, time, types\n"
            "real = {(m.__name__, n): getattr(m, n) for m, n in ((_thread, 'start_new_thread'), (_thread, 'allocate_lock'), (_thread, 'get_ident'), (time, 'sleep'))}\n"
            "monkey = sys.modules['gevent.monkey'] = types.ModuleType('gevent.monkey')\nmonkey.get_original = lambda module, name: real[module, name]\n"
            "def greenlet(*_): raise RuntimeError('a greenlet')\n"
            "_thread.start_new_thread = _thread.allocate_lock = time.sleep = greenlet\n_thread.get_ident = lambda: 7\n"
            "for _ in range(2):\n    with heatline.labels(route='/x'): real['time', 'sleep'](0.7)\n    agent = heatline.agent(%r, service='shop', cost=1, window=0.2)\n"
        )
        self.clean(self.program(text % self.windows, NO_LIMIT + "window=0.2"))
        found = self.profiles()
        self.assertGreater(len(found), 4)
        self.assertEqual({name for each in found for name in each.threads()}, {"MainThread"})
        self.assertEqual(seconds(found, route="/x"), 0)

    def test_without_threads_it_does_nothing(self):
        text = (
            "from heatline import unseen\ndef none(*_): raise RuntimeError('no threads')\nunseen.threads.start_new_thread = none\n"
            "agent = heatline.agent(%r)\nprint(agent.state)\n"
        )
        status, out, err = self.program(text % self.windows, NO_LIMIT)
        self.assertEqual((status, out), (0, "ended\n"))
        self.assertIn("nothing is recorded", err)


class Line(AgentCase):
    """`python -m heatline agent`"""

    def line(self, *words, options=()):
        return self.finish([ENTRY, "agent", "--folder", self.windows, "--window", "0.5", "--cost", "1", *options, "--", *words])

    def test_the_program_runs_as_it_does_alone(self):
        text = "import sys, heatline\nwith heatline.labels(route='/x'):\n    import time; time.sleep(0.4)\nprint(__name__, sys.argv, sys.path[0] == %r)\nsys.exit(5)\n"
        path = self.write("web app.py", text % self.folder)
        status, out, err = self.line(path, "-x", options=["--label", "region=eu", "--service-version", "7", "--commit", "1a2b3c4"])
        self.assertEqual((status, err), (5, ""))
        self.assertEqual(out, "__main__ %s True\n" % [path, "-x"])
        profile = self.profiles()[0]
        self.assertIn("service=web app", profile.comments)
        self.assertIn("region=eu", profile.comments)
        self.assertIn("version=7", profile.comments)
        self.assertIn("commit=1a2b3c4", profile.comments)
        self.assertGreater(seconds([profile], route="/x"), 0.2)
        self.assertEqual({stack[-1][0][1] for stack, _, _ in profile.samples if stack[-1][0][2].endswith("app.py")}, {"<module>"})

    def test_modules(self):
        self.write("service.py", "import time; time.sleep(0.3); print(__name__)\n")
        self.env["DD_GIT_COMMIT_SHA"] = "ffeedd0"
        self.assertEqual(self.clean(self.line("-m", "service")), "__main__\n")
        self.assertLessEqual({"service=service", "commit=ffeedd0"}, set(self.profiles()[0].comments))

    def test_wrong_usage(self):
        for words, said in ((["agent"], "usage"), (["agent", "--folder", "x", "--"], "no program"), (["agent", "--rate", "1", "--", "x"], "--folder is missing"),
                            (["agent", "--folder", "x", "--rate", "y", "--", "x"], "number"), (["agent", "--folder", "x", "--endpoint", "0.0.0.0:1", "--", "x"], "token")):
            with self.subTest(words):
                self.write("x", "")
                status, out, err = self.finish([ENTRY, *words])
                self.assertEqual(status, 2)
                self.assertIn(said, out + err)


class Secrets(unittest.TestCase):
    def test_are_masked_in_command_lines(self):
        words = ["app", "--password", "hunter2", "--db=postgres://me:pw@host/x", "API_KEY=abc", "--token-file", "/run/t", "-H", "Authorization: Bearer abcdefghij"]
        masked = mask_secrets(words)
        self.assertEqual(masked[2], MASK)
        self.assertEqual(masked[3], "--db=postgres://me:%s@host/x" % MASK)
        self.assertEqual(masked[4:7], ["API_KEY=" + MASK, "--token-file", "/run/t"])
        self.assertNotIn("abcdefghij", masked[8])


if __name__ == "__main__":
    unittest.main()

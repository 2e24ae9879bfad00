"""
What looks of the agent cost a web service: `python3 test/bench/agentByTurns.py --python VENV/bin/python [--rates 100,20] [--wrk WRK]`.

The service of agent.py, under uvicorn in one process, gets load without a pause; its sampler looks so many times a second for a tenth of a
second, then not at all, by turns in random order. What processes differ by (layout of memory, seeds) is the same in both, and the machine has no time to
change its mood: so the figures are ten times as sharp as between processes. What is there without looks, such as the sampler's thread that
waits, is not in them. The ratio is that of requests, with the interval that 95 of 100 draws have it in.
"""

import argparse
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "..", "python"))

from agent import APP, free_port, interval  # noqa: E402

SELDOM = 0.001  # looks a second: none in a turn
TURN = 0.1  # seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rates", default="100,20")
    parser.add_argument("--turns", type=int, default=1000, help="of each rate")
    parser.add_argument("--wrk", default=shutil.which("wrk"))
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            command = [options.python, __file__, "--serve", folder, "--rates", options.rates, "--turns", str(options.turns), "--wrk", options.wrk]
            raise SystemExit(subprocess.call(command))


def serve(options):
    """In the interpreter that has uvicorn."""
    import uvicorn

    import heatline

    names = {}
    exec(APP, names)
    rates = [float(each) for each in options.rates.split(",")]
    agent = heatline.agent(os.path.join(options.serve, "windows"), service="turns", rate=100, cost=1, window=3600)
    turns = Turns(agent._sampler, [SELDOM, *rates], options.turns)

    async def app(scope, receive, send):
        if scope["type"] == "http" and not turns.step():
            server.should_exit = True
        await names["asgi"](scope, receive, send)

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    script = os.path.join(options.serve, "paths.lua")
    with open(script, "w") as file:
        file.write('local n = 0 request = function() n = n + 1 return wrk.format("GET", "/search/" .. n % 10) end')
    words = [options.wrk, "-t1", "-c8", "-d36000s", "-s", script, "http://127.0.0.1:%d" % port]
    load = subprocess.Popen(["sh", "-c", 'sleep 1; exec "$@"', "sh", *words], stdout=subprocess.DEVNULL)
    try:
        server.run()
    finally:
        load.kill()
        load.wait()
    turns.show(rates)


class Turns:
    def __init__(self, sampler, rates, count):
        sampler.pause()
        self._sampler = sampler
        self._plan = [rate for _ in range(count) for rate in random.sample(rates, len(rates))]
        self._now = None
        self._until = time.perf_counter() + 3  # requests before it are to warm up
        self._requests = 0
        self.found = {rate: [] for rate in rates}  # (requests a second, looks, CPU ns of the sampler's thread)

    def step(self):
        """At each request; false after the last turn."""
        self._requests += 1
        now = time.perf_counter()
        if now < self._until:
            return True
        sampler = self._sampler
        if self._now is not None:
            rate, began, looks, spent = self._now
            sampler.pause()
            self.found[rate].append((self._requests / (now - began), sampler.ticks - looks, sampler.own_cpu - spent))
            self._now = None
        if not self._plan:
            self._until = math.inf
            return False
        rate = self._plan.pop()
        looks, spent = sampler.ticks, sampler.own_cpu
        sampler.rate = rate
        sampler.start(time.perf_counter_ns())
        self._requests, began = 0, time.perf_counter()
        self._now, self._until = (rate, began, looks, spent), began + TURN
        return True

    def show(self, rates):
        without = self.found[SELDOM]
        started = sum(spent for _, _, spent in without) / len(without)
        print("uvicorn under load of wrk, %d turns of %g s, %.0f requests a second without looks" % (len(without), TURN, _mean(without)))
        print("\n| looks a second | throughput | processor time of a look | lost for each look |\n|---|---|---|---|")
        for rate in rates:
            rows = self.found[rate]
            ratios = interval([math.log(mine[0] / other[0]) for mine, other in zip(rows, without)])
            looks = sum(row[1] for row in rows)
            spent = (sum(row[2] for row in rows) - started * len(rows)) / looks / 1000
            lost = [1e6 * (1 - each) * TURN * len(rows) / looks for each in ratios]
            print("| %.0f | x%.4f [%.4f–%.4f] | %.0f µs | %.0f µs [%.0f–%.0f] |" % (looks / len(rows) / TURN, *ratios, spent, lost[0], lost[2], lost[1]))


def _mean(rows):
    return sum(row[0] for row in rows) / len(rows)


if __name__ == "__main__":
    main()

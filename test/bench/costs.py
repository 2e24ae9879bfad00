"""What recording costs a program, against the bars that we hold: `python3 test/bench/costs.py [--rounds 9] [--python315 PATH] [--py-spy PATH]`.

Each pair is a program under Heatline and what it is compared with: no profiler, or the tool alone. All run in turn, round after
round, so that a busy minute of the machine falls on all of them; the figure is the median of the rounds' ratios, with the middle
half of them in brackets. The program measures itself, wall and processor time of its work; what starting and ending take is a
column of its own, in seconds more than without. A ratio below 1 is noise: read the bracket as what is known. It wants `npm run build`.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from engines import ENTRY, HERE, PROGRAMS
from support import Profile

CLI = os.path.join(HERE, "..", "..", "dist", "cli.js")
# An uncontended lock is taken for every key: alone, and where there is some work to do for each.
LOCKED = """
import threading
lock, counts = threading.Lock(), {}
def tell(n):
    key = n % 100
    with lock:
        counts[key] = counts.get(key, 0) + 1
for n in range(1_500_000):
    tell(n)
"""
LOCKED_WORK = """
import threading
lock, counts = threading.Lock(), {}
def tell(n):
    key = ("user-%d/%r" % (n % 100, n * 0.5)).upper().partition("/")[0]
    with lock:
        counts[key] = counts.get(key, 0) + 1
    return "&".join(["%s=%d" % (key, n), "page=%d" % (n % 7)]).split("&")
for n in range(500_000):
    tell(n)
"""
# Tasks that do nothing but give way to each other, and a service that answers lines of JSON.
SWITCHES = """
import asyncio
async def step(n):
    await asyncio.sleep(0)
async def worker(rounds):
    for n in range(rounds):
        await step(n)
async def main():
    await asyncio.gather(*[worker(5000) for _ in range(20)])
asyncio.run(main())
"""
SERVICE = """
import asyncio, json
question = json.dumps({"orders": list(range(40)), "user": {"name": "x" * 50}}).encode() + bytes([10])
async def answer(reader, writer):
    while line := await reader.readline():
        writer.write(json.dumps(json.loads(line)).encode() + bytes([10]))
        await writer.drain()
    writer.close()
async def ask(port, rounds):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(rounds):
        writer.write(question)
        await writer.drain()
        await reader.readline()
    writer.close()
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*[ask(port, 800) for _ in range(20)])
asyncio.run(main())
"""
# A tool may fail to get into a program that has just begun, on a busy machine.
TRIES = 5
BEFORE = "import time as _time\n_wall, _cpu = _time.perf_counter(), _time.process_time()\n"
AFTER = "\nimport os as _os\n_wall, _cpu = _time.perf_counter() - _wall, _time.process_time() - _cpu\nopen(_os.environ['COSTS'], 'w').write('%r %r' % (_wall, _cpu))\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--python315", default=shutil.which("python3.15"))
    parser.add_argument("--py-spy", default=shutil.which("py-spy"))
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for row in pairs(folder, options) if options.only in row["name"]]
        print("Python", sys.version.split()[0], "- %d rounds, load %.1f" % (options.rounds, os.getloadavg()[0]))
        print("| | processor time | wall time | start and end | looks that came | bar |\n|---|---|---|---|---|---|")
        for row in rows:
            measure(folder, row, options.rounds)


def pairs(folder, options):
    """Rows of the table: a name, the command, what it is compared with, and the bar for the ratio, if there is one."""
    output = os.path.join(folder, "out.raw")
    scripts = {}
    for name, text in PROGRAMS.items():
        scripts[name] = os.path.join(folder, name + ".py")
        with open(scripts[name], "w") as file:
            file.write(BEFORE + text + AFTER)

    def ours(engine, script, *words):
        return [sys.executable, ENTRY, "run", "--engine", engine, "--output", output, *words, "--", script]

    def record(engine, python, script, *words):
        return ["node", CLI, "record", "--engine", engine, *words, "-o", os.path.join(folder, "out.collapsed"), "--", python, script]

    rows = []

    def row(name, script, bar, command, against, ticks=None):
        rows.append({"name": "%s, %s" % (name, script), "bar": bar, "command": command, "against": against, "ticks": ticks})

    for name in ("mix", "loop", "objects"):
        script = scripts[name]
        plain = [sys.executable, script]
        row("sampler, 100 Hz / no profiler", name, 1.03, ours("sampler", script, "--rate", "100"), plain, output)
        row("sampler, 1 kHz / no profiler", name, 1.15, ours("sampler", script, "--rate", "1000"), plain, output)
        row("sampler with the live view / no profiler", name, None, ours("sampler", script, "--live"), plain, output)
        traced = [sys.executable, "-m", "cProfile", "-o", output, script]
        row("hybrid / cProfile alone", name, 1.03, ours("hybrid", script), traced, output)
        # What of that is not the sampling's.
        row("cprofile / cProfile alone", name, None, ours("cprofile", script), traced)
        row("memory / no profiler", name, None, ours("memory", script), plain)
        row("memory, 0.01 of 0.6 s / no profiler", name, 1.05, ours("memory", script, "--duty", "0.01/0.6"), plain)
    for name, text in (("locked", LOCKED), ("locked work", LOCKED_WORK)):
        script = os.path.join(folder, name + ".py")
        with open(script, "w") as file:
            file.write(BEFORE + text + AFTER)
        row("locks / no profiler", name, 1.3, ours("locks", script), [sys.executable, script])
        row("locks, 1 of 100 stretches / no profiler", name, 1.02, ours("locks", script, "--sample", "100"), [sys.executable, script])
    for name, text in (("switches", SWITCHES), ("service", SERVICE)):
        script = os.path.join(folder, name + ".py")
        with open(script, "w") as file:
            file.write(BEFORE + text + AFTER)
        row("async / no profiler", name, None, ours("async", script), [sys.executable, script])
    script = scripts["strings"]
    row("lines of its one function / no profiler", "strings", 3.0, ours("lines", script, "--only", "^words$"), [sys.executable, script])
    if options.py_spy:
        for rate in ("100", "1000"):
            words = ["-f", "raw", "-t", "-r", rate, "--full-filenames", "-o", output]
            alone = [options.py_spy, "record", *words, "--", sys.executable, scripts["mix"]]
            row("py-spy, %s Hz / py-spy alone" % rate, "mix", None, record("py-spy", sys.executable, scripts["mix"], "--rate", rate), alone)
    if options.python315:
        python, script = options.python315, scripts["mix"]
        alone = [python, "-m", "profiling.sampling", "run", "--binary", "-a", "-r", "1000", "-o", output, script]
        row("tachyon, 1 kHz / profiling.sampling alone", "mix", None, record("tachyon", python, script, "--rate", "1000"), alone)
        live = [python, ENTRY, "run", "--engine", "tachyon", "--live", "--rate", "1000", "--output", output, "--", script]
        row("tachyon with the live view / profiling.sampling alone", "mix", None, live, alone)
    return rows


def measure(folder, row, rounds):
    """Prints one line of the table."""
    ratios, more, arrived = {"wall": [], "cpu": []}, [], []
    for turn in range(rounds):
        # Who goes first changes: the second finds warmer caches.
        order = ["command", "against"] if turn % 2 else ["against", "command"]
        found = {}
        for each in order:
            found[each] = run(folder, row[each])
            if each == "command" and row["ticks"]:
                arrived.append(ticks(row["ticks"]))
        for at, kind in enumerate(("wall", "cpu")):
            ratios[kind].append(found["command"][at] / found["against"][at])
        more.append(found["command"][2] - found["against"][2])
    cpu = statistics.median(ratios["cpu"])
    cells = [row["name"], spread(ratios["cpu"]), spread(ratios["wall"]), "%+.2f s" % statistics.median(more)]
    cells.append("" if not arrived else "%.0f %%" % statistics.median(arrived))
    cells.append("" if row["bar"] is None else "%s %.2f" % ("≤" if cpu <= row["bar"] else "over", row["bar"]))
    print("| %s |" % " | ".join(cells), flush=True)


def run(folder, command):
    """(wall, cpu, start and end) seconds of one run."""
    told = os.path.join(folder, "told")
    for _ in range(TRIES):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "COSTS": told})
        whole = time.perf_counter() - began
        if os.path.exists(told):
            with open(told) as file:
                wall, cpu = map(float, file.read().split())
            os.unlink(told)
            if done.returncode == 0:
                return wall, cpu, whole - wall
    raise SystemExit("%s\nended with status %d: %s" % (" ".join(command), done.returncode, done.stderr.decode()))


def ticks(output):
    """Per cent of the looks that were due and came."""
    quality = Profile(output).quality
    return 100 * quality["rateGot"] / quality["rateAsked"]


def spread(values):
    if len(values) < 2:
        return "×%.2f" % values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return "×%.2f (%.2f–%.2f)" % (middle, low, high)


if __name__ == "__main__":
    main()

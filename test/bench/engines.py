"""What recording costs, and how true it is: run as `python test/bench/engines.py [--py-spy PATH] [--rounds N]`.

Cost: each program is run N times (5 unless told) under each engine in turn; the figure is the least CPU time of the
program by the least without a profiler, start-up included. CPU time, because wall time on a shared machine says more
about its neighbours. The sampling helper is a process of its own: its CPU is what `cost` in the recording says.
Bias: shares of self time per line under each engine beside those of py-spy (500 Hz) on the same program; the distance is
half the sum of the absolute differences, so 0 % is the same picture and 100 % has nothing in common. The distance of
as many other py-spy runs from the first says what is noise. "As traced" is the measured `wall` of a hybrid recording,
without that its `untraced`, the estimate of the program that is not counted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ENTRY = os.path.join(HERE, "..", "..", "python", "heatline", "__main__.py")
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from support import Profile  # noqa: E402

PROGRAMS = {
    "recursion": """
def fib(n):
    if n < 2:
        return n
    left = fib(n - 1)
    right = fib(n - 2)
    return left + right
for _ in range(12):
    fib(27)
""",
    "loop": """
def loop(n):
    total = 0
    for each in range(n):
        a = each * 3
        b = a ** 3 % 7
        c = (a + b) // 2
        d = c * c * c * c
        if d & 1:
            total += 1
        total -= 2
    return total
for _ in range(10):
    loop(400_000)
""",
    "strings": """
def words(n):
    parts = []
    for each in range(n):
        word = str(each)
        parts.append(word.upper() + "-" + word)
    text = ",".join(parts)
    return len(text.split("-"))
for _ in range(12):
    words(250_000)
""",
}
PROGRAMS["mix"] = """
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)
def loop(n):
    total = 0
    for each in range(n):
        a = each * 3
        b = a ** 3 % 7
        total += (a + b) // 2
    return total
def words(n):
    parts = []
    for each in range(n):
        word = str(each)
        parts.append(word.upper() + "-" + word)
    return ",".join(parts)
for _ in range(10):
    fib(23)
    loop(200_000)
    words(100_000)
"""
PROGRAMS["objects"] = """
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    @property
    def norm(self):
        return abs(self.x) + abs(self.y)
    def moved(self, dx, dy):
        return Point(self.x + dx, self.y + dy)
class Cloud:
    def __init__(self, points):
        self.points = points
    def shift(self, step):
        self.points = [each.moved(step, -step) for each in self.points]
    def weight(self):
        total = 0
        for each in self.points:
            if each.norm > 3:
                total += each.norm
        return total
    def spread(self):
        rows = {}
        for each in self.points:
            rows[each.x % 97] = rows.get(each.x % 97, 0) + each.y * each.y % 11
        return sum(sorted(rows.values()))
def pairs(n):
    for a in range(n):
        yield a, a * a % 1009
def main():
    for turn in range(10):
        cloud = Cloud([Point(a, b) for a, b in pairs(60_000)])
        cloud.shift(turn)
        cloud.weight()
        for at in range(0, len(cloud.points), 1000):
            Cloud(cloud.points[at:at + 1000]).spread()
main()
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--py-spy", default=shutil.which("py-spy"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--installed", action="store_true", help="only what profilers that this interpreter has cost, through us and alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scripts = {}
        for name, text in PROGRAMS.items():
            scripts[name] = os.path.join(folder, name + ".py")
            with open(scripts[name], "w") as file:
                file.write(text)
        print("Python", sys.version.split()[0])
        if options.installed:
            installed_costs(folder, scripts, options)
            return
        costs(folder, scripts, options)
        if options.py_spy:
            bias(folder, scripts, options)


def commands(script, output):
    run = [sys.executable, ENTRY, "run", "--output", output, "--engine"]
    found = {
        "none": [sys.executable, script],
        "sampler": [*run, "sampler", "--", script],
        "sampler, in process": [*run, "sampler", "--in-process", "--", script],
        "hybrid": [*run, "hybrid", "--", script],
        "hybrid, in process": [*run, "hybrid", "--in-process", "--", script],
        "cprofile": [*run, "cprofile", "--", script],
        "lines": [*run, "lines", "--", script],
        "lines of one function": [*run, "lines", "--only", "^(fib|loop|words|Cloud.weight|weight)$", "--", script],
        "python -m cProfile": [sys.executable, "-m", "cProfile", "-o", output, script],
    }
    return found


def installed(script, output):
    """Each profiler under our runner, and by its own command with the same settings."""
    run = [sys.executable, ENTRY, "run", "--output", output, "--engine"]
    alone = [sys.executable, "-m"]
    return {
        "none": [sys.executable, script],
        "line-profiler": [*run, "line-profiler", "--only", ".", "--", script],
        "kernprof -l -p SCRIPT": [*alone, "kernprof", "-q", "-l", "-p", script, "-o", output, script],
        "pyinstrument": [*run, "pyinstrument", "--rate", "1000", "--", script],
        "python -m pyinstrument": [*alone, "pyinstrument", "-r", "pyisession", "-o", output, script],
        "scalene": [*run, "scalene", "--rate", "100", "--", script],
        "scalene run --cpu-only": [*alone, "scalene", "run", "--cpu-only", "-o", output + ".json", script],
        "viztracer": [*run, "viztracer", "--", script],
        "python -m viztracer": [*alone, "viztracer", "--quiet", "-o", output + ".json", script],
        "yappi": [*run, "yappi", "--", script],
        "python -m yappi -b": [*alone, "yappi", "-b", "-o", output, "-f", "pstat", script],
    }


def spy(py_spy, rate, output, script):
    return [py_spy, "record", "-f", "raw", "-t", "-r", str(rate), "--full-filenames", "-o", output, "--", sys.executable, script]


def timed(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime


def installed_costs(folder, scripts, options):
    """CPU time of each program by that without a profiler, both without what an empty program takes, which stands first."""
    output = os.path.join(folder, "out")
    empty = os.path.join(folder, "empty.py")
    open(empty, "w").close()
    best = {}
    for _ in range(options.rounds):
        for name, script in {"start, s": empty, **scripts}.items():
            for engine, command in installed(script, output).items():
                best[name, engine] = min(best.get((name, engine), 1e9), timed(command))
    table = {}
    for (name, engine), seconds in best.items():
        start, plain = best["start, s", engine], best[name, "none"] - best["start, s", "none"]
        table.setdefault(engine, {})[name] = "%.2f" % start if name == "start, s" else "x%.2f" % ((seconds - start) / plain)
    show("cost", table, ["start, s", *scripts])


def costs(folder, scripts, options):
    output = os.path.join(folder, "out")
    table = {}
    for name, script in scripts.items():
        best = {}
        for _ in range(options.rounds):
            for engine, command in commands(script, output).items():
                best[engine] = min(best.get(engine, 1e9), timed(command))
        for engine, seconds in best.items():
            table.setdefault(engine, {})[name] = "x%.2f" % (seconds / best["none"])
    show("cost", table, list(scripts))


def bias(folder, scripts, options):
    output = os.path.join(folder, "out")
    by_line, by_function = {}, {}
    for name, script in scripts.items():
        spied = [raw_samples(options.py_spy, output, script) for _ in range(2 * options.rounds)]
        truth, again = (percent(summed(spied[first::2])) for first in (0, 1))
        found = {"py-spy again": again}
        for engine in ("sampler", "sampler, in process", "hybrid", "hybrid, in process"):
            runs = [own_samples(commands(script, output)[engine], output, script) for _ in range(options.rounds)]
            if engine.startswith("hybrid"):
                found[engine + ", as traced"] = percent(summed(run["wall"] for run in runs))
                found[engine] = percent(summed(run["untraced"] for run in runs))
            else:
                found[engine] = percent(summed(run["wall"] for run in runs))
        for engine, shares in found.items():
            by_line.setdefault(engine, {})[name] = "%.0f %%" % distance(truth, shares)
            by_function.setdefault(engine, {})[name] = "%.0f %%" % distance(functions(truth), functions(shares))
            if name in ("mix", "objects"):
                print(engine.ljust(30), {key: round(value) for key, value in sorted(functions(shares).items())})
        if name in ("mix", "objects"):
            print("py-spy".ljust(30), {key: round(value) for key, value in sorted(functions(truth).items())})
    show("distance of lines from py-spy", by_line, list(scripts))
    show("distance of functions from py-spy", by_function, list(scripts))


def raw_samples(py_spy, output, script):
    """Samples per (function, line) of the script."""
    subprocess.run(spy(py_spy, 500, output, script), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {}
    with open(output) as file:
        for line in file:
            stack, count = line.rsplit(" ", 1)
            leaf = re.fullmatch(r"(.*) \((.*):(\d+)\)", stack.split(";")[-1])
            if leaf and leaf[2] == script:
                key = leaf[1].rpartition(".")[2], int(leaf[3])
                found[key] = found.get(key, 0) + int(count)
    return found


def own_samples(command, output, script):
    """{value type: nanoseconds per (function, line) of the script}"""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = {"wall": {}, "untraced": {}}
    for stack, values, labels in Profile(output).samples:
        if "thread" in labels and stack[0][0][2] == script:
            key = stack[0][0][1], stack[0][1]
            for kind, sums in found.items():
                sums[key] = sums.get(key, 0) + values.get(kind, 0)
    return found


def summed(runs):
    found = {}
    for run in runs:
        for key, value in run.items():
            found[key] = found.get(key, 0) + value
    return found


def percent(found):
    total = sum(found.values()) or 1
    return {key: 100 * value / total for key, value in found.items()}


def functions(shares):
    found = {}
    for (function, _), share in shares.items():
        found[function] = found.get(function, 0) + share
    return found


def distance(one, other):
    return sum(abs(one.get(key, 0) - other.get(key, 0)) for key in {*one, *other}) / 2


def show(title, table, columns):
    print("\n| %s | %s |" % (title, " | ".join(columns)))
    print("|---|" + "---|" * len(columns))
    for row, cells in table.items():
        print("| %s | %s |" % (row, " | ".join(cells[column] for column in columns)))


if __name__ == "__main__":
    main()

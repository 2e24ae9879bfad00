"""
The agent through hard days: `python3 test/bench/agentSoak.py [--seconds 120]`.

A server that forks its workers, with windows of half a second, so that two minutes see as many rotations as four hours of windows of a minute do.
Workers are killed, replaced, and meet a disk that is full for a while; the folder has a limit. Then all that is left is read, and counted:
every window that was written must be whole, and none beside the open one of a killed worker, and those that were dropped and counted, may
be missing.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "python")
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from support import Profile  # noqa: E402

SERVER = """
import os, random, resource, signal, sys, threading, time
import heatline
folder, seconds, keep = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
agent = heatline.agent(folder, service="soak", window=0.5, cost=0.2, keep_bytes=keep)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)

def memory():
    return int(open("/proc/self/statm").read().split()[1]) * 4

def work():
    with heatline.labels(route="/%d" % random.randrange(3000)):
        until = time.thread_time() + 0.002
        while time.thread_time() < until: sum(range(100))
    time.sleep(0.004)

def worker():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=lambda: [work() for _ in iter(int, 1)], daemon=True).start()
    while True:
        for _ in range(150): work()
        if random.random() < 0.4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
            for _ in range(80): work()
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

def start():
    child = os.fork()
    return child or worker()

workers = [start() for _ in range(3)]
began, first, killed, ended = time.time(), None, 0, 0
while time.time() < began + seconds:
    time.sleep(random.uniform(1, 3))
    first = first or (memory() if time.time() > began + seconds / 4 else None)
    number = random.choice((9, 9, 15))
    os.kill(workers[0], number)
    os.waitpid(workers.pop(0), 0)
    killed, ended = killed + (number == 9), ended + (number == 15)
    workers.append(start())
for each in workers:
    os.kill(each, 15)
    os.waitpid(each, 0)
print("killed", killed, "ended", ended + len(workers), "memory of the server in kB after a quarter and at the end", first, memory())
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--keep", type=int, default=1 << 30, help="bytes of the folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        windows = os.path.join(folder, "windows")
        script = os.path.join(folder, "server.py")
        with open(script, "w") as file:
            file.write(SERVER)
        words = [sys.executable, script, windows, str(options.seconds), str(options.keep)]
        done = subprocess.run(words, env={**os.environ, "PYTHONPATH": ROOT}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        print(done.stdout.strip() or done.stderr)
        print("in the log: %s" % dict(collections.Counter(re.sub(r"[\d.]+", "N", line) for line in done.stderr.splitlines())))
        check(windows, options.keep < 1 << 30)


def check(windows, limited):
    names = sorted(os.listdir(windows))
    torn, agents, routes, dropped = 0, collections.defaultdict(list), 0, 0
    for name in names:
        if not name.endswith(".pb.gz"):
            continue
        try:
            profile = Profile(os.path.join(windows, name))
        except Exception as problem:
            torn += 1
            print(name, repr(problem))
            continue
        facts = dict(each.split("=", 1) for each in profile.comments if re.match("(profile_seq|dropped)=", each))
        agents["_".join(name.split("_")[3:5])].append((int(facts["profile_seq"]), int(facts.get("dropped", 0))))
        routes = max(routes, len({labels["route"] for _, _, labels in profile.samples if "route" in labels}))
    missing = 0
    for known in agents.values():
        known.sort()
        dropped += known[-1][1]
        first = known[0][0] if limited else 0
        # Of so many windows up to the last that is there, so many are there, and so many were counted as dropped.
        missing += known[-1][0] + 1 - first - len(known) - known[-1][1] + (known[0][1] if limited else 0)
    left = [name for name in names if not name.endswith(".pb.gz")]
    size = sum(os.path.getsize(os.path.join(windows, name)) for name in names)
    print("%d agents, %d windows of %d kB in all, %d half-written, most routes in one %d" % (len(agents), len(names) - len(left), size >> 10, len(left), routes))
    print("torn %d, dropped and counted %d, missing without a word %d" % (torn, dropped, missing))
    sys.exit(1 if torn or missing else 0)


if __name__ == "__main__":
    main()

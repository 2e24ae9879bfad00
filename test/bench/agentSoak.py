"""
The agent through hard days: `python3 test/bench/agentSoak.py [--seconds 180] [--gunicorn PYTHON]`.

Windows are of a second, so that a minute sees as many as an hour of windows of a minute does. Programs of agentSoakPrograms.py run side by side,
most of them with one folder: servers that fork, with workers that are killed and replaced, or may not write for a while; forks from several
threads; multiprocessing; a clock that is set; limits of size and age; a disk that is full; and gunicorn, of the Python that is named, with
workers that are killed, end after some requests and are reloaded. All have 10,000 labels, memory, locks, and a secret in their command line.
Then all that is left is read and counted: windows that were written are whole, and none is missing beside the open one of a killed process,
one that was just being written, and those that were dropped and counted.
"""

import argparse
import collections
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", "python"))
PROGRAMS = os.path.join(HERE, "agentSoakPrograms.py")
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from support import Profile  # noqa: E402

WINDOW = 1.0
SECRET = "hunter2-of-the-soak"
KINDS = ("server", "stopped", "storm", "spawn", "clock", "size", "age", "full")
# Whose older windows are deleted by limits.
LIMITED = ("size", "age", "full")
# Whose windows may be dropped while the disk is full: what is missing at a killed process's end cannot be told.
FULL = ("stopped", "full")
APP = """
import random, threading
from heatline import labels
lock = threading.Lock()
def wsgi(environ, start_response):
    with labels(route="/%d" % random.randrange(10000)), lock:
        body = str(sum(range(20000))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--gunicorn", metavar="PYTHON", help="a Python that has gunicorn")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside and shutil.which("unshare") and subprocess.call(["unshare", "-rm", "true"], stderr=subprocess.DEVNULL) == 0:
        # A small disk may be mounted there, and is gone afterwards.
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv, "--inside"])
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(1 if Soak(folder, options).run() else 0)


class Soak:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.windows, self.small = os.path.join(folder, "windows"), os.path.join(folder, "small")
        os.mkdir(self.small)
        self.counts, self.logs, self.killed, self.answers = collections.Counter(), collections.Counter(), {}, collections.Counter()
        self.memory, self.closed = [], collections.Counter()  # windows that ended, by process
        self.ends = time.monotonic() + options.seconds

    def run(self):
        """Whether anything was wrong."""
        mounted = subprocess.call(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.small], stderr=subprocess.DEVNULL) == 0
        kinds = [each for each in KINDS if each != "full" or mounted]
        began = time.monotonic()
        threads = [threading.Thread(target=self.program, args=(each,)) for each in kinds]
        if self.options.gunicorn:
            threads.append(threading.Thread(target=self.gunicorn))
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        what = ", ".join([*kinds, *(["gunicorn"] if self.options.gunicorn else [])])
        print("%.0f s in windows of %g s, of Python %s, load average %.1f; programs: %s" % (time.monotonic() - began, WINDOW, sys.version.split()[0], os.getloadavg()[0], what))
        print("done to them: %s, kills %d" % (", ".join("%s %d" % each for each in sorted(self.counts.items())), len(self.killed)))
        print("memory of servers in kB after a quarter and at the end: %s" % ", ".join("%s %s" % tuple(each) for each in self.memory))
        print("answers of the endpoint: %s" % ", ".join("%s %d" % each for each in sorted(self.answers.items())))
        print("in the log: %s" % "; ".join("%d x %s" % (number, line) for line, number in sorted(self.logs.items())))
        wrong = sum(number for name, number in self.counts.items() if name.startswith("unclean"))
        for place in [self.windows, *([self.small] if mounted else [])]:
            wrong += self.check(place)
        if mounted:
            subprocess.call(["umount", self.small])
        return wrong

    def program(self, kind):
        place = self.small if kind == "full" else self.windows
        words = [sys.executable, PROGRAMS, kind, place, kind, str(self.options.seconds), "--password", SECRET]
        process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = []
        reading = threading.Thread(target=lambda: log.extend(process.stderr))
        reading.start()
        for line in process.stdout:
            told = json.loads(line)
            if "closed" in told:
                self.closed[kind, str(told["closed"])] += 1
                continue
            if "address" in told:
                threading.Thread(target=self.ask, args=(told["address"],), daemon=True).start()
                continue
            self.killed.update((str(number), when) for number, when in told.pop("killed"))
            self.memory += [told.pop(name) for name in list(told) if name.startswith("memory")]
            self.counts.update(told)
        if process.wait():
            self.counts["unclean end %d of %s" % (process.returncode, kind)] += 1
        reading.join()
        self.note(log)

    def note(self, log):
        self.logs.update(re.sub(r"\d[\d.e+]*", "N", line.strip()) for line in log if line.strip())

    def ask(self, address):
        """Profiles of a server, with its token and without."""
        while time.monotonic() < self.ends - 5:
            for token in ("soak-token", "another"):
                request = urllib.request.Request(address + "profile?seconds=0.5", headers={"Authorization": "Bearer " + token})
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        self.answers["%d" % answer.status] += len(answer.read()) > 0
                except urllib.error.HTTPError as problem:
                    self.answers["%d" % problem.code] += 1
                except OSError as problem:
                    self.answers[type(problem).__name__] += 1
            time.sleep(1)

    def gunicorn(self):
        """A server with three workers, that get requests, are killed, end after some requests, and are reloaded."""
        with open(os.path.join(self.folder, "app.py"), "w") as file:
            file.write(APP)
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            port = trial.getsockname()[1]
        ours = [os.path.join(ROOT, "heatline", "__main__.py"), "agent", "--folder", self.windows, "--service", "gunicorn", "--window", str(WINDOW)]
        theirs = ["-m", "gunicorn", "app:wsgi", "-b", "127.0.0.1:%d" % port, "-w", "3", "-k", "gthread", "--threads", "4", "--max-requests", "400",
                  "--log-level", "error", "-e", "API_TOKEN=" + SECRET]
        words = [self.options.gunicorn, *ours, "--cost", "0.2", "--memory", "--locks=10", "--", *theirs]
        with open(os.path.join(self.folder, "gunicorn.log"), "w+") as log:
            process = subprocess.Popen(words, cwd=self.folder, env=environment(), stdout=log, stderr=log)
            while process.poll() is None and not answers(port):
                time.sleep(0.1)
            clients = [threading.Thread(target=self.request, args=(port,)) for _ in range(4)]
            for each in clients:
                each.start()
            number = 0
            while time.monotonic() < self.ends - 5:
                time.sleep(random.uniform(2, 4))
                number += 1
                if number % 4 == 0:
                    process.send_signal(signal.SIGHUP)
                    self.counts["reloads of gunicorn"] += 1
                    continue
                with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as file:
                    workers = file.read().split()
                if workers:
                    chosen = random.choice(workers)
                    os.kill(int(chosen), signal.SIGKILL)
                    self.killed[chosen] = time.time()
            for each in clients:
                each.join()
            process.terminate()
            if process.wait(60):
                self.counts["unclean end %d of gunicorn" % process.returncode] += 1
            log.seek(0)
            self.note(line for line in log if "heatline" in line or "Traceback" in line)

    def request(self, port):
        while time.monotonic() < self.ends - 4:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", "/")
                self.counts["requests of gunicorn"] += connection.getresponse().status == 200
                connection.close()
            except (OSError, http.client.HTTPException):
                self.counts["requests cut off by kills"] += 1
            time.sleep(0.01)

    def check(self, place):
        """Reads all windows of a folder, and prints what there is. Returns how much of it is wrong."""
        counts, agents, labels, gaps, lost = collections.Counter(), collections.defaultdict(list), 0, [], []
        closed = collections.Counter({key: number for key, number in self.closed.items() if (key[0] == "full") == (place == self.small)})
        names = sorted(os.listdir(place))
        for name in names:
            if not name.endswith(".pb.gz"):
                counts["half-written"] += ".tmp-" in name
                continue
            counts["windows"] += 1
            try:
                profile = Profile(os.path.join(place, name))
            except Exception as problem:
                counts["torn"] += 1
                print(name, repr(problem))
                continue
            counts["with the secret"] += any(SECRET in each for each in profile.comments)
            facts = dict(each.split("=", 1) for each in profile.comments if re.match("(profile_seq|dropped)=", each))
            end = (profile.numbers[9] + profile.numbers[10]) / 1e9
            agents[tuple(name.split("_")[1:5])].append((int(facts["profile_seq"]), int(facts.get("dropped", 0)), end))
            counts["with memory"] += any(values.get("kept_space") for _, values, _ in profile.samples)
            counts["with locks"] += any(values.get("lock-acquire") for _, values, _ in profile.samples)
            labels = max(labels, len({each["route"] for _, _, each in profile.samples if "route" in each}))
        for (service, _, process, _), known in agents.items():
            known.sort()
            first, dropped_before = (known[0][0], known[0][1]) if service in LIMITED else (0, 0)
            counts["dropped and counted"] += known[-1][1]
            # Of so many windows up to the last that is there, so many are there, and so many were counted as dropped.
            counts["missing"] += known[-1][0] + 1 - first - len(known) - (known[-1][1] - dropped_before)
            closed[service, process] -= known[-1][0] + 1
            if process in self.killed and service not in FULL:
                gaps.append(self.killed[process] - known[-1][2])
        for (service, process), number in closed.items():
            if service not in FULL and service != "gunicorn":
                if process in self.killed or service == "storm":
                    lost.append(number)
                elif number:
                    counts["missing"] += number
                    print("process %s of %s: %d windows of %d were not written" % (process, service, number, self.closed[service, process]))
        size = sum(os.path.getsize(os.path.join(place, name)) for name in names)
        print("%s: %d agents, %d windows, %d kB" % (os.path.basename(place), len(agents), counts["windows"], size >> 10))
        print("  " + ", ".join("%s %d" % (name, counts[name]) for name in ("torn", "missing", "dropped and counted", "half-written", "with the secret", "with memory", "with locks")))
        print("  most labels in a window %d; longest chain of one process's windows %d" % (labels, max((known[-1][0] + 1 for known in agents.values()), default=0)))
        if gaps:
            print("  of %d that were killed, the last window ended %.1f s before (the median), %.1f s at most" % (len(gaps), sorted(gaps)[len(gaps) // 2], max(gaps)))
            print("  windows that had ended and were not yet written at kill -9 or os._exit: %s" % (
                ", ".join("%d in %d processes" % (number, lost.count(number)) for number in sorted(set(lost)))))
        return counts["torn"] + counts["missing"] + counts["with the secret"]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def environment():
    return {**os.environ, "PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    main()

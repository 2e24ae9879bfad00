"""A long recording of many threads: run as `python3 test/bench/soak.py [--seconds 600] [--rate 1000] [--threads 50] [--again] [--keep FILE] [--json]`.

A program of real threads, of which some compute all the time, most sleep and work by turns and some only wait, is recorded by
the engine `sampler` as the extension records it, with the live view. Looked at: the memory of the program beside that of the
same program alone, and of the helper that samples it, from time to time; the share of the looks that were due and came; the
size of the file; and how long it takes from Stop (Ctrl-C) to the first picture: until the program has ended, the server has
opened the file, and it has answered what the flame graph asks. It wants `npm run build`.

Functions call each other by lot, so that new stacks never end: the worst case. With `--again` each thread goes the same ways
again and again, as servers and training loops do.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "test", "python"))

from support import ENTRY, Profile  # noqa: E402

# Forty functions that call each other, so that stacks differ in what stands in them and in depth; sleep takes the place of I/O.
PROGRAM = """
import random, sys, threading, time
FUNCTIONS = []
for number in range(40):
    scope = {"FUNCTIONS": FUNCTIONS}
    exec(compile('''
def step_%d(dice, depth, work):
    total = 0
    for each in range(work):
        total += each * each %% 7
    if depth:
        total += dice.choice(FUNCTIONS)(dice, depth - 1, work)
    return total
''' % number, "steps_%d.py" % (number % 8), "exec"), scope)
    FUNCTIONS.append(scope["step_%d" % number])

# A dice that falls the same way each time round.
class Again:
    def __init__(self, seed):
        dice = random.Random(seed)
        self.falls = [dice.randrange(40) for _ in range(60)]
        self.at = 0
    def randrange(self, end):
        self.at = (self.at + 1) % 60
        return self.falls[self.at] % end
    def choice(self, items):
        return items[self.randrange(len(items))]
    def random(self):
        return self.randrange(40) / 40

def busy(seed):
    dice = Dice(seed)
    while True:
        FUNCTIONS[seed % 40](dice, 4, 20)

def by_turns(seed):
    dice = Dice(seed)
    while True:
        FUNCTIONS[seed % 40](dice, dice.randrange(12), 30)
        time.sleep(0.05 + dice.random() / 10)

def wait(lock):
    lock.acquire()

threads = int(sys.argv[1])
Dice = Again if "again" in sys.argv else random.Random
lock = threading.Lock()
lock.acquire()
for number in range(threads - 1):
    target, argument = (busy, number) if number % 12 == 0 else (wait, lock) if number % 5 == 0 else (by_turns, number)
    threading.Thread(target=target, args=(argument,), name="%s %d" % (target.__name__, number), daemon=True).start()
print("ready", flush=True)
while True:
    time.sleep(1)
"""
MEGABYTE = 1 << 20
LOOK_SECONDS = 5.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--again", action="store_true", help="a program whose stacks repeat")
    parser.add_argument("--keep", metavar="FILE", help="where the recording is to stay")
    parser.add_argument("--server", default=os.path.join(ROOT, "dist", "server.js"))
    parser.add_argument("--json", action="store_true", help="figures for a program")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="heatline soak ")
    try:
        found = soak(folder, options)
    finally:
        shutil.rmtree(folder, True)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print("%-24s %s" % (name, value))


def soak(folder, options):
    script, output = os.path.join(folder, "soak.py"), os.path.join(folder, "soak.pb.gz")
    with open(script, "w") as file:
        file.write(PROGRAM)
    words = [script, str(options.threads), *(["again"] if options.again else [])]
    alone = begin([sys.executable, *words], folder)
    alone_mb = memory(alone.pid, min(20.0, options.seconds))[-1]
    alone.kill()
    alone.communicate()

    server = Server(options.server, folder)
    recorder = ["run", "--engine", "sampler", "--live", "--rate", str(options.rate), "--output", output, "--"]
    program = begin([sys.executable, ENTRY, *recorder, *words], folder)
    with open(output + ".helper") as file:
        helper = int(file.read())
    program_mb, helper_mb = [], []
    end = time.monotonic() + options.seconds
    uri, live = "file://" + output.replace(" ", "%20"), None
    while time.monotonic() < end and program.poll() is None:
        program_mb.append(resident(program.pid))
        helper_mb.append(resident(helper))
        time.sleep(max(0.0, min(LOOK_SECONDS, end - time.monotonic())))
        if os.path.exists(output + ".live"):
            live, before = server.open(uri, {"label": "running"}), live
            server.flame(live)
            if before is not None:
                server.ask("profile/close", {"profile": before["id"]})
    if program.poll() is not None:
        raise SystemExit("the program ended by itself: %s" % program.communicate()[1].decode())

    stop = time.monotonic()
    program.send_signal(signal.SIGINT)
    program.communicate()
    ended = time.monotonic()
    opened = server.open(uri)
    read = time.monotonic()
    flame = server.flame(opened)
    shown = time.monotonic()
    server.end()

    if options.keep:
        shutil.copyfile(output, options.keep)
    quality = Profile(output).quality
    return {
        "python": sys.version.split()[0],
        "seconds": options.seconds,
        "new stacks": "again and again the same" if options.again else "without end",
        "rate asked, Hz": options.rate,
        "rate got, Hz": quality["rateGot"],
        "ticks that came, %": round(100 * quality["rateGot"] / options.rate, 1),
        "errors": quality["errors"],
        "samples": opened["samples"],
        "threads": len(opened["threads"]),
        "file, MB": round(os.path.getsize(output) / MEGABYTE, 3),
        "program alone, MB": round(alone_mb, 1),
        "program recorded, MB": spread(program_mb),
        "helper, MB": spread(helper_mb),
        "boxes of the picture": len(flame["node"]),
        "stop to end, s": round(ended - stop, 2),
        "end to opened, s": round(read - ended, 2),
        "opened to picture, s": round(shown - read, 2),
        "stop to picture, s": round(shown - stop, 2),
    }


def begin(command, folder):
    # A shell's background jobs ignore Ctrl-C, and so would what they start.
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    program = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heard)
    if program.stdout.readline() != b"ready\n":
        raise SystemExit("the program did not begin: %s" % program.communicate()[1].decode())
    return program


def resident(pid):
    """MB of a process in memory that no other process has as well: a forked helper shares most of its parent's at first."""
    with open("/proc/%d/smaps_rollup" % pid) as file:
        figures = dict(line.split()[:2] for line in file.readlines()[1:])
    return (int(figures["Private_Clean:"]) + int(figures["Private_Dirty:"])) / 1024


def memory(pid, seconds):
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(LOOK_SECONDS, seconds))
        found.append(resident(pid))
    return found


def spread(figures):
    """The first look, the one in the middle, the last, and the largest."""
    return {"first": round(figures[0], 1), "middle": round(figures[len(figures) // 2], 1), "last": round(figures[-1], 1), "most": round(max(figures), 1)}


class Server:
    """The language server as it ships, asked over its standard streams."""

    def __init__(self, bundle, folder):
        command = ["node", bundle, "--stdio"]
        self._process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._number = 0
        self.ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}})
        self._send({"jsonrpc": "2.0", "method": "initialized", "params": {}})

    def ask(self, method, params):
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") != self._number or "method" in message:
                continue
            if "error" in message:
                raise SystemExit("%s: %s" % (method, message["error"]["message"]))
            return message["result"]

    def open(self, uri, live=None):
        return self.ask("profile/open", {"uri": uri, **({"live": live} if live else {})})

    def flame(self, opened):
        view = {"profile": opened["id"], "type": opened["defaultType"]}
        return self.ask("profile/flame", {"view": view, "root": -1, "minFraction": 1 / 2000})

    def _send(self, message):
        data = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self._process.stdin.flush()

    def _read(self):
        length = 0
        while True:
            line = self._process.stdout.readline()
            if not line:
                raise SystemExit("the server has ended; was it built?")
            if line == b"\r\n":
                return json.loads(self._process.stdout.read(length))
            key, _, value = line.partition(b":")
            if key.lower() == b"content-length":
                length = int(value)

    def end(self):
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait()


if __name__ == "__main__":
    main()

"""
What the agent costs a web service under load: `python3 test/bench/agent.py --python VENV/bin/python [--server gunicorn] [--rounds 30]`.

The interpreter that is named has uvicorn or gunicorn; without them the service is the standard library's server. Where ddtrace is there
as well, its profiler (stacks alone, as ours) is the peer. All services are up at the same time and get load in turn, round after round in
changing order, so that a busy moment of the machine falls on each of them. `alone` and `alone again` are two services without anything: a
round's ratio is to the mean of both, and theirs is to the other one, so that what they differ by is noise. A figure is the mean of the rounds'
ratios (of their logarithms, without the highest and the lowest tenth), with the interval that 95 of 100 draws of as many rounds, from these
rounds, have it in. Rounds may be as short as a second: many short ones tell more than a few long ones.
Load comes from wrk where it is installed, else from a client of ours.
Processor time for a request is of the service's processes, as the system counts it. The agent's own measure is that of its windows.
"""

import argparse
import asyncio
import http.server
import math
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
ENTRY = os.path.join(ROOT, "python", "heatline", "__main__.py")
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from support import Profile  # noqa: E402

# A request takes about a millisecond of Python: a search, a page, JSON. With LABELS each request bears its route.
APP = '''
import contextlib, json, os
if os.environ.get("LABELS"):
    from heatline import labels
else:
    labels = lambda **_: contextlib.nullcontext()
GOODS = [{"id": number, "name": "thing %d" % (number * 7919 % 1000), "price": number * 31 % 977} for number in range(400)]

def search(word):
    return sorted((each for each in GOODS if word in each["name"]), key=lambda each: each["price"])[:20]

def page(goods):
    return "<ul>%s</ul>" % "".join("<li>{name}: {price}</li>".format(**each) for each in goods)

def answer(path):
    with labels(route=path):
        found = search(path[-1])
        return json.dumps({"page": page(found), "goods": found}).encode()

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        body = answer(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})
    elif scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind.endswith("shutdown"):
                return

def wsgi(environ, start_response):
    body = answer(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

if __name__ == "__main__":
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            body = answer(self.path)
            self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
        def log_message(self, *_): pass
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
'''
QUIET = {"DD_PROFILING_ENABLED": "true", "DD_TRACE_ENABLED": "false", "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false"}
QUIET.update({"DD_PROFILING_MEMORY_ENABLED": "false", "DD_PROFILING_LOCK_ENABLED": "false", "DD_REMOTE_CONFIGURATION_ENABLED": "false"})
QUIET["DD_PROFILING_UPLOAD_INTERVAL"] = "20"
sent = []  # paths that ddtrace has sent something to


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--server", choices=("uvicorn", "gunicorn", "stdlib"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each service and round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--wrk", default=shutil.which("wrk"), help="what makes the load")
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--cost", type=float, default=0.01, help="what the agent may cost")
    parser.add_argument("--all", action="store_true", help="with memory and locks, in place of labels")
    options = parser.parse_args()
    has = [name for name in ("uvicorn", "gunicorn", "ddtrace") if subprocess.call([options.python, "-c", "import " + name], stderr=subprocess.DEVNULL) == 0]
    server = options.server or next((name for name in has if name != "ddtrace"), "stdlib")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "app.py"), "w") as file:
            file.write(APP)
        names = ["alone", "agent", "agent with all" if options.all else "agent with labels", "alone again", *(["ddtrace"] if "ddtrace" in has else [])]
        services = [Service(name, folder, options, server) for name in names]
        try:
            for each in services:
                each.wait()
            how = (server, "wrk" if options.wrk else "our client", options.python, options.rounds, options.seconds, os.getloadavg()[0])
            print("%s under load of %s, Python of %s, %d rounds of %g s, load average %.1f" % how)
            for number in range(options.rounds + 1):
                for each in random.sample(services, len(services)):
                    each.load(options, keep=number > 0)
        finally:
            for each in services:
                each.end()
        show(services)
        windows = os.path.join(folder, "windows")
        for service in ("agent", "agent-with-all") if options.all else ("agent",):
            names = [name for name in sorted(os.listdir(windows)) if name.endswith(".pb.gz") and "_%s_" % service in name]
            costs = [Profile(os.path.join(windows, name)).quality for name in names]
            told = ", ".join("%.2f %%" % (100 * each["cost"]) for each in costs)
            print("\nThe %s by its own measure, window by window: %s of a processor" % (service.replace("-", " "), told))
            print("Looks a second: %s" % ", ".join("%.0f" % each["rateGot"] for each in costs))
        print("Profiles that ddtrace sent: %d" % sum("profiling" in each for each in sent))


def show(services):
    print("\n| | requests a second | throughput | p50 | p99 | processor time for a request |\n|---|---|---|---|---|---|")
    alone = [each.rounds for each in services if each.name.startswith("alone")]
    for each in services:
        others = [rounds for rounds in alone if rounds is not each.rounds]
        cells = ["x%.3f [%.3f–%.3f]" % interval(logs(each.rounds, others, figure)) for figure in ("throughput", "p50", "p99", "cpu")]
        print("| %s | %.0f | %s |" % (each.name, statistics.median(row["throughput"] for row in each.rounds), " | ".join(cells)))


def logs(rounds, others, figure):
    """Logarithms of the rounds' ratios to the mean of others."""
    pairs = [(mine[figure], statistics.mean(row[figure] for row in rows)) for mine, *rows in zip(rounds, *others)]
    return [math.log(mine / other) for mine, other in pairs if mine and other]


def interval(found, draws=2000):
    """(the ratio, and the ends of its interval) from logarithms of ratios."""
    if not found:
        return (math.nan,) * 3
    chance = random.Random(1)
    means = sorted(trimmed_mean(chance.choices(found, k=len(found))) for _ in range(draws))
    return tuple(map(math.exp, (trimmed_mean(found), means[draws // 40], means[-1 - draws // 40])))


def trimmed_mean(found):
    """The mean without the highest and the lowest tenth."""
    cut = len(found) // 10
    return statistics.fmean(sorted(found)[cut : len(found) - cut])


class Service:
    def __init__(self, name, folder, options, server):
        self.name, self.rounds = name, []
        self.port = free_port()
        environment = {**os.environ, "PYTHONPATH": os.path.join(ROOT, "python") + os.pathsep + folder, "PYTHONDONTWRITEBYTECODE": "1"}
        words = {
            "uvicorn": ["-m", "uvicorn", "app:asgi", "--port", str(self.port), "--log-level", "error", "--no-access-log", "--workers", str(options.workers)],
            "gunicorn": ["-m", "gunicorn", "app:wsgi", "-b", "127.0.0.1:%d" % self.port, "--log-level", "error", "-k", "gthread", "--threads", "8",
                         "-w", str(options.workers)],
            "stdlib": [os.path.join(folder, "app.py"), str(self.port)],
        }[server]
        command = [options.python]
        if name.startswith("agent"):
            if name == "agent with labels":
                environment["LABELS"] = "1"
            settings = ["--folder", os.path.join(folder, "windows"), "--rate", str(options.rate), "--window", "20", "--cost", str(options.cost)]
            watched = ["--memory", "--locks"] if name == "agent with all" else []
            command += [ENTRY, "agent", *settings, *watched, "--service", name, "--"]
        elif name == "ddtrace":
            environment.update(QUIET, DD_TRACE_AGENT_URL="http://127.0.0.1:%d" % sink(), DD_SERVICE="bench")
            command += ["-m", "ddtrace.commands.ddtrace_run", options.python]
        self.process = subprocess.Popen([*command, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL)

    def wait(self):
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("%s did not start" % self.name)
                time.sleep(0.1)

    def load(self, options, keep):
        cpu, began = cpu_of(self.process.pid), time.perf_counter()
        if options.wrk:
            count, p50, p99 = wrk(options, self.port)
        else:
            times = sorted(asyncio.run(requests(self.port, options.seconds, options.connections)))
            count, p50, p99 = len(times), times[len(times) // 2], times[len(times) * 99 // 100]
        lasted = time.perf_counter() - began
        if keep:
            spent = cpu_of(self.process.pid) - cpu
            self.rounds.append({"throughput": count / lasted, "p50": p50, "p99": p99, "cpu": spent / count})

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wrk(options, port):
    """How many answers there were, and the seconds within which half of them and 99 of 100 came."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write('local n = 0 request = function() n = n + 1 return wrk.format("GET", "/search/" .. n % 10) end')
        script.flush()
        words = [options.wrk, "-t1", "-c%d" % options.connections, "-d%ds" % max(1, round(options.seconds)), "--latency", "-s", script.name]
        text = subprocess.run([*words, "http://127.0.0.1:%d" % port], check=True, capture_output=True, text=True).stdout
    if "Socket errors" in text or "Non-2xx" in text:
        raise SystemExit(text)
    count = int(re.search(r"(\d+) requests in", text).group(1))
    return (count, *(seconds(re.search(r" %s%%\s+(\S+)" % share, text).group(1)) for share in ("50", "99")))


def seconds(text):
    """Seconds of `1.23ms`."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]


async def requests(port, seconds, connections):
    """Seconds that each answer took; every connection sends its next request when the answer is there."""
    times, until = [], time.perf_counter() + seconds

    async def client(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = 0
        while time.perf_counter() < until:
            began = time.perf_counter()
            writer.write(b"GET /search/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % ((number + asked) % 10))
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)
            times.append(time.perf_counter() - began)
            asked += 1
        writer.close()

    await asyncio.gather(*map(client, range(connections)))
    return times


def cpu_of(process):
    """Seconds of CPU time of a process and its children, also of those that have ended; 0 where there is no /proc."""
    total, waiting = 0, [process]
    while waiting:
        try:
            each = waiting.pop()
            with open("/proc/%d/stat" % each) as file:
                fields = file.read().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
            for thread in os.listdir("/proc/%d/task" % each):
                with open("/proc/%d/task/%s/children" % (each, thread)) as file:
                    waiting += map(int, file.read().split())
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def sink():
    """A place that takes what ddtrace sends, so that it need not complain."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


if __name__ == "__main__":
    main()

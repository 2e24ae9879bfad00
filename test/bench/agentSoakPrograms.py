"""
Programs that agentSoak.py runs: `agentSoakPrograms.py KIND FOLDER SERVICE SECONDS`. Each serves for so long with the agent in it, in windows
of a second, and prints what it did to itself as a line of JSON: numbers by name, and `killed`: [[process, Unix time], …]. All of its processes
tell of each window that ends, before it is written, with {"closed": process}.
"""

import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading
import time

import heatline
from heatline.agent.writing import Writing

WINDOW = 1.0
ROUTES = 10_000
wall = time.time  # as it is, also where the program's clock is set
did = {"killed": []}


def tell(**facts):
    os.write(1, (json.dumps(facts) + "\n").encode())


def begin(folder, service, **more):
    add = Writing.add
    Writing.add = lambda self, window: (tell(closed=os.getpid()), add(self, window))
    settings = {"window": WINDOW, "cost": 0.2, "memory": True, "locks": 10, **more}
    return heatline.agent(folder, service=service, **settings)


def count(name, number=1):
    did[name] = did.get(name, 0) + number


def work(routes=ROUTES):
    with heatline.labels(route="/%d" % random.randrange(routes)):
        until = time.thread_time() + 0.002
        while time.thread_time() < until:
            sum(range(100))
    time.sleep(0.08)


def kill(process):
    os.kill(process, signal.SIGKILL)
    did["killed"].append([process, wall()])
    os.waitpid(process, 0)


def ended(process):
    """Waits for one that was told to end."""
    status = os.waitpid(process, 0)[1]
    if status:
        count("unclean end %d of a worker" % status)


def worker(stops):
    """Of a server that forks: two threads that work; with `stops` its disk is full now and then."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=lambda: [work() for _ in iter(int, 1)], daemon=True).start()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    while True:
        for _ in range(40):
            work()
        if stops and random.random() < 0.4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
            for _ in range(30):
                work()
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() >> 10


def server(folder, service, seconds, stops=False):
    """Forks three workers, of which one by one is killed, or told to end, and replaced. It uses signals and a timer of its own."""
    agent = begin(folder, service, endpoint="127.0.0.1:0", token="soak-token")
    tell(address=agent.address)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, lambda *_: count("signals of its own"))
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)

    def start():
        count("forks")
        return os.fork() or worker(stops)

    workers = [start() for _ in range(3)]
    until, first = wall() + seconds, None
    while wall() < until:
        time.sleep(random.uniform(2, 4))
        first = first or (memory() if wall() > until - 0.75 * seconds else None)
        if random.random() < 0.67:
            kill(workers.pop(0))
        else:
            os.kill(workers[0], signal.SIGTERM)
            ended(workers.pop(0))
        workers.append(start())
    for each in workers:
        os.kill(each, signal.SIGTERM)
        ended(each)
    signal.setitimer(signal.ITIMER_REAL, 0)
    did["memory kB after a quarter, at the end"] = [first, memory()]


def stopped(folder, service, seconds):
    """The same, with workers that may not write for some seconds now and then."""
    server(folder, service, seconds, stops=True)


def storm(folder, service, seconds):
    """Threads that fork all the time: children that end at once, go on for a while, or are killed."""
    begin(folder, service)
    until = wall() + seconds

    def forks():
        while wall() < until:
            count("forks")
            kind = random.random()
            child = os.fork()
            if child == 0:
                while kind >= 0.8:
                    work()
                    if kind < 0.9 and random.random() < 0.02:
                        break
                os._exit(0)  # which loses what `kill -9` does
            if kind >= 0.9:
                time.sleep(random.uniform(1, 4))
                kill(child)
            else:
                os.waitpid(child, 0)
            time.sleep(0.05)

    threads = [threading.Thread(target=forks) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def spawned(folder, service, seconds):
    """In a child of multiprocessing."""
    begin(folder, service)
    forked(seconds)


def forked(seconds):
    until = wall() + seconds
    while wall() < until:
        work()


def spawn(folder, service, seconds):
    """Children of multiprocessing, of both kinds; some are killed."""
    begin(folder, service)
    until = wall() + seconds
    while wall() < until:
        lasts = random.uniform(1, 4)
        children = [
            multiprocessing.get_context("spawn").Process(target=spawned, args=(folder, service, lasts)),
            multiprocessing.get_context("fork").Process(target=forked, args=(lasts,)),
        ]
        for each in children:
            each.start()
        count("spawns")
        count("forks")
        if random.random() < 0.3:
            time.sleep(2)
            children[0].kill()
            did["killed"].append([children[0].pid, wall()])
        for each in children:
            each.join()
            if each.exitcode not in (0, -signal.SIGKILL):
                count("unclean end %s of a child" % each.exitcode)


def clock(folder, service, seconds):
    """The system's clock is set, to and fro, as this program and the agent in it see it."""
    real, real_ns, off = time.time, time.time_ns, [0]
    time.time = lambda: real() + off[0]
    time.time_ns = lambda: real_ns() + off[0] * 1_000_000_000
    begin(folder, service)
    until = wall() + seconds
    while wall() < until:
        work()
        if random.random() < 0.01:
            off[0] = random.randrange(-86400, 86400)
            count("clock steps")


def size(folder, service, seconds):
    """A folder with room for some windows alone; a second process of the same service beside it."""
    begin(folder, service, keep_bytes=100_000)
    count("forks")
    child = os.fork()
    forked(seconds)
    if child:
        os.waitpid(child, 0)
    else:
        sys.exit(0)


def age(folder, service, seconds):
    """Windows that are kept for ten seconds."""
    begin(folder, service, keep_seconds=10)
    forked(seconds)


def full(folder, service, seconds):
    """On a disk that is full now and then: something else takes what room there is."""
    begin(folder, service, keep_bytes=200_000)
    until, other = wall() + seconds, os.path.join(folder, "of somebody else")
    while wall() < until:
        forked(min(6, max(0, until - wall())))
        if wall() < until - 8:
            try:
                with open(other, "wb", buffering=0) as file:
                    while file.write(bytes(4096)):
                        pass
            except OSError:
                count("times that the disk was full")
            forked(3)
            os.unlink(other)


if __name__ == "__main__":
    kind, folder, service, seconds = sys.argv[1:5]
    {each.__name__: each for each in (server, stopped, storm, spawn, clock, size, age, full)}[kind](folder, service, float(seconds))
    tell(**did)

"""The agent of a process: its windows one after the other, what it may cost, forks, and the end of the program."""

import atexit
import logging
import os
import socket
import sys
import time

from ..native import RLock, get_ident, threads
from ..unseen import soon
from .budget import Budget
from .context import only
from .folder import Folder
from .sampler import Sampler
from .secrets import mask_secrets
from .watching import Watching
from .window import Window
from .writing import Writing

log = logging.getLogger("heatline")
# Seconds between two judgements of what looking costs.
JUDGE_SECONDS = 5.0
# Variables that builds and deployments set.
COMMITS = "HEATLINE_COMMIT", "DD_GIT_COMMIT_SHA"
WARNS_AFTER_HOOKS = sys.version_info[:2] == (3, 13)  # of threads at a fork; 3.13.0 does

_agent = None
_hooked = False


def start(
    folder,
    *,
    service=None,
    version=None,
    commit=None,
    rate=100,
    window=60,
    labels=None,
    keep_bytes=1 << 30,
    keep_seconds=7 * 86400,
    endpoint=None,
    token=None,
    cost=0.01,
    memory=False,
    locks=False,
):
    """
    Samples all threads of this process for as long as it lives, and writes pprof files into `folder`, one for every `window` seconds.

    `rate` is in looks a second. `service` (else the name of the script), `version`, `commit` (else what the variable HEATLINE_COMMIT or
    DD_GIT_COMMIT_SHA says) and the texts in `labels` are told in every window. The windows of this service in the folder take
    `keep_bytes` at most and are deleted after `keep_seconds`; None: no limit. `endpoint` is "127.0.0.1:6060" or "unix:/run/app.sock",
    for `go tool pprof` and `heatline fetch`; beyond loopback it wants a `token`. `cost` is what the agent may take, as part of one
    processor. `memory` looks now and then who asks for memory (a number: so many frames of each stack, else 25), `locks` watches one
    in 100 (or so many) stretches of time who takes locks, waits for them and holds them. A child that is forked goes on with windows of its
    own. Called again, it begins anew. Returns an object with `stop()`, and `address` of the endpoint. Raises ValueError for settings
    that make no sense; whatever else goes wrong is logged (logger "heatline"), and the program runs on.
    """
    global _agent, _hooked
    _check(rate=rate, window=window, cost=cost, keep_bytes=keep_bytes, keep_seconds=keep_seconds)
    place = None
    if endpoint is not None:
        from .endpoint import Place

        place = Place(endpoint, token)
    if _agent is not None:
        _agent.stop()
    settings = {
        "service": service or os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0] or "python",
        "version": version,
        "commit": commit or next((os.environ[name] for name in COMMITS if os.environ.get(name)), None),
        "rate": float(rate),
        "window": float(window),
        "labels": dict(labels or {}),
        "keep_bytes": keep_bytes,
        "keep_seconds": keep_seconds,
        "place": place,
        "cost": float(cost),
        "memory": _figure("memory", memory, 25, 1, 128),
        "locks": _figure("locks", locks, 100, 2, 10000),
    }
    _agent = Agent(os.path.abspath(os.fspath(folder)), settings)
    if not _hooked:
        _hooked = True
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
    _agent.begin()
    return _agent


def _check(**figures):
    bounds = {"rate": (0.01, 1000), "window": (0.1, 86400), "cost": (0.0001, 1), "keep_bytes": (0, 1e18), "keep_seconds": (0, 1e12)}
    for name, figure in figures.items():
        low, high = bounds[name]
        if figure is None and name.startswith("keep_"):
            continue
        if not isinstance(figure, (int, float)) or not low <= figure <= high:
            raise ValueError("%s is a number from %g to %g" % (name, low, high))


def _figure(name, asked, usual, low, high):
    """None for what is not wanted, `usual` for what is; or the number that was given."""
    if asked is None or isinstance(asked, bool):
        return usual if asked else None
    if not isinstance(asked, (int, float)) or asked != int(asked) or not low <= asked <= high:
        raise ValueError("%s is True, False or a whole number from %d to %d" % (name, low, high))
    return int(asked)


class Agent:
    """What `heatline.agent(…)` returns. `address`: where the endpoint listens, or None."""

    def __init__(self, folder, settings, watching=None):
        """`watching`: what the process that this one was forked from watched beside time."""
        self._folder, self.settings = folder, settings
        self._forking, self._paused = 0, False
        self._fork_lock = RLock()  # again in the same thread: a signal's handler may fork as well
        self.process = os.getpid()
        self.state = "new"  # new, looking, ended
        self._sampler = Sampler(settings["rate"], self._after_look)
        self.watching = Watching(settings, watching)
        self._steps = settings["memory"] is not None
        self._budget = Budget(settings["rate"], settings["cost"] * self.watching.left)
        # For the age of windows: when the system's clock jumps ahead, they have not become old.
        began = time.time() - time.monotonic()
        host = socket.gethostname()
        names = settings["service"], host
        self._windows = Folder(folder, *names, settings["keep_bytes"], settings["keep_seconds"], lambda: min(time.time(), began + time.monotonic()))
        self._told = set()
        further = self.watching.further(os.getcwd() if os.path.isdir(".") else os.sep)
        self.writing = Writing(self._windows, self._sampler, self.comments(host), settings["rate"], self.tell_once, further)
        self._window = self._before = None
        self._stopped = False
        self._server = None

    @property
    def address(self):
        return None if self._server is None else self._server.address

    @property
    def threads(self):
        """Identities of threads that are the agent's own, for them to tell."""
        return self._sampler.ours

    def comments(self, host):
        """What is known of the process, in the words of Datadog's and Pyroscope's tags: `service=shop`."""
        facts = {
            "service": self.settings["service"],
            "version": self.settings["version"],
            "commit": self.settings["commit"],
            "host": host,
            "process_id": self.process,
            "language": "python",
            "runtime": sys.implementation.name,
            "runtime_version": "%d.%d.%d" % sys.version_info[:3],
            "command": " ".join(self.command()),
            **self.settings["labels"],
        }
        return ["%s=%s" % (name, text) for name, text in facts.items() if text is not None]

    @staticmethod
    def command():
        """The process's command line, with what looks like a secret masked."""
        return mask_secrets(list(getattr(sys, "orig_argv", None) or [sys.executable or "python", *sys.argv]))

    def begin(self):
        """Begins to look. Where there are no threads, it says so in the log and does nothing."""
        now = time.perf_counter_ns()
        self._open(now)
        self._judged = now, 0, 0
        self._plan()
        try:
            self._sampler.start(now)
        except (RuntimeError, ImportError, AttributeError) as problem:
            self.state = "ended"
            self.tell_once("threads", "no thread can be started here (%s): nothing is recorded", problem)
            return
        self.state = "looking"
        self.watching.start(self.threads, self.tell_once)
        if self.settings["place"] is not None:
            from .endpoint import serve

            self._server = serve(self, self.settings["place"])

    def stop(self):
        """Ends it, and writes what is not written yet, also where it has ended by itself. Does nothing the second time."""
        if self._stopped or os.getpid() != self.process:
            return
        self._stopped = True
        self.state = "ended"
        if self._server is not None:
            self._server.close()
        self._sampler.stop()
        if self._window is not None:
            self._close(self._sampler.last, self._sampler.own_cpu - self.watching.cpu)
        self.watching.stop()
        self.writing.finish()

    def tell_once(self, what, sentence, *arguments):
        """In the log, once for each kind of thing; never an error of the program's."""
        if what not in self._told:
            self._told.add(what)
            thread, known = get_ident(), threads()
            is_ours = thread not in known
            try:
                log.warning("heatline: " + sentence, *arguments)
            except Exception:
                pass  # A handler of the program's; it shall not end our thread.
            if is_ours:
                known.pop(thread, None)  # Logging asks for the thread's name, and from then on the program would see it.

    # Windows, in the sampler's thread

    def _after_look(self, sampler):
        """After each look; true ends the sampling."""
        now = sampler.last
        if self._steps:
            self.watching.step(now)
        return now >= self._due and self._do_what_is_due(sampler, now)

    def _plan(self):
        """When the next thing is due."""
        lasts = int(self.settings["window"] * 1e9)
        self._to_judge = self._judged[0] + min(int(JUDGE_SECONDS * 1e9), lasts)
        self._to_close = self._window.began + lasts
        self._due = min(self._to_judge, self._to_close)

    def _do_what_is_due(self, sampler, now):
        """Judges the cost, and ends a window. True ends the sampling."""
        used = sampler.own_cpu + _thread_time() - self.watching.cpu
        ends = False
        if now >= self._to_judge:
            since, spent, ticks = self._judged
            self._judged = now, used, sampler.ticks
            self._window.cost += int(self.watching.judge((now - since) / 1e9) * (now - since))
            ends = self._judge((now - since) / 1e9, sampler.ticks - ticks, (used - spent) / 1e9)
        if now >= self._to_close or ends:
            self._close(now, used)
            if not ends:
                self._open(now, used)
            else:
                self.watching.stop()
            self.writing.begin()
        if not ends:
            self._plan()
        return ends

    def _judge(self, seconds, looks, spent):
        """Whether that is so much that the agent ends."""
        change = self._budget.judge(seconds, looks, spent, self.writing.share)
        if change is None:
            return False
        self._window.notes.append(change)
        self.tell_once("cost" if self._budget.rate else "end", "%s", change)
        if self._budget.rate:
            self._sampler.rate = self._budget.rate
            return False
        self.state = "ended"
        return True

    def _open(self, now, used=0):
        self._window = Window(now)
        self._window.ticks, self._window.errors, self._window.cost = -self._sampler.ticks, -self._sampler.errors, -used
        self._sampler.sinks.append(self._window.rows)
        self.watching.open(self._window)

    def _close(self, now, used):
        """`used`: CPU ns of the sampler's thread so far."""
        window, self._window = self._window, None
        self._sampler.sinks.remove(window.rows)
        self.watching.close(window)
        window.notes += self.watching.told()
        self._before = window.without_time(now)
        window.ended = now
        window.ticks += self._sampler.ticks
        window.errors += self._sampler.errors
        window.cost += used
        window.codes = self._sampler.fresh()
        if window.ticks:
            self.writing.add(window)

    def profile(self, seconds, wait):
        """A window of its own of the next seconds, for the endpoint, as a file's bytes; None when the agent has ended. `wait(seconds)` sleeps."""
        sampler = self._sampler
        window = Window(sampler.last)
        window.ticks = -sampler.ticks
        sampler.sinks.append(window.rows)
        try:
            wait(seconds)
        finally:
            sampler.sinks.remove(window.rows)
        if self.state != "looking":
            return None
        window.ended = sampler.last
        window.ticks += sampler.ticks
        window.codes = sampler.codes
        return self.writing.encoded(window)

    def beside_time(self, asked, seconds, wait):
        """
        The same of memory or locks, `asked` being Go's name of it: of the next seconds, or with None of the last window and the one that is open.
        """
        if seconds is None:
            self.watching.settle()
            windows = [each.without_time(self._sampler.last) for each in (self._before, self._window) if each is not None]
        else:
            windows = [Window(self._sampler.last)]
            self.watching.open(windows[0])
            try:
                wait(seconds)
            finally:
                self.watching.close(windows[0])
            windows[0].ended = self._sampler.last
        return self.writing.encoded_further(asked, windows) if self.state == "looking" else None

    # Forks

    def before_fork(self):
        """No thread of ours meanwhile: what it holds would be held for ever in the child."""
        with self._fork_lock:
            self._forking += 1
            if not self._paused and self.state == "looking":
                self._paused = True
                self._sampler.pause()
                self.watching.pause()
                self.writing.rest()
                if self._server is not None:
                    self._server.pause()

    def after_fork(self, caller):
        with self._fork_lock:
            self._forking -= 1
            is_last = self._forking == 0
        if is_last and self._paused:
            if WARNS_AFTER_HOOKS and caller is not None:
                soon(caller.f_code, self._go_on)
            else:
                self._go_on()

    def _go_on(self):
        with self._fork_lock:
            if self._paused and self._forking == 0 and self.state == "looking":
                self._paused = False
                self._sampler.start(self._sampler.last)
                self.watching.go_on()
                if self._server is not None:
                    self._server.go_on()

    def in_child(self):
        """The child's own agent: windows of its own number, from now on."""
        if self._server is not None:
            self._server.forget()
        state, self.state = self.state, "ended"
        self._sampler.forget()
        if state != "looking":
            return None
        place = self.settings["place"]
        settings = {**self.settings, "place": place if place is not None and place.one_each else None}
        child = Agent(self._folder, settings, self.watching)
        child.begin()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            # Its children end without exit handlers; what is to be done then is forgotten when they begin, and asked for again.
            util.register_after_fork(child, lambda agent: util.Finalize(None, agent.stop, exitpriority=-100))
        return child


def _thread_time():
    return time.thread_time_ns() if hasattr(time, "thread_time_ns") else time.process_time_ns()


def _at_exit():
    if _agent is not None:
        _agent.stop()


def _before_fork():
    if _agent is not None:
        _agent.before_fork()


def _after_fork():
    if _agent is not None:
        _agent.after_fork(sys._getframe().f_back)


def _in_child():
    global _agent
    only((get_ident(),))
    if _agent is not None:
        _agent = _agent.in_child()

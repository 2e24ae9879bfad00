"""The endpoint: what `go tool pprof` and `heatline fetch` ask a service for, on loopback or a unix socket, at Go's paths.

A server as small as that: GET and one request for a connection; few connections at a time, each with a limit for its time.
"""

import hmac
import ipaddress
import os
import selectors
import socket
import stat
import time
from base64 import b64decode
from html import escape
from urllib.parse import parse_qs, urlsplit

from ..native import allocate_lock, get_ident, start_new_thread
from ..unseen import start

LONGEST_HEAD, HEAD_SECONDS, SEND_SECONDS, PAUSE_SECONDS = 8192, 5.0, 30.0, 1.0
CONNECTIONS, PROFILES = 8, 4
DEFAULT_SECONDS, MOST_SECONDS = 30.0, 300.0
PREFIX = "/debug/pprof/"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
REASONS.update({429: "Too Many Requests", 503: "Service Unavailable"})
FURTHER = {"heap": "memory", "mutex": "locks", "block": "locks"}
ELSEWHERE = ("allocs", "goroutine", "threadcreate", "trace")


class Place:
    """Where an endpoint is to be: "127.0.0.1:6060", "[::1]:0", or "unix:PATH", in which `{pid}` is the process's number. Raises ValueError."""

    def __init__(self, text, token):
        self.token = token
        self.path = self.host = None
        if token is not None and not (isinstance(token, str) and len(token) >= 8):
            raise ValueError("token is a text of at least 8 characters")
        if text.startswith("unix:"):
            self.path, self.port = text[5:], 0
            if not self.path or not hasattr(socket, "AF_UNIX"):
                raise ValueError("endpoint: there is no such unix socket: %s" % text)
        else:
            host, _, port = text.rpartition(":")
            self.host = "127.0.0.1" if host == "localhost" else host.strip("[]")
            try:
                self.port = int(port)
                address = ipaddress.ip_address(self.host)
            except ValueError:
                raise ValueError("endpoint is like 127.0.0.1:6060, with the address in figures, or unix:/run/app.sock: %s" % text) from None
            if not 0 <= self.port < 65536:
                raise ValueError("endpoint: a port is less than 65536: %s" % text)
            if not address.is_loopback and token is None:
                raise ValueError("endpoint %s is not on loopback: it needs a token" % text)

    @property
    def one_each(self):
        """Whether each process that is forked gets one of its own."""
        return "{pid}" in self.path if self.path is not None else self.port == 0


def serve(agent, place):
    """A Server that listens, or None with a line in the log."""
    try:
        return Server(agent, place)
    except (OSError, RuntimeError) as problem:
        agent.tell_once("endpoint", "the endpoint cannot listen: %s", getattr(problem, "strerror", None) or problem)
        return None


class Server:
    """`address`: "http://127.0.0.1:6060/debug/pprof/", or "unix:" and the path of the socket."""

    def __init__(self, agent, place):
        self._agent, self._token = agent, place.token
        self._path = None
        if place.path is not None:
            self._path = os.path.abspath(place.path.replace("{pid}", str(os.getpid())))
            self._socket = _listen_on_path(self._path)
            self.address = "unix:" + self._path
            self._inode = os.stat(self._path).st_ino
        else:
            self._socket = _listen_on_port(place.host, place.port)
            shown = "[%s]" % place.host if ":" in place.host else place.host
            self.address = "http://%s:%d%s" % (shown, self._socket.getsockname()[1], PREFIX)
        self._lock = allocate_lock()
        self._connections = 0
        self._profiling = []  # clients
        self._socket.setblocking(False)
        self._wake, self._sleeper = socket.socketpair()
        self._busy = allocate_lock()
        self._closed = False
        self.go_on()

    def go_on(self):
        """Listens, in a thread."""
        if not self._closed and self._busy.acquire(False):
            self._until_gone = start(self._accept)

    def pause(self):
        """Ends that thread; who asks meanwhile waits."""
        self._wake.send(b"q")
        if self._busy.acquire(True, PAUSE_SECONDS):
            self._until_gone()
            self._busy.release()

    def close(self):
        """Ends it; profiles that go on are cut off."""
        self._closed = True
        self.pause()
        for each in (self._socket, self._wake, self._sleeper):
            each.close()
        if self._path is not None:
            try:
                if os.stat(self._path).st_ino == self._inode:
                    os.unlink(self._path)
            except OSError:
                pass

    def forget(self):
        """In a forked child: the socket is the parent's."""
        self._closed = True
        for each in (self._socket, self._wake, self._sleeper):
            each.close()

    def _accept(self):
        ours = self._agent.threads
        ours.add(get_ident())
        try:
            self._take_clients()
        except (OSError, ValueError) as problem:
            # The program has closed files that it does not know.
            self._agent.tell_once("endpoint", "the endpoint listens no more: %s", problem)
        finally:
            ours.discard(get_ident())
            self._busy.release()

    def _take_clients(self):
        with selectors.DefaultSelector() as selector:
            for each in (self._socket, self._sleeper):
                selector.register(each, selectors.EVENT_READ)
            while True:
                if self._sleeper in [key.fileobj for key, _ in selector.select()]:
                    self._sleeper.recv(1)
                    return
                try:
                    client, address = self._socket.accept()
                    client.setblocking(True)
                except BlockingIOError:
                    continue  # Who knocked is gone.
                except OSError:
                    time.sleep(0.1)  # No more files, for a moment.
                    continue
                with self._lock:
                    self._connections += 1
                    welcome = self._connections <= CONNECTIONS
                try:
                    if not welcome:
                        raise RuntimeError
                    start_new_thread(self._converse, (client, address[0] if isinstance(address, tuple) else ""))
                except RuntimeError:
                    client.close()
                    self._gone()

    def _gone(self):
        with self._lock:
            self._connections -= 1

    def _converse(self, client, who):
        ours = self._agent.threads
        ours.add(get_ident())
        try:
            with client:
                request = _read_head(client)
                if request is not None:
                    status, kind, body, method = self._answer(client, who, *request)
                    _send(client, status, kind, body, method)
        except (OSError, ValueError):
            pass  # Who asked is gone, or spoke no HTTP.
        finally:
            ours.discard(get_ident())
            self._gone()

    def _answer(self, client, who, method, target, headers):
        """(status, content type, body, method)"""

        def said(status, sentence):
            return status, "text/plain; charset=utf-8", (sentence + "\n").encode("utf-8"), method

        if self._token is not None and not _knows(self._token, headers.get("authorization", "")):
            return said(401, "a token is wanted: the header Authorization: Bearer TOKEN, or http://user:TOKEN@host/…")
        if self._token is None and self._path is None and not _is_named_by_figures(headers.get("host", "")):
            return said(403, "ask for it by its address in figures, or as localhost")
        url = urlsplit(target)
        name = url.path[len(PREFIX) :]
        if not url.path.startswith(PREFIX) and url.path != PREFIX[:-1]:
            return said(404, "there is %sprofile" % PREFIX)
        if name == "symbol" and method in ("GET", "POST"):
            return said(200, "num_symbols: 0")  # names are in the profiles
        if method not in ("GET", "HEAD"):
            return said(405, "only GET is answered")
        if name == "":
            return 200, "text/html; charset=utf-8", _index(self._agent).encode("utf-8"), method
        if name == "cmdline":
            return 200, "text/plain; charset=utf-8", "\0".join(self._agent.command()).encode("utf-8", "replace"), method
        if name in FURTHER and name not in self._agent.watching.kinds:
            return said(404, "the agent was not asked for it: heatline.agent(…, %s=True)" % FURTHER[name])
        if name in ELSEWHERE:
            return said(404, "there is no profile of this kind for Python: ask for %s" % self._others())
        if name != "profile" and name not in FURTHER:
            return said(404, "unknown profile; there is %s" % self._others())
        try:
            seconds = parse_qs(url.query).get("seconds", [DEFAULT_SECONDS if name == "profile" else None])[-1]
            seconds = seconds if seconds is None else float(seconds)
        except ValueError:
            seconds = -1.0
        if seconds is not None and not 0 < seconds <= MOST_SECONDS:
            return said(400, "seconds is a number up to %g" % MOST_SECONDS)
        if method == "HEAD":
            return 200, "application/octet-stream", b"", method
        with self._lock:
            if who in self._profiling or len(self._profiling) >= PROFILES:
                return said(429, "a profile is being made already: ask again when it is done")
            self._profiling.append(who)
        try:
            waiting = lambda wait: self._wait(client, wait)
            data = self._agent.profile(seconds, waiting) if name == "profile" else self._agent.beside_time(name, seconds, waiting)
        finally:
            with self._lock:
                self._profiling.remove(who)
        if data is None:
            return said(503, "the agent has ended: see the log")
        return 200, "application/octet-stream", data, method

    def _others(self):
        return ", ".join(PREFIX + each for each in ("profile", *self._agent.watching.kinds))

    def _wait(self, client, seconds):
        """Raises OSError when who asked goes meanwhile."""
        until = time.monotonic() + seconds
        client.settimeout(0.2)
        while not self._closed and time.monotonic() < until:
            client.settimeout(max(0.001, min(0.2, until - time.monotonic())))
            try:
                if client.recv(1024) == b"":
                    raise OSError("gone")
            except socket.timeout:
                pass


def _listen_on_port(host, port):
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(CONNECTIONS)
    except BaseException:
        listening.close()
        raise
    return listening


def _listen_on_path(path):
    """For this user alone. A socket that nobody listens on any more is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
                trial.settimeout(1)
                try:
                    trial.connect(path)
                except ConnectionRefusedError:
                    os.unlink(path)
        os.fchmod(listening.fileno(), 0o600)  # On Linux the file has these rights from its first moment on.
        listening.bind(path)
        os.chmod(path, 0o600)
        listening.listen(CONNECTIONS)
    except BaseException:
        listening.close()
        raise
    return listening


def _read_head(client):
    """(method, target, headers) or None; whoever sends too slowly or too much is left."""
    until, head = time.monotonic() + HEAD_SECONDS, b""
    while b"\r\n\r\n" not in head:
        left = until - time.monotonic()
        if left <= 0 or len(head) > LONGEST_HEAD:
            return None
        client.settimeout(left)
        part = client.recv(4096)
        if not part:
            return None
        head += part
    first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1], headers


def _send(client, status, kind, body, method):
    head = ["HTTP/1.1 %d %s" % (status, REASONS[status]), "Content-Type: " + kind, "Content-Length: %d" % len(body), "Connection: close"]
    head += ["X-Content-Type-Options: nosniff", "Cache-Control: no-store"]
    if status == 401:
        head.append('WWW-Authenticate: Basic realm="heatline"')
    client.settimeout(SEND_SECONDS)
    client.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (b"" if method == "HEAD" else body))


def _knows(token, header):
    """`go tool pprof` sends what stands before the @ of its URL, as user and password; others a bearer's token."""
    scheme, _, given = header.partition(" ")
    given = given.strip().encode("latin-1", "replace")
    if scheme.lower() == "basic":
        try:
            given = b64decode(given).partition(b":")[2]
        except ValueError:
            return False
    return scheme.lower() in ("basic", "bearer") and hmac.compare_digest(given, token.encode("utf-8"))


def _is_named_by_figures(host):
    """A page in a browser could have a name of its own lead here."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    try:
        return name.lower() in ("localhost", "") or bool(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return False


def _index(agent):
    told = {"heap": "who asks for memory that stays", "mutex": "who holds locks", "block": "who waits for locks"}
    line = "<p><a href='%s?seconds=30'>%s</a>: %s; without seconds in the last window and the one that is open.</p>"
    further = "".join(line % (each, each, told[each]) for each in agent.watching.kinds)
    rows = "".join("<li>%s</li>" % escape(each) for each in agent.comments(socket.gethostname()))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>%s</title><h1>%s</h1>"
        "<p><a href='profile?seconds=30'>profile</a>: all threads, wall and CPU time, as a pprof file.</p>%s"
        "<p><a href='cmdline?debug=1'>cmdline</a></p><ul>%s</ul></html>"
    ) % (PREFIX, PREFIX, further, rows)

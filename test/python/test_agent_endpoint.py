"""The agent's endpoint: what it answers, to whom, and what it does not put up with."""

import base64
import http.client
import os
import socket
import stat
import subprocess
import sys
import threading
import time
import unittest

import agents
from agents import BUSY, NO_LIMIT, AgentCase
from support import Profile

sys.path.insert(0, agents.ROOT)

from heatline.agent.endpoint import CONNECTIONS, Place  # noqa: E402

TOKEN = "a-long-token"


class Served(AgentCase):
    def serve(self, settings="endpoint='127.0.0.1:0'", text="while True: hot(0.05)\n"):
        """A busy program; returns its process and the place that it answers at."""
        start = "import heatline; agent = heatline.agent(%r, service='shop', %s)\nprint(agent.address, flush=True)\n"
        path = self.write("app.py", start % (self.windows, NO_LIMIT + settings) + BUSY + text)
        process = subprocess.Popen([sys.executable, path, "--token=hunter2secret"], env=self.env, cwd=self.folder, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        address = process.stdout.readline().decode().strip()
        self.assertNotEqual(address, "None")
        return process, address[5:] if address.startswith("unix:") else int(address.split(":")[2].split("/")[0])

    def ask(self, place, path, method="GET", headers=(), body=None):
        """(status, bytes, headers)"""
        connection = http.client.HTTPConnection("127.0.0.1", place if isinstance(place, int) else 80, timeout=60)
        if isinstance(place, str):
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(place)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(), answer
        finally:
            connection.close()

    def check_profile(self, data, name="hot"):
        path = os.path.join(self.folder, "asked.pb.gz")
        with open(path, "wb") as file:
            file.write(data)
        profile = Profile(path)
        self.assertGreater(profile.seconds(name), 0)
        return profile


class Endpoint(Served):
    def test_a_profile_of_the_next_seconds(self):
        _, port = self.serve()
        status, data, answer = self.ask(port, "/debug/pprof/profile?seconds=1")
        self.assertEqual((status, answer.getheader("Content-Type")), (200, "application/octet-stream"))
        profile = self.check_profile(data)
        self.assertAlmostEqual(profile.numbers[10] / 1e9, 1, delta=0.5)
        self.assertIn("service=shop", profile.comments)
        self.assertEqual(profile.threads(), {"MainThread"})

    def test_index_command_line_and_symbols_without_secrets(self):
        _, port = self.serve()
        for path in ("/debug/pprof/", "/debug/pprof"):
            status, page, _ = self.ask(port, path)
            self.assertEqual(status, 200)
            self.assertIn(b"<a href='profile?seconds=30'>", page)
            self.assertNotIn(b"hunter2", page)
        status, words, _ = self.ask(port, "/debug/pprof/cmdline")
        self.assertIn(b"app.py\0--token=", words)
        self.assertNotIn(b"hunter2", words)
        self.assertEqual(self.ask(port, "/debug/pprof/symbol")[:2], (200, b"num_symbols: 0\n"))
        self.assertEqual(self.ask(port, "/debug/pprof/symbol", "POST", body="0x1+0x2")[:2], (200, b"num_symbols: 0\n"))

    def test_what_there_is_not(self):
        _, port = self.serve()
        for path in ("/debug/pprof/heap", "/debug/pprof/mutex", "/debug/pprof/x", "/", "/debug/pprofx"):
            status, said, _ = self.ask(port, path)
            self.assertEqual(status, 404)
            self.assertRegex(said, rb"^[^\n]{10,100}\n$")
        for seconds in ("0", "-1", "x", "nan", "inf", "301"):
            self.assertEqual(self.ask(port, "/debug/pprof/profile?seconds=" + seconds)[0], 400)
        self.assertEqual(self.ask(port, "/debug/pprof/profile", "POST")[0], 405)
        self.assertEqual(self.ask(port, "/debug/pprof/profile", "HEAD")[:2], (200, b""))

    def test_names_of_others_are_refused(self):
        _, port = self.serve()
        for host, status in (("evil.example:80", 403), ("localhost:1", 200), ("[::1]:2", 200), ("127.0.0.1", 200)):
            self.assertEqual(self.ask(port, "/debug/pprof/", headers={"Host": host})[0], status)

    def test_a_token_is_wanted_where_there_is_one(self):
        _, port = self.serve("endpoint='0.0.0.0:0', token=%r" % TOKEN)
        basic = lambda words: {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}
        for headers, status in (
            ({}, 401), ({"Authorization": "Bearer " + TOKEN}, 200), ({"Authorization": "Bearer x"}, 401), (basic("any:" + TOKEN), 200),
            (basic(TOKEN), 401), ({"Authorization": "Basic ?"}, 401), ({"Authorization": TOKEN}, 401),
        ):
            self.assertEqual(self.ask(port, "/debug/pprof/cmdline", headers=headers)[0], status, headers)

    def test_one_profile_at_a_time(self):
        _, port = self.serve()
        found = []
        first = threading.Thread(target=lambda: found.append(self.ask(port, "/debug/pprof/profile?seconds=3")[0]))
        first.start()
        time.sleep(0.7)
        self.assertEqual(self.ask(port, "/debug/pprof/profile?seconds=1")[0], 429)
        first.join()
        self.assertEqual(found, [200])
        self.assertEqual(self.ask(port, "/debug/pprof/profile?seconds=0.3")[0], 200)

    def test_who_goes_away_leaves_the_place_to_others(self):
        _, port = self.serve()
        asking = socket.create_connection(("127.0.0.1", port))
        asking.sendall(b"GET /debug/pprof/profile?seconds=200 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        asking.close()
        until = time.monotonic() + 30
        while self.ask(port, "/debug/pprof/profile?seconds=0.2")[0] != 200:
            self.assertLess(time.monotonic(), until)

    def test_slow_and_loud_clients_are_left(self):
        process, port = self.serve()
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS + 4)]
        try:
            for each in slow:
                each.settimeout(30)
                try:
                    each.sendall(b"GET /")
                except OSError:
                    pass
            began = time.monotonic()
            for each in slow:
                try:
                    self.assertEqual(each.recv(10), b"")
                except ConnectionError:
                    pass
            self.assertLess(time.monotonic() - began, 25)
        finally:
            for each in slow:
                each.close()
        for garbage in (b"\0" * 20000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000, b"GET\r\n\r\n", b"\r\n\r\n", b"\xff\xfe\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as loud:
                loud.settimeout(30)
                try:
                    loud.sendall(garbage)
                    self.assertEqual(loud.recv(10), b"")
                except ConnectionError:
                    pass
        self.assertEqual(self.ask(port, "/debug/pprof/cmdline")[0], 200)
        self.assertIsNone(process.poll())

    def test_a_port_that_is_taken_is_told_and_the_rest_goes_on(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            text = "import time; time.sleep(0.3); print(agent.address)\n"
            status, out, err = self.program(text, NO_LIMIT + "endpoint='127.0.0.1:%d'" % taken.getsockname()[1])
        self.assertEqual((status, out), (0, "None\n"))
        self.assertEqual(err.count("the endpoint cannot listen"), 1)
        self.assertEqual(len(self.files()), 1)

    def test_places(self):
        for text in ("", "6060", ":6060", "host:6060", "127.0.0.1:x", "127.0.0.1:99999", "unix:"):
            with self.subTest(text), self.assertRaises(ValueError):
                Place(text, None)
        for text in ("0.0.0.0:1", "[::]:1", "10.0.0.1:1"):
            with self.subTest(text):
                with self.assertRaisesRegex(ValueError, "needs a token"):
                    Place(text, None)
                self.assertEqual(Place(text, TOKEN).port, 1)
        self.assertEqual((Place("localhost:0", None).host, Place("[::1]:7", None).host, Place("127.0.0.9:0", None).one_each), ("127.0.0.1", "::1", True))


@unittest.skipUnless(hasattr(socket, "AF_UNIX"), "no unix sockets here")
class Unix(Served):
    def test_is_for_this_user_alone_and_goes_with_the_program(self):
        path = os.path.join(self.folder, "s")
        process, place = self.serve("endpoint='unix:s'", "until = time.time() + 3\nwhile time.time() < until: hot(0.05)\n")
        self.assertEqual((place, stat.S_IMODE(os.stat(path).st_mode)), (path, 0o600))
        self.check_profile(self.ask(place, "/debug/pprof/profile?seconds=0.5")[1])
        self.assertEqual(process.wait(60), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_socket_that_a_killed_program_left_is_taken_over_and_a_file_is_not(self):
        process, place = self.serve("endpoint='unix:s'")
        process.kill()
        process.wait()
        self.assertTrue(os.path.exists(place))
        _, place = self.serve("endpoint='unix:s'")
        self.assertEqual(self.ask(place, "/debug/pprof/")[0], 200)
        kept = self.write("file", "x")
        status, _, err = self.program("", NO_LIMIT + "endpoint='unix:%s'" % kept)
        self.assertEqual(status, 0)
        self.assertIn("cannot listen", err)
        self.assertEqual(os.path.getsize(kept), 1)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_each_process_may_have_its_own(self):
        text = "import os, sys\nchild = os.fork()\nif child == 0:\n    while True: cold(0.05)\nprint(child, flush=True)\nwhile True: hot(0.05)\n"
        process, place = self.serve("endpoint='unix:s-{pid}'", text)
        child = int(process.stdout.readline())
        try:
            childs = os.path.join(self.folder, "s-%d" % child)
            until = time.monotonic() + 30
            while not os.path.exists(childs):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
            time.sleep(0.2)
            self.check_profile(self.ask(childs, "/debug/pprof/profile?seconds=0.5")[1], "cold")
            self.check_profile(self.ask(place, "/debug/pprof/profile?seconds=0.5")[1], "hot")
        finally:
            os.kill(child, 9)


if __name__ == "__main__":
    unittest.main()

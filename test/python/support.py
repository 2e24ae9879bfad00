"""What the tests of the recorder share: running programs with and without it, and reading what it wrote."""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python", "heatline")
ENTRY = os.path.abspath(os.path.join(PACKAGE, "__main__.py"))
LINUX = sys.platform == "linux"
ENGINES = {
    "hybrid": ["--engine", "hybrid"],
    "hybrid in process": ["--engine", "hybrid", "--in-process"],
    "sampler": ["--engine", "sampler"],
    "sampler in process": ["--engine", "sampler", "--in-process"],
    "cprofile": ["--engine", "cprofile"],
    "lines": ["--engine", "lines"],
    "locks": ["--engine", "locks"],
    "async": ["--engine", "async"],
    "imports": ["--engine", "imports"],
    "events": ["--engine", "events"],
    "none": ["--engine", "none"],
}
FIB = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="heatline ü "))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.output = os.path.join(self.folder, "out ü.pb.gz")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def command(self, words, options):
        return [sys.executable, ENTRY, "run", *options, "--output", self.output, "--", *words]

    def start(self, words, options=(), **named):
        named = {"cwd": self.folder, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **named}
        return subprocess.Popen(self.command(words, options), **named)

    def run_plain(self, words, given=b"", env=None):
        return _finish(subprocess.Popen([sys.executable, *words], cwd=self.folder, env=env, **_pipes()), given)

    def run_recorded(self, words, options=(), given=b"", env=None):
        return _finish(subprocess.Popen(self.command(words, options), cwd=self.folder, env=env, **_pipes()), given)

    def no_leftovers(self):
        names = [name for name in os.listdir(self.folder) if ".tmp-" in name or name.endswith((".part", ".helper"))]
        self.assertEqual(names, [])

    def profile(self):
        return Profile(self.output)


def _pipes():
    return {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def _finish(process, given):
    out, err = process.communicate(given, timeout=60)
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def fields(data):
    """(field number, value) of a protobuf message; blocks as bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    found = []
    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            found.append((tag >> 3, varint()))
        elif tag & 7 == 2:
            size = varint()
            found.append((tag >> 3, data[at : at + size]))
            at += size
        else:
            raise ValueError("wire type %d" % (tag & 7))
    return found


def numbers(data):
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value - (1 << 64) if value >> 63 else value)
            value = shift = 0
    return found


class Profile:
    """A profile.proto, decoded without the code under test."""

    def __init__(self, path):
        with gzip.open(path) as file:
            message = fields(file.read())
        texts = [value.decode() for field, value in message if field == 6]
        functions = {}
        for value in (dict(fields(value)) for field, value in message if field == 5):
            functions[value[1]] = tuple(texts[value.get(key, 0)] for key in (2, 3, 4)) + (value.get(5, 0),)
        places = {}
        for value in (dict(fields(value)) for field, value in message if field == 4):
            line = dict(fields(value[4]))
            places[value[1]] = (functions[line[1]], line.get(2, 0), line.get(3, 0))
        self.types = [tuple(texts[dict(fields(value)).get(key, 0)] for key in (1, 2)) for field, value in message if field == 1]
        self.numbers = {field: value for field, value in message if isinstance(value, int)}
        self.default = texts[dict(message)[14]]
        self.comments = [texts[index] for field, value in message if field == 13 for index in numbers(value)]
        self.samples = []
        for value in (fields(value) for field, value in message if field == 2):
            stack = [places[index] for field, part in value if field == 1 for index in numbers(part)]
            values = [number for field, part in value if field == 2 for number in numbers(part)]
            labels = {}
            for label in (dict(fields(part)) for field, part in value if field == 3):
                labels[texts[label[1]]] = texts[label[2]] if 2 in label else label.get(3, 0)
            self.samples.append((stack, dict(zip((name for name, _ in self.types), values)), labels))

    @property
    def quality(self):
        import json

        return json.loads(next(each for each in self.comments if each.startswith("heatline: "))[10:])

    def threads(self):
        return {labels["thread"] for _, _, labels in self.samples if "thread" in labels}

    def seconds(self, name, kind="wall", thread=None):
        """Seconds that a function was on the stack."""
        total = 0
        for stack, values, labels in self.samples:
            if "thread" in labels and thread in (None, labels["thread"]) and any(place[0][1] == name for place in stack):
                total += values[kind]
        return total / 1e9

    def counted(self):
        """{(name, file, line): (calls, primitive, tottime ns, cumtime ns)} and the same of edges."""
        functions, edges = {}, {}
        for stack, _, labels in self.samples:
            figures = tuple(labels.get(key, 0) for key in ("calls", "primitive", "tottime", "cumtime"))
            key = tuple((place[0][1], place[0][2], place[0][3]) for place in stack)
            if labels.get("heatline") == "function":
                functions[key[0]] = figures
            elif labels.get("heatline") == "edge":
                edges[key] = figures
        return functions, edges

    def flat(self, kind):
        found = {}
        for stack, values, _ in self.samples:
            function = stack[0][0]
            key = (function[1], function[2], function[3])
            found[key] = found.get(key, 0) + values[kind]
        return found

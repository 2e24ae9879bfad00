"""`python -m heatline agent [options] -- (SCRIPT | -m MODULE | -c CODE) [ARGS…]`: a program with the agent in it."""

import os
import sys

from .. import runner
from .running import start

USAGE = (
    "usage: python -m heatline agent --folder FOLDER [--service NAME] [--service-version TEXT] [--commit HASH]\n"
    "                                [--rate HZ] [--window SECONDS] [--label NAME=TEXT]… [--keep-bytes N] [--keep-seconds N]\n"
    "                                [--cost PART] [--endpoint ADDRESS] [--memory[=FRAMES]] [--locks[=N]]\n"
    "                                -- (SCRIPT | -m MODULE | -c CODE) [ARGS…]\n"
    "       The token for an endpoint is taken from the variable HEATLINE_TOKEN.\n"
)
NUMBERS = {"--rate": "rate", "--window": "window", "--keep-bytes": "keep_bytes", "--keep-seconds": "keep_seconds", "--cost": "cost"}
WATCHED = ("--memory", "--locks")
TEXTS = {"--folder": "folder", "--service": "service", "--service-version": "version", "--commit": "commit", "--endpoint": "endpoint"}


def fail(sentence):
    sys.stderr.write("heatline: %s\n" % sentence)
    sys.stderr.flush()
    sys.exit(2)


def parse(arguments):
    """(settings, words of the program); ends the process with status 2 and one sentence when the usage is wrong."""
    words, settings, labels = list(arguments), {}, {}
    if words[:1] in (["-h"], ["--help"], []):
        sys.stdout.write(USAGE)
        sys.exit(0 if words else 2)
    while words:
        word = words.pop(0)
        if word == "--":
            break
        key, equals, value = word.partition("=")
        if key not in NUMBERS and key not in TEXTS and key not in WATCHED and key != "--label":
            fail("unknown option %s" % key)
        if key in WATCHED:
            if equals and not value.isdigit():
                fail("%s needs a number" % key)
            settings[key[2:]] = int(value) if equals else True
            continue
        if not equals:
            if not words:
                fail("%s needs a value" % key)
            value = words.pop(0)
        if key == "--label":
            name, equals, text = value.partition("=")
            if not (name and equals):
                fail("--label is NAME=TEXT")
            labels[name] = text
        elif key in TEXTS:
            settings[TEXTS[key]] = value
        else:
            try:
                settings[NUMBERS[key]] = float(value)
            except ValueError:
                fail("%s needs a number" % key)
    if "folder" not in settings:
        fail("--folder is missing")
    if not words or (words[0] in ("-m", "-c") and len(words) < 2):
        fail("no program to run; put it after --")
    settings["labels"] = labels
    settings["token"] = os.environ.pop("HEATLINE_TOKEN", None) if "endpoint" in settings else None
    if "service" not in settings:
        name = words[1] if words[0] == "-m" else "python" if words[0] == "-c" else words[0]
        settings["service"] = os.path.splitext(os.path.basename(name))[0]
    return settings, words


class Begins:
    """What runner.run wants of a recorder: here the agent begins, and ends by itself."""

    class options:  # noqa: N801
        engine = "none"

    def __init__(self, settings):
        self._settings = settings

    def prepare(self, _words):
        """Nothing."""

    def begin(self):
        try:
            start(**self._settings)
        except ValueError as problem:
            fail(str(problem))

    def ended(self, _status):
        """Nothing: the interpreter's end is the agent's."""


def main(arguments):
    """Runs the program; returns what runner.run does."""
    settings, words = parse(arguments)
    if "endpoint" in settings:
        from . import endpoint  # noqa: F401 - before the program's folder comes first on the path
    if "memory" in settings or "locks" in settings:
        from . import locking, memory  # noqa: F401
    return runner.run(words, Begins(settings))

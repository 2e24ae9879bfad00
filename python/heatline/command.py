"""Reads the command line of the recorder and starts it. No argparse: what we import, the program sees imported."""

import os
import sys

from . import files, runner
from .engines import ENGINES
from .later import later
from .recorder import Recorder

KEYS = tuple("--" + each for each in "engine output status rate duration mode only delay function within pid worker tool depth duty sample blocked".split())
DEFAULT_BLOCKED = 100.0
MODES = ("wall", "cpu", "gil", "exception")
USAGE = (
    "usage: python -m heatline run [--engine NAME] --output FILE [--rate HZ] [--duration SECONDS] [--status FILE] [--in-process]\n"
    "                              [--live] [--mode wall|cpu|gil] [--native] [--idle] [--subprocesses] [--tool FILE] [--only RE]\n"
    "                              [--delay SECONDS] [--function NAME] [--within FILE:FROM-TO] [--per-test]\n"
    "                              [--depth FRAMES] [--duty ON/OFF] [--sample N] [--blocked MS] --\n"
    "                              (SCRIPT | -m MODULE | -c CODE) [ARGS…]\n"
    "       python -m heatline join --pid N --output FILE [--rate HZ] [--duration SECONDS]\n"
    "       python -m heatline agent --folder FOLDER [OPTIONS] -- (SCRIPT | -m MODULE | -c CODE) [ARGS…]\n"
    "       python -m heatline follow attach …, as profiling.sampling's own attach --binary, and renews FILE.live meanwhile\n"
)


class Options:
    """What to record, and where to. Paths are absolute."""

    engine = "hybrid"
    output = None
    status = None
    rate = 200.0
    duration = None
    in_process = False
    mode = None
    native = False
    idle = False
    tool = None  # what the engine is, where that is no module
    live = False
    subprocesses = False
    only = None
    delay = 0.0
    function = None
    within = None  # a Selection
    depth = 1
    duty = None  # seconds on and off
    sample = 1  # one of so many stretches of time
    blocked = None  # milliseconds from which on a step blocks its loop
    per_test = False
    worker = None
    pid = None


def fail(status, sentence):
    sys.stderr.write("heatline: %s\n" % sentence)
    sys.stderr.flush()
    sys.exit(status)


def parse(arguments):
    """Returns (options, target words); ends the process with status 2 and one sentence when the usage is wrong."""
    options = Options()
    words = list(arguments)
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        sys.exit(0 if words else 2)
    command = words.pop(0)
    if command == "join":
        words.append("--")
    elif command != "run":
        fail(2, "unknown command; try: run, agent")
    while words:
        word = words.pop(0)
        if word == "--":
            break
        if word == "--in-process":
            options.in_process = True
            continue
        if word in ("--native", "--idle", "--live", "--subprocesses", "--per-test"):
            setattr(options, word[2:].replace("-", "_"), True)
            continue
        key, equals, value = word.partition("=")
        if key not in KEYS:
            fail(2, "unknown option %s" % word)
        if not equals:
            if not words:
                fail(2, "%s needs a value" % key)
            value = words.pop(0)
        if key in ("--rate", "--duration", "--delay", "--blocked"):
            try:
                value = float(value)
            except ValueError:
                value = 0.0
            if not 0.001 <= value <= (10000 if key == "--rate" else 1e9):
                fail(2, "%s needs a positive number" % key)
        setattr(options, key[2:], value)
    if options.engine not in ENGINES:
        fail(2, "unknown engine %s; there are: %s" % (options.engine, ", ".join(ENGINES)))
    if options.mode is not None and options.mode not in MODES:
        fail(2, "unknown mode %s; there are: %s" % (options.mode, ", ".join(MODES)))
    if options.engine != "sampler" and (options.delay or options.function is not None):
        fail(2, "--delay and --function are for the engine sampler")
    if options.per_test and options.engine not in ("hybrid", "sampler"):
        fail(2, "--per-test is for the engines hybrid and sampler")
    if options.within is not None:
        if options.engine not in ("hybrid", "sampler", "cprofile"):
            fail(2, "--within is for the engines hybrid, sampler and cprofile")
        try:
            options.within = later("selection").Selection(options.within)
        except ValueError as problem:
            fail(2, "--within %s: %s" % (options.within, problem))
    if options.only is not None:
        options.only = expression(options.only)
    if options.engine == "memory":
        memory = later("memory")
        problem = memory.why_not()
        if problem:
            fail(4, problem)
        read_memory(options, memory.DEEPEST)
    elif options.depth != 1 or options.duty is not None:
        fail(2, "--depth and --duty are for the engine memory")
    if options.sample != 1:
        if options.engine != "locks":
            fail(2, "--sample is for the engine locks")
        if not (options.sample.isdigit() and 1 <= int(options.sample) <= 10000):
            fail(2, "--sample needs a whole number from 1 to 10000")
        options.sample = int(options.sample)
    if options.blocked is None:
        options.blocked = DEFAULT_BLOCKED
    elif options.engine != "async":
        fail(2, "--blocked is for the engine async")
    if command == "join":
        if not str(options.pid).isdigit():
            fail(2, "--pid needs the number of a process")
    elif not words or (words[0] in ("-m", "-c") and len(words) < 2):
        fail(2, "no program to run; put it after --")
    if options.engine == "py-spy" and options.tool is None:
        fail(2, "--tool is missing: the file of py-spy")
    if options.engine == "none":
        options.output = None
    elif options.output is None:
        fail(2, "--output is missing")
    if options.worker is not None:
        # pytest-xdist puts options of the interpreter after what it starts workers by.
        while words[0] in ("-u", "-B"):
            sys.dont_write_bytecode |= words.pop(0) == "-B"
    return options, words


def _agents_line():
    """The command line of the agent. It is the package that the program imports, for its labels: not loaded under a private name."""
    from importlib import import_module, util

    if "heatline" not in sys.modules:
        spec = util.spec_from_file_location("heatline", os.path.join(runner.FOLDER, "__init__.py"), submodule_search_locations=[runner.FOLDER])
        sys.modules["heatline"] = package = util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return import_module("heatline.agent.line")


def read_memory(options, deepest):
    """The options of the engine memory; ends the process with status 2 and one sentence when they are wrong."""
    depth = str(options.depth)
    if not (depth.isdigit() and 1 <= int(depth) <= deepest):
        fail(2, "--depth needs a number of frames, 1 to %d" % deepest)
    options.depth = int(depth)
    if options.duty is not None:
        try:
            on, off = map(float, options.duty.split("/"))
        except ValueError:
            on = off = 0.0
        if not (0.01 <= on <= 1e6 and 0.01 <= off <= 1e6):
            fail(2, "--duty needs seconds on and off, as in 0.5/30")
        options.duty = (on, off)


def expression(text):
    """A compiled regular expression; ends the process with status 2 and one sentence when it is none."""
    import re

    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        fail(2, "--only %s is no regular expression: %s" % (text, error))


def main(arguments):
    """Runs the program under the recorder, and returns those that are to run bare (see runner.run): one or none."""
    if arguments[:1] == ["follow"]:
        later("following").follow(arguments[1:])
    if arguments[:1] == ["agent"]:
        return _agents_line().main(arguments[1:])
    options, words = parse(arguments)
    for key in ("output", "status"):
        path = getattr(options, key)
        if path is not None:
            path = os.path.abspath(path)
            setattr(options, key, path)
            problem = files.why_unwritable(path)
            if problem:
                fail(4, "cannot write %s: %s" % (path, problem))
    if options.worker is not None:
        options.output = later("workers").begin(options.output)
    if options.pid is not None:
        sys.exit(later("joining").join(int(options.pid), options))
    return runner.run(words, Recorder(options))

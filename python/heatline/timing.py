"""
Times statements as `timeit` does: `python timing.py REQUEST RESULT`. REQUEST is JSON: statements (one, or two to be compared),
setup, names (a file whose names they use), rounds. RESULT is the file for the answer: for each statement the turns of a round and the
seconds of a turn, round by round; or what went wrong. What the statements print goes where this program prints.
"""

import json
import os
import sys
import textwrap

# Seconds after which there is no further round, once there are three.
PATIENCE = 30.0
FEWEST = 3


class Wrong(Exception):
    """What the user wrote does not run: the part, and Python's own words."""


def main(request, result):
    # Statements are to find what lies in the working directory, and none of our modules.
    sys.path[0] = os.getcwd()
    try:
        answer = measured(json.loads(request))
    except Wrong as wrong:
        answer = {"error": str(wrong)}
    except KeyboardInterrupt:
        os._exit(130)
    part = result + ".tmp"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(part, result)


def measured(request):
    names = names_of(request.get("names"))
    setup = request.get("setup") or "pass"
    timers = [timer(statement, setup, names) for statement in request["statements"]]
    # As many turns as take at least 0.2 s; each statement for itself.
    turns = [tried("statement", each.autorange)[0] for each in timers]
    seconds = [[] for _ in timers]
    spent = 0.0
    for number in range(request["rounds"]):
        # They take turns in going first: what drifts meets both alike.
        order = range(len(timers)) if number % 2 == 0 else reversed(range(len(timers)))
        for at in order:
            took = tried("statement", lambda: timers[at].timeit(turns[at]))
            spent += took
            seconds[at].append(took / turns[at])
        if spent > PATIENCE and number + 1 >= FEWEST:
            break
    version = "%s %d.%d.%d" % (sys.implementation.name, *sys.version_info[:3])
    return {"python": version, "timings": [{"turns": count, "seconds": each} for count, each in zip(turns, seconds)]}


def names_of(path):
    """What a file defines when it is imported; the names that a statement may use."""
    if path is None:
        return {}
    sys.path.insert(0, os.path.dirname(path))
    names = {"__name__": os.path.splitext(os.path.basename(path))[0], "__file__": path}
    with open(path, "rb") as file:
        text = file.read()
    tried(os.path.basename(path), lambda: exec(compile(text, path, "exec"), names))
    return names


def timer(statement, setup, names):
    import timeit

    return tried("statement or setup", lambda: timeit.Timer(flush(statement), setup=flush(setup), globals=names))


def flush(text):
    """Lines as they were selected, taken to the left; the first may have been selected without its blanks."""
    flat = textwrap.dedent(text.expandtabs().strip("\n").rstrip())
    try:
        compile(flat, "<statement>", "exec")
    except IndentationError:
        first, _, rest = flat.partition("\n")
        return first.lstrip() + "\n" + textwrap.dedent(rest)
    except SyntaxError:
        pass
    return flat


def tried(part, call):
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A SyntaxError's own text names lines of timeit's making.
        words = str(getattr(error, "msg", None) or error).split("\n")[0]
        raise Wrong("%s: %s%s" % (part, type(error).__name__, ": " + words if words else "")) from None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""What a recording says of itself."""

import sys

VERSION = "0.1.0"
CHECKPOINT = "this is a checkpoint: the recording was cut off after %.1f s"


def identity(engine):
    """Who made it."""
    # What threads do for a lock is nothing that such a build knows.
    build = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else " free-threaded"
    python = "%s %d.%d.%d%s" % (sys.implementation.name, *sys.version_info[:3], build)
    return {"engine": engine, "engineVersion": VERSION, "python": python}


def comment(engine, notes, **facts):
    """The comment of a file of sums that says who made it, and what there is to say of it: each note once."""
    return "heatline: " + as_json({**identity(engine), **facts, "errors": 0, "notes": list(dict.fromkeys(notes))})


def rates(sampler, asked, elapsed):
    """
    How often was looked (Hz) in `elapsed` seconds, how many stacks could not be read, and to how many seconds times are right:
    the usual time between two looks, and what stretches were put together within.
    """
    told = {"rateAsked": asked, "rateGot": round(sampler.ticks / elapsed, 3) if elapsed else 0, "errors": sampler.errors}
    moments = getattr(sampler, "moments", None)
    if moments is not None and sampler.ticks:
        told["timesWithin"] = round(elapsed / sampler.ticks + moments[0] / 1e9, 6)
    return told


def as_json(value):
    """JSON in ASCII; the json module stays unimported for the program."""
    if isinstance(value, str):
        return '"%s"' % "".join(each if " " <= each <= "~" and each not in '"\\' else _escaped(each) for each in value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (as_json(key), as_json(item)) for key, item in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(as_json, value))
    return repr(value)


def _escaped(character):
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
    return "\\u%04x" % code

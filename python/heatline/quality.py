"""What a recording says of itself."""


def rates(sampler, asked, elapsed):
    """How often was looked (Hz) in `elapsed` seconds, and how many stacks could not be read."""
    return {"rateAsked": asked, "rateGot": round(sampler.ticks / elapsed, 3) if elapsed else 0, "errors": sampler.errors}


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

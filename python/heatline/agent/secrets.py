"""Masks what looks like a secret in a command line, by the rules of the recordings that the extension makes (src/engines/secrets.ts)."""

import re

MASK = "•••"
_NAME = re.compile(
    r"(?:^|[^a-z])(?:pass(?:word|wd|phrase)?|pwd|secrets?|tokens?|api[-_]?keys?|access[-_]?keys?|private[-_]?keys?|credentials?"
    r"|auth(?:orization)?|bearer|dsn|cookies?|signature)(?:$|[^a-z])",
    re.I | re.A,
)
# Names whose value is a file or a switch, and no secret.
_HARMLESS = re.compile(
    r"(?:file|path|dir|url|type|ttl|timeout|expir\w*|name|len(?:gth)?|count|max|min|limit|backend|enabled)\Z", re.I | re.A
)
# Keys of well-known makers, and JSON web tokens.
_VALUE = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_\w]{8,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bA(?:KI|SI)A[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bhf_\w{20,}"
    r"|\bnpm_\w{20,}|\bpypi-[\w-]{20,}",
    re.A,
)
_OPTION = re.compile(r"--?[A-Za-z]|/[A-Za-z][\w-]*\Z", re.A)
_ASSIGNED = re.compile(r"([^=\s]+)=(.*)\Z", re.S)
_IN_ADDRESS = re.compile(r"([a-z][\w+.-]*://[^\s/:@]*):([^\s/@]+)@", re.I | re.A)
_IN_QUERY = re.compile(r"([?&;]([\w-]+)=)([^&;\s]+)", re.A)
_IN_HEADER = re.compile(r"\b((?:proxy-)?authorization|x-api-key|cookie)\s*:\s*.+$", re.I | re.A)
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w+/=.~-]{8,}", re.A)
_PAIR = re.compile(r"""\b([\w-]+)=("[^"]*"|'[^']*'|[^\s,;&"']+)""", re.A)


def mask_secrets(words):
    """A command line with everything masked that looks like a secret; words stay words."""
    masked, after_name = [], False
    for index, word in enumerate(words):
        option = _OPTION.match(word) is not None
        if after_name and not (option and "=" not in word):
            after_name = False
            masked.append(MASK)
            continue
        after_name = False
        assigned = _ASSIGNED.match(word)
        if assigned and index > 0 and _is_secret_name(assigned.group(1)):
            masked.append("%s=%s" % (assigned.group(1), MASK) if assigned.group(2) else word)
        elif option and not assigned and _is_secret_name(word):
            after_name = True
            masked.append(word)
        else:
            masked.append(_mask_inside(word))
    return masked


def _is_secret_name(name):
    plain = re.sub("([a-z])([A-Z])", r"\1-\2", name)
    return _NAME.search(plain) is not None and _HARMLESS.search(plain) is None


def _mask_inside(word):
    """Passwords of addresses, fields of queries and headers, and words that are secrets by their look."""
    word = _IN_ADDRESS.sub(r"\1:%s@" % MASK, word)
    word = _IN_QUERY.sub(lambda found: found.group(1) + MASK if _is_secret_name(found.group(2)) else found.group(0), word)
    word = _IN_HEADER.sub(r"\1: %s" % MASK, word)
    word = _SCHEME.sub(r"\1 %s" % MASK, word)
    word = _PAIR.sub(lambda found: "%s=%s" % (found.group(1), MASK) if _is_secret_name(found.group(1)) else found.group(0), word)
    return _VALUE.sub(MASK, word)

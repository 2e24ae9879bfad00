"""What is seen of locks, as a file calls it: places in the code, and labels."""

from ..places import Places
from ..runner import at_root, own


class Names:
    """Names for stacks, locks and who holds them; each place is resolved once."""

    def __init__(self, folder):
        self._places = Places(folder)
        self._sources = {}
        self._sites = {}
        self._files = {}
        self._taken = set()

    def stack(self, stack):
        """Places of a stack of (code, byte offset), leaf first, without frames of ours and what runs a module at its root."""
        end = len(stack) - at_root(code.co_filename for code, _ in reversed(stack))
        return [self._places.find(id(code), code, offset) for code, offset in stack[:end] if not own(code)]

    def labels(self, thread, site, holder, task):
        """[(key, text, None), …] as a Writer takes them."""
        found = [("thread", thread)]
        if task is not None:
            found.append(("task", task))
        if site is not None:
            found += [("lock name", self.lock(site)), ("lock kind", site.kind)]
        if holder is not None:
            who, code, offset = holder
            key, line, _ = self._places.find(id(code), code, offset)
            found.append(("held by", "%s: %s (%s:%d)" % (who, key[0], self._short(key[2]), line)))
        return [(key, text, None) for key, text in found]

    def lock(self, site):
        """
        `file.py:3:name`, as ddtrace calls locks, with folders where two files have one name: where it was made, and what it is assigned to
        there, when that can be read.
        """
        known = self._sites.get(site)
        if known is None:
            key, line, _ = self._places.find(id(site.code), site.code, site.offset)
            name = assigned(self._source(key[2], line))
            known = self._sites[site] = ":".join([self._short(key[2]), str(line), *([name] if name else [])])
        return known

    def _short(self, path):
        """As much of a path as tells it from all others so far: mostly the file's name alone."""
        known = self._files.get(path)
        if known is None:
            parts = path.replace("\\", "/").split("/")
            known, kept = parts[-1], 1
            while known in self._taken and kept < len(parts):
                kept += 1
                known = "/".join(parts[-kept:])
            self._taken.add(known)
            self._files[path] = known
        return known

    def _source(self, path, line):
        lines = self._sources.get(path)
        if lines is None:
            try:
                with open(path, "rb") as file:
                    lines = file.read().split(b"\n")
            except (OSError, ValueError):
                lines = []
            self._sources[path] = lines
        return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""


def assigned(text):
    """What a line of source assigns to, its last part: `lock` of `self.lock: Lock = Lock()`; empty when it is no such line."""
    left, equals, right = text.partition("=")
    target = left.partition(":")[0].strip()
    if not equals or right.startswith("=") or not all(part.isidentifier() for part in target.split(".")):
        return ""
    return target.rpartition(".")[2]

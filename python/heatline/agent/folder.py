"""The folder of windows: names, writing, and its limits. Only files that bear the names of this service's windows are ever deleted."""

import os
import re
import time
from stat import S_ISREG

from .. import files

SUFFIX = ".pb.gz"
# What is half-written and has not changed for so many seconds is nobody's any more.
LEFT_SECONDS = 3600
# Start (UTC), service, host, process, which agent of these, which of its windows; what a killed process left half-written as well.
_NAME = re.compile(r"(\d{8}T\d{6}Z)_([^_]+)_([^_]+)_(\d+)_([0-9a-f]{6})_(\d+)\.pb\.gz(\.tmp-\d+)?\Z")


class Folder:
    """Windows of one process. `now()`: Unix seconds by which windows become old."""

    def __init__(self, path, service, host, keep_bytes, keep_seconds, now):
        self.path = path
        self._service, self._host = plain(service), plain(host)
        self._keep_bytes, self._keep_seconds = keep_bytes, keep_seconds
        self._now = now
        self._agent = os.urandom(3).hex()
        self._number = 0

    def write(self, started, data):
        """Writes a window that began at `started` (Unix ns), to last; then keeps the limits. Returns its path. Raises OSError."""
        self._number += 1
        facts = _stamp(started / 1e9), self._service, self._host, os.getpid(), self._agent, self._number
        path = os.path.join(self.path, "%s_%s_%s_%d_%s_%04d%s" % (*facts, SUFFIX))
        self.make_room(len(data))
        os.makedirs(self.path, exist_ok=True)
        files.write_whole(path, data, lasting=True)
        return path

    def make_room(self, size):
        """Deletes the oldest windows of this service until `size` bytes more fit in, and those that are too old."""
        oldest = "" if self._keep_seconds is None else _stamp(self._now() - self._keep_seconds)
        try:
            found = sorted(self._own())
        except OSError:
            return
        total = size + sum(each[2] for each in found)
        for stamp, path, bytes_of_it in found:
            if stamp >= oldest and (self._keep_bytes is None or total <= self._keep_bytes):
                break
            files.remove(path)
            total -= bytes_of_it

    def _own(self):
        """(stamp, path, bytes) of the windows that all processes of this service left here."""
        with os.scandir(self.path) as entries:
            for entry in entries:
                named = _NAME.match(entry.name)
                if named is None or named.group(2) != self._service:
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # Another process of this service has deleted it.
                if S_ISREG(facts.st_mode) and not (named.group(7) and self._now() - facts.st_mtime < LEFT_SECONDS):
                    yield named.group(1), entry.path, facts.st_size


def plain(text):
    """A text as it may stand in a file's name between lines (`_`)."""
    return re.sub(r"[^\w.-]|_", "-", text, flags=re.A).strip(".")[:64] or "-"


def _stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(max(0, seconds)))

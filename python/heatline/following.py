"""Runs Python's own sampler (`profiling.sampling`) so that it knows what threads do, and can be looked at while its recording grows.

Asked for wall time its command looks whether a thread has the lock, but not whether it is on a CPU, by which waiting is told from
native code; its library does both. For that a thread's state is read of the system at each look, in the sampler's process.

The sampler writes the names of functions at the end of its file, so the file cannot be read before. About once a second a copy
of this process ends the recording in the sampler's place, in a file of its own: what is shown is the very recording, by the
sampler's own writer, and the sampling waits for the fork alone (1 ms).
"""

import os
import sys
import time

from . import files
from .live import Copies
from .runner import FOLDER

LEFT_OUT = b"_sync_coordinator.py"
HEADER, MAGIC, TABLES_AT = 64, b"HCAT", 40


def follow(words):
    """Becomes `python -m profiling.sampling WORDS`, which also renews `OUTPUT.live` unless `--no-live` stands first. Does not return."""
    import runpy

    live = words[:1] != ["--no-live"]
    words = words if live else words[1:]
    try:
        from profiling.sampling import cli

        if live:
            cli.COLLECTOR_MAP["binary"] = _followed(cli.COLLECTOR_MAP["binary"])
        cli._parse_mode = _with_states(cli._parse_mode, cli.PROFILING_MODE_WALL, cli.PROFILING_MODE_ALL)
    except (ImportError, AttributeError, KeyError):
        pass  # another version, which is made otherwise: the recording has no states, or is shown at its end
    sys.argv[1:] = words
    runpy.run_module("profiling.sampling", run_name="__main__", alter_sys=True)
    sys.exit(0)


def _with_states(parse, wall, everything):
    """The sampler's reading of `--mode`, where wall time means all threads with all that is known of them."""

    def mode_of(word):
        mode = parse(word)
        return everything if mode == wall else mode

    return mode_of


def _followed(collector):
    class Followed(collector):
        """The sampler's collector of that name; the copies end it in a file beside."""

        def __init__(self, filename, *arguments, **named):
            super().__init__(filename, *arguments, **named)
            self._path = os.path.realpath(filename)
            self._descriptor = _descriptor_of(self._path)
            self._copies = None if self._descriptor is None else Copies()
            self._began = time.monotonic()
            self._looks = self._failed = 0

        def collect(self, *arguments, **named):
            super().collect(*arguments, **named)
            self._looks += 1
            if self._copies is not None:
                now = time.monotonic_ns()
                if now > self._copies.due and not self._copies.busy(now):
                    self._copies.make(now, self._show)

        def collect_failed_sample(self):
            super().collect_failed_sample()
            self._failed += 1

        def export(self, *arguments, **named):
            if self._copies is not None:
                self._copies.end()
                files.remove(self._path + ".live")
            return super().export(*arguments, **named)

        def _show(self):
            """In a copy: writes what there is of the file under another name, and ends it there."""
            live = self._path + ".live"
            trial = "%s.tmp-%d" % (live, os.getpid())
            try:
                with open(trial, "w+b") as copy:
                    with open(self._path, "rb") as growing:
                        while part := growing.read(1 << 20):
                            copy.write(part)
                    copy.flush()
                    os.lseek(copy.fileno(), os.lseek(self._descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
                    os.dup2(copy.fileno(), self._descriptor)
                    lasted, looks = time.monotonic() - self._began, self._looks + self._failed
                    self.set_stats(self.sample_interval_usec, lasted, looks / lasted, 100 * self._failed / looks)
                    super().export()
                hide_runner(trial)
                os.replace(trial, live)
            finally:
                files.remove(trial)

    return Followed


def _descriptor_of(path):
    """The number under which this process has the file open; None where the system does not tell."""
    try:
        return next((int(each) for each in os.listdir("/proc/self/fd") if os.path.realpath("/proc/self/fd/" + each) == path), None)
    except OSError:
        return None


def hide_runner(path):
    """Names our files in a sampler's file so that readers leave them out, as src/engines/hideRecorder.ts does at the end."""
    with open(path, "r+b") as file:
        head = file.read(HEADER)
        if head[:4] != MAGIC:
            return
        start, end = (int.from_bytes(head[at : at + 8], "little") for at in (TABLES_AT, TABLES_AT + 8))
        file.seek(start)
        strings = bytearray(file.read(end - start))
        ours, at = os.fsencode(FOLDER + os.sep), 0
        while at < len(strings):
            length = shift = 0
            while at < len(strings):
                byte = strings[at]
                at += 1
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if length >= len(LEFT_OUT) and strings.startswith(ours, at):
                strings[at + length - len(LEFT_OUT) : at + length] = LEFT_OUT
            at += length
        file.seek(start)
        file.write(strings)

"""
Moments of a run under the engine `memory`: what is alive then becomes a file of its own beside the recording, which compares with the
recording itself, or with that of another moment. The program marks them by `heatline.memory_mark("loaded")`, others by a file.
"""

import os
import sys

from . import files
from .pprof import Writer
from .quality import as_json, identity

# In `sys`, for the program's package may be another copy than the recorder's, or none of ours at all may be imported.
HOOK = "_heatline_mark"
# A file beside the output, whose text is the name of a moment that somebody outside wants.
REQUEST = ".mark"
LONGEST = 60
LOOK_EVERY = 5
TOLD = "the moment “%s”, %.2f s after the recording began"
FAILED = "the moment “%s” could not be written: %s"


def memory_mark(name):
    """Marks this moment of a recording of memory. Returns the path of what is written then; None where no memory is recorded."""
    mark = getattr(sys, HOOK, None)
    return None if mark is None else mark(name)


class Marks:
    """`recorder` says where the recording goes and when it began."""

    def __init__(self, recorder):
        self._recorder = recorder
        self._memory = None
        self._names = set()
        self._looks = 0

    def open(self, memory):
        """From now on moments can be marked; `memory` is who knows what is alive."""
        self._memory = memory
        self._hook = self.mark
        setattr(sys, HOOK, self._hook)

    def close(self):
        """No more."""
        self._memory = None
        if getattr(sys, HOOK, None) is self._hook:
            delattr(sys, HOOK)

    def mark(self, name):
        """Writes what is alive now. Returns the path, or None."""
        if self._memory is None or os.getpid() != self._recorder.process:
            return None
        name = str(name)
        found = self._memory.moment(self._recorder.folder)
        if found is None:
            return None
        rows, at = found
        writer = Writer([("inuse_objects", "count"), ("inuse_space", "bytes")])
        for places, row in rows.items():
            writer.sample(places, row)
        quality = {**identity("memory"), "moment": name, "rows": "sums", "errors": 0, "notes": [TOLD % (name, at)]}
        space = ("inuse_space", "bytes")
        content = writer.bytes(self._recorder.started, int(at * 1e9), space, 0, space[0], ["heatline: " + as_json(quality)])
        path = moment_file(self._recorder.options.output, self._unique(name))
        try:
            files.write_whole(path, content)
        except OSError as error:
            self._recorder.notes.append(FAILED % (name, error.strerror or error))
            return None
        return path

    def look(self):
        """In the recorder's thread: whether somebody outside wants a moment."""
        self._looks += 1
        if self._looks % LOOK_EVERY:
            return
        request = self._recorder.options.output + REQUEST
        try:
            with open(request, "rb") as file:
                name = file.read(1000).decode("utf-8", "replace").strip()
            os.unlink(request)
        except OSError:
            return
        self.mark(name or "moment")

    def _unique(self, name):
        """A name that is fit for a file and new: `loaded`, `loaded-2`."""
        stem = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name)[:LONGEST].strip(" .") or "moment"
        known, number = stem, 1
        while known in self._names:
            number += 1
            known = "%s-%d" % (stem, number)
        self._names.add(known)
        return known


def moment_file(output, name):
    """`run.at-loaded.pb.gz` beside `run.pb.gz`."""
    ending = ".pb.gz"
    stem = output[: -len(ending)] if output.endswith(ending) else output
    return "%s.at-%s%s" % (stem, name, ending)

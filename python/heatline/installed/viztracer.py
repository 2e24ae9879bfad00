"""viztracer: beginning and end of every call, thread by thread; with --subprocesses also of child processes that are Python's.

It keeps the last million calls. Child processes are recorded by its own ways: it writes their files into a folder beside ours.
"""

import builtins
import os
import shutil
import tempfile
import time
from bisect import bisect_right

from viztracer import VizTracer
from viztracer.report_builder import ReportBuilder

PATIENCE = 5.0
OVERFLOW = "viztracer kept the last %s calls: what was before is not in the recording"
RUNNING = "child processes that still ran are not in the recording"


class Tool:
    def __init__(self, host):
        self.host = host
        self.children = None
        if host.options.subprocesses:
            self.children = tempfile.mkdtemp(prefix="heatline-viztracer-")
        output = os.path.join(self.children or tempfile.gettempdir(), "result.json")
        # As its own command does it.
        self.tracer = VizTracer(output_file=output, verbose=0, pid_suffix=True, file_info=False, dump_raw=True)

    def start(self):
        if self.children is not None:
            from viztracer.patch import install_all_hooks

            install_all_hooks(self.tracer, [])
            self.tracer._exiting = True  # we write for this process
        self.tracer.start()

    def stop(self):
        self.tracer.stop("flush_as_finish")

    def forget(self):
        if self.children is None:
            self.tracer.stop()
            self.tracer.clear()
        self.tracer._exiting = False

    def write(self, path):
        self.tracer.parse()
        data = self.tracer.data
        if data["viztracer_metadata"]["overflow"]:
            self.host.notes.append(OVERFLOW % format(self.tracer.tracer_entries, ","))
        data["traceEvents"] = self._without_ours(data["traceEvents"])
        parts = [data, *self._child_files()]
        ReportBuilder(parts, 0, base_time=self.tracer.get_base_time()).save(path, file_info=False)
        if self.children is not None:
            shutil.rmtree(self.children, True)
        self.tracer = builtins.__viz_tracer__ = None  # while the interpreter ends it cannot be taken apart without a complaint

    def _without_ours(self, events):
        """Names are `function (file:line)`. Ours go with what they call; what calls the program is exec(): the call that began first."""
        folder = "(" + self.host.folder
        calls = [event for event in events if event["ph"] == "X"]
        ours = {}  # thread -> [(begin, end) of our calls]
        for event in calls:
            if folder in event["name"]:
                ours.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
        for spans in ours.values():
            spans.sort()
        first = min(calls, key=lambda event: event["ts"], default=None)
        entry = first if first is not None and first["name"] == "builtins.exec" else None
        kept = [event for event in calls if event is not entry and not _lies_in(event, ours.get(event["tid"], ()))]
        return [event for event in events if event["ph"] != "X"] + kept

    def _child_files(self):
        """What child processes left; waits a moment for those that are about to write."""
        if self.children is None:
            return []
        limit = time.monotonic() + PATIENCE
        while any(name.endswith(".viztmp") for name in os.listdir(self.children)):
            if time.monotonic() > limit:
                self.host.notes.append(RUNNING)
                break
            time.sleep(0.02)
        return [os.path.join(self.children, name) for name in sorted(os.listdir(self.children)) if name.endswith(".json")]


def _lies_in(event, spans):
    """Whether a call is one of `spans`, sorted by their beginning, or lies in one."""
    at = bisect_right(spans, (event["ts"], float("inf"))) - 1
    return at >= 0 and event["ts"] + event["dur"] <= spans[at][1]

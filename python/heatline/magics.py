"""`%heatline` and `%%heatline` for IPython and Jupyter, after `%load_ext heatline`."""

import getopt
import shlex

from .cells import Cells
from .files import why_unwritable
from .kernel import CellProfile

USAGE = "usage: %%heatline [-o FILE] [-r HZ], and the code below it; or %heatline [-o FILE] [-r HZ] STATEMENT"
SHOWN_LINES = 12


class Stopped(Exception):
    """The code below the magic has failed, and was told of: nothing that runs after it shall go on."""

    def _render_traceback_(self):
        return []


def load(shell):
    """Gives a shell the magic."""
    shell.register_magic_function(lambda line: heatline(shell, line, None), "line", "heatline")
    shell.register_magic_function(lambda line, cell: heatline(shell, line, cell), "cell", "heatline")


def heatline(shell, line, cell):
    """
    Runs the code, writes a recording (`-o`, or named by the time) and prints where the time went. Raises UsageError for
    words that are none of ours and files that cannot be written; Stopped when the code failed.
    """
    from IPython.core.error import UsageError

    try:
        options, statement = _options(line, cell is None)
        profile = CellProfile(Cells(shell), options.get("-o"), float(options.get("-r", 200)))
    except ValueError as problem:
        raise UsageError(str(problem)) from None
    text = statement if cell is None else cell
    if not text.strip():
        raise UsageError(USAGE)
    problem = why_unwritable(profile.output)
    if problem:
        raise UsageError("cannot write %s: %s" % (profile.output, problem))
    runs = []

    def before(info):
        if not runs:
            import sys

            runs.append(info)
            profile.cells.begin(sys._getframe().f_back.f_back, info.raw_cell, None)
            profile.start()

    # Nested in the cell of the magic, whose own events have passed.
    shell.events.register("pre_run_cell", before)
    try:
        result = shell.run_cell(text)
    finally:
        shell.events.unregister("pre_run_cell", before)
        profile.close()
    print(_report(profile))
    if not result.success:
        raise Stopped


def _options(line, statement):
    try:
        words = shlex.split(line, posix=True) if not statement else line.split()
        found, rest = getopt.getopt(words, "o:r:")
    except (ValueError, getopt.GetoptError) as problem:
        raise ValueError("%s; %s" % (problem, USAGE)) from None
    if rest and not statement:
        raise ValueError("%s is no option; %s" % (rest[0], USAGE))
    if not statement:
        return dict(found), None
    # The statement as it was written, blanks and all.
    for word in rest[:1]:
        return dict(found), line[_end_of_options(line, len(words) - len(rest)) :].lstrip()
    return dict(found), ""


def _end_of_options(line, count):
    """Where the first `count` words of a line end."""
    at = 0
    for _ in range(count):
        while at < len(line) and line[at].isspace():
            at += 1
        while at < len(line) and not line[at].isspace():
            at += 1
    return at


def _report(profile):
    """The hottest lines of cells, as a table; and where the recording is."""
    whole, lines, samples = 0, {}, 0
    for _, frames, ticks, wall, *_ in profile._sums.samples(None):
        whole += wall
        samples += ticks
        for place in {(frame[0][2], frame[1]) for frame in frames if frame[0][2] in profile.cells.used}:
            row = lines.setdefault(place, [0, 0])
            row[1] += wall
            row[0] += wall if (frames[0][0][2], frames[0][1]) == place else 0
    if not whole:
        return "heatline: it was over before a sample was taken; its file %s is empty" % profile.output
    out = ["heatline: %s, %d samples → %s" % (_seconds(whole), samples, profile.output), "", "   self   total"]
    for (title, line), (own, total) in sorted(lines.items(), key=lambda item: (-item[1][0], -item[1][1]))[:SHOWN_LINES]:
        texts = profile.cells.used[title].splitlines()
        text = texts[line - 1] if 0 < line <= len(texts) else ""
        out.append("%5.1f %% %5.1f %%  %s" % (100 * own / whole, 100 * total / whole, text[:100]))
    return "\n".join(out)


def _seconds(nanoseconds):
    return "%.2f s" % (nanoseconds / 1e9) if nanoseconds >= 1e9 else "%.0f ms" % (nanoseconds / 1e6)

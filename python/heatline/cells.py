"""Cells of a notebook as its kernel runs them: the names and texts that a profile shows, and which frames are theirs."""

import linecache
import os
import sys
import sysconfig

from .runner import is_ours

BODIES = ("<module>", "<cell line:")  # how IPython's versions name the code of a whole cell
OLD_NAMES = ("<ipython-input-", "/ipykernel_", "\\ipykernel_")
TELLS_FAILURE = "showtraceback"  # of a cell that has failed already
MAGIC = "get_ipython().run_cell_magic("
TIMED = ("<timed exec>", "<timed eval>")
OUTSIDE = "threads that were there before are shown only while they run code of the notebook or of the user's own files"


def bare(text):
    """What makes two cells the same: neither line ends nor blanks around them."""
    return "\n".join(text.splitlines()).strip()


class Cells:
    """
    The cells of one IPython shell. `named` lists (name, text) of those that have a name, such as `/home/me/a.ipynb#cell3`;
    others keep the file name that IPython made up. `used` holds the text of each cell that was met, by the name shown.
    """

    def __init__(self, shell, named=()):
        self._shell = shell
        self._names = {}
        for name, text in named:
            self._names.setdefault(bare(text), name)
        self._found = {}
        self._running = None
        self._base = ()
        self._own = None
        self._others = frozenset()
        self._libraries = tuple({os.path.join(path, "") for path in sysconfig.get_paths().values() if path})
        self.used = {}

    def begin(self, frame, text, name=None):
        """A cell with this text begins in the calling thread; `frame` is the one that called us in IPython."""
        threading = sys.modules["threading"]
        self._own = threading.current_thread().name
        self._others = frozenset(each.name for each in threading.enumerate()) - {self._own}
        self._running = text
        self._found.clear()
        if name is not None:
            self._names[bare(text)] = name
        base = []
        while frame is not None:
            base.append((frame.f_code.co_filename, frame.f_code.co_name, frame.f_code.co_firstlineno))
            frame = frame.f_back
        self._base = tuple(reversed(base))

    def kept(self, thread, frames):
        """
        Of a sample's frames, leaf first, those to show: cells under their names and with their own line numbers, and nothing
        of the kernel that runs them.
        """
        own = thread == self._own
        shown, users, outermost, inner = [], False, 0, False
        for (qualname, name, file, first), line, column in frames[: self._inside(frames)] if own else frames:
            if is_ours(file):
                continue
            if name == TELLS_FAILURE and own:
                return ()
            cell = self._find(file)
            if cell is None:
                users = users or self._is_users(file)
                shown.append(((qualname, name, file, first), line, column))
                continue
            users = True
            title, text, shift, under_magic = cell
            self.used[title] = text
            whole = name.startswith(BODIES)
            key = ("<module>", "<module>", title, 1) if whole else (qualname, name, title, first + shift)
            shown.append((key, line + shift, column))
            if not inner:
                outermost, inner = len(shown), whole and under_magic
        if thread in self._others and not users:
            return ()
        return tuple(shown[:outermost] if own and outermost else shown)

    def _inside(self, frames):
        """How many of the frames, from the leaf on, are not those that were there when the cell began."""
        end = len(frames)
        for known in self._base:
            if not end or (frames[end - 1][0][2], frames[end - 1][0][1], frames[end - 1][0][3]) != known:
                break
            end -= 1
        return end

    def _is_users(self, file):
        outside = file.startswith(("<", "~")) or "site-packages" in file or "dist-packages" in file
        return not outside and not file.startswith(self._libraries)

    def _find(self, file):
        """
        (name, text, lines to add to the code's own, whether a cell's magic ran it) of the cell whose code runs under this
        file name; None for other code.
        """
        if file not in self._found:
            self._found[file] = self._look_up(file)
        return self._found[file]

    def _look_up(self, file):
        if file in TIMED:
            return self._under_magic(file, None)
        numbers = getattr(self._shell.compile, "_filename_map", None)
        number = None if numbers is None else numbers.get(file)
        if number is None and (numbers is not None or not any(part in file for part in OLD_NAMES)):
            return None
        entry = linecache.cache.get(file)
        if entry is None or len(entry) < 3:
            return None
        ran = "".join(entry[2])
        for text in self._candidates(number):
            shift = _blank_lines(text)
            whole = len(text.splitlines()) - shift == len(ran.splitlines()) or ran.startswith(MAGIC)
            if whole and self._shell.transform_cell(text) == ran:
                return (self._names.get(bare(text), file), text, shift, False)
        return self._under_magic(file, ran) or (self._names.get(bare(ran), file), ran, 0, False)

    def _candidates(self, number):
        if self._running is not None:
            yield self._running
        history = getattr(self._shell.history_manager, "input_hist_raw", ())
        if number is not None and number < len(history):
            yield history[number]

    def _under_magic(self, file, ran):
        """What stands below a magic such as `%%time` is compiled anew by it; `ran` is that code where it is known."""
        text = self._running
        if text is None:
            return None
        shift = _blank_lines(text)
        first, *rest = text.splitlines()[shift:] or [""]
        body = "\n".join(rest)
        if ran is None and first.strip() != "%%time":
            return None
        if ran is not None and not (first.startswith("%%") and self._shell.transform_cell(body) == ran):
            return None
        # As of a whole cell, blank lines in front are taken off.
        return (self._names.get(bare(text), file), text, shift + 1 + _blank_lines(body), True)


def _blank_lines(text):
    """How many lines without anything there are in front."""
    count = 0
    for line in text.splitlines():
        if line.strip():
            break
        count += 1
    return count

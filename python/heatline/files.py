"""Files that appear whole or not at all."""

import os


def why_unwritable(path):
    """The reason why `path` cannot be written, or None. Leaves nothing behind."""
    if os.path.isdir(path):
        return "it is a folder"
    trial = "%s.tmp-%d" % (path, os.getpid())
    try:
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        os.unlink(trial)
    except OSError as error:
        return error.strerror or str(error)
    return None


def text(path):
    """What is in a file; '' where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def write_whole(path, data, lasting=False):
    """Writes beside `path` and renames; raises OSError, and leaves no temporary file then. `lasting`: a power cut does not undo it."""
    trial = "%s.tmp-%d" % (path, os.getpid())
    try:
        descriptor = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644)
        try:
            view = memoryview(data)
            while len(view):
                view = view[os.write(descriptor, view) :]
            if lasting:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(trial, path)
        if lasting:
            _keep_names(os.path.dirname(path))
    except BaseException:
        remove(trial)
        raise


def _keep_names(folder):
    """What was renamed in a folder stays so; systems that cannot open folders do without."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        pass  # A folder that may not be read, or a file system that does not know this: the file is there all the same.


def replace_by(path, write):
    """Has `write(trial)` make a file beside `path` and renames it, if there is one; raises what `write` does, or OSError."""
    trial = "%s.tmp-%d.json" % (path, os.getpid())
    try:
        write(trial)
        if os.path.exists(trial):
            os.replace(trial, path)
    finally:
        remove(trial)


def remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass

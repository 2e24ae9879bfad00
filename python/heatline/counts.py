"""Exact counts for a recording's file, its workers' too; a file of nothing else is what `cProfile -o` writes. `recording` is a Recorder."""

import marshal

from .places import function_key


def content(recording, final):
    """The .prof file, as bytes; in a worker, what it leaves."""
    entries, key_of = counted(recording, final)
    workers = recording.workers
    if recording.options.worker is not None:
        return workers.figures(recording.options.worker, [], workers.keyed(without_exec(entries), key_of), 0, 0, {}, None)
    _, entries, key_of = with_workers(recording, final, entries, key_of)
    return prof_bytes(entries, lambda code: _pstats_key(key_of(code)))


def counted(recording, final):
    """Of this process: entries as the counter's, and what makes function keys of their codes."""
    entries = [] if recording.counter is None else recording.counter.entries()
    if final and recording.options.within is not None:
        recording.notes += recording.options.within.told(None if recording.has_workers else recording.counter, recording.gate)
    return entries, lambda code: function_key(code, recording.folder)


def with_workers(recording, final, entries, key_of):
    """What workers left, as collected; and entries and their keys with theirs."""
    if not (final and recording.has_workers):
        return [], entries, key_of
    workers = recording.workers
    parts, notes = workers.collect(recording.options.output)
    recording.notes += notes
    if parts and entries:
        entries = workers.added_up([workers.keyed(without_exec(entries), key_of), *(part[2] for part in parts)])
        key_of = lambda key: key
    return parts, entries, key_of


def without_exec(entries):
    """Leaves out our own call of exec() around the program; pstats files keep it, as cProfile's have it."""
    name = "<built-in method builtins.exec>"
    return [entry for entry in entries if entry[0] != name or entry[1] > 1]


def _pstats_key(key):
    _, name, file, line = key
    return (file, line, name)


def prof_bytes(entries, key_of):
    """The content of a .prof file as `cProfile -o` writes it; `key_of(code)` is pstats' (file, line, name)."""
    table = {}
    for code, calls, recursive, total, inline, _ in entries:
        cc, nc, tt, ct, callers = table.setdefault(key_of(code), (0, 0, 0.0, 0.0, {}))
        table[key_of(code)] = (cc + calls - recursive, nc + calls, tt + inline, ct + total, callers)
    for code, _, _, _, _, callees in entries:
        caller = key_of(code)
        for callee, calls, recursive, total, inline in callees:
            callers = table[key_of(callee)][4] if key_of(callee) in table else None
            if callers is None:
                continue
            # Unlike functions, edges have all calls first and primitive ones second: cProfile writes them so.
            nc, cc, tt, ct = callers.get(caller, (0, 0, 0.0, 0.0))
            callers[caller] = (nc + calls, cc + calls - recursive, tt + inline, ct + total)
    return marshal.dumps(table)

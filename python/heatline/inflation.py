"""What counting calls costs, and what the samples would be without it.

The tracer's work is done at certain instructions: at a function's entry and exit in the function itself, and at calls in
the caller. How often each was done is known exactly, and what it costs once is measured at the start. So of the time
that was sampled at such instructions, that much was the tracer's; what is left is the estimate of the untraced program.
It is an estimate from below: costs are measured in a small loop, where all is in the caches, and calls of types
(`str(x)`) are slowed down but not counted.
"""

import _lsprof
import sys
import time

LIMIT_SECONDS = 0.02
# What is left after taking away three fifths doubles every error of what was taken: measured shares are nearer to the truth then.
SOUND = 0.6
CALLS = 500
ROUNDS = 12
ENTRY, EXIT, CALL, REST = range(4)


class Costs:
    """Nanoseconds that the tracer takes: `inside` per call of a Python function, half at its entry and half at its exit;
    and in the caller `calling` it, a built-in `function`, or a built-in `method`."""

    inside = calling = function = method = 0.0

    def least(self, other):
        """
        Of two calibrations, the one with the smaller figures: on a busy machine all rounds of one may fall into a time
        when the core is shared, which makes everything half as slow again.
        """
        known = lambda costs: costs.inside + costs.calling + costs.function + costs.method
        return other if 0 < known(other) < known(self) or not known(self) else self

    def at_calls(self, callee):
        if not isinstance(callee, str):
            return self.calling
        return self.method if callee.startswith("<method ") else self.function


def _nothing(_each):
    pass


def _from_outside(rounds):
    any(map(_nothing, rounds))


def _from_python(rounds):
    call = _nothing
    for each in rounds:
        call(each)


def _function(rounds):
    call = abs
    for each in rounds:
        call(each)


def _method(rounds):
    text = ""
    for _ in rounds:
        text.upper()


def clock():
    """CPU nanoseconds of this thread, where the platform counts them finely enough; else those that passed."""
    try:
        if time.get_clock_info("thread_time").resolution < 1e-6:
            return time.thread_time_ns
    except (AttributeError, ValueError):
        pass
    return time.perf_counter_ns


def calibrate(limit=LIMIT_SECONDS):
    """Measures the costs by the least of some rounds, for `limit` seconds at most; nothing when tracing is not to be had."""
    costs, now = Costs(), clock()
    if sys.gettrace() is not None or (sys.getprofile() is not None and not hasattr(sys, "monitoring")):
        return costs  # the program's own, which would be measured too, and lost
    works = (_from_outside, _from_python, _function, _method)
    least = [[1e9, 1e9] for _ in works]
    end = time.perf_counter() + limit
    for _ in range(ROUNDS):
        for work, known in zip(works, least):
            for traced in (0, 1):
                profiler = _lsprof.Profiler()
                rounds = range(CALLS)
                if traced:
                    try:
                        profiler.enable()
                    except ValueError:
                        return costs
                began = now()
                work(rounds)
                spent = now() - began
                profiler.disable()
                known[traced] = min(known[traced], spent)
        if time.perf_counter() > end:
            break
    outside, python, function, method = (max(0.0, (traced - plain) / CALLS) for plain, traced in least)
    costs.inside = min(outside, python)
    costs.calling = python - costs.inside
    costs.function, costs.method = function, method
    return costs


def _kinds():
    """{operation number: kind}, by the names of this Python's operations."""
    known = "opcode" in sys.modules
    import opcode

    if not known:
        del sys.modules["opcode"]
    kinds = {}
    for name, number in opcode.opmap.items():
        if name == "RESUME":
            kinds[number] = ENTRY
        elif name in ("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE"):
            kinds[number] = EXIT
        elif name.startswith("CALL") or name == "PRECALL":
            kinds[number] = CALL
    return kinds


KINDS = _kinds()


def untraced(rows, entries, key_of, costs, exact):
    """
    Nanoseconds per row without tracing. `rows`: [(key of the leaf's function, its byte offset, wall, cpu, busy)], where
    busy time is what the thread wanted a CPU for; only such time can be the tracer's. `exact` says that offsets tell the
    instruction that ran; else what is owed is taken from a function's samples alike. No figure exceeds its wall time.
    """
    owed, codes = {}, {}
    for code, calls, _, _, _, callees in entries:
        if isinstance(code, str):
            continue
        key = key_of(code)
        codes.setdefault(key, code.co_code)
        debt = owed.setdefault(key, [0.0, 0.0, 0.0])
        debt[ENTRY] += calls * costs.inside / 2
        debt[EXIT] += calls * costs.inside / 2
        for callee, number, *_ in callees:
            debt[CALL] += number * costs.at_calls(callee)
    if not exact:
        owed = {key: [0.0, 0.0, 0.0, sum(debt)] for key, debt in owed.items()}
    spent, kinds = {}, []
    for key, offset, _, cpu, busy in rows:
        kind = _kind(codes.get(key), offset) if exact else REST
        kinds.append(kind)
        spent[key, kind] = spent.get((key, kind), 0) + (cpu or busy)
    found = []
    for (key, _, wall, _, busy), kind in zip(rows, kinds):
        debt = owed.get(key, ())
        share = min(1.0, debt[kind] / spent[key, kind]) if kind < len(debt) and spent[key, kind] else 0.0
        found.append(wall - min(wall, int(busy * share)))
    return found


def is_sound(removed, busy):
    """Whether the estimate may be shown first: `removed` of `busy` nanoseconds were the tracer's."""
    return removed <= SOUND * busy


def _kind(code, offset):
    if code is None:
        return REST
    if offset < 0:
        return ENTRY  # not yet at the first instruction
    return KINDS.get(code[offset], REST) if offset < len(code) else REST

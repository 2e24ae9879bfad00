"""A place among the tools of `sys.monitoring` (CPython 3.12 and newer), of which each interpreter has six."""

import sys

PLACES = (3, 4)  # 0, 1, 2 and 5 are those of debuggers, coverage, profilers and optimizers
TAKEN = "both places for other tools in sys.monitoring are taken by %s"


def free_place():
    """A place for a tool of ours, to be taken by `use_tool_id`; None when there is none."""
    return next((place for place in PLACES if sys.monitoring.get_tool(place) is None), None)


def taken():
    """Says who has both."""
    return TAKEN % ", ".join(map(sys.monitoring.get_tool, PLACES))

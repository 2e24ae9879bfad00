"""How often a recording that goes on is kept, so that a killed program leaves most of it: seldom, and more seldom the longer it takes."""

FIRST, LAST = 2.0, 30.0
# A checkpoint may take one part in so many of the time.
SHARE = 50


def gaps(duration):
    """Seconds from one checkpoint to the next; one falls on the end of the recording where that is limited."""
    gap, elapsed = FIRST, 0.0
    while True:
        if duration is not None and elapsed < duration <= elapsed + gap:
            yield duration - elapsed
        else:
            yield gap
        elapsed += gap
        gap = min(2 * gap, LAST)


class Pace:
    """When the process itself is to write the next one; seconds since the recording began."""

    def __init__(self):
        self._gap = self._at = FIRST

    def now(self):
        self._at = 0.0

    def never(self):
        self._at = float("inf")

    def due(self, elapsed):
        return elapsed >= self._at

    def took(self, elapsed, cost):
        """One was begun at `elapsed`, and took `cost` seconds."""
        self._gap = max(min(2 * self._gap, LAST), SHARE * cost)
        self._at = elapsed + self._gap

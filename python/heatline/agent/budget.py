"""What the agent may cost, and how it keeps to it: it looks half as often when it costs more, and ends when that does not help."""

# Beneath this part of the rate that was asked, it ends.
LEAST = 1 / 64
# Where it costs less than this part of what it may, for so many judgements one after the other, it looks twice as often again.
CALM, CALM_TIMES = 1 / 4, 12


class Budget:
    """`most`: what it may cost, as part of the time of one processor. `rate`: looks a second; 0 once it has to end."""

    def __init__(self, rate, most):
        self.asked = self.rate = rate
        self.most = most
        self._calm = 0

    def judge(self, cost):
        """`cost` of a stretch of time, as part of one processor. Returns what was changed and why in a sentence, or None."""
        if cost > self.most:
            self._calm = 0
            self.rate = self.rate / 2 if self.rate / 2 >= self.asked * LEAST else 0
            outcome = "it looks %g times a second from here on" % self.rate if self.rate else "it ends"
            return "the agent took %.2g %% of a processor, which is more than %.2g %%: %s" % (100 * cost, 100 * self.most, outcome)
        self._calm = self._calm + 1 if cost < CALM * self.most else 0
        if self._calm < CALM_TIMES or self.rate == self.asked:
            return None
        self._calm = 0
        self.rate = min(self.asked, 2 * self.rate)
        return "the agent costs little again: it looks %g times a second from here on" % self.rate

"""What looking at stacks may cost, and how the agent keeps to it: by what a look takes it looks as often as it may."""

# Beneath this part of the rate that was asked it does not go; where even that is too much so many judgements in a row, it ends.
LEAST, TOO_MUCH = 1 / 64, 3
# What is aimed at, as part of what it may cost: looks do not all take the same.
AIM = 0.9
# It looks more often again where so many times as many looks fit, so many judgements in a row.
WORTH, CALM_TIMES = 1.25, 3
# A program that runs stands still for a look and takes time to get going again: a web service lost 2 to 3.5 times the processor time that looks took
# (docs/production.md). So much of it is charged, in quiet times too: a service that has nothing to do now has much to do in the next second.
CHARGED = 4
# What the last stretch of time weighs in what a look is taken to cost, which is so many times what it did then at most: bursts are forgotten.
NEW, MOST_OLD = 0.4, 3


class Budget:
    """`most`: what it may cost, as part of the time of one processor. `rate`: looks a second; 0 once it has to end."""

    def __init__(self, rate, most):
        self.asked = self.rate = rate
        self.most = most
        self._look = None  # seconds that one costs
        self._calm = self._too_much = 0

    def judge(self, seconds, looks, spent, beside=0.0):
        """
        Of the last `seconds`: how many looks there were, and the seconds of processor time that they took; `beside`: what else is to be
        paid for, as part of one processor. Returns what was changed and why in a sentence, or None.
        """
        if not looks:
            return None
        now = CHARGED * spent / looks
        self._look = now if self._look is None else min(MOST_OLD * now, self._look + NEW * (now - self._look))
        # A busy program lets it look less often than it would.
        cost = self._look * min(self.rate, looks / seconds) + beside
        fitting = max(self.asked * LEAST, min(self.asked, (AIM * self.most - beside) / self._look)) if self._look else self.asked
        if cost <= self.most:
            self._too_much = 0
            self._calm = self._calm + 1 if fitting > self.rate and fitting >= min(self.asked, WORTH * self.rate) else 0
            if self._calm < CALM_TIMES:
                return None
            self.rate, self._calm = fitting, 0
            return "looking at stacks takes %.3g ms each, with what the program waits: it looks %.3g times a second from here on" % (1e3 * self._look, self.rate)
        self._calm = 0
        if fitting >= self.rate:
            self._too_much += 1
            if self._too_much < TOO_MUCH:
                return None
        self.rate = fitting if fitting < self.rate else 0
        outcome = "it looks %.3g times a second from here on" % self.rate if self.rate else "it ends"
        return "looking at stacks took %.3g %% of a processor, with what the program waited, which is more than %.3g %%: %s" % (100 * cost, 100 * self.most, outcome)

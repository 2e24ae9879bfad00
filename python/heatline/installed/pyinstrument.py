"""pyinstrument: stacks of the main thread at intervals of wall time, taken when functions begin or end."""

from pyinstrument import Profiler, stack_sampler


class Limited(Profiler):
    """Ends by itself when the recording is long enough: only the thread that it watches can end it."""

    left = float("inf")

    def _sampler_saw_call_stack(self, call_stack, time_since_last_sample, async_state):
        super()._sampler_saw_call_stack(call_stack, min(time_since_last_sample, self.left), async_state)
        self.left -= time_since_last_sample
        if self.left <= 0:
            self.stop()


class Tool:
    def __init__(self, host):
        self.host = host
        self.profiler = Limited(interval=1 / host.options.rate)
        if host.options.duration is not None:
            self.profiler.left = host.options.duration
            host.options.duration = None  # no thread is needed for it
        # It would warn on stderr of a slow clock, and measure for that.
        self._sampler = stack_sampler.get_stack_sampler()
        self._sampler.has_warned_about_timing_overhead = True

    def start(self):
        self.profiler.start(target_description=" ".join(self.host.words))

    def stop(self):
        if self.profiler.is_running:
            # Any thread may end the program; the profiler asks for its own.
            stack_sampler.thread_locals.stack_sampler = self._sampler
            self.profiler.stop()

    def forget(self):
        self.stop()

    def write(self, path):
        session = self.profiler.last_session
        records = [(self._without_ours(stack), seconds) for stack, seconds in session.frame_records]
        session.frame_records = [(stack, seconds) for stack, seconds in records if len(stack) > 1]
        session.sample_count = len(session.frame_records)
        session.start_call_stack = self._without_ours(session.start_call_stack)
        session.save(path)

    def _without_ours(self, stack):
        """A frame is `name NUL file NUL line`; the first one is the thread. What only we and exec() did is not the program's."""
        ours = [self.host.is_ours(frame.split("\0")[1]) for frame in stack]
        rest = [frame for frame, own in zip(stack, ours) if not own]
        return rest[:1] if any(ours) and len(rest) == 2 and rest[1].startswith("exec\0<built-in>") else rest

"""memray: every block, those that C and C++ take by themselves too; with --native their functions as well."""

import os

import memray


class Tool:
    bare = True  # memray leaves out as many frames as stand on the stack when it is started

    def __init__(self, host):
        self.host = host
        self.native = host.options.native
        self.file = host.options.output + ".memray"
        destination = memray.FileDestination(self.file, overwrite=True, compress_on_exit=False)
        self.tracker = memray.Tracker(destination=destination, native_traces=self.native)
        self.start = self.tracker.__enter__

    def stop(self):
        self.tracker.__exit__(None, None, None)

    def forget(self):
        """memray itself leaves a forked child alone."""

    def write(self, path):
        try:
            rows = records(self.file, self.native)
            with open(path, "wb") as file:
                file.write(self.host.memory_file(memray.__version__, rows))
        finally:
            os.unlink(self.file)


def records(file, native):
    """Who held memory at the end and at the peak, and who gave it back at once, of memray's own file, as `memory_file` takes them."""
    with memray.FileReader(file) as reader:
        reads = reader.get_leaked_allocation_records, reader.get_high_watermark_allocation_records, reader.get_temporary_allocation_records
        return [[_row(record, native) for record in read(merge_threads=False)] for read in reads]


def _row(record, native):
    stack = record.hybrid_stack_trace() if native else record.stack_trace()
    frames = [(file, line, name) for name, file, line in stack] or [("<unknown>", 0, "<unknown>")]
    allocator = memray.AllocatorType(record.allocator).name.lower()
    labels = ("thread", record.thread_name or "Thread %d" % record.tid, None), ("allocator", allocator, None)
    return frames, record.n_allocations, record.size, labels

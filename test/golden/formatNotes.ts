/** What docs/formats.md says of a format beyond what the registry and the fixtures tell. */
export interface FormatNotes {
  readonly files: string;
  readonly notes: string;
  /** Whose figures ours are compared with, in the tests. */
  readonly judge: string;
}

/** By format id. */
export const formatNotes: Readonly<Record<string, FormatNotes>> = {
  pprof: {
    files: '`.pb.gz`, `.pprof`, `.pb`',
    notes: 'gzip, zstd or raw; inlined lines, labels, mappings, comments, several value types',
    judge: '`go tool pprof`: every flat and cum, by function and by line, and peek',
  },
  otlp: {
    files: "OpenTelemetry's profiles (OTLP in protobuf, v1development)",
    notes: 'each measured type a value type; threads, labels, times, inlined lines, mappings, links',
    judge: '`go tool pprof`, and the program that wrote it',
  },
  'pprof-legacy': {
    files: '`?debug=1` of Go services, gperftools',
    notes:
      "heap, contention, mutex, goroutine, threadcreate, threadz as text, CPU profiles in binary, Java's; names from Go's comments, else the mapped file",
    judge: '`go tool pprof`',
  },
  pstats: {
    files: '`.prof`, `.pstats`',
    notes: "Python's marshal, every version from 2.7 on; exact counts and call edges; no stacks, so its tree is an estimate",
    judge: 'the `pstats` of the Python that wrote it: every function and edge',
  },
  tachyon: {
    files: '`profiling.sampling --binary` (Python ≥ 3.15)',
    notes: 'every sample with time, thread, thread status, columns; a late look weighs what it waited',
    judge: '`profiling.sampling replay`: every stack, and its own decoder: every sample',
  },
  'tachyon-jsonl': {
    files: '`profiling.sampling --jsonl`',
    notes: 'sums per line, no stacks',
    judge: "the file's own sums, and the binary recording of the same run",
  },
  speedscope: {
    files: '`.speedscope.json` of py-spy, rbspy, pyinstrument, memray …',
    notes: "evented and sampled, with times; each profile is a thread, or a value type when their units differ; py-spy's thread names",
    judge: "speedscope's importer",
  },
  'line-profiler': {
    files: '`.lprof` (line_profiler 1–5)',
    notes: 'exact time and hits per line; the pickle is read as data, nothing is run',
    judge: "line_profiler's own report",
  },
  tracemalloc: {
    files: '`Snapshot.dump`',
    notes: 'stacks of what is held, bytes and objects; files and lines, no functions; the same',
    judge: '`Snapshot.statistics` by line and by traceback',
  },
  pyisession: {
    files: "pyinstrument's `.pyisession` (4, 5), `.pyireport`",
    notes: 'every sample in its order, with lines and threads',
    judge: "pyinstrument's own tree",
  },
  pyinstrument: {
    files: "pyinstrument's JSON (3–5)",
    notes: 'a tree of functions, summed; no running lines',
    judge: "pyinstrument's own tree",
  },
  'memray-csv': {
    files: '`memray transform csv`',
    notes: 'stacks of what was held at the high-water mark, by thread and allocator',
    judge: "memray's library on the recording it was made of",
  },
  scalene: {
    files: "Scalene's JSON (1.5 to 2)",
    notes: 'time per line in Python, native code and the system, from shares of the run; memory per line',
    judge: '`scalene view --cli`',
  },
  cpuprofile: {
    files: "`.cpuprofile` (Node's `--cpu-prof`, Chrome)",
    notes: "a sample lasts until the next; lines of a node's ticks, else where the function begins",
    judge: "speedscope's importer; V8's `hitCount` and `positionTicks`",
  },
  'chrome-trace': {
    files: 'Trace Event JSON of Chrome, viztracer, py-spy …',
    notes:
      'begin, end and complete events as spans, with times; a CPU profile inside the trace goes before them; asynchronous events are left out',
    judge: "speedscope's importer",
  },
  firefox: {
    files: "Firefox Profiler's Gecko and processed JSON: Firefox, samply, Python's `--gecko`, perf's exporter",
    notes:
      'every version (tables per thread or shared, parents as indexes or offsets, original places); samples, wall and CPU time, or bytes',
    judge: '`profiling.sampling replay` of the same recording',
  },
  heapprofile: {
    files: "`.heapprofile` (Node's `--heap-prof`, Chrome)",
    notes: 'bytes still held, by stack',
    judge: "speedscope's importer",
  },
  stackprof: {
    files: "stackprof's JSON (Ruby)",
    notes: 'every stack with its time when recorded with `raw: true`, else sums of methods and lines; lines of stacks since 0.2.22',
    judge: '`stackprof --text`',
  },
  dhat: {
    files: "DHAT's `dhat.out` (valgrind, Rust's crate)",
    notes: 'allocated, held at the peak, held at the end, read and written, by stack; copies and own units too',
    judge: 'what valgrind printed of the same run',
  },
  'austin-mojo': {
    files: "Austin's `.mojo`, versions 1–3 (Austin 3.4 to 4)",
    notes: 'every sample with time, columns, threads, processes; wall, CPU and memory in full mode; cut stacks are counted as errors',
    judge: "Austin's own library (austin-python)",
  },
  austin: {
    files: "Austin's text, 1.0 to 3.7, with its header or without",
    notes: 'the same without columns',
    judge: "Austin's own library (austin-python)",
  },
  'perf-script': {
    files: 'what `perf script` prints, also with `-F`, `--header`, `-G`',
    notes: "each event a value type, weighed by its period; times, threads; names of Python's (`-X perf`), Node's and Java's maps",
    judge: '`perf report` with and without children',
  },
  callgrind: {
    files: '`callgrind.out.*`, yappi, pyprof2calltree, Xdebug, rbspy',
    notes: 'sums per function, line and call edge, every event; no stacks, so its tree is an estimate; recursion counts once',
    judge: '`callgrind_annotate`, inclusive too; for yappi and pyprof2calltree `pstats`',
  },
  'rbspy-raw': {
    files: "rbspy's `--raw-file`",
    notes: 'every sample with time, thread and whether it was on a CPU',
    judge: '`rbspy report -f collapsed`',
  },
  'macos-sample': {
    files: "macOS' `sample`, Activity Monitor",
    notes: 'the call graph of each thread; own ticks are what callees leave',
    judge: "the file's own table of ticks",
  },
  instruments: {
    files: "Instruments' call tree, copied as text (Deep Copy)",
    notes: 'time, processor cycles or bytes by stack, as rounded as they are printed; threads are frames',
    judge: "the file's own column of self weights",
  },
  'v8-ticks': {
    files: 'what `node --prof-process` prints',
    notes: 'ticks by function, of the larger ones with up to five callers; lines where functions begin',
    judge: "the file's own flat tables",
  },
  importtime: {
    files: 'what `python -X importtime` prints (3.7 and later)',
    notes: 'a tree of modules with their own times; the program’s lines between are left out; several processes; names without files',
    judge: 'the cumulative times of the file itself',
  },
  dtrace: {
    files: "DTrace's `@[ustack()] = count()`",
    notes: 'stacks with their counts',
    judge: 'inferno-collapse-dtrace',
  },
  'pyspy-raw': {
    files: '`py-spy record -f raw`',
    notes: 'one stack a line; threads (`-t`), processes (`-s`), native frames (`-n`; code without a symbol is its library)',
    judge: "speedscope's importer",
  },
  jfr: {
    files: '`.jfr` of the JDK (9 and later) and async-profiler',
    notes:
      "samples, allocations, locks, parking, sleep, input and output by stack and thread, with times; files are told from the classes' names",
    judge: "`jfr print --json`; async-profiler's converter",
  },
  'd3-flame-graph': {
    files: '`{name, value, children}`, or `{n, v, c}` of Linux perf',
    notes: 'a tree of sums; lines only where names say them',
    judge: "the file's own sums; stackprof's figures of the same run",
  },
  collapsed: {
    files: '`.collapsed`, `.folded` of stackcollapse, inferno, Tachyon, async-profiler, rbspy …',
    notes:
      'one stack a line; threads and tasks, `name (file:line)`, `file:name:line`, `name - file:line`; compiled, inlined and interpreted Java frames are one method; two counts a line are before and after',
    judge: "speedscope's importer; async-profiler's report of the same samples",
  },
};

/**
 * What each engine cannot see, as short sentences: docs/engines.md has the long ones. By the id of the engine; what other
 * tools write goes by the id of their format.
 */
const BLIND: Readonly<Record<string, readonly string[]>> = {
  hybrid: [
    'Time in C code stands on the Python line that calls it.',
    'Counting calls takes time: functions that are called very often look slower than they are.',
    'A thread that waits for Python’s lock looks like one that works; the value “cpu” tells them apart.',
  ],
  sampler: [
    'Calls are not counted.',
    'Time in C code stands on the Python line that calls it.',
    'A thread that waits for Python’s lock looks like one that works; the value “cpu” tells them apart.',
  ],
  cprofile: [
    'It knows functions, not lines, and who called whom, not whole stacks: the call tree is an estimate.',
    'Waiting counts as time of the function that waits.',
    'Every call costs: small functions that are called often look slower than they are.',
  ],
  lines: [
    'Only the functions that were chosen are measured.',
    'A line’s time has in it what it calls, so functions overlap; there are no stacks.',
    'All threads are added up.',
  ],
  tachyon: [
    'Calls are not counted.',
    'Time in C code stands on the Python line that calls it.',
    'Code of other compilers (Numba, Cython) is nameless.',
  ],
  'py-spy': [
    'Calls are not counted.',
    'Threads that wait are left out, unless it was started with --idle.',
    'C code is seen only with --native; without, its time stands on the Python line that calls it.',
  ],
  austin: [
    'Calls are not counted.',
    'Time in C code stands on the Python line that calls it.',
    'Free-threaded builds of Python are not read.',
  ],
  perf: [
    'Threads that wait are left out: a program that waits for its database shows little.',
    'It knows functions, not lines, and counts no calls.',
    'Code of other compilers at run time is nameless.',
  ],
  'line-profiler': [
    'Only the functions that were chosen are measured; lines of modules, comprehensions and lambdas are not.',
    'A line’s time has in it what it calls, so functions overlap; there are no stacks.',
  ],
  pyinstrument: [
    'Other threads than the main one.',
    'Where in a function its time went: it looks when functions begin and end.',
    'Functions that make many calls weigh too much.',
  ],
  scalene: ['Stacks: there are no totals and no call tree.', 'Files outside the script’s folder.', 'All threads are added up.'],
  viztracer: ['Lines: it knows functions only.', 'All but the last million calls.'],
  yappi: ['Lines and threads: all threads are added up.', 'Whole stacks: the call tree is an estimate.'],
  go: ['What other packages’ tests took: one package is recorded at a time.', 'Waiting: the CPU profile has running goroutines only.'],
  stackprof: ['Forked children.', 'Waits, when it measures “cpu”; other threads than the first, when it measures “wall”.'],
  rbspy: ['Calls are not counted.', 'What takes less than some hundredths of a second: it looks a hundred times a second.'],
  pstats: [
    'It knows functions, not lines, and who called whom, not whole stacks: the call tree is an estimate.',
    'Waiting counts as time of the function that waits.',
  ],
  'pyspy-raw': ['Calls are not counted.', 'Threads that wait are left out, unless it was recorded with --idle.'],
  callgrind: ['Waiting and the time that the kernel takes: it counts instructions.', 'Whole stacks: the call tree is an estimate.'],
  cpuprofile: ['Calls are not counted.', 'Native code stands on the function that calls it.'],
  memray: ['Time: it tells of memory.'],
  tracemalloc: ['Memory that C libraries take by themselves.', 'Time: it tells of memory.'],
};

/** Names of one engine that others write. */
const SAME: Readonly<Record<string, string>> = {
  pyspy: 'py-spy',
  line_profiler: 'line-profiler',
  'profiling.sampling': 'tachyon',
  Scalene: 'scalene',
};

/** What cannot be seen in a profile: by the engine that recorded it, else by its format; nothing where neither is known. */
export function blindSpots(engine: string | undefined, format: string): readonly string[] {
  const named = engine === undefined ? undefined : (SAME[engine] ?? engine);
  return (
    (named !== undefined && Object.hasOwn(BLIND, named) ? BLIND[named] : Object.hasOwn(BLIND, format) ? BLIND[format] : undefined) ?? []
  );
}

import { t } from '../../shared/format.js';

/**
 * What each engine cannot see, as short sentences: docs/engines.md has the long ones. By the id of the engine; what other
 * tools write goes by the id of their format.
 */
const BLIND: Readonly<Record<string, readonly string[]>> = {
  hybrid: [
    t('Time in C code stands on the Python line that calls it.'),
    t('Counting calls takes time: functions that are called very often look slower than they are.'),
    t('A thread that waits for Python’s lock looks like one that works; the value “cpu” tells them apart.'),
  ],
  sampler: [
    t('Calls are not counted.'),
    t('Time in C code stands on the Python line that calls it.'),
    t('A thread that waits for Python’s lock looks like one that works; the value “cpu” tells them apart.'),
  ],
  cprofile: [
    t('It knows functions, not lines, and who called whom, not whole stacks: the call tree is an estimate.'),
    t('Waiting counts as time of the function that waits.'),
    t('Every call costs: small functions that are called often look slower than they are.'),
  ],
  lines: [
    t('Only the functions that were chosen are measured.'),
    t('A line’s time has in it what it calls, so functions overlap; there are no stacks.'),
    t('All threads are added up.'),
  ],
  memory: [
    t('Memory that C libraries take by themselves.'),
    t('Who held memory at a peak that lasted for less than a hundredth of a second.'),
    t('Time: it tells of memory.'),
  ],
  locks: [
    t('Locks that were made before it began, and those that C code keeps for itself.'),
    t('Who of many takes a lock for a short time: of such acquires one stack in 64 is looked at; how many there are is exact.'),
    t('Time in which nobody waits for a lock or holds one.'),
  ],
  async: [
    t('The first await of a task that begins eagerly, without its loop.'),
    t('Threads without an event loop.'),
    t('How long a task was ready before its loop came to it: that is part of its await.'),
  ],
  events: [
    t('Exceptions that C code raises and handles by itself, and the end of an iteration.'),
    t('Who calls a line that raises all the time: of such exceptions one stack in 64 is looked at; how many there are is exact.'),
    t('Time, but for the pauses of the garbage collector.'),
  ],
  imports: [
    t('What the interpreter imports for itself before the program begins.'),
    t('Modules that were there already, and all time that is not an import.'),
  ],
  tachyon: [
    t('Calls are not counted.'),
    t('Time in C code stands on the Python line that calls it.'),
    t('Code of other compilers (Numba, Cython) is nameless.'),
  ],
  'py-spy': [
    t('Calls are not counted.'),
    t('Threads that wait are left out, unless it was started with --idle.'),
    t('C code is seen only with --native; without, its time stands on the Python line that calls it.'),
  ],
  austin: [
    t('Calls are not counted.'),
    t('Time in C code stands on the Python line that calls it.'),
    t('Free-threaded builds of Python are not read.'),
  ],
  perf: [
    t('Threads that wait are left out: a program that waits for its database shows little.'),
    t('It knows functions, not lines, and counts no calls.'),
    t('Code of other compilers at run time is nameless.'),
  ],
  'line-profiler': [
    t('Only the functions that were chosen are measured; lines of modules, comprehensions and lambdas are not.'),
    t('A line’s time has in it what it calls, so functions overlap; there are no stacks.'),
  ],
  pyinstrument: [
    t('Other threads than the main one.'),
    t('Where in a function its time went: it looks when functions begin and end.'),
    t('Functions that make many calls weigh too much.'),
  ],
  scalene: [t('Stacks: there are no totals and no call tree.'), t('Files outside the script’s folder.'), t('All threads are added up.')],
  viztracer: [t('Lines: it knows functions only.'), t('All but the last million calls.')],
  yappi: [t('Lines and threads: all threads are added up.'), t('Whole stacks: the call tree is an estimate.')],
  go: [
    t('What other packages’ tests took: one package is recorded at a time.'),
    t('Waiting: the CPU profile has running goroutines only.'),
  ],
  stackprof: [t('Forked children.'), t('Waits, when it measures “cpu”; other threads than the first, when it measures “wall”.')],
  rbspy: [t('Calls are not counted.'), t('What takes less than some hundredths of a second: it looks a hundred times a second.')],
  pstats: [
    t('It knows functions, not lines, and who called whom, not whole stacks: the call tree is an estimate.'),
    t('Waiting counts as time of the function that waits.'),
  ],
  'pyspy-raw': [t('Calls are not counted.'), t('Threads that wait are left out, unless it was recorded with --idle.')],
  callgrind: [t('Waiting and the time that the kernel takes: it counts instructions.'), t('Whole stacks: the call tree is an estimate.')],
  cpuprofile: [t('Calls are not counted.'), t('Native code stands on the function that calls it.')],
  memray: [t('Time: it tells of memory.')],
  tracemalloc: [t('Memory that C libraries take by themselves.'), t('Time: it tells of memory.')],
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

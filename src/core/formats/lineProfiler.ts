import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { dict, list, number, object, text } from './pickle/ask.js';
import { isPickleOf } from './pickle/head.js';
import { readPickle } from './pickle/machine.js';
import { pause } from './shared/pause.js';

/** Where the class stood: from 4.0 on, before, and before there was a package. */
const CLASSES = new Set(['line_profiler.line_profiler.LineStats', 'line_profiler._line_profiler.LineStats', '_line_profiler.LineStats']);

/** Lines and lists of lines that are taken: each becomes two figures of the profile, too. */
const MAX_LISTS = 2 ** 22;

/** Units of time by their seconds. */
const UNITS = new Map([
  [1e-9, 'nanoseconds'],
  [1e-6, 'microseconds'],
  [1e-3, 'milliseconds'],
]);

/**
 * What `kernprof -l` writes (line_profiler 1–5): a pickle of `LineStats {timings: {(file, first line, function): [(line, hits, time)]},
 * unit: seconds}`. The time of a line has in it what the line called.
 */
export const lineProfiler: Format = {
  id: 'line-profiler',
  label: 'line_profiler',
  globs: ['*.lprof'],
  sniff(head) {
    return isPickleOf(head, ['line_profiler', 'LineStats']) ? 1 : 0;
  },
  async read(source, builder, control) {
    const stats = object(
      await readPickle(await source.bytes(), CLASSES, (share) => pause(control, share), MAX_LISTS),
      'LineStats',
    ).attributes;
    const seconds = number(stats.get('unit'), 'unit of time');
    if (!(seconds > 0 && seconds < 1e9)) throw new ReadError('corrupt', 'Its unit of time is none.');
    const unit = UNITS.get(seconds);
    const hitsType = builder.valueType({ type: 'hits', unit: 'count' });
    const timeType = builder.valueType({ type: 'time', unit: unit ?? 'seconds' });
    const scale = unit === undefined ? seconds : 1;
    const timings = dict(stats.get('timings'), 'timings');
    for (const [i, key] of timings.keys.entries()) {
      const [file, first, name] = list(key, 'function', 3);
      const func = functionOf(builder, text(file, 'file'), number(first, 'first line'), text(name, 'name of a function'));
      for (const row of list(timings.values[i], 'list of lines')) {
        const [line, count, time] = list(row, 'line with its figures', 3);
        const at = number(line, 'line');
        const hits = number(count, 'number of hits');
        const took = Math.max(0, number(time, 'time') * scale);
        builder.lineCost(hitsType, func, at, hits, hits, hits);
        builder.lineCost(timeType, func, at, took, took, hits);
      }
    }
    builder.quality({
      engine: 'line_profiler',
      notes: ['The time of a line has in it what the line calls: times of functions that call each other overlap.'],
    });
    if (timings.keys.length === 0) builder.warn('It holds no function: none was chosen for profiling.');
  },
};

function functionOf(builder: ProfileBuilder, file: string, first: number, name: string): number {
  const id = builder.string(name);
  return builder.func(id, id, builder.string(file), first);
}

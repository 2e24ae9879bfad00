import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { list, number, object, text, wrong } from './pickle/ask.js';
import { isPickleOf } from './pickle/head.js';
import { readPickle } from './pickle/machine.js';
import type { PickleObject, PickleValue } from './pickle/values.js';
import { pause } from './shared/pause.js';

const CLASSES = new Set(['tracemalloc.Snapshot', 'tracemalloc._Traces']);
/** Samples between two pauses. */
const STRIDE = 2 ** 16;

/**
 * `tracemalloc.Snapshot.dump` (CPython Lib/tracemalloc.py): a pickle of what memory is held, one trace an allocation:
 * `(domain, bytes, ((file, line), …), frames in all)`, the most recent frame first; before 3.9 without the last part, before 3.6 also
 * without the domain. It knows no functions: each file is shown as one.
 */
export const tracemalloc: Format = {
  id: 'tracemalloc',
  label: 'tracemalloc snapshot',
  globs: ['*.tracemalloc'],
  sniff(head) {
    return isPickleOf(head, ['tracemalloc', 'Snapshot']) ? 1 : 0;
  },
  async read(source, builder, control) {
    const snapshot = object(await readPickle(await source.bytes(), CLASSES, (share) => pause(control, share / 2)), 'snapshot');
    const traces = list(tracesOf(snapshot), 'list of traces');
    builder.valueType({ type: 'objects', unit: 'count' });
    builder.valueType({ type: 'space', unit: 'bytes' });
    const stackOf = stackFinder(builder);
    const domainKey = builder.string('domain');
    const values = [1, 0];
    let cut = 0;
    for (const [i, trace] of traces.entries()) {
      if (i % STRIDE === STRIDE - 1) await pause(control, 0.5 + i / traces.length / 2);
      const parts = list(trace, 'trace', 2);
      const plain = parts.length === 2;
      const domain = plain ? 0 : number(parts[0], 'domain');
      values[1] = number(parts[plain ? 0 : 1], 'size');
      if (!(values[1] >= 0)) wrong('size');
      const frames = list(parts[plain ? 1 : 2], 'stack');
      if (parts.length > 3 && typeof parts[3] === 'number' && parts[3] > frames.length) cut++;
      builder.sample(stackOf(frames), values);
      if (domain !== 0) builder.label(domainKey, 0, domain, 0);
    }
    const limit = snapshot.attributes.get('traceback_limit');
    builder.quality({ engine: 'tracemalloc' });
    if (cut > 0)
      builder.quality({ notes: [`${cut} of ${traces.length} stacks are deeper than the ${String(limit)} frames that were kept.`] });
    if (traces.length === 0) builder.warn('It holds no memory: nothing was allocated while it was recorded.');
  },
};

/** The list is wrapped in an object since Python 3.4's first betas. */
function tracesOf(snapshot: PickleObject): PickleValue | undefined {
  const traces = snapshot.attributes.get('traces');
  return Array.isArray(traces) ? traces : object(traces, 'traces').attributes.get('_traces');
}

/** Finds the stack of a trace's frames. The pickle shares equal tracebacks, so that most are found by identity. */
function stackFinder(builder: ProfileBuilder): (frames: readonly PickleValue[]) => number {
  const known = new Map<readonly PickleValue[], number>();
  const functions = new Map<string, number>();
  const functionOf = (file: string): number => {
    let func = functions.get(file);
    if (func === undefined) {
      const name = builder.string(file.replace(/^.*[\\/](?=.)/, ''));
      func = builder.func(name, name, builder.string(file), 0);
      functions.set(file, func);
    }
    return func;
  };
  return (frames) => {
    let stack = known.get(frames);
    if (stack !== undefined) return stack;
    stack = -1;
    for (let i = frames.length - 1; i >= 0; i--) {
      const [file, line] = list(frames[i], 'frame', 2);
      stack = builder.stack(stack, builder.place(functionOf(text(file, 'file')), number(line, 'line')));
    }
    if (known.size < 2 ** 22) known.set(frames, stack);
    return stack;
  };
}

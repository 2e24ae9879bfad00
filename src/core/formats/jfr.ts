import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format, ReadControl } from './format.js';
import { chunkStarts, events, isJfr, type JfrChunk, openChunk } from './jfr/chunk.js';
import { type JfrMeasure, measures } from './jfr/events.js';
import { type JfrClass, skipField } from './jfr/metadata.js';
import { JfrPools, readCheckpoint } from './jfr/pools.js';
import { JfrStacks } from './jfr/stacks.js';

/** Events between two looks at progress and cancellation. */
const STRIDE = 1 << 16;

/**
 * Java Flight Recorder's recordings (`.jfr`; JDK 9 and later, and async-profiler): samples, allocations and waiting, by stack and
 * thread, with times. The format is the JDK's own (jdk.jfr.internal.consumer; hotspot/share/jfr/recorder): chunks, each with a
 * description of its events and pools of constants. It names no source files: they are told from the classes, as javac does.
 */
export const jfr: Format = {
  id: 'jfr',
  label: 'Java Flight Recording',
  globs: ['*.jfr'],
  sniff(head) {
    return isJfr(head) ? 1 : 0;
  },
  async read(source, builder, control) {
    const bytes = await source.bytes();
    const { starts, whole } = chunkStarts(bytes);
    if (starts.length === 0) {
      throw new ReadError('truncated', 'The recording was never closed or is cut off: no part of it is whole.', Math.min(8, bytes.length));
    }
    if (!whole) builder.warn('The recording is cut off: its last part is missing.');
    const types = new Map<string, number>();
    const seen = await survey(bytes, starts, control);
    for (const [name, { type, unit }] of measures) {
      if (seen.has(name) && !types.has(type)) types.set(type, builder.valueType({ type, unit }));
    }
    builder.set({ defaultType: 0 });
    if (types.size === 0) {
      builder.valueType({ type: 'samples', unit: 'count' });
      const other = seen.size === 0 ? '' : ` It has other events, such as ${[...seen].slice(0, 3).join(', ')}.`;
      builder.warn(`It holds no samples: record with 'settings=profile'.${other}`);
      return;
    }
    const values = new Array<number>(types.size).fill(0);
    let start: bigint | undefined;
    let duration = 0;
    for (const [index, at] of starts.entries()) {
      try {
        const chunk = openChunk(bytes, at);
        start ??= chunk.startNanos;
        await readChunk(chunk, Number(chunk.startNanos - start), types, values, builder, control, [index, starts.length]);
        duration += chunk.durationNanos;
      } catch (error) {
        if (!(error instanceof ReadError) || index === 0) throw error;
        // Every part is a recording of its own: those before it are good.
        builder.warn(`Part ${index + 1} of ${starts.length} of the recording is damaged; what comes after its damage is missing.`);
        break;
      }
    }
    if (start !== undefined && start > 0n) builder.set({ timeNanos: start });
    if (duration > 0) builder.set({ durationNanos: duration });
  },
};

/** The names of the events that the recording has. */
async function survey(bytes: Uint8Array, starts: readonly number[], control: ReadControl): Promise<Set<string>> {
  const seen = new Set<string>();
  for (const [index, start] of starts.entries()) {
    try {
      const chunk = openChunk(bytes, start);
      const ids = new Set<number>();
      for (const { type, checkpoint } of events(chunk)) if (!checkpoint) ids.add(type);
      for (const id of ids) {
        const name = chunk.classes.get(id)?.name;
        if (name !== undefined) seen.add(name);
      }
    } catch (error) {
      if (!(error instanceof ReadError) || index === 0) throw error;
      // Reading says so again when it comes there.
      break;
    }
    await pause(control, 0);
  }
  return seen;
}

async function readChunk(
  chunk: JfrChunk,
  offsetNanos: number,
  types: ReadonlyMap<string, number>,
  values: number[],
  builder: ProfileBuilder,
  control: ReadControl,
  [index, chunks]: [number, number],
): Promise<void> {
  const { reader, classes } = chunk;
  const pools = new JfrPools();
  let count = 0;
  // Constants come behind the events that use them.
  for (const { checkpoint } of events(chunk)) {
    if (checkpoint) readCheckpoint(reader, classes, pools);
    if (++count % STRIDE === 0) await pause(control, index / chunks);
  }
  const stacks = new JfrStacks(pools, builder);
  const measured = new Map<number, Event>();
  for (const [id, type] of classes) {
    const measure = measures.get(type.name);
    if (measure !== undefined) measured.set(id, { type, measure, column: types.get(measure.type)! });
  }
  const nanosPerTick = chunk.ticksPerSecond > 0 ? 1e9 / chunk.ticksPerSecond : 1;
  for (const { type } of events(chunk)) {
    if (++count % STRIDE === 0) await pause(control, (index + 0.5) / chunks);
    const event = measured.get(type);
    if (event === undefined) continue;
    const { time, stack, thread, size } = readEvent(chunk, event);
    const value = event.measure.unit === 'nanoseconds' ? size * nanosPerTick : size;
    if (!(value > 0) || !Number.isFinite(value)) continue;
    const at = offsetNanos + (time - chunk.startTicks) * nanosPerTick;
    values[event.column] = value;
    builder.sample(stacks.stack(stack), values, stacks.thread(thread), Number.isFinite(at) ? at : Number.NaN);
    values[event.column] = 0;
  }
  if (stacks.truncated)
    builder.warn("Some stacks are deeper than the recorder kept: record with '-XX:FlightRecorderOptions=stackdepth=1024'.");
}

interface Event {
  readonly type: JfrClass;
  readonly measure: JfrMeasure;
  readonly column: number;
}

/** An event's time in ticks, the keys of its stack and thread, and its size in the unit of the file. */
function readEvent({ reader }: JfrChunk, { type, measure }: Event): { time: number; stack: number; thread: number; size: number } {
  const event = { time: Number.NaN, stack: 0, thread: 0, size: 1 };
  for (const field of type.fields) {
    if (field.array || (field.kind !== 'int' && field.kind !== 'key')) {
      skipField(reader, field);
      continue;
    }
    const value = reader.int();
    if (field.name === 'startTime') event.time = value;
    else if (field.name === 'stackTrace') event.stack = value;
    else if (field.name === 'sampledThread' || (field.name === 'eventThread' && event.thread === 0)) event.thread = value;
    if (measure.fields.includes(field.name)) event.size = value;
  }
  return event;
}

async function pause(control: ReadControl, share: number): Promise<void> {
  control.progress?.(share);
  await new Promise((resolve) => setTimeout(resolve, 0));
  control.signal?.throwIfAborted();
}

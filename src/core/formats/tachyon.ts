import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format, ReadControl } from './format.js';
import { pause } from './shared/pause.js';
import { bytesSource } from './source.js';
import { isTachyon, readContainer, type TachyonFile, type TachyonFrames } from './tachyon/container.js';
import { readRecords } from './tachyon/records.js';
import type { TachyonSamples, TachyonThread } from './tachyon/samples.js';

/** Value types by mode, the lowest three bits of the flags; 0: not said. `all` needs no lock and no processor: it is wall time. */
const MODES = ['wall', 'wall', 'cpu', 'gil', 'wall', 'exception'];
const KNOWN = 8;
const ALL_THREADS = 16;
/** The recorder's own frames under a started script, by the end of their file names, as its converters leave them out. */
const OWN_FILE = '_sync_coordinator.py';

/**
 * The binary profiles of Python's `profiling.sampling` (Tachyon; `--binary`, CPython ≥ 3.15): every sample with its thread, time,
 * thread status and positions in the code. Format: CPython InternalDocs/profiling_binary_format.md.
 * A sample counts 1, and weighs in time what passed since the look before it: late looks stand for what they waited.
 */
export const tachyon: Format = {
  id: 'tachyon',
  label: 'Tachyon binary',
  globs: ['*.tachyon'],
  sniff(head) {
    return isTachyon(head) ? 1 : 0;
  },
  async read(source, builder, control) {
    const file = readContainer(await source.bytes());
    const mode = MODES[file.flags & 7] ?? 'wall';
    describe(file, mode, builder);
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.valueType({ type: mode, unit: 'nanoseconds' });
    const placeOf = places(file, builder);
    const samples = await readRecords(
      await unpacked(file, builder),
      file.littleEndian,
      file.frames.length,
      (prefix, frame) => (placeOf[frame]! < 0 ? prefix : builder.stack(prefix, placeOf[frame]!)),
      (share) => pause(control, share / 2),
    ).catch((error: unknown) => {
      // A place in what was unpacked is none in the file.
      if (error instanceof ReadError && file.zstd) throw new ReadError(error.code, error.message, undefined, error.detail);
      throw error;
    });
    if (samples.count !== file.samples) {
      builder.warn(`${samples.count} samples were found where the file says ${file.samples}.`);
    }
    const timed = samples.sums === undefined;
    if (!timed) builder.warn('It holds so many samples that they were added up: their order and the state of threads are not shown.');
    await addSamples(samples, mode === 'wall' && timed ? waited(samples, file) : perLook(file), builder, control);
  },
};

async function unpacked(file: TachyonFile, builder: ProfileBuilder): Promise<Uint8Array> {
  if (!file.zstd) return file.records;
  const packed = bytesSource('samples', file.records);
  const records = await packed.bytes();
  if (packed.cutAt !== undefined) builder.warn('The packed samples end too early, so only the first ones are shown.');
  return records;
}

/** What the recorder says of its work. */
function describe(file: TachyonFile, mode: string, builder: ProfileBuilder): void {
  const { stats, flags } = file;
  builder.set({ periodType: { type: mode, unit: 'nanoseconds' }, period: file.intervalMicros * 1000 });
  builder.quality({ engine: 'tachyon', python: file.python });
  if (file.intervalMicros > 0) builder.quality({ rateAsked: 1e6 / file.intervalMicros });
  if (flags & KNOWN && !(flags & ALL_THREADS)) builder.quality({ notes: ['Only the main thread was looked at.'] });
  if (stats === undefined) return;
  builder.set({ durationNanos: stats.seconds * 1e9 });
  builder.quality({ rateGot: stats.rate });
  if (stats.failed !== undefined) builder.quality({ errors: Math.round(stats.seconds * stats.rate * stats.failed) });
  if (stats.missed !== undefined) builder.quality({ missed: stats.missed });
}

/** The builder's place of each frame; -1 for frames that are left out. */
function places(file: TachyonFile, builder: ProfileBuilder): Int32Array {
  const { frames, strings } = file;
  const texts = strings.map((text) => builder.string(text));
  return Int32Array.from({ length: frames.length }, (_, frame) => {
    const path = frames.file[frame]!;
    if (strings[path]!.endsWith(OWN_FILE)) return -1;
    const name = texts[frames.name[frame]!]!;
    const func = builder.func(name, name, texts[path]!, 0);
    return builder.place(func, frames.line[frame]!, ...columns(frames, frame));
  });
}

/** Column, end line and end column as the model counts them: from 1, 0 unknown. */
function columns(frames: TachyonFrames, frame: number): [number, number, number] {
  const column = frames.column[frame]! + 1;
  const endColumn = frames.endColumn[frame]! + 1;
  if (column <= 0 || endColumn <= 0) return [Math.max(0, column), 0, 0];
  return [column, frames.endLine[frame]!, endColumn];
}

/** Gives the nanoseconds that one look of a mode that leaves looks out stands for. */
function perLook(file: TachyonFile): (sample: number) => number {
  const looks = (file.stats?.rate ?? 0) * (1 - (file.stats?.failed ?? 0));
  const nanos = looks > 1e-6 ? 1e9 / looks : file.intervalMicros * 1000;
  return () => nanos;
}

/** Gives the nanoseconds between a sample's look and the look before it, at which any thread was seen. */
function waited(samples: TachyonSamples, file: TachyonFile): (sample: number) => number {
  const times = samples.time.array.subarray(0, samples.time.length);
  const looks = Float64Array.from(times).sort();
  let count = 0;
  for (const time of looks) if (count === 0 || looks[count - 1] !== time) looks[count++] = time;
  // Times of one thread never fall, so that each thread has its own finger in the list.
  const fingers = new Uint32Array(samples.threads.length);
  return (sample) => {
    const thread = samples.thread.array[sample]!;
    let look = fingers[thread]!;
    while (looks[look]! < times[sample]!) look++;
    fingers[thread] = look;
    return 1000 * (look === 0 ? file.intervalMicros : looks[look]! - looks[look - 1]!);
  };
}

async function addSamples(
  samples: TachyonSamples,
  weight: (sample: number) => number,
  builder: ProfileBuilder,
  control: ReadControl,
): Promise<void> {
  const threads = samples.threads.map((thread) => builder.thread(threadName(thread)));
  const values = [1, 0];
  let empty = 0;
  const { sums } = samples;
  const { length } = samples.thread;
  for (let i = 0; i < length; i++) {
    if (i % 2 ** 18 === 2 ** 18 - 1) await pause(control, 0.5 + i / length / 2);
    const count = sums?.array[i] ?? 1;
    values[0] = count;
    values[1] = weight(i) * count;
    const stack = samples.stack.array[i]!;
    if (stack === -1) {
      // Threads that run no Python yet, or only the recorder's own start.
      empty++;
      continue;
    }
    const thread = threads[samples.thread.array[i]!];
    if (sums !== undefined) {
      builder.sample(stack, values, thread);
      continue;
    }
    builder.sample(stack, values, thread, samples.time.array[i]! * 1000);
    builder.status(samples.status.array[i]!);
  }
  if (length === empty) builder.warn('It holds no samples: the program ended at once, or never was in the mode that was recorded.');
}

function threadName({ id, interpreter, main }: TachyonThread): string {
  const name = main ? 'MainThread' : `Thread ${id}`;
  return interpreter === 0 ? name : `${name} (interpreter ${interpreter})`;
}

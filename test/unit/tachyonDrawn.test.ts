import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

/** Files of the sampler's binary format that its own writer never makes, or seldom. */

const read = (bytes: Uint8Array) => readProfile(bytesSource('x', bytes));
const outcome = async (bytes: Uint8Array): Promise<Profile | ReadError> => {
  try {
    return await read(bytes);
  } catch (error) {
    if (error instanceof ReadError) return error;
    throw error;
  }
};

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]);
const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);

interface Drawn {
  little?: boolean;
  flags?: number;
  interval?: number;
  records: number[][] | Uint8Array;
  strings?: string[];
  /** File, name, line, end line delta, column, end column delta. */
  frames?: typeof FRAMES;
  /** Seconds, rate, failed and missed per cent. */
  stats?: [number, number, number, number];
  change?: (view: DataView) => void;
}

/** File 0 `a.py` with functions f, g, h on lines 1, 2, 3 (frames 0, 1, 2), the runner's own frame (3), and `<GC>` (4). */
const STRINGS = ['a.py', 'f', 'g', 'h', '/x/_sync_coordinator.py', 'main', '~', '<GC>'];
const FRAMES: [number, number, number, number, number, number][] = [
  [0, 1, 1, 0, 4, 5],
  [0, 2, 2, 1, 0, -1],
  [0, 3, 3, 0, -1, 0],
  [4, 5, 9, 0, 0, 1],
  [6, 7, -1, 0, -1, 0],
];

function draw({
  little = true,
  flags = 9 | 16,
  interval = 1000,
  records,
  strings = STRINGS,
  frames = FRAMES,
  stats,
  change,
}: Drawn): Uint8Array {
  const samples = records instanceof Uint8Array ? records : Uint8Array.from(records.flat());
  const texts = strings.flatMap((text) => [...varint(Buffer.byteLength(text)), ...Buffer.from(text)]);
  const table = frames.flatMap(([file, name, ...rest]) => [...varint(file), ...varint(name), ...rest.flatMap(zigzag), 255]);
  const statsSize = stats === undefined ? 0 : 56;
  const bytes = new Uint8Array(64 + samples.length + texts.length + table.length + statsSize + 32);
  const view = new DataView(bytes.buffer);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), little);
  view.setUint32(0, 0x54414348, little);
  view.setUint32(4, 1, little);
  bytes.set([3, 15, 2, 0], 8);
  u64(20, interval);
  view.setUint32(60, flags, little);
  bytes.set(samples, 64);
  u64(40, 64 + samples.length);
  bytes.set(texts, 64 + samples.length);
  u64(48, 64 + samples.length + texts.length);
  bytes.set(table, 64 + samples.length + texts.length);
  const footer = bytes.length - 32;
  if (stats !== undefined) {
    for (const [i, value] of stats.entries()) view.setFloat64(footer - 56 + 8 * i, value, little);
    view.setUint32(footer - 24, 3, little);
    bytes.set(Buffer.from('TACHSTAT'), footer - 16);
    view.setUint32(footer - 8, 1, little);
    view.setUint32(footer - 4, 56, little);
  }
  view.setUint32(footer, strings.length, little);
  view.setUint32(footer + 4, frames.length, little);
  u64(footer + 8, bytes.length);
  change?.(view);
  return bytes;
}

/** Thread (64 bits), interpreter (32 bits) and kind, which begin a record. */
function head(thread: number, kind: number, { little = true, interpreter = 0 } = {}): number[] {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(thread), little);
  view.setUint32(8, interpreter, little);
  bytes[12] = kind;
  return [...bytes];
}
const repeat = (thread: number, samples: [delta: number, status: number][], options = {}) => [
  ...head(thread, 0, options),
  ...varint(samples.length),
  ...samples.flatMap(([delta, status]) => [...varint(delta), status]),
];
const full = (thread: number, delta: number, status: number, frames: number[], options = {}) => [
  ...head(thread, 1, options),
  ...varint(delta),
  status,
  ...varint(frames.length),
  ...frames.flatMap(varint),
];
const change = (thread: number, kind: 2 | 3, delta: number, keptOrPopped: number, frames: number[]) => [
  ...head(thread, kind),
  ...varint(delta),
  2,
  ...varint(keptOrPopped),
  ...varint(frames.length),
  ...frames.flatMap(varint),
];

/** Rows of time in microseconds, thread, status, stack (root first) and weight in microseconds. */
function rows({ samples, stacks, locations, lines, functions, strings, threads }: Profile): unknown[] {
  return Array.from({ length: samples.length }, (_, i) => {
    const names: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      names.unshift(strings[functions.name[lines.func[locations.firstLine[stacks.location[at]!]!]!]!]!);
    }
    return [samples.time![i]! / 1000, threads[samples.thread![i]!], samples.status![i], names.join(), Number(samples.values[1]![i]) / 1000];
  });
}

describe.each([true, false])('little endian: %s', (little) => {
  const options = { little };
  test('all kinds of records, of threads in turn; late looks weigh what they waited', async () => {
    const records = [
      full(7, 500, 32 | 2, [1, 0, 3], options),
      full(2 ** 40, 500, 4, [2], options),
      repeat(
        7,
        [
          [1000, 3],
          [5000, 1],
        ],
        options,
      ),
      repeat(2 ** 40, [[1000, 4]], options),
      full(7, 250, 2, [4, 1, 0, 3], options),
      full(9, 8000, 2, [0], { little, interpreter: 2 }),
    ];
    const profile = await read(draw({ little, records, stats: [1, 990, 10, 5] }));
    expect(rows(profile)).toEqual([
      [500, 'MainThread', 34, 'f,g', 1000],
      [500, `Thread ${2 ** 40}`, 4, 'h', 1000],
      [1500, 'MainThread', 3, 'f,g', 1000],
      [6500, 'MainThread', 1, 'f,g', 5000],
      [1500, `Thread ${2 ** 40}`, 4, 'h', 1000],
      [6750, 'MainThread', 2, 'f,g,<GC>', 250],
      [8000, 'Thread 9 (interpreter 2)', 2, 'f', 1250],
    ]);
    expect(profile.quality).toMatchObject({ python: '3.15.2', rateGot: 990, errors: 99, missed: 0.05 });
    expect(profile.warnings).toEqual(['7 samples were found where the file says 0.']);
    // 0-based bytes become 1-based; an end without a column is none; -1 is no line.
    const { line, endLine, column, endColumn } = profile.lines;
    const places = Array.from(line, (value, i) => [value, column![i], endLine![i], endColumn![i]]);
    expect(places.slice(0, 4)).toEqual([
      [1, 5, 1, 10],
      [2, 1, 0, 0],
      [3, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
});

test('frames that are shared, popped and pushed; the runner at the root counts among them', async () => {
  const records = [
    full(1, 10, 2, [2, 1, 0, 3]),
    change(1, 3, 10, 2, [4, 4]),
    change(1, 2, 10, 2, [1]),
    change(1, 3, 10, 3, []),
    repeat(1, [[10, 2]]),
    change(1, 2, 10, 0, [0]),
    change(1, 3, 10, 0, [1]),
  ];
  const stacks = rows(await read(draw({ records }))).map((row) => (row as unknown[])[3]);
  // After the fourth record nothing is left, which is no sample.
  expect(stacks).toEqual(['f,g,h', 'f,<GC>,<GC>', 'f,g', 'f', 'f,g']);
});

test('a look of the processor mode weighs what the rate got says, as looks at idle threads leave no trace', async () => {
  const records = [full(1, 10, 2, [0]), repeat(1, [[9000, 2]])];
  const profile = await read(draw({ flags: 2, records, stats: [1, 500, 20, 0] }));
  expect(profile.sampleTypes[1]).toEqual({ type: 'cpu', unit: 'nanoseconds' });
  expect([...profile.samples.values[1]!]).toEqual([2.5e6, 2.5e6]);
});

test('ten million samples are added up', async () => {
  const count = 2 ** 23 + 1000;
  const many = new Uint8Array(2 * count).fill(1);
  const records = Buffer.concat([Uint8Array.from([...full(1, 1, 1, [0]), ...full(2, 1, 1, [1]), ...head(1, 0), ...varint(count)]), many]);
  const profile = await read(draw({ records, stats: [10, 1000, 0, 0] }));
  expect(profile.samples.length).toBe(2);
  expect(profile.samples.time).toBeUndefined();
  expect([...profile.samples.values[0]!]).toEqual([count + 1, 1]);
  expect([...profile.samples.values[1]!]).toEqual([(count + 1) * 1e6, 1e6]);
  expect(profile.warnings.join()).toContain('added up');
});

describe('damage', () => {
  const good = [full(1, 10, 2, [1, 0])];
  const refused: [string, Uint8Array, string][] = [
    ['a version of the future', draw({ records: good, change: (view) => view.setUint32(4, 2, true) }), 'unsupported'],
    ['an unknown packing', draw({ records: good, change: (view) => view.setUint32(56, 9, true) }), 'unsupported'],
    ['tables beyond the end', draw({ records: good, change: (view) => view.setBigUint64(48, 2n ** 63n, true) }), 'corrupt'],
    ['tables before the samples', draw({ records: good, change: (view) => view.setBigUint64(40, 3n, true) }), 'corrupt'],
    ['four billion strings', draw({ records: good, change: (view) => view.setUint32(view.byteLength - 32, 0xffffffff, true) }), 'corrupt'],
    ['four billion frames', draw({ records: good, change: (view) => view.setUint32(view.byteLength - 28, 0xffffffff, true) }), 'corrupt'],
    ['an interval of centuries', draw({ records: good, change: (view) => view.setBigUint64(20, 2n ** 63n, true) }), 'corrupt'],
    ['a frame with no such name', draw({ records: good, frames: [[0, 99, 1, 0, 0, 0]] }), 'corrupt'],
    ['a stack of no such frame', draw({ records: [full(1, 10, 2, [99])] }), 'corrupt'],
    ['more shared than there is', draw({ records: [...good, change(1, 2, 1, 3, [0])] }), 'corrupt'],
    ['more popped than there is', draw({ records: [...good, change(1, 3, 1, 3, [0])] }), 'corrupt'],
    ['an unknown record', draw({ records: [...good, head(1, 4)] }), 'corrupt'],
    ['a stack of 2^40 frames', draw({ records: [[...head(1, 1), 1, 2, ...varint(2 ** 40)]] }), 'corrupt'],
    ['2^40 repeats', draw({ records: [...good, [...head(1, 0), ...varint(2 ** 40)]] }), 'corrupt'],
    ['a number without end', draw({ records: [[...head(1, 1), ...new Array(20).fill(0xff)]] }), 'corrupt'],
    ['half a record', draw({ records: [...good, [1, 2, 3]] }), 'corrupt'],
  ];
  test.each(refused)('%s', async (_, bytes, code) => {
    expect(await outcome(bytes)).toMatchObject({ code });
  });

  const fixtures = ['pricing.bin', 'threads-native-zstd.bin'].map((name) => {
    return [name, readFileSync(join(import.meta.dirname, '../fixtures/profiles/tachyon', name))] as const;
  });

  test.each(fixtures)('%s cut anywhere is said to be cut', async (_, bytes) => {
    for (let length = 8; length < bytes.length; length += 13)
      expect(await outcome(bytes.subarray(0, length))).toMatchObject({ code: 'truncated' });
  });

  test.each(fixtures)('%s with changed bytes is a profile or a ReadError', async (_, bytes) => {
    const one = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 4 }), async (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        const result = await outcome(copy);
        if (result instanceof ReadError) return;
        for (const column of result.samples.values) for (const value of column) expect(Number.isFinite(Number(value))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('an unfinished file, whose header is still empty, is no profile', async () => {
    expect(await outcome(new Uint8Array(64))).toMatchObject({ code: 'corrupt' });
    expect(await outcome(Uint8Array.from([...new Array(64).fill(0), ...full(1, 10, 2, [0])]))).toMatchObject({ code: 'truncated' });
    expect(await outcome(new Uint8Array(0))).toMatchObject({ code: 'empty' });
  });
});

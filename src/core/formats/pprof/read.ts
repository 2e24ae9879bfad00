import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { ValueType } from '../../model/profile.js';
import type { GrowingRows } from '../../model/stackStore.js';
import type { ReadControl } from '../format.js';
import { readComments } from './comments.js';
import { DOC_COMMENT, SUMS_KEY } from './labels.js';
import { readMoments } from './moments.js';
import { type Locations, readFunctions, readLocations, readMappings, type StringRows } from './places.js';
import { dropTest } from './prune.js';
import { readInRun } from './run/read.js';
import { SampleReader } from './samples.js';
import { type Scan, scanProfiles } from './scan.js';
import type { Split } from './split.js';
import { countedTypes } from './sums.js';
import { recallTables, rememberTables, stacksOf } from './tables.js';
import { allNumbers, enter, type Integer, openReader, PROFILE, truncated, wireError } from './wire.js';

/** Samples between two looks at the cancellation. */
const SLICE = 20_000;
const NONE = new Uint32Array(0);
/** What no real profile comes near; more of them would take more memory than the file by far. */
const MOST: readonly (readonly [field: number, count: number, what: string])[] = [
  [PROFILE.sampleType, 1000, 'value types'],
  [PROFILE.mapping, 2 ** 18, 'mappings'],
  [PROFILE.string, 2 ** 24, 'strings'],
];

/**
 * Reads a whole profile.proto. Order of fields does not matter (Go writes samples before what they refer to).
 * @throws ReadError
 */
export async function readPprof(bytes: Uint8Array, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  if (control.run !== undefined && readInRun(bytes, builder, control.run)) return;
  const reader = openReader(bytes);
  try {
    await readAll(reader, builder, control);
  } catch (error) {
    throw control.signal?.aborted ? error : wireError(error, Math.min(reader.pos, bytes.length));
  }
}

/** The same of a large profile whose stacks were taken out as it arrived. @throws ReadError without an offset */
export async function readSplit({ content, scan, stacks }: Split, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const reader = openReader(content);
  try {
    await readOne(reader, scan, undefined, builder, control, undefined, stacks);
  } catch (error) {
    if (control.signal?.aborted) throw error;
    const { code, message, detail } = wireError(error, 0);
    throw new ReadError(code, message, undefined, detail);
  }
}

async function readAll(reader: Reader, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const scans = scanProfiles(reader);
  const run = scans.length === 1 && scans[0]!.cutAt === undefined ? control.run : undefined;
  let types: readonly ValueType[] | undefined;
  for (const scan of scans) {
    try {
      types = await readOne(reader, scan, types, builder, control, run);
    } catch (error) {
      if (scan.cutAt === undefined || control.signal?.aborted) throw error;
      // What is missing is what it refers to.
      throw truncated(scan.cutAt);
    }
    if (scan.cutAt !== undefined) builder.warn('The profile ends too early, so its last part is missing.');
  }
  if (scans.length > 1) builder.warn(`The file holds ${scans.length} profiles one after another, which were added up.`);
}

/**
 * @param before value types of the profile before it in the same file
 * @param split its stacks as ids of locations, if they are not in its samples
 * @returns its own value types
 */
async function readOne(
  reader: Reader,
  scan: Scan,
  before: readonly ValueType[] | undefined,
  builder: ProfileBuilder,
  control: ReadControl,
  run: object | undefined,
  split?: GrowingRows,
): Promise<readonly ValueType[]> {
  for (const [field, count, what] of MOST) {
    const found = scan.blocks[field]?.length ?? 0;
    if (found > count) throw new ReadError('too-large', `The profile has ${found} ${what}, which is more than can be read safely.`);
  }
  const samples = scan.blocks[PROFILE.sample] ?? NONE;
  const repeated = recallTables(run, reader, scan);
  const strings = repeated?.strings ?? readStrings(reader, scan.blocks[PROFILE.string] ?? NONE);
  const known = (index: Integer): number => {
    if (typeof index === 'number' && index >= 0 && index < strings.length) return index;
    throw new ReadError('corrupt', `The profile refers to string ${index}, which it does not have.`, reader.pos);
  };
  const textAt = (index: Integer): string => strings[known(index)]!;
  const number = (field: number): Integer => scan.numbers[field]?.at(-1) ?? 0;

  // The builder interns: its index differs from the file's where the file repeats a string.
  const stringRow = repeated?.stringRow ?? new Uint32Array(strings.length);
  if (repeated === undefined) for (let i = 0; i < strings.length; i++) stringRow[i] = builder.string(strings[i]!);
  const rows: StringRows = { strings, rowAt: (index) => stringRow[known(index)]! };

  const types = Array.from(scan.blocks[PROFILE.sampleType] ?? NONE, (start) => readValueType(reader, start, textAt));
  if (before === undefined) for (const type of types) builder.valueType(type);
  else if (types.map(nameOf).join() !== before.map(nameOf).join()) {
    throw new ReadError('unsupported', 'The file holds several profiles one after another that do not measure the same.');
  }
  if (types.length === 0) {
    const sentence =
      samples.length === 0 ? 'The profile is empty: it has no samples.' : 'The profile does not say what its samples measure.';
    throw new ReadError('corrupt', sentence);
  }
  if (before === undefined) {
    for (const start of scan.blocks[PROFILE.periodType] ?? NONE) builder.set({ periodType: readValueType(reader, start, textAt) });
    readFacts(builder, types, number, textAt);
  }
  const comments = (scan.numbers[PROFILE.comment] ?? []).map(textAt);
  readComments(comments, builder);
  const docs = textAt(number(PROFILE.docUrl));
  if (docs !== '') builder.comment(DOC_COMMENT + docs);
  const counted = countedTypes(types, strings, comments);
  const [calls, time, ...costs] = counted ?? [];
  if (before === undefined && calls !== undefined && time !== undefined) builder.callTypes(calls, time, ...costs);

  const drops = dropTestOf(textAt(number(PROFILE.dropFrames)), textAt(number(PROFILE.keepFrames)), builder);
  let locations = repeated?.locations;
  // Stacks are only known again among files with the same tables.
  const stacks = repeated && repeated.locations.fate === undefined ? stacksOf(repeated) : undefined;
  if (repeated !== undefined) builder.takePlaces(repeated.places);
  if (locations === undefined) {
    const mappings = readMappings(reader, scan.blocks[PROFILE.mapping] ?? NONE, builder, rows);
    const functions = readFunctions(reader, scan.blocks[PROFILE.function] ?? NONE, builder, rows);
    locations = readLocations(reader, scan.blocks[PROFILE.location] ?? NONE, builder, mappings, functions, drops);
    // Sums look into the builder's own functions.
    if (run !== undefined && counted === undefined && !strings.includes(SUMS_KEY)) {
      rememberTables(run, reader, scan, { strings, stringRow, locations, places: builder.freezePlaces() });
    }
  }

  // What the samples take in the file bounds their frames, most of which take two bytes; memory that is not used costs nothing.
  // A value takes a byte.
  if (stacks !== undefined) builder.continueStacks(stacks, stacks);
  if (split !== undefined) builder.continueStacks(numbered(split, locations));
  const start = builder.startNanos;
  const began = number(PROFILE.timeNanos);
  const from = start !== undefined && began !== 0 ? Number(BigInt(began) - start) : 0;
  const stretches = readMoments(reader, scan.blocks[PROFILE.moments] ?? NONE, samples.length, types.length, from);
  builder.checkSamples(samples.length + (stretches?.length.length ?? 0));
  builder.expect(Math.min(samples.length, Math.ceil(scan.sampleBytes / types.length)), Math.ceil(scan.sampleBytes / 2));
  const samplesOf = new SampleReader(reader, builder, types, strings, stringRow, locations, counted, stacks, split !== undefined);
  // Stretches of time name samples in the order of the file.
  const order = stretches === undefined ? samplesOf.inOrderOfTime(samples) : samples;
  if (stretches !== undefined) samplesOf.seenAt(stretches);
  const watched = control.signal !== undefined || control.progress !== undefined;
  for (let from = 0; from < order.length; from += SLICE) {
    samplesOf.readSlice(order, from, Math.min(from + SLICE, order.length));
    if (!watched) continue;
    control.progress?.(from / order.length);
    await new Promise((resume) => setTimeout(resume, 0));
    control.signal?.throwIfAborted();
  }
  // Datadog writes all its types, and the last of them is for graphics cards.
  const last = types.length - 1;
  const used = samplesOf.used.indexOf(1);
  if (before === undefined && number(PROFILE.defaultType) === 0 && counted === undefined && samplesOf.used[last] === 0 && used >= 0) {
    builder.set({ defaultType: used });
  }
  return types;
}

/** Rows of ids, whose locations are known now. */
function numbered(rows: GrowingRows, { table }: Locations): GrowingRows {
  const { dense } = table;
  const { array: frames, length } = rows.frame;
  for (let i = 0; i < length; i++) {
    const id = frames[i]!;
    const row = id < dense.length ? dense[id]! - 1 : table.row(id);
    if (row < 0) throw new ReadError('corrupt', `A sample refers to location ${id}, which the profile does not have.`);
    frames[i] = row;
  }
  return rows;
}

function nameOf({ type, unit }: ValueType): string {
  return `${type}/${unit}`;
}

function readStrings(reader: Reader, starts: Uint32Array): string[] {
  const strings: string[] = [];
  reader.len = reader.buf.length;
  for (const start of starts) {
    reader.pos = start;
    strings.push(reader.string());
  }
  if (strings.length === 0 || strings[0] !== '') throw new ReadError('corrupt', 'The profile has no table of strings.');
  return strings;
}

function readValueType(reader: Reader, start: number, textAt: (index: Integer) => string): ValueType {
  const figures: Integer[] = [0, 0, 0];
  allNumbers(reader, enter(reader, start), figures);
  return { type: textAt(figures[1]!), unit: textAt(figures[2]!) };
}

function dropTestOf(drop: string, keep: string, builder: ProfileBuilder) {
  try {
    return dropTest(drop, keep);
  } catch {
    builder.warn(`The profile's drop_frames cannot be used here, so no frames were dropped: ${drop}`);
    return undefined;
  }
}

function readFacts(
  builder: ProfileBuilder,
  types: readonly ValueType[],
  number: (field: number) => Integer,
  textAt: (index: Integer) => string,
): void {
  const named = textAt(number(PROFILE.defaultType));
  const found = named === '' ? -1 : types.findIndex(({ type }) => type === named);
  builder.set({ defaultType: found >= 0 ? found : types.length - 1, period: Number(number(PROFILE.period)) });
  builder.set({ dropFrames: textAt(number(PROFILE.dropFrames)), keepFrames: textAt(number(PROFILE.keepFrames)) });
  const time = number(PROFILE.timeNanos);
  if (time !== 0) builder.set({ timeNanos: BigInt(time) });
  const duration = number(PROFILE.durationNanos);
  if (duration !== 0) builder.set({ durationNanos: Number(duration) });
}

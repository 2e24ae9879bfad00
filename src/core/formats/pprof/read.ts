import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { GrowingUint32 } from '../../model/growing.js';
import type { Quality, ValueType } from '../../model/profile.js';
import type { ReadControl } from '../format.js';
import { dropTest, ENDS, GOES, STAYS } from './prune.js';
import { SampleReader } from './samples.js';
import { BLOCK, blockEnd, IdTable, type Integer, integer, PROFILE, type Reader, readerOf, skipField, truncated, VARINT } from './wire.js';

/** Comment that holds the recorder's own facts (`Quality`) as JSON. */
export const QUALITY_COMMENT = 'heatline: ';
/** Samples between two looks at the cancellation. */
const SLICE = 20_000;

/** Where the messages of the profile lie, by field number; references may point forwards, so these are read after the scan. */
interface Scan {
  readonly start: Map<number, GrowingUint32Instance>;
  readonly numbers: Map<number, Integer[]>;
  readonly sampleBytes: number;
}

/**
 * Reads a whole profile.proto. Order of fields does not matter (Go writes samples before what they refer to).
 * @throws ReadError
 */
export async function readPprof(bytes: Uint8Array, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const reader = readerOf(bytes);
  try {
    await readAll(reader, bytes.length, builder, control);
  } catch (error) {
    if (error instanceof ReadError || control.signal?.aborted) throw error;
    // protobufjs says RangeError for what lies beyond the end, and Error for what cannot be.
    const early = error instanceof RangeError && error.message.startsWith('index out of range');
    if (early) throw new ReadError('truncated', 'The profile ends too early: the file is not whole.', reader.pos);
    throw new ReadError('corrupt', 'The profile is damaged.', reader.pos, error instanceof Error ? error.stack : String(error));
  }
}

async function readAll(reader: Reader, size: number, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const scan = scanFields(reader, size);
  const blocks = (field: number): Iterable<number> => eachBlock(reader, size, scan.start.get(field));
  const number = (field: number): Integer => scan.numbers.get(field)?.at(-1) ?? 0;

  const strings: string[] = [];
  const decode = textDecoder(reader.buf);
  for (const end of blocks(PROFILE.string)) strings.push(decode(reader.pos, end));
  if ((strings[0] ?? '') !== '' || strings.length === 0) throw new ReadError('corrupt', 'The profile has no table of strings.');
  // The builder interns: its index may differ from the file's when the file repeats a string.
  const stringRow = Uint32Array.from(strings, (string) => builder.string(string));
  const known = (index: Integer): number => {
    if (typeof index === 'number' && index >= 0 && index < strings.length) return index;
    throw new ReadError('corrupt', `The profile refers to string ${index}, which it does not have.`, reader.pos);
  };
  const textAt = (index: Integer): string => strings[known(index)]!;
  const rowAt = (index: Integer): number => stringRow[known(index)]!;

  const types: ValueType[] = [];
  for (const end of blocks(PROFILE.sampleType)) {
    types.push(readValueType(reader, end, textAt));
    builder.valueType(types.at(-1)!);
  }
  const samples = scan.start.get(PROFILE.sample);
  if (types.length === 0) {
    throw new ReadError(
      'corrupt',
      samples === undefined ? 'The profile is empty: it has no samples.' : 'The profile does not say what its samples measure.',
    );
  }

  const mappings = readMappings(reader, blocks(PROFILE.mapping), builder, rowAt, textAt);
  const functions = readFunctions(reader, blocks(PROFILE.function), builder, rowAt);
  const drops = dropTestOf(textAt(number(PROFILE.dropFrames)), textAt(number(PROFILE.keepFrames)), builder);
  const locations = readLocations(reader, blocks(PROFILE.location), builder, mappings, functions, drops);
  readFacts(builder, types, strings, scan, number, textAt);
  for (const end of eachBlock(reader, size, scan.start.get(PROFILE.periodType))) {
    builder.set({ periodType: readValueType(reader, end, textAt) });
  }

  // What the samples take in the file bounds their frames, most of which take two bytes; memory that is not used costs nothing.
  builder.expect(samples?.length ?? 0, Math.ceil(scan.sampleBytes / 2));
  const sampleReader = new SampleReader(reader, builder, types, strings, stringRow, locations);
  const order = samples === undefined ? new Uint32Array(0) : sampleReader.inOrderOfTime(samples.done(), size);
  for (let i = 0; i < order.length; i++) {
    if (i % SLICE === SLICE - 1 && (control.signal !== undefined || control.progress !== undefined)) {
      control.progress?.(i / order.length);
      await new Promise((resume) => setTimeout(resume, 0));
      control.signal?.throwIfAborted();
    }
    reader.pos = order[i]!;
    reader.len = size;
    reader.len = blockEnd(reader, size);
    sampleReader.read(i);
  }
}

/** Decodes names; Node's Buffer is several times quicker at short ones than a TextDecoder is. */
function textDecoder(bytes: Uint8Array): (from: number, to: number) => string {
  if (typeof Buffer !== 'undefined') {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return (from, to) => buffer.toString('utf8', from, to);
  }
  const decoder = new TextDecoder();
  return (from, to) => decoder.decode(bytes.subarray(from, to));
}

function scanFields(reader: Reader, size: number): Scan {
  const start = new Map<number, GrowingUint32Instance>();
  const numbers = new Map<number, Integer[]>();
  let sampleBytes = 0;
  while (reader.pos < size) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    const wire = tag & 7;
    if (field === 0) throw new ReadError('corrupt', 'The profile holds something that is not protobuf.', reader.pos);
    if (wire === VARINT) {
      pushTo(numbers, field, integer(reader, true));
    } else if (wire === BLOCK && field === PROFILE.comment) {
      const end = blockEnd(reader, size);
      while (reader.pos < end) pushTo(numbers, field, integer(reader, true));
    } else {
      const at = reader.pos;
      skipField(reader, wire, size);
      if (wire !== BLOCK) continue;
      if (field === PROFILE.sample) sampleBytes += reader.pos - at;
      let found = start.get(field);
      if (found === undefined) {
        found = new GrowingUint32();
        start.set(field, found);
      }
      found.push(at);
    }
  }
  return { start, numbers, sampleBytes };
}

type GrowingUint32Instance = InstanceType<typeof GrowingUint32>;

function pushTo(map: Map<number, Integer[]>, field: number, value: Integer): void {
  const list = map.get(field);
  if (list === undefined) map.set(field, [value]);
  else list.push(value);
}

/** Visits blocks: the reader stands at the start of each, bounded to its end, which is given. */
function* eachBlock(reader: Reader, size: number, starts: GrowingUint32Instance | undefined): Generator<number> {
  if (starts === undefined) return;
  for (let i = 0; i < starts.length; i++) {
    reader.len = size;
    reader.pos = starts.array[i]!;
    const end = blockEnd(reader, size);
    reader.len = end;
    yield end;
  }
  reader.len = size;
}

/** Calls `take` for each varint field up to `end`; blocks are left to `takeBlock`. */
function eachField(
  reader: Reader,
  end: number,
  take: (field: number, value: Integer) => void,
  takeBlock?: (field: number, end: number) => void,
): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wire = tag & 7;
    if (wire === VARINT) take(tag >>> 3, integer(reader, false));
    else if (wire === BLOCK && takeBlock !== undefined) {
      const blockStop = blockEnd(reader, end);
      takeBlock(tag >>> 3, blockStop);
      reader.pos = blockStop;
    } else skipField(reader, wire, end);
  }
  if (reader.pos > end) throw truncated(end);
}

function readValueType(reader: Reader, end: number, textAt: (index: Integer) => string): ValueType {
  let type = '';
  let unit = '';
  eachField(reader, end, (field, value) => {
    if (field === 1) type = textAt(value);
    else if (field === 2) unit = textAt(value);
  });
  return { type, unit };
}

function readMappings(
  reader: Reader,
  blocks: Iterable<number>,
  builder: ProfileBuilder,
  rowAt: (index: Integer) => number,
  textAt: (index: Integer) => string,
) {
  const ids: Integer[] = [];
  const files: string[] = [];
  for (const end of blocks) {
    const figures: Integer[] = [0, 0, 0, 0, 0, 0, 0];
    eachField(reader, end, (field, value) => {
      if (field <= 6) figures[field] = value;
    });
    ids.push(figures[1]!);
    files.push(textAt(figures[5]!));
    builder.mapping(rowAt(figures[5]!), rowAt(figures[6]!), BigInt(figures[2]!), BigInt(figures[3]!), BigInt(figures[4]!));
  }
  return { table: new IdTable(ids), files };
}

function readFunctions(reader: Reader, blocks: Iterable<number>, builder: ProfileBuilder, rowAt: (index: Integer) => number) {
  const ids: Integer[] = [];
  const rows: number[] = [];
  for (const end of blocks) {
    const figures: Integer[] = [0, 0, 0, 0, 0, 0];
    eachField(reader, end, (field, value) => {
      if (field <= 5) figures[field] = value;
    });
    const systemName = rowAt(figures[3]!);
    const name = rowAt(figures[2]!) || systemName;
    ids.push(figures[1]!);
    rows.push(builder.func(name, systemName, rowAt(figures[4]!), Number(figures[5]!)));
  }
  return { table: new IdTable(ids), rows };
}

function dropTestOf(drop: string, keep: string, builder: ProfileBuilder) {
  try {
    return dropTest(drop, keep);
  } catch {
    builder.warn(`The profile's drop_frames cannot be used here, so no frames were dropped: ${drop}`);
    return undefined;
  }
}

/** Locations by id, each one's innermost function (for call counts), and what pruning does to it (prune.ts). */
export interface Locations {
  readonly table: IdTable;
  readonly firstFunc: readonly number[];
  readonly fate: Uint8Array | undefined;
}

function readLocations(
  reader: Reader,
  blocks: Iterable<number>,
  builder: ProfileBuilder,
  mappings: { table: IdTable; files: readonly string[] },
  functions: { table: IdTable; rows: readonly number[] },
  drops: ((name: string) => boolean) | undefined,
): Locations {
  const ids: Integer[] = [];
  const firstFunc: number[] = [];
  const fate: number[] = [];
  for (const end of blocks) {
    let id: Integer = 0;
    let mappingId: Integer = 0;
    let address: Integer = 0;
    const funcs: number[] = [];
    const lines: number[] = [];
    const columns: number[] = [];
    eachField(
      reader,
      end,
      (field, value) => {
        if (field === 1) id = value;
        else if (field === 2) mappingId = value;
        else if (field === 3) address = value;
      },
      (field, stop) => {
        if (field !== 4) return;
        const figures = [0, 0, 0, 0];
        let functionId: Integer = 0;
        eachField(reader, stop, (part, value) => {
          if (part === 1) functionId = value;
          else if (part <= 3) figures[part] = Number(value);
        });
        const row = functions.table.row(functionId);
        if (row < 0 && functionId !== 0)
          throw new ReadError('corrupt', `The profile refers to function ${functionId}, which it does not have.`, reader.pos);
        if (row < 0) return;
        funcs.push(functions.rows[row]!);
        lines.push(figures[2]!);
        columns.push(figures[3]!);
      },
    );
    const mapping = mappings.table.row(mappingId);
    if (mapping < 0 && mappingId !== 0)
      throw new ReadError('corrupt', `The profile refers to mapping ${mappingId}, which it does not have.`, reader.pos);
    if (funcs.length === 0) {
      funcs.push(builder.func(builder.string(unknownName(mappings.files[mapping])), 0, 0, 0));
      lines.push(0);
      columns.push(0);
    }
    if (drops !== undefined) {
      // Innermost first: callers that the dropped function is inlined into stay.
      const last = funcs.findLastIndex((func) => drops(builder.functionName(func)));
      const whole = last === funcs.length - 1;
      fate.push(last < 0 ? STAYS : whole ? GOES : ENDS);
      if (last >= 0 && !whole) for (const column of [funcs, lines, columns]) column.splice(0, last + 1);
    }
    ids.push(id);
    firstFunc.push(funcs[0]!);
    builder.location(mapping, BigInt(address), funcs, lines, columns);
  }
  return { table: new IdTable(ids), firstFunc, fate: drops === undefined ? undefined : Uint8Array.from(fate) };
}

/** Name of a frame without symbols, as pprof's own tool shows it: the file it lies in. */
export function unknownName(mappingFile: string | undefined): string {
  return mappingFile === undefined || mappingFile === '' ? '<unknown>' : `[${mappingFile.split(/[\\/]/).at(-1)}]`;
}

function readFacts(
  builder: ProfileBuilder,
  types: readonly ValueType[],
  strings: readonly string[],
  scan: Scan,
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
  for (const index of scan.numbers.get(PROFILE.comment) ?? []) {
    const comment = textAt(index);
    const quality = comment.startsWith(QUALITY_COMMENT) ? parseQuality(comment.slice(QUALITY_COMMENT.length)) : undefined;
    if (quality !== undefined) builder.quality(quality);
    else builder.comment(comment);
  }
  if (strings.length === 1 && scan.start.has(PROFILE.sample)) builder.warn('The profile names nothing: it was not symbolized.');
}

/** Takes only the facts we know, each of the type we expect. */
function parseQuality(json: string): Quality | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const facts = value as Record<string, unknown>;
  const texts = ['engine', 'engineVersion', 'python'].filter((key) => typeof facts[key] === 'string');
  const numbers = ['rateAsked', 'rateGot', 'errors', 'cost', 'tracingSeconds', 'tracingPerCallSeconds'].filter((key) =>
    Number.isFinite(facts[key]),
  );
  const quality: Record<string, unknown> = {};
  for (const key of [...texts, ...numbers]) quality[key] = facts[key];
  if (Array.isArray(facts.notes)) quality.notes = facts.notes.filter((note) => typeof note === 'string');
  return quality as Quality;
}

import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import { BLOCK, block, enter, integer, skip, VARINT } from './wire.js';

/** When samples of a recording were seen: the stretches of time that each is the sum of (message Moments, docs/formats.md). */
export interface Moments {
  /** Stretches of sample i: `first[i] … first[i + 1] - 1` of the columns. */
  readonly first: Uint32Array;
  /** Nanoseconds since the profile's start, and nanoseconds. */
  readonly begin: Float64Array;
  readonly length: Float64Array;
  /** By value type: the value of each stretch; undefined for types that are shared out by length. */
  readonly values: readonly (Float64Array | undefined)[];
}

/** One message; places of packed numbers in the file. */
interface Piece {
  readonly at: number;
  readonly sample: Packed;
  readonly begin: Packed;
  readonly length: Packed;
  readonly columns: readonly (readonly [type: number, values: Packed])[];
}

interface Packed {
  readonly from: number;
  readonly count: number;
}

const NOTHING: Packed = { from: 0, count: 0 };

/**
 * @param starts of the messages @param samples how many the profile has @param types how many value types
 * @returns undefined when there are none @throws ReadError for columns that do not fit each other
 */
export function readMoments(reader: Reader, starts: Uint32Array, samples: number, types: number): Moments | undefined {
  if (starts.length === 0) return undefined;
  const pieces = Array.from(starts, (start) => readPiece(reader, start, types));
  const count = pieces.reduce((sum, piece) => sum + piece.sample.count, 0);
  const view = new DataView(reader.buf.buffer, reader.buf.byteOffset, reader.buf.byteLength);
  const first = new Uint32Array(samples + 1);
  for (const { at, sample } of pieces) {
    for (let i = 0; i < sample.count; i++) {
      const own = view.getUint32(sample.from + 4 * i, true);
      if (own >= samples) throw new ReadError('corrupt', `A time refers to sample ${own}, which the profile does not have.`, at);
      first[own + 1]!++;
    }
  }
  for (let i = 0; i < samples; i++) first[i + 1]! += first[i]!;
  const next = first.slice();
  const begin = new Float64Array(count);
  const length = new Float64Array(count);
  const values: (Float64Array | undefined)[] = new Array(types).fill(undefined);
  for (const { sample, begin: begins, length: lengths, columns } of pieces) {
    for (const [type] of columns) values[type] ??= new Float64Array(count);
    const told = columns.map(([type, { from }]) => ({ from, column: values[type]! }));
    for (let i = 0; i < sample.count; i++) {
      const at = next[view.getUint32(sample.from + 4 * i, true)]!++;
      begin[at] = long(view, begins.from + 8 * i);
      length[at] = long(view, lengths.from + 8 * i);
      for (const { from, column } of told) column[at] = long(view, from + 8 * i);
    }
  }
  return { first, begin, length, values };
}

function long(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function readPiece(reader: Reader, start: number, types: number): Piece {
  const end = enter(reader, start);
  let [sample, begin, length] = [NOTHING, NOTHING, NOTHING];
  const columns: [number, Packed][] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if ((tag & 7) !== BLOCK) skip(reader, tag & 7);
    else if (field === 1) sample = packed(reader, 4);
    else if (field === 2) begin = packed(reader, 8);
    else if (field === 3) length = packed(reader, 8);
    else if (field === 4) columns.push(readColumn(reader));
    else skip(reader, BLOCK);
  }
  const { count } = sample;
  const fits = columns.every(([type, values]) => type < types && values.count === count);
  if (begin.count !== count || length.count !== count || !fits) {
    throw new ReadError('corrupt', 'The times of the samples do not fit the samples.', start);
  }
  return { at: start, sample, begin, length, columns };
}

function readColumn(reader: Reader): [type: number, values: Packed] {
  const end = block(reader);
  let type = 0;
  let values = NOTHING;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1 && (tag & 7) === VARINT) type = Number(integer(reader, false));
    else if (tag >>> 3 === 2 && (tag & 7) === BLOCK) values = packed(reader, 8);
    else skip(reader, tag & 7);
  }
  return [type, values];
}

/** Numbers of `bytes` bytes each, which are passed by. */
function packed(reader: Reader, bytes: number): Packed {
  const end = block(reader);
  const from = reader.pos;
  reader.pos = end;
  return { from, count: Math.floor((end - from) / bytes) };
}

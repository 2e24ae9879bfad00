import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import type { StretchColumns } from '../../model/profile.js';
import { BLOCK, block, enter, type Integer, integer, skip, VARINT } from './wire.js';

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
 * Reads when samples of a recording were seen (message Moments, docs/formats.md).
 * @param starts of the messages @param samples how many the profile has @param types how many value types
 * @param from nanoseconds from the start of the builder's profile to that of these times
 * @returns undefined when there are none @throws ReadError for columns that do not fit each other
 */
export function readMoments(reader: Reader, starts: Uint32Array, samples: number, types: number, from: number): StretchColumns | undefined {
  if (starts.length === 0) return undefined;
  const pieces = Array.from(starts, (start) => readPiece(reader, start, types));
  const count = pieces.reduce((sum, piece) => sum + piece.sample.count, 0);
  const first = new Uint32Array(samples + 1);
  const ofPiece = pieces.map(({ at, sample }) => {
    const own = halves(reader.buf, sample, 4);
    for (let i = 0; i < own.length; i++) {
      if (own[i]! >= samples) throw new ReadError('corrupt', `A time refers to sample ${own[i]}, which the profile does not have.`, at);
      first[own[i]! + 1]!++;
    }
    return own;
  });
  for (let i = 0; i < samples; i++) first[i + 1]! += first[i]!;
  const next = first.slice();
  const begin = new Float64Array(count);
  const length = new Float64Array(count);
  const values: (Float64Array | undefined)[] = new Array(types).fill(undefined);
  for (const [index, { begin: begins, length: lengths, columns }] of pieces.entries()) {
    // Where each number goes is found once: most of the time goes by in memory that is not near.
    const places = ofPiece[index]!;
    for (let i = 0; i < places.length; i++) places[i] = next[places[i]!]!++;
    scatter(reader.buf, begins, places, begin, from);
    scatter(reader.buf, lengths, places, length, 0);
    for (const [type, column] of columns) {
      const into = values[type] ?? new Float64Array(count);
      values[type] = into;
      scatter(reader.buf, column, places, into, 0);
    }
  }
  return { first, begin, length, values };
}

/**
 * What is told of the stretches of a sample must add up to its values; of none that no double holds.
 * @param values one for each type @param offset of the sample in the file @throws ReadError
 */
export function checkStretches({ first, values: told }: StretchColumns, sample: number, values: readonly Integer[], offset: number): void {
  const from = first[sample]!;
  const to = first[sample + 1]!;
  for (let type = 0; from < to && type < told.length; type++) {
    const column = told[type];
    const value = values[type]!;
    if (column === undefined || typeof value === 'bigint') continue;
    let sum = 0;
    for (let at = from; at < to; at++) sum += column[at]!;
    if (sum !== value) throw new ReadError('corrupt', `What a sample was at its times does not add up to its value ${value}.`, offset);
  }
}

/** Numbers of 64 bits, each plus `more`, to their places. */
function scatter(bytes: Uint8Array, numbers: Packed, places: Uint32Array, into: Float64Array, more: number): void {
  const parts = halves(bytes, numbers, 8);
  for (let i = 0; i < places.length; i++) into[places[i]!] = parts[2 * i]! + parts[2 * i + 1]! * 2 ** 32 + more;
}

/** A copy of packed numbers, 32 bits by 32 bits, the lower ones first as in the file and on all machines that run this. */
function halves(bytes: Uint8Array, { from, count }: Packed, size: number): Uint32Array {
  // No `slice`: that of a Buffer is no copy.
  return new Uint32Array(new Uint8Array(bytes.subarray(from, from + count * size)).buffer);
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

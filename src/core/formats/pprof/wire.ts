import protobuf from 'protobufjs/minimal.js';
import { ReadError } from '../../errors.js';

export type Reader = protobuf.Reader;

/** Wire types of protobuf that a profile may hold. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BLOCK = 2;
export const FIXED32 = 5;

/** Field numbers of message Profile. */
export const PROFILE = {
  sampleType: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  string: 6,
  dropFrames: 7,
  keepFrames: 8,
  timeNanos: 9,
  durationNanos: 10,
  periodType: 11,
  period: 12,
  comment: 13,
  defaultType: 14,
} as const;

/** An integer of up to 64 bits: a number wherever a number is exact. */
export type Integer = number | bigint;

/**
 * Reads a 64-bit varint exactly: protobufjs gives doubles unless another package is installed.
 * @param signed int64: the upper half is negative
 */
export function integer(reader: Reader, signed: boolean): Integer {
  const { buf, len } = reader;
  const start = reader.pos;
  let pos = start;
  // 28 bits each, so that no step leaves what bit operations can do.
  let low = 0;
  let middle = 0;
  let high = 0;
  for (let shift = 0; ; shift += 7) {
    if (pos >= len) throw truncated(start);
    if (shift > 63) throw new ReadError('corrupt', 'A number in the profile is longer than 64 bits.', start);
    const byte = buf[pos++]!;
    const bits = byte & 127;
    if (shift < 28) low |= bits << shift;
    else if (shift < 56) middle |= bits << (shift - 28);
    else high |= bits << (shift - 56);
    if (byte < 128) break;
  }
  reader.pos = pos;
  if (high === 0 && middle < 2 ** 25) return low + middle * 2 ** 28;
  const all = BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n);
  const value = signed ? BigInt.asIntN(64, all) : BigInt.asUintN(64, all);
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

/** Reads the length of a block and gives its end; the reader then stands at its start. */
export function blockEnd(reader: Reader, limit: number): number {
  const start = reader.pos;
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > limit) throw truncated(start);
  return end;
}

/** Leaves a field of any wire type. */
export function skipField(reader: Reader, wire: number, limit: number): void {
  if (wire === VARINT) integer(reader, false);
  else if (wire === BLOCK) reader.pos = blockEnd(reader, limit);
  else if (wire === FIXED64 || wire === FIXED32) {
    const end = reader.pos + (wire === FIXED64 ? 8 : 4);
    if (end > limit) throw truncated(reader.pos);
    reader.pos = end;
  } else throw new ReadError('corrupt', 'The profile holds something that is not protobuf.', reader.pos);
}

/** Makes a reader; `reader.len` may be set to the end of a block to bound what is read. */
export function readerOf(bytes: Uint8Array): Reader {
  return new protobuf.Reader(bytes);
}

export function truncated(offset: number): ReadError {
  return new ReadError('truncated', 'The profile ends too early: the file is not whole, or was damaged.', offset);
}

/** Rows by their 64-bit ids: a dense table where ids are small (as everyone writes them), else a Map. */
export class IdTable {
  /** Row + 1, by id; 0 for unknown. */
  readonly dense: Int32Array;
  private readonly sparse: Map<Integer, number> | undefined;

  constructor(ids: readonly Integer[]) {
    let largest = 0;
    for (const id of ids) largest = typeof id === 'bigint' ? Number.POSITIVE_INFINITY : Math.max(largest, id);
    if (largest <= ids.length * 4 + 1024) {
      this.dense = new Int32Array(largest + 1);
      for (let row = 0; row < ids.length; row++) this.dense[ids[row] as number] = row + 1;
    } else {
      this.dense = new Int32Array(0);
      this.sparse = new Map();
      for (let row = 0; row < ids.length; row++) this.sparse.set(ids[row]!, row + 1);
    }
  }

  /** Row of an id, -1 for unknown. */
  row(id: Integer): number {
    if (this.sparse !== undefined) return (this.sparse.get(id) ?? 0) - 1;
    return typeof id === 'number' && id < this.dense.length ? this.dense[id]! - 1 : -1;
  }
}

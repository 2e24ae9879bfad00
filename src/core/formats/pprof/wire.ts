import { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';

/** Wire types of protobuf that a profile may hold. */
export const VARINT = 0;
export const BLOCK = 2;

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
  docUrl: 15,
  /** Where our own field 1003 is kept beside these; a real field of this number is left alone. */
  moments: 16,
} as const;

/** Field of message Profile in which Heatline writes messages Moments. */
export const MOMENTS_FIELD = 1003;

/** An integer of up to 64 bits: a number wherever a number is exact. */
export type Integer = number | bigint;

/** protobufjs' reader over the whole of `bytes`. Made over a Buffer, since its texts are decoded several times quicker. */
export function openReader(bytes: Uint8Array): Reader {
  return Reader.create(typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/**
 * A 64-bit varint, exactly: protobufjs gives such as an object (Long), which would be made for every value of every
 * sample. What ends within four bytes, nearly all of them, is its uint32; up to seven bytes fit a number in two parts.
 * @param signed int64: the upper half is negative
 */
export function integer(reader: Reader, signed: boolean): Integer {
  const { buf, pos } = reader;
  const first = buf[pos]!;
  const second = buf[pos + 1]!;
  const third = buf[pos + 2]!;
  const fourth = buf[pos + 3]!;
  if (first < 128 || second < 128 || third < 128 || fourth < 128) return reader.uint32();
  const fifth = buf[pos + 4]!;
  const sixth = buf[pos + 5]!;
  const seventh = buf[pos + 6]!;
  const length = fifth < 128 ? 5 : sixth < 128 ? 6 : seventh < 128 ? 7 : 8;
  if (length < 8 && pos + length <= reader.len) {
    reader.pos = pos + length;
    const low = (first & 127) | ((second & 127) << 7) | ((third & 127) << 14) | ((fourth & 127) << 21);
    const more = length === 5 ? 0 : ((sixth & 127) << 7) | (length === 7 ? seventh << 14 : 0);
    return low + ((fifth & 127) | more) * 2 ** 28;
  }
  const long = signed ? reader.int64() : reader.uint64();
  const low = long.low;
  const high = signed ? long.high : long.high >>> 0;
  const value = high * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Reads a block's length and gives its end; the reader then stands at its start. */
export function block(reader: Reader): number {
  const at = reader.pos;
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw truncated(at);
  return end;
}

/** Enters the block whose length stands at `start`, and gives its end: the reader goes no further. */
export function enter(reader: Reader, start: number): number {
  reader.len = reader.buf.length;
  reader.pos = start;
  reader.len = block(reader);
  return reader.len;
}

/** Leaves a field of any wire type but groups, which no profile has. */
export function skip(reader: Reader, wire: number): void {
  if (wire === 3 || wire === 4) throw notProtobuf(reader.pos);
  reader.skipType(wire);
}

/**
 * Reads numbers of the block at hand into `into`, by field (0 where missing), up to `end`. Stops at the first block,
 * whose length is then next, and gives its field; 0 at the end.
 */
export function numbers(reader: Reader, end: number, into: Integer[]): number {
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const wire = tag & 7;
    if (wire === VARINT) {
      const value = integer(reader, false);
      if (field < into.length) into[field] = value;
    } else if (wire === BLOCK) return field;
    else skip(reader, wire);
  }
  if (reader.pos > end) throw truncated(end);
  return 0;
}

/** The same with all blocks left out. */
export function allNumbers(reader: Reader, end: number, into: Integer[]): void {
  into.fill(0);
  while (numbers(reader, end, into) !== 0) skip(reader, BLOCK);
}

export function truncated(offset: number): ReadError {
  return new ReadError('truncated', 'The profile ends too early: the file is not whole, or was damaged.', offset);
}

export function notProtobuf(offset: number, detail?: string): ReadError {
  return new ReadError('corrupt', 'The profile holds something that is not protobuf.', offset, detail);
}

/** What protobufjs threw (it knows only Error and RangeError), as the error of the whole profile. */
export function wireError(error: unknown, offset: number): ReadError {
  if (error instanceof ReadError) return error;
  const detail = error instanceof Error ? error.stack : String(error);
  if (error instanceof RangeError && !error.message.startsWith('index out of range')) {
    return new ReadError('too-large', 'The profile needs more memory than there is.', offset, detail);
  }
  if (error instanceof RangeError) return truncated(offset);
  if (error instanceof Error && /^(?:invalid|illegal|max depth)/.test(error.message)) return notProtobuf(offset, detail);
  return new ReadError('corrupt', 'The profile is damaged.', offset, detail);
}

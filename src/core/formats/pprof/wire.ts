import { ReadError } from '../../errors.js';

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
 * A cursor over protobuf's wire format. Only what a profile needs: a library would be most of the code that is loaded to
 * read one, and gives 64-bit integers as doubles or objects.
 */
export class Wire {
  pos = 0;
  /** End of the block at hand; nothing is read beyond it. */
  end: number;

  constructor(readonly bytes: Uint8Array) {
    this.end = bytes.length;
  }

  /** A varint of 32 bits: tags and lengths. */
  short(): number {
    const byte = this.pos < this.end ? this.bytes[this.pos]! : 128;
    if (byte < 128) {
      this.pos++;
      return byte;
    }
    const value = this.integer(false);
    if (typeof value === 'number' && value <= 0xffffffff) return value;
    throw new ReadError('corrupt', 'The profile holds something that is not protobuf.', this.pos);
  }

  /**
   * A 64-bit varint, exactly.
   * @param signed int64: the upper half is negative
   */
  integer(signed: boolean): Integer {
    const { bytes, end } = this;
    const start = this.pos;
    let pos = start;
    // 28 bits each, so that no step leaves what bit operations can do.
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (pos >= end) throw truncated(start);
      const byte = bytes[pos++]!;
      low |= (byte & 127) << shift;
      if (byte < 128) {
        this.pos = pos;
        return low;
      }
    }
    return this.long(low, start, signed);
  }

  private long(low: number, start: number, signed: boolean): Integer {
    const { bytes, end } = this;
    let pos = start + 4;
    let middle = 0;
    let high = 0;
    for (let shift = 28; ; shift += 7) {
      if (pos >= end) throw truncated(start);
      if (shift > 63) throw new ReadError('corrupt', 'A number in the profile is longer than 64 bits.', start);
      const byte = bytes[pos++]!;
      if (shift < 56) middle |= (byte & 127) << (shift - 28);
      else high |= (byte & 127) << (shift - 56);
      if (byte < 128) break;
    }
    this.pos = pos;
    if (high === 0 && middle < 2 ** 25) return low + middle * 2 ** 28;
    const all = BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n);
    const value = signed ? BigInt.asIntN(64, all) : BigInt.asUintN(64, all);
    const rounded = Number(value);
    return Number.isSafeInteger(rounded) ? rounded : value;
  }

  /** Reads a block's length and gives its end; the cursor then stands at its start. */
  block(): number {
    const start = this.pos;
    const end = this.short() + this.pos;
    if (end > this.end) throw truncated(start);
    return end;
  }

  /** Leaves a field of any wire type. */
  skip(wire: number): void {
    if (wire === VARINT) this.integer(false);
    else if (wire === BLOCK) this.pos = this.block();
    else if (wire === FIXED64 || wire === FIXED32) {
      const end = this.pos + (wire === FIXED64 ? 8 : 4);
      if (end > this.end) throw truncated(this.pos);
      this.pos = end;
    } else throw new ReadError('corrupt', 'The profile holds something that is not protobuf.', this.pos);
  }

  /** Enters the block whose length stands at `start`: `end` is then its end. */
  enter(start: number): void {
    this.end = this.bytes.length;
    this.pos = start;
    this.end = this.block();
  }

  /**
   * Reads numbers of the block at hand into `into`, by field (0 where missing), up to `end`. Stops at the first block,
   * whose length is then next, and gives its field; 0 at the end.
   */
  numbers(end: number, into: Integer[]): number {
    while (this.pos < end) {
      const tag = this.short();
      const field = tag >>> 3;
      const wire = tag & 7;
      if (wire === VARINT) {
        const value = this.integer(false);
        if (field < into.length) into[field] = value;
      } else if (wire === BLOCK) return field;
      else this.skip(wire);
    }
    if (this.pos > end) throw truncated(end);
    return 0;
  }

  /** The same with all blocks left out. */
  allNumbers(end: number, into: Integer[]): void {
    into.fill(0);
    while (this.numbers(end, into) !== 0) this.skip(BLOCK);
  }
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

import { ReadError } from '../../errors.js';

/** Reads LEB128 numbers and bytes of `start..end`; every method throws only ReadError. */
export class ByteCursor {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly end: number,
  ) {}

  /** Checks that `count` things of at least `size` bytes can still come. */
  room(count: number, size: number): void {
    if (count * size > this.end - this.at) throw this.short();
  }

  byte(): number {
    if (this.at >= this.end) throw this.short();
    return this.bytes[this.at++]!;
  }

  /** Up to 2^53; what is larger is no index, length or time of a real file. */
  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let i = 0; i < 7; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new ReadError('corrupt', 'A number is larger than any that is written here.', this.at);
  }

  /** Zigzag: 0, -1, 1, -2, … */
  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  private short(): ReadError {
    return new ReadError('corrupt', 'A part of it ends in the middle of a record.', this.at);
  }
}

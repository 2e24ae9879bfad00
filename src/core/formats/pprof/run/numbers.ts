import { UNUSUAL } from './unusual.js';

/** Reads numbers from bytes; throws `UNUSUAL` for what few files have. */
export class NumberReader {
  protected bytes: Uint8Array = new Uint8Array(0);
  protected pos = 0;
  private readonly figures = new Float64Array(16);

  /** Numbers by field up to `last`, 0 where they are missing, of a message that has no others; valid until the next one. */
  protected fields(start: number, end: number, last: number): Float64Array {
    const { bytes, figures } = this;
    for (let field = 1; field <= last; field++) figures[field] = 0;
    let pos = start;
    while (pos < end) {
      const tag = bytes[pos++]!;
      const field = tag >>> 3;
      if ((tag & 7) !== 0 || field === 0 || field > last) throw UNUSUAL;
      let value = bytes[pos++]!;
      if (value > 127) {
        const second = bytes[pos]!;
        if (second < 128) {
          value = (value & 127) | (second << 7);
          pos++;
        } else {
          this.pos = pos - 1;
          value = this.number();
          pos = this.pos;
        }
      }
      figures[field] = value;
    }
    if (pos !== end) throw UNUSUAL;
    return figures;
  }

  /** An integer of up to seven bytes, which is not negative. */
  protected number(): number {
    const { bytes } = this;
    let byte = bytes[this.pos++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    byte = bytes[this.pos++]!;
    value |= (byte & 127) << 7;
    if (byte < 128) return value;
    byte = bytes[this.pos++]!;
    value |= (byte & 127) << 14;
    if (byte < 128) return value;
    byte = bytes[this.pos++]!;
    value |= (byte & 127) << 21;
    if (byte < 128) return value;
    let scale = 2 ** 28;
    for (let i = 0; i < 3; i++, scale *= 128) {
      byte = bytes[this.pos++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw UNUSUAL;
  }

  /** The same of up to nine bytes. */
  protected bigNumber(): bigint {
    const { bytes } = this;
    let value = 0n;
    for (let i = 0n; i < 9n; i++) {
      const byte = bytes[this.pos++] ?? 128;
      value |= BigInt(byte & 127) << (7n * i);
      if (byte < 128) return value;
    }
    throw UNUSUAL;
  }
}

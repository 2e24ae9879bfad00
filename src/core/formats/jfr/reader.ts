import { ReadError } from '../../errors.js';

const utf8 = new TextDecoder();
const latin1 = new TextDecoder('latin1');

/** A text, or the key of one in the pool of texts. */
export type JfrText = { readonly text: string } | { readonly key: number };

/** Reads a chunk's bytes in their compressed form: integers in LEB128, up to 9 bytes, the ninth whole. @throws ReadError `truncated`, `corrupt` */
export class JfrReader {
  at = 0;
  /** Nothing beyond is read: the end of an event, or of the chunk. */
  end: number;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.end = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** An integer as a number: whole up to 2^53, rounded beyond; those of 9 bytes may be negative. */
  int(): number {
    const { bytes } = this;
    let at = this.at;
    const limit = this.end;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (at >= limit) throw this.short();
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    if (at >= limit) throw this.short();
    const last = bytes[at++]!;
    this.at = at;
    // Two's complement of 64 bits.
    return value + (last >= 128 ? last - 256 : last) * scale;
  }

  byte(): number {
    if (this.at >= this.end) throw this.short();
    return this.bytes[this.at++]!;
  }

  skip(length: number): void {
    if (!(length >= 0) || length > this.end - this.at) throw this.short();
    this.at += length;
  }

  text(): JfrText {
    const encoding = this.byte();
    if (encoding === 0 || encoding === 1) return { text: '' };
    if (encoding === 2) return { key: this.int() };
    if (encoding === 3 || encoding === 5) {
      const length = this.int();
      const from = this.at;
      this.skip(length);
      return { text: (encoding === 3 ? utf8 : latin1).decode(this.bytes.subarray(from, this.at)) };
    }
    if (encoding !== 4) throw new ReadError('corrupt', 'A text of the recording is damaged.', this.at - 1);
    const length = this.int();
    if (!(length >= 0) || length > this.end - this.at) throw this.short();
    const units: string[] = [];
    for (let i = 0; i < length; i++) units.push(String.fromCharCode(this.int() & 0xffff));
    return { text: units.join('') };
  }

  u16(at: number): number {
    return this.view.getUint16(at);
  }

  u32(at: number): number {
    return this.view.getUint32(at);
  }

  u64(at: number): bigint {
    return this.view.getBigInt64(at);
  }

  short(): ReadError {
    return new ReadError('corrupt', 'An event of the recording is longer than it says.', this.at);
  }
}

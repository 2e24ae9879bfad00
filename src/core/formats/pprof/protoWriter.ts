import type { Integer } from './wire.js';

const encoder = new TextEncoder();

/** Writes protobuf into one growing buffer. Blocks are written in a second writer first, since their length comes before them. */
export class ProtoWriter {
  private bytes: Uint8Array;
  private length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }

  varint(value: Integer): void {
    this.reserve(10);
    if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) {
      let rest = value;
      while (rest > 127) {
        this.bytes[this.length++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      this.bytes[this.length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.bytes[this.length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
  }

  /** A number field; 0 is the default and is left out. */
  number(field: number, value: Integer): void {
    if (value === 0 || value === 0n) return;
    this.varint(field << 3);
    this.varint(value);
  }

  raw(field: number, content: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(content.length);
    this.reserve(content.length);
    this.bytes.set(content, this.length);
    this.length += content.length;
  }

  text(field: number, content: string): void {
    this.raw(field, encoder.encode(content));
  }

  /** Appends what `inner` holds as a block and empties it. */
  block(field: number, inner: ProtoWriter): void {
    this.raw(field, inner.done());
    inner.length = 0;
  }

  /** A view: valid until the next write. */
  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

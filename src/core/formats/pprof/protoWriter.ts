import { Writer } from 'protobufjs/minimal';
import type { Integer } from './wire.js';

type Long = Exclude<Parameters<Writer['int64']>[0], number | string>;

/** Half a pair: such text is no UTF-8, and readers refuse it. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The largest double below 2^63. */
const LARGEST = 2 ** 63 - 1024;

/** protobufjs' writer for exact integers and for blocks that are written in a second writer first. */
export class ProtoWriter {
  private readonly writer = Writer.create();

  varint(value: Integer): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) this.writer.uint32(value);
    // Halves of 32 bits, as a Long has them.
    else if (typeof value === 'bigint') this.writer.int64(halves(value));
    // What 64 bits cannot hold (a figure of 1e308) becomes the largest that they can.
    else this.writer.int64(Number.isSafeInteger(value) ? value : halves(BigInt(Math.max(-LARGEST, Math.min(LARGEST, value || 0)))));
  }

  /** A number field; 0 is the default and is left out. */
  number(field: number, value: Integer): void {
    if (value === 0 || value === 0n) return;
    this.writer.uint32(field << 3);
    this.varint(value);
  }

  text(field: number, content: string): void {
    this.writer.uint32((field << 3) | 2).string(content.replace(LONE_SURROGATE, '\uFFFD'));
  }

  /** Appends what `inner` holds as a block and empties it. */
  block(field: number, inner: ProtoWriter): void {
    this.writer.uint32((field << 3) | 2).bytes(inner.done());
    inner.clear();
  }

  clear(): void {
    this.writer.reset();
  }

  /** A view: valid until the next write. */
  done(): Uint8Array {
    return this.writer.finish(true);
  }
}

/** Upper and lower half of 64 bits, as protobufjs takes a Long. */
function halves(value: bigint): Long {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false } as Long;
}

import { ReadError } from '../../errors.js';

const MAGIC = 0x184d2204;

export function isLz4(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && bytes[0] === 0x04 && bytes[1] === 0x22 && bytes[2] === 0x4d && bytes[3] === 0x18;
}

/**
 * Unpacks LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), one after another, to at most `limit` bytes. Checksums are passed by.
 * @throws ReadError
 */
export function unlz4(bytes: Uint8Array, limit: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Output(limit, bytes.length);
  let at = 0;
  try {
    while (at < bytes.length) at = frame(view, bytes, at, out);
  } catch (error) {
    // Beyond the end of the view.
    if (error instanceof RangeError) throw truncated(at);
    throw error;
  }
  return out.done();
}

function frame(view: DataView, bytes: Uint8Array, start: number, out: Output): number {
  const magic = view.getUint32(start, true);
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) return start + 8 + view.getUint32(start + 4, true);
  if (magic !== MAGIC) throw damaged(start);
  const flags = view.getUint8(start + 4);
  if (flags >>> 6 !== 1) throw damaged(start + 4);
  if ((flags & 1) !== 0) throw new ReadError('unsupported', 'It is packed with LZ4 and a dictionary.', start);
  let at = start + 7 + ((flags & 8) === 0 ? 0 : 8);
  const history = out.length;
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const end = at + (size & 0x7fffffff);
    if (end > bytes.length) throw truncated(at);
    // Blocks that stand alone see nothing of those before them.
    if (size >>> 31 === 1) out.literals(bytes, at, end);
    else sequences(bytes, at, end, out, (flags & 32) === 0 ? history : out.length);
    at = end + ((flags & 16) === 0 ? 0 : 4);
  }
  at += (flags & 4) === 0 ? 0 : 4;
  if (at > bytes.length) throw truncated(bytes.length);
  return at;
}

/** @param history where what may be repeated begins */
function sequences(bytes: Uint8Array, start: number, end: number, out: Output, history: number): void {
  let at = start;
  const more = (length: number): number => {
    let sum = length;
    if (length !== 15) return sum;
    for (let byte = 255; byte === 255; at++) {
      if (at >= end) throw damaged(at);
      byte = bytes[at]!;
      sum += byte;
    }
    return sum;
  };
  while (at < end) {
    const token = bytes[at++]!;
    const literals = more(token >>> 4);
    if (at + literals > end) throw damaged(at);
    out.literals(bytes, at, at + literals);
    at += literals;
    // The last sequence has literals only.
    if (at === end) return;
    if (at + 2 > end) throw damaged(at);
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    const length = more(token & 15) + 4;
    if (distance === 0 || out.length - distance < history) throw damaged(at);
    out.repeat(distance, length);
  }
  throw damaged(end);
}

/** Content that grows up to a limit. */
class Output {
  length = 0;
  private content: Uint8Array;

  constructor(
    private readonly limit: number,
    expected: number,
  ) {
    this.content = new Uint8Array(Math.min(limit, Math.max(1024, expected * 4)));
  }

  literals(from: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    this.content.set(from.subarray(start, end), this.length);
    this.length += end - start;
  }

  repeat(distance: number, length: number): void {
    this.room(length);
    const { content } = this;
    if (distance >= length) content.copyWithin(this.length, this.length - distance, this.length - distance + length);
    else for (let i = 0; i < length; i++) content[this.length + i] = content[this.length + i - distance]!;
    this.length += length;
  }

  done(): Uint8Array {
    return this.content.subarray(0, this.length);
  }

  private room(more: number): void {
    const wanted = this.length + more;
    if (wanted > this.limit) throw new ReadError('too-large', 'Unpacked, the LZ4 data is larger than can be read safely.');
    if (wanted <= this.content.length) return;
    const wider = new Uint8Array(Math.min(this.limit, Math.max(wanted, this.content.length * 2)));
    wider.set(this.content.subarray(0, this.length));
    this.content = wider;
  }
}

function damaged(offset: number): ReadError {
  return new ReadError('corrupt', 'The LZ4 data is damaged.', offset);
}

function truncated(offset: number): ReadError {
  return new ReadError('truncated', 'The packed data ends too early: the file is not whole.', offset);
}

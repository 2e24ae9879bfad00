import { GrowingInt32 } from '../../model/growing.js';
import { Interner, mix } from '../../model/interner.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { type PerfFrame, parsePerfFrame } from './frame.js';

const SPACE = 0x20;
const PLUS = 0x2b;
const CLOSE = 0x29;
/** Digits of an address of 64 bits. */
const MAX_DIGITS = 16;

/** A frame and its place; -1 for inlined ones, whose library is that of the frame that follows. */
export type PlacedFrame = PerfFrame & { readonly place: number };

/** Gives frames by their bytes. Addresses and offsets differ where functions do not: each pair of symbol and library is read once. */
export class PerfFrames {
  private readonly symbols: ByteStrings;
  private readonly tails: ByteStrings;
  private readonly pairs = new Interner();
  private readonly symbol = new GrowingInt32();
  private readonly tail = new GrowingInt32();
  private readonly frames: (PlacedFrame | undefined)[] = [];
  private symbolCount = 0;
  private tailCount = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly place: (frame: PerfFrame) => number,
  ) {
    this.symbols = new ByteStrings(bytes, () => this.symbolCount++);
    this.tails = new ByteStrings(bytes, () => this.tailCount++);
  }

  /** Whether an indented line `start..end` says where code was. */
  isFrame(start: number, end: number): boolean {
    let from = start;
    while (from < end && this.bytes[from]! <= SPACE) from++;
    return this.addressEnd(from, end) >= 0;
  }

  /** The frame that `start..end` is, from its address on; undefined for other text. */
  at(start: number, end: number): PlacedFrame | undefined {
    const from = this.addressEnd(start, end);
    if (from < 0) return undefined;
    const { bytes, pairs } = this;
    const plus = this.offsetStart(from, end);
    let after = plus;
    if (plus < end) for (after = plus + 3; after < end && isHex(bytes[after]!); ) after++;
    const symbol = this.symbols.number(from, plus);
    const tail = this.tails.number(after, end);
    for (let row = pairs.first(mix(mix(37, symbol), tail)); row >= 0; row = pairs.next()) {
      if (this.symbol.array[row] === symbol && this.tail.array[row] === tail) return this.frames[row];
    }
    const frame = this.of(`0 ${decodeText(bytes, from, plus)}${decodeText(bytes, after, end)}`);
    pairs.add(this.symbol.length);
    this.symbol.push(symbol);
    this.tail.push(tail);
    this.frames.push(frame);
    return frame;
  }

  /** The frame that a text is; undefined for other text. */
  of(text: string): PlacedFrame | undefined {
    const frame = parsePerfFrame(text);
    return frame && { ...frame, place: frame.inlined ? -1 : this.place(frame) };
  }

  /** Where the address at `start` ends; -1 when there is none. */
  private addressEnd(start: number, end: number): number {
    const { bytes } = this;
    const from = bytes[start] === 0x30 && (bytes[start + 1]! | 0x20) === 0x78 ? start + 2 : start;
    let at = from;
    while (at < end && isHex(bytes[at]!)) at++;
    return at > from && at - from <= MAX_DIGITS && (at >= end || bytes[at] === SPACE) ? at : -1;
  }

  /** Where `+0x1f` begins, at the end or before a library in parentheses; the end when there is none. */
  private offsetStart(start: number, end: number): number {
    const { bytes } = this;
    for (let at = end - 4; at > start; at--) {
      if (bytes[at] !== PLUS || bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x78) continue;
      let after = at + 3;
      while (after < end && isHex(bytes[after]!)) after++;
      const isWhole = after > at + 3 && (after === end || (bytes[after] === SPACE && bytes[end - 1] === CLOSE));
      return isWhole ? at : end;
    }
    return end;
  }
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

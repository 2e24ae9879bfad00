import { decodeText } from '../shared/byteStrings.js';
import { type Address, addressOf } from './places.js';

const SPACE = 0x20;
const AT = 0x40;
const COLON = 0x3a;
const MINUS = 0x2d;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LETTER_X = 0x78;
/** Digits that a double holds exactly: decimal ones, and hexadecimal ones of an address. */
const MAX_DECIMAL = 15;
const MAX_HEX = 13;
const MAX_ADDRESS = 16;

/** Figures before a stack; those of a heap are live objects and bytes, then all of them. */
export interface Figures {
  /** `values[0..count)` */
  readonly values: (number | bigint)[];
  count: number;
}

/** Reads the samples of the older text forms out of bytes: there are millions of them, and no text is made of any. */
export class LineScanner {
  /** Behind what was read last. */
  at = 0;
  readonly figures: Figures = { values: [], count: 0 };

  constructor(private readonly bytes: Uint8Array) {}

  /** `1: 8 [2: 16] @`; true with `figures`, and `at` behind it. */
  heap(start: number, end: number): boolean {
    this.begin(start);
    return (
      this.integer(end, true) &&
      this.skip(COLON, end) &&
      this.integer(end, true) &&
      this.skip(OPEN, end) &&
      this.integer(end, false) &&
      this.skip(COLON, end) &&
      this.integer(end, false) &&
      this.skip(CLOSE, end) &&
      this.skip(AT, end)
    );
  }

  /** `12 @`, and nothing but addresses behind it. */
  count(start: number, end: number): boolean {
    this.begin(start);
    if (!this.integer(end, false) || !this.skip(AT, end)) return false;
    let words = 0;
    for (let i = this.at; i < end; i++) {
      const byte = this.bytes[i]!;
      if (byte === LETTER_X && this.bytes[i - 1] === 0x30) words++;
      else if (byte !== SPACE && hexDigit(byte) < 0) return false;
    }
    return words > 0;
  }

  /** `300 2 @` */
  pair(start: number, end: number): boolean {
    this.begin(start);
    return this.integer(end, false) && this.bytes[this.at] === SPACE && this.skipped(end) && this.integer(end, false) && this.skip(AT, end);
  }

  /** Adds the addresses `0x…` from `at` to the first byte that is part of none, or with `anywhere` to the end. */
  addresses(end: number, into: Address[], anywhere = false): void {
    const { bytes } = this;
    for (let i = this.at; i < end; ) {
      const byte = bytes[i]!;
      if (byte !== 0x30 || bytes[i + 1] !== LETTER_X) {
        if (!anywhere && byte !== SPACE && byte !== LETTER_X && hexDigit(byte) < 0) break;
        i++;
        continue;
      }
      const digits = i + 2;
      let value = 0;
      for (i = digits; i < end; i++) {
        const digit = hexDigit(bytes[i]!);
        if (digit < 0) break;
        value = value * 16 + digit;
      }
      if (i === digits || i - digits > MAX_ADDRESS) continue;
      into.push(i - digits <= MAX_HEX ? value : addressOf(`0x${decodeText(bytes, digits, i)}`));
    }
  }

  private begin(start: number): void {
    this.at = start;
    this.figures.count = 0;
  }

  private integer(end: number, signed: boolean): boolean {
    const { bytes } = this;
    this.skipped(end);
    const from = this.at;
    if (signed && bytes[this.at] === MINUS) this.at++;
    const digits = this.at;
    let value = 0;
    for (; this.at < end; this.at++) {
      const digit = bytes[this.at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.at === digits) return false;
    const exact =
      this.at - digits <= MAX_DECIMAL ? (digits > from ? -value : value) : integer(decodeText(bytes, from, Math.min(this.at, from + 100)));
    this.figures.values[this.figures.count++] = exact;
    return true;
  }

  /** Passes over spaces and this byte. */
  private skip(byte: number, end: number): boolean {
    this.skipped(end);
    if (this.at >= end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  private skipped(end: number): true {
    while (this.at < end && this.bytes[this.at] === SPACE) this.at++;
    return true;
  }
}

function integer(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(digits));
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

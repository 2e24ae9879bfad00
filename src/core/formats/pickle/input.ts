import { ReadError } from '../../errors.js';
import { decodeText } from '../shared/byteStrings.js';

const NEWLINE = 0x0a;
/** No number of a profile has more digits or bytes. */
const MAX_DIGITS = 400;

/** Bytes of a pickle with a cursor; all methods throw only ReadError. Numbers are little endian but for floats. */
export class PickleInput {
  at = 0;
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param what a clause, e.g. `a mark is missing` */
  fail(what: string, offset = this.at): never {
    throw new ReadError('corrupt', `The pickle is damaged: ${what}.`, offset);
  }

  uint8(): number {
    return this.bytes[this.advance(1)]!;
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  /** Rounded above 2^53, where it is no length of anything. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.advance(length);
    return decodeText(this.bytes, at, at + length);
  }

  /** A whole number of `length` bytes in two's complement. */
  long(length: number): number | bigint {
    if (length < 0 || length > MAX_DIGITS) this.fail('a number is too long');
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return plain(BigInt.asIntN(length * 8, value));
  }

  /** Up to the end of the line, which is passed. */
  line(): string {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    if (end < 0) throw this.short();
    const text = decodeText(this.bytes, this.at, end);
    this.at = end + 1;
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  /** A whole number as digits, with Python 2's `L`; `00` and `01` are its False and True. */
  decimal(): number | bigint {
    const text = this.line();
    if (text.length > MAX_DIGITS || !/^\s*[+-]?\d+L?$/.test(text)) this.fail('a number is not written as one');
    return plain(BigInt(text.trim().replace(/^\+|L$/g, '')));
  }

  decimalFloat(): number {
    const text = this.line().trim();
    const value = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
    if (text === '' || text.length > MAX_DIGITS || (Number.isNaN(value) && !/^[+-]?nan$/i.test(text)))
      this.fail('a number is not written as one');
    return value;
  }

  /** Protocol 0's texts: `\uXXXX` for what would break the line. */
  escaped(): string {
    return this.line().replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
  }

  /** Python 2's texts in quotes with its escapes. */
  quoted(): string {
    const text = this.line().trim();
    const quote = text[0];
    if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) this.fail('a text has no quotes');
    const plain = text.slice(1, -1).replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex?: string, one?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return { n: '\n', r: '\r', t: '\t' }[one!] ?? one!;
    });
    // The escapes stand for bytes.
    if (/[^\0-\xff]/.test(plain)) return plain;
    const bytes = Uint8Array.from(plain, (char) => char.charCodeAt(0));
    return decodeText(bytes, 0, bytes.length);
  }

  private advance(count: number): number {
    const { at } = this;
    if (!(count >= 0)) this.fail('a length is negative');
    if (count > this.bytes.length - at) throw this.short();
    this.at = at + count;
    return at;
  }

  private short(): ReadError {
    return new ReadError('truncated', 'The pickle is not whole: it ends in the middle.', this.bytes.length);
  }
}

function plain(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

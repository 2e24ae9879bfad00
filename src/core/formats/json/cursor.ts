import { ReadError } from '../../errors.js';
import type { ReadControl } from '../format.js';
import { ByteStrings } from '../shared/byteStrings.js';
import { utf8 } from '../shared/textLines.js';
import { KeyTable } from './keyTable.js';
import { isWord, jsonText, numberEnd } from './text.js';

/** Bytes between two looks at progress and cancellation: some tens of milliseconds. */
const STRIDE = 1 << 23;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Powers of ten that a double holds exactly: an integer below 2^53 divided by one of them is rounded once, and so right. */
const TENS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** Where numbers go in bulk; `GrowingFloat64` is one. */
interface NumberSink {
  push(value: number): void;
}

/**
 * Reads JSON as it stands in memory, value by value, without a string or an object of the whole: files may be larger than
 * any JavaScript string. The caller asks for what it expects, in the order of the file:
 *
 *     if (json.object()) while (json.nextKey()) {
 *       if (json.key === 'samples') { if (json.array()) while (json.item()) use(json.number()); }
 *     }
 *
 * - What is not taken is skipped: a key's value or an item that the caller leaves alone, and a value of another kind than it
 *   asked for (`object` and `array` are false then, `number` is NaN, `string` is '').
 * - Nothing recurses; what nests deeply is followed by the caller's own loop, as `key` and `item` know no depth.
 * - `if (json.due) await json.pause()` in loops over what may be long.
 * - Beyond JSON it takes NaN, Infinity and raw control characters in strings, as Python and others write them.
 *
 * Every method may throw ReadError: `truncated` where the text ends too early, else `corrupt`, with the byte offset.
 */
export class JsonCursor {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  /** Index of the next byte. */
  at = 0;
  /** The key that `nextKey` came to. */
  key = '';
  /** The raw string taken last is bytes `start..end`: see `stringBytes`. */
  start = 0;
  end = 0;

  /** Just inside a bracket: no comma comes before the next item. */
  private fresh = false;
  /** Where the value begins that `nextKey` or `item` announced; it was taken when `at` is elsewhere. */
  private announced = -1;
  private look = STRIDE;
  private readonly keys: KeyTable;

  constructor(
    bytes: Uint8Array,
    private readonly control: ReadControl = {},
  ) {
    // The mark stays where it is, so that offsets are the file's.
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.bytes = marked ? bytes : utf8(bytes);
    if (marked) this.at = 3;
    this.keys = new KeyTable(this.bytes);
  }

  /** What comes next. */
  kind(): JsonKind {
    const byte = this.peek();
    if (byte === OPEN_OBJECT) return 'object';
    if (byte === OPEN_ARRAY) return 'array';
    if (byte === QUOTE) return 'string';
    if (byte === 0x74 || byte === 0x66) return 'boolean';
    return byte === 0x6e ? 'null' : 'number';
  }

  /** Enters an object: its keys come by `nextKey`. */
  object(): boolean {
    return this.open(OPEN_OBJECT);
  }

  /** Enters an array: its items come by `item`, or by `numbers`. */
  array(): boolean {
    return this.open(OPEN_ARRAY);
  }

  private open(bracket: number): boolean {
    if (this.peek() !== bracket) {
      this.skip();
      return false;
    }
    this.at++;
    this.fresh = true;
    return true;
  }

  /** Goes to the next key of the object, into `key`; false, and out of the object, when there is none. */
  nextKey(): boolean {
    if (!this.another(CLOSE_OBJECT)) return false;
    if (this.peek() !== QUOTE) throw this.unexpected('a key');
    const quote = this.at;
    const end = this.keys.expected(quote);
    if (end >= 0) this.at = end;
    else {
      this.stringBytes();
      this.keys.learn(quote, this.start, this.end);
    }
    this.key = this.keys.key;
    if (this.peek() !== COLON) throw this.unexpected('a colon');
    this.at++;
    this.peek();
    this.announced = this.at;
    return true;
  }

  /** Goes to the next item of the array; false, and out of the array, when there is none. */
  item(): boolean {
    if (!this.another(CLOSE_ARRAY)) return false;
    this.announced = this.at;
    return true;
  }

  private another(close: number): boolean {
    if (this.at === this.announced) this.skip();
    let byte = this.peek();
    if (byte === close) {
      this.at++;
      this.fresh = false;
      return false;
    }
    if (this.fresh) this.fresh = false;
    else {
      if (byte !== COMMA) throw this.unexpected('a comma or a closing bracket');
      this.at++;
      byte = this.peek();
      // A comma before the bracket is no JSON, but what programs write that are stopped midway and repaired by hand.
      if (byte === close) {
        this.at++;
        return false;
      }
    }
    return true;
  }

  /** A string; '' when something else is there. */
  string(): string {
    return this.stringBytes() ? jsonText(this.bytes, this.start, this.end) : '';
  }

  /** A string, or a number as it is written: ids come in both forms. Undefined when something else is there. */
  id(): string | undefined {
    const byte = this.peek();
    if (byte === QUOTE) return this.string();
    if (byte !== 0x2d && !(byte >= 0x30 && byte <= 0x39)) {
      this.skip();
      return undefined;
    }
    const from = this.at;
    this.skip();
    return String.fromCharCode(...this.bytes.subarray(from, Math.min(this.at, from + 40)));
  }

  /** Takes a string without decoding it: `start` and `end` say where its contents are. False when something else is there. */
  stringBytes(): boolean {
    if (this.peek() !== QUOTE) {
      this.skip();
      return false;
    }
    const { bytes } = this;
    let at = this.at + 1;
    this.start = at;
    for (; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) at++;
      if (at >= bytes.length) throw this.truncated();
    }
    this.end = at;
    this.at = at + 1;
    return true;
  }

  /** A table that gives a number to each different string, by `make` at first sight: see `interned`. */
  table(make: (text: string) => number): ByteStrings {
    return new ByteStrings(this.bytes, (start, end) => make(jsonText(this.bytes, start, end)));
  }

  /** The number that the table has for a string; -1 when something else is there. Repeated strings are not decoded again. */
  interned(table: ByteStrings): number {
    return this.stringBytes() ? table.number(this.start, this.end) : -1;
  }

  /** The same for ids, which come as strings or as numbers: the number of what is written. */
  internedId(table: ByteStrings): number {
    const byte = this.peek();
    if (byte === QUOTE) return this.interned(table);
    const from = this.at;
    this.skip();
    return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ? table.number(from, this.at) : -1;
  }

  /** A number, rounded as JSON.parse does; NaN when something else is there. */
  number(): number {
    const first = this.peek();
    const { bytes } = this;
    const from = this.at;
    let at = first === 0x2d ? from + 1 : from;
    let value = 0;
    let digit = bytes[at]! - 0x30;
    const digits = at;
    for (; digit >= 0 && digit <= 9; digit = bytes[at]! - 0x30) {
      value = value * 10 + digit;
      at++;
    }
    let size = at - digits;
    if (size === 0) return this.oddNumber(first);
    if (digit === -2) {
      const point = ++at;
      for (digit = bytes[at]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[at]! - 0x30) {
        value = value * 10 + digit;
        at++;
      }
      size += at - point;
      if (size <= 15) value /= TENS[at - point]!;
    }
    this.at = at;
    // Exponents and long numbers take the slow way; so does what is glued to something else.
    if (size > 15 || (bytes[at]! | 0x20) === 0x65) return this.slowNumber(from);
    return first === 0x2d ? -value : value;
  }

  private slowNumber(from: number): number {
    this.at = numberEnd(this.bytes, from);
    if (this.at - from > 1000) return Number.NaN;
    return Number(String.fromCharCode(...this.bytes.subarray(from, this.at)));
  }

  /** NaN, Infinity and -Infinity are numbers to Python; the rest is none. */
  private oddNumber(first: number): number {
    const from = this.at;
    this.skip();
    const second = this.bytes[from + 1];
    if (first === 0x49) return Number.POSITIVE_INFINITY;
    return first === 0x2d && second === 0x49 ? Number.NEGATIVE_INFINITY : Number.NaN;
  }

  /**
   * Takes up to `max` items of the array entered, all as numbers (NaN for what is none); true when some may be left:
   * `if (json.array()) while (json.numbers(into, 1e6)) await json.pause()`.
   */
  numbers(into: NumberSink, max = Number.POSITIVE_INFINITY): boolean {
    const { bytes } = this;
    for (let taken = 0; taken < max; taken++) {
      // The usual `,123` without white space is read here, everything else by `item` and `number`.
      let at = this.at;
      if (bytes[at] === COMMA && !this.fresh && at !== this.announced) {
        const digits = ++at;
        let value = 0;
        let digit = bytes[at]! - 0x30;
        while (digit >= 0 && digit <= 9) {
          value = value * 10 + digit;
          digit = bytes[++at]! - 0x30;
        }
        const stop = bytes[at];
        if (at > digits && at - digits <= 15 && (stop === COMMA || stop === CLOSE_ARRAY)) {
          into.push(value);
          this.at = at;
          continue;
        }
      }
      if (!this.item()) return false;
      into.push(this.number());
    }
    return true;
  }

  /** True or false; undefined when something else is there. */
  boolean(): boolean | undefined {
    const byte = this.peek();
    this.skip();
    return byte === 0x74 ? true : byte === 0x66 ? false : undefined;
  }

  /** Leaves a value out, however deep it is. Brackets are counted, not compared. */
  skip(): void {
    this.leave(this.begin(), Number.POSITIVE_INFINITY);
  }

  /** The same for what may be most of the file: lets others run in between. */
  async skipLong(): Promise<void> {
    let depth = this.leave(this.begin(), STRIDE);
    while (depth > 0) {
      await this.pause(false);
      depth = this.leave(depth, STRIDE);
    }
  }

  /** Takes the first token of a value; gives the brackets that it opened. */
  private begin(): number {
    const { bytes } = this;
    const byte = this.peek();
    this.fresh = false;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.at++;
      return 1;
    }
    if (byte === QUOTE) {
      this.stringBytes();
      return 0;
    }
    const from = this.at;
    while (this.at < bytes.length && isWord(bytes[this.at]!)) this.at++;
    if (this.at === from) throw this.unexpected('a value');
    return 0;
  }

  /** Goes on to where so many brackets are closed, or for about `max` bytes; gives the brackets left. */
  private leave(open: number, max: number): number {
    const { bytes } = this;
    const stop = Math.min(bytes.length, this.at + max);
    let depth = open;
    let at = this.at;
    while (depth > 0 && at < stop) {
      const byte = bytes[at++]!;
      if (byte === QUOTE) {
        this.at = at - 1;
        this.stringBytes();
        at = this.at;
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    }
    this.at = at;
    if (depth > 0 && at >= bytes.length) throw this.truncated();
    return depth;
  }

  /** Goes to a value whose index was kept when it was skipped. */
  seek(at: number): void {
    this.at = at;
    this.fresh = false;
    this.announced = -1;
    this.look = at + STRIDE;
  }

  /** Whether nothing but white space is left; else another value may follow (JSON lines). */
  done(): boolean {
    this.space();
    return this.at >= this.bytes.length;
  }

  /** Whether it is time to `pause`. */
  get due(): boolean {
    return this.at > this.look;
  }

  /** Lets others run, reports progress and looks for cancellation. @throws the signal's reason */
  async pause(report = true): Promise<void> {
    this.look = this.at + STRIDE;
    if (report) this.control.progress?.(Math.min(1, this.at / this.bytes.length));
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.control.signal?.throwIfAborted();
  }

  /** The next byte that is no white space; stays before it. */
  private peek(): number {
    const byte = this.bytes[this.at];
    if (byte !== undefined && byte > 0x20) return byte;
    this.space();
    const next = this.bytes[this.at];
    if (next === undefined) throw this.truncated();
    return next;
  }

  private space(): void {
    const { bytes } = this;
    let { at } = this;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.at = at;
  }

  /** The error for a text that ends inside a value. */
  private truncated(): ReadError {
    return new ReadError('truncated', 'The JSON text ends too early: the file is not whole.', this.bytes.length);
  }

  /** The error for something else than what was looked for, at the next byte. */
  unexpected(what: string): ReadError {
    return new ReadError('corrupt', `The JSON text is damaged: ${what} is missing.`, this.at);
  }
}

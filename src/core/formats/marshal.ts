import { ReadError } from '../errors.js';
import { ByteStrings, decodeText } from './byteStrings.js';

/**
 * Type codes of Python's marshal, versions 0–5 (CPython Python/marshal.c); the high bit of the byte says "the object
 * gets the next reference number".
 */
export const Code = {
  null: 0x30, // 0
  none: 0x4e, // N
  false: 0x46, // F
  true: 0x54, // T
  stop: 0x53, // S
  ellipsis: 0x2e, // .
  int: 0x69, // i
  int64: 0x49, // I  Python 2 on 64-bit machines
  float: 0x66, // f  text
  binaryFloat: 0x67, // g
  complex: 0x78, // x  text
  binaryComplex: 0x79, // y
  long: 0x6c, // l  15-bit digits
  bytes: 0x73, // s
  interned: 0x74, // t
  stringRef: 0x52, // R  Python 2: an earlier `t`
  ref: 0x72, // r  an earlier object with the high bit
  tuple: 0x28, // (
  smallTuple: 0x29, // )
  list: 0x5b, // [
  dict: 0x7b, // {
  code: 0x63, // c
  unicode: 0x75, // u
  set: 0x3c, // <
  frozenSet: 0x3e, // >
  ascii: 0x61, // a
  asciiInterned: 0x41, // A
  shortAscii: 0x7a, // z
  shortAsciiInterned: 0x5a, // Z
  slice: 0x3a, // :  version 5
} as const;

/** What a reference number stands for; `other` remembers where the object starts. */
export const RefKind = { none: 0, string: 1, number: 2, key: 3, other: 4 } as const;

/** Deepest nesting that is skipped: Python itself refuses more than 2,000. */
const MAX_DEPTH = 2000;

/**
 * A cursor over marshalled bytes that makes no objects: the caller knows the shape it expects and asks for it piece by
 * piece. Strings come as numbers from `intern` (once per distinct text). Every method throws only ReadError.
 */
export class MarshalReader {
  pos = 0;
  /** Reference number of the object whose code was read last, -1 for none. */
  ref = -1;
  /** Next reference number; reserved before an object's children, as marshal.c does. */
  refs = 0;
  private readonly view: DataView;
  private readonly kinds: number[] = [];
  private readonly values: number[] = [];
  /** Python 2's own list of interned strings. */
  private readonly interned: number[] = [];
  private readonly strings: ByteStrings;

  constructor(
    readonly bytes: Uint8Array,
    intern: (text: string) => number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strings = new ByteStrings(bytes, (start, end) => intern(decodeText(bytes, start, end)));
  }

  /** @param what a clause, e.g. `a number was expected` */
  fail(what: string, offset = this.pos): never {
    throw new ReadError('corrupt', `It is damaged: ${what}.`, offset);
  }

  /** Reads a type code and reserves its reference number. */
  next(): number {
    if (this.pos >= this.bytes.length) this.need(1);
    const byte = this.bytes[this.pos++]!;
    if (byte < 0x80) this.ref = -1;
    else {
      this.ref = this.refs++;
      this.kinds[this.ref] = RefKind.none;
    }
    return byte & 0x7f;
  }

  /** Says what reference number `ref` (-1: nothing to do) stands for. */
  define(ref: number, kind: number, value: number): void {
    if (ref < 0) return;
    this.kinds[ref] = kind;
    this.values[ref] = value;
  }

  /** Reads the number of an `r` object and gives what it stands for, which must be `kind`. */
  referred(kind: number, expected: string): number {
    const at = this.pos;
    const index = this.uint32();
    if (index >= this.refs || this.kinds[index] !== kind) this.fail(`reference ${index} is not ${expected}`, at);
    return this.values[index]!;
  }

  /** Whether the `r` whose code was just read leads to something of this kind; reads nothing. */
  isRefTo(kind: number): boolean {
    if (this.bytes.length - this.pos < 4) return false;
    const index = this.view.getUint32(this.pos, true);
    return index < this.refs && this.kinds[index] === kind;
  }

  /** What reference number `index` stands for. */
  valueOf(index: number): number {
    return this.values[index]!;
  }

  /** Number of children of the tuple or list whose code was just read; bounded by the bytes that are left. */
  size(code: number): number {
    const n = code === Code.smallTuple ? this.uint8() : this.uint32();
    if (n > this.bytes.length - this.pos) this.need(n);
    return n;
  }

  /** A string object as `intern`'s number. */
  string(): number {
    const code = this.next();
    const ref = this.ref;
    let length: number;
    switch (code) {
      case Code.shortAscii:
      case Code.shortAsciiInterned:
        length = this.uint8();
        break;
      case Code.ascii:
      case Code.asciiInterned:
      case Code.unicode:
      case Code.interned:
      case Code.bytes:
        length = this.uint32();
        break;
      case Code.ref:
        return this.referred(RefKind.string, 'a string');
      case Code.stringRef:
        return this.earlierString();
      default:
        return this.fail('a string was expected', this.pos - 1);
    }
    this.need(length);
    const value = this.strings.number(this.pos, this.pos + length);
    this.pos += length;
    this.define(ref, RefKind.string, value);
    if (code === Code.interned && ref < 0) this.interned.push(value);
    return value;
  }

  /** An int, long, float or bool object. */
  number(): number {
    return this.numberOf(this.next());
  }

  /** The rest of a number whose code was just read. */
  numberOf(code: number): number {
    const ref = this.ref;
    let value: number;
    switch (code) {
      case Code.int:
        this.need(4);
        value = this.view.getInt32(this.pos, true);
        this.pos += 4;
        break;
      case Code.binaryFloat:
        this.need(8);
        value = this.view.getFloat64(this.pos, true);
        this.pos += 8;
        break;
      case Code.int64:
        this.need(8);
        value = Number(this.view.getBigInt64(this.pos, true));
        this.pos += 8;
        break;
      case Code.long:
        value = this.long();
        break;
      case Code.float:
        value = this.textFloat();
        break;
      case Code.true:
        value = 1;
        break;
      case Code.false:
        value = 0;
        break;
      case Code.ref:
        return this.referred(RefKind.number, 'a number');
      default:
        return this.fail('a number was expected', this.pos - 1);
    }
    this.define(ref, RefKind.number, value);
    return value;
  }

  /** Passes over one object of any kind, counting references, with a stack of its own instead of recursion. */
  skip(): void {
    const left: number[] = [1];
    // Entry > 0: so many objects still to come; -1: a dict, ended by a null.
    while (left.length > 0) {
      const top = left.length - 1;
      if (left[top] === 0) {
        left.pop();
        continue;
      }
      if (left[top]! > 0) left[top]! -= 1;
      const children = this.skipOne(left[top] === -1);
      if (children === END) left.pop();
      else if (children !== 0) {
        if (left.length >= MAX_DEPTH) this.fail('objects are nested too deeply');
        left.push(children);
      }
    }
  }

  /** Passes over one object but its children: gives their number, -1 for a dict, END for the end of one. */
  private skipOne(inDict: boolean): number {
    const at = this.pos;
    const code = this.next();
    switch (code) {
      case Code.none:
      case Code.stop:
      case Code.ellipsis:
        return 0;
      case Code.null:
        return inDict ? END : this.fail('an object ends too early', at);
      case Code.int:
      case Code.int64:
      case Code.binaryFloat:
      case Code.long:
      case Code.float:
      case Code.true:
      case Code.false:
        this.numberOf(code);
        return 0;
      case Code.complex:
        this.textFloat();
        this.textFloat();
        return 0;
      case Code.binaryComplex:
        this.advance(16);
        return 0;
      case Code.bytes:
      case Code.interned:
      case Code.unicode:
      case Code.ascii:
      case Code.asciiInterned:
      case Code.shortAscii:
      case Code.shortAsciiInterned:
      case Code.stringRef:
        this.pos = at;
        if (this.ref >= 0) this.refs--;
        this.string();
        return 0;
      case Code.ref:
        if (this.uint32() >= this.refs) this.fail('a reference to nothing', at);
        return 0;
      case Code.tuple:
      case Code.smallTuple:
      case Code.list:
      case Code.set:
      case Code.frozenSet:
        return this.size(code);
      case Code.slice:
        return 3;
      case Code.dict:
        return -1;
      default:
        return this.fail(`unknown type code 0x${code.toString(16)}`, at);
    }
  }

  uint8(): number {
    this.need(1);
    return this.bytes[this.pos++]!;
  }

  uint32(): number {
    this.need(4);
    const value = this.view.getUint32(this.pos, true);
    this.pos += 4;
    return value;
  }

  private earlierString(): number {
    const at = this.pos;
    const value = this.interned[this.uint32()];
    return value ?? this.fail('a reference to a string that is not there', at);
  }

  /** Digits of 15 bits, lowest first; the sign is the count's. Beyond 2^53 the nearest double. */
  private long(): number {
    this.need(4);
    const count = this.view.getInt32(this.pos, true);
    this.pos += 4;
    const digits = Math.abs(count);
    this.need(digits * 2);
    if (digits > 100) this.fail('a number is too long', this.pos - 4);
    let value = 0n;
    for (let i = digits - 1; i >= 0; i--) value = (value << 15n) | BigInt(this.view.getUint16(this.pos + i * 2, true));
    this.pos += digits * 2;
    return Number(count < 0 ? -value : value);
  }

  private textFloat(): number {
    const at = this.pos;
    const length = this.uint8();
    this.need(length);
    const text = decodeText(this.bytes, this.pos, this.pos + length);
    this.pos += length;
    const value = Number(text);
    if (text === '' || (Number.isNaN(value) && text !== 'nan')) this.fail('a number is not written as one', at);
    return value;
  }

  private advance(count: number): void {
    this.need(count);
    this.pos += count;
  }

  private need(count: number): void {
    if (count > this.bytes.length - this.pos) {
      throw new ReadError('truncated', 'It is not whole: the file ends in the middle of an object.', this.bytes.length);
    }
  }
}

const END = -2;

import { ReadError } from '../../errors.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { CODE_LAYOUTS, CODE_OBJECTS, Code, type CodeLayout } from './marshalCodes.js';

/** What a reference number stands for; `other` remembers where the object starts. */
export const RefKind = { none: 0, string: 1, number: 2, key: 3, other: 4 } as const;

/** Code objects within code objects. */
const MAX_CODES = 100;
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
  private readonly texts = new Map<number, string>();
  private layout: CodeLayout | undefined;
  private codeDepth = 0;

  constructor(
    readonly bytes: Uint8Array,
    private readonly intern: (text: string) => number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strings = new ByteStrings(bytes, (start, end) => {
      const text = decodeText(bytes, start, end);
      const value = intern(text);
      this.texts.set(value, text);
      return value;
    });
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

  /**
   * A string object as `intern`'s number, or a code object, which `profile` writes in place of a function's name: what Python
   * prints for it, without its address.
   */
  name(): number {
    if (((this.bytes[this.pos] ?? 0) & 0x7f) !== Code.code) return this.string();
    this.next();
    const { ref } = this;
    const value = this.intern(this.codeObject());
    this.define(ref, RefKind.string, value);
    return value;
  }

  /** The rest of a code object, as text. A file is of one Python: the layout that fits its first code object fits all. */
  private codeObject(): string {
    if (this.layout !== undefined) return this.codeText(this.layout);
    const { pos, refs } = this;
    const known = this.interned.length;
    for (const layout of CODE_LAYOUTS) {
      try {
        this.layout = layout;
        return this.codeText(layout);
      } catch (error) {
        if (!(error instanceof ReadError)) throw error;
        this.layout = undefined;
        this.codeDepth = 0;
        this.pos = pos;
        this.refs = refs;
        this.interned.length = known;
      }
    }
    return this.fail('a code object is of no known version');
  }

  private codeText(layout: CodeLayout): string {
    if (++this.codeDepth > MAX_CODES) this.fail('objects are nested too deeply');
    this.advance(layout.numbers * 4);
    let file = '';
    let name = '';
    for (let i = 0; i < CODE_OBJECTS; i++) {
      const code = (this.bytes[this.pos] ?? 0) & 0x7f;
      if (i === 0 && code !== Code.bytes) this.fail('a code object has no code');
      if (i === 4 && layout.kinds && code !== Code.bytes && code !== Code.ref) this.fail('a code object has other parts');
      if (i === layout.file) file = this.texts.get(this.string()) ?? '';
      else if (i === layout.file + 1) name = this.texts.get(this.string()) ?? '';
      else this.skip();
    }
    const line = this.uint32();
    for (let i = 0; i < layout.after; i++) this.skip();
    this.codeDepth--;
    return `<code object ${name}, file "${file}", line ${line}>`;
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
      case Code.code:
        this.codeObject();
        return 0;
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

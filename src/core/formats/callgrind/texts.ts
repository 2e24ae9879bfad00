import { checkRoom } from '../../model/limits.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';

const OPEN = 0x28;
const CLOSE = 0x29;
const SPACE = 0x20;
/** Digits that a double holds exactly. */
const MAX_DIGITS = 15;

export type NameKind = 'ob' | 'fl' | 'fn';

/** Names of objects, files and functions, as numbers; 0 is ''. */
export class CallgrindTexts {
  private readonly texts: string[] = [''];
  private readonly table: ByteStrings;
  /** What the numbers in parentheses stand for. */
  private readonly numbered = { ob: new Map<number, number>(), fl: new Map<number, number>(), fn: new Map<number, number>() };
  private readonly unknown = this.add('???');

  constructor(private readonly bytes: Uint8Array) {
    this.table = new ByteStrings(bytes, (start, end) => (start === end ? 0 : this.add(decodeText(bytes, start, end))));
  }

  get(text: number): string {
    return this.texts[text]!;
  }

  /** The text that `start..end` names: `(12) name` gives a number to a name, `(12)` is that name again; others stand for themselves. */
  name(kind: NameKind, start: number, end: number): number {
    const { bytes } = this;
    if (bytes[start] !== OPEN) return this.table.number(start, end);
    let id = 0;
    let at = start + 1;
    for (; at < end; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      id = id * 10 + digit;
    }
    if (at === start + 1 || at - start - 1 > MAX_DIGITS || at >= end || bytes[at] !== CLOSE) return this.table.number(start, end);
    at++;
    while (at < end && bytes[at]! <= SPACE) at++;
    if (at === end) return this.numbered[kind].get(id) ?? this.unknown;
    const text = this.table.number(at, end);
    this.numbered[kind].set(id, text);
    return text;
  }

  private add(text: string): number {
    checkRoom('texts', this.texts.length);
    return this.texts.push(text) - 1;
  }
}

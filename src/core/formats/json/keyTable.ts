import { ByteStrings } from '../shared/byteStrings.js';
import { jsonText } from './text.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** So many keys are kept. Where keys are data (addresses, files), most come once and are not worth it. */
const MAX_KEYS = 4096;

/**
 * Texts of keys. Objects of one kind have the same keys in the same order: after each key the one that came next the last time is
 * tried first, which costs a comparison of a few bytes instead of a hash.
 */
export class KeyTable {
  /** The key found last. */
  key = '';

  private readonly numbers: ByteStrings;
  /** By number of key: its text, the index of its first opening quote, and the number of the key that last came after it. */
  private readonly texts: string[] = [];
  private readonly firstSeen: number[] = [];
  private readonly after: number[] = [];
  private last = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.numbers = new ByteStrings(bytes, (start, end) => this.texts.push(jsonText(bytes, start, end)) - 1);
  }

  /** The index behind the key whose opening quote is at `quote`, if it is the expected one; else -1. */
  expected(quote: number): number {
    const { bytes } = this;
    const number = this.after[this.last]!;
    const first = this.firstSeen[number];
    if (first === undefined) return -1;
    let i = 1;
    // Both begin after a quote; the first to differ may be the closing one.
    while (bytes[quote + i] === bytes[first + i]) {
      if (bytes[quote + i] === QUOTE) {
        this.key = this.texts[number]!;
        this.last = number;
        return quote + i + 1;
      }
      if (bytes[quote + i] === BACKSLASH) return -1;
      i++;
    }
    return -1;
  }

  /** Takes another key: bytes `start..end`, its opening quote at `quote`. */
  learn(quote: number, start: number, end: number): void {
    const isFull = this.texts.length === MAX_KEYS;
    const number = isFull ? this.numbers.known(start, end) : this.numbers.number(start, end);
    if (number < 0) {
      // What comes after a key that is not kept is kept as what comes after any such.
      this.last = MAX_KEYS;
      this.key = jsonText(this.bytes, start, end);
      return;
    }
    if (number === this.firstSeen.length) {
      this.firstSeen.push(quote);
      this.after.push(number);
    }
    this.after[this.last] = number;
    this.last = number;
    this.key = this.texts[number]!;
  }
}

import { ReadError } from '../../errors.js';
import type { ReadControl } from '../format.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { eachLine } from '../shared/textLines.js';
import { CallgrindFunctions } from './functions.js';
import { CallgrindTexts, type NameKind } from './texts.js';

const BAD_SHARE = 0.02;
/** Keeps rows of costs small; valgrind itself writes at most some twenty. */
const MAX_EVENTS = 64;
const MAX_POSITIONS = 3;

/** Different words before `=` and `:`; the format has some thirty. */
const MAX_KEYS = 1000;
const EQUALS = 0x3d;
const COLON = 0x3a;
const SPACE = 0x20;

/** Collects what the lines of a file say. @throws ReadError when it is no callgrind file, or broken */
export async function readCallgrindLines(bytes: Uint8Array, control: ReadControl): Promise<CallgrindFunctions> {
  const texts = new CallgrindTexts(bytes);
  const to = new CallgrindFunctions(texts);
  let good = 0;
  let bad = 0;
  let firstBad = 0;
  const reader = new LineReader(bytes, texts, to);
  await eachLine(bytes, control, (start, end) => {
    if (end === start || bytes[start] === 0x23) return;
    if (reader.line(start, end)) good++;
    else if (bad++ === 0) firstBad = start;
  });
  if (to.names.length === 0) throw new ReadError('corrupt', 'It does not say which events it counts ("events:").', firstBad);
  if (bad > Math.max(1, (good + bad) * BAD_SHARE)) {
    throw new ReadError('corrupt', `${bad} of ${good + bad} lines are not of callgrind's format.`, firstBad);
  }
  if (bad > 0) to.warnings.add(`${bad} of ${good + bad} lines were left out, since they are not of callgrind's format.`);
  return to;
}

class LineReader {
  private readonly keys: ByteStrings;
  private readonly keyTexts: string[] = [];
  private positions = 1;
  private lineColumn = 0;
  private readonly position = new Float64Array(MAX_POSITIONS);
  private events = 0;
  private readonly costs = new Float64Array(MAX_EVENTS);
  /** Calls that the next line of costs is for, and whether that line belongs to a jump. */
  private calls = -1;
  private afterJump = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly texts: CallgrindTexts,
    private readonly to: CallgrindFunctions,
  ) {
    this.keys = new ByteStrings(bytes, (start, end) => this.keyTexts.push(decodeText(bytes, start, end)) - 1);
  }

  line(start: number, end: number): boolean {
    const { bytes } = this;
    const first = bytes[start]!;
    // A digit, `+`, `-` or `*`: costs.
    if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2a) return this.costLine(start, end);
    let at = start;
    while (at < end && bytes[at] !== EQUALS && bytes[at] !== COLON) at++;
    if (at === start || at === end || this.keyTexts.length > MAX_KEYS) return false;
    const key = this.keyTexts[this.keys.number(start, at)]!;
    let from = at + 1;
    while (from < end && bytes[from]! <= SPACE) from++;
    let to = end;
    while (to > from && bytes[to - 1]! <= SPACE) to--;
    return bytes[at] === EQUALS ? this.assignment(key, from, to) : this.header(key, decodeText(bytes, from, to));
  }

  private assignment(key: string, start: number, end: number): boolean {
    const { to } = this;
    switch (key) {
      case 'ob':
        to.setObject(this.name('ob', start, end));
        return true;
      case 'fl':
        to.setFile(this.name('fl', start, end));
        return true;
      case 'fi':
      case 'fe':
        to.inlinedFile(this.name('fl', start, end));
        return true;
      case 'fn':
        to.setFunction(this.name('fn', start, end));
        return true;
      case 'cob':
        to.calledObject(this.name('ob', start, end));
        return true;
      case 'cfi':
      case 'cfl':
        to.calledFile(this.name('fl', start, end));
        return true;
      case 'cfn':
        to.calledFunction(this.name('fn', start, end));
        return true;
      case 'calls': {
        this.at = start;
        const count = this.number(end);
        this.calls = count >= 0 ? count : 0;
        return true;
      }
      case 'jump':
      case 'jcnd':
        this.afterJump = true;
        return true;
      case 'jfi':
        this.name('fl', start, end);
        return true;
      case 'jfn':
        this.name('fn', start, end);
        return true;
      case 'frfn':
      case 'rec':
        return true;
      default:
        return false;
    }
  }

  private name(kind: NameKind, start: number, end: number): number {
    return this.texts.name(kind, start, end);
  }

  private header(key: string, value: string): boolean {
    switch (key) {
      case 'version':
        if (Number.parseInt(value, 10) > 1)
          throw new ReadError('unsupported', `It is version ${value.slice(0, 20)} of the format; version 1 can be read.`);
        return true;
      case 'events': {
        const events = value.split(/\s+/).filter((event) => event !== '');
        if (events.length > MAX_EVENTS) throw new ReadError('corrupt', `It counts ${events.length} kinds of events.`);
        this.events = events.length;
        this.to.events(events);
        return true;
      }
      case 'positions': {
        const positions = value.split(/\s+/);
        this.positions = Math.min(MAX_POSITIONS, Math.max(1, positions.length));
        this.lineColumn = positions.indexOf('line');
        return true;
      }
      case 'summary':
      case 'totals':
        this.to.sum(key, Number(value.split(/\s/, 1)[0]));
        return true;
      case 'event':
        return true;
      case 'part':
        this.to.part();
        return true;
      case 'creator':
      case 'cmd':
      case 'desc':
      case 'pid':
      case 'thread':
        this.to.fact(key, value);
        return true;
      default:
        // Others may write what valgrind does not know.
        return /^[a-z]\w*$/i.test(key);
    }
  }

  private costLine(start: number, end: number): boolean {
    const { position, costs, events } = this;
    this.at = start;
    for (let i = 0; i < this.positions; i++) {
      if (this.at >= end) break;
      const sign = this.bytes[this.at]!;
      if (sign === 0x2a) {
        this.at++;
        this.skip(end);
        continue;
      }
      if (sign === 0x2b || sign === 0x2d) this.at++;
      const value = this.number(end);
      if (Number.isNaN(value)) return false;
      position[i] = sign === 0x2b ? position[i]! + value : sign === 0x2d ? position[i]! - value : value;
    }
    for (let i = 0; i < events; i++) {
      const value = this.at < end ? this.number(end) : 0;
      if (Number.isNaN(value)) return false;
      costs[i] = value;
    }
    const line = this.lineColumn < 0 ? 0 : position[this.lineColumn]!;
    if (this.calls >= 0) {
      this.to.call(line, this.calls, costs);
      this.calls = -1;
    } else if (!this.afterJump || events > 0) this.to.cost(line, costs);
    this.afterJump = false;
    return true;
  }

  private at = 0;

  private skip(end: number): void {
    while (this.at < end && this.bytes[this.at]! <= 0x20) this.at++;
  }

  /** A number, decimal or `0x…`, and the spaces after it; NaN for other text. */
  private number(end: number): number {
    const { bytes } = this;
    let value = 0;
    const from = this.at;
    if (bytes[from] === 0x30 && (bytes[from + 1] === 0x78 || bytes[from + 1] === 0x58)) {
      for (this.at += 2; this.at < end; this.at++) {
        const digit = hexDigit(bytes[this.at]!);
        if (digit < 0) break;
        value = value * 16 + digit;
      }
      if (this.at === from + 2) return Number.NaN;
    } else {
      for (; this.at < end; this.at++) {
        const digit = bytes[this.at]! - 0x30;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (this.at === from) return Number.NaN;
      // Some write costs as fractions.
      if (bytes[this.at] === 0x2e) {
        let scale = 0.1;
        for (this.at++; this.at < end; this.at++, scale /= 10) {
          const digit = bytes[this.at]! - 0x30;
          if (digit < 0 || digit > 9) break;
          value += digit * scale;
        }
      }
    }
    if (this.at < end && bytes[this.at]! > 0x20) return Number.NaN;
    this.skip(end);
    return Number.isFinite(value) ? value : Number.NaN;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

import { ReadError } from '../../errors.js';
import type { ReadControl } from '../format.js';
import { decodeText } from '../shared/byteStrings.js';
import { eachLine } from '../shared/textLines.js';
import type { CallgrindFunctions } from './functions.js';

const BAD_SHARE = 0.02;
/** Keeps rows of costs small; valgrind itself writes at most some twenty. */
const MAX_EVENTS = 64;
const MAX_POSITIONS = 3;

/** Goes through the lines of a file and tells `to` what they say. @throws ReadError when it is no callgrind file, or broken */
export async function readCallgrindLines(bytes: Uint8Array, to: CallgrindFunctions, control: ReadControl): Promise<void> {
  let good = 0;
  let bad = 0;
  let firstBad = 0;
  const reader = new LineReader(bytes, to);
  await eachLine(bytes, control, (start, end) => {
    if (end === start || bytes[start] === 0x23) return;
    if (reader.line(start, end)) good++;
    else if (bad++ === 0) firstBad = start;
  });
  if (!to.hasEvents) throw new ReadError('corrupt', 'It does not say which events it counts ("events:").', firstBad);
  if (bad > Math.max(1, (good + bad) * BAD_SHARE)) {
    throw new ReadError('corrupt', `${bad} of ${good + bad} lines are not of callgrind's format.`, firstBad);
  }
  if (bad > 0) to.warn(`${bad} of ${good + bad} lines were left out, since they are not of callgrind's format.`);
}

class LineReader {
  /** Names of objects, files and functions by their numbers in parentheses. */
  private readonly names = { ob: new Map<string, string>(), fl: new Map<string, string>(), fn: new Map<string, string>() };
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
    private readonly to: CallgrindFunctions,
  ) {}

  line(start: number, end: number): boolean {
    const first = this.bytes[start]!;
    // A digit, `+`, `-` or `*`: costs.
    if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2a) return this.costLine(start, end);
    const text = decodeText(this.bytes, start, end);
    const at = text.search(/[=:]/);
    if (at <= 0) return false;
    const value = text.slice(at + 1).trim();
    return text[at] === '=' ? this.assignment(text.slice(0, at), value) : this.header(text.slice(0, at), value);
  }

  private assignment(key: string, value: string): boolean {
    const { to } = this;
    switch (key) {
      case 'ob':
        to.object(this.name('ob', value));
        return true;
      case 'fl':
        to.file(this.name('fl', value));
        return true;
      case 'fi':
      case 'fe':
        to.inlinedFile(this.name('fl', value));
        return true;
      case 'fn':
        to.func(this.name('fn', value));
        return true;
      case 'cob':
        to.calledObject(this.name('ob', value));
        return true;
      case 'cfi':
      case 'cfl':
        to.calledFile(this.name('fl', value));
        return true;
      case 'cfn':
        to.calledFunction(this.name('fn', value));
        return true;
      case 'calls': {
        const count = Number(value.split(/\s/, 1)[0]);
        this.calls = Number.isFinite(count) && count >= 0 ? count : 0;
        return true;
      }
      case 'jump':
      case 'jcnd':
        this.afterJump = true;
        return true;
      case 'jfi':
        this.name('fl', value);
        return true;
      case 'jfn':
        this.name('fn', value);
        return true;
      case 'frfn':
      case 'rec':
        return true;
      default:
        return false;
    }
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

  /** `(12) name` gives a number to a name, `(12)` is that name again; others stand for themselves. */
  private name(kind: 'ob' | 'fl' | 'fn', value: string): string {
    if (value.charCodeAt(0) !== 0x28) return value;
    const close = value.indexOf(')');
    const id = value.slice(1, close);
    if (close < 0 || !/^\d{1,15}$/.test(id)) return value;
    const rest = value.slice(close + 1).trim();
    if (rest === '') return this.names[kind].get(id) ?? '???';
    this.names[kind].set(id, rest);
    return rest;
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

import { ReadError } from '../../errors.js';
import { checkRoom } from '../../model/limits.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { textAt } from '../shared/textLines.js';
import { type PerfHeader, parsePerfHeader } from './header.js';

const COLON = 0x3a;
const DOT = 0x2e;
const LETTER_P = 0x50;
const SPACE = 0x20;
const RECORD = 'PERF_RECORD_';
/** Bytes of a line that are looked at, and those in which a record says what it is. */
const MAX_LINE = 1024;
const MAX_RECORD = 256;
/** Digits that a double holds exactly. */
const MAX_DIGITS = 15;
/** Different first lines apart from their time and period: threads by processors and events. Real files have some thousands. */
const MAX_KINDS = 2 ** 19;
/** Stand for any time and period in the text that is taken apart for all lines of a kind. */
const TIME = '7777777.123456789:';
const TIME_NANOS = 7777777123456789;
const PERIOD = '31337777';

/** A number of a kind that nobody has asked for yet. */
export const UNRESOLVED = -2;

/** First lines that differ only in time and period. */
export interface HeaderKind extends PerfHeader {
  /** The event's number, -1 none, and the builder's thread; `UNRESOLVED` before. */
  eventIndex: number;
  threadIndex: number;
}

/** Mappings and the like, which `perf script --show-mmap-events` prints between samples. */
export function isRecord(line: string): boolean {
  return / PERF_RECORD_\w+(?: exec)?[: ]/.test(line.slice(0, MAX_RECORD));
}

/**
 * Understands the first lines of samples in bytes. Most differ only in time and period: what is around those is taken apart once
 * for all lines that share it.
 */
export class HeaderReader {
  /** Of the line read last: nanoseconds and weight, NaN where it has none. */
  time = Number.NaN;
  period = Number.NaN;
  /** Of the line read last: what follows the event, `restStart..restEnd`, unless the kind says it itself. */
  restStart = 0;
  restEnd = 0;

  private readonly heads: ByteStrings;
  private readonly events: ByteStrings;
  private readonly lines: ByteStrings;
  private readonly kinds = new Map<number, HeaderKind | undefined>();
  private readonly wholes: (HeaderKind | undefined)[] = [];
  /** Counted early: a file with too many is refused before most of it is read. */
  private readonly threads = new Set<string>();
  private headCount = 0;
  private eventCount = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.heads = new ByteStrings(bytes, () => bounded(this.headCount++));
    this.events = new ByteStrings(bytes, () => bounded(this.eventCount++));
    this.lines = new ByteStrings(bytes, (start, end) => bounded(this.wholes.push(this.kindOf(decodeText(bytes, start, end))) - 1));
  }

  /** The kind of the line `start..end`; undefined when it begins no sample. @throws ReadError for more kinds than can be */
  read(start: number, end: number): HeaderKind | 'record' | undefined {
    const { bytes } = this;
    const limit = Math.min(end, start + MAX_LINE);
    if (this.isRecord(start, limit)) return 'record';
    const colon = this.takeTime(start, limit);
    const hasTime = colon >= 0;
    const digits = hasTime ? this.skipSpaces(colon + 1, limit) : this.periodBeforeEvent(start, limit);
    if (digits < 0) return this.whole(start, limit);
    let at = digits;
    while (at < limit && isDigit(bytes[at]!)) at++;
    const hasPeriod = at > digits && at - digits <= MAX_DIGITS && bytes[at] === SPACE;
    let event = hasPeriod ? this.skipSpaces(at, limit) : digits;
    const from = event;
    while (event < limit && bytes[event]! > SPACE) event++;
    if (event - from < 2 || bytes[event - 1] !== COLON) return this.whole(start, limit);
    const head = this.heads.number(this.skipSpaces(start, this.headEnd), this.headEnd);
    const key = (head * MAX_KINDS + this.events.number(from, event)) * 4 + Number(hasPeriod) * 2 + Number(hasTime);
    let kind = this.kinds.get(key);
    if (kind === undefined && !this.kinds.has(key)) {
      bounded(this.kinds.size);
      const text = `${decodeText(bytes, start, this.headEnd)} ${hasTime ? `${TIME} ` : ''}${hasPeriod ? `${PERIOD} ` : ''}${decodeText(bytes, from, event)}`;
      const found = this.kindOf(text);
      const isPlain =
        Object.is(found?.time, hasTime ? TIME_NANOS : Number.NaN) &&
        Object.is(found?.period, hasPeriod ? Number(PERIOD) : Number.NaN) &&
        found?.rest === '';
      kind = isPlain ? found : undefined;
      this.kinds.set(key, kind);
    }
    // A command can hold what looks like a time.
    if (kind === undefined) return this.whole(start, limit);
    if (!hasTime) this.time = Number.NaN;
    this.period = hasPeriod ? this.digits(digits, at) : Number.NaN;
    this.restStart = this.skipSpaces(event, limit);
    this.restEnd = limit;
    return kind;
  }

  private isRecord(start: number, limit: number): boolean {
    const { bytes } = this;
    const end = Math.min(limit, start + MAX_RECORD);
    for (let at = start + 1; at < end; at++) {
      if (bytes[at] === LETTER_P && bytes[at - 1] === SPACE && textAt(bytes, at, RECORD)) return isRecord(decodeText(bytes, start, end));
    }
    return false;
  }

  private headEnd = 0;

  /** Finds ` seconds.fraction: `, keeps the time and where what is before it ends; gives the index of the colon, -1 for none. */
  private takeTime(start: number, limit: number): number {
    const { bytes } = this;
    for (let dot = start + 1; dot < limit; dot++) {
      if (bytes[dot] !== DOT) continue;
      let from = dot;
      while (from > start && isDigit(bytes[from - 1]!)) from--;
      let to = dot + 1;
      while (to < limit && isDigit(bytes[to]!)) to++;
      const isWhole = from < dot && to > dot + 1 && bytes[to] === COLON && (from === start || bytes[from - 1]! <= SPACE);
      if (!isWhole || dot - from > MAX_DIGITS || (to + 1 < limit && bytes[to + 1]! > SPACE)) continue;
      const places = Math.min(to - dot - 1, 9);
      this.time = this.digits(from, dot) * 1e9 + this.digits(dot + 1, dot + 1 + places) * 10 ** (9 - places);
      this.headEnd = from;
      while (this.headEnd > start && bytes[this.headEnd - 1]! <= SPACE) this.headEnd--;
      return to;
    }
    return -1;
  }

  /** Of a line without a time: where the number before its event begins, what is before that being the head; -1 for other lines. */
  private periodBeforeEvent(start: number, limit: number): number {
    const { bytes } = this;
    let before = -1;
    for (let at = start; at < limit; ) {
      const word = this.skipSpaces(at, limit);
      for (at = word; at < limit && bytes[at]! > SPACE; ) at++;
      if (at > word && bytes[at - 1] === COLON) {
        if (before <= start || !isDigit(bytes[before]!)) return -1;
        for (this.headEnd = before; this.headEnd > start && bytes[this.headEnd - 1]! <= SPACE; ) this.headEnd--;
        return before;
      }
      before = word;
    }
    return -1;
  }

  /** A line of another form, taken as a whole. */
  private whole(start: number, limit: number): HeaderKind | undefined {
    const kind = this.wholes[this.lines.number(start, limit)];
    this.time = kind?.time ?? Number.NaN;
    this.period = kind?.period ?? Number.NaN;
    this.restStart = limit;
    this.restEnd = limit;
    return kind;
  }

  private kindOf(text: string): HeaderKind | undefined {
    const header = parsePerfHeader(text);
    if (header === undefined) return undefined;
    this.threads.add(`${header.command}\0${header.process}/${header.thread}`);
    checkRoom('threads', this.threads.size - 1);
    return { ...header, eventIndex: UNRESOLVED, threadIndex: UNRESOLVED };
  }

  private skipSpaces(from: number, end: number): number {
    let at = from;
    while (at < end && this.bytes[at]! <= SPACE) at++;
    return at;
  }

  private digits(from: number, to: number): number {
    let value = 0;
    for (let at = from; at < to; at++) value = value * 10 + this.bytes[at]! - 0x30;
    return value;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function bounded(count: number): number {
  if (count < MAX_KINDS) return count;
  throw new ReadError('too-large', 'Its samples are of more threads and events than can be shown.');
}

import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format, ReadControl } from './format.js';
import { type PerfFrame, parsePerfFrame } from './perfScript/frame.js';
import { PerfFrames, type PlacedFrame } from './perfScript/frames.js';
import { parsePerfHeader } from './perfScript/header.js';
import { type HeaderKind, HeaderReader, isRecord, UNRESOLVED } from './perfScript/headers.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, headLines, utf8 } from './shared/textLines.js';

const SPACE = 0x20;
const TAB = 0x09;
const HASH = 0x23;
/** Events that become value types of their own; a program that counts more is looked at with another tool. */
const MAX_EVENTS = 16;
/** A file with a larger share of lines that mean nothing here is something else, or broken. */
const BAD_SHARE = 0.02;
/** Events whose period is time. */
const NANOSECONDS = /^(?:cpu|task)-clock$/;
/** `-F +srcline` puts the place on a line of its own after the frame. */
const SOURCE_LINE = /^(\S.*):(\d{1,9})(?: \(discriminator \d+\))?$/;

/**
 * What `perf script` prints: a line for each sample and, indented, its stack, leaf first. A sample weighs its period where the line
 * has one, and one where not; never the time since the last. Each event is a value type.
 */
export const perfScript: Format = {
  id: 'perf-script',
  label: 'perf script',
  globs: ['*.perf', '*.perf.txt'],
  sniff(head) {
    const lines = headLines(head).filter((line) => line.trim() !== '');
    if (lines[0]?.startsWith('# ========') === true && lines.some((line) => /^# (?:cmdline|perf version) :/.test(line))) return 0.9;
    let samples = 0;
    let frames = 0;
    let other = 0;
    let whole = 0;
    for (const [i, line] of lines.entries()) {
      if (line.startsWith('#') || isRecord(line)) continue;
      if (isFrame(line)) frames++;
      else if (isSample(line, isFrame(lines[i + 1] ?? ''))) {
        samples++;
        if (parsePerfFrame(parsePerfHeader(line)?.rest ?? '') !== undefined) whole++;
      } else if (!/^\s/.test(line)) other++;
    }
    if (samples === 0 || other > samples * 0.2) return 0;
    return frames > 0 ? 0.85 : whole === samples ? 0.6 : 0;
  },
  async read(source, builder, control) {
    await new ScriptReader(utf8(await source.bytes()), builder).read(control);
  },
};

/** An indented line that says where code was. */
function isFrame(line: string): boolean {
  return /^\s/.test(line) && parsePerfFrame(line.trim()) !== undefined;
}

/** Strict enough to tell samples from other text: a time or an event with a thread, or a frame that follows. */
function isSample(line: string, beforeFrame: boolean): boolean {
  const header = parsePerfHeader(line);
  if (header === undefined) return false;
  if (beforeFrame) return true;
  if (Number.isNaN(header.time) && (header.event === '' || header.thread === '')) return false;
  return header.rest === '' || header.event.includes(':') || parsePerfFrame(header.rest) !== undefined;
}

class ScriptReader {
  private readonly frames: PerfFrames;
  private readonly headers: HeaderReader;
  /** Value types by event, counted without "samples"; and how many samples each has. */
  private readonly events = new Map<string, number>();
  private readonly counts: number[] = [];
  private hasPeriod = false;
  private firstTime = Number.NaN;

  /** The sample at hand; its frames are places, leaf first. */
  private header: HeaderKind | undefined;
  private time = Number.NaN;
  private period = Number.NaN;
  private rows: number[] = [];
  /** Inlined functions that wait for the frame they are in; and the frame that a source line would belong to. */
  private waiting: PerfFrame[] = [];
  private last: PerfFrame | undefined;
  private readonly values: number[] = [];
  private samples = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
  ) {
    this.frames = new PerfFrames(bytes, (frame) => this.place(frame, frame.file, 0));
    this.headers = new HeaderReader(bytes);
  }

  async read(control: ReadControl): Promise<void> {
    const { bytes, builder } = this;
    await eachLine(bytes, control.signal === undefined ? {} : { signal: control.signal }, (start, end) => this.learn(start, end));
    this.declare();
    let lines = 0;
    let bad = 0;
    let firstBad = 0;
    await eachLine(bytes, control, (start, end) => {
      if (end === start) this.close();
      else if (bytes[start] === HASH) this.comment(start, end);
      else {
        lines++;
        if (!this.line(start, end) && bad++ === 0) firstBad = start;
      }
    });
    this.close();
    if (this.samples === 0) throw new ReadError('corrupt', "It holds none of perf's samples.", firstBad);
    if (bad > Math.max(1, lines * BAD_SHARE))
      throw new ReadError('corrupt', `${bad} of ${lines} lines are not what perf script prints.`, firstBad);
    if (bad > 0) builder.warn(`${bad} of ${lines} lines were left out, since they are not what perf script prints.`);
  }

  /** Finds out which events there are, before any sample is added. */
  private learn(start: number, end: number): void {
    const first = this.bytes[start];
    if (end === start || first === TAB || first === HASH) return;
    if (first === SPACE && this.frames.isFrame(start, end)) return;
    const { headers, events } = this;
    const header = headers.read(start, end);
    if (header === undefined || header === 'record') return;
    if (!Number.isNaN(headers.period)) this.hasPeriod = true;
    if (!(headers.time >= this.firstTime)) this.firstTime = headers.time;
    if (header.eventIndex === UNRESOLVED) {
      if (events.size <= MAX_EVENTS && !events.has(header.event)) events.set(header.event, events.size);
      header.eventIndex = events.get(header.event) ?? -1;
    }
    if (header.eventIndex >= 0) this.counts[header.eventIndex] = (this.counts[header.eventIndex] ?? 0) + 1;
  }

  private declare(): void {
    const { builder, events, hasPeriod } = this;
    builder.valueType({ type: 'samples', unit: 'count' });
    if (events.size > MAX_EVENTS) {
      builder.warn(`There are more than ${MAX_EVENTS} kinds of events: only the first ${MAX_EVENTS} have figures of their own.`);
      for (const [event, index] of events) if (index >= MAX_EVENTS) events.delete(event);
    }
    if (hasPeriod || events.size > 1) {
      for (const event of events.keys()) {
        builder.valueType({ type: event === '' ? 'event' : event, unit: hasPeriod && NANOSECONDS.test(event) ? 'nanoseconds' : 'count' });
      }
      if (events.size > 1)
        builder.warn(`Samples of ${events.size} kinds of events: choose which one is shown; "samples" counts all of them.`);
      const counts = this.counts.slice(0, events.size);
      builder.set({ defaultType: 1 + counts.indexOf(Math.max(...counts)) });
    }
  }

  private comment(start: number, end: number): void {
    const text = decodeText(this.bytes, start, Math.min(end, start + 1000));
    const fact = /^# (cmdline|captured on|perf version) +: (.*)$/.exec(text);
    if (fact?.[1] === 'perf version') this.builder.quality({ engine: 'perf', engineVersion: fact[2]!.trim() });
    else if (fact !== null) this.builder.comment(`${fact[1]}: ${fact[2]!.trim()}`);
  }

  /** A line of a sample or of its stack; false when it is neither. */
  private line(start: number, end: number): boolean {
    const { bytes } = this;
    let from = start;
    while (from < end && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
    if (from > start && this.header !== undefined) {
      const frame = this.frames.at(from, end);
      if (frame !== undefined) {
        this.addFrame(frame);
        return true;
      }
      if (this.sourceLine(from, end)) return true;
    }
    const { headers } = this;
    const header = headers.read(start, end);
    if (header === undefined) return this.header?.event.includes(':') === true;
    this.close();
    if (header === 'record') return true;
    this.header = header;
    this.time = headers.time;
    this.period = headers.period;
    const frame = header.rest === '' ? this.frames.at(headers.restStart, headers.restEnd) : this.frames.of(header.rest);
    if (frame !== undefined) this.addFrame(frame);
    return true;
  }

  private addFrame(frame: PlacedFrame): void {
    if (frame.inlined) {
      this.waiting.push(frame);
      this.last = undefined;
      return;
    }
    for (const inner of this.waiting) this.rows.push(this.place(inner, frame.file, 0));
    this.waiting.length = 0;
    this.rows.push(frame.place);
    this.last = frame;
  }

  /** The place of the frame before. Its function is then known by its source file. */
  private sourceLine(start: number, end: number): boolean {
    const parts = end - start < 4096 ? SOURCE_LINE.exec(decodeText(this.bytes, start, end)) : null;
    if (parts === null) return this.last !== undefined && this.bytes[start] === 0x3f;
    const { last } = this;
    if (last !== undefined && parts[1] !== '??') this.rows[this.rows.length - 1] = this.place(last, parts[1]!, Number(parts[2]));
    this.last = undefined;
    return true;
  }

  private place(frame: PerfFrame, file: string, line: number): number {
    const name = this.builder.string(frame.name);
    return this.builder.place(this.builder.func(name, name, this.builder.string(file), frame.startLine), line);
  }

  /** Adds the sample at hand. */
  private close(): void {
    const { header, builder, rows, values, events } = this;
    if (header === undefined) return;
    this.header = undefined;
    for (const inner of this.waiting) rows.push(this.place(inner, '', 0));
    this.waiting.length = 0;
    this.last = undefined;
    values.length = 0;
    values.push(1);
    if (this.hasPeriod || events.size > 1) {
      const weight = this.hasPeriod && !Number.isNaN(this.period) ? this.period : 1;
      for (let i = 0; i < events.size; i++) values.push(i === header.eventIndex ? weight : 0);
    }
    const time = this.time - this.firstTime;
    builder.sampleFrames(rows, rows.length, values, this.thread(header), Number.isNaN(time) ? undefined : time);
    this.samples++;
    rows.length = 0;
  }

  private thread(header: HeaderKind): number {
    if (header.threadIndex === UNRESOLVED) header.threadIndex = this.threadOf(header);
    return header.threadIndex;
  }

  private threadOf({ command, process, thread }: HeaderKind): number {
    if (command === '' && thread === '') return -1;
    const id = process === '' ? thread : `${process}/${thread}`;
    return this.builder.thread(id === '' ? command : command === '' ? `thread (${id})` : `${command} (${id})`);
  }
}

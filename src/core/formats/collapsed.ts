import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { callTree } from '../model/callTree.js';
import { isSummed } from '../model/summed.js';
import type { Profile } from '../model/profile.js';
import { secondsPer } from '../model/units.js';
import { ByteStrings, decodeText } from './byteStrings.js';
import { formatFrame, guard, looksLikePySpy, parseFrame, splitStack } from './collapsedFrames.js';
import type { Format, ReadControl, Sink, Source } from './format.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** Bytes between two looks at progress and cancellation. */
const STRIDE = 1 << 24;
/** A file with a larger share of lines that are no stacks is something else, or broken. */
const BAD_SHARE = 0.02;
/** `stack count`; the count may be a fraction. */
const GOOD = /^\S.* \d+(?:\.\d+)?(?:e[+-]?\d+)?$/;
/** Dates, times, addresses, log levels, tables: lines that end in a number and are no stacks. */
const LOOK_ALIKE =
  /^(?:#|\/\/|--|\d{4}-\d\d-\d\d|\d\d:\d\d|\d{1,3}(?:\.\d{1,3}){3}\b|\[|\{|(?:heap|goroutine|threadcreate|contention|mutex|block) ?profile|cycles\/second|(?:DEBUG|INFO|WARN|WARNING|ERROR)\b|P\d+;T|\d+: \d+ \[)/;

/** Brendan Gregg's collapsed stacks (`a;b;c 12`, root first), as stackcollapse, Tachyon, async-profiler and many others write. */
export const collapsed: Format = {
  id: 'collapsed',
  label: 'Collapsed stacks',
  globs: ['*.collapsed', '*.folded', '*.stacks', '*.collapsed.txt'],
  sniff(head, name) {
    const { good, stacks } = survey(head);
    if (good < 0.9) return 0;
    if (/\.(?:collapsed|folded|stacks)(?:\.txt)?(?:\.gz)?$/i.test(name)) return 0.7;
    return stacks >= 0.3 ? 0.5 : 0;
  },
  read,
  write,
};

/** py-spy's `raw`: collapsed stacks whose frames say file and line, with threads and processes as first frames. */
export const pySpyRaw: Format = {
  id: 'pyspy-raw',
  label: 'py-spy raw',
  globs: ['*.pyspy', '*.raw'],
  sniff(head) {
    const { good, pySpy } = survey(head);
    return good >= 0.9 && pySpy >= 0.9 ? 0.8 : 0;
  },
  read,
};

/** Shares (0..1) of the head's whole lines that are stacks with a count, have several frames, and look like py-spy's. */
function survey(head: Uint8Array): { good: number; stacks: number; pySpy: number } {
  const text = headText(head);
  const lines = text.split(/\r?\n/);
  // The last line may be cut by the end of the head, but a file of one line has only that.
  if (lines.length > 1) lines.pop();
  let good = 0;
  let stacks = 0;
  let pySpy = 0;
  let all = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    all++;
    if (!GOOD.test(line) || LOOK_ALIKE.test(line)) continue;
    good++;
    const stack = line.slice(0, line.lastIndexOf(' '));
    const parts = splitStack(stack);
    const frames = parts.frames;
    if (frames.length > 1 || parts.thread !== undefined || looksLikePySpy(stack)) stacks++;
    if (frames.length > 0 && frames.every(looksLikePySpy)) pySpy++;
  }
  return all === 0 ? { good: 0, stacks: 0, pySpy: 0 } : { good: good / all, stacks: stacks / all, pySpy: pySpy / all };
}

function headText(head: Uint8Array): string {
  const wide = utf16(head);
  const text = new TextDecoder(wide ?? 'utf-8').decode(wide === undefined ? head : head.subarray(0, head.length & ~1));
  // Binary data is no text.
  return /\0/.test(text) ? '' : text;
}

function utf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

async function read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const bytes = utf8(await source.bytes());
  builder.valueType({ type: 'samples', unit: 'count' });
  const placeOf = new ByteStrings(bytes, (start, end) => place(builder, decodeText(bytes, start, end)));
  const stackOf = new StackReader(bytes, builder, placeOf);
  const values = [0];
  let good = 0;
  let bad = 0;
  let firstBad = 0;
  const pause = async (at: number): Promise<void> => {
    control.progress?.(at / bytes.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    control.signal?.throwIfAborted();
  };
  await eachLine(
    bytes,
    () => Promise.resolve(),
    (start, end) => {
      const space = lastSpace(bytes, start, end);
      if (space > 0) stackOf.learn(start, space);
    },
  );
  await eachLine(bytes, pause, (start, end) => {
    const space = lastSpace(bytes, start, end);
    const value = space < 0 ? Number.NaN : count(bytes, space + 1, end);
    if (Number.isNaN(value)) {
      if (bad++ === 0) firstBad = start;
      return;
    }
    good++;
    values[0] = value;
    stackOf.add(start, space, values);
  });
  if (good === 0) throw new ReadError('corrupt', 'It holds no stack: each line should be frames joined by ";" and a count.', firstBad);
  if (bad > Math.max(1, (good + bad) * BAD_SHARE)) {
    throw new ReadError('corrupt', `${bad} of ${good + bad} lines are no stacks with a count.`, firstBad);
  }
  if (bad > 0) builder.warn(`${bad} of ${good + bad} lines were left out, since they are no stacks with a count.`);
}

/** Gives every line that is neither empty nor a comment, without its end and trailing spaces. */
async function eachLine(
  bytes: Uint8Array,
  pause: (at: number) => Promise<void>,
  line: (start: number, end: number) => void,
): Promise<void> {
  let look = STRIDE;
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (start < bytes.length) {
    let end = bytes.indexOf(NEWLINE, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (end < 0) end = bytes.length;
    while (end > start && (bytes[end - 1] === 0x0d || bytes[end - 1] === SPACE)) end--;
    if (end > start && bytes[start] !== 0x23) line(start, end);
    start = next;
    if (start <= look) continue;
    look = start + STRIDE;
    await pause(start);
  }
}

/** UTF-16 is turned into UTF-8 piece by piece, so that no string holds the whole file. */
function utf8(bytes: Uint8Array): Uint8Array {
  const wide = utf16(bytes);
  if (wide === undefined) return bytes;
  const decoder = new TextDecoder(wide);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length; at += STRIDE) {
    const piece = encoder.encode(decoder.decode(bytes.subarray(at, at + STRIDE), { stream: true }));
    pieces.push(piece);
    size += piece.length;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function lastSpace(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i > start; i--) if (bytes[i] === SPACE) return i;
  return -1;
}

/** The count of a line; NaN when it is none. */
function count(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) {
      const text = decodeText(bytes, start, end);
      return /^\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    }
    value = value * 10 + digit;
  }
  return start === end ? Number.NaN : value;
}

function place(builder: ProfileBuilder, text: string): number {
  const { name, file, line } = parseFrame(text);
  const id = builder.string(name);
  return builder.place(builder.func(id, id, builder.string(file), 0), line);
}

/** Turns the stack part of lines into the builder's stacks; lines of py-spy with threads or processes take the careful way. */
class StackReader {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
    private readonly places: ByteStrings,
  ) {}

  private readonly names = new Map<string, string>();

  /** Learns the names of threads from a line, before any line is added. */
  learn(start: number, end: number): void {
    if (!this.isPrefixed(start)) return;
    const { thread, threadId } = splitStack(decodeText(this.bytes, start, end));
    if (thread !== undefined && threadId !== undefined && thread !== `thread (${threadId})`) this.names.set(threadId, thread);
  }

  private isPrefixed(start: number): boolean {
    const first = this.bytes[start];
    return (first === 0x74 && this.startsWith(start, 'thread (')) || (first === 0x70 && this.startsWith(start, 'process '));
  }

  add(start: number, end: number, values: number[]): void {
    const { bytes, builder } = this;
    if (this.isPrefixed(start)) {
      this.addPrefixed(start, end, values);
      return;
    }
    let stack = -1;
    for (let from = start; from < end; ) {
      let to = from;
      while (to < end && bytes[to] !== 0x3b) to++;
      if (to > from) stack = builder.stack(stack, this.places.number(from, to));
      from = to + 1;
    }
    builder.sample(stack, values);
  }

  private addPrefixed(start: number, end: number, values: number[]): void {
    const { builder } = this;
    const { frames, thread: own, threadId, processes } = splitStack(decodeText(this.bytes, start, end));
    // py-spy sees a thread before it has its name: samples of both are one thread's.
    const thread = threadId === undefined ? own : (this.names.get(threadId) ?? own);
    let stack = -1;
    for (const frame of frames) stack = builder.stack(stack, this.placeOf(frame));
    const process = processes.at(-1);
    const name = [thread, process === undefined ? undefined : `[process ${process.split(':')[0]}]`]
      .filter((part) => part !== undefined)
      .join(' ');
    builder.sample(stack, values, name === '' ? -1 : builder.thread(name));
    if (processes.length > 0) builder.label(builder.string('process'), builder.string(processes.join(' → ')), 0, 0);
  }

  private readonly known = new Map<string, number>();
  private placeOf(frame: string): number {
    let found = this.known.get(frame);
    if (found === undefined) {
      found = place(this.builder, frame);
      this.known.set(frame, found);
    }
    return found;
  }

  private startsWith(start: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }
}

/**
 * Writes the profile's default value as collapsed stacks, frames as `name (file:line)`, threads as py-spy does. Times
 * are whole microseconds or, when they are so in the profile, nanoseconds; a profile of call counts gives its estimated tree.
 */
async function write(profile: Profile, sink: Sink): Promise<void> {
  const encoder = new TextEncoder();
  let text = '';
  const put = (stack: string, value: number | bigint): void => {
    if (stack !== '' && Number(value) !== 0) text += `${stack} ${value}\n`;
  };
  const flush = async (): Promise<void> => {
    const chunk = text;
    text = '';
    if (chunk !== '') await sink.write(encoder.encode(chunk));
  };
  if (isSummed(profile, profile.defaultType)) writeTree(profile, put);
  else for (const _ of writeSamples(profile, put)) if (text.length > 1 << 16) await flush();
  await flush();
}

/** Seconds become microseconds, since most readers want whole numbers. */
function scaleOf(profile: Profile): number {
  const unit = profile.sampleTypes[profile.defaultType]?.unit ?? '';
  return (secondsPer(unit) ?? 0) === 1 ? 1e6 : 1;
}

function* writeSamples(profile: Profile, put: (stack: string, value: number | bigint) => void): Generator<void> {
  const { samples, stacks, locations, lines, functions, strings, threads } = profile;
  const column = samples.values[profile.defaultType];
  if (column === undefined) return;
  const frames: string[] = [];
  for (let location = 0; location < locations.length; location++) {
    const texts: string[] = [];
    // Innermost first in the columns; root first in the text.
    for (let row = locations.firstLine[location + 1]! - 1; row >= locations.firstLine[location]!; row--) {
      const func = lines.func[row]!;
      texts.push(formatFrame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, lines.line[row]!));
    }
    frames.push(texts.length > 0 ? texts.join(';') : `0x${(locations.address?.[location] ?? 0n).toString(16)}`);
  }
  const scale = scaleOf(profile);
  for (let i = 0; i < samples.length; i++) {
    const path: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) path.push(frames[stacks.location[at]!]!);
    const thread = samples.thread?.[i] ?? -1;
    if (thread >= 0) path.push(threadText(threads[thread]!, thread));
    const value = column[i]!;
    put(path.reverse().join(';'), typeof value === 'bigint' || scale === 1 ? value : Math.round(value * scale));
    yield;
  }
}

/** As py-spy writes it. */
function threadText(name: string, index: number): string {
  return /^thread \((?:0x)?[0-9A-Fa-f]+\)$/.test(name) ? name : `thread (${index + 1}): ${guard(name)}`;
}

function writeTree(profile: Profile, put: (stack: string, value: number) => void): void {
  const { functions, strings } = profile;
  const tree = callTree(profile, { type: profile.defaultType });
  const scale = scaleOf(profile);
  const path: string[] = [];
  for (let node = 0; node < tree.length; node++) {
    const func = tree.func[node]!;
    path.length = tree.depth[node]!;
    path.push(formatFrame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!));
    put(path.join(';'), Math.round(tree.self[node]! * scale));
  }
}

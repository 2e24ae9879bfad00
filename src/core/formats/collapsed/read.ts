import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { checkRoom } from '../../model/limits.js';
import type { ReadControl } from '../format.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { decimal, eachLine, textAt } from '../shared/textLines.js';
import { type FrameStyle, parseFrame } from './frames.js';
import { kindOf, type Prefix, parsePrefix, prefixLength } from './prefix.js';

const SPACE = 0x20;
const TAB = 0x09;
const SEMICOLON = 0x3b;
const HASH = 0x23;
/** A file with a larger share of lines that are no stacks is something else, or broken. */
const BAD_SHARE = 0.02;

/** How the lines of a file are to be understood. */
export interface CollapsedShape {
  readonly style: FrameStyle;
  /** Numbers at the end of each line: 2 in the output of difffolded.pl and inferno-diff-folded (before, after). */
  readonly counts: 1 | 2;
}

/**
 * Fills the builder from collapsed stacks in UTF-8. Stacks go to it whole, as rows of places: growing a tree of them would take
 * most of the time. Text is looked at byte by byte; a frame becomes a string only when it is new.
 */
export async function readCollapsed(
  bytes: Uint8Array,
  builder: ProfileBuilder,
  control: ReadControl,
  shape: CollapsedShape,
): Promise<void> {
  const before = shape.counts === 2 ? builder.valueType({ type: 'before', unit: 'count' }) : -1;
  builder.valueType({ type: before < 0 ? 'samples' : 'after', unit: 'count' });
  const stacks = new StackReader(bytes, builder, shape.style);
  const values: (number | bigint)[] = [];
  let good = 0;
  let bad = 0;
  let firstBad = 0;
  await eachLine(bytes, control.signal === undefined ? {} : { signal: control.signal }, (start, end) => {
    if (!stacks.isPrefixed(start)) return;
    const space = lastSpace(bytes, start, end);
    if (space > 0) stacks.learn(start, space);
  });
  await eachLine(bytes, control, (start, end) => {
    if (end === start || isComment(bytes, start, end)) return;
    let space = end;
    for (let i = shape.counts - 1; i >= 0; i--) {
      const to = space;
      space = lastSpace(bytes, start, to);
      values[i] = space < 0 ? Number.NaN : decimal(bytes, space + 1, to);
      if (Number.isNaN(values[i])) {
        if (bad++ === 0) firstBad = start;
        return;
      }
    }
    good++;
    stacks.add(start, space, values);
  });
  if (good === 0) throw new ReadError('corrupt', 'It holds no stack: each line should be frames joined by ";" and a count.', firstBad);
  if (bad > Math.max(1, (good + bad) * BAD_SHARE)) {
    throw new ReadError('corrupt', `${bad} of ${good + bad} lines are no stacks with a count.`, firstBad);
  }
  if (bad > 0) builder.warn(`${bad} of ${good + bad} lines were left out, since they are no stacks with a count.`);
}

/** Names may begin with `#` as comments do, but those have a space behind it. */
function isComment(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== HASH) return false;
  let at = start + 1;
  while (at < end && bytes[at] === HASH) at++;
  return at >= end || bytes[at] === SPACE || bytes[at] === TAB || lastSpace(bytes, start, end) < 0;
}

function lastSpace(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i > start; i--) if (bytes[i] === SPACE) return i;
  return -1;
}

/** What the parts before the frames mean for the builder; thread is `UNRESOLVED` until a sample has it. */
interface KnownPrefix {
  readonly prefix: Prefix;
  thread: number;
  readonly processes: string;
}

const UNRESOLVED = -2;

/** Turns the stack part of lines into the builder's rows. */
class StackReader {
  private readonly places: ByteStrings;
  private readonly kinds: ByteStrings;
  private kindCount = 0;
  private readonly prefixes: ByteStrings;
  private readonly knownPrefixes: KnownPrefix[] = [];
  /** Threads' names by their ids: py-spy sees a thread before it has its name, and samples of both are one thread's. */
  private readonly names = new Map<string, string>();
  /** Places of the line at hand, root first. */
  private frames = new Uint32Array(256);

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
    style: FrameStyle,
  ) {
    this.places = new ByteStrings(bytes, (start, end) => {
      const { name, file, line } = parseFrame(decodeText(bytes, start, end), style);
      const id = builder.string(name);
      return builder.place(builder.func(id, id, builder.string(file), 0), line);
    });
    this.kinds = new ByteStrings(bytes, (start, end) => {
      checkRoom('texts', this.kindCount++);
      return kindOf(decodeText(bytes, start, end));
    });
    this.prefixes = new ByteStrings(bytes, (start, end) => this.addPrefix(decodeText(bytes, start, end)));
  }

  /** Whether a line may begin with processes or a thread. */
  isPrefixed(start: number): boolean {
    const { bytes } = this;
    const first = bytes[start];
    if (first === 0x74) return textAt(bytes, start, 'thread (') || textAt(bytes, start, 'tid:');
    return first === 0x5b || (first === 0x70 && textAt(bytes, start, 'process '));
  }

  /** Learns the name of a thread from the stack `start..end`, before any line is added. */
  learn(start: number, end: number): void {
    const to = this.framesFrom(start, end);
    if (to > start) this.prefixes.number(start, to - 1);
  }

  private addPrefix(text: string): number {
    // A thread comes with its name and, before it is known, without.
    checkRoom('threads', this.knownPrefixes.length >> 1);
    const prefix = parsePrefix(text);
    const { thread, threadId, processes } = prefix;
    if (thread !== undefined && threadId !== undefined && thread !== `thread (${threadId})`) this.names.set(threadId, thread);
    return this.knownPrefixes.push({ prefix, thread: UNRESOLVED, processes: processes.join(' → ') }) - 1;
  }

  private threadOf({ thread: own, threadId, processes }: Prefix): number {
    const thread = threadId === undefined ? own : (this.names.get(threadId) ?? own);
    const process = processes.at(-1);
    const name = [thread, process === undefined ? undefined : `[process ${process.split(':')[0]}]`]
      .filter((part) => part !== undefined)
      .join(' ');
    return name === '' ? -1 : this.builder.thread(name);
  }

  /** Where the frames of a stack begin, after its processes and thread. */
  private framesFrom(start: number, end: number): number {
    const starts = [start];
    const kinds: number[] = [];
    const length = prefixLength((part) => {
      while (kinds.length <= part && starts[kinds.length]! <= end) {
        kinds.push(this.kinds.until(starts[kinds.length]!, end, SEMICOLON));
        starts.push(this.kinds.end + 1);
      }
      return kinds[part] ?? -1;
    });
    return starts[length]!;
  }

  add(start: number, end: number, values: readonly (number | bigint)[]): void {
    const { builder, places } = this;
    let { frames } = this;
    let thread = -1;
    let processes = '';
    let at = start;
    if (this.isPrefixed(start)) {
      at = this.framesFrom(start, end);
      if (at > start) {
        const known = this.knownPrefixes[this.prefixes.number(start, at - 1)]!;
        if (known.thread === UNRESOLVED) known.thread = this.threadOf(known.prefix);
        ({ thread, processes } = known);
      }
    }
    let count = 0;
    while (at < end) {
      const place = places.until(at, end, SEMICOLON);
      if (places.end > at) {
        if (count === frames.length) frames = this.grow();
        frames[count++] = place;
      }
      at = places.end + 1;
    }
    const rows = builder.frameRoom(count);
    for (let i = 0, to = builder.frameStart + count - 1; i < count; i++) rows[to - i] = frames[i]!;
    builder.sampleInPlace(count, values, thread, undefined);
    if (processes !== '') builder.label(builder.string('process'), builder.string(processes), 0, 0);
  }

  private grow(): Uint32Array<ArrayBuffer> {
    const wider = new Uint32Array(this.frames.length * 2);
    wider.set(this.frames);
    this.frames = wider;
    return wider;
  }
}

import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { type AustinMode, AustinSamples, austinMode } from './austin/samples.js';
import type { Format, ReadControl } from './format.js';
import { ByteStrings, decodeText } from './shared/byteStrings.js';
import { decimal, eachLine, headLines, textAt, utf8 } from './shared/textLines.js';

const SPACE = 0x20;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const HASH = 0x23;
const BAD_SHARE = 0.02;
/** From Austin 2 on. */
const HEAD = /^P\d+;T(?:\d+:)?(?:0x)?[\da-f]+(?:[; ]|$)/i;
/** Austin 1, where each frame is `name (file)` and, as the next part, `L12`; or `name (file:12)`. */
const OLD_HEAD = /^(?:Process \d+;)?Thread (?:0x)?[\da-f]+(?:[; ]|$)/i;
/** Frames that are none. A stack is cut where one could not be read. */
const INVALID = ':INVALID:';

/**
 * Austin's text: one sample a line, `P<pid>;T<interpreter>:<thread>;<file>:<function>:<line>;… <figures>`, root first, with headers
 * `# key: value` from 2.0 on. See https://github.com/P403n1x87/austin, README and ChangeLog.
 */
export const austinText: Format = {
  id: 'austin',
  label: 'Austin',
  globs: ['*.austin'],
  sniff(head) {
    const lines = headLines(head).filter((line) => line.trim() !== '');
    if (lines.length === 0) return 0;
    if (/^\ufeff?# austin: /.test(lines[0]!)) return 0.95;
    const own = lines.filter((line) => line.startsWith('# ') || HEAD.test(line) || OLD_HEAD.test(line));
    return own.length >= lines.length * 0.9 && own.some((line) => !line.startsWith('#')) ? 0.95 : 0;
  },
  async read(source, builder, control) {
    await readText(utf8(await source.bytes()), builder, control);
  },
};

async function readText(bytes: Uint8Array, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const samples = new AustinSamples(builder);
  const reader = new LineReader(bytes, builder, samples);
  let mode: AustinMode | undefined;
  let good = 0;
  let bad = 0;
  let firstBad = 0;
  await eachLine(bytes, control, (start, end) => {
    if (end === start) return;
    if (bytes[start] === HASH) {
      const text = decodeText(bytes, start + 1, Math.min(end, start + 1000)).trim();
      const colon = text.indexOf(': ');
      if (colon <= 0) return;
      const [key, value] = [text.slice(0, colon), text.slice(colon + 2)];
      if (key === 'mode') mode = austinMode(value);
      samples.metadata(key, value);
    } else if (reader.add(start, end, mode)) good++;
    else if (bad++ === 0) firstBad = start;
  });
  samples.finish();
  if (good === 0) throw new ReadError('corrupt', "It holds none of Austin's samples.", firstBad);
  if (bad > Math.max(1, (good + bad) * BAD_SHARE)) {
    throw new ReadError('corrupt', `${bad} of ${good + bad} lines are none of Austin's samples.`, firstBad);
  }
  if (bad > 0) builder.warn(`${bad} of ${good + bad} lines were left out, since they are none of Austin's samples.`);
}

class LineReader {
  private readonly places: ByteStrings;
  private readonly threads: ByteStrings;
  private readonly ids: { readonly process: string; readonly interpreter: number; readonly thread: string }[] = [];
  private frames = new Uint32Array(256);

  constructor(
    private readonly bytes: Uint8Array,
    builder: ProfileBuilder,
    private readonly samples: AustinSamples,
  ) {
    this.places = new ByteStrings(bytes, (start, end) => {
      const { name, file, line } = parseFrame(decodeText(bytes, start, end));
      const id = builder.string(name);
      return builder.place(builder.func(id, id, builder.string(file), 0), line);
    });
    this.threads = new ByteStrings(bytes, (start, end) => {
      const parts = /^(?:P(?:rocess )?(\d+);)?T(?:hread )?(?:(\d+):)?(?:0x)?([\da-f]+)$/i.exec(decodeText(bytes, start, end));
      if (parts === null) return -1;
      return this.ids.push({ process: parts[1] ?? '', interpreter: Number(parts[2] ?? 0), thread: parts[3]! }) - 1;
    });
  }

  /** Adds the sample of a line; false when it is none. `mode` as the header says. */
  add(start: number, end: number, mode: AustinMode | undefined): boolean {
    const { bytes, samples } = this;
    const space = bytes.lastIndexOf(SPACE, end - 1);
    if (space <= start) return false;
    let numbers = wholeNumbers(bytes, space + 1, Math.min(end, space + 64));
    let stackEnd = space;
    if (bytes[start] === 0x54 || textAt(bytes, start, 'Process ')) {
      // Austin 1 puts spaces between time, memory gained and memory given back, both in KiB.
      const three = /^.*?(\d+) (\d+) (-?\d+)$/.exec(decodeText(bytes, Math.max(start, end - 64), end));
      if (three !== null && mode !== 'wall') {
        numbers = [Number(three[1]), 0, (Number(three[2]) - Math.abs(Number(three[3]))) * 1024];
        for (let i = 0; i < 2; i++) stackEnd = bytes.lastIndexOf(SPACE, stackEnd - 1);
      }
    }
    if (numbers.some(Number.isNaN) || (numbers.length !== 1 && numbers.length !== 3) || stackEnd <= start) return false;
    let at = this.endOfPart(start, stackEnd);
    if (bytes[start] === 0x50) at = this.endOfPart(Math.min(at + 1, stackEnd), stackEnd);
    const id = this.threads.number(start, at);
    if (id < 0) return false;
    samples.begin(numbers.length === 3 ? 'full' : (mode ?? (numbers[0]! < 0 ? 'memory' : 'wall')));
    // The last line of a file that was cut may have lost figures.
    if (samples.isFull !== (numbers.length === 3)) return false;
    const { process, interpreter, thread } = this.ids[id]!;
    const known = samples.thread(process, interpreter, thread);
    const count = this.readFrames(at + 1, stackEnd);
    const [first = 0, idle, memory] = numbers;
    const isMemory = mode === 'memory' || (mode === undefined && numbers.length === 1 && first < 0);
    samples.add(this.frames, count, known, {
      time: isMemory ? 0 : Math.max(0, first),
      idle: idle === 1,
      memory: isMemory ? first : (memory ?? 0),
    });
    return true;
  }

  private endOfPart(start: number, end: number): number {
    const at = this.bytes.indexOf(SEMICOLON, start);
    return at < 0 || at > end ? end : at;
  }

  private readFrames(start: number, end: number): number {
    const { bytes } = this;
    let count = 0;
    for (let from = start; from < end; ) {
      let to = this.endOfPart(from, end);
      // Austin 1: the line is a part of its own.
      if (bytes[to - 1] === 0x29 && bytes[to + 1] === 0x4c && isDigit(bytes[to + 2])) to = this.endOfPart(to + 1, end);
      // A file's name may hold what separates frames.
      for (let more = 0; more < 3 && to < end && !endsFrame(bytes, from, to); more++) to = this.endOfPart(to + 1, end);
      if (to - from === INVALID.length && textAt(bytes, from, INVALID)) this.samples.invalid();
      else if (to > from) {
        if (count === this.frames.length) this.grow();
        this.frames[count++] = this.places.number(from, to);
      }
      from = to + 1;
    }
    return count;
  }

  private grow(): void {
    const wider = new Uint32Array(this.frames.length * 2);
    wider.set(this.frames);
    this.frames = wider;
  }
}

/** Whole numbers between commas; NaN for what is none. */
function wholeNumbers(bytes: Uint8Array, start: number, end: number): number[] {
  const found: number[] = [];
  for (let from = start; from <= end; ) {
    let to = from;
    while (to < end && bytes[to] !== COMMA) to++;
    const value = decimal(bytes, from, to);
    found.push(typeof value === 'number' && Number.isInteger(value) ? value : Number.NaN);
    from = to + 1;
  }
  return found;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Whether a part ends as frames do: in a line number, a parenthesis, or `:` (Austin's own marks such as `:GC:`). */
function endsFrame(bytes: Uint8Array, start: number, end: number): boolean {
  const last = bytes[end - 1];
  return end <= start || isDigit(last) || last === 0x29 || last === 0x3a;
}

/** `file:function:line`, `function (file);L12`, `function (file:12)`, or a mark such as `:GC:`. */
function parseFrame(text: string): { name: string; file: string; line: number } {
  if (/^:[^:]+:$/.test(text.slice(0, 100))) return { name: text.slice(1, -1), file: '', line: 0 };
  const old = text.lastIndexOf(');L');
  const open = text.lastIndexOf(' (', old < 0 ? text.length : old);
  if (old > 0 && open > 0) return { name: text.slice(0, open), file: text.slice(open + 2, old), line: Number(text.slice(old + 3)) || 0 };
  const colon = text.lastIndexOf(':');
  if (text.endsWith(')') && open > 0 && colon > open) {
    return { name: text.slice(0, open), file: text.slice(open + 2, colon), line: Number(text.slice(colon + 1, -1)) || 0 };
  }
  const before = text.lastIndexOf(':', colon - 1);
  if (colon <= 0 || before < 0) return { name: text, file: '', line: 0 };
  const file = text.slice(0, before);
  // austinp tells frames of the kernel so.
  return { name: text.slice(before + 1, colon), file: file === 'kernel' ? '[kernel]' : file, line: Number(text.slice(colon + 1)) || 0 };
}

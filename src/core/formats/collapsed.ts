import { hasPlace } from './collapsed/frames.js';
import { kindOf, PartKind, splitStack } from './collapsed/prefix.js';
import { type CollapsedShape, readCollapsed } from './collapsed/read.js';
import { writeCollapsed } from './collapsed/write.js';
import type { Format } from './format.js';
import { headLines, utf8 } from './shared/textLines.js';

/** `stack count`; the count may be a fraction, or negative in a difference. */
const GOOD = /^[\S\ufeff].* -?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/s;
/** A count before the count: what difffolded.pl writes. */
const TWO_COUNTS = /^\S.* \d+(?:\.\d+)? \d+(?:\.\d+)?$/s;
/** Dates, times, addresses, log levels, tables: lines that end in a number and are no stacks. */
const LOOK_ALIKE =
  /^(?:#+(?:[ \t\r]|$)|\/\/|--|\d{4}-\d\d-\d\d|\d\d:\d\d|\d{1,3}(?:\.\d{1,3}){3}\b|\[(?:[ \t[{"\d]|(?:DEBUG|INFO|WARN|WARNING|ERROR)\b)|\{|(?:heap|goroutine|threadcreate|contention|mutex|block) ?profile|cycles\/second|(?:DEBUG|INFO|WARN|WARNING|ERROR)\b|P\d+;T|Process \d+;Thread |\d+: \d+ \[)/;

/** A head of this length may be cut. */
const CUT = 4096;
/** A first line longer than the head, of text, and a last line that ends in a count. */
const CUT_LINE = /^(?:\ufeff|[^\s\0\ufffd])[^\n\0\ufffd]+$/;
const COUNT_AT_END = /\S -?\d{1,19}\r?\n?$/;

/** Brendan Gregg's collapsed stacks (`a;b;c 12`, root first), as stackcollapse, Tachyon, async-profiler, rbspy and many others write. */
export const collapsed: Format = {
  id: 'collapsed',
  label: 'Collapsed stacks',
  globs: ['*.collapsed', '*.folded', '*.stacks', '*.collapsed.txt'],
  sniff(head, name, tail) {
    const { good, stacks } = survey(head);
    if (good < 0.9) return isLongLine(head, tail) ? 0.3 : 0;
    if (/\.(?:collapsed|folded|stacks)(?:\.txt)?(?:\.gz)?$/i.test(name)) return 0.7;
    return stacks >= 0.3 ? 0.5 : 0;
  },
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    await readCollapsed(bytes, builder, control, shapeOf(bytes));
  },
  write: writeCollapsed,
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
  async read(source, builder, control) {
    await readCollapsed(utf8(await source.bytes()), builder, control, { style: 'pyspy', counts: 1 });
  },
};

/** Shares (0..1) of the head's whole lines that are stacks with a count, have several frames, and look like py-spy's. */
function survey(head: Uint8Array): { good: number; stacks: number; pySpy: number } {
  let good = 0;
  let stacks = 0;
  let pySpy = 0;
  let all = 0;
  const lines = headLines(head);
  if (lines.length === 1 && head.length >= CUT && !GOOD.test(lines[0]!.trimEnd())) lines[0] = cutLine(lines[0]!);
  for (const line of lines) {
    const text = line.trimEnd();
    if (text === '') continue;
    all++;
    if (!GOOD.test(text) || LOOK_ALIKE.test(text)) continue;
    good++;
    const { frames, thread, processes } = splitStack(text.slice(0, text.lastIndexOf(' ')));
    const prefixed = processes.length > 0 || (thread !== undefined && (kindOf(text.split(';', 1)[0]!) & PartKind.thread) !== 0);
    if (frames.length > 1 || prefixed || frames.some(hasPlace)) stacks++;
    if (frames.length > 0 ? frames.every(hasPlace) : prefixed) pySpy++;
  }
  return all === 0 ? { good: 0, stacks: 0, pySpy: 0 } : { good: good / all, stacks: stacks / all, pySpy: pySpy / all };
}

/** Whether the head is the beginning of one frame that is longer, in a file that ends as stacks do. */
function isLongLine(head: Uint8Array, tail: Uint8Array): boolean {
  if (head.length < CUT) return false;
  // The last character may be cut.
  const text = new TextDecoder().decode(head).slice(0, -1);
  return CUT_LINE.test(text) && !LOOK_ALIKE.test(text) && COUNT_AT_END.test(String.fromCharCode(...tail));
}

/** Deep stacks are longer than all that is shown: what is there of the first one, with a count, if it can be a stack at all. */
function cutLine(line: string): string {
  const { frames } = splitStack(line.slice(0, line.lastIndexOf(';')));
  return frames.length > 3 && !frames.some((frame) => !hasPlace(frame) && /[={}"]/.test(frame)) ? `${frames.join(';')} 1` : '';
}

/** Who wrote the file, by its first lines. */
function shapeOf(bytes: Uint8Array): CollapsedShape {
  const lines = headLines(bytes.subarray(0, 4096)).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const every = (pattern: RegExp): boolean => lines.length > 0 && lines.every((line) => pattern.test(line.trimEnd()));
  return { style: every(/^tid:\d+;/) ? 'tachyon' : 'plain', counts: every(TWO_COUNTS) ? 2 : 1 };
}

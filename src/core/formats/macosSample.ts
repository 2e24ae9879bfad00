import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format, ReadControl } from './format.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, headLines, utf8 } from './shared/textLines.js';
import { TickTree } from './shared/tickTree.js';

const UNITS: Readonly<Record<string, number>> = { microsecond: 1e3, millisecond: 1e6, second: 1e9 };
/** Indentation may hold marks that guide the eye. */
const GUIDES = ' +!:|';
const SPACE = 0x20;
const NEWLINE = 0x0a;
const BASE = 4;
const STEP = 2;

/**
 * What macOS' `sample` (and Activity Monitor's "Sample Process") writes: for each thread a tree of calls, where every line has the
 * ticks of a function and of all below it. A function's own ticks are what its callees leave.
 */
export const macosSample: Format = {
  id: 'macos-sample',
  label: 'macOS sample',
  globs: ['*.sample.txt'],
  sniff: (head) => (/^Analysis of sampling .* every \d+ \w+/.test(headLines(head).find((line) => line.trim() !== '') ?? '') ? 0.95 : 0),
  async read(source, builder, control) {
    await new TreeReader(utf8(await source.bytes()), builder).read(control);
  },
};

/** The stack that a row of the tree stands for, and the thread that it is in. */
interface Node {
  readonly stack: number;
  readonly thread: number;
}

class TreeReader {
  private readonly tree = new TickTree<Node>(({ stack, thread }, ticks) => {
    this.builder.sample(stack, [ticks], thread);
    this.samples++;
  });
  private inTree = false;
  private samples = 0;
  private broken = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
  ) {}

  async read(control: ReadControl): Promise<void> {
    const { bytes, builder } = this;
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.quality({ engine: 'sample' });
    let ended = false;
    let start = 0;
    await eachLine(bytes, control, (from, to) => {
      if (!this.inTree) {
        if (!this.tree.empty) return;
        const text = decodeText(bytes, from, Math.min(to, from + 1024));
        const period = /every (\d{1,9}) (\w+?)s?$/.exec(text);
        const unit = UNITS[period?.[2] ?? ''];
        if (text.startsWith('Analysis of sampling ') && unit !== undefined) {
          builder.set({ periodType: { type: 'wall', unit: 'nanoseconds' }, period: Number(period![1]) * unit });
          builder.comment(text);
        }
        if (text === 'Call graph:') {
          this.inTree = true;
          start = from;
        }
      } else if (to === from || bytes[from] !== SPACE) {
        // An empty line, or the heading of the tables that follow, ends the tree; so may the end of a file that was cut.
        if (this.tree.empty) return;
        this.inTree = false;
        ended = bytes.indexOf(NEWLINE, to) >= 0;
      } else this.line(from, to);
    });
    this.tree.end();
    if (this.samples === 0) throw new ReadError('corrupt', 'It holds no call graph with ticks.', start);
    if (this.broken > 0) builder.warn(`${this.broken} lines of the call graph were left out, since they are not what sample writes.`);
    if (!ended) builder.warn('The file ends within its call graph: it may not be whole.');
  }

  private line(start: number, end: number): void {
    const { bytes } = this;
    let at = start;
    while (at < end && GUIDES.includes(String.fromCharCode(bytes[at]!))) at++;
    const depth = Math.floor((at - start - BASE) / STEP);
    let ticks = 0;
    const digits = at;
    for (; at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) ticks = ticks * 10 + bytes[at]! - 0x30;
    if (at === digits || at - digits > 15 || bytes[at] !== 0x20 || depth < 0) {
      this.broken++;
      return;
    }
    const text = decodeText(bytes, at + 1, end);
    const parent = this.tree.parent(depth);
    this.tree.add(
      depth,
      ticks,
      depth === 0
        ? { stack: -1, thread: this.builder.thread(threadName(text)) }
        : { stack: this.builder.stack(parent?.stack ?? -1, this.place(text)), thread: parent?.thread ?? -1 },
    );
  }

  /** `name  (in library) + 12,34  [0x1,0x2]  file.c:12` */
  private place(text: string): number {
    const { builder } = this;
    const inAt = text.indexOf('  (in ');
    const address = text.lastIndexOf('  [0x');
    let name = text;
    let file = '';
    let line = 0;
    if (inAt > 0) {
      name = text.slice(0, inAt);
      const close = text.indexOf(')', inAt);
      if (close > 0) file = text.slice(inAt + '  (in '.length, close);
    } else if (address > 0) name = text.slice(0, address);
    const source = address < 0 ? null : /\] {2}(\S.*):(\d{1,9})$/.exec(text.slice(address).slice(-1024));
    if (source !== null) {
      file = source[1]!;
      line = Number(source[2]);
    }
    const id = builder.string(name.trim());
    return builder.place(builder.func(id, id, builder.string(file === '<unknown binary>' ? '' : file), 0), line);
  }
}

/** `Thread_123   DispatchQueue_1: com.apple.main-thread  (serial)`, `Thread_124: worker` */
function threadName(text: string): string {
  const parts = /^Thread_(\w+)(?::? +(.*))?$/.exec(text.slice(0, 1024));
  if (parts === null) return text.slice(0, 1024);
  const name = parts[2]?.replace(/ +\((?:serial|concurrent)\)$/, '').trim() ?? '';
  return name === '' ? `thread (${parts[1]})` : `${name} (${parts[1]})`;
}

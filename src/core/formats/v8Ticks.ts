import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format, ReadControl } from './format.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, headLines, utf8 } from './shared/textLines.js';
import { TickTree } from './shared/tickTree.js';
import { pathOf } from './v8/frames.js';

const HEADING = /^Statistical profiling result from .*, \((\d{1,15}) ticks, (\d{1,15}) unaccounted, (\d{1,15}) excluded\)/;
/** Sections that list ticks by function, each tick once. */
const FLAT = new Set(['Shared libraries', 'JavaScript', 'C++']);
const UNKNOWN = 'UNKNOWN';
/** Longest row that is looked at, in bytes. */
const MAX_ROW = 1 << 14;

/**
 * What `node --prof-process` prints: ticks by function, and for the larger ones up to five callers ("bottom up"). Stacks begin at the
 * outermost caller that is named; functions that the tree leaves out stand alone.
 */
export const v8Ticks: Format = {
  id: 'v8-ticks',
  label: 'node --prof-process',
  globs: ['*.v8.txt'],
  sniff: (head) => (HEADING.test(headLines(head).find((line) => line.trim() !== '') ?? '') ? 0.95 : 0),
  async read(source, builder, control) {
    await new TickReader(utf8(await source.bytes()), builder).read(control);
  },
};

/** A row of the tree: a caller, and whom it called. */
interface Caller {
  readonly place: number;
  readonly called: Caller | undefined;
}

class TickReader {
  /** Ticks by function as its text stands: all, and those in the tree. */
  private readonly flat = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private readonly places = new Map<string, number>();
  private section = '';
  private samples = 0;
  private readonly tree = new TickTree<Caller>((caller, ticks) => {
    let stack = -1;
    for (let at: Caller | undefined = caller; at !== undefined; at = at.called) stack = this.builder.stack(stack, at.place);
    this.add(stack, ticks);
  });

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
  ) {}

  async read(control: ReadControl): Promise<void> {
    const { bytes, builder } = this;
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.quality({ engine: 'node --prof' });
    let ticks = Number.NaN;
    let broken = 0;
    await eachLine(bytes, control, (start, end) => {
      const text = decodeText(bytes, start, Math.min(end, start + MAX_ROW));
      const heading = Number.isNaN(ticks) ? HEADING.exec(text) : null;
      if (heading !== null) {
        ticks = Number(heading[1]);
        this.flat.set(UNKNOWN, Number(heading[2]));
        return;
      }
      const section = /^ ?\[([^\]]+)\]:$/.exec(text);
      if (section !== null) this.section = section[1]!;
      else if (!this.row(text)) broken++;
    });
    this.tree.end();
    for (const [name, count] of this.flat) {
      const rest = count - (this.told.get(name) ?? 0);
      if (rest > 0) this.add(builder.stack(-1, this.place(name)), rest);
    }
    if (this.samples === 0) throw new ReadError('corrupt', 'It holds no function with ticks.', 0);
    if (broken > 0) builder.warn(`${broken} rows were left out, since they are not what node --prof-process prints.`);
    const found = [...this.flat.values()].reduce((sum, count) => sum + count, 0);
    if (found < ticks) builder.warn(`${ticks - found} of ${ticks} ticks are in no row: the file may not be whole.`);
  }

  /** Takes a row of ticks; false for what should be one and is none. */
  private row(text: string): boolean {
    const isTree = this.section === 'Bottom up (heavy) profile';
    if (!isTree && !FLAT.has(this.section)) return true;
    const parts = /^ *(\d{1,15}) +\d{1,3}\.\d%(?: +\d{1,3}\.\d%)?( +)(\S.*)$/.exec(text);
    if (parts === null) return text.trim() === '' || /^ *(?:ticks|Note:|amount|Callers) /.test(text);
    const ticks = Number(parts[1]);
    const name = parts[3]!;
    if (!isTree) {
      this.flat.set(name, (this.flat.get(name) ?? 0) + ticks);
      return true;
    }
    // Two spaces a level.
    const depth = parts[2]!.length;
    const called = this.tree.parent(depth);
    if (called === undefined) this.told.set(name, (this.told.get(name) ?? 0) + ticks);
    this.tree.add(depth, ticks, { place: this.place(name), called });
    return true;
  }

  private add(stack: number, ticks: number): void {
    this.builder.sample(stack, [ticks]);
    this.samples++;
  }

  /** `JS: *name file:line:column`, where a mark says how far the function was compiled; or what the code is called. */
  private place(text: string): number {
    let found = this.places.get(text);
    if (found !== undefined) return found;
    const { builder } = this;
    const script = /^(?:JS|Script|Function|Eval|LazyCompile): ?[*~^+]?(.*)$/.exec(text)?.[1];
    // Names may hold spaces, and so may paths: the path begins where a root does.
    const parts =
      script === undefined
        ? null
        : (/^(.*?) ?((?:\/|[a-z]{2,20}:|[a-z]:[\\/]|\\\\).*):(\d{1,9}):\d{1,9}$/i.exec(script) ??
          /^(.*?) ?(\S+):(\d{1,9}):\d{1,9}$/.exec(script));
    const name = builder.string(parts === null ? (script ?? text) : parts[1] || '(anonymous)');
    const line = Number(parts?.[3] ?? 0);
    found = builder.place(builder.func(name, name, builder.string(parts === null ? '' : pathOf(parts[2]!)), line), line);
    this.places.set(text, found);
    return found;
  }
}

import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { GrowingFloat64 } from '../../model/growing.js';
import type { JsonCursor } from '../json/cursor.js';
import { parentsFirst } from '../shared/parentsFirst.js';
import { pathOf } from '../v8/frames.js';
import { type Outline, type ProcessOutline, readStrings, readTable, type Table, type ThreadOutline } from './outline.js';

/** Index of each value type of the profile, -1 for those that it does not have. */
interface Columns {
  readonly samples: number;
  readonly wall: number;
  readonly cpu: number;
  readonly bytes: number;
}

/** Stacks by row, made once where threads share them. */
const sharedStacks = new WeakMap<Outline, Int32Array>();
const sharedStrings = new WeakMap<Outline, string[]>();

/** Reads one thread: its samples, and the tables that they need. */
export class FirefoxThread {
  /** Python's sampler numbers columns from 0, and says of a function a line that ran, not the first. */
  private readonly tachyon: boolean;

  constructor(
    private readonly json: JsonCursor,
    private readonly builder: ProfileBuilder,
    private readonly outline: Outline,
    private readonly process: ProcessOutline,
    private readonly thread: ThreadOutline,
    private readonly columns: Columns,
  ) {
    this.tachyon = outline.processes[0]!.meta.importedFrom.includes('Tachyon');
  }

  /** Gives the number of samples added; a thread without any is not named. */
  async read(name: string): Promise<number> {
    const { json, builder, outline, columns } = this;
    const stacks = await this.stacks();
    const wanted = ['stack', 'time', 'timeDeltas', 'weight', 'threadCPUDelta'];
    const samples = await readTable(json, this.thread.offsets.get('samples'), wanted, (rows) => builder.checkSamples(rows));
    const stack = samples.get('stack');
    if (stack === undefined) return 0;
    let count = 0;
    const main = outline.processes[0]!.meta;
    const offset = this.process.meta.startTime - main.startTime;
    const time = samples.get('time');
    const deltas = samples.get('timeDeltas');
    const weight = samples.get('weight');
    const cpu = samples.get('threadCPUDelta');
    const cpuScale = main.cpuUnit === 'µs' ? 1000 : 1;
    const values = [columns.samples, columns.wall, columns.cpu, columns.bytes].filter((index) => index >= 0).map(() => 0);
    const period = Math.round(main.interval * 1e6);
    const timed = main.timeUnit !== 'bytes';
    let clock = 0;
    let thread = -1;
    for (let i = 0; i < stack.length; i++) {
      clock += at(deltas, i) || 0;
      const row = stack.array[i]!;
      // Nothing ran, or it could not be seen.
      if (Number.isNaN(row)) continue;
      if (stacks[row] === undefined) throw new ReadError('corrupt', `A sample refers to stack ${row}, which there is not.`);
      if (thread < 0) thread = builder.thread(name);
      const own = at(weight, i);
      const heavy = Number.isNaN(own) ? 1 : own;
      if (columns.samples >= 0) values[columns.samples] = heavy;
      if (columns.wall >= 0) values[columns.wall] = this.thread.weightType === 'tracing-ms' ? Math.round(heavy * 1e6) : heavy * period;
      if (columns.cpu >= 0) values[columns.cpu] = (at(cpu, i) || 0) * cpuScale;
      if (columns.bytes >= 0) values[columns.bytes] = heavy;
      const when = time === undefined ? (deltas === undefined ? Number.NaN : clock) : at(time, i);
      if (timed && !Number.isNaN(when)) builder.sample(stacks[row]!, values, thread, (when + offset) * 1e6);
      else builder.sample(stacks[row]!, values, thread);
      count++;
      if ((i & 0xffff) === 0xffff) await json.pause(false);
    }
    return count;
  }

  /** Stacks of the builder by row of the stack table: the thread's own, or the one that all share. */
  private async stacks(): Promise<Int32Array> {
    const { outline } = this;
    const own = this.thread.offsets;
    if (own.has('stackTable')) return this.makeStacks(own);
    const known = sharedStacks.get(outline);
    if (known !== undefined) return known;
    const stacks = await this.makeStacks(outline.shared);
    sharedStacks.set(outline, stacks);
    return stacks;
  }

  private async strings(): Promise<string[]> {
    const own = this.thread.offsets.get('stringArray') ?? this.thread.offsets.get('stringTable');
    let strings = own === undefined ? sharedStrings.get(this.outline) : undefined;
    if (strings === undefined) {
      strings = await readStrings(this.json, own ?? this.outline.shared.get('stringArray'));
      if (own === undefined) sharedStrings.set(this.outline, strings);
    }
    // Without any name there is nothing to show.
    if (strings.length === 0 && this.outline.cut !== undefined) throw this.outline.cut;
    return strings;
  }

  private async makeStacks(offsets: Map<string, number>): Promise<Int32Array> {
    const { json, builder } = this;
    const table = await readTable(json, offsets.get('stackTable'), ['frame', 'prefix', 'prefixOffset']);
    const frames = await this.places(offsets);
    const frame = table.get('frame');
    const length = frame?.length ?? 0;
    const parent = new Int32Array(length);
    const prefix = table.get('prefix');
    const back = table.get('prefixOffset');
    for (let row = 0; row < length; row++) {
      const given = back === undefined ? at(prefix, row) : at(back, row) > 0 ? row - at(back, row) : -1;
      parent[row] = Number.isNaN(given) || given < 0 ? -1 : Math.min(given, 0x7fffffff);
    }
    const stacks = new Int32Array(length);
    parentsFirst(parent, length, (row) => {
      const own = frame!.array[row]!;
      const place = frames[own];
      if (place === undefined) throw new ReadError('corrupt', 'A stack refers to a frame that there is not.');
      stacks[row] = builder.stack(parent[row]! < 0 ? -1 : stacks[parent[row]!]!, place);
    });
    return stacks;
  }

  /** Places of the builder by row of the frame table. */
  private async places(offsets: Map<string, number>): Promise<Int32Array> {
    const { json, builder } = this;
    const table = await readTable(json, offsets.get('frameTable'), ['location', 'func', 'line', 'column', 'originalLocation']);
    const strings = await this.strings();
    const location = table.get('location');
    const line = table.get('line');
    const column = table.get('column');
    if (location !== undefined) {
      return Int32Array.from(location.done(), (text, row) => placeOfText(builder, strings[text] ?? '', at(line, row), at(column, row)));
    }
    const func = table.get('func');
    if (func === undefined) return new Int32Array(0);
    const funcs = await this.functions(offsets, strings);
    const original = table.get('originalLocation');
    const sources = original === undefined ? undefined : await this.sourceLocations(strings);
    return Int32Array.from(func.done(), (index, row) => {
      const own = funcs[index];
      if (own === undefined) throw new ReadError('corrupt', 'A frame refers to a function that there is not.');
      // Where compiled code came from goes before the compiled code.
      const from = sources?.(at(original, row));
      if (from !== undefined) return builder.place(own, from.line, from.column);
      return builder.place(own, at(line, row) || 0, at(column, row) + (this.tachyon ? 1 : 0) || 0);
    });
  }

  private async functions(offsets: Map<string, number>, strings: readonly string[]): Promise<Int32Array> {
    const { json, builder } = this;
    const table = await readTable(json, offsets.get('funcTable'), [
      'name',
      'fileName',
      'source',
      'resource',
      'lineNumber',
      'originalLocation',
    ]);
    const resources = await readTable(json, offsets.get('resourceTable'), ['name']);
    const sources = await this.sources(strings);
    const original = await this.sourceLocations(strings);
    const name = table.get('name');
    if (name === undefined) return new Int32Array(0);
    return Int32Array.from(name.done(), (index, row) => {
      const from = original(at(table.get('originalLocation'), row));
      const resource = strings[at(resources.get('name'), at(table.get('resource'), row))];
      const file = from?.file ?? sources(at(table.get('source'), row)) ?? strings[at(table.get('fileName'), row)] ?? resource ?? '';
      const text = builder.string(strings[index] || '(unnamed)');
      const first = this.tachyon ? 0 : (from?.line ?? (at(table.get('lineNumber'), row) || 0));
      return builder.func(text, text, builder.string(plainFile(file)), first);
    });
  }

  /** File names by row of the table of sources. */
  private async sources(strings: readonly string[]): Promise<(row: number) => string | undefined> {
    const names = (await readTable(this.json, this.outline.shared.get('sources'), ['filename'])).get('filename');
    return (row) => strings[at(names, row)];
  }

  private async sourceLocations(
    strings: readonly string[],
  ): Promise<(row: number) => { file: string | undefined; line: number; column: number } | undefined> {
    const table: Table = await readTable(this.json, this.outline.shared.get('sourceLocationTable'), ['source', 'line', 'column']);
    const sources = await this.sources(strings);
    return (row) => {
      const line = at(table.get('line'), row);
      return line > 0 ? { file: sources(at(table.get('source'), row)), line, column: at(table.get('column'), row) || 0 } : undefined;
    };
  }
}

/** The row of a column; NaN where it has none. */
function at(column: GrowingFloat64 | undefined, row: number): number {
  return column !== undefined && row >= 0 && row < column.length ? (column.array[row] ?? Number.NaN) : Number.NaN;
}

/** Gecko's frames are one text: `name (file:line:column)` for scripts, `symbol (in library)` for native code. */
function placeOfText(builder: ProfileBuilder, text: string, line: number, column: number): number {
  const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  const inner = open < 0 ? '' : text.slice(open + 2, -1);
  const name = builder.string((open < 0 ? text : text.slice(0, open)) || '(unnamed)');
  if (inner.startsWith('in ')) return builder.place(builder.func(name, name, builder.string(inner.slice(3)), 0), line || 0, column || 0);
  const place = /:(\d{1,9})(?::(\d{1,9}))?$/.exec(inner);
  if (open < 0 || (place === null && !/[\\/.]/.test(inner))) {
    const whole = builder.string(text || '(unnamed)');
    return builder.place(builder.func(whole, whole, 0, 0), line || 0, column || 0);
  }
  // The text says where the function begins; columns of the frame table say what ran.
  const first = Number(place?.[1] ?? 0);
  const file = builder.string(plainFile(place === null ? inner : inner.slice(0, place.index)));
  return builder.place(builder.func(name, name, file, first), line || first, column || 0);
}

/** Firefox joins addresses of loaders with arrows; the last is the file. */
function plainFile(file: string): string {
  const arrow = file.lastIndexOf(' -> ');
  return pathOf(arrow < 0 ? file : file.slice(arrow + 4));
}

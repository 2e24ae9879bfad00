import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64, GrowingUint32 } from '../model/growing.js';
import type { Format } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';

/** Keys of a program point, and what they measure in heap mode. Maxima of single points (`mb`) were not at one time: they do not add up. */
const HEAP: readonly (readonly [string, string, 'bytes' | 'count'])[] = [
  ['tbk', 'alloc_objects', 'count'],
  ['tb', 'alloc_space', 'bytes'],
  ['gbk', 'peak_objects', 'count'],
  ['gb', 'peak_space', 'bytes'],
  ['ebk', 'end_objects', 'count'],
  ['eb', 'end_space', 'bytes'],
  ['rb', 'read', 'bytes'],
  ['wb', 'written', 'bytes'],
];
const TOTAL_BYTES = 1;
/** Nanoseconds of the time units that are times. */
const NANOS: Readonly<Record<string, number>> = { µs: 1e3, us: 1e3, ms: 1e6, s: 1e9 };

/** What the file says before its program points. */
interface Facts {
  mode: string;
  verb: string;
  unit: string;
  units: string;
  blocks: string;
  time: string;
  end: number;
}

/** The program points as they stand: figures in columns, and the frames' indexes, leaf first. */
class Points {
  readonly columns = HEAP.map(() => new GrowingFloat64());
  readonly first = new GrowingUint32();
  readonly frames = new GrowingFloat64();
  readonly seen = new Set<number>();

  /** Adds a row of zeros. @throws ReadError for too many */
  add(builder: ProfileBuilder): number {
    builder.checkSamples(this.first.length + 1);
    this.first.push(this.frames.length);
    for (const column of this.columns) column.push(0);
    return this.first.length - 1;
  }
}

/**
 * DHAT's profiles of the heap, of copies and of what programs count themselves (`valgrind --tool=dhat`, and the Rust crate
 * dhat), version 2: https://valgrind.org/docs/manual/dh-manual.html, dhat/dh_main.c. Exact figures, stacks with lines.
 */
export const dhat: Format = {
  id: 'dhat',
  label: 'DHAT',
  globs: [],
  sniff(head) {
    const found = sniffJson(head);
    return found?.root === 'object' && found.paths.has('dhatFileVersion') ? 1 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    const facts: Facts = { mode: 'heap', verb: '', unit: '', units: '', blocks: '', time: '', end: Number.NaN };
    const points = new Points();
    const table: number[] = [];
    try {
      await readAll(json, builder, facts, points, table);
    } catch (error) {
      // The table of frames comes last: without it nothing has a name.
      if (!(error instanceof ReadError) || error.code !== 'truncated' || table.length < 2) throw error;
      builder.warn('The file ends too early: some frames have no names.');
    }
    const nanos = NANOS[facts.time];
    if (nanos !== undefined && facts.end >= 0 && Number.isFinite(facts.end)) builder.set({ durationNanos: facts.end * nanos });
    builder.quality({ engine: 'dhat' });
    if (points.first.length === 0) builder.warn('It holds nothing: nothing was allocated or counted.');
    await addSamples(json, builder, facts, points, table);
  },
};

async function readAll(json: JsonCursor, builder: ProfileBuilder, facts: Facts, points: Points, table: number[]): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (json.key === 'dhatFileVersion') {
      const version = json.number();
      if (version !== 2) throw new ReadError('unsupported', 'This version of the DHAT format cannot be read: only version 2 can.', json.at);
    } else if (json.key === 'mode') facts.mode = json.string();
    else if (json.key === 'verb') facts.verb = json.string();
    else if (json.key === 'bu') facts.unit = json.string();
    else if (json.key === 'bsu') facts.units = json.string();
    else if (json.key === 'bksu') facts.blocks = json.string();
    else if (json.key === 'tu') facts.time = json.string();
    else if (json.key === 'te') facts.end = json.number();
    else if (json.key === 'cmd') builder.comment(`cmd: ${json.string()}`);
    else if (json.key === 'pps') await readPoints(json, builder, points);
    else if (json.key === 'ftbl') await readTable(json, builder, table);
  }
}

async function readPoints(json: JsonCursor, builder: ProfileBuilder, points: Points): Promise<void> {
  if (!json.array()) return;
  while (json.item()) {
    if (json.due) await json.pause();
    if (!json.object()) continue;
    let row = -1;
    while (json.nextKey()) {
      // A point that says nothing takes no row.
      if (row < 0) row = points.add(builder);
      if (json.key === 'fs') {
        if (json.array()) while (json.numbers(points.frames, 1e6)) await json.pause();
        continue;
      }
      const at = HEAP.findIndex(([key]) => key === json.key);
      if (at < 0) continue;
      points.seen.add(at);
      const value = json.number();
      // Figures are counts; what is none counts nothing.
      points.columns[at]!.array[row] = value > 0 && Number.isFinite(value) ? value : 0;
    }
  }
}

async function readTable(json: JsonCursor, builder: ProfileBuilder, table: number[]): Promise<void> {
  if (!json.array()) return;
  while (json.item()) {
    if (json.due) await json.pause();
    const text = json.string();
    table.push(text === '[root]' || text === '' ? -1 : place(builder, text));
  }
}

/** `0x1091D3: prepend (heap.c:13)`, `… (in /usr/lib/x.so)`, of Rust `… (alloc/src/alloc.rs:171:9)`. Inlined calls share an address. */
function place(builder: ProfileBuilder, text: string): number {
  const colon = text.startsWith('0x') ? text.indexOf(': ') : -1;
  const whole = colon < 0 ? text : text.slice(colon + 2);
  const open = whole.endsWith(')') ? whole.lastIndexOf(' (') : -1;
  const inside = open < 0 ? '' : whole.slice(open + 2, -1);
  const found = /^(.*?):(\d{1,9})(?::(\d{1,9}))?$/.exec(inside);
  const file = inside.startsWith('in ') ? inside.slice(3) : (found?.[1] ?? inside);
  const name = builder.string(open < 0 ? whole : whole.slice(0, open));
  return builder.place(builder.func(name, name, builder.string(file), 0), Number(found?.[2] ?? 0), Number(found?.[3] ?? 0));
}

async function addSamples(
  json: JsonCursor,
  builder: ProfileBuilder,
  facts: Facts,
  points: Points,
  table: readonly number[],
): Promise<void> {
  const heap = facts.mode === 'heap' || facts.mode === 'rust-heap';
  const used = HEAP.map((_, at) => at).filter((at) => at <= TOTAL_BYTES || points.seen.has(at));
  for (const at of used) {
    const [, type, unit] = HEAP[at]!;
    if (heap) builder.valueType({ type, unit });
    else builder.valueType(at === TOTAL_BYTES ? ownType(facts) : { type: facts.blocks || 'blocks', unit: 'count' });
    if (!heap && at === TOTAL_BYTES) break;
  }
  const columns = (heap ? used : [0, TOTAL_BYTES]).map((at) => points.columns[at]!);
  builder.set({ defaultType: TOTAL_BYTES });
  const values = columns.map(() => 0);
  let nameless = 0;
  let unnamed = -1;
  for (let row = 0; row < points.first.length; row++) {
    if (row % 2 ** 15 === 2 ** 15 - 1) await json.pause(false);
    let stack = -1;
    const begin = points.first.array[row]!;
    const end = row + 1 < points.first.length ? points.first.array[row + 1]! : points.frames.length;
    for (let i = end - 1; i >= begin; i--) {
      const frame = points.frames.array[i]!;
      let at = table[frame];
      if (at === undefined) {
        nameless++;
        if (unnamed < 0) unnamed = place(builder, '(unknown)');
        at = unnamed;
      }
      if (at >= 0) stack = builder.stack(stack, at);
    }
    for (const [i, column] of columns.entries()) values[i] = column.array[row]!;
    builder.sample(stack, values);
  }
  if (nameless > 0) builder.warn('Some stacks refer to frames that its table does not have.');
}

/** What `tb` counts in modes other than heap: copied bytes, or the units of a program of its own. */
function ownType({ mode, verb, units, unit }: Facts): { type: string; unit: string } {
  const what = units || unit;
  if (what === '' || /^bytes?$/i.test(what)) return { type: (verb || mode).toLowerCase(), unit: 'bytes' };
  return { type: what, unit: 'count' };
}

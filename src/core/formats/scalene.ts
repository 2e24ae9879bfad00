import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from '../model/growing.js';
import type { ValueType } from '../model/profile.js';
import type { Format } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';

/** Scalene's megabytes. */
const MB = 2 ** 20;

/** A figure of a line in the file, and what it becomes. */
interface Column {
  readonly key: string;
  readonly type: ValueType;
  readonly kind: 'percent' | 'megabytes' | 'megabytes per second' | 'count';
}

const NANOS = 'nanoseconds';
const COLUMNS: readonly Column[] = [
  { key: 'n_cpu_percent_python', type: { type: 'python', unit: NANOS }, kind: 'percent' },
  { key: 'n_cpu_percent_c', type: { type: 'native', unit: NANOS }, kind: 'percent' },
  { key: 'n_sys_percent', type: { type: 'system', unit: NANOS }, kind: 'percent' },
  { key: 'n_gpu_percent', type: { type: 'gpu', unit: NANOS }, kind: 'percent' },
  { key: 'n_mallocs', type: { type: 'allocations', unit: 'count' }, kind: 'count' },
  { key: 'n_malloc_mb', type: { type: 'alloc_space', unit: 'bytes' }, kind: 'megabytes' },
  { key: 'n_copy_mb_s', type: { type: 'copied', unit: 'bytes' }, kind: 'megabytes per second' },
];
/** The first three columns together are a line's time. */
const TIMES = 3;
const KEYS = new Map(COLUMNS.map(({ key }, column) => [key, column]));

/** Lines with any figure, as columns; files and functions as string indexes and first lines. */
class Rows {
  readonly file = new GrowingUint32();
  readonly line = new GrowingInt32();
  readonly first = new GrowingInt32();
  /** `COLUMNS.length` a row. */
  readonly figures = new GrowingFloat64();
}

/**
 * Scalene's JSON (`scalene run -o X.json`; 1.5 to 2): per line the shares of the run's time in Python, in native code and in the
 * system, and memory. Shares become time by the run's length. It keeps no stacks that hold these figures, so a line has no total.
 */
export const scalene: Format = {
  id: 'scalene',
  label: 'Scalene JSON',
  globs: [],
  sniff(head) {
    const found = sniffJson(head);
    return found?.root === 'object' && found.paths.has('alloc_samples') ? 1 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    const rows = new Rows();
    /** Names of functions by file and first line. */
    const names = new Map<string, number>();
    let seconds = 0;
    if (json.object()) {
      while (json.nextKey()) {
        if (json.key === 'elapsed_time_sec') seconds = Math.max(0, finite(json.number()));
        else if (json.key === 'files' && json.object()) await readFiles(json, rows, names, builder);
      }
    }
    builder.quality({ engine: 'scalene' });
    builder.set({ durationNanos: seconds * 1e9 });
    if (rows.line.length === 0) builder.warn('It holds no line that took time or memory.');
    addLines(rows, names, seconds, builder);
  },
};

async function readFiles(json: JsonCursor, rows: Rows, names: Map<string, number>, builder: ProfileBuilder): Promise<void> {
  while (json.nextKey()) {
    const file = builder.string(json.key);
    if (!json.object()) continue;
    while (json.nextKey()) {
      if (json.key === 'lines') await readLines(json, rows, file);
      else if (json.key === 'functions') readFunctions(json, names, file, builder);
    }
  }
}

async function readLines(json: JsonCursor, rows: Rows, file: number): Promise<void> {
  const figures = new Float64Array(COLUMNS.length);
  const blocks = new Blocks();
  if (!json.array()) return;
  while (json.item()) {
    if (json.due) await json.pause();
    if (!json.object()) continue;
    figures.fill(0);
    let line = 0;
    let first = -1;
    let text = '';
    while (json.nextKey()) {
      const column = KEYS.get(json.key);
      if (column !== undefined) figures[column] = Math.max(0, finite(json.number()));
      else if (json.key === 'lineno') line = finite(json.number());
      else if (json.key === 'start_function_line') first = finite(json.number());
      else if (json.key === 'line') text = json.string();
    }
    const around = blocks.functionOf(text, line);
    if (figures.every((value) => value === 0)) continue;
    rows.file.push(file);
    rows.line.push(line);
    rows.first.push(first < 0 ? around : first);
    for (const value of figures) rows.figures.push(value);
  }
}

/** Which function a line stands in, by its indentation: versions before 2 say the loop at most. Asked line after line. */
class Blocks {
  private readonly open: { readonly indent: number; readonly line: number }[] = [];

  /** First line of the innermost function around; 0 for none. */
  functionOf(text: string, line: number): number {
    const code = text.trimStart();
    if (code !== '' && !code.startsWith('#')) {
      const indent = text.length - code.length;
      while (this.open.length > 0 && this.open.at(-1)!.indent >= indent) this.open.pop();
      if (/^(?:async\s+)?def\s/.test(code)) this.open.push({ indent, line });
    }
    return this.open.at(-1)?.line ?? 0;
  }
}

function readFunctions(json: JsonCursor, names: Map<string, number>, file: number, builder: ProfileBuilder): void {
  if (!json.array()) return;
  while (json.item()) {
    if (!json.object()) continue;
    let name = '';
    let line = 0;
    while (json.nextKey()) {
      if (json.key === 'line') name = json.string();
      else if (json.key === 'lineno') line = finite(json.number());
    }
    if (name !== '') names.set(`${file}:${line}`, builder.string(name));
  }
}

/** Gives types only to what is there; time as a whole is shown first. */
function addLines(rows: Rows, names: ReadonlyMap<string, number>, seconds: number, builder: ProfileBuilder): void {
  const wide = COLUMNS.length;
  const { length } = rows.line;
  const figure = (row: number, column: number) => rows.figures.array[row * wide + column]! * scale(COLUMNS[column]!, seconds);
  const used = COLUMNS.map((_, column) => {
    for (let row = 0; row < length; row++) if (rows.figures.array[row * wide + column] !== 0) return true;
    return false;
  });
  const whole = builder.valueType({ type: 'cpu', unit: NANOS });
  const types = COLUMNS.map(({ type }, column) => (used[column] ? builder.valueType(type) : -1));
  builder.set({ defaultType: whole });
  const moduleName = builder.string('<module>');
  for (let row = 0; row < length; row++) {
    const file = rows.file.array[row]!;
    const first = rows.first.array[row]!;
    const line = rows.line.array[row]!;
    const known = names.get(`${file}:${first}`);
    // What no function holds is the file's own.
    const name = known ?? moduleName;
    const func = builder.func(name, name, file, known === undefined ? 1 : first);
    let time = 0;
    for (let column = 0; column < wide; column++) {
      const value = figure(row, column);
      if (column < TIMES) time += value;
      if (value !== 0) builder.lineCost(types[column]!, func, line, value, value);
    }
    if (time !== 0) builder.lineCost(whole, func, line, time, time);
  }
}

function scale({ kind }: Column, seconds: number): number {
  if (kind === 'percent') return seconds * 1e7;
  if (kind === 'megabytes per second') return MB * seconds;
  return kind === 'megabytes' ? MB : 1;
}

/** Figures of a run; more is damage. */
function finite(value: number): number {
  return Math.abs(value) < 1e15 ? value : 0;
}

import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, headLines, utf8 } from './shared/textLines.js';
import { TickTree } from './shared/tickTree.js';

const WEIGHTS = ['Weight', 'Running Time', 'Bytes Used'];
const SELVES = ['Self Weight', 'Self (ms)', 'Self'];
const NAMES = ['Symbol Name', 'Symbol Names'];
/** What a figure is counted in, and how much of that is one. Instruments counts in thousands, and memory in 1,024. */
const UNITS: Readonly<Record<string, readonly ['time' | 'cycles' | 'bytes', number]>> = {
  ns: ['time', 1],
  µs: ['time', 1e3],
  us: ['time', 1e3],
  ms: ['time', 1e6],
  s: ['time', 1e9],
  min: ['time', 60e9],
  h: ['time', 3600e9],
  cycles: ['cycles', 1],
  kc: ['cycles', 1e3],
  mc: ['cycles', 1e6],
  gc: ['cycles', 1e9],
  bytes: ['bytes', 1],
  b: ['bytes', 1],
  kb: ['bytes', 1024],
  mb: ['bytes', 1024 ** 2],
  gb: ['bytes', 1024 ** 3],
};
const TYPES = {
  time: { type: 'cpu', unit: 'nanoseconds' },
  cycles: { type: 'cycles', unit: 'count' },
  bytes: { type: 'memory', unit: 'bytes' },
} as const;
/** Longest row that is looked at, in bytes. */
const MAX_ROW = 1 << 16;

/**
 * What Instruments copies of its call tree ("Deep Copy"): columns between tabs, where the indentation of a symbol by spaces is its
 * depth. The figures are rounded for reading: where a row says what it took itself, that is used, else what the rows below leave.
 */
export const instruments: Format = {
  id: 'instruments',
  label: 'Instruments call tree',
  globs: ['*.deep-copy.txt'],
  sniff: (head) => (columnsOf(headLines(head)[0] ?? '') === undefined ? 0 : 0.9),
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    let columns: Columns | undefined;
    let kind: keyof typeof TYPES | undefined;
    let samples = 0;
    let broken = 0;
    const sample = (stack: number, value: number) => {
      builder.sample(stack, [value]);
      samples++;
    };
    const tree = new TickTree<{ readonly stack: number }>(({ stack }, value) => {
      if (columns!.self < 0) sample(stack, value);
    });
    await eachLine(bytes, control, (start, end) => {
      if (end === start) return;
      const row = decodeText(bytes, start, Math.min(end, start + MAX_ROW)).split('\t');
      if (columns === undefined) {
        columns = columnsOf(row.join('\t'));
        return;
      }
      const weight = figure(row[columns.weight], columns.unit);
      const symbol = row.slice(columns.name).join('\t');
      const name = symbol.trim();
      if (weight === undefined || name === '') {
        broken++;
        return;
      }
      if (kind === undefined) {
        kind = weight.kind;
        builder.valueType(TYPES[kind]);
      }
      if (weight.kind !== kind) {
        broken++;
        return;
      }
      const depth = symbol.length - symbol.trimStart().length;
      const stack = builder.stack(tree.parent(depth)?.stack ?? -1, place(builder, name));
      tree.add(depth, weight.value, { stack });
      const own = columns.self < 0 ? undefined : figure(row[columns.self], columns.selfUnit);
      if (own !== undefined && own.value > 0) sample(stack, own.value);
    });
    tree.end();
    builder.quality({ engine: 'Instruments', rows: 'sums' });
    if (samples === 0) throw new ReadError('corrupt', 'It holds no row with a weight and a symbol.', 0);
    if (broken > 0) builder.warn(`${broken} rows were left out, since they have no weight or no symbol.`);
  },
};

interface Columns {
  readonly weight: number;
  /** -1 where there is none. */
  readonly self: number;
  readonly name: number;
  /** Units where the figures have none. */
  readonly unit: string;
  readonly selfUnit: string;
}

function columnsOf(heading: string): Columns | undefined {
  const titles = heading.split('\t').map((title) => title.trim());
  const weight = titles.findIndex((title) => WEIGHTS.includes(title));
  const name = titles.findIndex((title) => NAMES.includes(title));
  if (weight < 0 || name < 0) return undefined;
  const self = titles.findIndex((title) => SELVES.includes(title));
  return { weight, self, name, unit: titles[weight] === 'Bytes Used' ? 'bytes' : 'ms', selfUnit: 'ms' };
}

/** `4.93 s  99.9%`, `4273.0ms   99.9%`, ` 429.93 MB     100.0%`, `532 cycles`, `693`; `-` is nothing. */
function figure(text: string | undefined, unit: string): { kind: keyof typeof TYPES; value: number } | undefined {
  const parts = /^\s*(\d{1,15}(?:\.\d{1,9})?) ?([a-zµ]*)(?:\s|$)/i.exec(text ?? '');
  const found = parts === null ? undefined : UNITS[(parts[2] || unit).toLowerCase()];
  return found === undefined ? undefined : { kind: found[0], value: Math.round(Number(parts![1]) * found[1]) };
}

function place(builder: ProfileBuilder, symbol: string): number {
  const name = builder.string(symbol);
  return builder.place(builder.func(name, name, 0, 0), 0);
}

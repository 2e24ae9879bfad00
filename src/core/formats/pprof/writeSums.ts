import type { CallColumns, LineCostColumns, Profile } from '../../model/profile.js';
import { SUMS_KEY } from './labels.js';
import type { Layout } from './layout.js';
import { ProtoWriter } from './protoWriter.js';
import type { StringTable } from './stringTable.js';
import { type Integer, PROFILE } from './wire.js';
import type { PlaceBook } from './writePlaces.js';

/** A label of a sample with sums: a whole number, or text for what is none. */
type Label = readonly [key: string, value: number | string, unit?: string];

/** Writes one sample that carries sums: its values are what foreign tools shall add up, its labels what it means. */
class SumWriter {
  private readonly sample = new ProtoWriter();
  private readonly inner = new ProtoWriter();

  constructor(
    private readonly out: ProtoWriter,
    private readonly columns: number,
    private readonly strings: StringTable,
  ) {}

  write(kind: string, frames: readonly number[], values: ReadonlyMap<number, Integer>, labels: readonly Label[]): void {
    const { sample, inner } = this;
    for (const frame of frames) inner.varint(frame);
    sample.block(1, inner);
    for (let column = 0; column < this.columns; column++) inner.varint(values.get(column) ?? 0);
    sample.block(2, inner);
    for (const [key, value, unit = ''] of [[SUMS_KEY, kind] as const, ...labels]) {
      inner.number(1, this.strings.index(key));
      if (typeof value === 'string') inner.number(2, this.strings.index(value));
      else if (Number.isInteger(value)) inner.number(3, value);
      else inner.number(2, this.strings.index(String(value)));
      inner.number(4, this.strings.index(unit));
      sample.block(3, inner);
    }
    this.out.block(PROFILE.sample, sample);
  }
}

/** Figures of one counted column: of functions and of edges. */
interface Counted {
  readonly column: number;
  readonly functions: { readonly self: Float64Array; readonly total: Float64Array };
  readonly edges: { readonly self: Float64Array; readonly total: Float64Array };
  /** Figures as they are written: nanoseconds are whole, others stay as they are. */
  readonly figure: (value: number) => number;
  readonly keys: readonly [self: string, total: string];
  readonly unit: string;
}

/** Exact counts as samples: stacks of one function, or of callee and caller. */
export function writeCalls(out: ProtoWriter, calls: CallColumns, layout: Layout, book: PlaceBook, strings: StringTable): void {
  const writer = new SumWriter(out, layout.columns.length, strings);
  const [callsColumn, ...others] = layout.counted;
  const counted = others.map((column, i): Counted => {
    const figures = i === 0 ? calls : calls.costs[i - 1]!;
    const { scale, type } = layout.columns[column]!;
    return {
      column,
      functions: figures.functions,
      edges: figures.edges,
      figure: scale === 1 && type.unit !== 'nanoseconds' ? (value) => value : (value) => Math.round(value * scale),
      keys: i === 0 ? ['tottime', 'cumtime'] : [`self ${column}`, `total ${column}`],
      unit: type.unit,
    };
  });
  const { functions, edges } = calls;
  const labelsOf = (rows: 'functions' | 'edges', row: number): Label[] => [
    ['calls', calls[rows].calls[row]!, 'count'],
    ['primitive', calls[rows].primitive[row]!, 'count'],
    ...counted.flatMap(({ [rows]: own, figure, keys, unit }): Label[] => [
      [keys[0], figure(own.self[row]!), unit],
      [keys[1], figure(own.total[row]!), unit],
    ]),
  ];
  // What the edges leave over of a function stands at the function, so that foreign tools' sums are exact.
  const restCalls = functions.calls.slice();
  const rest = counted.map(({ functions: own, figure }) => own.self.map(figure));
  for (let edge = 0; edge < edges.length; edge++) {
    const callee = edges.callee[edge]!;
    const values = new Map<number, Integer>([[callsColumn!, edges.calls[edge]!]]);
    restCalls[callee]! -= edges.calls[edge]!;
    counted.forEach(({ column, edges: own, figure }, i) => {
      const self = Math.round(figure(own.self[edge]!));
      rest[i]![callee]! -= self;
      values.set(column, self);
    });
    writer.write('edge', [book.func(callee), book.func(edges.caller[edge]!)], values, labelsOf('edges', edge));
  }
  for (let func = 0; func < functions.calls.length; func++) {
    if (!isCounted(calls, func)) continue;
    const values = new Map<number, Integer>([[callsColumn!, Math.round(restCalls[func]!)]]);
    counted.forEach(({ column }, i) => void values.set(column, Math.round(rest[i]![func]!)));
    writer.write('function', [book.func(func)], values, labelsOf('functions', func));
  }
}

function isCounted({ functions, costs }: CallColumns, func: number): boolean {
  const { calls, primitive, self, total } = functions;
  if (calls[func] !== 0 || primitive[func] !== 0 || self[func] !== 0 || total[func] !== 0) return true;
  return costs.some((cost) => cost.functions.self[func] !== 0 || cost.functions.total[func] !== 0);
}

/** Sums of lines as samples with a stack of one frame. Where calls are counted too, those have the values that add up. */
export function writeLineCosts(out: ProtoWriter, profile: Profile, layout: Layout, book: PlaceBook, strings: StringTable): void {
  const writer = new SumWriter(out, layout.columns.length, strings);
  for (const costs of profile.lineCosts) {
    const column = layout.columns.findIndex(({ source }) => source === costs.type);
    const { scale, type } = layout.columns[column]!;
    const figure = (value: number) => (scale === 1 ? value : Math.round(value * scale));
    for (let row = 0; row < costs.length; row++) {
      const self = figure(costs.self[row]!);
      const values = layout.counted.includes(column) ? new Map<number, Integer>() : new Map([[column, Math.round(self)]]);
      writer.write(
        'line',
        [book.line(costs.func[row]!, costs.line[row]!)],
        values,
        lineLabels(profile, costs, row, column, self, figure(costs.total[row]!), type.unit),
      );
    }
  }
}

function lineLabels(
  profile: Profile,
  costs: LineCostColumns,
  row: number,
  column: number,
  self: number,
  total: number,
  unit: string,
): Label[] {
  const labels: Label[] = [
    ['column', column],
    ['self', self, unit],
    ['total', total, unit],
  ];
  if (costs.calls[row] !== -1) labels.push(['calls', costs.calls[row]!, 'count']);
  const file = costs.file[row]!;
  if (file !== profile.functions.file[costs.func[row]!]) labels.push(['file', profile.strings[file]!]);
  return labels;
}

import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { ValueType } from '../../model/profile.js';
import { CALLS_TYPE, COUNTED_COMMENT, SUMS_KEY, sameType, TOTTIME_TYPE } from './labels.js';
import type { Locations } from './places.js';
import type { Integer } from './wire.js';

/** Columns of call counts in a profile: calls, their time, further costs. Undefined when it has none. */
export function countedTypes(types: readonly ValueType[], strings: readonly string[], comments: readonly string[]): number[] | undefined {
  const said = comments.find((comment) => comment.startsWith(COUNTED_COMMENT));
  if (said !== undefined) {
    const columns = said.slice(COUNTED_COMMENT.length).split(' ').map(Number);
    const fits = columns.length >= 2 && columns.every((column, i) => column in types && columns.indexOf(column) === i);
    return fits ? columns : undefined;
  }
  const [calls, tottime] = types.slice(-2);
  if (!strings.includes(SUMS_KEY) || !sameType(calls, CALLS_TYPE) || !sameType(tottime, TOTTIME_TYPE)) return undefined;
  return [types.length - 2, types.length - 1];
}

/** Takes samples that carry sums of functions, edges and lines. */
export class SumReader {
  constructor(
    private readonly builder: ProfileBuilder,
    private readonly strings: readonly string[],
    private readonly locations: Locations,
    private readonly counted: readonly number[] | undefined,
    private readonly types: number,
  ) {}

  /**
   * @param labels four entries each: key, text, number, unit @param frames of the sample, from `start` on
   * @returns false for an ordinary sample
   */
  read(labels: readonly Integer[], frames: Uint32Array, start: number, count: number, values: readonly Integer[], at: number): boolean {
    let kind = '';
    const figures = new Map<string, Integer | string>();
    for (let i = 0; i < labels.length; i += 4) {
      const key = this.strings[labels[i] as number]!;
      const text = this.strings[labels[i + 1] as number]!;
      if (key === SUMS_KEY) kind = text;
      else figures.set(key, text === '' ? labels[i + 2]! : text);
    }
    if (kind === 'line') return this.line(figures, frames, start, count, values, at);
    if ((kind !== 'function' && kind !== 'edge') || this.counted === undefined) return false;
    const needed = kind === 'function' ? 1 : 2;
    if (count !== needed) throw new ReadError('corrupt', `Exact counts of a ${kind} need ${needed} frames, not ${count}.`, at);
    const { base, firstFunc } = this.locations;
    const figure = (key: string) => Number(figures.get(key) ?? 0);
    const callee = firstFunc[frames[start]! - base]!;
    const counts = [figure('calls'), figure('primitive'), figure('tottime'), figure('cumtime')] as const;
    const caller = kind === 'edge' ? firstFunc[frames[start + 1]! - base]! : -1;
    if (caller < 0) this.builder.functionCalls(callee, ...counts);
    else this.builder.edge(caller, callee, ...counts);
    for (const type of this.counted.slice(2)) {
      const costs = [figure(`self ${type}`), figure(`total ${type}`)] as const;
      if (costs[0] === 0 && costs[1] === 0) continue;
      if (caller < 0) this.builder.functionCost(callee, type, ...costs);
      else this.builder.edgeCost(caller, callee, type, ...costs);
    }
    return true;
  }

  private line(
    figures: ReadonlyMap<string, Integer | string>,
    frames: Uint32Array,
    start: number,
    count: number,
    values: readonly Integer[],
    at: number,
  ): boolean {
    const type = Number(figures.get('column') ?? -1);
    const place = count === 1 ? frames[start]! - this.locations.base : -1;
    if (!(type >= 0 && type < this.types) || place < 0)
      throw new ReadError('corrupt', 'The cost of a line needs one frame and a column.', at);
    const self = Number(figures.get('self') ?? values[type]!);
    const total = Number(figures.get('total') ?? self);
    const calls = Number(figures.get('calls') ?? -1);
    const file = figures.get('file');
    const rest = typeof file === 'string' ? [this.builder.string(file)] : [];
    this.builder.lineCost(type, this.locations.firstFunc[place]!, this.locations.firstLine[place]!, self, total, calls, ...rest);
    return true;
  }
}

import type { Profile, ValueType } from '../../model/profile.js';
import { secondsPer } from '../../model/units.js';
import { CALLS_TYPE, COUNTED_COMMENT, TOTTIME_TYPE } from './labels.js';
import type { Integer } from './wire.js';

/** How one value type is written: pprof knows whole numbers only, so fractions of seconds become nanoseconds. */
export interface Column {
  /** Index into the profile's sample types. */
  readonly source: number;
  readonly type: ValueType;
  readonly scale: number;
  /** Value of a sample; undefined for types that are kept as sums. */
  readonly value: ((sample: number) => Integer) | undefined;
  /** The value itself, where `value` is rounded. */
  readonly exact: ((sample: number) => number) | undefined;
}

/** The value types of a file, in their order there. */
export interface Layout {
  readonly columns: readonly Column[];
  /** Columns of calls, their time and their further costs. */
  readonly counted: readonly number[];
  /** Says which those are, where they are not in their usual place. */
  readonly comment: string | undefined;
  readonly shown: number;
}

/** Counts of calls as cProfile has them come last, under names that pprof's users look for; others stay where they are. */
export function layOut(profile: Profile): Layout {
  const { calls, sampleTypes } = profile;
  const counts = calls === undefined ? [] : [calls.callsType, calls.timeType, ...calls.costs.map(({ type }) => type)];
  const usual = counts.length === 2 && secondsPer(sampleTypes[calls!.timeType]!.unit) !== undefined;
  const all = Array.from(sampleTypes.keys());
  const order = usual ? [...all.filter((type) => !counts.includes(type)), ...counts] : all;
  const columns = order.map((source): Column => {
    if (usual && source === calls!.callsType) return { source, type: CALLS_TYPE, scale: 1, value: undefined, exact: undefined };
    if (usual && source === calls!.timeType)
      return { source, type: TOTTIME_TYPE, scale: nanos(sampleTypes[source]!.unit), value: undefined, exact: undefined };
    return column(profile, source, counts.includes(source));
  });
  const counted = counts.map((type) => order.indexOf(type));
  const comment = usual || counted.length === 0 ? undefined : COUNTED_COMMENT + counted.join(' ');
  return { columns, counted, comment, shown: Math.max(0, order.indexOf(profile.defaultType)) };
}

function column(profile: Profile, source: number, isCounted: boolean): Column {
  const type = profile.sampleTypes[source]!;
  const values = profile.samples.values[source]!;
  const costs = profile.lineCosts.find((found) => found.type === source);
  if (values instanceof BigInt64Array) return { source, type, scale: 1, value: (sample) => values[sample]!, exact: undefined };
  const isSummed = isCounted || costs !== undefined;
  const figures = isCounted ? countedFigures(profile, source) : isSummed ? [costs!.self, costs!.total] : [values];
  const whole = figures.every((own) => own.every(Number.isInteger));
  const scale = whole || secondsPer(type.unit) === undefined ? 1 : nanos(type.unit);
  const written = scale === 1 ? type : { type: type.type, unit: 'nanoseconds' };
  if (isSummed) return { source, type: written, scale, value: undefined, exact: undefined };
  const exact = whole || scale !== 1 ? undefined : (sample: number) => values[sample]!;
  return { source, type: written, scale, value: (sample) => Math.round(values[sample]! * scale), exact };
}

function countedFigures({ calls }: Profile, type: number): Float64Array[] {
  if (type === calls!.callsType) return [];
  if (type === calls!.timeType) return [calls!.functions.self, calls!.functions.total, calls!.edges.self, calls!.edges.total];
  const { functions, edges } = calls!.costs.find((cost) => cost.type === type)!;
  return [functions.self, functions.total, edges.self, edges.total];
}

function nanos(unit: string): number {
  return (secondsPer(unit) ?? 1e-9) * 1e9;
}

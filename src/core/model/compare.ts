import { UserError } from '../errors.js';
import { changeNoise, type NoiseSide, spreadOf } from './changeNoise.js';
import { type FunctionTable, functionTable } from './functionTable.js';
import { GrowingInt32 } from './growing.js';
import { type Pairing, pairFunctions } from './pairing.js';
import type { Profile, ValueType, ViewSpec } from './profile.js';
import { isSummed } from './summed.js';
import { bytesPer, secondsPer } from './units.js';

/** One of two compared profiles. Of several runs it is their sum, and what is compared is their mean. */
export interface ComparedSide extends NoiseSide {
  readonly profile: Profile;
  readonly spec: ViewSpec;
  readonly figures: FunctionTable;
  /**
   * What its figures are multiplied with: to the common unit, to make the profiles comparable where that was asked for, and
   * from the sum of several runs to their mean.
   */
  readonly scale: number;
  /** The runs one by one, where there are several. */
  readonly repeated: Repeated | undefined;
}

/** Several runs of one side. */
export interface Repeated {
  readonly profiles: readonly Profile[];
  /** The view's value type in each of them. */
  readonly specs: readonly ViewSpec[];
  /** Function of each run by function of the sum; -1 where it has none. */
  readonly functions: readonly Int32Array[];
}

/** Functions of either profile; figures are scaled. */
export interface ComparedFunctions {
  readonly length: number;
  /** Function of the base and of the new profile, -1 where it has none. */
  readonly base: Int32Array;
  readonly next: Int32Array;
  readonly baseSelf: Float64Array;
  readonly baseTotal: Float64Array;
  readonly nextSelf: Float64Array;
  readonly nextTotal: Float64Array;
  /** Half the 95 % interval of the change in self that sampling or repeating alone makes (`changeNoise`); NaN where it is not known. */
  readonly noise: Float64Array;
  /** The same of the total. */
  readonly totalNoise: Float64Array;
}

export interface Comparison {
  /** What is compared, in the new profile's unit. */
  readonly type: ValueType;
  readonly normalize: Normalize;
  readonly base: ComparedSide;
  readonly next: ComparedSide;
  readonly functions: ComparedFunctions;
  readonly pairing: Pairing;
}

/** How profiles of different length are made comparable: not at all, by their totals (as pprof's -normalize), or by time. */
export type Normalize = 'none' | 'total' | 'duration';

/** What is compared, beside the profiles. */
export interface CompareOptions {
  readonly normalize?: Normalize;
  /** The runs that a side is the sum of. */
  readonly baseRuns?: Repeated | undefined;
  readonly nextRuns?: Repeated | undefined;
  /** Which function is which, where that was found out before. */
  readonly pairing?: Pairing | undefined;
}

/**
 * Compares two profiles in views of the same value type. Normalising scales the new profile.
 * @throws UserError `different-types`, `no-duration`, and what views throw
 */
export function compare(base: Profile, baseSpec: ViewSpec, next: Profile, nextSpec: ViewSpec, options: CompareOptions = {}): Comparison {
  const { normalize = 'none', baseRuns, nextRuns, pairing = pairFunctions(base, next) } = options;
  const type = next.sampleTypes[nextSpec.type];
  const baseType = base.sampleTypes[baseSpec.type];
  const unit = type === undefined || baseType === undefined ? undefined : unitFactor(baseType.unit, type.unit);
  if (type === undefined || unit === undefined) {
    throw new UserError('different-types', `${named(baseType)} cannot be compared with ${named(type)}`);
  }
  const before = side(base, baseSpec, functionTable(base, baseSpec), unit, baseRuns);
  const nextFigures = functionTable(next, nextSpec);
  const after = side(next, nextSpec, nextFigures, normalizing(normalize, before, next, nextFigures, nextRuns), nextRuns);
  return { type, normalize, base: before, next: after, functions: functionRows(before, after, pairing, normalize), pairing };
}

function named(type: ValueType | undefined): string {
  return type === undefined ? 'nothing' : `${type.type}/${type.unit}`;
}

/** What turns one unit into another; undefined when they measure different things. */
export function unitFactor(from: string, to: string): number | undefined {
  if (from === to) return 1;
  for (const per of [secondsPer, bytesPer]) {
    const a = per(from);
    const b = per(to);
    if (a !== undefined && b !== undefined) return whole(a / b);
  }
  return undefined;
}

/** 1 s / 1 ns is 999,999,999.9999999 in doubles. */
function whole(factor: number): number {
  const [up, down] = [Math.round(factor), Math.round(1 / factor)];
  if (Math.abs(factor - up) < 1e-9 * up) return up;
  return Math.abs(1 / factor - down) < 1e-9 * down ? 1 / down : factor;
}

/** What a run of the new side is multiplied with. */
function normalizing(how: Normalize, base: ComparedSide, next: Profile, figures: FunctionTable, nextRuns: Repeated | undefined): number {
  const runs = nextRuns?.profiles.length ?? 1;
  if (how === 'none') return 1;
  if (how === 'total') return figures.sum === 0 ? 1 : (base.sum * runs) / figures.sum;
  const before = (base.profile.durationNanos ?? 0) / base.runs;
  const after = (next.durationNanos ?? 0) / runs;
  if (!(before > 0 && after > 0)) throw new UserError('no-duration', 'a profile does not say how long it was recorded');
  return before / after;
}

function side(profile: Profile, spec: ViewSpec, figures: FunctionTable, ofRun: number, repeated: Repeated | undefined): ComparedSide {
  const runs = repeated?.profiles.length ?? 1;
  const scale = ofRun / runs;
  return { profile, spec, figures, scale, sum: figures.sum * scale, samples: samplesBehind(profile, spec, figures), runs, repeated };
}

/**
 * Samples behind a view's figures. Rows of a pprof file are sums: there the type `samples` says how many, or the
 * period does. Allocations are recorded by size, not one by one: of them nothing is known.
 */
function samplesBehind(profile: Profile, spec: ViewSpec, figures: FunctionTable): number | undefined {
  const type = profile.sampleTypes[spec.type];
  if (type === undefined || isSummed(profile, spec.type) || figures.samples === undefined) return undefined;
  const counts = profile.sampleTypes.some((other) => /^samples?$/.test(other.type) && other.unit === 'count');
  if (secondsPer(type.unit) === undefined && !/^samples?$/.test(type.type)) return undefined;
  if (counts || profile.format !== 'pprof') return figures.sampleCount;
  const { periodType, period } = profile;
  if (periodType?.type !== type.type || !(period > 0)) return undefined;
  return Math.round((figures.sum * (unitFactor(type.unit, periodType.unit) ?? Number.NaN)) / period) || undefined;
}

function functionRows(base: ComparedSide, next: ComparedSide, { nextOf, baseOf }: Pairing, normalize: Normalize): ComparedFunctions {
  const used = ({ figures }: ComparedSide, func: number) =>
    figures.self[func] !== 0 || figures.total[func] !== 0 || (figures.calls?.[func] ?? 0) > 0;
  const mine = new GrowingInt32();
  const theirs = new GrowingInt32();
  const push = (a: number, b: number): void => {
    mine.push(a);
    theirs.push(b);
  };
  for (let func = 0; func < nextOf.length; func++) {
    const other = nextOf[func]!;
    if (used(base, func) || (other >= 0 && used(next, other))) push(func, other);
  }
  for (let func = 0; func < baseOf.length; func++) if (baseOf[func] === -1 && used(next, func)) push(-1, func);
  const { length } = mine;
  const rows = {
    length,
    base: mine.done(),
    next: theirs.done(),
    baseSelf: new Float64Array(length),
    baseTotal: new Float64Array(length),
    nextSelf: new Float64Array(length),
    nextTotal: new Float64Array(length),
    noise: new Float64Array(length),
    totalNoise: new Float64Array(length),
  };
  const [baseSpread, nextSpread] = [spreads(base, normalize), spreads(next, normalize)];
  for (let row = 0; row < length; row++) {
    const a = rows.base[row]!;
    const b = rows.next[row]!;
    if (a >= 0) {
      rows.baseSelf[row] = base.figures.self[a]! * base.scale;
      rows.baseTotal[row] = base.figures.total[a]! * base.scale;
    }
    if (b >= 0) {
      rows.nextSelf[row] = next.figures.self[b]! * next.scale;
      rows.nextTotal[row] = next.figures.total[b]! * next.scale;
    }
    const { baseSelf, baseTotal, nextSelf, nextTotal } = rows;
    const [was, now] = [baseSpread(a), nextSpread(b)];
    rows.noise[row] = changeNoise(base, baseSelf[row]!, next, nextSelf[row]!, was.self, now.self);
    rows.totalNoise[row] = changeNoise(base, baseTotal[row]!, next, nextTotal[row]!, was.total, now.total);
  }
  return rows;
}

const NO_SPREAD = { self: 0, total: 0 };

/** How far the runs of a side are from their mean, function by function. */
function spreads(side: ComparedSide, normalize: Normalize): (func: number) => { readonly self: number; readonly total: number } {
  const { repeated, scale } = side;
  if (repeated === undefined) return () => NO_SPREAD;
  const tables = repeated.profiles.map((profile, run) => functionTable(profile, repeated.specs[run]!));
  const sizes = runSizes(side, normalize, tables);
  const self = new Float64Array(tables.length);
  const total = new Float64Array(tables.length);
  return (func) => {
    if (func < 0) return NO_SPREAD;
    for (let run = 0; run < tables.length; run++) {
      const own = repeated.functions[run]![func]!;
      self[run] = own < 0 ? 0 : tables[run]!.self[own]!;
      total[run] = own < 0 ? 0 : tables[run]!.total[own]!;
    }
    return { self: spreadOf(self, sizes, scale), total: spreadOf(total, sizes, scale) };
  };
}

/** What makes runs of one side comparable: nothing, their totals or their durations. @param tables of the runs */
export function runSizes({ repeated }: ComparedSide, normalize: Normalize, tables?: readonly { readonly sum: number }[]): number[] {
  return (repeated?.profiles ?? []).map((profile, run) => {
    if (normalize === 'none') return 1;
    if (normalize === 'duration') return profile.durationNanos ?? 0;
    return (tables?.[run] ?? functionTable(profile, repeated!.specs[run]!)).sum;
  });
}

/** Half the 95 % interval of the change of the whole: what repeating says, for the whole of one run is no sample. NaN where it is not known. */
export function wholeNoise({ base, next, normalize }: Comparison): number {
  if (base.runs < 2 && next.runs < 2) return Number.NaN;
  const spread = (side: ComparedSide) => {
    const sums = (side.repeated?.profiles ?? []).map((profile, run) => functionTable(profile, side.repeated!.specs[run]!).sum);
    return spreadOf(sums, runSizes(side, normalize), side.scale);
  };
  const whole = (side: ComparedSide): NoiseSide => ({ ...side, samples: undefined });
  return changeNoise(whole(base), base.sum, whole(next), next.sum, spread(base), spread(next));
}

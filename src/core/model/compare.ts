import { UserError } from '../errors.js';
import { type FunctionTable, functionTable } from './functionTable.js';
import { GrowingInt32 } from './growing.js';
import { type FileLines, lineTable } from './lines.js';
import { type Pairing, pairFunctions } from './pairing.js';
import type { Profile, ValueType, ViewSpec } from './profile.js';
import { isSummed } from './summed.js';
import { bytesPer, secondsPer } from './units.js';

/** One of two compared profiles. */
export interface ComparedSide {
  readonly profile: Profile;
  readonly spec: ViewSpec;
  readonly figures: FunctionTable;
  /** What its figures are multiplied with: to the common unit, and to make the profiles comparable where that was asked for. */
  readonly scale: number;
  /** The whole, scaled. */
  readonly sum: number;
  /** Samples that the figures rest on; undefined where they were counted, or the file does not tell. */
  readonly samples: number | undefined;
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
  /** Half the 95 % interval of the change in self that sampling alone makes; NaN where it is not known. */
  readonly noise: Float64Array;
}

/** A line of either profile. */
export interface ComparedLine {
  /** File and line in the new profile; where the line is gone, in the base. */
  readonly file: string;
  readonly line: number;
  /** Line in the base; 0 where it is new. */
  readonly wasLine: number;
  readonly isGone: boolean;
  baseSelf: number;
  baseTotal: number;
  nextSelf: number;
  nextTotal: number;
}

export interface Comparison {
  /** What is compared, in the new profile's unit. */
  readonly type: ValueType;
  readonly base: ComparedSide;
  readonly next: ComparedSide;
  readonly functions: ComparedFunctions;
  readonly pairing: Pairing;
}

/** How profiles of different length are made comparable: not at all, by their totals (as pprof's -normalize), or by time. */
export type Normalize = 'none' | 'total' | 'duration';

/** Standard deviations of a 95 % interval. */
const Z95 = 1.96;

/**
 * Compares two profiles in views of the same value type. Normalising scales the new profile.
 * @throws UserError `different-types`, `no-duration`, and what views throw
 */
export function compare(base: Profile, baseSpec: ViewSpec, next: Profile, nextSpec: ViewSpec, normalize: Normalize = 'none'): Comparison {
  const type = next.sampleTypes[nextSpec.type];
  const baseType = base.sampleTypes[baseSpec.type];
  const unit = type === undefined || baseType === undefined ? undefined : unitFactor(baseType.unit, type.unit);
  if (type === undefined || unit === undefined) {
    throw new UserError('different-types', `${named(baseType)} cannot be compared with ${named(type)}`);
  }
  const baseFigures = functionTable(base, baseSpec);
  const nextFigures = functionTable(next, nextSpec);
  const before = side(base, baseSpec, baseFigures, unit);
  const after = side(next, nextSpec, nextFigures, normalizing(normalize, before, next, nextFigures));
  const pairing = pairFunctions(base, next);
  return { type, base: before, next: after, functions: functionRows(before, after, pairing), pairing };
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

function normalizing(how: Normalize, base: ComparedSide, next: Profile, figures: FunctionTable): number {
  if (how === 'none') return 1;
  if (how === 'total') return figures.sum === 0 ? 1 : base.sum / figures.sum;
  const before = base.profile.durationNanos ?? 0;
  const after = next.durationNanos ?? 0;
  if (!(before > 0 && after > 0)) throw new UserError('no-duration', 'a profile does not say how long it was recorded');
  return before / after;
}

function side(profile: Profile, spec: ViewSpec, figures: FunctionTable, scale: number): ComparedSide {
  return { profile, spec, figures, scale, sum: figures.sum * scale, samples: samplesBehind(profile, spec, figures) };
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

function functionRows(base: ComparedSide, next: ComparedSide, { nextOf, baseOf }: Pairing): ComparedFunctions {
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
  };
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
    rows.noise[row] = noiseOf(base, rows.baseSelf[row]!, next, rows.nextSelf[row]!);
  }
  return rows;
}

/** Half the 95 % interval of the change from one (scaled) self figure to another; NaN where it is not known. */
export function noiseOf(base: ComparedSide, baseSelf: number, next: ComparedSide, nextSelf: number): number {
  return Z95 * Math.sqrt(variance(base, baseSelf) + variance(next, nextSelf));
}

/** Variance of a self figure that is k of n samples (binomial); one that no sample hit could as well have been hit by one. */
function variance({ samples, sum }: ComparedSide, self: number): number {
  if (samples === undefined) return Number.NaN;
  if (samples === 0 || sum === 0) return 0;
  const perSample = sum / samples;
  const hits = Math.max(1, Math.abs(self / perSample));
  return perSample ** 2 * hits * Math.max(0, 1 - hits / samples);
}

/** Lines of both profiles; a line is found again at the same distance from its function's first line. */
export function compareLines({ base, next, pairing }: Comparison): ComparedLine[] {
  const owners = lineOwners(base.profile);
  const { strings, functions } = next.profile;
  const fileIndex = new Map(base.profile.strings.map((text, index) => [text, index]));
  const rows = new Map<string, Map<number, ComparedLine>>();
  const lines: ComparedLine[] = [];
  for (const [file, figures] of lineTable(base.profile, base.spec).files) {
    const ofFile = fileIndex.get(file)!;
    each(figures, base.scale, (line, baseSelf, baseTotal) => {
      const owner = owners.get(ofFile * 2 ** 31 + line) ?? -1;
      const other = owner < 0 ? -1 : pairing.nextOf[owner]!;
      const sameFile = pairing.nextFileOf.get(ofFile);
      const isGone = other < 0 && (owner >= 0 || sameFile === undefined);
      const to = isGone ? file : strings[other >= 0 ? functions.file[other]! : sameFile!]!;
      const starts = other < 0 ? [0, 0] : [base.profile.functions.startLine[owner]!, functions.startLine[other]!];
      const now = starts[0]! > 0 && starts[1]! > 0 ? line - starts[0]! + starts[1]! : line;
      const known = isGone ? undefined : rows.get(to)?.get(now);
      if (known !== undefined) {
        // Two functions moved onto each other: their totals may overlap.
        known.baseSelf += baseSelf;
        known.baseTotal = Math.max(known.baseTotal, baseTotal);
        return;
      }
      const row: ComparedLine = { file: to, line: now, wasLine: line, isGone, baseSelf, baseTotal, nextSelf: 0, nextTotal: 0 };
      lines.push(row);
      if (!isGone) ofMap(rows, to).set(now, row);
    });
  }
  for (const [file, figures] of lineTable(next.profile, next.spec).files) {
    each(figures, next.scale, (line, nextSelf, nextTotal) => {
      const row = rows.get(file)?.get(line);
      if (row === undefined) lines.push({ file, line, wasLine: 0, isGone: false, baseSelf: 0, baseTotal: 0, nextSelf, nextTotal });
      else Object.assign(row, { nextSelf, nextTotal });
    });
  }
  return lines;
}

function each({ line, self, total }: FileLines, scale: number, visit: (line: number, self: number, total: number) => void): void {
  for (let i = 0; i < line.length; i++) visit(line[i]!, self[i]! * scale, total[i]! * scale);
}

function ofMap<V>(maps: Map<string, Map<number, V>>, key: string): Map<number, V> {
  let found = maps.get(key);
  if (found === undefined) {
    found = new Map();
    maps.set(key, found);
  }
  return found;
}

/** The innermost function of every (file, line): of several that share the line, the one that starts last. */
function lineOwners({ lines, functions }: Profile): Map<number, number> {
  const owners = new Map<number, number>();
  const add = (func: number, line: number) => {
    if (line <= 0) return;
    const key = functions.file[func]! * 2 ** 31 + line;
    const known = owners.get(key);
    const start = functions.startLine[func]!;
    if (known === undefined || (start <= line && start > functions.startLine[known]!)) owners.set(key, func);
  };
  for (let row = 0; row < lines.length; row++) add(lines.func[row]!, lines.line[row]!);
  for (let func = 0; func < functions.length; func++) add(func, functions.startLine[func]!);
  return owners;
}

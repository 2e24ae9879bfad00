import { accumulate } from './accumulate.js';
import type { LineCostColumns, Profile, ViewSpec } from './profile.js';
import { lineCostsOf, type SummedFigures, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** Figures of one file's lines, in order of lines. */
export interface FileLines {
  readonly file: string;
  /** 1-based. */
  readonly line: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Samples behind `self`; 0 for counted figures. */
  readonly samples: Float64Array;
  /** Samples behind `total`. */
  readonly totalSamples: Float64Array;
  /** Calls of the functions that start on the line; -1 where none is known to. */
  readonly calls: Float64Array;
}

export interface LineTable {
  readonly files: ReadonlyMap<string, FileLines>;
  /** The whole profile in this view, not only what has lines. */
  readonly sum: number;
  readonly sampleCount: number;
  /** True when figures belong to whole functions (cProfile's counts know no lines) and stand at their first line. */
  readonly perFunction: boolean;
}

/** (file, line) pairs of a profile, numbered; the same line of a file reached by two functions is one. */
interface LineKeys {
  readonly ofLine: Int32Array;
  readonly ofFunction: Int32Array;
  readonly ofCosts: ReadonlyMap<LineCostColumns, Int32Array>;
  readonly file: number[];
  readonly line: number[];
}

/**
 * Self, total and calls per line of every file. All lines of a location count, inlined ones too; a line counts once per
 * stack. Types that the file holds as sums give the lines it has, or else each function's figures at its first line.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function lineTable(profile: Profile, spec: ViewSpec): LineTable {
  const keys = numberLines(profile);
  const length = keys.file.length;
  const calls = new Float64Array(length).fill(-1);
  const counted = profile.calls?.functions;
  if (counted !== undefined) {
    for (let func = 0; func < counted.calls.length; func++) {
      const key = keys.ofFunction[func]!;
      if (key >= 0 && counted.calls[func]! > 0) calls[key] = Math.max(0, calls[key]!) + counted.calls[func]!;
    }
  }
  const summed = summedFigures(profile, spec.type);
  if (summed !== undefined) return ofSums(profile, spec.type, summed, keys, calls);
  const weights = weigh(profile, spec);
  const sums = accumulate(profile, weights, keys.ofLine, length, true);
  return { files: byFile(profile, keys, sums, calls), sum: weights.total, sampleCount: weights.samples, perFunction: false };
}

/** The lines of a type without stacks: as the file has them, else each function's figures at its first line. */
function ofSums(profile: Profile, type: number, summed: SummedFigures, keys: LineKeys, calls: Float64Array): LineTable {
  const length = keys.file.length;
  const self = new Float64Array(length);
  const total = new Float64Array(length);
  const costs = lineCostsOf(profile, type);
  const ofCost = costs === undefined ? undefined : keys.ofCosts.get(costs);
  if (costs !== undefined && ofCost !== undefined) {
    const ran = new Float64Array(length).fill(-1);
    for (let row = 0; row < costs.length; row++) {
      const key = ofCost[row]!;
      if (key < 0) continue;
      self[key]! += costs.self[row]!;
      total[key]! += costs.total[row]!;
      if (costs.calls[row]! >= 0) ran[key] = Math.max(0, ran[key]!) + costs.calls[row]!;
    }
    for (let key = 0; key < length; key++) if (ran[key]! >= 0) calls[key] = ran[key]!;
  } else {
    for (let func = 0; func < summed.self.length; func++) {
      const key = keys.ofFunction[func]!;
      if (key < 0) continue;
      self[key]! += summed.self[func]!;
      // Two functions on one line (a lambda in a call) may hold each other: their totals overlap.
      total[key] = Math.max(total[key]!, summed.total[func]!);
    }
  }
  const none = new Float64Array(length);
  return {
    files: byFile(profile, keys, { self, total, selfSamples: none, totalSamples: none }, calls),
    sum: summed.self.reduce((sum, own) => sum + own, 0),
    sampleCount: 0,
    perFunction: costs === undefined,
  };
}

function numberLines(profile: Profile): LineKeys {
  const { lines, functions } = profile;
  const keyOf = new Map<number, number>();
  const file: number[] = [];
  const line: number[] = [];
  const key = (ofFile: number, at: number): number => {
    if (at <= 0 || ofFile === 0) return -1;
    const pair = ofFile * 2 ** 31 + at;
    const known = keyOf.get(pair);
    if (known !== undefined) return known;
    keyOf.set(pair, file.length);
    line.push(at);
    return file.push(ofFile) - 1;
  };
  const ofLine = new Int32Array(lines.length);
  for (let i = 0; i < lines.length; i++) ofLine[i] = key(functions.file[lines.func[i]!]!, lines.line[i]!);
  const ofFunction = new Int32Array(functions.length).fill(-1);
  if (profile.calls !== undefined)
    for (let func = 0; func < functions.length; func++) ofFunction[func] = key(functions.file[func]!, functions.startLine[func]!);
  const ofCosts = new Map<LineCostColumns, Int32Array>();
  for (const costs of profile.lineCosts)
    ofCosts.set(
      costs,
      costs.line.map((at, row) => key(costs.file[row]!, at)),
    );
  return { ofLine, ofFunction, ofCosts, file, line };
}

function byFile(
  profile: Profile,
  keys: LineKeys,
  sums: { self: Float64Array; total: Float64Array; selfSamples: Float64Array; totalSamples: Float64Array | undefined },
  calls: Float64Array,
): Map<string, FileLines> {
  const ofFile = new Map<number, number[]>();
  for (let key = 0; key < keys.file.length; key++) {
    if (sums.self[key] === 0 && sums.total[key] === 0 && (sums.totalSamples?.[key] ?? 0) === 0 && calls[key]! < 0) continue;
    const members = ofFile.get(keys.file[key]!);
    if (members === undefined) ofFile.set(keys.file[key]!, [key]);
    else members.push(key);
  }
  const files = new Map<string, FileLines>();
  for (const [file, members] of ofFile) {
    members.sort((a, b) => keys.line[a]! - keys.line[b]!);
    const column = (values: Float64Array) => Float64Array.from(members, (key) => values[key]!);
    const name = profile.strings[file]!;
    files.set(name, {
      file: name,
      line: Int32Array.from(members, (key) => keys.line[key]!),
      self: column(sums.self),
      total: column(sums.total),
      samples: column(sums.selfSamples),
      totalSamples: column(sums.totalSamples ?? sums.selfSamples),
      calls: column(calls),
    });
  }
  return files;
}

import { accumulate } from './accumulate.js';
import { addNative } from './native.js';
import type { LineCostColumns, Profile, ViewSpec } from './profile.js';
import { lineCostsOf, type SummedFigures, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** Figures of one file's lines, in order of lines. */
export interface FileLines {
  readonly file: string;
  /** 1-based. */
  readonly line: Int32Array;
  /** With compiled code that the line called. */
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Samples behind `self`; 0 for counted figures. */
  readonly samples: Float64Array;
  /** Samples behind `total`. */
  readonly totalSamples: Float64Array;
  /** Calls of the functions that start on the line; -1 where none is known to. */
  readonly calls: Float64Array;
}

/** The lines of all files in one table, file by file in the order of `LineTable.files`, each in order of lines. */
export interface LineRows {
  readonly length: number;
  /** String index of the file. */
  readonly file: Uint32Array;
  /** 1-based. */
  readonly line: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** -1 where none is known. */
  readonly calls: Float64Array;
  /** Row of each row of `profile.lines`, -1 for none. */
  readonly ofLine: Int32Array;
}

export interface LineTable {
  readonly files: ReadonlyMap<string, FileLines>;
  /** Made anew each time. */
  rows(): LineRows;
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
  /** Per file its pairs, in order of lines. */
  readonly ofFile: ReadonlyMap<number, Int32Array>;
}

const known = new WeakMap<Profile, LineKeys>();

/**
 * Self, total and calls per line of every file: a line of Python has what compiled code took that it called as its own. All lines of a
 * location count, inlined ones too; a line counts once per stack. Types that the file holds as sums give the lines it has, or else each
 * function's figures at its first line.
 * @param weights what stacks weigh in this view, if that is known already
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function lineTable(profile: Profile, spec: ViewSpec, weights = () => weigh(profile, spec)): LineTable {
  let keys = known.get(profile);
  if (keys === undefined) {
    // Whatever the view is, the lines are the same: to number them costs more than to add them up.
    keys = numberLines(profile);
    known.set(profile, keys);
  }
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
  const weighed = weights();
  const sums = accumulate(profile, weighed, keys.ofLine, length, true);
  addNative(profile, weighed, keys.ofLine, sums);
  // Rows of a file that are no samples bound nothing.
  const none = profile.quality.rows && new Float64Array(length);
  const told = none ? { ...sums, selfSamples: none, totalSamples: none } : sums;
  return { ...tablesOf(profile, keys, told, calls), sum: weighed.total, sampleCount: weighed.samples, perFunction: false };
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
    ...tablesOf(profile, keys, { self, total, selfSamples: none, totalSamples: none }, calls),
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
  return { ofLine, ofFunction, ofCosts, file, line, ofFile: sortedByFile(file, line) };
}

function sortedByFile(file: readonly number[], line: readonly number[]): Map<number, Int32Array> {
  const ofFile = new Map<number, number[]>();
  for (let key = 0; key < file.length; key++) {
    const members = ofFile.get(file[key]!);
    if (members === undefined) ofFile.set(file[key]!, [key]);
    else members.push(key);
  }
  return new Map(Array.from(ofFile, ([own, members]) => [own, Int32Array.from(members).sort((a, b) => line[a]! - line[b]!)]));
}

function tablesOf(
  profile: Profile,
  keys: LineKeys,
  sums: { self: Float64Array; total: Float64Array; selfSamples: Float64Array; totalSamples: Float64Array | undefined },
  calls: Float64Array,
): Pick<LineTable, 'files' | 'rows'> {
  const seen = (key: number) => sums.self[key] !== 0 || sums.total[key] !== 0 || (sums.totalSamples?.[key] ?? 0) !== 0 || calls[key]! >= 0;
  const names = new Map<string, number>();
  for (const [file, all] of keys.ofFile) if (all.some(seen)) names.set(profile.strings[file]!, file);
  const files = new LazyMap(names, (name, file): FileLines => {
    const members = keys.ofFile.get(file)!.filter(seen);
    return {
      file: name,
      line: members.map((key) => keys.line[key]!),
      self: picked(sums.self, members),
      total: picked(sums.total, members),
      samples: picked(sums.selfSamples, members),
      totalSamples: picked(sums.totalSamples ?? sums.selfSamples, members),
      calls: picked(calls, members),
    };
  });
  const rows = (): LineRows => {
    const members = new Int32Array(keys.file.length);
    const ofKey = new Int32Array(keys.file.length).fill(-1);
    let length = 0;
    for (const file of names.values()) {
      for (const key of keys.ofFile.get(file)!) {
        if (!seen(key)) continue;
        ofKey[key] = length;
        members[length++] = key;
      }
    }
    const used = members.subarray(0, length);
    return {
      length,
      file: Uint32Array.from(used, (key) => keys.file[key]!),
      line: used.map((key) => keys.line[key]!),
      self: picked(sums.self, used),
      total: picked(sums.total, used),
      calls: picked(calls, used),
      ofLine: keys.ofLine.map((key) => (key < 0 ? -1 : ofKey[key]!)),
    };
  };
  return { files, rows };
}

function picked(values: Float64Array, members: Int32Array): Float64Array {
  const own = new Float64Array(members.length);
  for (let at = 0; at < own.length; at++) own[at] = values[members[at]!]!;
  return own;
}

/** A map whose values are made when they are asked for, each time: of thousands of files an editor shows a few. */
class LazyMap<V> implements ReadonlyMap<string, V> {
  constructor(
    private readonly numbers: ReadonlyMap<string, number>,
    private readonly make: (name: string, number: number) => V,
  ) {}

  get size(): number {
    return this.numbers.size;
  }

  has(name: string): boolean {
    return this.numbers.has(name);
  }

  get(name: string): V | undefined {
    const number = this.numbers.get(name);
    return number === undefined ? undefined : this.make(name, number);
  }

  keys(): MapIterator<string> {
    return this.numbers.keys();
  }

  values(): MapIterator<V> {
    return this.all().values();
  }

  entries(): MapIterator<[string, V]> {
    return this.all().entries();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(tell: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, value] of this.all()) tell(value, name, this);
  }

  private all(): Map<string, V> {
    return new Map(Array.from(this.numbers, ([name, number]) => [name, this.make(name, number)]));
  }
}

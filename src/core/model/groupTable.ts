import { accumulate } from './accumulate.js';
import { type FunctionTable, functionTable } from './functionTable.js';
import { packageOf } from './library.js';
import { type LineTable, lineTable } from './lines.js';
import type { Profile, ViewSpec } from './profile.js';
import { summedFigures } from './summed.js';
import { type Weights, weigh } from './weights.js';

/** What functions are put together by. */
export type Grouping = 'file' | 'module' | 'line';

/** Figures of groups of functions (or of lines), by group. */
export interface GroupTable {
  readonly length: number;
  readonly self: Float64Array;
  /** A group counts once per stack. */
  readonly total: Float64Array;
  /** Sums of exact call counts; absent where none are known, NaN for a group without any. */
  readonly calls: Float64Array | undefined;
  readonly name: readonly string[];
  /** File of a file or a line, '' for a module. */
  readonly file: readonly string[];
  /** 1-based; 0 for files and modules. */
  readonly line: Int32Array;
  /** Functions in the group, and the one that takes most itself (then in all). */
  readonly members: Uint32Array;
  readonly func: Uint32Array;
  /** Group of each function, -1 for one in no group; for lines the group of its first line that has figures. */
  readonly groupOf: Int32Array;
  readonly sum: number;
}

/**
 * Self and total of files, modules or lines. Counted types keep no stacks: there the total of a group is what its functions
 * take in calls from outside it, which is too much where a group calls itself through another.
 * @param given tables of this view that are known already
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function groupTable(profile: Profile, spec: ViewSpec, by: Grouping, given = tablesOf(profile, spec)): GroupTable {
  return by === 'line' ? byLine(profile, given.lines()) : byFunctions(profile, spec, by, given);
}

function tablesOf(profile: Profile, spec: ViewSpec) {
  return {
    weights: (): Weights => weigh(profile, spec),
    functions: (): FunctionTable => functionTable(profile, spec),
    lines: (): LineTable => lineTable(profile, spec),
  };
}

function byFunctions(profile: Profile, spec: ViewSpec, by: 'file' | 'module', given: ReturnType<typeof tablesOf>): GroupTable {
  const { functions, strings } = profile;
  const own = given.functions();
  const known = new Map<string | number, number>();
  const name: string[] = [];
  const file: string[] = [];
  const groupOf = new Int32Array(functions.length);
  for (let func = 0; func < functions.length; func++) {
    const path = strings[functions.file[func]!]!;
    const label = by === 'file' ? functions.file[func]! : packageOf(path, strings[functions.name[func]!]!);
    let group = known.get(label);
    if (group === undefined) {
      group = name.length;
      known.set(label, group);
      name.push(typeof label === 'string' ? label : path);
      file.push(by === 'file' ? path : '');
    }
    groupOf[func] = group;
  }
  const { length } = name;
  const members = new Uint32Array(length);
  const heaviest = new Int32Array(length).fill(-1);
  const calls = own.calls && new Float64Array(length).fill(Number.NaN);
  for (let func = 0; func < functions.length; func++) {
    const group = groupOf[func]!;
    const counted = own.calls?.[func] ?? 0;
    if (own.self[func] === 0 && own.total[func] === 0 && counted === 0) continue;
    members[group]!++;
    if (calls && counted > 0) calls[group] = (Number.isNaN(calls[group]!) ? 0 : calls[group]!) + counted;
    const best = heaviest[group]!;
    if (best < 0 || own.self[func]! > own.self[best]! || (own.self[func] === own.self[best] && own.total[func]! > own.total[best]!))
      heaviest[group] = func;
  }
  const figures = summedFigures(profile, spec.type)
    ? sumsOf(profile, spec, groupOf, length)
    : stacksOf(profile, given.weights(), groupOf, length);
  const func = Uint32Array.from(heaviest, (best) => Math.max(best, 0));
  return { length, ...figures, calls, name, file, line: new Int32Array(length), members, func, groupOf, sum: own.sum };
}

function stacksOf(profile: Profile, weights: Weights, groupOf: Int32Array, groups: number) {
  const keyOf = Int32Array.from(profile.lines.func, (func) => groupOf[func]!);
  const { self, total } = accumulate(profile, weights, keyOf, groups);
  return { self, total };
}

function sumsOf(profile: Profile, spec: ViewSpec, groupOf: Int32Array, groups: number) {
  const figures = summedFigures(profile, spec.type)!;
  const self = new Float64Array(groups);
  const total = new Float64Array(groups);
  let sum = 0;
  for (let func = 0; func < groupOf.length; func++) {
    self[groupOf[func]!]! += figures.self[func]!;
    total[groupOf[func]!]! += figures.total[func]!;
    sum += figures.self[func]!;
  }
  const { edges } = figures;
  for (let edge = 0; edge < edges.length; edge++) {
    const [caller, callee] = [edges.caller[edge]!, edges.callee[edge]!];
    // What a function calls itself is in its own total once already.
    if (caller !== callee && groupOf[caller] === groupOf[callee]) total[groupOf[callee]!]! -= edges.total[edge]!;
  }
  for (let group = 0; group < groups; group++) total[group] = Math.min(sum, Math.max(self[group]!, total[group]!));
  return { self, total };
}

/** The lines of all files, as `heatline lines` has them. */
function byLine(profile: Profile, table: LineTable): GroupTable {
  const { functions, strings, lines } = profile;
  const { length, file, line, self, total, calls, ofLine } = table.rows();
  const groupOf = new Int32Array(functions.length).fill(-1);
  const func = new Uint32Array(length);
  const named = new Uint8Array(length);
  const put = (of: number, row: number) => {
    if (row < 0) return;
    if (named[row] === 0) func[row] = of;
    named[row] = 1;
    const before = groupOf[of]!;
    if (before < 0 || line[before]! > line[row]!) groupOf[of] = row;
  };
  for (let i = 0; i < lines.length; i++) put(lines.func[i]!, ofLine[i]!);
  // A function whose own lines have no figures may begin on a line that has.
  const lone = Array.from(groupOf.keys()).filter((of) => groupOf[of]! < 0);
  const rowOf = lone.length > 0 ? rowsByLine(file, line) : new Map<number, number>();
  for (const of of lone) put(of, rowOf.get(lineKey(functions.file[of]!, functions.startLine[of]!)) ?? -1);
  const counted = calls.some((count) => count >= 0);
  return {
    length,
    self,
    total,
    calls: counted ? calls.map((count) => (count < 0 ? Number.NaN : count)) : undefined,
    name: Array.from(func, (of, row) => (named[row] === 1 ? strings[functions.name[of]!]! : '')),
    file: Array.from(file, (of) => strings[of]!),
    line,
    members: new Uint32Array(length).fill(1),
    func,
    groupOf,
    sum: table.sum,
  };
}

const lineKey = (file: number, line: number) => file * 2 ** 31 + line;

function rowsByLine(file: Uint32Array, line: Int32Array): Map<number, number> {
  const rows = new Map<number, number>();
  for (let row = 0; row < file.length; row++) rows.set(lineKey(file[row]!, line[row]!), row);
  return rows;
}

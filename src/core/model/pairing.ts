import { Interner, mix } from './interner.js';
import { pathParts } from './paths.js';
import type { Profile } from './profile.js';

/** Which function of one profile is which of another: an index, or -1 where there is no counterpart. */
export interface Pairing {
  readonly nextOf: Int32Array;
  readonly baseOf: Int32Array;
  /** File of the other profile, by string indexes. */
  readonly nextFileOf: ReadonlyMap<number, number>;
}

/** Path components that are compared: what lies further up never decides. */
const DEPTH = 32;
const SEVERAL = -1;
/** Half the packages of a program have such a file: the name says nothing. */
const COMMON = new Set(['__init__.py', '__main__.py', 'index.js', 'index.ts', 'mod.rs', 'doc.go']);

/**
 * Pairs the functions of two profiles of the same program, which may have been edited, moved to another folder or run
 * by another build: first files (same path, else the longest common end that only one file has on either side), then in
 * each pair of files functions by name (same first line, else in order), then functions with the same name and first
 * line in a file that was renamed. Never by name alone.
 */
export function pairFunctions(base: Profile, next: Profile): Pairing {
  const nextFileOf = pairFiles(base, next);
  const nextOf = new Int32Array(base.functions.length).fill(-1);
  const baseOf = new Int32Array(next.functions.length).fill(-1);
  const pair = (a: number, b: number) => {
    nextOf[a] = b;
    baseOf[b] = a;
  };
  const numbers = new Map<string, number>();
  const sides: Sides = { base, next, baseNames: nameNumbers(base, numbers), nextNames: nameNumbers(next, numbers), nextOf, baseOf };
  /** The file of the next profile that a function of the base is in; -1 none. */
  const fileOf = (func: number): number => nextFileOf.get(base.functions.file[func]!) ?? -1;
  const free = pairUnmoved(sides, fileOf, pair);
  pairMoved(sides, fileOf, free, pair);
  pairRenamed(sides, pair);
  return { nextOf, baseOf, nextFileOf };
}

/** Two profiles, the numbers of their functions' names (equal ones have equal numbers), and what is paired so far. */
interface Sides {
  readonly base: Profile;
  readonly next: Profile;
  readonly baseNames: Int32Array;
  readonly nextNames: Int32Array;
  readonly nextOf: Int32Array;
  readonly baseOf: Int32Array;
}

/** Names hold addresses that differ from run to run: `<function f at 0x7f…>`. */
function nameKey(name: string): string {
  return name.includes('0x') ? name.replace(/0x[0-9a-f]+/gi, '0x') : name;
}

function nameNumbers({ functions, strings }: Profile, numbers: Map<string, number>): Int32Array {
  const ofString = new Int32Array(strings.length).fill(-1);
  return Int32Array.from(functions.name, (name) => {
    if (ofString[name]! < 0) {
      const key = nameKey(strings[name]!);
      const known = numbers.get(key);
      ofString[name] = known ?? numbers.size;
      if (known === undefined) numbers.set(key, numbers.size);
    }
    return ofString[name]!;
  });
}

/** Functions of one name and first line in one file; gives the others of the next profile that may still be paired. */
function pairUnmoved(
  { base, next, baseNames, nextNames, baseOf }: Sides,
  fileOf: (func: number) => number,
  pair: (a: number, b: number) => void,
): Int32Array {
  const { file, startLine } = next.functions;
  const index = new Interner();
  /** Of several that differ in an address only, the last one. */
  const found: number[] = [];
  const rowOf = (of: number, name: number, line: number): number => {
    for (let row = index.first(mix(mix(mix(53, of), name), line)); row >= 0; row = index.next()) {
      const func = found[row]!;
      if (nextNames[func] === name && file[func] === of && startLine[func] === line) return row;
    }
    return -1;
  };
  for (let func = 0; func < nextNames.length; func++) {
    const row = rowOf(file[func]!, nextNames[func]!, startLine[func]!);
    if (row >= 0) found[row] = func;
    else index.add(found.push(func) - 1);
  }
  for (let func = 0; func < baseNames.length; func++) {
    const of = fileOf(func);
    const row = of < 0 ? -1 : rowOf(of, baseNames[func]!, base.functions.startLine[func]!);
    if (row >= 0 && baseOf[found[row]!] === -1) pair(func, found[row]!);
  }
  return Int32Array.from(found.filter((func) => baseOf[func] === -1));
}

/** Functions of one name in one file whose first line changed: in order of their lines. */
function pairMoved(
  { base, next, baseNames, nextNames, nextOf }: Sides,
  fileOf: (func: number) => number,
  free: Int32Array,
  pair: (a: number, b: number) => void,
): void {
  const index = new Interner();
  const groups: { readonly base: number[]; readonly next: number[] }[] = [];
  const groupOf = (of: number, name: number): number => {
    for (let row = index.first(mix(mix(59, of), name)); row >= 0; row = index.next()) {
      const func = groups[row]!.next[0]!;
      if (nextNames[func] === name && next.functions.file[func] === of) return row;
    }
    return -1;
  };
  // Only what the base has, too: most names are gone or new.
  const wanted = new Set<number>();
  for (let func = 0; func < baseNames.length; func++) if (nextOf[func] === -1 && fileOf(func) >= 0) wanted.add(baseNames[func]!);
  for (const func of free) {
    if (!wanted.has(nextNames[func]!)) continue;
    const row = groupOf(next.functions.file[func]!, nextNames[func]!);
    if (row >= 0) groups[row]!.next.push(func);
    else index.add(groups.push({ base: [], next: [func] }) - 1);
  }
  for (let func = 0; func < baseNames.length; func++) {
    if (nextOf[func] !== -1) continue;
    const of = fileOf(func);
    const row = of < 0 ? -1 : groupOf(of, baseNames[func]!);
    if (row >= 0) groups[row]!.base.push(func);
  }
  for (const group of groups) if (group.base.length > 0) pairGroup(base, group.base, next, group.next, pair);
}

/** Functions of one name in one file, in order of their lines. */
function pairGroup(base: Profile, left: number[], next: Profile, free: number[], pair: (a: number, b: number) => void): void {
  const start = (profile: Profile) => (a: number, b: number) => profile.functions.startLine[a]! - profile.functions.startLine[b]!;
  left.sort(start(base));
  free.sort(start(next));
  // The shorter list keeps its order; each of it takes the nearest that leaves enough for those after it.
  const swap = left.length > free.length;
  const [few, fewIn, many, manyIn] = swap ? [free, next, left, base] : [left, base, free, next];
  let at = 0;
  few.forEach((func, i) => {
    const distance = (j: number) => Math.abs(manyIn.functions.startLine[many[j]!]! - fewIn.functions.startLine[func]!);
    const last = many.length - (few.length - i);
    while (at < last && distance(at + 1) < distance(at)) at++;
    const other = many[at++]!;
    if (swap) pair(other, func);
    else pair(func, other);
  });
}

/** A renamed file keeps its functions where they were: same name, same first line, and only one such on either side. */
function pairRenamed({ base, next, baseNames, nextNames, nextOf, baseOf }: Sides, pair: (a: number, b: number) => void): void {
  const theirs = new Renamed(next, nextNames, baseOf);
  const mine = new Renamed(base, baseNames, nextOf);
  for (const func of mine.single()) {
    const other = theirs.find(baseNames[func]!, base.functions.startLine[func]!);
    if (other >= 0) pair(func, other);
  }
}

/** Functions without a counterpart, by name and first line. */
class Renamed {
  private readonly index = new Interner();
  /** A function of each name and line, and whether it is the only one. */
  private readonly funcs: number[] = [];
  private readonly several: boolean[] = [];

  constructor(
    private readonly profile: Profile,
    private readonly names: Int32Array,
    taken: Int32Array,
  ) {
    const { functions, strings } = profile;
    for (let func = 0; func < taken.length; func++) {
      const line = functions.startLine[func]!;
      // <module> and <lambda> are everywhere, and line 1 too.
      if (taken[func] !== -1 || line <= 1 || strings[functions.name[func]!]!.startsWith('<')) continue;
      const row = this.row(names[func]!, line);
      if (row >= 0) this.several[row] = true;
      else {
        this.index.add(this.funcs.push(func) - 1);
        this.several.push(false);
      }
    }
  }

  private row(name: number, line: number): number {
    const { index, funcs, names, profile } = this;
    for (let row = index.first(mix(mix(61, name), line)); row >= 0; row = index.next()) {
      if (names[funcs[row]!] === name && profile.functions.startLine[funcs[row]!] === line) return row;
    }
    return -1;
  }

  /** The only function of this name and line; -1 when there is none, or several. */
  find(name: number, line: number): number {
    const row = this.row(name, line);
    return row < 0 || this.several[row] ? -1 : this.funcs[row]!;
  }

  /** Those that are the only ones of their name and line. */
  single(): number[] {
    return this.funcs.filter((_, row) => !this.several[row]);
  }
}

function pairFiles(base: Profile, next: Profile): Map<number, number> {
  const mine = paths(base);
  const theirs = paths(next);
  const pairs = new Map<number, number>();
  const take = (a: number, b: number) => {
    pairs.set(a, b);
    mine.delete(a);
    theirs.delete(b);
  };
  const exact = new Map(Array.from(theirs, ([file, parts]) => [parts.join('/'), file]));
  for (const [file, parts] of [...mine]) {
    const same = exact.get(parts.join('/'));
    if (same !== undefined && theirs.has(same)) take(file, same);
  }
  for (let depth = DEPTH; depth > 0 && mine.size > 0 && theirs.size > 0; depth--) {
    const ends = endings(theirs, depth);
    for (const [end, file] of endings(mine, depth)) {
      const other = ends.get(end);
      if (file !== SEVERAL && other !== undefined && other !== SEVERAL) take(file, other);
    }
  }
  return pairs;
}

/** Files that functions are in, by string index; Windows' paths have the same parts as others. */
function paths({ functions, strings }: Profile): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (let func = 0; func < functions.length; func++) {
    const file = functions.file[func]!;
    if (!found.has(file)) found.set(file, pathParts(strings[file]!));
  }
  return found;
}

/** Files by their last `depth` components, `SEVERAL` where more than one has them. */
function endings(files: ReadonlyMap<number, string[]>, depth: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const [file, parts] of files) {
    if (parts.length < depth || (depth === 1 && (COMMON.has(parts.at(-1)!) || !/\w\.\w/.test(parts.at(-1)!)))) continue;
    const end = parts.slice(-depth).join('/');
    found.set(end, found.has(end) ? SEVERAL : file);
  }
  return found;
}

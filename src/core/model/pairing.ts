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
  const groups = new Map<string, { base: number[]; next: number[] }>();
  const group = (file: number, name: string) => {
    const key = `${file}:${name}`;
    let found = groups.get(key);
    if (found === undefined) {
      found = { base: [], next: [] };
      groups.set(key, found);
    }
    return found;
  };
  for (let func = 0; func < next.functions.length; func++) group(next.functions.file[func]!, nameKey(next, func)).next.push(func);
  for (let func = 0; func < base.functions.length; func++) {
    const file = nextFileOf.get(base.functions.file[func]!);
    if (file !== undefined) group(file, nameKey(base, func)).base.push(func);
  }
  for (const { base: mine, next: theirs } of groups.values()) {
    if (mine.length > 0 && theirs.length > 0) pairGroup(base, mine, next, theirs, pair);
  }
  pairRenamed(base, nextOf, next, baseOf, pair);
  return { nextOf, baseOf, nextFileOf };
}

/** Names hold addresses that differ from run to run: `<function f at 0x7f…>`. */
function nameKey({ functions, strings }: Profile, func: number): string {
  const name = strings[functions.name[func]!]!;
  return name.includes('0x') ? name.replace(/0x[0-9a-f]+/gi, '0x') : name;
}

/** Functions of one name in one file: those that stayed where they were, then the others in order of their lines. */
function pairGroup(base: Profile, mine: number[], next: Profile, theirs: number[], pair: (a: number, b: number) => void): void {
  const byLine = new Map(theirs.map((func) => [next.functions.startLine[func]!, func]));
  const left: number[] = [];
  for (const func of mine) {
    const line = base.functions.startLine[func]!;
    const same = byLine.get(line);
    if (same === undefined) left.push(func);
    else {
      pair(func, same);
      byLine.delete(line);
    }
  }
  const free = [...byLine.values()];
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
function pairRenamed(base: Profile, nextOf: Int32Array, next: Profile, baseOf: Int32Array, pair: (a: number, b: number) => void): void {
  const keys = (profile: Profile, taken: Int32Array) => {
    const found = new Map<string, number>();
    for (let func = 0; func < taken.length; func++) {
      const line = profile.functions.startLine[func]!;
      const name = nameKey(profile, func);
      // <module> and <lambda> are everywhere, and line 1 too.
      if (taken[func] !== -1 || line <= 1 || name.startsWith('<')) continue;
      const key = `${line}:${name}`;
      found.set(key, found.has(key) ? SEVERAL : func);
    }
    return found;
  };
  const theirs = keys(next, baseOf);
  for (const [key, func] of keys(base, nextOf)) {
    const other = theirs.get(key);
    if (func !== SEVERAL && other !== undefined && other !== SEVERAL) pair(func, other);
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

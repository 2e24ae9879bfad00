import type { Profile, ViewSpec } from './profile.js';
import { summedFigures } from './summed.js';
import { matchingRows, weigh } from './weights.js';

/**
 * What the given functions take together, each stack counted once. Counted types have no stacks: there it is the sum of
 * the functions' own figures, which counts nothing twice either.
 */
export function totalOf(profile: Profile, spec: ViewSpec, funcs: Iterable<number>): number {
  const flags = new Uint8Array(profile.functions.length);
  for (const func of funcs) flags[func] = 1;
  let total = 0;
  const summed = summedFigures(profile, spec.type);
  if (summed !== undefined) {
    for (let func = 0; func < flags.length; func++) if (flags[func] === 1) total += summed.self[func]!;
    return total;
  }
  const { value } = weigh(profile, spec);
  const rows = matchingRows(profile, flags);
  for (let row = 0; row < rows.length; row++) if (rows[row] === 1) total += value[row]!;
  return total;
}

/**
 * A test for function names and files: plain text (any case), or a regular expression between slashes (`/^get_/`,
 * `/…/i`). A broken expression is looked for as text.
 */
export function searchTest(search: string): (name: string, file: string) => boolean {
  const between = /^\/(.+)\/([imsu]*)$/.exec(search);
  if (between !== null) {
    try {
      const pattern = new RegExp(between[1]!, between[2]);
      return (name, file) => pattern.test(name) || pattern.test(file);
    } catch {
      // As text, then.
    }
  }
  const wanted = search.toLowerCase();
  return (name, file) => name.toLowerCase().includes(wanted) || file.toLowerCase().includes(wanted);
}

/** Functions whose name or file the search finds. */
export function searchFunctions(profile: Profile, search: string): number[] {
  if (search === '') return [];
  const test = searchTest(search);
  const { functions, strings } = profile;
  const found: number[] = [];
  for (let func = 0; func < functions.length; func++) {
    if (test(strings[functions.name[func]!]!, strings[functions.file[func]!]!)) found.push(func);
  }
  return found;
}

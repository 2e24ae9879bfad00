import type { Profile } from './profile.js';
import { onStacks, stackIndex, sumUpwards } from './stackIndex.js';
import { stackRows } from './stackRows.js';
import { walkStacks } from './stackWalk.js';

/** Two lines of `profile.lines` that stand next to each other in a stack: `above` called `below`. Gives what to count, a small number, or -1. */
export type PairTest = (above: number, below: number) => number;

/** Per number that `test` chose: a function, or a pair of them. */
export interface PairSums {
  /** Of stacks in which it was chosen, each counted once. */
  readonly total: Map<number, number>;
  /** Of stacks in which it was chosen for the innermost pair. */
  readonly self: Map<number, number>;
}

/**
 * Adds up the weights of stacks by their pairs of caller and callee, inlined ones too.
 * @param value weight per row @param needed flags per line: only pairs with one of these are tested, so stacks without are passed by
 */
export function sumPairs(profile: Profile, value: Float64Array, needed: Uint8Array, test: PairTest): PairSums {
  const { stackOf } = stackIndex(profile);
  return stackOf === undefined ? ofRows(profile, value, needed, test) : ofTree(profile, stackOf, value, test);
}

function add(sums: Map<number, number>, func: number, weight: number): void {
  sums.set(func, (sums.get(func) ?? 0) + weight);
}

function ofRows(profile: Profile, value: Float64Array, needed: Uint8Array, test: PairTest): PairSums {
  const rows = stackRows(profile);
  const { firstLine, length } = profile.locations;
  const places = new Uint8Array(length);
  for (let location = 0; location < length; location++) {
    for (let line = firstLine[location]!; line < firstLine[location + 1]!; line++) if (needed[line] === 1) places[location] = 1;
  }
  const total = new Map<number, number>();
  const self = new Map<number, number>();
  const seen = new Map<number, number>();
  for (let row = 0; row < rows.length; row++) {
    const weight = value[row]!;
    if (weight === 0 || !hasPlace(rows.location, rows.first[row]!, rows.first[row + 1]!, places)) continue;
    let below = -1;
    let innermost = true;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const location = rows.location[at]!;
      for (let line = firstLine[location]!; line < firstLine[location + 1]!; line++) {
        if (below >= 0) {
          const func = test(line, below);
          if (func >= 0 && seen.get(func) !== row) {
            seen.set(func, row);
            add(total, func, weight);
          }
          if (func >= 0 && innermost) add(self, func, weight);
          innermost = false;
        }
        below = line;
      }
    }
  }
  return { total, self };
}

function hasPlace(location: Uint32Array, from: number, to: number, places: Uint8Array): boolean {
  for (let at = from; at < to; at++) if (places[location[at]!] === 1) return true;
  return false;
}

/** As `accumulate` does it for a tree: what is at or below the outermost such pair of each path. */
function ofTree(profile: Profile, stackOf: Int32Array, value: Float64Array, test: PairTest): PairSums {
  const { prefix, location } = profile.stacks;
  const { firstLine } = profile.locations;
  const own = onStacks(profile, stackOf, value);
  const below = sumUpwards(prefix, own);
  const total = new Map<number, number>();
  const self = new Map<number, number>();
  let onPath = new Uint32Array(profile.functions.length);
  /** Innermost line of what is above a stack, past locations without lines; -1 for none. */
  const lineAbove = new Int32Array(prefix.length);
  const chosen = (stack: number, tell: (func: number, innermost: boolean) => void) => {
    const place = location[stack]!;
    const first = firstLine[place]!;
    let above = lineAbove[stack]!;
    for (let line = firstLine[place + 1]! - 1; line >= first; line--) {
      const func = above < 0 ? -1 : test(above, line);
      if (func >= 0) tell(func, line === first);
      above = line;
    }
  };
  walkStacks(prefix, {
    enter(stack) {
      const parent = prefix[stack]!;
      if (parent < 0) lineAbove[stack] = -1;
      else {
        const place = location[parent]!;
        lineAbove[stack] = firstLine[place]! < firstLine[place + 1]! ? firstLine[place]! : lineAbove[parent]!;
      }
      chosen(stack, (func, innermost) => {
        if (func >= onPath.length) onPath = wider(onPath, func);
        if (onPath[func]!++ === 0 && below[stack] !== 0) add(total, func, below[stack]!);
        if (innermost && own[stack] !== 0) add(self, func, own[stack]!);
      });
    },
    leave(stack) {
      chosen(stack, (func) => {
        onPath[func]!--;
      });
    },
  });
  return { total, self };
}

function wider(counts: Uint32Array<ArrayBuffer>, index: number): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(2 * index + 1);
  wide.set(counts);
  return wide;
}

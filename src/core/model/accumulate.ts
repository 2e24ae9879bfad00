import type { Profile } from './profile.js';
import { onStacks, stackIndex, sumUpwards } from './stackIndex.js';
import { stackRows } from './stackRows.js';
import { walkStacks } from './stackWalk.js';
import type { Weights } from './weights.js';

/** Figures per key (a function, or a line of a file). */
export interface Sums {
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Samples behind `self`, and behind `total`. */
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array | undefined;
  /** The same beyond 2^53; absent when doubles are exact. */
  readonly exact: { readonly self: BigInt64Array; readonly total: BigInt64Array } | undefined;
}

/**
 * Adds up self and total in one pass over the stacks. A key counts once per stack however often it recurs, so that no
 * total passes the whole.
 * @param keyOf key of each row of `profile.lines`, -1 for lines that are not counted
 * @param countTotals also counts the samples behind `total`
 */
export function accumulate(profile: Profile, weights: Weights, keyOf: Int32Array | Uint32Array, keys: number, countTotals = false): Sums {
  const { stackOf } = stackIndex(profile);
  if (stackOf !== undefined) return accumulateTree(profile, stackOf, weights, keyOf, keys, countTotals);
  const rows = stackRows(profile);
  const { firstLine } = profile.locations;
  const { value, count, exact } = weights;
  const self = new Float64Array(keys);
  const total = new Float64Array(keys);
  const selfSamples = new Float64Array(keys);
  const totalSamples = countTotals ? new Float64Array(keys) : undefined;
  const exactSelf = exact === undefined ? undefined : new BigInt64Array(keys);
  const exactTotal = exact === undefined ? undefined : new BigInt64Array(keys);
  const seen = new Uint32Array(keys);
  const single = singleKeys(profile, keyOf);
  const { first, location: places } = rows;
  for (let row = 0; row < rows.length; row++) {
    const weight = value[row]!;
    const samples = count[row]!;
    if (weight === 0 && samples === 0) continue;
    const from = first[row]!;
    const to = first[row + 1]!;
    const stamp = row + 1;
    for (let at = from; at < to; at++) {
      const place = places[at]!;
      let key = single[place]!;
      let line = 0;
      let end = 0;
      if (key === SEVERAL) {
        line = firstLine[place]!;
        end = firstLine[place + 1]!;
        key = keyOf[line]!;
      }
      for (;;) {
        if (key >= 0 && seen[key] !== stamp) {
          seen[key] = stamp;
          total[key]! += weight;
          if (totalSamples !== undefined) totalSamples[key]! += samples;
          if (exactTotal !== undefined) exactTotal[key]! += exact![row]!;
        }
        if (++line >= end) break;
        key = keyOf[line]!;
      }
    }
    if (from === to) continue;
    const leaf = places[from]!;
    const key = single[leaf] === SEVERAL ? keyOf[firstLine[leaf]!]! : single[leaf]!;
    if (key < 0) continue;
    self[key]! += weight;
    selfSamples[key]! += samples;
    if (exactSelf !== undefined) exactSelf[key]! += exact![row]!;
  }
  return rounded({ self, total, selfSamples, totalSamples }, exactSelf, exactTotal);
}

/** Doubles of exact sums are their nearest, not sums of doubles. */
function rounded(sums: Omit<Sums, 'exact'>, self: BigInt64Array | undefined, total: BigInt64Array | undefined): Sums {
  if (self === undefined || total === undefined) return { ...sums, exact: undefined };
  for (let key = 0; key < self.length; key++) {
    sums.self[key] = Number(self[key]!);
    sums.total[key] = Number(total[key]!);
  }
  return { ...sums, exact: { self, total } };
}

/**
 * The same for stacks that came as a prefix tree, without writing them out: a key is given all that is at or below the
 * outermost stack of each path that has it.
 */
function accumulateTree(
  profile: Profile,
  stackOf: Int32Array,
  weights: Weights,
  keyOf: Int32Array | Uint32Array,
  keys: number,
  countTotals: boolean,
): Sums {
  const { prefix, location } = profile.stacks;
  const { firstLine } = profile.locations;
  const own = onStacks(profile, stackOf, weights.value);
  const ownCount = onStacks(profile, stackOf, weights.count);
  const below = sumUpwards(prefix, own);
  const belowCount = sumUpwards(prefix, ownCount);
  const exact = weights.exact === undefined ? undefined : exactOnStacks(prefix, stackOf, weights.exact);
  const self = new Float64Array(keys);
  const total = new Float64Array(keys);
  const selfSamples = new Float64Array(keys);
  const totalSamples = countTotals ? new Float64Array(keys) : undefined;
  const exactSelf = exact === undefined ? undefined : new BigInt64Array(keys);
  const exactTotal = exact === undefined ? undefined : new BigInt64Array(keys);
  /** How often each key is on the path to where the walk is. */
  const onPath = new Uint32Array(keys);
  walkStacks(prefix, {
    enter(stack) {
      const place = location[stack]!;
      const first = firstLine[place]!;
      for (let line = first; line < firstLine[place + 1]!; line++) {
        const key = keyOf[line]!;
        if (key < 0) continue;
        if (line === first) {
          self[key]! += own[stack]!;
          selfSamples[key]! += ownCount[stack]!;
          if (exactSelf !== undefined) exactSelf[key]! += exact!.own[stack]!;
        }
        if (onPath[key]!++ > 0) continue;
        total[key]! += below[stack]!;
        if (totalSamples !== undefined) totalSamples[key]! += belowCount[stack]!;
        if (exactTotal !== undefined) exactTotal[key]! += exact!.below[stack]!;
      }
    },
    leave(stack) {
      const place = location[stack]!;
      for (let line = firstLine[place]!; line < firstLine[place + 1]!; line++) if (keyOf[line]! >= 0) onPath[keyOf[line]!]!--;
    },
  });
  return rounded({ self, total, selfSamples, totalSamples }, exactSelf, exactTotal);
}

function exactOnStacks(prefix: Int32Array, stackOf: Int32Array, ofRow: BigInt64Array): { own: BigInt64Array; below: BigInt64Array } {
  const own = new BigInt64Array(prefix.length);
  for (let row = 0; row < stackOf.length; row++) if (stackOf[row]! >= 0) own[stackOf[row]!]! += ofRow[row]!;
  const below = own.slice();
  for (let stack = below.length - 1; stack >= 0; stack--) if (prefix[stack]! >= 0) below[prefix[stack]!]! += below[stack]!;
  return { own, below };
}

const SEVERAL = -2;

/** Key of each location with one line, the usual case: saves the inner loop a level. */
function singleKeys({ locations }: Profile, keyOf: Int32Array | Uint32Array): Int32Array {
  const keys = new Int32Array(locations.length);
  for (let i = 0; i < locations.length; i++) {
    const line = locations.firstLine[i]!;
    const count = locations.firstLine[i + 1]! - line;
    keys[i] = count === 1 ? keyOf[line]! : count === 0 ? -1 : SEVERAL;
  }
  return keys;
}

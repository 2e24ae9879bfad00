import type { Profile } from './profile.js';
import { stackRows } from './stackRows.js';
import type { Weights } from './weights.js';

/** Figures per key (a function, or a line of a file). */
export interface Sums {
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Samples behind `self`, and behind `total`. */
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
  /** The same beyond 2^53; absent when doubles are exact. */
  readonly exact: { readonly self: BigInt64Array; readonly total: BigInt64Array } | undefined;
}

/**
 * Adds up self and total in one pass over the stacks. A key counts once per stack however often it recurs, so that no
 * total passes the whole.
 * @param keyOf key of each row of `profile.lines`, -1 for lines that are not counted
 */
export function accumulate(profile: Profile, weights: Weights, keyOf: Int32Array | Uint32Array, keys: number): Sums {
  const rows = stackRows(profile);
  const { firstLine } = profile.locations;
  const { value, count, exact } = weights;
  const self = new Float64Array(keys);
  const total = new Float64Array(keys);
  const selfSamples = new Float64Array(keys);
  const totalSamples = new Float64Array(keys);
  const exactSelf = exact === undefined ? undefined : new BigInt64Array(keys);
  const exactTotal = exact === undefined ? undefined : new BigInt64Array(keys);
  const seen = new Uint32Array(keys);
  for (let row = 0; row < rows.length; row++) {
    const weight = value[row]!;
    const samples = count[row]!;
    if (weight === 0 && samples === 0) continue;
    const from = rows.first[row]!;
    const to = rows.first[row + 1]!;
    const stamp = row + 1;
    for (let at = from; at < to; at++) {
      const location = rows.location[at]!;
      const end = firstLine[location + 1]!;
      for (let line = firstLine[location]!; line < end; line++) {
        const key = keyOf[line]!;
        if (key < 0 || seen[key] === stamp) continue;
        seen[key] = stamp;
        total[key]! += weight;
        totalSamples[key]! += samples;
        if (exactTotal !== undefined) exactTotal[key]! += exact![row]!;
      }
    }
    if (from === to) continue;
    const leaf = rows.location[from]!;
    const key = firstLine[leaf]! < firstLine[leaf + 1]! ? keyOf[firstLine[leaf]!]! : -1;
    if (key < 0) continue;
    self[key]! += weight;
    selfSamples[key]! += samples;
    if (exactSelf !== undefined) exactSelf[key]! += exact![row]!;
  }
  if (exactSelf === undefined || exactTotal === undefined) return { self, total, selfSamples, totalSamples, exact: undefined };
  for (let key = 0; key < keys; key++) {
    self[key] = Number(exactSelf[key]!);
    total[key] = Number(exactTotal[key]!);
  }
  return { self, total, selfSamples, totalSamples, exact: { self: exactSelf, total: exactTotal } };
}

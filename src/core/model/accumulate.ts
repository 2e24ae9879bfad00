import type { FrameColumns, Profile } from './profile.js';
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
  const { value, count, exact } = weights;
  const sums = {
    self: new Float64Array(keys),
    total: new Float64Array(keys),
    selfSamples: new Float64Array(keys),
    totalSamples: countTotals ? new Float64Array(keys) : undefined,
  };
  const exactSelf = exact === undefined ? undefined : new BigInt64Array(keys);
  const exactTotal = exact === undefined ? undefined : new BigInt64Array(keys);
  const single = singleKeys(profile, keyOf);
  const { first, location: places } = rows;
  for (let row = 0; row < rows.length; row++) {
    if ((value[row] === 0 && count[row] === 0) || first[row] === first[row + 1]) continue;
    const leaf = places[first[row]!]!;
    const key = single[leaf] === SEVERAL ? keyOf[profile.locations.firstLine[leaf]!]! : single[leaf]!;
    if (key < 0) continue;
    sums.self[key]! += value[row]!;
    sums.selfSamples[key]! += count[row]!;
    if (exactSelf !== undefined) exactSelf[key]! += exact![row]!;
  }
  const kinds = rowKinds(rows, keyOf);
  if (exact === undefined) addByPlace(profile, rows, weights, keyOf, kinds, sums);
  addOnce(profile, rows, weights, keyOf, single, kinds, sums, exactTotal);
  return rounded(sums, exactSelf, exactTotal);
}

/** Whether a row has some key more than once. It is found when the row is first added up, and makes the next time quick. */
const RowKind = { unknown: 0, once: 1, recurring: 2 } as const;

const known = new WeakMap<FrameColumns, WeakMap<object, Uint8Array>>();

/** Kinds of rows, by the keys of lines: for keys that are the same column in every view. */
function rowKinds(rows: FrameColumns, keyOf: object): Uint8Array {
  let ofKeys = known.get(rows);
  if (ofKeys === undefined) {
    ofKeys = new WeakMap();
    known.set(rows, ofKeys);
  }
  let kinds = ofKeys.get(keyOf);
  if (kinds === undefined) {
    kinds = new Uint8Array(rows.length);
    ofKeys.set(keyOf, kinds);
  }
  return kinds;
}

type Totals = Pick<Sums, 'total' | 'totalSamples'>;

/** Adds up the rows that are known to have no key twice, place by place: nobody has to look what a row had before. */
function addByPlace(
  { locations, lines }: Profile,
  { length, first, location: places }: FrameColumns,
  { value, count }: Weights,
  keyOf: Int32Array | Uint32Array,
  kinds: Uint8Array,
  { total, totalSamples }: Totals,
): void {
  if (!kinds.includes(RowKind.once)) return;
  // Weight and samples of a place stand side by side, and so where one is the other is at hand.
  const ofPlace = new Float64Array(2 * locations.length);
  for (let row = 0; row < length; row++) {
    const weight = value[row]!;
    const samples = count[row]!;
    if ((weight === 0 && samples === 0) || kinds[row] !== RowKind.once) continue;
    const end = first[row + 1]!;
    if (totalSamples === undefined) for (let at = first[row]!; at < end; at++) ofPlace[2 * places[at]!]! += weight;
    else {
      for (let at = first[row]!; at < end; at++) {
        const place = 2 * places[at]!;
        ofPlace[place]! += weight;
        ofPlace[place + 1]! += samples;
      }
    }
  }
  const { firstLine } = locations;
  for (let place = 0, line = 0; line < lines.length; line++) {
    while (line >= firstLine[place + 1]!) place++;
    const key = keyOf[line]!;
    if (key < 0) continue;
    total[key]! += ofPlace[2 * place]!;
    if (totalSamples !== undefined) totalSamples[key]! += ofPlace[2 * place + 1]!;
  }
}

/** Adds up the other rows (where sums are exact, all), each key once a row. */
function addOnce(
  profile: Profile,
  rows: FrameColumns,
  { value, count, exact }: Weights,
  keyOf: Int32Array | Uint32Array,
  single: Int32Array,
  kinds: Uint8Array,
  { total, totalSamples }: Totals,
  exactTotal: BigInt64Array | undefined,
): void {
  const { firstLine } = profile.locations;
  const { first, location: places } = rows;
  const seen = new Uint32Array(total.length);
  for (let row = 0; row < rows.length; row++) {
    const weight = value[row]!;
    const samples = count[row]!;
    if ((weight === 0 && samples === 0) || (exactTotal === undefined && kinds[row] === RowKind.once)) continue;
    const to = first[row + 1]!;
    let kind: number = RowKind.once;
    const stamp = row + 1;
    for (let at = first[row]!; at < to; at++) {
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
        if (key >= 0) {
          if (seen[key] === stamp) kind = RowKind.recurring;
          else {
            seen[key] = stamp;
            total[key]! += weight;
            if (totalSamples !== undefined) totalSamples[key]! += samples;
            if (exactTotal !== undefined) exactTotal[key]! += exact![row]!;
          }
        }
        if (++line >= end) break;
        key = keyOf[line]!;
      }
    }
    kinds[row] = kind;
  }
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

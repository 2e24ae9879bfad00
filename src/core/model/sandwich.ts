import type { CallTree, TreeOptions } from './callTree.js';
import { edgesFrom } from './edgeTree.js';
import { foldInverted } from './foldInverted.js';
import { foldTree } from './foldTree.js';
import { functionRows } from './functionRows.js';
import { GrowingInt32, GrowingUint32 } from './growing.js';
import { growTree } from './growTree.js';
import { libraryFlags } from './library.js';
import { partitionTree } from './partition.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackDepths, stackRows } from './stackRows.js';
import { isSummed } from './summed.js';
import { orderDepthFirst } from './treeOrder.js';
import { weigh } from './weights.js';

/** Which way a sandwich is looked at from its function. */
export type SandwichSide = 'callers' | 'callees';

/** Bottom-up trees may be far larger than the stacks they come from: so many frames are looked at. */
const MAX_FRAMES = 2 ** 25;

/**
 * The call tree over all occurrences of a function, which is its only root: below it who called it, or what it called.
 * Of a stack that has the function more than once its outermost occurrence counts, so that the root is the function's total;
 * inner ones are callees. Without any stack through it the tree is empty. `sum` is that of the view.
 * Call-counting profiles give the function's own edges as they are and estimate the rest.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function sandwichTree(profile: Profile, spec: ViewSpec, func: number, side: SandwichSide, options: TreeOptions = {}): CallTree {
  const library = options.justMyCode ? flagsWithout(profile, func) : undefined;
  const { minShare = 0, depth = Number.POSITIVE_INFINITY } = options;
  if (isSummed(profile, spec.type)) {
    const grown = edgesFrom(profile, spec.type, func, side);
    const minimum = minShare * (grown.total[0] ?? 0);
    if (library === undefined) return orderDepthFirst(grown, { minimum, depth });
    return side === 'callers'
      ? foldInverted(grown, library, minimum, depth)
      : orderDepthFirst(foldTree(grown, library), { minimum, depth });
  }
  const { value, total: sum } = weigh(profile, spec);
  const { stackOf } = stackIndex(profile);
  return stackOf === undefined
    ? fromRows(profile, value, sum, func, side, library, minShare, depth)
    : fromStacks(profile, stackOf, value, sum, func, side, library, minShare, depth);
}

/** The function itself is never folded away. */
function flagsWithout(profile: Profile, func: number): Uint8Array | undefined {
  const flags = libraryFlags(profile);
  if (!flags.includes(1)) return undefined;
  const own = flags.slice();
  own[func] = 0;
  return own;
}

function fromRows(
  profile: Profile,
  value: Float64Array,
  sum: number,
  func: number,
  side: SandwichSide,
  library: Uint8Array | undefined,
  minShare: number,
  depth: number,
): CallTree {
  const { first, place, funcOf } = functionRows(profile, stackRows(profile), library);
  const at = new Uint32Array(value.length);
  const left = new Uint32Array(value.length);
  const weight = value;
  let length = 0;
  let total = 0;
  let negative = false;
  for (let row = 0; row < first.length - 1; row++) {
    if (value[row] === 0) continue;
    // Leaf first: the outermost occurrence is the last.
    let outermost = first[row + 1]! - 1;
    while (outermost >= first[row]! && (funcOf === undefined ? place[outermost]! : funcOf[place[outermost]!]!) !== func) outermost--;
    if (outermost < first[row]!) continue;
    at[length] = outermost;
    left[length] = side === 'callers' ? first[row + 1]! - outermost : outermost - first[row]! + 1;
    negative ||= value[row]! < 0;
    total += value[row]!;
    weight[length++] = value[row]!;
  }
  const step = side === 'callers' ? 1 : -1;
  const bounds = { minimum: negative ? 0 : minShare * total, depth, frames: Number.POSITIVE_INFINITY };
  return partitionTree(
    { length, at, left, weight, place, funcOf, functions: profile.functions.length, step, next: undefined },
    sum,
    bounds,
  );
}

function fromStacks(
  profile: Profile,
  stackOf: Int32Array,
  value: Float64Array,
  sum: number,
  func: number,
  side: SandwichSide,
  library: Uint8Array | undefined,
  minShare: number,
  depth: number,
): CallTree {
  const grown = growTree(profile, stackOf, value, library);
  const { parent } = grown;
  const { length } = parent;
  const self = new Float64Array(length);
  let negative = false;
  for (let row = 0; row < grown.ofRow.length; row++) {
    const node = grown.ofRow[row]!;
    if (node < 0) continue;
    self[node]! += value[row]!;
    negative ||= value[row]! < 0;
  }
  const total = sumUp(parent, self);
  /** 2: an outermost occurrence; 1: below one. */
  const inside = new Uint8Array(length);
  let whole = 0;
  for (let node = 0; node < length; node++) {
    const above = parent[node]!;
    if (above >= 0 && inside[above]! > 0) inside[node] = 1;
    else if (grown.func[node] === func) {
      inside[node] = 2;
      whole += total[node]!;
    }
  }
  const minimum = negative ? 0 : minShare * whole;
  if (side === 'callees') return calleesOf({ ...grown, self, inside }, sum, { minimum, depth });
  const at = Uint32Array.from(inside.keys()).filter((node) => inside[node] === 2);
  const depths = stackDepths(parent);
  return partitionTree(
    {
      length: at.length,
      at,
      left: at.map((node) => depths[node]!),
      weight: Float64Array.from(at, (node) => total[node]!),
      place: grown.func,
      funcOf: undefined,
      functions: profile.functions.length,
      step: 0,
      next: parent,
    },
    sum,
    { minimum, depth, frames: MAX_FRAMES },
  );
}

interface Inside {
  readonly func: Uint32Array;
  readonly parent: Int32Array;
  readonly self: Float64Array;
  readonly inside: Uint8Array;
}

/** Lays the subtrees of all outermost occurrences over one another. */
function calleesOf({ func, parent, self, inside }: Inside, sum: number, bounds: { minimum: number; depth: number }): CallTree {
  const merged = new Int32Array(func.length).fill(-1);
  const ownFunc = new GrowingUint32();
  const ownParent = new GrowingInt32();
  const known = new Map<number, number>();
  const functions = func.reduce((most, one) => Math.max(most, one), 0) + 1;
  for (let node = 0; node < func.length; node++) {
    if (inside[node] === 0) continue;
    const above = inside[node] === 2 ? -1 : merged[parent[node]!]!;
    const key = (above + 1) * functions + func[node]!;
    let place = known.get(key);
    if (place === undefined) {
      place = ownFunc.length;
      known.set(key, place);
      ownFunc.push(func[node]!);
      ownParent.push(above);
    }
    merged[node] = place;
  }
  const { length } = ownFunc;
  const ownSelf = new Float64Array(length);
  for (let node = 0; node < func.length; node++) if (merged[node]! >= 0) ownSelf[merged[node]!]! += self[node]!;
  const above = ownParent.done();
  const total = sumUp(above, ownSelf);
  return orderDepthFirst(
    { length, func: ownFunc.done(), parent: above, self: ownSelf, total, calls: undefined, sum, estimate: false, cut: false },
    bounds,
  );
}

function sumUp(parent: Int32Array, self: Float64Array): Float64Array {
  const total = self.slice();
  for (let node = total.length - 1; node >= 0; node--) if (parent[node]! >= 0) total[parent[node]!]! += total[node]!;
  return total;
}

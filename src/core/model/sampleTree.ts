import type { CallTree } from './callTree.js';
import { functionRows } from './functionRows.js';
import { growTree } from './growTree.js';
import { partitionTree, type TreeBounds } from './partition.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackDepths, stackRows } from './stackRows.js';
import { orderDepthFirst } from './treeOrder.js';
import { type Weights, weigh } from './weights.js';

/** Bottom-up trees of prefix trees may be far larger than these are: so many frames are looked at. */
const MAX_FRAMES = 2 ** 25;

/**
 * Draws a tree of functions from the stacks of a view. Inlined lines are frames of their own.
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 * @param minShare nodes below this share of the whole are left out; none are when there are negative figures
 */
export function sampleTree(
  profile: Profile,
  spec: ViewSpec,
  inverted: boolean,
  library: Uint8Array | undefined,
  minShare: number,
  depth: number,
): CallTree {
  const weights = weigh(profile, spec);
  const minimum = weights.value.some((value) => value < 0) ? 0 : minShare * weights.total;
  const { stackOf } = stackIndex(profile);
  if (stackOf === undefined) return fromRows(profile, weights, inverted, library, { minimum, depth, frames: Number.POSITIVE_INFINITY });
  return fromStacks(profile, stackOf, weights, inverted, library, { minimum, depth, frames: MAX_FRAMES });
}

function fromRows(
  profile: Profile,
  { value, total }: Weights,
  inverted: boolean,
  library: Uint8Array | undefined,
  bounds: TreeBounds,
): CallTree {
  const { first, place, funcOf } = functionRows(profile, stackRows(profile), library);
  const at = new Uint32Array(value.length);
  const left = new Uint32Array(value.length);
  // Weights are ours alone, and nobody asks for them by row any more: they move up in place.
  const weight = value;
  let length = 0;
  for (let row = 0; row < value.length; row++) {
    const frames = first[row + 1]! - first[row]!;
    if (value[row] === 0 || frames === 0) continue;
    at[length] = inverted ? first[row]! : first[row + 1]! - 1;
    left[length] = frames;
    weight[length++] = value[row]!;
  }
  const step = inverted ? 1 : -1;
  return partitionTree(
    { length, at, left, weight, place, funcOf, functions: profile.functions.length, step, next: undefined },
    total,
    bounds,
  );
}

function fromStacks(
  profile: Profile,
  stackOf: Int32Array,
  { value, total: sum }: Weights,
  inverted: boolean,
  library: Uint8Array | undefined,
  bounds: TreeBounds,
): CallTree {
  const { func, parent, ofRow } = growTree(profile, stackOf, value, library);
  const self = new Float64Array(func.length);
  for (let row = 0; row < ofRow.length; row++) if (ofRow[row]! >= 0) self[ofRow[row]!]! += value[row]!;
  if (!inverted) {
    const total = self.slice();
    for (let node = total.length - 1; node >= 0; node--) if (parent[node]! >= 0) total[parent[node]!]! += total[node]!;
    return orderDepthFirst({ length: func.length, func, parent, self, total, calls: undefined, sum, estimate: false, cut: false }, bounds);
  }
  const depths = stackDepths(parent);
  const ends = Uint32Array.from(self.keys()).filter((node) => self[node] !== 0);
  const left = ends.map((node) => depths[node]!);
  const weight = Float64Array.from(ends, (node) => self[node]!);
  return partitionTree(
    {
      length: ends.length,
      at: ends,
      left,
      weight,
      place: func,
      funcOf: undefined,
      functions: profile.functions.length,
      step: 0,
      next: parent,
    },
    sum,
    bounds,
  );
}

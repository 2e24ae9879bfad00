import type { CallTree } from './callTree.js';
import type { Profile, ViewSpec } from './profile.js';
import { drawTree } from './treeNodes.js';
import { functionStacks, treeShape } from './treeShape.js';
import { weigh } from './weights.js';

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
  const shape = treeShape(profile, functionStacks(profile, library), inverted);
  return drawTree(shape.weigh(weigh(profile, spec), minShare), depth);
}

import type { CallTree, TreeOptions } from './callTree.js';
import { edgesFrom } from './edgeTree.js';
import { foldInverted } from './foldInverted.js';
import { foldTree } from './foldTree.js';
import type { FunctionRows } from './functionRows.js';
import { GrowingInt32, GrowingUint32 } from './growing.js';
import type { FunctionTree } from './growTree.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackDepths } from './stackRows.js';
import { isSummed } from './summed.js';
import { drawTree } from './treeNodes.js';
import { orderDepthFirst } from './treeOrder.js';
import { type FunctionStacks, foldedLibrary, functionStacks, grownShape, type TreeShape, walkShape } from './treeShape.js';
import { weigh } from './weights.js';

/** Which way a sandwich is looked at from its function. */
export type SandwichSide = 'callers' | 'callees';

/**
 * The call tree over all occurrences of a function, which is its only root: below it who called it, or what it called.
 * Of a stack that has the function more than once its outermost occurrence counts, so that the root is the function's total;
 * inner ones are callees. Without any stack through it the tree is empty. `sum` is that of the view.
 * Call-counting profiles give the function's own edges as they are and estimate the rest.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function sandwichTree(profile: Profile, spec: ViewSpec, func: number, side: SandwichSide, options: TreeOptions = {}): CallTree {
  const library = options.justMyCode ? foldedLibrary(profile, func) : undefined;
  const { minShare = 0, depth = Number.POSITIVE_INFINITY } = options;
  if (!isSummed(profile, spec.type)) {
    const shape = sandwichShape(profile, functionStacks(profile, library), func, side);
    return drawTree(shape.weigh(weigh(profile, spec), minShare), depth);
  }
  const grown = edgesFrom(profile, spec.type, func, side);
  const minimum = minShare * (grown.total[0] ?? 0);
  if (library === undefined) return orderDepthFirst(grown, { minimum, depth });
  return side === 'callers' ? foldInverted(grown, library, minimum, depth) : orderDepthFirst(foldTree(grown, library), { minimum, depth });
}

/** The sandwich of a function of sampled stacks, in every view. @param stacks folded by `foldedLibrary`, or not at all */
export function sandwichShape(profile: Profile, { rows, tree }: FunctionStacks, func: number, side: SandwichSide): TreeShape {
  const functions = profile.functions.length;
  return rows === undefined ? ofTree(tree!, func, side, functions) : ofRows(rows, func, side, functions);
}

function ofRows({ first, place, funcOf }: FunctionRows, func: number, side: SandwichSide, functions: number): TreeShape {
  const start = new GrowingUint32();
  const length = new GrowingUint32();
  const walkOf = new Int32Array(first.length - 1).fill(-1);
  for (let row = 0; row < walkOf.length; row++) {
    // Leaf first: the outermost occurrence is the last.
    let outermost = first[row + 1]! - 1;
    while (outermost >= first[row]! && (funcOf === undefined ? place[outermost]! : funcOf[place[outermost]!]!) !== func) outermost--;
    if (outermost < first[row]!) continue;
    walkOf[row] = start.length;
    start.push(outermost);
    length.push(side === 'callers' ? first[row + 1]! - outermost : outermost - first[row]! + 1);
  }
  const step = side === 'callers' ? 1 : -1;
  return walkShape({ start: start.done(), length: length.done(), place, funcOf, functions, step, next: undefined }, walkOf, true);
}

function ofTree(tree: FunctionTree, func: number, side: SandwichSide, functions: number): TreeShape {
  const { parent, ofRow } = tree;
  /** The outermost occurrence that a node is or is below, -1 for none. */
  const occurrence = new Int32Array(parent.length).fill(-1);
  const start = new GrowingUint32();
  const walk = new Int32Array(parent.length);
  for (let node = 0; node < parent.length; node++) {
    const above = parent[node]!;
    if (above >= 0) occurrence[node] = occurrence[above]!;
    if (occurrence[node]! >= 0 || tree.func[node] !== func) continue;
    occurrence[node] = node;
    walk[node] = start.length;
    start.push(node);
  }
  if (side === 'callees') return grownShape(overlaid(tree, occurrence), true);
  const depths = stackDepths(parent);
  const length = start.done().map((node) => depths[node]!);
  const walkOf = ofRow.map((node) => (node < 0 || occurrence[node]! < 0 ? -1 : walk[occurrence[node]!]!));
  return walkShape({ start: start.done(), length, place: tree.func, funcOf: undefined, functions, step: 0, next: parent }, walkOf, true);
}

/** Lays the subtrees of all outermost occurrences over one another. */
function overlaid({ func, parent, ofRow }: FunctionTree, occurrence: Int32Array): FunctionTree {
  const placeOf = new Int32Array(func.length).fill(-1);
  const ownFunc = new GrowingUint32();
  const ownParent = new GrowingInt32();
  const known = new Map<number, number>();
  const functions = func.reduce((most, one) => Math.max(most, one), 0) + 1;
  for (let node = 0; node < func.length; node++) {
    if (occurrence[node]! < 0) continue;
    const above = occurrence[node] === node ? -1 : placeOf[parent[node]!]!;
    const key = (above + 1) * functions + func[node]!;
    let place = known.get(key);
    if (place === undefined) {
      place = ownFunc.length;
      known.set(key, place);
      ownFunc.push(func[node]!);
      ownParent.push(above);
    }
    placeOf[node] = place;
  }
  return { func: ownFunc.done(), parent: ownParent.done(), ofRow: ofRow.map((node) => (node < 0 ? -1 : placeOf[node]!)) };
}

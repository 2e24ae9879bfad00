import type { CallTree } from './callTree.js';
import { Division } from './division.js';
import { GrowingFloat64, GrowingUint32 } from './growing.js';
import { drawTree } from './treeNodes.js';
import type { GrownTree } from './treeOrder.js';
import { WalkTree } from './walkTree.js';

/** Rounding leaves rests of this share of the whole where there are none. */
const NOTHING = 1e-9;

/**
 * Folds the library frames of a finished bottom-up tree as those of stacks are folded: of each run of library frames the
 * outermost stays, and none outside the outermost own frame. What a node has beyond its callers is a stack that begins
 * there; each is folded, and the tree is drawn anew from them. Calls cannot be told of folded frames.
 * @param library flags per function
 */
export function foldInverted(tree: GrownTree, library: Uint8Array, minimum: number, depth: number): CallTree {
  const rest = tree.total.slice();
  for (let node = 0; node < tree.length; node++) if (tree.parent[node]! >= 0) rest[tree.parent[node]!]! -= tree.total[node]!;
  const place = new GrowingUint32();
  const start = new GrowingUint32();
  const length = new GrowingUint32();
  const value = new GrowingFloat64();
  for (let node = 0; node < tree.length; node++) {
    if (!(rest[node]! > NOTHING * tree.sum)) continue;
    const begin = place.length;
    // From the outermost caller inwards: a library frame stays when what called it is own code.
    for (let frame = node, above = -1; frame >= 0; above = tree.func[frame]!, frame = tree.parent[frame]!) {
      const func = tree.func[frame]!;
      if (library[func] === 0 || (above >= 0 && library[above] === 0)) place.push(func);
    }
    if (place.length === begin) place.push(tree.func[node]!);
    start.push(place.length - 1);
    length.push(place.length - begin);
    value.push(rest[node]!);
  }
  const division = new Division({
    start: start.done(),
    length: length.done(),
    place: place.done(),
    funcOf: undefined,
    functions: library.length,
    step: -1,
    next: undefined,
  });
  const folded = drawTree(new WalkTree(division, { value: value.done(), sum: tree.sum, minimum }), depth);
  // Bottom-up, the own time is the roots'.
  const self = folded.total.map((total, node) => (folded.parent[node]! < 0 ? total : 0));
  return { ...folded, self, estimate: tree.estimate, cut: folded.cut || tree.cut };
}

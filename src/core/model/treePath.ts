import { ancestorsOf, type CallTree } from './callTree.js';

/** Levels that one way may have: who wants to go further asks again from its end. */
const MAX_LEVELS = 2000;

/**
 * The hot path from a node (-1: the whole) inwards: the largest child each time, until a node spends more itself than
 * its largest child takes. Without the node itself.
 */
export function hotPath(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; path.length < MAX_LEVELS; ) {
    // Siblings are in order of totals: the row after a node is its largest child.
    const child = at + 1;
    const end = at < 0 ? tree.length : tree.subtreeEnd[at]!;
    if (child >= end || tree.total[child]! <= 0 || (at >= 0 && tree.self[at]! > tree.total[child]!)) break;
    path.push(child);
    at = child;
  }
  return path;
}

/** The node of a function with the largest total, -1 when the function is not in the tree. On a draw the outermost. */
export function heaviestNode(tree: CallTree, func: number): number {
  let best = -1;
  for (let node = 0; node < tree.length; node++) {
    if (tree.func[node] === func && (best < 0 || tree.total[node]! > tree.total[best]!)) best = node;
  }
  return best;
}

/** The next node (or the one before) in the tree's order whose function is flagged; it starts over at the end. -1 for none. */
export function nextMatch(tree: CallTree, from: number, flags: Uint8Array, backward: boolean): number {
  const { length } = tree;
  for (let i = 1; i <= length; i++) {
    const node = (((backward ? Math.max(from, 0) - i : from + i) % length) + length) % length;
    if (flags[tree.func[node]!] === 1) return node;
  }
  return -1;
}

/** The node and its ancestors, outermost first; of a node that lies absurdly deep the outer ones. */
export function pathTo(tree: CallTree, node: number): number[] {
  return node < 0 ? [] : [...ancestorsOf(tree, node), node].slice(0, MAX_LEVELS);
}

import type { CallTree } from './callTree.js';

/** A tree in order of growth: a parent comes before its children. */
export interface GrownTree {
  readonly length: number;
  readonly func: Uint32Array;
  readonly parent: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly calls: Float64Array | undefined;
  readonly sum: number;
  readonly estimate: boolean;
  readonly cut: boolean;
}

/** Nodes with a total below `minimum`, or at `depth` and deeper, are left out with all below them. */
interface Bounds {
  readonly minimum: number;
  readonly depth: number;
}

/** Puts a tree into depth-first order, siblings by total, largest first (on a draw: in order of growth). */
export function orderDepthFirst(grown: GrownTree, bounds: Bounds): CallTree {
  return depthFirst(grown, bounds).tree;
}

/** The same, with the node that each row of the ordered tree was: for further columns of the nodes. */
export function depthFirst(grown: GrownTree, bounds: Bounds): { readonly tree: CallTree; readonly chosen: Uint32Array } {
  const { parent, total } = grown;
  // Children of node i are listed in children[first[i + 1] … first[i + 2]); the roots are those of -1.
  const first = new Uint32Array(grown.length + 2);
  const kept = new Uint8Array(grown.length);
  const level = new Uint32Array(grown.length);
  let length = 0;
  for (let node = 0; node < grown.length; node++) {
    const above = parent[node]!;
    level[node] = above < 0 ? 0 : level[above]! + 1;
    if ((above >= 0 && kept[above] === 0) || level[node]! >= bounds.depth || Math.abs(total[node]!) < bounds.minimum) continue;
    kept[node] = 1;
    first[above + 2]!++;
    length++;
  }
  for (let i = 1; i < first.length; i++) first[i]! += first[i - 1]!;
  const next = first.slice();
  const children = new Uint32Array(length);
  for (let node = 0; node < grown.length; node++) if (kept[node] === 1) children[next[parent[node]! + 1]!++] = node;
  const order = (a: number, b: number) => total[b]! - total[a]! || a - b;
  for (let of = 0; of <= grown.length; of++) {
    const from = first[of]!;
    const to = first[of + 1]!;
    if (to - from > 16) children.subarray(from, to).sort(order);
    else sortFew(children, from, to, order);
  }

  const placeOf = new Uint32Array(grown.length);
  const chosen = new Uint32Array(length);
  const depth = new Uint32Array(length);
  const subtreeEnd = new Uint32Array(length);
  const newParent = new Int32Array(length);
  let placed = 0;
  // `next` becomes a cursor into each node's children; `at` climbs back by the parents: no recursion, no stack.
  next.set(first);
  for (let at = -1; ; ) {
    const cursor = next[at + 1]!;
    if (cursor < first[at + 2]!) {
      next[at + 1] = cursor + 1;
      const child = children[cursor]!;
      placeOf[child] = placed;
      chosen[placed] = child;
      newParent[placed] = at < 0 ? -1 : placeOf[at]!;
      depth[placed] = level[child]!;
      placed++;
      at = child;
      continue;
    }
    if (at < 0) break;
    subtreeEnd[placeOf[at]!] = placed;
    at = parent[at]!;
  }
  const inOrder = (column: Float64Array) => {
    const moved = new Float64Array(length);
    for (let i = 0; i < length; i++) moved[i] = column[chosen[i]!]!;
    return moved;
  };
  const func = new Uint32Array(length);
  for (let i = 0; i < length; i++) func[i] = grown.func[chosen[i]!]!;
  const tree = {
    length,
    func,
    parent: newParent,
    depth,
    self: inOrder(grown.self),
    total: inOrder(total),
    subtreeEnd,
    calls: grown.calls === undefined ? undefined : inOrder(grown.calls),
    sum: grown.sum,
    estimate: grown.estimate,
    cut: grown.cut || length < grown.length,
  };
  return { tree, chosen };
}

/** By insertion: most nodes have a few children, for which a general sort costs more than it does. */
function sortFew(numbers: Uint32Array, from: number, to: number, order: (a: number, b: number) => number): void {
  for (let i = from + 1; i < to; i++) {
    const number = numbers[i]!;
    let at = i;
    for (; at > from && order(numbers[at - 1]!, number) > 0; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
}

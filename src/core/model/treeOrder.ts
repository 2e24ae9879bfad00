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

/** Puts a tree into depth-first order, siblings by total, largest first (on a draw: in order of growth). */
export function orderDepthFirst(grown: GrownTree): CallTree {
  const { length, parent, total } = grown;
  // Children of node i are listed in children[first[i + 1] … first[i + 2]); the roots are those of -1.
  const first = new Uint32Array(length + 2);
  for (let node = 0; node < length; node++) first[parent[node]! + 2]!++;
  for (let i = 1; i < first.length; i++) first[i]! += first[i - 1]!;
  const next = first.slice();
  const children = new Uint32Array(length);
  for (let node = 0; node < length; node++) children[next[parent[node]! + 1]!++] = node;
  for (let of = 0; of <= length; of++) {
    const from = first[of]!;
    const to = first[of + 1]!;
    if (to - from > 1) children.subarray(from, to).sort((a, b) => total[b]! - total[a]! || a - b);
  }

  const placeOf = new Uint32Array(length);
  const order = new Uint32Array(length);
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
      order[placed] = child;
      newParent[placed] = at < 0 ? -1 : placeOf[at]!;
      depth[placed] = at < 0 ? 0 : depth[placeOf[at]!]! + 1;
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
    for (let i = 0; i < length; i++) moved[i] = column[order[i]!]!;
    return moved;
  };
  const func = new Uint32Array(length);
  for (let i = 0; i < length; i++) func[i] = grown.func[order[i]!]!;
  return {
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
    cut: grown.cut,
  };
}

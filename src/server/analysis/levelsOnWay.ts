import { UserError } from '../../core/errors.js';
import type { TreeLevel } from '../../protocol/tabs.js';

/** Most rows of each level that come with a way. */
const MAX_WINDOW = 1000;

/** A tree as somebody looks at it: nodes `N` in the order that was asked for, told as rows `R`. */
interface TreeLook<N, R> {
  readonly id: (node: N) => number;
  /** All children of a node in order; of undefined the roots. */
  readonly children: (node: N | undefined) => readonly N[];
  readonly rows: (nodes: readonly N[]) => readonly R[];
}

/**
 * The levels that a way goes through, of each the window that the way's node is in: windows begin at multiples of their size.
 * @param way nodes from the outside in @param from whose child the first of them is; undefined: a root
 * @param limit rows of a window, MAX_WINDOW at the most
 */
export function levelsOnWay<N, R>(
  way: readonly N[],
  from: N | undefined,
  limit: number,
  { id, children, rows }: TreeLook<N, R>,
): TreeLevel<R>[] {
  const size = Math.min(MAX_WINDOW, Math.max(1, Math.trunc(limit) || 1));
  return way.map((node, i) => {
    const parent = i === 0 ? from : way[i - 1];
    const order = children(parent);
    // Nodes may be made anew by each look.
    const at = order.findIndex((one) => id(one) === id(node));
    const offset = Math.floor(at / size) * size;
    const window = order.slice(offset, offset + size);
    return { node: parent === undefined ? -1 : id(parent), count: order.length, at, offset, rows: rows(window) };
  });
}

/** What is said of a node that a tree does not have. */
export function noSuchNode(): UserError {
  return new UserError('no-such-node', 'The call tree has no such node.');
}

import type { CallTree } from './callTree.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';

/** A node of a call tree that is looked at node by node. */
export interface TreeNode {
  /** Its number, the same whenever this tree is drawn again. */
  readonly id: number;
  readonly func: number;
  /** 0 for roots. */
  readonly depth: number;
  readonly self: number;
  readonly total: number;
  /** Calls (estimated per node), for trees drawn from call edges. */
  readonly calls?: number;
}

/** A call tree that is looked at node by node: what nobody looks at costs nothing. Nodes are asked of the tree that they came from. */
export interface TreeNodes {
  /** The whole: what the roots (and samples without a stack) add up to. */
  readonly sum: number;
  /** See `CallTree`. */
  readonly estimate: boolean;
  /** There may be figures below nothing: a part may be larger than the whole. */
  readonly signed: boolean;
  /** Deep or small parts were left out of what was looked at so far. */
  readonly cut: boolean;
  /** Children of a node (undefined: the roots), largest first. @param least smaller ones are left out */
  children(node: TreeNode | undefined, least?: number): readonly TreeNode[];
  countChildren(node: TreeNode | undefined): number;
  /** The node of this number after its ancestors, outermost first; undefined where there is none. */
  way(id: number): readonly TreeNode[] | undefined;
  /** A test for nodes: whether a function that is flagged lies below. @param flags 0/1 per function */
  leadingTo(flags: Uint8Array): (node: TreeNode) => boolean;
}

/** Largest first; on a draw the order stays. */
export function sortByTotal(nodes: TreeNode[]): void {
  if (nodes.length > 16) {
    nodes.sort((a, b) => b.total - a.total);
    return;
  }
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i]!;
    let at = i;
    for (; at > 0 && nodes[at - 1]!.total < node.total; at--) nodes[at] = nodes[at - 1]!;
    nodes[at] = node;
  }
}

/** A finished tree, node by node; numbers are its rows. */
export function columnNodes(tree: CallTree): TreeNodes {
  const at = (row: number): TreeNode => {
    const node = { id: row, func: tree.func[row]!, depth: tree.depth[row]!, self: tree.self[row]!, total: tree.total[row]! };
    return tree.calls === undefined ? node : { ...node, calls: tree.calls[row]! };
  };
  const end = (node: TreeNode | undefined) => (node === undefined ? tree.length : tree.subtreeEnd[node.id]!);
  const first = (node: TreeNode | undefined) => (node === undefined ? 0 : node.id + 1);
  return {
    sum: tree.sum,
    estimate: tree.estimate,
    signed: true,
    cut: tree.cut,
    children(node, least = Number.NEGATIVE_INFINITY) {
      const children: TreeNode[] = [];
      // The siblings of a smaller one are smaller still.
      for (let row = first(node); row < end(node) && tree.total[row]! >= least; row = tree.subtreeEnd[row]!) children.push(at(row));
      return children;
    },
    countChildren(node) {
      let count = 0;
      for (let row = first(node); row < end(node); row = tree.subtreeEnd[row]!) count++;
      return count;
    },
    way(id) {
      if (!Number.isInteger(id) || id < 0 || id >= tree.length) return undefined;
      const way: TreeNode[] = [];
      for (let row = id; row >= 0; row = tree.parent[row]!) way.push(at(row));
      return way.reverse();
    },
    leadingTo(flags) {
      const leads = new Uint8Array(tree.length);
      for (let row = tree.length - 1; row >= 0; row--) {
        const above = tree.parent[row]!;
        if (above >= 0 && (leads[row] === 1 || flags[tree.func[row]!] === 1)) leads[above] = 1;
      }
      return ({ id }) => leads[id] === 1;
    },
  };
}

/** Draws a tree as columns. @param depth levels to draw */
export function drawTree(nodes: TreeNodes, depth: number): CallTree {
  const func = new GrowingUint32();
  const parent = new GrowingInt32();
  const level = new GrowingUint32();
  const self = new GrowingFloat64();
  const total = new GrowingFloat64();
  let cut = false;
  /** What is to be drawn, the next one last; and the rows of their parents. */
  const pending: TreeNode[] = [];
  const above: number[] = [];
  const open = (node: TreeNode | undefined, row: number): void => {
    if ((node === undefined ? 0 : node.depth + 1) >= depth) {
      cut ||= nodes.countChildren(node) > 0;
      return;
    }
    const children = nodes.children(node);
    for (let i = children.length - 1; i >= 0; i--) {
      pending.push(children[i]!);
      above.push(row);
    }
  };
  open(undefined, -1);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const row = func.length;
    func.push(node.func);
    parent.push(above.pop()!);
    level.push(node.depth);
    total.push(node.total);
    open(node, row);
    // What ends in a node is found sooner once its children are.
    self.push(node.self);
  }
  return {
    length: func.length,
    func: func.done(),
    parent: parent.done(),
    depth: level.done(),
    self: self.done(),
    total: total.done(),
    subtreeEnd: subtreeEnds(parent.done()),
    calls: undefined,
    sum: nodes.sum,
    estimate: nodes.estimate,
    cut: cut || nodes.cut,
  };
}

function subtreeEnds(parent: Int32Array): Uint32Array {
  const ends = new Uint32Array(parent.length);
  for (let row = ends.length - 1; row >= 0; row--) {
    if (ends[row] === 0) ends[row] = row + 1;
    const above = parent[row]!;
    if (above >= 0 && ends[above] === 0) ends[above] = ends[row]!;
  }
  return ends;
}

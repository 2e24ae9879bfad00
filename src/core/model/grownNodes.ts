import type { FunctionTree } from './growTree.js';
import { sortByTotal, type TreeNode, type TreeNodes } from './treeNodes.js';
import type { WalkWeights } from './walkTree.js';

/** A prefix tree of functions with the children of each node listed: what all views of it share. */
export class GrownShape {
  /** Children of node i are `children[first[i + 1] … first[i + 2])`, in order of growth; the roots are those of -1. */
  readonly first: Uint32Array;
  readonly children: Uint32Array;

  constructor(readonly tree: Pick<FunctionTree, 'func' | 'parent'>) {
    const { parent } = tree;
    this.first = new Uint32Array(parent.length + 2);
    for (const above of parent) this.first[above + 2]!++;
    for (let i = 1; i < this.first.length; i++) this.first[i]! += this.first[i - 1]!;
    const next = this.first.slice();
    this.children = new Uint32Array(parent.length);
    for (let node = 0; node < parent.length; node++) this.children[next[parent[node]! + 1]!++] = node;
  }

  get bytes(): number {
    const { func, parent } = this.tree;
    return [func, parent, this.first, this.children].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

/** A prefix tree of functions with the weights of a view. */
export class GrownNodes implements TreeNodes {
  readonly estimate = false;
  cut = false;
  private readonly self: Float64Array;
  private readonly total: Float64Array;
  /** Flags of the nodes that have any weight at or below them; absent where their totals say so. */
  private readonly used: Uint8Array | undefined;

  readonly sum: number;
  readonly signed: boolean;
  private readonly minimum: number;

  /** @param weights by node: what ends there */
  constructor(
    private readonly shape: GrownShape,
    { value, sum, minimum }: WalkWeights,
  ) {
    this.sum = sum;
    this.minimum = minimum;
    const { parent } = shape.tree;
    this.signed = value.some((own) => own < 0);
    const used = this.signed ? Uint8Array.from(value, (own) => (own === 0 ? 0 : 1)) : undefined;
    this.self = value;
    this.total = value.slice();
    for (let node = parent.length - 1; node >= 0; node--) {
      const above = parent[node]!;
      if (above < 0) continue;
      this.total[above]! += this.total[node]!;
      if (used?.[node] === 1) used[above] = 1;
    }
    this.used = used;
  }

  /** Bytes of what is this view's own. */
  get bytes(): number {
    return this.self.byteLength + this.total.byteLength + (this.used?.byteLength ?? 0);
  }

  children(above: TreeNode | undefined, least = Number.NEGATIVE_INFINITY): TreeNode[] {
    const { first, children } = this.shape;
    const at = above === undefined ? 0 : above.id + 1;
    const depth = above === undefined ? 0 : above.depth + 1;
    const nodes: TreeNode[] = [];
    for (let i = first[at]!; i < first[at + 1]!; i++) {
      const node = children[i]!;
      if (this.shows(node) && this.total[node]! >= least) nodes.push(this.node(node, depth));
    }
    if (nodes.length > 1) sortByTotal(nodes);
    return nodes;
  }

  countChildren(above: TreeNode | undefined): number {
    const { first, children } = this.shape;
    const at = above === undefined ? 0 : above.id + 1;
    let count = 0;
    for (let i = first[at]!; i < first[at + 1]!; i++) if (this.shows(children[i]!)) count++;
    return count;
  }

  way(id: number): TreeNode[] | undefined {
    const { parent } = this.shape.tree;
    if (!Number.isInteger(id) || id < 0 || id >= parent.length) return undefined;
    const way: number[] = [];
    for (let node = id; node >= 0; node = parent[node]!) {
      if (!this.shows(node)) return undefined;
      way.push(node);
    }
    return way.reverse().map((node, depth) => this.node(node, depth));
  }

  leadingTo(flags: Uint8Array): (node: TreeNode) => boolean {
    const { func, parent } = this.shape.tree;
    const leads = new Uint8Array(parent.length);
    for (let node = parent.length - 1; node >= 0; node--) {
      const above = parent[node]!;
      if (above >= 0 && (leads[node] === 1 || (flags[func[node]!] === 1 && this.shows(node)))) leads[above] = 1;
    }
    return ({ id }) => leads[id] === 1;
  }

  private node(id: number, depth: number): TreeNode {
    return { id, func: this.shape.tree.func[id]!, depth, self: this.self[id]!, total: this.total[id]! };
  }

  private shows(node: number): boolean {
    const total = this.total[node]!;
    if (Math.abs(total) < this.minimum) {
      this.cut ||= total !== 0;
      return false;
    }
    return this.used === undefined ? total !== 0 : this.used[node] === 1;
  }
}

import { type CallTree, callTree, type TreeOptions } from './callTree.js';
import { changeNoise } from './changeNoise.js';
import { type ComparedSide, type Comparison, runSizes } from './compare.js';
import { type FlameFrame, type FlameLayout, frameOf, layoutBoxes } from './flame.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import { libraryFlags } from './library.js';
import { columnNodes } from './treeNodes.js';
import { depthFirst } from './treeOrder.js';

/** Which side's figures make the widths of boxes, and the order of siblings. */
export type WidthOf = 'base' | 'next';

export interface DiffTreeOptions {
  readonly inverted?: boolean;
  readonly justMyCode?: boolean;
  readonly widths?: WidthOf;
  /** Parts below this share (0..1) of their own side are left out. */
  readonly minShare?: number;
}

/**
 * Call trees of both sides of a comparison as one: a node is a path of functions, whichever side has it. Its own figures are
 * those of the side that makes the widths. Functions are numbered as in the new profile; those that only the base has follow
 * after them (`func - new functions` is the base's number).
 */
export interface DiffTree {
  readonly tree: CallTree;
  /** Figures of either side, by node; scaled, means of several runs. */
  readonly baseSelf: Float64Array;
  readonly baseTotal: Float64Array;
  readonly nextSelf: Float64Array;
  readonly nextTotal: Float64Array;
  /** Of several runs on a side: how far their totals are from the mean (`spreadOf`), by node. */
  readonly baseSpread: Float64Array | undefined;
  readonly nextSpread: Float64Array | undefined;
}

/** Draws both call trees and lays one over the other. @throws UserError as `callTree` does */
export function diffTree(comparison: Comparison, options: DiffTreeOptions = {}): DiffTree {
  const { base, next, pairing } = comparison;
  const { widths = 'next', inverted = false, justMyCode = false, minShare = 0 } = options;
  const wanted = { inverted, justMyCode, minShare };
  const added = next.profile.functions.length;
  const grown = new Union();
  const before = callTree(base.profile, base.spec, wanted);
  const after = callTree(next.profile, next.spec, wanted);
  grown.add(after, next.scale, (func) => func, grown.nextSelf, grown.nextTotal);
  grown.add(
    before,
    base.scale,
    (func) => (pairing.nextOf[func]! >= 0 ? pairing.nextOf[func]! : added + func),
    grown.baseSelf,
    grown.baseTotal,
  );
  const columns = grown.done();
  const baseSpread = grown.spread(comparison, base, wanted, (func) => (pairing.nextOf[func]! >= 0 ? pairing.nextOf[func]! : added + func));
  const nextSpread = grown.spread(comparison, next, wanted, (func) => func);
  const wide = widths === 'next' ? after : before;
  const { tree, chosen } = depthFirst(
    {
      length: columns.func.length,
      func: columns.func,
      parent: columns.parent,
      self: widths === 'next' ? columns.nextSelf : columns.baseSelf,
      total: widths === 'next' ? columns.nextTotal : columns.baseTotal,
      calls: undefined,
      sum: wide.sum * (widths === 'next' ? next.scale : base.scale),
      estimate: before.estimate || after.estimate,
      cut: before.cut || after.cut,
    },
    { minimum: 0, depth: Number.POSITIVE_INFINITY },
  );
  const inOrder = (column: Float64Array) => Float64Array.from(chosen, (node) => column[node]!);
  return {
    tree,
    baseSelf: inOrder(columns.baseSelf),
    baseTotal: inOrder(columns.baseTotal),
    nextSelf: inOrder(columns.nextSelf),
    nextTotal: inOrder(columns.nextTotal),
    baseSpread: baseSpread && inOrder(baseSpread),
    nextSpread: nextSpread && inOrder(nextSpread),
  };
}

/** Nodes of both trees, a path once; parents come before children. */
class Union {
  private readonly index = new Interner();
  private readonly func = new GrowingUint32();
  private readonly parent = new GrowingInt32();
  readonly baseSelf = new GrowingFloat64();
  readonly baseTotal = new GrowingFloat64();
  readonly nextSelf = new GrowingFloat64();
  readonly nextTotal = new GrowingFloat64();

  add(tree: CallTree, scale: number, idOf: (func: number) => number, self: GrowingFloat64, total: GrowingFloat64): void {
    const place = new Int32Array(tree.length);
    for (let node = 0; node < tree.length; node++) {
      const above = tree.parent[node]!;
      const at = this.node(above < 0 ? -1 : place[above]!, idOf(tree.func[node]!));
      place[node] = at;
      self.array[at]! += tree.self[node]! * scale;
      total.array[at]! += tree.total[node]! * scale;
    }
  }

  /**
   * How far the totals of a side's runs are from their mean, by node; undefined for a single run.
   * @param idOf function of the side's sum → function of the tree
   */
  spread({ normalize }: Comparison, side: ComparedSide, wanted: TreeOptions, idOf: (func: number) => number): Float64Array | undefined {
    const { repeated, scale } = side;
    if (repeated === undefined) return undefined;
    const sizes = runSizes(side, normalize);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    const nodes = this.func.length;
    const [sum, squares, bySize] = [new Float64Array(nodes), new Float64Array(nodes), new Float64Array(nodes)];
    for (const [run, profile] of repeated.profiles.entries()) {
      const ids = new Int32Array(profile.functions.length).fill(-1);
      for (const [func, own] of repeated.functions[run]!.entries()) if (own >= 0) ids[own] = idOf(func);
      const tree = callTree(profile, repeated.specs[run]!, wanted);
      const place = new Int32Array(tree.length).fill(-1);
      for (let node = 0; node < tree.length; node++) {
        const above = tree.parent[node]! < 0 ? -1 : place[tree.parent[node]!]!;
        if (above < 0 && tree.parent[node]! >= 0) continue;
        const at = this.find(above, ids[tree.func[node]!]!);
        place[node] = at;
        if (at < 0) continue;
        const total = tree.total[node]!;
        sum[at]! += total;
        squares[at]! += total ** 2;
        bySize[at]! += total * sizes[run]!;
      }
    }
    const sizeSquares = sizes.reduce((total, size) => total + size ** 2, 0);
    // Σ(x − rs)², written out: one pass over the runs, which come one at a time.
    return sum.map((total, node) => {
      const ratio = all === 0 ? 0 : total / all;
      return Math.max(0, squares[node]! - 2 * ratio * bySize[node]! + ratio ** 2 * sizeSquares) * (scale * sizes.length) ** 2;
    });
  }

  private find(above: number, own: number): number {
    const { index, func, parent } = this;
    let node = index.first(mix(mix(71, above), own));
    while (node >= 0 && (parent.array[node] !== above || func.array[node] !== own)) node = index.next();
    return node;
  }

  private node(above: number, own: number): number {
    const { index, func, parent } = this;
    let node = this.find(above, own);
    if (node >= 0) return node;
    node = func.length;
    index.add(node);
    func.push(own);
    parent.push(above);
    for (const column of [this.baseSelf, this.baseTotal, this.nextSelf, this.nextTotal]) column.push(0);
    return node;
  }

  done() {
    return {
      func: this.func.done(),
      parent: this.parent.done(),
      baseSelf: this.baseSelf.done(),
      baseTotal: this.baseTotal.done(),
      nextSelf: this.nextSelf.done(),
      nextTotal: this.nextTotal.done(),
    };
  }
}

/** Boxes as `FlameLayout`, with the figures of both sides box by box. */
export interface DiffLayout extends FlameLayout {
  readonly baseSelf: number[];
  readonly baseTotal: number[];
  readonly nextSelf: number[];
  readonly nextTotal: number[];
  /** Half the 95 % interval of the change of a box's total; NaN where it is not known. */
  readonly noise: number[];
}

/**
 * Lays out the boxes of a comparison's tree as `flameLayout` does. A frame's `func` is that of the new profile; what only the
 * base has is told by -2 and less: `-2 - func` of the base.
 */
export function diffLayout(comparison: Comparison, diff: DiffTree, root: number, minFraction: number): DiffLayout {
  const [base, next] = [comparison.base.profile, comparison.next.profile];
  const [baseLibrary, nextLibrary] = [libraryFlags(base), libraryFlags(next)];
  const added = next.functions.length;
  const frame = (func: number): FlameFrame => {
    if (func < added) return frameOf(next, nextLibrary, func);
    return { ...frameOf(base, baseLibrary, func - added), func: -2 - (func - added) };
  };
  const layout = layoutBoxes(frame, columnNodes(diff.tree), root, minFraction);
  const pick = (column: Float64Array) => layout.node.map((node) => column[node]!);
  return {
    ...layout,
    baseSelf: pick(diff.baseSelf),
    baseTotal: pick(diff.baseTotal),
    nextSelf: pick(diff.nextSelf),
    nextTotal: pick(diff.nextTotal),
    noise: layout.node.map((node) =>
      changeNoise(
        comparison.base,
        diff.baseTotal[node]!,
        comparison.next,
        diff.nextTotal[node]!,
        diff.baseSpread?.[node],
        diff.nextSpread?.[node],
      ),
    ),
  };
}

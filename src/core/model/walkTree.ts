import type { Division } from './division.js';
import { sortByTotal, type TreeNode, type TreeNodes } from './treeNodes.js';

/** What a view weighs. */
export interface WalkWeights {
  /** By walk, or by node of a prefix tree: what ends there. */
  readonly value: Float64Array;
  /** The whole, see `TreeNodes`. */
  readonly sum: number;
  /** Nodes with less are left out, with all below them. */
  readonly minimum: number;
}

/** A part of a division, or a place on the way of a single walk, as a node. */
class Part implements TreeNode {
  constructor(
    private readonly tree: WalkTree,
    readonly func: number,
    readonly depth: number,
    readonly total: number,
    /** Its walks are `order[from … to)`. */
    readonly from: number,
    readonly to: number,
    /** Row of the division; of a single walk the place of its next frame. */
    readonly row: number,
  ) {}

  /** Only one part of a level begins at a place. */
  get id(): number {
    return this.depth * this.tree.walks + this.from;
  }

  get self(): number {
    return this.tree.endingIn(this);
  }

  get isSingle(): boolean {
    return this.to - this.from === 1;
  }
}

/** The tree of a division with the weights of a view. Only what is looked at is added up, and divided if nobody did so before. */
export class WalkTree implements TreeNodes {
  readonly walks: number;
  readonly sum: number;
  readonly estimate = false;
  cut = false;
  private readonly value: Float64Array;
  private readonly minimum: number;
  /** What adds up to nothing may yet be something then. */
  readonly signed: boolean;
  private readonly whole: Part;

  /** @param alone no other view has this division */
  constructor(
    private readonly division: Division,
    { value, sum, minimum }: WalkWeights,
    private readonly alone = false,
  ) {
    this.walks = division.order.length;
    this.value = value;
    this.sum = sum;
    this.minimum = minimum;
    this.signed = value.some((own) => own < 0);
    this.whole = this.part(0, -1, this.weigh(0, this.walks));
  }

  /** Bytes of what is this view's own. */
  get bytes(): number {
    return this.value.byteLength + (this.alone ? this.division.bytes : 0);
  }

  children(node: TreeNode | undefined, least = Number.NEGATIVE_INFINITY): Part[] {
    const parts: Part[] = [];
    const { above, first, count } = this.below(node);
    if (above.isSingle && count > 0 && above.total >= least) parts.push(this.onward(above));
    for (let row = first; !above.isSingle && row < first + count; row++) {
      const total = this.totalOf(row, above, count);
      if (this.shows(row, total) && total >= least) parts.push(this.part(row, above.depth + 1, total));
    }
    if (parts.length > 1) sortByTotal(parts);
    return parts;
  }

  countChildren(node: TreeNode | undefined): number {
    const { above, first, count } = this.below(node);
    if (above.isSingle) return count;
    let shown = 0;
    for (let row = first; row < first + count; row++) if (this.shows(row, this.totalOf(row, above, count))) shown++;
    return shown;
  }

  way(id: number): Part[] | undefined {
    if (!Number.isInteger(id) || id < 0) return undefined;
    const depth = Math.floor(id / this.walks);
    const place = id - depth * this.walks;
    const way: Part[] = [];
    for (let part: Part | undefined = this.whole; part !== undefined && part.depth < depth; ) {
      part = this.childAt(part, place);
      if (part !== undefined) way.push(part);
    }
    return way.length === depth + 1 && way[depth]!.from === place ? way : undefined;
  }

  leadingTo(flags: Uint8Array): (node: TreeNode) => boolean {
    const last = this.division.lastOf(flags);
    const { order } = this.division;
    return (node) => {
      const { from, to, depth } = node as Part;
      for (let i = from; i < to; i++) if (last[order[i]!]! > depth + 1 && this.value[order[i]!] !== 0) return true;
      return false;
    };
  }

  /** What ends in a part, not below it. */
  endingIn(part: Part): number {
    const { order, walks } = this.division;
    // Of a part that is divided, what ends there comes first.
    const sorted = !part.isSingle && this.division.isDivided(part.row);
    let self = 0;
    for (let i = part.from; i < part.to; i++) {
      if (walks.length[order[i]!] === part.depth + 1) self += this.value[order[i]!]!;
      else if (sorted) break;
    }
    return self;
  }

  /** Rows of the parts below a node; below a single walk there is one or none. */
  private below(node: TreeNode | undefined): { readonly above: Part; readonly first: number; readonly count: number } {
    const above = (node as Part | undefined) ?? this.whole;
    const { division } = this;
    const depth = above.depth + 1;
    if (depth >= division.levels) this.cut = true;
    else if (!above.isSingle) return { above, ...division.divide(above.row, depth) };
    else {
      const walk = division.order[above.from]!;
      return { above, first: 0, count: this.value[walk] !== 0 && division.walks.length[walk]! > depth ? 1 : 0 };
    }
    return { above, first: 0, count: 0 };
  }

  private part(row: number, depth: number, total: number): Part {
    const { division } = this;
    const from = division.from.array[row]!;
    const to = division.to.array[row]!;
    const next = to - from === 1 ? division.placeOf(division.order[from]!, depth + 1) : row;
    return new Part(this, division.func.array[row]!, depth, total, from, to, next);
  }

  /** The next frame of a single walk. */
  private onward({ row: place, depth, total, from, to }: Part): Part {
    return new Part(this, this.division.funcAt(place), depth + 1, total, from, to, this.division.after(place));
  }

  /** The child that the walk at a place of the order goes through. */
  private childAt(node: Part, place: number): Part | undefined {
    const { above, first, count } = this.below(node);
    if (above.isSingle) return count > 0 ? this.onward(above) : undefined;
    const { from, to } = this.division;
    let [low, high] = [first, first + count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (to.array[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    if (low === first + count || from.array[low]! > place) return undefined;
    const total = this.totalOf(low, above, count);
    return this.shows(low, total) ? this.part(low, above.depth + 1, total) : undefined;
  }

  private totalOf(row: number, above: Part, siblings: number): number {
    const { from, to } = this.division;
    // What has all walks of the part above it need not be added up again.
    if (siblings === 1 && to.array[row]! - from.array[row]! === above.to - above.from) return above.total;
    return this.weigh(from.array[row]!, to.array[row]!);
  }

  private weigh(from: number, to: number): number {
    const { order } = this.division;
    let total = 0;
    for (let i = from; i < to; i++) total += this.value[order[i]!]!;
    return total;
  }

  private shows(row: number, total: number): boolean {
    if (Math.abs(total) < this.minimum) {
      this.cut ||= total !== 0;
      return false;
    }
    return total !== 0 || (this.signed && this.hasWeight(row));
  }

  private hasWeight(row: number): boolean {
    const { order, from, to } = this.division;
    for (let i = from.array[row]!; i < to.array[row]!; i++) if (this.value[order[i]!] !== 0) return true;
    return false;
  }
}

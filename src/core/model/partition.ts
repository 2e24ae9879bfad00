import type { CallTree } from './callTree.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';

/** Stacks that are walked from one end to the other, all at once. The columns with a row per walk are used up. */
export interface Walks {
  readonly length: number;
  /** Place of the walk's first frame. */
  readonly at: Uint32Array;
  /** Frames of the walk. */
  readonly left: Uint32Array;
  readonly weight: Float64Array;
  /** What stands at a place, by `funcOf` or itself a function. */
  readonly place: Uint32Array;
  readonly funcOf: Uint32Array | undefined;
  /** Number of functions. */
  readonly functions: number;
  /** From a place to the next: so far on, … */
  readonly step: number;
  /** … or where this column says. */
  readonly next: Int32Array | undefined;
}

export interface TreeBounds {
  /** Nodes with less are left out, with all below them. */
  readonly minimum: number;
  /** Levels that are drawn. */
  readonly depth: number;
  /** Frames that are looked at before the rest is left out. */
  readonly frames: number;
}

/**
 * Draws a call tree in depth-first order at once: the walks are divided by their first function, each part by its second,
 * and so on, largest part first. Parts below the minimum are dropped undivided, so that a tree of what can be seen costs a
 * look at what can be seen; memory is a few words per walk and the nodes that are kept.
 */
export function partitionTree(walks: Walks, sum: number, bounds: TreeBounds): CallTree {
  const { place, funcOf, step, next } = walks;
  // Parts move between two sets of columns: what is being divided stays in one, its parts go to the other.
  const at = [walks.at, new Uint32Array(walks.length)] as const;
  const left = [walks.left, new Uint32Array(walks.length)] as const;
  const weight = [walks.weight, new Float64Array(walks.length)] as const;
  /** First function of each walk of the part that is being divided. */
  const funcs = new Uint32Array(walks.length);
  const count = new Uint32Array(walks.functions);
  const part = new Float64Array(walks.functions);
  const goal = new Int32Array(walks.functions);
  let found: number[] = [];
  const nodes = new Nodes();
  const pending = new Pending();
  let looked = 0;
  let cut = false;

  /** Adds up what ends at `parent`, and puts its parts on the list of what is to be drawn. */
  const divide = (side: number, from: number, to: number, parent: number, depth: number): void => {
    const [ats, lefts, weights] = [at[side]!, left[side]!, weight[side]!];
    let self = 0;
    let ended = 0;
    found = [];
    looked += to - from;
    const stop = depth >= bounds.depth || looked > bounds.frames;
    for (let i = from; i < to; i++) {
      if (lefts[i] === 0) {
        self += weights[i]!;
        ended++;
        continue;
      }
      if (stop) continue;
      const there = place[ats[i]!]!;
      const func = funcOf === undefined ? there : funcOf[there]!;
      funcs[i] = func;
      if (count[func]!++ === 0) found.push(func);
      part[func]! += weights[i]!;
    }
    if (parent >= 0) nodes.self.array[parent] = self;
    if (stop) {
      cut ||= ended < to - from;
      return;
    }
    if (found.length > 1) sortByPart(found, part);
    const whole = found.length === 1 && ended === 0;
    const other = whole ? side : 1 - side;
    let end = from;
    for (const func of found) {
      const keep = Math.abs(part[func]!) >= bounds.minimum;
      goal[func] = keep ? end : -1;
      if (keep) end += count[func]!;
      else cut = true;
    }
    if (whole) {
      if (end > from) advance(ats, lefts, from, to);
    } else if (end > from) {
      const [toAts, toLefts, toWeights] = [at[other]!, left[other]!, weight[other]!];
      for (let i = from; i < to; i++) {
        if (lefts[i] === 0) continue;
        const there = goal[funcs[i]!]!;
        if (there < 0) continue;
        goal[funcs[i]!] = there + 1;
        toAts[there] = next === undefined ? ats[i]! + step : next[ats[i]!]!;
        toLefts[there] = lefts[i]! - 1;
        toWeights[there] = weights[i]!;
      }
    }
    // The list is taken from its end: the largest part goes there last.
    for (let i = found.length - 1; i >= 0; i--) {
      const func = found[i]!;
      if (Math.abs(part[func]!) >= bounds.minimum) {
        end -= count[func]!;
        pending.push(other, end, end + count[func]!, parent, depth, func, part[func]!);
      }
      count[func] = 0;
      part[func] = 0;
    }
  };

  const advance = (ats: Uint32Array, lefts: Uint32Array, from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      ats[i] = next === undefined ? ats[i]! + step : next[ats[i]!]!;
      lefts[i]!--;
    }
  };

  divide(0, 0, walks.length, -1, 0);
  while (pending.pop()) {
    const { side, from, to, parent, depth, func, total } = pending;
    const node = nodes.add(func, parent, depth, total);
    divide(side, from, to, node, depth + 1);
  }
  return nodes.tree(sum, cut);
}

/** Largest first; on a draw the order stays. */
function sortByPart(found: number[], part: Float64Array): void {
  if (found.length > 16) {
    found.sort((a, b) => part[b]! - part[a]!);
    return;
  }
  for (let i = 1; i < found.length; i++) {
    const func = found[i]!;
    let at = i;
    for (; at > 0 && part[found[at - 1]!]! < part[func]!; at--) found[at] = found[at - 1]!;
    found[at] = func;
  }
}

/** Parts that are to be drawn, last come first; the fields are those of the part taken last. */
class Pending {
  side = 0;
  from = 0;
  to = 0;
  parent = 0;
  depth = 0;
  func = 0;
  total = 0;
  private readonly numbers = new GrowingInt32();
  private readonly totals = new GrowingFloat64();

  push(side: number, from: number, to: number, parent: number, depth: number, func: number, total: number): void {
    const { numbers } = this;
    numbers.reserve(6);
    const { array, length } = numbers;
    array[length] = side;
    array[length + 1] = from;
    array[length + 2] = to;
    array[length + 3] = parent;
    array[length + 4] = depth;
    array[length + 5] = func;
    numbers.length += 6;
    this.totals.push(total);
  }

  pop(): boolean {
    const { numbers, totals } = this;
    if (totals.length === 0) return false;
    numbers.length -= 6;
    const { array, length } = numbers;
    this.side = array[length]!;
    this.from = array[length + 1]!;
    this.to = array[length + 2]!;
    this.parent = array[length + 3]!;
    this.depth = array[length + 4]!;
    this.func = array[length + 5]!;
    this.total = totals.array[--totals.length]!;
    return true;
  }
}

/** The tree while it grows. */
class Nodes {
  private readonly func = new GrowingUint32();
  private readonly parent = new GrowingInt32();
  private readonly depth = new GrowingUint32();
  private readonly total = new GrowingFloat64();
  readonly self = new GrowingFloat64();

  add(func: number, parent: number, depth: number, total: number): number {
    this.func.push(func);
    this.parent.push(parent);
    this.depth.push(depth);
    this.total.push(total);
    this.self.push(0);
    return this.func.length - 1;
  }

  tree(sum: number, cut: boolean): CallTree {
    const { length } = this.func;
    const parent = this.parent.done();
    const subtreeEnd = new Uint32Array(length);
    for (let node = length - 1; node >= 0; node--) {
      if (subtreeEnd[node] === 0) subtreeEnd[node] = node + 1;
      const above = parent[node]!;
      if (above >= 0 && subtreeEnd[above] === 0) subtreeEnd[above] = subtreeEnd[node]!;
    }
    return {
      length,
      func: this.func.done(),
      parent,
      depth: this.depth.done(),
      self: this.self.done(),
      total: this.total.done(),
      subtreeEnd,
      calls: undefined,
      sum,
      estimate: false,
      cut,
    };
  }
}

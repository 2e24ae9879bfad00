import { foldTree } from './foldTree.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import type { Profile } from './profile.js';
import { type SummedFigures, summedFigures } from './summed.js';
import type { GrownTree } from './treeOrder.js';

const MAX_NODES = 100_000;
const MAX_DEPTH = 256;
/** Nodes smaller than this share of the whole are not followed further. */
const SMALLEST = 1e-5;

/** Edges by one of their ends: those of function f are `edge[first[f] … first[f + 1] - 1]`. */
interface Adjacency {
  readonly first: Uint32Array;
  readonly edge: Uint32Array;
}

/**
 * Estimates a tree from caller → callee edges: a function's children are given the part of each edge that the function
 * itself was given of its own figures. Exact for a function with one caller; below a function with several, a guess
 * (cProfile does not record whose callee was slow). Recursion is folded into the outermost call. Level by level, so that
 * what the bounds cut off is deep and small.
 * @param library flags per function: folds runs of library frames of a top-down tree; a bottom-up one is folded afterwards (`foldInverted`)
 */
export function edgeTree(profile: Profile, type: number, inverted: boolean, library: Uint8Array | undefined): GrownTree {
  const figures = summedFigures(profile, type)!;
  let sum = 0;
  for (const own of figures.self) sum += own;
  const grown = new Growth(sum);
  if (inverted) growInverted(figures, grown);
  else growDown(figures, grown);
  const tree = grown.done(figures.edges.length);
  return library === undefined || inverted ? tree : foldTree(tree, library);
}

/**
 * The same from one function, its only root: what it called, or who called it. Its own edges are as the file has them; a
 * part of its total that no edge accounts for came from outside. Empty for a function without figures.
 */
export function edgesFrom(profile: Profile, type: number, func: number, side: 'callers' | 'callees'): GrownTree {
  const figures = summedFigures(profile, type)!;
  const grown = new Growth(figures.self.reduce((sum, own) => sum + own, 0));
  const calls = figures.calls?.[func] ?? 0;
  if (figures.total[func]! > 0 || calls > 0) {
    const self = side === 'callees' ? figures.self[func]! : 0;
    grown.add(func, -1, self, figures.total[func]!, calls);
    if (side === 'callees') growChildren(figures, grown);
    else growCallers(figures, grown, figures.edges.total, true);
  }
  return grown.done(figures.edges.length);
}

/** Nodes in order of growth, with the bounds of the estimate. */
class Growth {
  readonly func = new GrowingUint32();
  readonly parent = new GrowingInt32();
  readonly depth = new GrowingUint32();
  readonly self = new GrowingFloat64();
  readonly total = new GrowingFloat64();
  readonly calls = new GrowingFloat64();
  cut = false;

  constructor(readonly sum: number) {}

  add(func: number, parent: number, self: number, total: number, calls: number): void {
    if (this.func.length >= MAX_NODES) {
      this.cut = true;
      return;
    }
    this.func.push(func);
    this.parent.push(parent);
    this.depth.push(parent < 0 ? 0 : this.depth.array[parent]! + 1);
    this.self.push(self);
    this.total.push(total);
    this.calls.push(calls);
  }

  /** True when the node's children are to be drawn. */
  follow(node: number): boolean {
    const follow = this.depth.array[node]! < MAX_DEPTH && this.total.array[node]! > this.sum * SMALLEST;
    if (!follow && this.total.array[node]! > this.self.array[node]!) this.cut = true;
    return follow;
  }

  onPath(node: number, func: number): boolean {
    for (let at = node; at >= 0; at = this.parent.array[at]!) if (this.func.array[at] === func) return true;
    return false;
  }

  done(edges: number): GrownTree {
    return {
      length: this.func.length,
      func: this.func.done(),
      parent: this.parent.done(),
      self: this.self.done(),
      total: this.total.done(),
      calls: this.calls.done(),
      sum: this.sum,
      estimate: edges > 0,
      cut: this.cut,
    };
  }
}

function growDown(figures: SummedFigures, grown: Growth): void {
  for (const { func, share } of roots(figures)) {
    grown.add(func, -1, share * figures.self[func]!, share * figures.total[func]!, share * (figures.calls?.[func] ?? 0));
  }
  growChildren(figures, grown);
}

/** Gives the roots that are there what they called, and so on inwards. */
function growChildren(figures: SummedFigures, grown: Growth): void {
  const { edges, isCallCount } = figures;
  // For calls a node's total is what its subtree adds up to; a function's own figure is its calls.
  const figure = figures.total;
  const edgeFigure = edges.total;
  const inner = innerTotals(figures);
  const out = adjacency(edges.caller, edges.length, figure.length);
  for (let node = 0; node < grown.func.length; node++) {
    if (!grown.follow(node)) continue;
    const func = grown.func.array[node]!;
    const given = isCallCount ? grown.calls.array[node]! : grown.total.array[node]!;
    const share = figure[func]! > 0 ? Math.min(1, given / figure[func]!) : 0;
    const from = out.first[func]!;
    const to = out.first[func + 1]!;
    // Figures of edges inside a recursion overlap: children may claim more than there is. What a child claims beyond the
    // time of inner calls is its own for sure; they share what is left by what else they claim.
    let claimed = 0;
    let sure = 0;
    for (let at = from; at < to; at++) {
      const edge = out.edge[at]!;
      if (grown.onPath(node, edges.callee[edge]!)) continue;
      claimed += share * edgeFigure[edge]!;
      sure += share * Math.max(0, edgeFigure[edge]! - inner[func]!);
    }
    const free = grown.total.array[node]! - grown.self.array[node]!;
    const fits = isCallCount || claimed <= free;
    if (!fits && sure >= free) sure = 0;
    const scale = fits ? 1 : Math.max(0, (free - sure) / (claimed - sure));
    for (let at = from; at < to; at++) {
      const edge = out.edge[at]!;
      const callee = edges.callee[edge]!;
      if (grown.onPath(node, callee)) continue;
      const claim = share * edgeFigure[edge]!;
      const own = fits || sure === 0 ? 0 : share * Math.max(0, edgeFigure[edge]! - inner[func]!);
      const total = own + scale * (claim - own);
      // By what the edge claims, not by what it is given: of a recursion the overlap is cut off, not the own time.
      const ofCallee = figure[callee]! > 0 ? Math.min(1, claim / figure[callee]!) : 0;
      const self = isCallCount ? total : Math.min(total, ofCallee * figures.self[callee]!);
      grown.add(callee, node, self, total, (claim > 0 ? (share * total) / claim : share) * edges.calls[edge]!);
    }
  }
  if (isCallCount) addUp(grown);
}

/** Time of each function's calls from within itself: what its callers and the outside sum up to beyond its total. */
function innerTotals(figures: SummedFigures): Float64Array {
  const inner = figures.total.map((total) => -total);
  for (const { func, share } of roots(figures)) inner[func]! += share * figures.total[func]!;
  for (let edge = 0; edge < figures.edges.length; edge++) inner[figures.edges.callee[edge]!]! += figures.edges.total[edge]!;
  return inner.map((time) => Math.max(0, time));
}

/** Where time enters the graph: functions with a part of their total (of their calls, if that is 0) from no known caller. */
function roots(figures: SummedFigures): { func: number; share: number }[] {
  const { edges } = figures;
  const known = new Float64Array(figures.total.length);
  const knownCalls = new Float64Array(figures.total.length);
  const ownCalls = new Float64Array(figures.total.length);
  for (let edge = 0; edge < edges.length; edge++) {
    const [caller, callee] = [edges.caller[edge]!, edges.callee[edge]!];
    // Python's module profile names itself as a caller that never ran.
    if (figures.total[caller] === 0 && figures.calls?.[caller] === 0) continue;
    if (caller === callee) {
      ownCalls[callee]! += edges.calls[edge]!;
      continue;
    }
    known[callee]! += edges.total[edge]!;
    knownCalls[callee]! += edges.calls[edge]!;
  }
  const found: { func: number; share: number }[] = [];
  for (let func = 0; func < known.length; func++) {
    const total = figures.total[func]!;
    const calls = figures.calls?.[func] ?? 0;
    if (calls === 0 && total === 0) continue;
    const rest = total > 0 ? (total - known[func]!) / total : knownCalls[func] === 0 ? 1 : 0;
    const outside = calls - knownCalls[func]! - ownCalls[func]!;
    // A total is that of outermost calls. Where all of those came from nowhere, callers only called from within: Python's
    // `exec` runs the program, and then modules that the program imports.
    const entered = !figures.isCallCount && outside > 0 && outside >= (figures.primitive?.[func] ?? calls);
    // Rounding in the file leaves tiny rests on functions that have all their callers.
    if (knownCalls[func] === 0 || entered) found.push({ func, share: 1 });
    else if (rest > 1e-3 && knownCalls[func]! < calls) found.push({ func, share: rest });
  }
  return found.sort((a, b) => b.share * figures.total[b.func]! - a.share * figures.total[a.func]!);
}

/** Bottom-up: a function's own time, divided among its callers by the self figures of the edges, and so on upwards. */
function growInverted(figures: SummedFigures, grown: Growth): void {
  const own = figures.self;
  const order = Array.from(own.keys()).filter((func) => own[func]! > 0);
  order.sort((a, b) => own[b]! - own[a]!);
  for (const func of order) grown.add(func, -1, own[func]!, own[func]!, figures.calls?.[func] ?? 0);
  // At the first level the file knows whose calls took the function's own time; above it, only shares of totals.
  growCallers(figures, grown, figures.edges.self, false);
}

/**
 * Gives the roots that are there their callers, and so on outwards.
 * @param known figures of the edges into a root
 * @param exact callers of a root get these figures, where they do not pass its own, and not their share of it
 */
function growCallers(figures: SummedFigures, grown: Growth, known: Float64Array, exact: boolean): void {
  const { edges } = figures;
  const into = adjacency(edges.callee, edges.length, figures.total.length);
  for (let node = 0; node < grown.func.length; node++) {
    if (!grown.follow(node)) continue;
    const func = grown.func.array[node]!;
    const isRoot = grown.parent.array[node]! < 0;
    const figure = isRoot ? known : edges.total;
    let whole = 0;
    for (let at = into.first[func]!; at < into.first[func + 1]!; at++) {
      const edge = into.edge[at]!;
      if (!grown.onPath(node, edges.caller[edge]!)) whole += figure[edge]!;
    }
    if (whole <= 0) continue;
    if (exact && isRoot) whole = Math.max(whole, grown.total.array[node]!);
    for (let at = into.first[func]!; at < into.first[func + 1]!; at++) {
      const edge = into.edge[at]!;
      if (grown.onPath(node, edges.caller[edge]!)) continue;
      const part = figure[edge]! / whole;
      if (part > 0) grown.add(edges.caller[edge]!, node, 0, part * grown.total.array[node]!, edges.calls[edge]!);
    }
  }
}

function adjacency(ends: Uint32Array, edges: number, functions: number): Adjacency {
  const first = new Uint32Array(functions + 1);
  for (let edge = 0; edge < edges; edge++) first[ends[edge]! + 1]!++;
  for (let func = 0; func < functions; func++) first[func + 1]! += first[func]!;
  const next = first.slice();
  const edge = new Uint32Array(edges);
  for (let i = 0; i < edges; i++) edge[next[ends[i]!]!++] = i;
  return { first, edge };
}

function addUp(grown: Growth): void {
  const total = grown.total.array;
  for (let node = 0; node < grown.func.length; node++) total[node] = grown.self.array[node]!;
  for (let node = grown.func.length - 1; node >= 0; node--) {
    const parent = grown.parent.array[node]!;
    if (parent >= 0) total[parent]! += total[node]!;
  }
}

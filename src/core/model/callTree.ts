import { edgeTree } from './edgeTree.js';
import { foldInverted } from './foldInverted.js';
import type { Profile, ViewSpec } from './profile.js';
import { sampleTree } from './sampleTree.js';
import { isSummed } from './summed.js';
import { orderDepthFirst } from './treeOrder.js';
import { foldedLibrary } from './treeShape.js';

/** A call tree as depth-first columns; siblings by total, largest first. Node ids are row numbers. */
export interface CallTree {
  readonly length: number;
  readonly func: Uint32Array;
  /** -1 for roots. Always smaller than the node itself. */
  readonly parent: Int32Array;
  /** 0 for roots. */
  readonly depth: Uint32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** The nodes below i are rows i + 1 … subtreeEnd[i] - 1. */
  readonly subtreeEnd: Uint32Array;
  /** Calls (estimated per node), for trees drawn from call edges. */
  readonly calls: Float64Array | undefined;
  /** The whole: what the roots (and samples without a stack) add up to. */
  readonly sum: number;
  /** Drawn from call edges: who called a caller is not known, so figures below the second level are estimates. */
  readonly estimate: boolean;
  /** Deep or small parts were left out, to bound the size. */
  readonly cut: boolean;
}

export interface TreeOptions {
  /** Bottom-up: roots are leaves of the stacks, children their callers. */
  readonly inverted?: boolean;
  /** Of each run of library frames show only the first, and none before the program's own first frame. */
  readonly justMyCode?: boolean;
  /** Parts below this share of the whole (0..1) are left out: far less work in a large profile. Default 0: everything. */
  readonly minShare?: number;
  /** Levels to draw; default all. */
  readonly depth?: number;
}

/**
 * Draws the call tree of a view: from samples, or from call edges where the type was counted (then it is an estimate).
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function callTree(profile: Profile, spec: ViewSpec, options: TreeOptions = {}): CallTree {
  const { inverted = false, minShare = 0, depth = Number.POSITIVE_INFINITY } = options;
  const library = options.justMyCode ? foldedLibrary(profile) : undefined;
  if (!isSummed(profile, spec.type)) return sampleTree(profile, spec, inverted, library, minShare, depth);
  const grown = edgeTree(profile, spec.type, inverted, library);
  const minimum = minShare * grown.sum;
  return inverted && library !== undefined ? foldInverted(grown, library, minimum, depth) : orderDepthFirst(grown, { minimum, depth });
}

/** Children of a node, largest first; of -1 the roots. */
export function childrenOf(tree: CallTree, node: number): number[] {
  const end = node < 0 ? tree.length : tree.subtreeEnd[node]!;
  const children: number[] = [];
  for (let child = node + 1; child < end; child = tree.subtreeEnd[child]!) children.push(child);
  return children;
}

/** Ancestors of a node, outermost first, without the node itself. */
export function ancestorsOf(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node < 0 ? -1 : tree.parent[node]!; at >= 0; at = tree.parent[at]!) path.push(at);
  return path.reverse();
}

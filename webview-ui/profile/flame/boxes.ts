import type { FlameFrame } from '../../../src/core/model/flame.js';
import { unpackFrames } from '../../../src/core/model/frameColumns.js';
import type { FlameColumns } from '../../../src/protocol/lsp.js';
import { t } from '../../shared/format.js';

/** One answer of the server, indexed for drawing: `rows[d]` holds the boxes of depth d from left to right. */
export interface Boxes {
  readonly root: number;
  readonly rootValue: number;
  readonly inverted: boolean;
  readonly count: number;
  readonly depth: Int32Array;
  /** Fractions of the root, 0..1. */
  readonly x: Float64Array;
  readonly w: Float64Array;
  readonly self: Float64Array;
  readonly node: Float64Array;
  readonly frame: Int32Array;
  /** Box index of the caller; -1 for the root box. */
  readonly parent: Int32Array;
  readonly rows: readonly Int32Array[];
  readonly frames: readonly FlameFrame[];
  /** Ancestors of the root, outermost first. */
  readonly path: FlameColumns['path'];
  readonly minFraction: number;
  /** The answer itself: box i is its row `i - shift`. */
  readonly columns: FlameColumns;
  readonly shift: number;
}

/** Frame of the box that stands for everything. */
const ALL = { func: -1, name: t('all'), file: '', line: 0, library: true, package: '' };

/**
 * Indexes an answer. Box 0 is always the root, as wide as the picture: where the server leaves it out, it is put in
 * (named `rootName`) and the rest moves down one row.
 */
export function indexBoxes(columns: FlameColumns, inverted: boolean, minFraction: number, rootName = ALL.name): Boxes {
  const given = columns.node.length;
  const hasRoot = given > 0 && columns.node[0] === columns.root && columns.depth[0] === 0;
  const shift = hasRoot ? 0 : 1;
  const count = given + shift;
  const boxes = {
    depth: new Int32Array(count),
    x: new Float64Array(count),
    w: new Float64Array(count),
    self: new Float64Array(count),
    node: new Float64Array(count),
    frame: new Int32Array(count),
    parent: new Int32Array(count).fill(-1),
  };
  const frames = unpackFrames(columns.frames);
  if (shift) {
    boxes.w[0] = 1;
    boxes.node[0] = columns.root;
    boxes.frame[0] = frames.push({ ...ALL, name: rootName }) - 1;
  }
  const open: number[] = shift ? [0] : [];
  const sizes: number[] = [];
  if (shift) sizes[0] = 1;
  for (let i = 0; i < given; i++) {
    const to = i + shift;
    const depth = columns.depth[i]! + shift;
    boxes.depth[to] = depth;
    boxes.x[to] = columns.x[i]!;
    boxes.w[to] = columns.w[i]!;
    boxes.self[to] = columns.self[i]!;
    boxes.node[to] = columns.node[i]!;
    boxes.frame[to] = columns.frame[i]!;
    boxes.parent[to] = depth > 0 ? (open[depth - 1] ?? -1) : -1;
    open[depth] = to;
    sizes[depth] = (sizes[depth] ?? 0) + 1;
  }
  const rows = Array.from(sizes, (size) => new Int32Array(size ?? 0));
  const filled = new Int32Array(rows.length);
  for (let i = 0; i < count; i++) {
    const depth = boxes.depth[i]!;
    rows[depth]![filled[depth]!++] = i;
  }
  return {
    ...boxes,
    root: columns.root,
    rootValue: columns.rootValue,
    inverted,
    count,
    rows,
    frames,
    path: columns.path,
    minFraction,
    columns,
    shift,
  };
}

/** Positions in `rows[depth]` of the boxes that touch x0..x1: from (inclusive) to (exclusive). */
export function visibleRange(boxes: Boxes, depth: number, x0: number, x1: number): [number, number] {
  const row = boxes.rows[depth];
  if (!row) return [0, 0];
  const from = lowerBound(row, (box) => boxes.x[box]! + boxes.w[box]! > x0);
  const to = lowerBound(row, (box) => boxes.x[box]! >= x1);
  return [from, Math.max(from, to)];
}

/** The box of that row at x, or the nearest within `slack` (boxes thinner than a pixel must still be hit); -1 for none. */
export function boxAt(boxes: Boxes, depth: number, x: number, slack = 0): number {
  const row = boxes.rows[depth];
  if (!row) return -1;
  const [from, to] = visibleRange(boxes, depth, x - slack, x + slack);
  let best = -1;
  let bestGap = Number.POSITIVE_INFINITY;
  for (let i = from; i < Math.max(to, from + 1) && i < row.length; i++) {
    const box = row[i]!;
    const gap = Math.max(boxes.x[box]! - x, x - (boxes.x[box]! + boxes.w[box]!), 0);
    if (gap <= slack && gap < bestGap) {
      best = box;
      bestGap = gap;
    }
  }
  return best;
}

export type Step = 'caller' | 'callee' | 'previous' | 'next' | 'first';

/** Where an arrow leads: the caller, the widest callee, or the neighbour in the row; -1 where there is none. */
export function stepFrom(boxes: Boxes, box: number, step: Step): number {
  if (step === 'first') return boxes.count > 0 ? 0 : -1;
  if (box < 0) return -1;
  if (step === 'caller') return boxes.parent[box]!;
  if (step === 'callee') return widest(boxes, childrenOf(boxes, box));
  const row = boxes.rows[boxes.depth[box]!]!;
  const at = lowerBound(row, (other) => other >= box);
  return row[at + (step === 'next' ? 1 : -1)] ?? -1;
}

/** Callees of a box from left to right. */
export function childrenOf(boxes: Boxes, box: number): number[] {
  const depth = boxes.depth[box]! + 1;
  const row = boxes.rows[depth];
  if (!row) return [];
  // Depth-first order: a child's index is above its parent's, so the row can be searched by index.
  const found: number[] = [];
  for (let i = lowerBound(row, (other) => other > box); i < row.length && boxes.parent[row[i]!] === box; i++) found.push(row[i]!);
  return found;
}

/** Callers of a box from the root down, without the box. */
export function callersOf(boxes: Boxes, box: number): number[] {
  const found: number[] = [];
  for (let at = boxes.parent[box] ?? -1; at >= 0; at = boxes.parent[at]!) found.unshift(at);
  return found;
}

/** The widest box of a function, -1 when none is in the picture. */
export function widestOf(boxes: Boxes, func: number): number {
  let best = -1;
  for (let i = 0; i < boxes.count; i++) {
    if (boxes.frames[boxes.frame[i]!]?.func === func && (best < 0 || boxes.w[i]! > boxes.w[best]!)) best = i;
  }
  return best;
}

/** The box reached from the root by these functions, as far as the picture goes. */
export function boxByPath(boxes: Boxes, funcs: readonly number[]): number {
  let at = 0;
  for (const func of funcs) {
    const child = childrenOf(boxes, at).find((box) => boxes.frames[boxes.frame[box]!]?.func === func);
    if (child === undefined) break;
    at = child;
  }
  return at;
}

function widest(boxes: Boxes, candidates: readonly number[]): number {
  let best = -1;
  for (const box of candidates) if (best < 0 || boxes.w[box]! > boxes.w[best]!) best = box;
  return best;
}

/** First position whose box passes; the passing ones are the row's tail. */
function lowerBound(row: Int32Array, passes: (box: number) => boolean): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(row[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

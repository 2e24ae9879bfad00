import { packFrames, unpackFrames } from '../../../src/core/model/frameColumns.js';
import type { TimeRange } from '../../../src/core/model/profile.js';
import type { TimelineColumns, TimelineRow } from '../../../src/protocol/timeline.js';
import type { Boxes } from '../flame/boxes.js';
import type { Viewport } from '../flame/viewport.js';

/** A thread in the picture: its head stands in row `top`, its levels in those below; folded, it has its head alone. */
export interface Lane extends TimelineRow {
  /** Its number in the server's list. */
  readonly index: number;
  readonly top: number;
  readonly levels: number;
}

/** One lane below the other, the most active first. */
export function layLanes(rows: readonly TimelineRow[], folded: (thread: string) => boolean): { lanes: Lane[]; rows: number } {
  const order = rows
    .map((row, index) => ({ ...row, index }))
    .sort((a, b) => b.value - a.value || b.samples - a.samples || a.index - b.index);
  let top = 0;
  const lanes = order.map((row): Lane => {
    const levels = folded(row.thread) ? 0 : row.depth;
    const lane = { ...row, top, levels };
    top += 1 + levels;
    return lane;
  });
  return { lanes, rows: top };
}

/** Boxes in the rows of the picture, as the painter wants them: `x` and `w` are parts of the whole time. */
export interface TimeBoxes extends Boxes {
  readonly answer: TimelineColumns;
  /** All the time, of which they are parts. */
  readonly whole: TimeRange;
}

export function placeBoxes(answer: TimelineColumns, times: TimeRange, lanes: readonly Lane[], rowCount: number): TimeBoxes {
  const count = answer.frame.length;
  const span = times.to - times.from;
  const laneOf = new Map(lanes.map((lane) => [lane.index, lane]));
  const depth = new Int32Array(count);
  const sizes = new Int32Array(rowCount);
  for (let box = 0; box < count; box++) {
    const lane = laneOf.get(answer.lane[box]!);
    const shown = lane !== undefined && answer.row[box]! < lane.levels;
    depth[box] = shown ? lane.top + 1 + answer.row[box]! : -1;
    if (shown) sizes[depth[box]!]!++;
  }
  const rows = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(rowCount);
  for (let box = 0; box < count; box++) {
    const row = depth[box]!;
    if (row >= 0) rows[row]![filled[row]!++] = box;
  }
  const none = new Int32Array(0);
  return {
    answer,
    whole: times,
    root: -1,
    rootValue: span,
    inverted: false,
    count,
    depth,
    x: Float64Array.from(answer.start, (start) => (start - times.from) / span),
    w: Float64Array.from(answer.end, (end, box) => (end - answer.start[box]!) / span),
    self: new Float64Array(0),
    node: new Float64Array(0),
    frame: Int32Array.from(answer.frame),
    parent: none,
    rows,
    frames: unpackFrames(answer.frames),
    path: [],
    minFraction: 0,
    columns: {
      root: -1,
      rootValue: span,
      depth: [],
      x: [],
      w: [],
      self: [],
      node: [],
      frame: [],
      frames: packFrames([]),
      path: [],
      maxDepth: 0,
      treeIsEstimate: false,
    },
    shift: 0,
  };
}

/** The window in nanoseconds, and back. */
export function timesOf({ x0, x1 }: Viewport, { from, to }: TimeRange): TimeRange {
  return { from: from + x0 * (to - from), to: from + x1 * (to - from) };
}

export function viewportOf({ from, to }: TimeRange, whole: TimeRange): Viewport {
  const span = whole.to - whole.from;
  return { x0: Math.max(0, (from - whole.from) / span), x1: Math.min(1, (to - whole.from) / span) };
}

/** Times at which a ruler has its marks: 1, 2 or 5 of a power of ten apart, at least `apart` nanoseconds. */
export function ticks({ from, to }: TimeRange, apart: number): { readonly at: number[]; readonly digits: number } {
  const power = 10 ** Math.floor(Math.log10(apart));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= apart) ?? 10);
  const at: number[] = [];
  for (let tick = Math.ceil(from / step); tick * step <= to; tick++) at.push(tick * step);
  return { at, digits: Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step) + 1e-9))) };
}

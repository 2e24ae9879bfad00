import { UserError } from '../../core/errors.js';
import { type FlameFrame, frameOf } from '../../core/model/flame.js';
import { packFrames } from '../../core/model/frameColumns.js';
import { type Timeline, timeline } from '../../core/model/timeline.js';
import { type LaneWindow, timelineActivity, timelineBoxes } from '../../core/model/timelineBoxes.js';
import { timeExtent } from '../../core/model/timing.js';
import type { ViewParams } from '../../protocol/lsp.js';
import type { TimelineRequests } from '../../protocol/timeline.js';
import { keyOf, specOf, type Tables } from './tables.js';

const MOST_BUCKETS = 4096;
/** Lanes and levels that one answer has boxes of: more than any screen shows. */
const MOST_LANES = 500;
const MOST_LEVELS = 2000;
/** Quanta that a window is divided into at most. */
const MOST_QUANTA = 4096;

/** The threads of a view in time, and its figure over time. */
export function timelineOverview(
  tables: Tables,
  { view, buckets }: TimelineRequests['profile/timeline'][0],
): TimelineRequests['profile/timeline'][1] {
  const made = timelineOf(tables, view);
  if (made === undefined) return { times: null, lanes: [], activity: [], states: false };
  const count = Math.max(1, Math.min(MOST_BUCKETS, Math.trunc(buckets) || 1));
  const { total, ofLane } = timelineActivity(tables.shown(view), made, view.type, count);
  const { threads, samples } = tables.profile;
  return {
    times: { from: made.from, to: made.to },
    lanes: made.lanes.map(({ thread, depth, first, length }, lane) => ({
      thread: threads[thread] ?? '',
      depth,
      samples: made.looks[first + length]! - made.looks[first]!,
      value: ofLane[lane]!,
    })),
    activity: total,
    states: samples.status !== undefined,
  };
}

/** Boxes for what is on the screen. @throws UserError for a window that is none */
export function timelineColumns(
  tables: Tables,
  { view, range, quantum, lanes }: TimelineRequests['profile/timelineBoxes'][0],
): TimelineRequests['profile/timelineBoxes'][1] {
  const made = timelineOf(tables, view);
  if (made === undefined) throw new UserError('bad-request', 'The samples of this profile have no times.');
  if (!(range.from < range.to)) throw new UserError('bad-request', 'The stretch of time is empty.');
  const wide = { ...range, quantum: Math.max(quantum, (range.to - range.from) / MOST_QUANTA) };
  let levels = MOST_LEVELS;
  const wanted = lanes.slice(0, MOST_LANES).map(({ lane, firstRow, lastRow }): LaneWindow => {
    const last = Math.min(lastRow, firstRow + levels - 1);
    levels -= Math.max(0, last - firstRow + 1);
    return { lane, firstRow, lastRow: last };
  });
  const { func, ...boxes } = timelineBoxes(tables.shown(view), made, wanted, wide);
  const frames: FlameFrame[] = [];
  const known = new Map<number, number>();
  const frame = func.map((own) => {
    let index = known.get(own);
    if (index === undefined) {
      index = frames.push(frameOf(tables.profile, tables.library(), own)) - 1;
      known.set(own, index);
    }
    return index;
  });
  return { ...boxes, frame, frames: packFrames(frames) };
}

/** The range of a view chooses figures; the picture shows where it lies. */
function timelineOf(tables: Tables, { range: _, ...view }: ViewParams): Timeline | undefined {
  const justMyCode = view.justMyCode === true;
  return tables.table(keyOf('timeline', view, justMyCode), () =>
    timeline(tables.shown(view), specOf(view), justMyCode ? tables.library() : undefined, timeExtent(tables.profile)),
  );
}

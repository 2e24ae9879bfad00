import { type Profile, ThreadStatus } from './profile.js';
import { inTime } from './stretches.js';
import type { Timeline, TimelineLane } from './timeline.js';
import { rowLengths } from './timing.js';
import { secondsPer } from './units.js';

/** What a thread did, as far as its samples say; `seen` where they say nothing. */
export const LaneStates = ['seen', 'lock', 'cpu', 'wantsLock', 'waiting', 'unknown'] as const;
export type LaneState = (typeof LaneStates)[number];

/** So many levels below those that are asked for are walked through rather than jumped over. */
const FAR = 32;

/** Rows of a lane that are asked for: levels `firstRow … lastRow` (0: the outermost frames). */
export interface LaneWindow {
  /** Index into `Timeline.lanes`. */
  readonly lane: number;
  readonly firstRow: number;
  readonly lastRow: number;
}

/** Boxes as columns, lane by lane, level by level, in the order of time. Times are nanoseconds since the profile's start. */
export interface TimelineBoxes {
  readonly lane: number[];
  readonly row: number[];
  /** Where the box begins and ends, also outside the window. */
  readonly start: number[];
  readonly end: number[];
  readonly func: number[];
  /** Samples that it is made of. */
  readonly samples: number[];
  /** Boxes that it stands for: 1, or how many that are too narrow; `func` is then the longest one's. */
  readonly boxes: number[];
  /** What the threads of the lanes did: stretches in the order of time, `state` an index into `LaneStates`. */
  readonly states: {
    readonly lane: number[];
    readonly start: number[];
    readonly end: number[];
    readonly state: number[];
    readonly exception: boolean[];
  };
}

/**
 * The boxes that touch a stretch of time: of neighbours in a lane the levels that go on are one box. Boxes that are narrower
 * than `quantum` nanoseconds are put together, so that a level has no more than its window has quanta. Costs a look at each row
 * of the window.
 */
export function timelineBoxes(
  profile: Profile,
  timeline: Timeline,
  lanes: readonly LaneWindow[],
  window: { readonly from: number; readonly to: number; readonly quantum: number },
): TimelineBoxes {
  const boxes: TimelineBoxes = {
    lane: [],
    row: [],
    start: [],
    end: [],
    func: [],
    samples: [],
    boxes: [],
    states: { lane: [], start: [], end: [], state: [], exception: [] },
  };
  for (const { lane, firstRow, lastRow } of lanes) {
    const own = timeline.lanes[lane];
    if (own === undefined) continue;
    const [first, last] = within(timeline, own, window);
    if (first >= last) continue;
    addStates(inTime(profile), timeline, lane, first, last, window.quantum, boxes.states);
    addBoxes(timeline, own, lane, first, last, firstRow, Math.min(lastRow, own.depth - 1), window.quantum, boxes);
  }
  return boxes;
}

/** Positions of a lane that touch the window. */
function within({ start, end }: Timeline, lane: TimelineLane, { from, to }: { from: number; to: number }): [number, number] {
  const find = (passes: (at: number) => boolean) => {
    let low = lane.first;
    let high = lane.first + lane.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passes(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return [find((at) => end[at]! > from), find((at) => start[at]! >= to)];
}

function addBoxes(
  timeline: Timeline,
  lane: TimelineLane,
  index: number,
  first: number,
  last: number,
  firstRow: number,
  lastRow: number,
  quantum: number,
  into: TimelineBoxes,
): void {
  const { node, common, looks, tree, start, end } = timeline;
  const levels = lastRow - firstRow + 1;
  if (levels <= 0) return;
  const seen = lane.depth > lastRow + FAR ? upTo(lastRow + 1, tree) : undefined;
  const rows = new LevelBoxes(levels, quantum);
  /** By level: position where the open box begins, and the node of its function. */
  const since = new Int32Array(levels);
  const nodes = new Int32Array(levels);
  /** Levels that are open, counted from the outermost. */
  let open = 0;
  const close = (to: number, at: number) => {
    for (let level = Math.min(open, lastRow + 1) - 1; level >= Math.max(to, firstRow); level--) {
      const row = level - firstRow;
      rows.add(row, start[since[row]!]!, end[at]!, tree.func[nodes[row]!]!, looks[at + 1]! - looks[since[row]!]!);
    }
    open = Math.min(open, to);
  };
  const begin = (at: number, from: number) => {
    const own = node[at]!;
    const depth = own < 0 ? 0 : tree.depth[own]!;
    let frame = own < 0 || seen === undefined ? own : seen[own]!;
    for (let level = frame < 0 ? -1 : tree.depth[frame]! - 1; level >= Math.max(from, firstRow); level--, frame = tree.parent[frame]!) {
      if (level > lastRow) continue;
      nodes[level - firstRow] = frame;
      since[level - firstRow] = at;
    }
    open = depth;
  };
  begin(first, 0);
  reachBack(timeline, lane, first, firstRow, lastRow, since);
  for (let at = first + 1; at < last; at++) {
    // The commonest of neighbours is the same stack once more.
    if (node[at] === node[at - 1] && common[at]! === open) continue;
    close(common[at]!, at - 1);
    begin(at, common[at]!);
  }
  closeAhead(timeline, lane, last, firstRow, close);
  rows.give(index, firstRow, into);
}

/** By node the node at its level, or its caller at the deepest level that is looked at. */
function upTo(levels: number, { parent, depth }: Timeline['tree']): Int32Array {
  const seen = new Int32Array(parent.length);
  for (let node = 0; node < seen.length; node++) seen[node] = depth[node]! <= levels ? node : seen[parent[node]!]!;
  return seen;
}

/** Boxes that are open at the first position may have begun long before. */
function reachBack({ common }: Timeline, lane: TimelineLane, first: number, firstRow: number, lastRow: number, since: Int32Array): void {
  let at = first;
  for (let shared = lastRow + 1; at > lane.first; at--) {
    shared = Math.min(shared, common[at]!);
    if (shared <= firstRow) return;
    for (let level = firstRow; level < shared; level++) since[level - firstRow] = at - 1;
  }
}

/** Boxes that are open after the last position end where they end. */
function closeAhead(
  { common }: Timeline,
  lane: TimelineLane,
  last: number,
  firstRow: number,
  close: (to: number, at: number) => void,
): void {
  let at = last;
  for (let shared = Number.POSITIVE_INFINITY; at < lane.first + lane.length && shared > firstRow; at++) {
    if (common[at]! < shared) {
      shared = common[at]!;
      close(shared, at - 1);
    }
  }
  close(0, at - 1);
}

/** The boxes of some levels: wide ones as they are, runs of narrow ones as one. */
class LevelBoxes {
  private readonly start: number[][];
  private readonly end: number[][];
  private readonly func: number[][];
  private readonly samples: number[][];
  private readonly boxes: number[][];
  /** By level: where the quantum ends that narrow boxes are gathered of, and the longest of them. */
  private readonly until: Float64Array;
  private readonly longest: Float64Array;

  constructor(
    private readonly levels: number,
    private readonly quantum: number,
  ) {
    const lists = (): number[][] => Array.from({ length: levels }, () => []);
    [this.start, this.end, this.func, this.samples, this.boxes] = [lists(), lists(), lists(), lists(), lists()];
    this.until = new Float64Array(levels).fill(Number.NEGATIVE_INFINITY);
    this.longest = new Float64Array(levels);
  }

  add(level: number, start: number, end: number, func: number, samples: number): void {
    const length = end - start;
    const { until, longest } = this;
    if (!(length > 0)) return;
    if (start < until[level]! && length < this.quantum) {
      const last = this.start[level]!.length - 1;
      this.end[level]![last] = end;
      this.samples[level]![last]! += samples;
      this.boxes[level]![last]!++;
      if (length > longest[level]!) {
        longest[level] = length;
        this.func[level]![last] = func;
      }
      return;
    }
    until[level] = length < this.quantum ? (Math.floor(start / this.quantum) + 1) * this.quantum : Number.NEGATIVE_INFINITY;
    longest[level] = length;
    this.start[level]!.push(start);
    this.end[level]!.push(end);
    this.func[level]!.push(func);
    this.samples[level]!.push(samples);
    this.boxes[level]!.push(1);
  }

  give(lane: number, firstRow: number, into: TimelineBoxes): void {
    for (let level = 0; level < this.levels; level++) {
      for (let i = 0; i < this.start[level]!.length; i++) {
        into.lane.push(lane);
        into.row.push(firstRow + level);
        into.start.push(this.start[level]![i]!);
        into.end.push(this.end[level]![i]!);
        into.func.push(this.func[level]![i]!);
        into.samples.push(this.samples[level]![i]!);
        into.boxes.push(this.boxes[level]![i]!);
      }
    }
  }
}

/** Stretches of one state; of several in one quantum the one that takes most of it. An exception in a quantum is told. */
function addStates(
  { samples }: Profile,
  { start, end, sample }: Timeline,
  lane: number,
  first: number,
  last: number,
  quantum: number,
  into: TimelineBoxes['states'],
): void {
  const spent = new Float64Array(LaneStates.length);
  let [from, to, exception] = [start[first]!, end[first]!, false];
  let latest = -1;
  const flush = () => {
    let state = 0;
    for (let other = 1; other < spent.length; other++) if (spent[other]! > spent[state]!) state = other;
    spent.fill(0);
    const joined =
      latest >= 0 && into.state[latest] === state && into.exception[latest] === exception && from - into.end[latest]! < quantum;
    if (joined) into.end[latest] = to;
    else {
      latest = into.state.length;
      into.lane.push(lane);
      into.start.push(from);
      into.end.push(to);
      into.state.push(state);
      into.exception.push(exception);
    }
    exception = false;
  };
  for (let at = first; at < last; at++) {
    if (at > first && (end[at]! - from > quantum || start[at]! - to >= quantum)) {
      flush();
      from = start[at]!;
    }
    to = end[at]!;
    const status = samples.status?.[sample[at]!];
    spent[stateOf(status)]! += Math.max(end[at]! - start[at]!, Number.MIN_VALUE);
    if (status !== undefined && (status & ThreadStatus.exception) !== 0) exception = true;
  }
  flush();
}

/** Index into `LaneStates`. Who holds the lock runs Python, whatever the processor says. */
function stateOf(status: number | undefined): number {
  if (status === undefined) return 0;
  if (status & ThreadStatus.hasGil) return 1;
  if (status & ThreadStatus.onCpu) return 2;
  if (status & ThreadStatus.wantsGil) return 3;
  return status & ThreadStatus.unknown ? 5 : 4;
}

/**
 * How a figure of the view is spread over time: `buckets` sums from the timeline's start to its end, and the sum of each lane.
 * A row's figure is spread evenly over its stretch; a time that a moment stands for is what went by before it. Values are in
 * the type's unit.
 */
export function timelineActivity(
  given: Profile,
  { lanes, from, to, start, end, sample }: Timeline,
  type: number,
  buckets: number,
): { readonly total: number[]; readonly ofLane: number[] } {
  const profile = inTime(given);
  const total = new Float64Array(buckets);
  const column = profile.samples.values[type];
  const seconds = rowLengths(profile) === undefined ? secondsPer(profile.sampleTypes[type]?.unit ?? '') : undefined;
  const scale = buckets / (to - from);
  const ofLane = lanes.map(({ first, length }) => {
    let sum = 0;
    for (let at = first; at < first + length; at++) {
      // Of figures that were counted, not sampled, only the number of samples is known in time.
      const own = column === undefined || column.length === 0 ? 1 : Number(column[sample[at]!]!);
      sum += own;
      const begin = seconds === undefined ? start[at]! : start[at]! - own * seconds * 1e9;
      const left = Math.min(buckets - 1, Math.max(0, (begin - from) * scale));
      const right = Math.min(buckets, Math.max(left, ((seconds === undefined ? end[at]! : start[at]!) - from) * scale));
      const [low, high] = [Math.floor(left), Math.min(buckets - 1, Math.floor(right))];
      if (low === high || right <= left) {
        total[low]! += own;
        continue;
      }
      const each = own / (right - left);
      total[low]! += each * (low + 1 - left);
      for (let bucket = low + 1; bucket < high; bucket++) total[bucket]! += each;
      total[high]! += each * (right - high);
    }
    return sum;
  });
  return { total: [...total], ofLane };
}

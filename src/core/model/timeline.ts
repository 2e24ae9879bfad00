import { functionTree } from './growTree.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { inTime } from './stretches.js';
import { longestTimes, middleGap, rowLengths, type TimeExtent, timeExtent } from './timing.js';
import { chosenRows, chosenSamples, countColumn } from './weights.js';

/** Longer gaps than so many usual ones are gaps: a sampler that is late is no pause of the program. */
const LATE = 4;
/** A sample whose figure is so much of the gap before it was late itself. */
const MEANT = 0.9;
/** Nanoseconds within which two times are the same: times of day, as doubles, are no finer. */
const SAME = 512;

/** The rows of one thread, in the order of time: positions `first … first + length - 1` of the columns of `Timeline`. */
export interface TimelineLane {
  /** Index into the profile's threads; -1 for samples of none. */
  readonly thread: number;
  readonly first: number;
  readonly length: number;
  /** Levels of its deepest stack. */
  readonly depth: number;
}

/**
 * What ran when: the samples of a view thread by thread in the order of time, each with the stretch of time that it stands for.
 * Within a lane stretches never overlap. Times are nanoseconds since the profile's start.
 */
export interface Timeline {
  readonly lanes: readonly TimelineLane[];
  /** All of the profile lies between these, whatever the view leaves out. */
  readonly from: number;
  readonly to: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Index of the sample, of the profile as `inTime` gives it. */
  readonly sample: Uint32Array;
  /** Node of the function that ran, -1 for an empty stack. */
  readonly node: Int32Array;
  /** Samples at the positions before each one, of all lanes; one entry more than positions. */
  readonly looks: Float64Array;
  /** Levels of the stack that went on from the position before; 0 at the first of a lane and after a gap. */
  readonly common: Uint32Array;
  /** The tree of functions that `node` is of; depth of a root is 1. */
  readonly tree: { readonly func: Uint32Array; readonly parent: Int32Array; readonly depth: Uint32Array };
}

/**
 * Draws the order of time for thread, labels, focus and ignore of a view (not its range: the picture shows where that lies).
 * A row that lasts is drawn as it is; one that is a moment lasts until the thread's next one, or as long as usual where that
 * is far and does not say itself that it stands for the time between. Of rows of a thread that overlap the later one is seen from where it begins.
 * @param whole of the profile that this is a part of, where frames are hidden
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 * @throws UserError for filters that cannot be read
 */
export function timeline(
  given: Profile,
  spec: ViewSpec,
  library: Uint8Array | undefined,
  whole: TimeExtent | undefined = timeExtent(given),
): Timeline | undefined {
  const profile = inTime(given);
  const { samples } = profile;
  const { time } = samples;
  if (time === undefined || whole === undefined) return undefined;
  const rows = stackIndex(profile);
  const stays = chosenRows(profile, spec);
  const chosen = chosenSamples(profile, spec);
  const column = samples.values[spec.type];
  const lengths = rowLengths(profile);
  const weights = longestTimes(profile);
  const weight = new Float64Array(rows.length);
  // Lanes by thread, those without one last.
  const none = profile.threads.length;
  const first = new Uint32Array(none + 2);
  const laneOf = (i: number) => {
    const thread = samples.thread?.[i] ?? -1;
    return thread < 0 ? none : thread;
  };
  // Moments at which something else was measured are not in this picture.
  const counts = (i: number) => column === undefined || column.length === 0 || Number(column[i]!) !== 0;
  const shows = (i: number) =>
    !Number.isNaN(time[i]!) &&
    chosen?.[i] !== 0 &&
    stays?.[rows.ofSample[i]!] !== 0 &&
    (lengths === undefined ? counts(i) : lengths[i]! > 0);
  for (let i = 0; i < samples.length; i++) {
    if (!shows(i)) continue;
    first[laneOf(i) + 1]!++;
    weight[rows.ofSample[i]!] = 1;
  }
  for (let lane = 1; lane < first.length; lane++) first[lane]! += first[lane - 1]!;
  const length = first[none + 1]!;
  const sample = new Uint32Array(length);
  const next = first.slice();
  for (let i = 0; i < samples.length; i++) if (shows(i)) sample[next[laneOf(i)]!++] = i;
  const start = new Float64Array(length);
  const end = new Float64Array(length);
  for (let lane = 0; lane <= none; lane++) {
    const own = sample.subarray(first[lane]!, first[lane + 1]!);
    for (let at = 1; at < own.length; at++) {
      if (time[own[at]!]! >= time[own[at - 1]!]!) continue;
      own.sort((a, b) => time[a]! - time[b]! || a - b);
      break;
    }
    fillTimes(
      own,
      time,
      lengths,
      weights,
      start.subarray(first[lane]!, first[lane + 1]!),
      end.subarray(first[lane]!, first[lane + 1]!),
      whole.usual,
    );
  }
  const { func, parent, ofRow } = functionTree(profile, weight, library);
  const depth = new Uint32Array(func.length);
  for (let node = 0; node < depth.length; node++) depth[node] = parent[node]! < 0 ? 1 : depth[parent[node]!]! + 1;
  const node = Int32Array.from(sample, (i) => ofRow[rows.ofSample[i]!]!);
  const lookedAt = countColumn(profile);
  const looks = new Float64Array(length + 1);
  for (let at = 0; at < length; at++) looks[at + 1] = looks[at]! + (lookedAt === undefined ? 1 : Number(lookedAt[sample[at]!]!));
  const common = new Uint32Array(length);
  const shared = sharedLevels(parent, depth);
  const lanes: TimelineLane[] = [];
  for (let lane = 0; lane <= none; lane++) {
    const [from, to] = [first[lane]!, first[lane + 1]!];
    if (from === to) continue;
    let deepest = 0;
    for (let at = from; at < to; at++) {
      if (node[at]! >= 0) deepest = Math.max(deepest, depth[node[at]!]!);
      if (at > from && start[at]! - end[at - 1]! <= SAME) common[at] = shared(node[at - 1]!, node[at]!);
    }
    lanes.push({ thread: lane === none ? -1 : lane, first: from, length: to - from, depth: deepest });
  }
  return { lanes, from: whole.from, to: whole.to, start, end, sample, node, looks, common, tree: { func, parent, depth } };
}

/** Begin and end of each row of a thread; they are in order. */
function fillTimes(
  own: Uint32Array,
  time: Float64Array,
  lengths: Float64Array | undefined,
  weights: Float64Array | undefined,
  start: Float64Array,
  end: Float64Array,
  usual: number,
): void {
  const typical = lengths === undefined ? (middleGap(own.length, (at) => time[own[at]!]!) ?? usual) : 0;
  for (let at = 0; at < own.length; at++) {
    const begin = time[own[at]!]!;
    const next = at + 1 < own.length ? time[own[at + 1]!]! : Number.POSITIVE_INFINITY;
    start[at] = begin;
    if (lengths !== undefined) end[at] = Math.min(begin + lengths[own[at]!]!, Math.max(begin, next));
    else {
      const gap = next - begin;
      const meant = at + 1 < own.length && (weights?.[own[at + 1]!] ?? 0) >= MEANT * gap;
      end[at] = gap <= LATE * typical || meant ? next : Math.min(next, begin + typical);
    }
  }
}

/** Tells how many levels two stacks share. Each node knows its parent and one node far above, so that depth costs next to nothing. */
function sharedLevels(parent: Int32Array, depth: Uint32Array): (a: number, b: number) => number {
  const jump = new Int32Array(parent.length);
  for (let node = 0; node < jump.length; node++) {
    const above = parent[node]!;
    if (above < 0) {
      jump[node] = -1;
      continue;
    }
    const far = jump[above]!;
    const farther = far < 0 ? -1 : jump[far]!;
    const depthOf = (at: number) => (at < 0 ? 0 : depth[at]!);
    jump[node] = depth[above]! - depthOf(far) === depthOf(far) - depthOf(farther) ? farther : above;
  }
  const level = (from: number, to: number): number => {
    let at = from;
    while (at >= 0 && depth[at]! > to) at = jump[at]! >= 0 && depth[jump[at]!]! >= to ? jump[at]! : parent[at]!;
    return at;
  };
  return (a, b) => {
    if (a < 0 || b < 0) return 0;
    if (a === b) return depth[a]!;
    const levels = Math.min(depth[a]!, depth[b]!);
    let left = level(a, levels);
    let right = level(b, levels);
    while (left !== right) {
      if (jump[left] === jump[right]) {
        left = parent[left]!;
        right = parent[right]!;
      } else {
        left = jump[left]!;
        right = jump[right]!;
      }
    }
    return left < 0 ? 0 : depth[left]!;
  };
}

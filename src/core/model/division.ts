import { GrowingInt32, GrowingUint32 } from './growing.js';

/** Stacks that are walked from one end to the other. */
export interface Walks {
  /** Place of each walk's first frame. */
  readonly start: Uint32Array;
  /** Frames of each walk. */
  readonly length: Uint32Array;
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

/** Frames that are looked at where walks share them: so many levels of the tree are drawn as have no more together. */
const MAX_FRAMES = 2 ** 26;

/**
 * Walks divided by their first function, each part by its second, and so on, as far as somebody looked: a part is a row of
 * the columns below, its walks are `order[from … to)`, those that end there first. What is found does not depend on who
 * looked first. A part of one walk is not divided: below it there is that walk.
 */
export class Division {
  /** Walks, so that those of a part stand together. */
  readonly order: Uint32Array;
  readonly from = new GrowingUint32();
  readonly to = new GrowingUint32();
  readonly func = new GrowingUint32();
  /** Parts below stand together too: the first one, -1 for a part that is not divided, and how many. */
  private readonly below = new GrowingInt32();
  private readonly count = new GrowingUint32();
  /** Levels below which nothing is looked at. */
  readonly levels: number;

  /** Where each walk stands; where places have a distance that can be told without. */
  private readonly at: Uint32Array | undefined;
  /** First function of each walk of the part that is being divided, and these walks. */
  private readonly funcs: Uint32Array;
  private readonly moved: Uint32Array;
  private readonly found: number[] = [];
  private readonly members: Uint32Array;
  private readonly goal: Uint32Array;

  constructor(readonly walks: Walks) {
    const { length } = walks.start;
    this.order = new Uint32Array(length);
    for (let walk = 0; walk < length; walk++) this.order[walk] = walk;
    this.at = walks.next === undefined ? undefined : walks.start.slice();
    this.funcs = new Uint32Array(length);
    this.moved = new Uint32Array(length);
    this.members = new Uint32Array(walks.functions);
    this.goal = new Uint32Array(walks.functions);
    this.levels = walks.next === undefined ? Number.POSITIVE_INFINITY : levelsWithin(walks.length, MAX_FRAMES);
    this.add(0, length, 0);
  }

  /** Bytes that are held, without what the walks go through. */
  get bytes(): number {
    const { from, to, func, below, count } = this;
    const parts = [from, to, func, below, count].reduce((sum, { array }) => sum + array.byteLength, 0);
    return parts + 4 * (this.order.length * (this.at === undefined ? 5 : 6) + 2 * this.walks.functions);
  }

  /** Where the parts below a part begin. @param depth functions that its walks have behind them */
  divide(part: number, depth: number): { readonly first: number; readonly count: number } {
    if (!this.isDivided(part)) this.split(part, depth);
    return { first: this.below.array[part]!, count: this.count.array[part]! };
  }

  isDivided(part: number): boolean {
    return this.below.array[part]! >= 0;
  }

  /** Place of the next frame of a walk of a part that is not divided. */
  placeOf(walk: number, depth: number): number {
    return this.at === undefined ? this.walks.start[walk]! + depth * this.walks.step : this.at[walk]!;
  }

  after(place: number): number {
    const { next, step } = this.walks;
    return next === undefined ? place + step : next[place]!;
  }

  funcAt(place: number): number {
    const { place: places, funcOf } = this.walks;
    return funcOf === undefined ? places[place]! : funcOf[places[place]!]!;
  }

  /** Frames of each walk up to its last one with a flagged function, 0 for none. @param flags 0/1 per function */
  lastOf(flags: Uint8Array): Uint32Array {
    const { start, length } = this.walks;
    const last = new Uint32Array(length.length);
    for (let walk = 0; walk < last.length; walk++) {
      const end = Math.min(length[walk]!, this.levels);
      for (let i = 0, place = start[walk]!; i < end; i++, place = this.after(place))
        if (flags[this.funcAt(place)] === 1) last[walk] = i + 1;
    }
    return last;
  }

  private add(from: number, to: number, func: number): void {
    this.from.push(from);
    this.to.push(to);
    this.func.push(func);
    this.below.push(-1);
    this.count.push(0);
  }

  private split(part: number, depth: number): void {
    const { order, at, funcs, moved, found, members, goal } = this;
    const { start, length, place, funcOf, step, next } = this.walks;
    const from = this.from.array[part]!;
    const to = this.to.array[part]!;
    found.length = 0;
    let ended = from;
    for (let i = from; i < to; i++) {
      const walk = order[i]!;
      if (length[walk] === depth) {
        ended++;
        continue;
      }
      const there = place[at === undefined ? start[walk]! + depth * step : at[walk]!]!;
      const func = funcOf === undefined ? there : funcOf[there]!;
      funcs[i] = func;
      if (members[func]!++ === 0) found.push(func);
      if (at !== undefined) at[walk] = next![at[walk]!]!;
    }
    let end = ended;
    for (const func of found) {
      goal[func] = end;
      end += members[func]!;
    }
    // One part with all of the walks: they stand where they are.
    if (found.length > 1 || (found.length === 1 && ended > from)) {
      for (let i = from; i < to; i++) moved[i] = order[i]!;
      if (ended === from) for (let i = from; i < to; i++) order[goal[funcs[i]!]!++] = moved[i]!;
      else {
        let place = from;
        for (let i = from; i < to; i++) {
          const walk = moved[i]!;
          order[length[walk] === depth ? place++ : goal[funcs[i]!]!++] = walk;
        }
      }
    }
    this.below.array[part] = this.func.length;
    this.count.array[part] = found.length;
    end = ended;
    for (const func of found) {
      this.add(end, end + members[func]!, func);
      end += members[func]!;
      members[func] = 0;
    }
  }
}

/** Levels that have no more than so many frames together. */
function levelsWithin(lengths: Uint32Array, frames: number): number {
  let longest = 0;
  for (const length of lengths) if (length > longest) longest = length;
  const ending = new Uint32Array(longest + 1);
  for (const length of lengths) ending[length]!++;
  let walks = lengths.length;
  let sum = 0;
  for (let level = 0; level < longest; level++) {
    walks -= ending[level]!;
    sum += walks;
    if (sum > frames) return Math.max(1, level);
  }
  return Number.POSITIVE_INFINITY;
}

import { ReadError } from '../../errors.js';
import type { Moments } from './moments.js';
import type { Integer } from './wire.js';

/** Where a value of a stretch comes from: told, the time that it lasts, the sample's shared out by length, or that in one piece at the first. */
const TOLD = 0;
const LASTING = 1;
const SHARED = 2;
/** More than a double holds. */
const WHOLE = 3;

/**
 * Makes of a sample the stretches of time that it is the sum of, one after another: `open`, then `next` until it is false. Nothing
 * is allocated for a stretch, of which there may be a million.
 */
export class Spread {
  /** Values and time of the stretch at hand; the time in nanoseconds since the start of the builder's profile. */
  readonly figures: Integer[];
  time = 0;
  private readonly ways: Uint8Array;
  private values: readonly Integer[] = [];
  private first = 0;
  private at = 0;
  private end = 0;
  /** Nanoseconds of the stretches of the sample, and of those up to the one at hand. */
  private whole = 0;
  private passed = 0;
  /** By type: what stretches before the one at hand were given of what is shared. */
  private readonly given: Float64Array;

  /** @param types how many value types @param from nanoseconds from the start of the builder's profile to that of these times */
  constructor(
    private readonly moments: Moments,
    types: number,
    private readonly from: number,
  ) {
    this.figures = new Array<Integer>(types).fill(0);
    this.ways = new Uint8Array(types);
    this.given = new Float64Array(types);
  }

  /**
   * Begins with a sample; false when it has no stretches.
   * @param values one for each type @param offset of the sample in the file @throws ReadError when what is told of stretches does not add up
   */
  open(sample: number, values: readonly Integer[], offset: number): boolean {
    const { moments, ways } = this;
    this.first = this.at = moments.first[sample]!;
    this.end = moments.first[sample + 1]!;
    if (this.at === this.end) return false;
    this.values = values;
    this.whole = this.sum(moments.length);
    this.passed = 0;
    for (let type = 0; type < ways.length; type++) {
      const value = values[type]!;
      const column = moments.values[type];
      if (typeof value === 'bigint') ways[type] = WHOLE;
      else if (column === undefined) ways[type] = value === this.whole ? LASTING : SHARED;
      else if (this.sum(column) === value) ways[type] = TOLD;
      else throw new ReadError('corrupt', `What a sample was at its times does not add up to its value ${value}.`, offset);
    }
    return true;
  }

  /** Goes to the next stretch; false when there is none. */
  next(): boolean {
    if (this.at === this.end) return false;
    const { moments, figures, ways } = this;
    const { at } = this;
    const length = moments.length[at]!;
    this.passed += length;
    this.time = moments.begin[at]! + this.from;
    for (let type = 0; type < figures.length; type++) {
      const way = ways[type]!;
      if (way === TOLD) figures[type] = moments.values[type]![at]!;
      else if (way === LASTING) figures[type] = length;
      else if (way === SHARED) figures[type] = this.share(type);
      else figures[type] = at === this.first ? this.values[type]! : 0;
    }
    this.at++;
    return true;
  }

  /** Whole numbers are shared out as such; what stretches get adds up to the value. */
  private share(type: number): number {
    const { given, whole } = this;
    const value = this.values[type] as number;
    const share = whole > 0 ? value * (this.passed / whole) : 0;
    const upTo = this.at === this.end - 1 ? value : Number.isInteger(value) ? Math.round(share) : share;
    const before = this.at === this.first ? 0 : given[type]!;
    given[type] = upTo;
    return upTo - before;
  }

  private sum(column: Float64Array): number {
    let sum = 0;
    for (let at = this.first; at < this.end; at++) sum += column[at]!;
    return sum;
  }
}

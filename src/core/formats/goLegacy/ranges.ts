import type { Address } from './places.js';

/** A range of addresses, its end left out. */
export interface AddressRange {
  readonly from: Address;
  readonly to: Address;
}

/** Finds which of many ranges holds an address; of several, the one that was given first. */
export class AddressRanges {
  /** Where ranges begin or end, in order, and for each place the range that holds what is behind it; -1 none. */
  private readonly bounds: readonly Address[];
  private readonly owner: Int32Array;

  constructor(ranges: readonly AddressRange[]) {
    this.bounds = [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.owner = new Int32Array(this.bounds.length).fill(-1);
    // Next place without an owner, from each place on: what is owned is jumped over.
    const next = Int32Array.from({ length: this.bounds.length + 1 }, (_, i) => i);
    const free = (place: number): number => {
      let at = place;
      while (next[at] !== at) {
        next[at] = next[next[at]!]!;
        at = next[at]!;
      }
      return at;
    };
    for (const [index, { from, to }] of ranges.entries()) {
      const end = this.placeOf(to);
      for (let at = free(this.placeOf(from)); at < end; at = free(at)) {
        this.owner[at] = index;
        next[at] = at + 1;
      }
    }
  }

  /** Index of the range; -1 for none. */
  find(address: Address): number {
    return this.owner[this.placeOf(address)] ?? -1;
  }

  /** The last place that is not behind the address; -1 when all are. */
  private placeOf(address: Address): number {
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bounds[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

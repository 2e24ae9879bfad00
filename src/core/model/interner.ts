/** Mixes one more number into a hash (a multiply and a shift: enough for the small integers we intern). */
export function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** `mix` leaves patterns in the low bits of numbers that run in step; probing would crawl through their clusters. */
function scatter(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/**
 * An open-addressing hash table over rows that live in the caller's columns: it holds row numbers only.
 * Probing is linear; the table doubles at half full.
 */
export class Interner {
  /** Pairs of row + 1 (0: free) and hash, side by side, so that a look-up touches one line of the cache. */
  private slots = new Int32Array(2048);
  private used = 0;

  /**
   * First row with this hash, -1 for none; go through the others with `next`:
   * `for (let row = index.first(hash); row >= 0; row = index.next()) if (same(row)) return row;`
   * No callbacks: this runs once per frame of a profile.
   */
  first(hash: number): number {
    this.hash = hash;
    this.slot = (scatter(hash) << 1) & (this.slots.length - 1);
    return this.search();
  }

  /** Next row with the same hash. */
  next(): number {
    this.slot = (this.slot + 2) & (this.slots.length - 1);
    return this.search();
  }

  private search(): number {
    const { slots, hash } = this;
    const mask = slots.length - 1;
    let at = this.slot;
    while (slots[at] !== 0 && slots[at + 1] !== hash) at = (at + 2) & mask;
    this.slot = at;
    return slots[at]! - 1;
  }

  private hash = 0;
  private slot = 0;

  /** Adds a row right after `first` and `next` came to -1. */
  add(row: number): void {
    this.slots[this.slot] = row + 1;
    this.slots[this.slot + 1] = this.hash;
    if (++this.used * 4 > this.slots.length) this.grow(this.slots.length * 2);
  }

  /** Makes room for this many rows at once. */
  expect(rows: number): void {
    let length = this.slots.length;
    while (length < rows * 4) length *= 2;
    if (length > this.slots.length) this.grow(length);
  }

  private grow(length: number): void {
    const { slots } = this;
    const mask = length - 1;
    const wider = new Int32Array(length);
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i] === 0) continue;
      let at = (scatter(slots[i + 1]!) << 1) & mask;
      while (wider[at] !== 0) at = (at + 2) & mask;
      wider[at] = slots[i]!;
      wider[at + 1] = slots[i + 1]!;
    }
    this.slots = wider;
  }
}

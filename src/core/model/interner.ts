/** Mixes one more number into a hash (a multiply and a shift: enough for the small integers we intern). */
export function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/**
 * An open-addressing hash table over rows that live in the caller's columns: it holds row numbers only.
 * Probing is linear; the table doubles at half full.
 */
export class Interner {
  /** Row + 1; 0 is free. */
  private slots = new Int32Array(1024);
  private hashes = new Int32Array(1024);
  private used = 0;

  /**
   * Gives the row with this hash for which `same(row)` holds, or -1. Until `add` is called, `slot` remembers where the
   * search ended.
   */
  find(hash: number, same: (row: number) => boolean): number {
    const mask = this.slots.length - 1;
    let at = hash & mask;
    for (;;) {
      const row = this.slots[at]! - 1;
      if (row < 0) {
        this.slot = at;
        return -1;
      }
      if (this.hashes[at] === hash && same(row)) return row;
      at = (at + 1) & mask;
    }
  }

  private slot = 0;

  /** Adds a row right after `find` gave -1 for the same hash. */
  add(hash: number, row: number): void {
    this.slots[this.slot] = row + 1;
    this.hashes[this.slot] = hash;
    if (++this.used * 2 > this.slots.length) this.grow();
  }

  /** Makes room for this many rows at once. */
  expect(rows: number): void {
    let length = this.slots.length;
    while (length < rows * 2) length *= 2;
    if (length > this.slots.length) this.grow(length);
  }

  private grow(length = this.slots.length * 2): void {
    const { slots, hashes } = this;
    const mask = length - 1;
    this.slots = new Int32Array(mask + 1);
    this.hashes = new Int32Array(mask + 1);
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue;
      let at = hashes[i]! & mask;
      while (this.slots[at] !== 0) at = (at + 1) & mask;
      this.slots[at] = slots[i]!;
      this.hashes[at] = hashes[i]!;
    }
  }
}

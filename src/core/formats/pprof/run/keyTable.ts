/** Mixes one more number into a hash. */
export function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/**
 * Values below 2^31 by three 32-bit numbers, side by side in one array: a look-up waits for one line of the processor's memory, where
 * rows in columns of their own would make it wait for one after the other. Linear probing; doubles at half full.
 */
export class KeyTable {
  /** Three numbers and the value + 1, which is 0 where it is free. */
  private slots = new Int32Array(4 * 1024);
  private used = 0;
  private at = 0;

  /** The value of a key, -1 for none: `put` may follow then. */
  find(a: number, b: number, c: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let at = (placeOf(a, b, c) << 2) & mask;
    while (slots[at + 3] !== 0 && !(slots[at] === a && slots[at + 1] === b && slots[at + 2] === c)) at = (at + 4) & mask;
    this.at = at;
    return slots[at + 3]! - 1;
  }

  /** Adds the key that was not found, right after `find`. */
  put(a: number, b: number, c: number, value: number): void {
    const { slots, at } = this;
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = c;
    slots[at + 3] = value + 1;
    if (++this.used * 8 > slots.length) this.grow();
  }

  private grow(): void {
    const { slots } = this;
    const wider = new Int32Array(slots.length * 2);
    const mask = wider.length - 1;
    for (let from = 0; from < slots.length; from += 4) {
      if (slots[from + 3] === 0) continue;
      let at = (placeOf(slots[from]!, slots[from + 1]!, slots[from + 2]!) << 2) & mask;
      while (wider[at + 3] !== 0) at = (at + 4) & mask;
      for (let i = 0; i < 4; i++) wider[at + i] = slots[from + i]!;
    }
    this.slots = wider;
  }
}

function placeOf(a: number, b: number, c: number): number {
  const hash = mixed(mixed(mixed(17, a), b), c);
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 3;
}

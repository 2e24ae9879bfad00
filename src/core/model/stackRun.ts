import { GrowingBytes, GrowingUint32 } from './growing.js';
import { Interner } from './interner.js';

/** Stacks that can be expected at once. */
export const AHEAD = 64;

/**
 * Whole stacks that several profiles share, one after another: those of a run of files that name places alike. A stack that
 * a file writes in the same bytes as one before it is that one, and need not be read. Memory is bounded by the distinct
 * stacks of the run, which are the result's when it is merged.
 */
export class StackRun {
  /** Rows as `FrameColumns` has them. */
  readonly first = new GrowingUint32();
  readonly frame = new GrowingUint32();
  private readonly index = new Interner();
  /** Where the bytes of each row begin; they end where the next one's begin. */
  private readonly start = new GrowingUint32();
  private readonly bytes = new GrowingBytes();
  private readonly hashes = new Int32Array(AHEAD);
  private readonly lengths = new Int32Array(AHEAD);
  private readonly found = new Int32Array(AHEAD);
  /** Kept so that what `touch` reads is read. */
  protected touched = 0;

  /** Says that `find` will be asked for `content[from … to)` as number `at` (below `AHEAD`). */
  expect(at: number, content: Uint8Array, from: number, to: number): void {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 0x01000193) + content[i]!) | 0;
    this.hashes[at] = hash;
    this.lengths[at] = to - from;
  }

  /**
   * Reads where the first `count` expected stacks may lie, and does nothing with it: the processor waits for the memory of
   * many at once, where it would wait for one after the other while it compares them.
   */
  touch(count: number): void {
    const { index, found, hashes, lengths, start } = this;
    const bytes = this.bytes.array;
    for (let i = 0; i < count; i++) found[i] = index.first(hashes[i]!);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      if (found[i]! < 0) continue;
      // Most are no longer than two lines of the processor's memory.
      const from = start.array[found[i]!]!;
      sum ^= bytes[from]! ^ bytes[Math.min(from + lengths[i]!, bytes.length - 1)]!;
    }
    this.touched = sum;
  }

  /** Row of the stack that was written as `content[from … to)`, -1 when there is none yet. @param at number under which it was expected */
  find(at: number, content: Uint8Array, from: number, to: number): number {
    const { index } = this;
    for (let row = index.first(this.hashes[at]!); row >= 0; row = index.next()) if (this.isSame(row, content, from, to)) return row;
    return -1;
  }

  /** Remembers the bytes of the row added last, right after `find` did not find them. */
  add(content: Uint8Array, from: number, to: number): void {
    const row = this.first.length - 1;
    this.index.add(row);
    // Rows between have no bytes.
    while (this.start.length <= row) this.start.push(this.bytes.length);
    this.bytes.append(content, from, to);
  }

  private isSame(row: number, content: Uint8Array, from: number, to: number): boolean {
    const { start } = this;
    const bytes = this.bytes.array;
    const at = start.array[row]!;
    const end = row + 1 < start.length ? start.array[row + 1]! : this.bytes.length;
    if (end - at !== to - from) return false;
    for (let i = to - from - 1; i >= 0; i--) if (bytes[at + i] !== content[from + i]) return false;
    return true;
  }
}

import { GrowingFloat64, GrowingInt32, GrowingUint32 } from '../../model/growing.js';
import { Interner, mix } from '../../model/interner.js';

/** So many samples are kept one by one, with time and status: two hours of one thread at 1 kHz. */
const MAX_SAMPLES = 2 ** 23;

export interface TachyonThread {
  readonly id: bigint;
  readonly interpreter: number;
  main: boolean;
  /** Microseconds since the start, of the sample read last. */
  time: number;
  /** Stack of its root frame, then with one more frame, and so on. */
  readonly stacks: number[];
  /** The frames themselves, and how many of them the next sample shares. */
  readonly frames: number[];
  kept: number;
}

/**
 * Samples as columns, in the order of the file; beyond MAX_SAMPLES one row for each thread and stack instead, since a file's
 * two bytes a sample would become fifty.
 */
export class TachyonSamples {
  readonly threads: TachyonThread[] = [];
  /** Samples read. */
  count = 0;
  thread = new GrowingUint32();
  /** -1 for an empty one. */
  stack = new GrowingInt32();
  /** Microseconds since the start of the recording; empty when rows are sums. */
  time = new GrowingFloat64();
  status = new GrowingUint32();
  /** How many samples each row stands for, when rows are sums. */
  sums: GrowingFloat64 | undefined;
  private readonly rows = new Interner();

  add(thread: number, stack: number, time: number, status: number): void {
    this.count++;
    if (this.sums !== undefined) {
      this.sum(thread, stack, this.sums);
      return;
    }
    this.thread.push(thread);
    this.stack.push(stack);
    this.time.push(time);
    this.status.push(status);
    if (this.count === MAX_SAMPLES) this.fold();
  }

  private fold(): void {
    const { thread, stack } = this;
    this.thread = new GrowingUint32();
    this.stack = new GrowingInt32();
    this.time = new GrowingFloat64();
    this.status = new GrowingUint32();
    this.sums = new GrowingFloat64();
    for (let i = 0; i < thread.length; i++) this.sum(thread.array[i]!, stack.array[i]!, this.sums);
  }

  private sum(thread: number, stack: number, sums: GrowingFloat64): void {
    const { rows } = this;
    for (let row = rows.first(mix(mix(31, thread), stack)); row >= 0; row = rows.next()) {
      if (this.thread.array[row] === thread && this.stack.array[row] === stack) {
        sums.array[row]!++;
        return;
      }
    }
    rows.add(this.thread.length);
    this.thread.push(thread);
    this.stack.push(stack);
    sums.push(1);
  }
}

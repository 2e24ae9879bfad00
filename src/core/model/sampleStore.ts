import { ReadError } from '../errors.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import { checkSamples } from './limits.js';
import { type LabelColumns, type SampleColumns, type StretchColumns, ThreadStatus } from './profile.js';
import { StretchStore } from './stretchStore.js';
import { ValueStore } from './valueStore.js';

/** Nanoseconds that fit 64 bits. */
const MAX_TIME = 2 ** 63 - 1024;

/** Samples without their stacks while they are being read: values, thread, time, status and labels (see `SampleColumns`). */
export class SampleStore {
  private readonly values: ValueStore[] = [];
  private length = 0;
  private taken: Omit<SampleColumns, 'stack'> | undefined;
  private readonly thread = new GrowingInt32();
  private readonly time = new GrowingFloat64();
  private readonly status = new GrowingUint32();
  private readonly stretches = new StretchStore();

  private readonly labelSample = new GrowingUint32();
  private readonly labelKey = new GrowingUint32();
  private readonly labelText = new GrowingUint32();
  private readonly labelNumber = new GrowingFloat64();
  private readonly labelUnit = new GrowingUint32();

  /** @param most more samples than this are refused */
  constructor(private readonly most: number) {}

  /** @throws ReadError for more samples than there may be */
  check(count: number): void {
    checkSamples(count, this.most);
  }

  /** One more column of values; all come before the first sample. */
  addType(): void {
    if (this.length > 0) throw new Error('value types are added before the first sample');
    this.values.push(new ValueStore());
  }

  /** Makes room; what is not used of it costs nothing. */
  expect(samples: number): void {
    this.thread.reserve(samples);
    this.time.reserve(samples);
    for (const store of this.values) store.expect(samples);
  }

  /** @param time ns since the profile's start @throws ReadError when there is not one value per type */
  add(values: ArrayLike<number | bigint>, thread: number, time: number | undefined): number {
    if (values.length !== this.values.length) {
      throw new ReadError('corrupt', `A sample has ${values.length} values where the profile has ${this.values.length} types.`);
    }
    if (this.length >= this.most) this.check(this.length + 1);
    for (let i = 0; i < this.values.length; i++) this.values[i]!.push(values[i]!);
    if (thread !== -1) {
      this.fillThreads(this.length);
      this.thread.push(thread);
    }
    if (time !== undefined) {
      this.fillTimes(this.length);
      // A time that no clock shows is none: what is written in whole nanoseconds could not hold it.
      this.time.push(Math.abs(time) <= MAX_TIME ? time : Number.NaN);
    }
    return this.length++;
  }

  /** Takes whole columns, which nothing is added to. */
  take(columns: Omit<SampleColumns, 'stack'>): void {
    if (this.length > 0) throw new Error('columns are taken in place of samples');
    this.taken = columns;
  }

  /** Of the sample added last. */
  setStatus(bits: number): void {
    if (this.length === 0) throw new Error('a status needs a sample');
    this.fillStatus(this.length);
    this.status.array[this.length - 1] = bits;
  }

  /** The sample added last is the sum of these stretches of `sample`. */
  seenAt(stretches: StretchColumns, sample: number): void {
    this.stretches.add(this.length - 1, stretches, sample);
  }

  /** Of the sample added last; text 0 for a number. */
  label(key: number, text: number, number: number, unit: number): void {
    if (this.length === 0) throw new Error('a label needs a sample');
    this.labelSample.push(this.length - 1);
    this.labelKey.push(key);
    this.labelText.push(text);
    this.labelNumber.push(number);
    this.labelUnit.push(unit);
  }

  private fillThreads(length: number): void {
    while (this.thread.length < length) this.thread.push(-1);
  }

  private fillTimes(length: number): void {
    while (this.time.length < length) this.time.push(Number.NaN);
  }

  private fillStatus(length: number): void {
    while (this.status.length < length) this.status.push(ThreadStatus.unknown);
  }

  /** @param summed value types that are kept elsewhere: their columns are empty @param stack gives the stack of each sample, when asked */
  done(summed: (type: number) => boolean, stack: () => Int32Array): SampleColumns {
    if (this.taken !== undefined) {
      return {
        ...this.taken,
        get stack() {
          return stack();
        },
      };
    }
    if (this.thread.length > 0) this.fillThreads(this.length);
    if (this.time.length > 0) this.fillTimes(this.length);
    if (this.status.length > 0) this.fillStatus(this.length);
    const stretches = this.stretches.done(this.length);
    return {
      length: this.length,
      get stack() {
        return stack();
      },
      values: this.values.map((store, type) => (summed(type) ? new Float64Array(0) : store.done())),
      thread: this.thread.length > 0 ? this.thread.done() : undefined,
      time: this.time.length > 0 ? this.time.done() : undefined,
      ...(stretches === undefined ? {} : { stretches }),
      status: this.status.length > 0 ? Uint8Array.from(this.status.done()) : undefined,
      labels: this.labels(),
    };
  }

  private labels(): LabelColumns | undefined {
    if (this.labelKey.length === 0) return undefined;
    const first = new Uint32Array(this.length + 1);
    for (let i = 0; i < this.labelSample.length; i++) first[this.labelSample.array[i]! + 1]!++;
    for (let i = 0; i < this.length; i++) first[i + 1]! += first[i]!;
    return {
      first,
      key: this.labelKey.done(),
      text: this.labelText.done(),
      number: this.labelNumber.done(),
      unit: this.labelUnit.done(),
    };
  }
}

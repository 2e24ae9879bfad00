import type { ProfileBuilder } from './builder.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { PlaceMap } from './mergePlaces.js';
import type { FrameColumns, Profile, ValueColumn } from './profile.js';
import { stackRows } from './stackRows.js';
import { inTime } from './stretches.js';
import { SumColumn } from './sumColumn.js';

/** What one profile's indexes are called in the merged one. */
export interface SampleMap {
  readonly places: PlaceMap;
  readonly threads: Int32Array;
  /** Merged index of each of its value types; -1 for those that are left out (or were counted). */
  readonly types: Int32Array;
  /** Nanoseconds from the Unix epoch (0: unknown) to its time 0; undefined: samples of the same stack are summed whatever their time. */
  readonly origin: bigint | undefined;
}

/** Of rows: nobody had it yet, or it waits to be looked up. */
const UNKNOWN = -1;
const MAPPED = -2;
/** Stacks that are looked up together: their frames fit the processor's nearest memory. */
const BLOCK = 64;
/** Frames in one line of the processor's memory. */
const LINE = 16;

/**
 * Samples of many profiles: equal stacks with the same thread, status and labels are one, so that memory is bounded by the
 * result. Samples that know their time stay apart, unless they are to be summed too.
 */
export class MergeSamples {
  private readonly stackIndex = new Interner();
  private readonly first = new GrowingUint32();
  private readonly frame = new GrowingUint32();
  private readonly mapped = new MappedRows();
  /** Stacks of the rows that profiles of one run share. */
  private last: { readonly run: object; readonly stackOfRow: Int32Array } | undefined;
  private readonly found = new Int32Array(BLOCK);
  /** Kept so that what `touch` reads is read. */
  protected touched = 0;

  /** Sample of each stack that has no thread, labels, status and time: the usual case in pprof files. */
  private readonly plainOf = new GrowingInt32();
  private readonly sampleIndex = new Interner();
  private readonly stack = new GrowingUint32();
  private readonly thread = new GrowingInt32();
  private readonly labelSet = new GrowingInt32();
  private readonly columns: SumColumn[] = [];
  /** Time of each sample from its profile's own start, and the profile that it is from; both only once there are times. */
  private readonly time = new GrowingFloat64();
  private readonly origin = new GrowingUint32();
  private readonly origins: bigint[] = [];
  private timed = false;
  /** What the thread was doing, per sample; -1 where nobody said. */
  private readonly status = new GrowingInt32();

  private readonly labelIndex = new Map<string, number>();
  /** The same of sets of one label with a text: by key and text, of which there are no 2^26. */
  private readonly plainLabels = new Map<number, number>();
  private readonly labels: (readonly (readonly [key: number, text: number, number: number, unit: number])[])[] = [];

  get length(): number {
    return this.stack.length;
  }

  /** A column for one more value type. */
  addColumn(): number {
    const column = new SumColumn();
    column.reserve(this.stack.length);
    return this.columns.push(column) - 1;
  }

  add(given: Profile, map: SampleMap): void {
    const profile = map.origin === undefined ? given : inTime(given);
    const { samples } = profile;
    const rows = stackRows(profile);
    const own = samples.values.map((_, type) => type).filter((type) => map.types[type]! >= 0 && samples.values[type]!.length > 0);
    const columns = own.map((type) => samples.values[type]!);
    const sums = own.map((type) => this.columns[map.types[type]!]!);
    for (let i = 0; i < own.length; i++) sums[i]!.prepare(columns[i]!);
    const times = map.origin === undefined ? undefined : samples.time;
    if (times !== undefined) this.beginTimes(map.origin!);
    const kept = telling(columns, times, samples.length);
    const labels = samples.labels === undefined ? undefined : new Int32Array(samples.length);
    // All in step, so that a look-up need not wait for the memory of the one before it: most of the time goes by there.
    const { mapped } = this;
    mapped.clear();
    const stackOfRow = this.stacksOf(rows);
    for (let i = 0; i < samples.length; i++) {
      if (kept[i] === 0) continue;
      const row = rows.ofSample[i]!;
      if (stackOfRow[row] === UNKNOWN) {
        stackOfRow[row] = MAPPED;
        mapped.add(row, rows, map.places);
      }
      if (labels !== undefined) labels[i] = this.internLabels(samples.labels!, i, map.places);
    }
    this.internStacks(mapped, stackOfRow);
    const sampleOf = new Int32Array(samples.length);
    for (let i = 0; i < samples.length; i++) {
      const thread = samples.thread === undefined ? -1 : samples.thread[i]!;
      const status = samples.status === undefined ? -1 : samples.status[i]!;
      const time = times === undefined ? Number.NaN : times[i]!;
      const stack = stackOfRow[rows.ofSample[i]!]!;
      sampleOf[i] =
        kept[i] === 0
          ? -1
          : this.sample(stack, thread < 0 ? -1 : map.threads[thread]!, labels === undefined ? -1 : labels[i]!, status, time);
    }
    for (let i = 0; i < sums.length; i++) sums[i]!.addColumn(sampleOf, columns[i]!);
  }

  /** Hands all samples to the builder, whose value types are those of the columns in the given order. */
  pour(builder: ProfileBuilder, start: bigint | undefined, order: readonly (SumColumn | undefined)[]): void {
    const { first, frame } = this;
    builder.expect(this.stack.length, frame.length);
    const shift = this.origins.map((origin) => (start === undefined || origin === 0n ? 0 : Number(origin - start)));
    const values: (number | bigint)[] = order.map(() => 0);
    for (let i = 0; i < this.stack.length; i++) {
      const stack = this.stack.array[i]!;
      const from = first.array[stack]!;
      const to = stack + 1 < first.length ? first.array[stack + 1]! : frame.length;
      const room = builder.frameRoom(to - from);
      const at = builder.frameStart;
      for (let k = from; k < to; k++) room[at + k - from] = frame.array[k]!;
      for (let k = 0; k < order.length; k++) values[k] = order[k]?.at(i) ?? 0;
      const time = this.timed ? this.time.array[i]! + shift[this.origin.array[i]!]! : undefined;
      builder.sampleInPlace(to - from, values, this.thread.array[i]!, time);
      if (this.status.array[i]! >= 0) builder.status(this.status.array[i]!);
      const labels = this.labelSet.array[i]!;
      if (labels >= 0) for (const [key, text, number, unit] of this.labels[labels]!) builder.label(key, text, number, unit);
    }
  }

  column(index: number): SumColumn {
    return this.columns[index]!;
  }

  private beginTimes(origin: bigint): void {
    while (this.time.length < this.stack.length) {
      this.time.push(Number.NaN);
      this.origin.push(0);
    }
    this.timed = true;
    this.origins.push(origin);
  }

  private sample(stack: number, thread: number, labels: number, status: number, time: number): number {
    const plain = thread < 0 && labels < 0 && status < 0 && Number.isNaN(time);
    if (plain) {
      while (this.plainOf.length <= stack) this.plainOf.push(-1);
      const row = this.plainOf.array[stack]!;
      if (row >= 0) return row;
      this.plainOf.array[stack] = this.stack.length;
    } else if (Number.isNaN(time)) {
      const hash = mix(mix(mix(mix(43, stack), thread), labels), status);
      for (let row = this.sampleIndex.first(hash); row >= 0; row = this.sampleIndex.next()) {
        const same = this.stack.array[row] === stack && this.thread.array[row] === thread;
        if (same && this.labelSet.array[row] === labels && this.status.array[row] === status) return row;
      }
      this.sampleIndex.add(this.stack.length);
    }
    this.stack.push(stack);
    this.thread.push(thread);
    this.labelSet.push(labels);
    this.status.push(status);
    if (this.timed) {
      this.time.push(time);
      this.origin.push(Math.max(0, this.origins.length - 1));
    }
    for (const column of this.columns) column.reserve(this.stack.length);
    return this.stack.length - 1;
  }

  /** Stack of each row, as far as it is known from an earlier profile with the same rows. */
  private stacksOf({ run, length }: FrameColumns): Int32Array {
    const known = run !== undefined && this.last?.run === run ? this.last.stackOfRow : new Int32Array(0);
    if (known.length >= length && run !== undefined) return known;
    const stackOfRow = new Int32Array(run === undefined ? length : length + (length >> 1)).fill(UNKNOWN);
    stackOfRow.set(known);
    if (run !== undefined) this.last = { run, stackOfRow };
    return stackOfRow;
  }

  private internStacks({ rows, first: firstMapped, hashes, frames }: MappedRows, stackOfRow: Int32Array): void {
    const { stackIndex, first, frame } = this;
    for (let i = 0; i < rows.length; i++) {
      if (i % BLOCK === 0) this.touch(hashes.array.subarray(i, Math.min(i + BLOCK, rows.length)));
      const from = firstMapped.array[i]!;
      const length = (i + 1 < rows.length ? firstMapped.array[i + 1]! : frames.length) - from;
      let stack = stackIndex.first(hashes.array[i]!);
      while (stack >= 0 && !this.isStack(stack, frames.array, from, length)) stack = stackIndex.next();
      if (stack < 0) {
        stack = first.length;
        stackIndex.add(stack);
        first.push(frame.length);
        frame.reserve(length);
        frame.array.set(frames.array.subarray(from, from + length), frame.length);
        frame.length += length;
      }
      stackOfRow[rows.array[i]!] = stack;
    }
  }

  /**
   * Reads where the stacks of these rows may lie, and does nothing with it: the processor waits for the memory of many at
   * once, where it would wait for one after the other while it compares them.
   */
  private touch(hashes: Int32Array): void {
    const { stackIndex, first, frame } = this;
    const found = this.found;
    for (let i = 0; i < hashes.length; i++) found[i] = stackIndex.first(hashes[i]!);
    const all = frame.array;
    let sum = 0;
    for (let i = 0; i < hashes.length; i++) {
      const stack = found[i]!;
      if (stack < 0) continue;
      const at = first.array[stack]!;
      for (let line = 0; line < 4; line++) if (at + line * LINE < all.length) sum ^= all[at + line * LINE]!;
    }
    this.touched = sum;
  }

  private isStack(stack: number, frames: Uint32Array, from: number, length: number): boolean {
    const { first, frame } = this;
    const all = frame.array;
    const at = first.array[stack]!;
    const end = stack + 1 < first.length ? first.array[stack + 1]! : frame.length;
    if (end - at !== length) return false;
    for (let i = 0; i < length; i++) if (all[at + i] !== frames[from + i]) return false;
    return true;
  }

  /** Labels in any order are the same labels. */
  private internLabels(labels: NonNullable<Profile['samples']['labels']>, sample: number, places: PlaceMap): number {
    const from = labels.first[sample]!;
    const to = labels.first[sample + 1]!;
    if (from === to) return -1;
    // One label with a text, as most have, needs no key to be put together.
    const isPlain = to === from + 1 && labels.number[from] === 0 && labels.unit[from] === 0;
    const plain = isPlain ? places.text(labels.key[from]!) * 2 ** 26 + places.text(labels.text[from]!) : -1;
    const before = isPlain ? this.plainLabels.get(plain) : undefined;
    if (before !== undefined) return before;
    const set: [number, number, number, number][] = [];
    for (let i = from; i < to; i++)
      set.push([places.text(labels.key[i]!), places.text(labels.text[i]!), labels.number[i]!, places.text(labels.unit[i]!)]);
    const key = set
      .map((one) => one.join(' '))
      .sort()
      .join(';');
    let known = this.labelIndex.get(key);
    if (known === undefined) {
      known = this.labels.push(set) - 1;
      this.labelIndex.set(key, known);
    }
    if (isPlain) this.plainLabels.set(plain, known);
    return known;
  }
}

/** New stacks of one profile in the merged one's locations, each with its hash, in the order in which samples have them first. */
class MappedRows {
  readonly rows = new GrowingUint32();
  readonly hashes = new GrowingInt32();
  readonly first = new GrowingUint32();
  readonly frames = new GrowingUint32();

  /** Its memory serves the next profile. */
  clear(): void {
    this.rows.length = this.hashes.length = this.first.length = this.frames.length = 0;
  }

  add(row: number, columns: FrameColumns, places: PlaceMap): void {
    const { first, location } = columns;
    const from = first[row]!;
    const count = first[row + 1]! - from;
    this.frames.reserve(count);
    const frames = this.frames.array;
    const start = this.frames.length;
    const known = places.locations;
    let hash = mix(47, count);
    for (let i = 0; i < count; i++) {
      const own = location[from + i]!;
      let merged = known[own]!;
      if (merged < 0) merged = places.location(own);
      frames[start + i] = merged;
      hash = mix(hash, merged);
    }
    this.rows.push(row);
    this.hashes.push(hash);
    this.first.push(start);
    this.frames.length = start + count;
  }
}

/** 1 for the samples that say something. As in pprof's merge, what measured nothing does not; but a moment says that somebody was there. */
function telling(columns: readonly ValueColumn[], times: Float64Array | undefined, length: number): Uint8Array {
  const kept = new Uint8Array(length);
  for (const column of columns) {
    if (column instanceof Float64Array) keepNumbers(column, kept);
    else for (let i = 0; i < length; i++) if (column[i] !== 0n) kept[i] = 1;
  }
  if (times !== undefined) for (let i = 0; i < length; i++) if (!Number.isNaN(times[i]!)) kept[i] = 1;
  return kept;
}

function keepNumbers(column: Float64Array, kept: Uint8Array): void {
  for (let i = 0; i < kept.length; i++) if (column[i] !== 0) kept[i] = 1;
}

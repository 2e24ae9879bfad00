import type { ProfileBuilder } from './builder.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { PlaceMap } from './mergePlaces.js';
import type { Profile, ValueColumn } from './profile.js';
import { stackRows } from './stackRows.js';
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

/**
 * Samples of many profiles: equal stacks with the same thread, status and labels are one, so that memory is bounded by the
 * result. Samples that know their time stay apart, unless they are to be summed too.
 */
export class MergeSamples {
  private readonly stackIndex = new Interner();
  private readonly first = new GrowingUint32();
  private readonly frame = new GrowingUint32();

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

  add(profile: Profile, map: SampleMap): void {
    const { samples } = profile;
    const rows = stackRows(profile);
    const stackOfRow = new Int32Array(rows.length).fill(-1);
    const own = samples.values.map((_, type) => type).filter((type) => map.types[type]! >= 0 && samples.values[type]!.length > 0);
    const columns = own.map((type) => samples.values[type]!);
    const sums = own.map((type) => this.columns[map.types[type]!]!);
    for (let i = 0; i < own.length; i++) sums[i]!.prepare(columns[i]!);
    const times = map.origin === undefined ? undefined : samples.time;
    if (times !== undefined) this.beginTimes(map.origin!);
    const sampleOf = new Int32Array(samples.length);
    for (let i = 0; i < samples.length; i++) {
      sampleOf[i] = -1;
      const time = times === undefined ? Number.NaN : times[i]!;
      // As in pprof's merge, what measured nothing says nothing; but a moment says that somebody was there.
      if (Number.isNaN(time) && isNothing(columns, i)) continue;
      const row = rows.ofSample[i]!;
      if (stackOfRow[row]! < 0) stackOfRow[row] = this.internStack(rows.location, rows.first[row]!, rows.first[row + 1]!, map.places);
      const thread = samples.thread === undefined ? -1 : samples.thread[i]!;
      const labels = samples.labels === undefined ? -1 : this.internLabels(samples.labels, i, map.places);
      const status = samples.status?.[i] ?? -1;
      sampleOf[i] = this.sample(stackOfRow[row]!, thread < 0 ? -1 : map.threads[thread]!, labels, status, time);
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

  private internStack(locations: Uint32Array, from: number, to: number, places: PlaceMap): number {
    const { frame, first, stackIndex } = this;
    const count = to - from;
    const start = frame.length;
    frame.reserve(count);
    const all = frame.array;
    const known = places.locations;
    let hash = mix(47, count);
    for (let i = 0; i < count; i++) {
      const own = locations[from + i]!;
      const merged = known[own]! >= 0 ? known[own]! : places.location(own);
      all[start + i] = merged;
      hash = mix(hash, merged);
    }
    search: for (let row = stackIndex.first(hash); row >= 0; row = stackIndex.next()) {
      const at = first.array[row]!;
      const end = row + 1 < first.length ? first.array[row + 1]! : start;
      if (end - at !== count) continue;
      for (let i = 0; i < count; i++) if (all[at + i] !== all[start + i]) continue search;
      return row;
    }
    stackIndex.add(first.length);
    first.push(start);
    frame.length += count;
    return first.length - 1;
  }

  /** Labels in any order are the same labels. */
  private internLabels(labels: NonNullable<Profile['samples']['labels']>, sample: number, places: PlaceMap): number {
    const from = labels.first[sample]!;
    const to = labels.first[sample + 1]!;
    if (from === to) return -1;
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
    return known;
  }
}

function isNothing(columns: readonly ValueColumn[], sample: number): boolean {
  for (let i = 0; i < columns.length; i++) if (Number(columns[i]![sample]!) !== 0) return false;
  return true;
}

import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { ValueType } from '../../model/profile.js';
import type { Locations } from './places.js';
import { pruneStack } from './prune.js';
import { BLOCK, block, enter, type Integer, integer, skip, truncated, VARINT } from './wire.js';

/** Labels that name a sample's thread, as different writers have it. */
const THREAD_KEYS = ['thread', 'thread name', 'thread_name'];
export const TIME_KEY = 'end_timestamp_ns';
/** Label of samples that carry exact call counts: see docs/formats.md. */
export const CALLS_KEY = 'heatline';
/** The value types that go with it; they are the last two. */
export const CALLS_TYPE: ValueType = { type: 'calls', unit: 'count' };
export const TOTTIME_TYPE: ValueType = { type: 'tottime', unit: 'nanoseconds' };

/** Reads samples into the builder through scratch arrays: nothing is allocated per sample. */
export class SampleReader {
  /** Frames are written straight into the builder's columns, from `start` on. */
  private frames: Uint32Array;
  private start = 0;
  private count = 0;
  private readonly values: Integer[];
  private valueCount = 0;
  /** Labels of the sample at hand, four entries each: key, text, number, unit; the first, second and last are string indexes. */
  private readonly labels: Integer[] = [];
  private readonly isThreadKey: Uint8Array;
  private readonly timeKey: number;
  private readonly callsKey: number;
  private readonly hasCalls: boolean;
  private times: Float64Array | undefined;

  constructor(
    private readonly reader: Reader,
    private readonly builder: ProfileBuilder,
    private readonly types: readonly ValueType[],
    private readonly strings: readonly string[],
    private readonly stringRow: Uint32Array,
    private readonly locations: Locations,
    first: boolean,
  ) {
    this.frames = builder.frameRoom(1);
    this.values = new Array<Integer>(types.length).fill(0);
    this.isThreadKey = new Uint8Array(strings.length);
    for (const key of THREAD_KEYS) if (strings.includes(key)) this.isThreadKey[strings.indexOf(key)] = 1;
    this.timeKey = strings.indexOf(TIME_KEY);
    this.callsKey = strings.indexOf(CALLS_KEY);
    const [calls, tottime] = types.slice(-2);
    this.hasCalls = this.callsKey >= 0 && same(calls, CALLS_TYPE) && same(tottime, TOTTIME_TYPE);
    if (this.hasCalls && first) builder.callTypes(types.length - 2, types.length - 1);
  }

  /**
   * Where the samples start, in order of their time stamps if every one has one. Must be called before `read`.
   * @param starts offsets in the order of the file
   */
  inOrderOfTime(starts: Uint32Array): Uint32Array {
    if (this.timeKey < 0) return starts;
    const stamps: bigint[] = [];
    for (const start of starts) {
      enter(this.reader, start);
      this.scan();
      const stamp = this.labelNumber(this.timeKey);
      if (stamp === undefined) return starts;
      stamps.push(BigInt(stamp));
    }
    const order = Uint32Array.from(starts.keys());
    order.sort((a, b) => (stamps[a]! < stamps[b]! ? -1 : stamps[a]! > stamps[b]! ? 1 : a - b));
    const began = this.builder.startNanos;
    const first = stamps[order[0] ?? 0] ?? 0n;
    const base = began !== undefined && began <= first ? began : first;
    this.times = Float64Array.from(order, (sample) => Number(stamps[sample]! - base));
    return order.map((sample) => starts[sample]!);
  }

  /** Reads the samples that start at `starts[from] … starts[to - 1]`. */
  readSlice(starts: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      enter(this.reader, starts[i]!);
      this.read(i);
    }
  }

  private read(index: number): void {
    const at = this.reader.pos;
    this.scan();
    if (this.valueCount !== this.types.length) {
      const sentence = `A sample has ${this.valueCount} values where the profile has ${this.types.length} types.`;
      throw new ReadError('corrupt', sentence, at);
    }
    if (this.hasCalls && this.labels.length > 0 && this.readCalls(at)) return;
    this.prune();
    this.builder.sampleInPlace(this.count, this.values, this.thread(), this.times?.[index]);
    for (let i = 0; i < this.labels.length; i += 4) {
      const key = this.labels[i] as number;
      const text = this.labels[i + 1] as number;
      if ((this.isThreadKey[key] === 1 && text !== 0) || (key === this.timeKey && this.times !== undefined)) continue;
      const unit = this.stringRow[this.labels[i + 3] as number]!;
      this.builder.label(this.stringRow[key]!, this.stringRow[text]!, Number(this.labels[i + 2]!), unit);
    }
  }

  private prune(): void {
    const { fate, base } = this.locations;
    if (fate === undefined) return;
    const stack = this.frames.subarray(this.start, this.start + this.count);
    this.count = pruneStack(fate, base, stack, this.count);
  }

  private thread(): number {
    for (let i = 0; i < this.labels.length; i += 4) {
      if (this.isThreadKey[this.labels[i] as number] !== 1) continue;
      const name = this.strings[this.labels[i + 1] as number]!;
      if (name !== '') return this.builder.thread(name);
    }
    return -1;
  }

  private labelNumber(key: number): Integer | undefined {
    for (let i = 0; i < this.labels.length; i += 4) if (this.labels[i] === key && this.labels[i + 1] === 0) return this.labels[i + 2];
    return undefined;
  }

  /** Takes a sample with exact counts; false when it is an ordinary one. */
  private readCalls(at: number): boolean {
    let kind = '';
    const figures = new Map<string, number>();
    for (let i = 0; i < this.labels.length; i += 4) {
      const key = this.labels[i] as number;
      if (key === this.callsKey) kind = this.strings[this.labels[i + 1] as number]!;
      else figures.set(this.strings[key]!, Number(this.labels[i + 2]!));
    }
    if (kind !== 'function' && kind !== 'edge') return false;
    const needed = kind === 'function' ? 1 : 2;
    if (this.count !== needed) throw new ReadError('corrupt', `Exact counts of a ${kind} need ${needed} frames, not ${this.count}.`, at);
    const figure = (key: string) => figures.get(key) ?? 0;
    const { base, firstFunc } = this.locations;
    const funcAt = (place: number) => firstFunc[this.frames[this.start + place]! - base]!;
    const callee = funcAt(0);
    const counts = [figure('calls'), figure('primitive'), figure('tottime'), figure('cumtime')] as const;
    if (kind === 'function') this.builder.functionCalls(callee, ...counts);
    else this.builder.edge(funcAt(1), callee, ...counts);
    return true;
  }

  /** Fills frames, values and labels from the sample at hand. Fields may repeat, and lists may come packed or not. */
  private scan(): void {
    const { reader } = this;
    const end = reader.len;
    this.start = this.builder.frameStart;
    this.count = 0;
    this.valueCount = 0;
    if (this.labels.length > 0) this.labels.length = 0;
    while (reader.pos < end) {
      const tag = reader.tag();
      const field = tag >>> 3;
      const kind = tag & 7;
      if (field === 1 && kind === BLOCK) this.packedFrames(block(reader));
      else if (field === 1 && kind === VARINT) this.frame(integer(reader, false));
      else if (field === 2 && kind === BLOCK) {
        const stop = block(reader);
        while (reader.pos < stop) this.value(integer(reader, true));
        if (reader.pos > stop) throw truncated(stop);
      } else if (field === 2 && kind === VARINT) this.value(integer(reader, true));
      else if (field === 3 && kind === BLOCK) this.label(block(reader));
      else skip(reader, kind);
    }
  }

  /**
   * The inner loop of reading, over the reader's own buffer: ids of one to three bytes through a dense table are done
   * here, any other by the reader. A call per frame would cost a third of the whole time.
   */
  private packedFrames(end: number): void {
    const { reader } = this;
    const bytes = reader.buf;
    const { dense } = this.locations.table;
    let pos = reader.pos;
    // An id takes a byte at least.
    const frames = this.room(end - pos);
    const { length } = dense;
    let next = this.start + this.count;
    while (pos < end) {
      const start = pos;
      let id = bytes[pos++]!;
      if (id > 127) {
        // Two bytes or three: without a branch, since no processor can guess which.
        const second = bytes[pos]!;
        const third = bytes[pos + 1]!;
        const more = second >>> 7;
        id = (id & 127) | ((second & 127) << 7) | ((third & (-more & 127)) << 14);
        pos += 1 + more;
        if ((third & -more) > 127) id = length;
      }
      const row = id < length ? dense[id]! - 1 : -1;
      if (row >= 0) {
        frames[next++] = row;
        continue;
      }
      // Long, sparse or unknown ids.
      reader.pos = start;
      const found = this.rowOf(integer(reader, false));
      frames[next++] = found;
      pos = reader.pos;
    }
    if (pos > end) throw truncated(end);
    reader.pos = pos;
    this.count = next - this.start;
  }

  private room(more: number): Uint32Array {
    if (this.start + this.count + more > this.frames.length) this.frames = this.builder.frameRoom(this.count + more);
    return this.frames;
  }

  private frame(id: Integer): void {
    const row = this.rowOf(id);
    this.room(1)[this.start + this.count++] = row;
  }

  private rowOf(id: Integer): number {
    const row = this.locations.table.row(id);
    if (row < 0) throw new ReadError('corrupt', `A sample refers to location ${id}, which the profile does not have.`, this.reader.pos);
    return row;
  }

  private value(value: Integer): void {
    if (this.valueCount < this.values.length) this.values[this.valueCount] = value;
    this.valueCount++;
  }

  private label(end: number): void {
    const { reader } = this;
    const at = this.labels.length;
    this.labels.push(0, 0, 0, 0);
    while (reader.pos < end) {
      const tag = reader.tag();
      const field = tag >>> 3;
      if ((tag & 7) !== VARINT || field === 0 || field > 4) {
        skip(reader, tag & 7);
        continue;
      }
      const value = integer(reader, true);
      if (field !== 3 && !(typeof value === 'number' && value >= 0 && value < this.strings.length)) {
        throw new ReadError('corrupt', `The profile refers to string ${value}, which it does not have.`, reader.pos);
      }
      this.labels[at + field - 1] = value;
    }
    if (reader.pos > end) throw truncated(end);
  }
}

function same(a: ValueType | undefined, b: ValueType): boolean {
  return a !== undefined && a.type === b.type && a.unit === b.unit;
}

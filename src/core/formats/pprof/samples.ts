import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { StretchColumns, ValueType } from '../../model/profile.js';
import { AHEAD, type StackRun } from '../../model/stackRun.js';
import { readIds } from './ids.js';
import { STATUS_KEY, SUMS_KEY, THREAD_ID_KEYS, THREAD_KEYS, TIME_KEY, VALUE_KEY } from './labels.js';
import { checkStretches } from './moments.js';
import type { Locations } from './places.js';
import { pruneStack } from './prune.js';
import { SumReader } from './sums.js';
import { BLOCK, block, enter, type Integer, integer, skip, truncated, VARINT } from './wire.js';

/** Meanings of labels' keys. */
const THREAD = 1;
const THREAD_ID = 2;
const STATUS = 3;
const VALUE = 4;
/** Field and wire type of a sample's packed locations. */
const FRAMES_TAG = (1 << 3) | BLOCK;
/** Field and wire type of a sample's labels, and of their keys and numbers. */
const LABEL_TAG = (3 << 3) | BLOCK;
const KEY_TAG = 1 << 3;
const NUMBER_TAG = 3 << 3;
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
  /** What a key of labels means to us, by its string. */
  private readonly meaning: Uint8Array;
  private readonly timeKey: number;
  private readonly sums: SumReader | undefined;
  private times: Float64Array | undefined;
  private stretches: StretchColumns | undefined;
  /** Thread + 1 by the string of its name, where that alone names it. */
  private readonly threadOfName: Uint32Array;
  private readonly threads = new Map<string, Integer>();
  /** 1 for each value type that has any value but 0. */
  readonly used: Uint8Array;

  constructor(
    private readonly reader: Reader,
    private readonly builder: ProfileBuilder,
    private readonly types: readonly ValueType[],
    private readonly strings: readonly string[],
    private readonly stringRow: Uint32Array,
    private readonly locations: Locations,
    counted: readonly number[] | undefined,
    private readonly run: StackRun | undefined,
    /** In place of its stack a sample has that one's row, which the builder has already. */
    private readonly split: boolean,
  ) {
    this.frames = builder.frameRoom(1);
    this.values = new Array<Integer>(types.length).fill(0);
    this.used = new Uint8Array(types.length);
    this.meaning = new Uint8Array(strings.length);
    this.threadOfName = new Uint32Array(strings.length);
    const learn = (keys: readonly string[], meaning: number) => {
      for (const key of keys) if (strings.includes(key)) this.meaning[strings.indexOf(key)] = meaning;
    };
    learn(THREAD_KEYS, THREAD);
    learn(THREAD_ID_KEYS, THREAD_ID);
    learn([STATUS_KEY], STATUS);
    const columns = types.map((_, column) => VALUE_KEY + column);
    if (strings.some((string) => string.startsWith(VALUE_KEY))) learn(columns, VALUE);
    this.timeKey = strings.indexOf(TIME_KEY);
    if (strings.includes(SUMS_KEY)) this.sums = new SumReader(builder, strings, locations, counted, types.length);
  }

  /**
   * Where the samples start, in order of their time stamps; those without one come last. Must be called before `read`.
   * @param starts offsets in the order of the file
   */
  inOrderOfTime(starts: Uint32Array): Uint32Array {
    if (this.timeKey < 0) return starts;
    // Halves of the stamps, since their sum needs more than a double holds.
    const high = new Float64Array(starts.length).fill(Number.POSITIVE_INFINITY);
    const low = new Float64Array(starts.length);
    let first = -1;
    for (let i = 0; i < starts.length; i++) {
      if (!this.stamp(starts[i]!)) continue;
      high[i] = this.stampHigh;
      low[i] = this.stampLow;
      if (first < 0 || high[i]! < high[first]! || (high[i] === high[first] && low[i]! < low[first]!)) first = i;
    }
    if (first < 0) return starts;
    const began = this.builder.startNanos;
    const base = (BigInt(high[first]!) << 32n) + BigInt(low[first]!);
    const before = began !== undefined && began <= base ? Number(base - began) : 0;
    const times = high.map((upper, i) => (upper - high[first]!) * 2 ** 32 + (low[i]! - low[first]!) + before);
    const order = Uint32Array.from(starts.keys());
    // Samples of one time stay as they were, and those without one come last.
    if (times.some((time, i) => time < (times[i - 1] ?? time)))
      order.sort((a, b) => (times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b));
    this.times = Float64Array.from(order, (sample) => times[sample]!);
    return order.map((sample) => starts[sample]!);
  }

  private stampHigh = 0;
  private stampLow = 0;

  /** Finds the time stamp of the sample at `start`, all else of which is left alone; false when it has none. */
  private stamp(start: number): boolean {
    const { reader } = this;
    const end = enter(reader, start);
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag !== LABEL_TAG) {
        skip(reader, tag & 7);
        continue;
      }
      const stop = block(reader);
      let isTime = false;
      while (reader.pos < stop) {
        const part = reader.tag();
        if (part === KEY_TAG) isTime = reader.uint32() === this.timeKey;
        else if (part !== NUMBER_TAG || !isTime) skip(reader, part & 7);
        else {
          const stamp = reader.int64();
          this.stampHigh = stamp.high;
          this.stampLow = stamp.low >>> 0;
          return true;
        }
      }
    }
    return false;
  }

  /** Samples were seen at these times. Must be called before `read`. */
  seenAt(stretches: StretchColumns): void {
    this.stretches = stretches;
    this.builder.quality({ lasting: true });
  }

  /** Reads the samples that start at `starts[from] … starts[to - 1]`. */
  readSlice(starts: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      this.ahead = (i - from) % AHEAD;
      if (this.run !== undefined && this.ahead === 0) this.lookAhead(this.run, starts.subarray(i, Math.min(i + AHEAD, to)));
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
    const { labels } = this;
    if (labels.length > 0 && this.sums?.read(labels, this.frames, this.start, this.count, this.values, at)) return;
    this.prune();
    this.unround();
    for (let i = 0; i < this.values.length; i++) if (this.values[i] !== 0) this.used[i] = 1;
    const thread = this.thread();
    const time = this.times?.[index];
    this.add(this.values, thread, time === Number.POSITIVE_INFINITY ? undefined : time);
    this.addLabels();
    if (this.stretches === undefined) return;
    checkStretches(this.stretches, index, this.values, at);
    this.builder.seenAt(this.stretches, index);
  }

  private add(values: readonly Integer[], thread: number, time: number | undefined): void {
    if (this.row >= 0) this.builder.sampleOfRow(this.row, values, thread, time);
    else {
      this.builder.sampleInPlace(this.count, values, thread, time);
      if (this.run !== undefined && this.packedAt >= 0) this.run.add(this.reader.buf, this.packedAt, this.packedEnd);
    }
  }

  private addLabels(): void {
    const { labels } = this;
    for (let i = 0; i < labels.length; i += 4) {
      const key = labels[i] as number;
      const text = labels[i + 1] as number;
      const meaning = this.meaning[key];
      if (meaning === VALUE || (meaning === THREAD && text !== 0) || (key === this.timeKey && this.times !== undefined)) continue;
      if (meaning === STATUS && text === 0) {
        this.builder.status(Number(labels[i + 2]!) & 255);
        continue;
      }
      const number = labels[i + 2]!;
      const unit = this.stringRow[labels[i + 3] as number]!;
      // A number that no double holds is kept to the digit, as text.
      const row = typeof number === 'bigint' && text === 0 ? this.builder.string(String(number)) : this.stringRow[text]!;
      this.builder.label(this.stringRow[key]!, row, Number(number), unit);
    }
  }

  /** Puts fractions in the places of values that were rounded. */
  private unround(): void {
    for (let i = 0; i < this.labels.length; i += 4) {
      if (this.meaning[this.labels[i] as number] !== VALUE) continue;
      const column = Number(this.strings[this.labels[i] as number]!.slice(VALUE_KEY.length));
      const value = Number(this.strings[this.labels[i + 1] as number]!);
      if (Number.isFinite(value)) this.values[column] = value;
    }
  }

  private prune(): void {
    const { fate, base } = this.locations;
    if (fate === undefined) return;
    const stack = this.frames.subarray(this.start, this.start + this.count);
    this.count = pruneStack(fate, base, stack, this.count);
  }

  /** The sample's thread by name; of several threads with one name all but the first say their number, too. */
  private thread(): number {
    if (this.labels.length === 4 && this.meaning[this.labels[0] as number] === THREAD && this.labels[1] !== 0) {
      const text = this.labels[1] as number;
      const known = this.threadOfName[text]! - 1;
      if (known >= 0) return known;
      const thread = this.builder.thread(this.strings[text]!);
      this.threadOfName[text] = thread + 1;
      return thread;
    }
    let name = '';
    let id: Integer | string | undefined;
    for (let i = 0; i < this.labels.length; i += 4) {
      const meaning = this.meaning[this.labels[i] as number];
      const text = this.strings[this.labels[i + 1] as number]!;
      if (meaning === THREAD && name === '') name = text;
      else if (meaning === THREAD_ID) id ??= text === '' ? this.labels[i + 2]! : text;
    }
    if (name === '' && id === undefined) return -1;
    if (name === '') return this.builder.thread(`thread ${id}`);
    if (id === undefined || typeof id === 'string') return this.builder.thread(name);
    const first = this.threads.get(name);
    if (first === undefined) this.threads.set(name, id);
    return this.builder.thread(first === undefined || first === id ? name : `${name} (${id})`);
  }

  /** Fills frames, values and labels from the sample at hand. Fields may repeat, and lists may come packed or not. */
  private scan(): void {
    const { reader } = this;
    const end = reader.len;
    this.start = this.builder.frameStart;
    this.count = 0;
    this.valueCount = 0;
    if (this.labels.length > 0) this.labels.length = 0;
    const at = reader.pos;
    if (this.run !== undefined) this.findRow(this.run);
    while (reader.pos < end) {
      const tag = reader.tag();
      const field = tag >>> 3;
      const kind = tag & 7;
      if (field === 1 && reader.pos - 1 > at && this.packedAt >= 0) {
        // A stack in several parts is read from the first one on.
        this.packedAt = this.row = -1;
        reader.pos = at;
        this.count = this.valueCount = this.labels.length = 0;
      } else if (field === 1 && kind === BLOCK) this.packedFrames(block(reader));
      else if (field === 1 && kind === VARINT && this.split) this.row = reader.uint32();
      else if (field === 1 && kind === VARINT) this.frame(integer(reader, false));
      else if (field === 2 && kind === BLOCK) {
        this.packedValues(block(reader));
      } else if (field === 2 && kind === VARINT) this.value(integer(reader, true));
      else if (field === 3 && kind === BLOCK) this.label(block(reader));
      else skip(reader, kind);
    }
  }

  /** Row of the run whose stack the sample at hand has, -1 when it must be read; and where its packed stack lies, -1 where it is not. */
  private row = -1;
  private packedAt = -1;
  private packedEnd = -1;
  /** Number under which the run expects the stack of the sample at hand. */
  private ahead = 0;

  private lookAhead(run: StackRun, starts: Uint32Array): void {
    const { reader } = this;
    for (let i = 0; i < starts.length; i++) {
      const end = enter(reader, starts[i]!);
      if (reader.pos >= end || reader.buf[reader.pos++] !== FRAMES_TAG) continue;
      const to = block(reader);
      run.expect(i, reader.buf, reader.pos, to);
    }
    run.touch(starts.length);
  }

  /** Leaves a stack that the run knows behind. */
  private findRow(run: StackRun): void {
    const { reader } = this;
    const at = reader.pos;
    this.row = this.packedAt = -1;
    if (at >= reader.len || reader.buf[at] !== FRAMES_TAG) return;
    reader.pos++;
    this.packedEnd = block(reader);
    this.packedAt = reader.pos;
    this.row = run.find(this.ahead, reader.buf, this.packedAt, this.packedEnd);
    reader.pos = this.row >= 0 ? this.packedEnd : at;
  }

  private packedFrames(end: number): void {
    // An id takes a byte at least.
    const frames = this.room(end - this.reader.pos);
    const next = readIds(this.reader, end, frames, this.start + this.count, this.locations.table.dense, this.otherRow);
    this.count = next - this.start;
  }

  /** Most values are small, or 0 where there are many types. */
  private packedValues(end: number): void {
    const { reader } = this;
    const bytes = reader.buf;
    while (reader.pos < end) {
      const byte = bytes[reader.pos]!;
      if (byte < 128) {
        reader.pos++;
        this.value(byte);
      } else this.value(integer(reader, true));
    }
    if (reader.pos > end) throw truncated(end);
  }

  private room(more: number): Uint32Array {
    if (this.start + this.count + more > this.frames.length) this.frames = this.builder.frameRoom(this.count + more);
    return this.frames;
  }

  private frame(id: Integer): void {
    const row = this.rowOf(id);
    this.room(1)[this.start + this.count++] = row;
  }

  private readonly otherRow = (id: Integer) => this.rowOf(id);

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
      // The time was read before.
      if (field === 3 && this.times !== undefined && this.labels[at] === this.timeKey) {
        skip(reader, VARINT);
        continue;
      }
      const value = integer(reader, true);
      if (field !== 3 && !(typeof value === 'number' && value >= 0 && value < this.strings.length)) {
        throw new ReadError('corrupt', `The profile refers to string ${value}, which it does not have.`, reader.pos);
      }
      this.labels[at + field - 1] = value;
    }
    if (reader.pos > end) throw truncated(end);
    // Without a key it says nothing.
    if (this.labels[at] === 0) this.labels.length = at;
  }
}

import { GrowingFloat64, GrowingUint32 } from '../../../model/growing.js';
import { lineNumber } from '../../../model/limits.js';
import type { SampleColumns } from '../../../model/profile.js';
import { STATUS_KEY, SUMS_KEY, THREAD_ID_KEYS, THREAD_KEYS, TIME_KEY, VALUE_KEY } from '../labels.js';
import { unknownName } from '../places.js';
import { BLOCK, PROFILE } from '../wire.js';
import { mixed } from './keyTable.js';
import { NumberReader } from './numbers.js';
import { Lines, RunPlaces } from './places.js';
import { Threads } from './threads.js';
import { UNUSUAL } from './unusual.js';

/** What every file that is read here may have of anything. */
const MOST = 2 ** 18;
/** Fields of message Profile, and the last that is one. */
const FIELDS = PROFILE.docUrl + 1;
/** The first id that does not fit three bytes. */
const LONG = 2 ** 21;

/** What labels mean to us, and texts that need the reader of single files. */
const THREAD = 1;
const THREAD_ID = 2;
const OTHER_READER = 3;

/** Samples of one file, in numbers of the run. */
export interface RunSamples {
  readonly columns: Omit<SampleColumns, 'stack'>;
  readonly rows: Uint32Array;
  readonly threads: readonly string[];
}

/**
 * Reads the usual pprof files of a run, one after another: straight from the bytes into columns, with everything that files have in
 * common known again. Anything that is not quite usual throws `UNUSUAL`; what was learned by then is of use all the same.
 */
export class RunReader extends NumberReader {
  places = new RunPlaces();
  private meaning = this.learn();
  /** Texts that were looked at, and keys of fractions among them. */
  private looked = 0;
  private readonly valueKeys = new Set<number>();
  private view = new DataView(this.bytes.buffer);

  /** Where the messages of each field begin and end, in pairs. */
  private readonly blocks = Array.from({ length: FIELDS }, () => new GrowingUint32());
  /** The number that came last in each field, and all comments. */
  readonly numberAt = new Float64Array(FIELDS);
  timeNanos = 0n;
  readonly comments = new GrowingUint32();

  /** Row of the run by the file's index. */
  private textRow = new Uint32Array(0);
  private texts = 0;
  /** Rows + 1 of the run by the file's ids. */
  private funcOf = new Int32Array(0);
  private mappingOf = new Int32Array(0);
  private readonly mappingFile = new Map<number, number>();
  private locationOf = new Int32Array(0);
  private readonly lines = new Lines();

  /** Begins a file: its outermost fields, texts and places. @returns the mapping that it has first, -1 for none */
  open(bytes: Uint8Array): number {
    if (this.places.isFull) {
      this.places = new RunPlaces();
      this.meaning = this.learn();
      this.looked = 0;
      this.valueKeys.clear();
    }
    this.places.nextFile();
    // Never a Buffer: arrays of one kind are read more quickly.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.scan();
    this.readTexts();
    if (this.numberAt[PROFILE.dropFrames] !== 0) throw UNUSUAL;
    const main = this.readMappings();
    this.readFunctions();
    this.readLocations();
    return main;
  }

  /** Texts that mean something. */
  private learn(): Uint8Array {
    const { texts } = this.places;
    const learnt = new Map<number, number>();
    for (const key of THREAD_KEYS) learnt.set(texts.rowOf(key), THREAD);
    for (const key of THREAD_ID_KEYS) learnt.set(texts.rowOf(key), THREAD_ID);
    for (const key of [STATUS_KEY, SUMS_KEY, TIME_KEY]) learnt.set(texts.rowOf(key), OTHER_READER);
    return Uint8Array.from({ length: texts.strings.length }, (_, row) => learnt.get(row) ?? 0);
  }

  /** A text of the file. */
  text(index: number): string {
    return this.places.texts.strings[this.textAt(index)]!;
  }

  private textAt(index: number): number {
    if (!(index < this.texts)) throw UNUSUAL;
    return this.textRow[index]!;
  }

  private scan(): void {
    const { bytes, blocks, numberAt, comments } = this;
    for (const found of blocks) found.length = 0;
    numberAt.fill(0);
    this.timeNanos = 0n;
    comments.length = 0;
    this.pos = 0;
    while (this.pos < bytes.length) {
      const tag = this.number();
      const field = tag >>> 3;
      if (field === 0 || field >= FIELDS) throw UNUSUAL;
      if ((tag & 7) === BLOCK) {
        const length = this.number();
        const end = this.pos + length;
        if (end > bytes.length) throw UNUSUAL;
        if (field === PROFILE.comment) this.readComments(end);
        else {
          // A type behind a text may be the first of another profile.
          if (field === PROFILE.sampleType && blocks[PROFILE.string]!.length > 0) throw UNUSUAL;
          const found = blocks[field]!;
          found.push(this.pos);
          found.push(end);
          this.pos = end;
        }
      } else if ((tag & 7) === 0 && field > PROFILE.string && field !== PROFILE.periodType) {
        if (field === PROFILE.timeNanos) this.timeNanos = this.bigNumber();
        else if (field === PROFILE.comment) comments.push(this.number());
        else numberAt[field] = this.number();
      } else throw UNUSUAL;
    }
    for (const found of blocks) if (found.length > 2 * MOST) throw UNUSUAL;
  }

  private readComments(end: number): void {
    while (this.pos < end) this.comments.push(this.number());
    if (this.pos !== end) throw UNUSUAL;
  }

  private readTexts(): void {
    const { array, length } = this.blocks[PROFILE.string]!;
    const { texts } = this.places;
    this.texts = length / 2;
    // The first one is empty.
    if (length === 0 || array[0] !== array[1]) throw UNUSUAL;
    if (this.textRow.length < this.texts) this.textRow = new Uint32Array(2 * this.texts);
    const { bytes, view, textRow, meaning } = this;
    texts.readAll(bytes, view, array.subarray(0, length), textRow);
    for (let i = 0; i < this.texts; i++) if (meaning[textRow[i]!] === OTHER_READER) throw UNUSUAL;
    for (; this.looked < texts.strings.length; this.looked++)
      if (texts.strings[this.looked]!.startsWith(VALUE_KEY)) this.valueKeys.add(this.looked);
    if (this.valueKeys.size > 0 && textRow.subarray(0, this.texts).some((row) => this.valueKeys.has(row))) throw UNUSUAL;
  }

  /** The types of the samples, or that of the period. */
  readTypes(field: number): { readonly type: string; readonly unit: string }[] {
    const { array, length } = this.blocks[field]!;
    const types = [];
    for (let i = 0; i < length; i += 2) {
      const figures = this.fields(array[i]!, array[i + 1]!, 2);
      types.push({ type: this.text(figures[1]!), unit: this.text(figures[2]!) });
    }
    return types;
  }

  private readMappings(): number {
    const { array, length } = this.blocks[PROFILE.mapping]!;
    this.mappingOf = dense(this.mappingOf, length / 2);
    this.mappingFile.clear();
    let main = -1;
    for (let i = 0; i < length; i += 2) {
      const [, id, start, limit, offset, file, buildId] = this.fields(array[i]!, array[i + 1]!, 10) as unknown as number[];
      const row = this.places.addMapping(this.textAt(file!), this.textAt(buildId!), start!, limit!, offset!);
      if (i === 0) main = row;
      if (!(id! < this.mappingOf.length)) throw UNUSUAL;
      this.mappingOf[id!] = row + 1;
      this.mappingFile.set(row, this.textAt(file!));
    }
    return main;
  }

  private readFunctions(): void {
    const { array, length } = this.blocks[PROFILE.function]!;
    this.funcOf = dense(this.funcOf, length / 2);
    const { funcOf, places } = this;
    for (let i = 0; i < length; i += 2) {
      const figures = this.fields(array[i]!, array[i + 1]!, 5);
      const id = figures[1]!;
      if (id >= funcOf.length) throw UNUSUAL;
      const systemName = this.textAt(figures[3]!);
      funcOf[id] = 1 + places.func(this.textAt(figures[2]!) || systemName, systemName, this.textAt(figures[4]!), lineNumber(figures[5]!));
    }
  }

  private readLocations(): void {
    const { array, length } = this.blocks[PROFILE.location]!;
    this.locationOf = dense(this.locationOf, length / 2);
    const { locationOf, places, lines, mappingOf } = this;
    for (let i = 0; i < length; i += 2) {
      let id = 0;
      let mapping = 0;
      let address = 0;
      const end = array[i + 1]!;
      this.pos = array[i]!;
      lines.count = 0;
      while (this.pos < end) {
        const tag = this.number();
        if (tag === 1 << 3) id = this.number();
        else if (tag === 2 << 3) mapping = this.number();
        else if (tag === 3 << 3) address = this.number();
        else if (tag === ((4 << 3) | BLOCK)) this.readLine(this.number());
        // Whether it was folded says nothing of where it is.
        else if (tag === 5 << 3) this.number();
        else throw UNUSUAL;
      }
      if (this.pos !== end || id >= locationOf.length) throw UNUSUAL;
      const own = mapping < mappingOf.length ? mappingOf[mapping]! - 1 : -1;
      if (own < 0 && mapping !== 0) throw UNUSUAL;
      if (lines.count === 0) lines.add(this.unknown(own), 0, 0);
      locationOf[id] = 1 + places.location(own, address, lines);
    }
  }

  private readLine(length: number): void {
    const end = this.pos + length;
    const figures = this.fields(this.pos, end, 3);
    this.pos = end;
    const func = figures[1]!;
    const row = func < this.funcOf.length ? this.funcOf[func]! - 1 : -1;
    if (row >= 0) this.lines.add(row, lineNumber(figures[2]!), lineNumber(figures[3]!));
    else if (func !== 0) throw UNUSUAL;
  }

  private unknown(mapping: number): number {
    const { texts } = this.places;
    const file = this.mappingFile.get(mapping);
    return this.places.func(texts.rowOf(unknownName(file === undefined ? undefined : texts.strings[file])), 0, 0, 0);
  }

  // What the sample at hand has.
  private hash = 0;
  private readonly frames = new GrowingUint32();
  private valueCount = 0;
  private readonly labelKey = new GrowingUint32();
  private readonly labelText = new GrowingUint32();
  private readonly labelNumber = new GrowingFloat64();
  private readonly labelUnit = new GrowingUint32();
  /** Labels of the sample that name its thread: by text and by number. */
  private threadText = 0;
  private threadId: number | string | undefined;

  /** @param types how many values a sample has */
  readSamples(types: number): RunSamples {
    const { array, length } = this.blocks[PROFILE.sample]!;
    const samples = length / 2;
    const rows = new Uint32Array(samples);
    const values = Array.from({ length: types }, () => new Float64Array(samples));
    const thread = new Int32Array(samples);
    const labelFirst = new Uint32Array(samples + 1);
    const { labelKey, labelText, labelNumber, labelUnit, places } = this;
    labelKey.length = labelText.length = labelNumber.length = labelUnit.length = 0;
    const threads = new Threads(places.texts.strings);
    const { frames } = this;
    for (let i = 0; i < samples; i++) {
      frames.length = 0;
      this.readSample(array[2 * i]!, array[2 * i + 1]!, values, i);
      if (this.valueCount !== types || frames.length > MOST) throw UNUSUAL;
      rows[i] = places.stack(this.hash, frames.array, frames.length);
      thread[i] = this.threadText === 0 && this.threadId === undefined ? -1 : threads.row(this.threadText, this.threadId);
      labelFirst[i + 1] = labelKey.length;
    }
    for (const column of values) checkSum(column);
    const labels = {
      first: labelFirst,
      key: labelKey.done().slice(),
      text: labelText.done().slice(),
      number: labelNumber.done().slice(),
      unit: labelUnit.done().slice(),
    };
    return {
      columns: {
        length: samples,
        values,
        thread: threads.names.length > 0 ? thread : undefined,
        time: undefined,
        status: undefined,
        labels: labelKey.length > 0 ? labels : undefined,
      },
      rows,
      threads: threads.names,
    };
  }

  private readSample(start: number, end: number, values: readonly Float64Array[], sample: number): void {
    this.pos = start;
    this.hash = 47;
    this.valueCount = 0;
    this.threadText = 0;
    this.threadId = undefined;
    while (this.pos < end) {
      const tag = this.number();
      if (tag === ((1 << 3) | BLOCK)) {
        const length = this.number();
        if (length > 0) this.readFrames(length, end);
      } else if (tag === ((2 << 3) | BLOCK)) {
        const length = this.number();
        for (const stop = this.pos + length; this.pos < stop; ) this.value(values, sample, this.number());
      } else if (tag === ((3 << 3) | BLOCK)) this.readLabel(this.number());
      else if (tag === 1 << 3) this.readFrames(0, end);
      else if (tag === 2 << 3) this.value(values, sample, this.number());
      else throw UNUSUAL;
    }
    if (this.pos !== end) throw UNUSUAL;
  }

  private value(values: readonly Float64Array[], sample: number, value: number): void {
    if (this.valueCount < values.length) values[this.valueCount]![sample] = value;
    this.valueCount++;
  }

  /** Ids of `length` bytes, or one that stands alone where that is 0: the inner loop of all. */
  private readFrames(length: number, bound: number): void {
    const { bytes, locationOf } = this;
    const end = this.pos + length;
    if (end > bound) throw UNUSUAL;
    this.frames.reserve(length + 1);
    const frames = this.frames.array;
    const known = Math.min(LONG, locationOf.length);
    let at = this.frames.length;
    let { pos, hash } = this;
    do {
      if (pos >= bound) break;
      let id = bytes[pos++]!;
      if (id > 127) {
        // Two bytes or three: without a branch, since no processor can guess which.
        const second = bytes[pos]!;
        const third = bytes[pos + 1]!;
        const more = second >>> 7;
        id = (id & 127) | ((second & 127) << 7) | ((third & (-more & 127)) << 14);
        pos += 1 + more;
        if ((third & -more) > 127) id = LONG;
      }
      const location = id < known ? locationOf[id]! - 1 : -1;
      if (location < 0) throw UNUSUAL;
      frames[at++] = location;
      hash = mixed(hash, location);
    } while (pos < end);
    if (length > 0 && pos !== end) throw UNUSUAL;
    this.pos = pos;
    this.hash = hash;
    this.frames.length = at;
  }

  private readLabel(length: number): void {
    const end = this.pos + length;
    const figures = this.fields(this.pos, end, 4);
    this.pos = end;
    const key = figures[1]!;
    const text = figures[2]!;
    // Without a key it says nothing.
    if (key === 0) return;
    const keyRow = this.textAt(key);
    const textRow = this.textAt(text);
    const unitRow = this.textAt(figures[4]!);
    const number = figures[3]!;
    const meaning = keyRow < this.meaning.length ? this.meaning[keyRow] : 0;
    if (meaning === THREAD && text !== 0) {
      if (this.threadText === 0) this.threadText = textRow;
      return;
    }
    if (meaning === THREAD_ID) this.threadId ??= textRow === 0 ? number : this.places.texts.strings[textRow]!;
    else if (keyRow === 0) throw UNUSUAL;
    this.labelKey.push(keyRow);
    this.labelText.push(textRow);
    this.labelNumber.push(number);
    this.labelUnit.push(unitRow);
  }
}

/** Room for ids, of which most writers count up from 1. */
function dense(before: Int32Array<ArrayBuffer>, count: number): Int32Array<ArrayBuffer> {
  const length = count * 4 + 1025;
  return before.length < length ? new Int32Array(2 * length) : before.fill(0);
}

/** Sums of doubles must be exact. */
function checkSum(column: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i]!;
  if (sum > Number.MAX_SAFE_INTEGER) throw UNUSUAL;
}

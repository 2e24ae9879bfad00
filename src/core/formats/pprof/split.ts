import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import { GrowingBytes, GrowingUint32 } from '../../model/growing.js';
import { type GrowingRows, StackStore } from '../../model/stackStore.js';
import type { Pieces, ReadControl } from '../format.js';
import { readIds } from './ids.js';
import { SUMS_KEY } from './labels.js';
import { FIELDS, type Scan, scanFields } from './scan.js';
import { BLOCK, block, enter, type Integer, integer, openReader, PROFILE, skip, VARINT } from './wire.js';

/** A profile whose stacks, most of it, were taken out while it arrived. */
export interface Split {
  /** Its messages one after another. In place of their locations samples have one number in field 1: the row of their stack. */
  readonly content: Uint8Array;
  readonly scan: Scan;
  /** Rows of ids of locations, of which nothing is known before the end: many writers put samples first. */
  readonly stacks: GrowingRows;
}

/** Bytes that are looked at together. */
const WINDOW = 2 ** 19;
/** Tag of a sample's one location, or here of its row. */
const ROW_TAG = 1 << 3;
/** Bytes of a number of 32 bits at most. */
const NUMBER = 5;
/** Bytes that a sample takes at least, in most files. */
const LEAST = 32;
const MAX_ID = 2 ** 32 - 1;

/**
 * Reads a profile piece by piece, so that neither the file nor its content is ever in memory as a whole. Undefined for what
 * needs the whole, or a closer look: damaged and joined files, frames to drop, sums among the samples, ids past 32 bits.
 * @throws the reason of `control.signal` when it is aborted
 */
export async function splitProfile(pieces: Pieces, control: ReadControl): Promise<Split | undefined> {
  const splitter = new Splitter(pieces.size);
  let length = 0;
  try {
    for await (const piece of pieces) {
      splitter.take(piece);
      length += piece.length;
      control.progress?.(Math.min(1, length / pieces.size));
      control.signal?.throwIfAborted();
    }
    return splitter.done();
  } catch {
    // Whoever reads the whole says what is wrong, and where.
    control.signal?.throwIfAborted();
    return undefined;
  }
}

class Splitter {
  /** What has come and is not taken apart yet. */
  private window = new Uint8Array(WINDOW);
  private end = 0;

  private readonly content = new GrowingBytes();
  private readonly blocks = Array.from({ length: FIELDS }, () => new GrowingUint32());
  private readonly numbers: Integer[][] = Array.from({ length: FIELDS }, () => []);
  private sampleBytes = 0;
  private readonly stacks = new StackStore();
  /** Pairs of from and to: what a sample holds beside its stack. */
  private readonly rest = new GrowingUint32();

  /** @param size bytes that are expected */
  constructor(size: number) {
    this.stacks.beginFrames();
    // Most ids take two bytes, and stacks many of them; memory that is not used costs nothing, but growing copies.
    const samples = Math.ceil(size / LEAST);
    this.stacks.expect(samples, Math.ceil(size / 2));
    this.blocks[PROFILE.sample]!.reserve(samples);
    this.content.reserve(size);
  }

  take(piece: Uint8Array): void {
    if (this.end + piece.length > this.window.length) {
      this.takeApart();
      this.widen(this.end + piece.length);
    }
    this.window.set(piece, this.end);
    this.end += piece.length;
  }

  done(): Split | undefined {
    this.takeApart();
    const { content, blocks, numbers, sampleBytes } = this;
    if (this.end > 0 || numbers[PROFILE.dropFrames]!.at(-1)) return undefined;
    const bytes = content.done();
    const scan = { blocks: blocks.map((found) => found.done()), numbers, sampleBytes, cutAt: undefined };
    if (scan.blocks[PROFILE.string]!.some((start) => isSumsKey(bytes, start))) return undefined;
    return { content: bytes, scan, stacks: this.stacks.rows() };
  }

  /** Keeps room for as much again, so that what is left over is seldom moved. */
  private widen(length: number): void {
    if (length * 2 <= this.window.length) return;
    const wider = new Uint8Array(length * 2);
    wider.set(this.window.subarray(0, this.end));
    this.window = wider;
  }

  /** Takes all whole messages; the last one, which may go on in the next piece, stays. */
  private takeApart(): void {
    const reader = openReader(this.window.subarray(0, this.end));
    const scan = scanFields(reader, this.end, undefined);
    const types = scan.blocks[PROFILE.sampleType]!;
    const strings = this.blocks[PROFILE.string]!;
    // A table before the types may be that of another profile in the same file.
    if (types.length > 0 && (strings.length > 0 || (scan.blocks[PROFILE.string]![0] ?? this.end) < types.at(-1)!)) throw irregular();
    for (let field = 0; field < FIELDS; field++) {
      for (const number of scan.numbers[field]!) this.numbers[field]!.push(number);
      for (const start of scan.blocks[field]!) {
        if (field === PROFILE.sample) this.sample(reader, start);
        else this.keep(reader, field, start);
      }
    }
    const left = scan.cutAt ?? this.end;
    this.window.copyWithin(0, left, this.end);
    this.end -= left;
  }

  private keep(reader: Reader, field: number, start: number): void {
    const { content } = this;
    this.blocks[field]!.push(content.length);
    content.append(reader.buf, start, enter(reader, start));
  }

  private sample(reader: Reader, start: number): void {
    const { content, rest } = this;
    const row = this.stackOf(reader, start);
    let length = 1 + bytesOf(row);
    for (let i = 0; i < rest.length; i += 2) length += rest.array[i + 1]! - rest.array[i]!;
    this.blocks[PROFILE.sample]!.push(content.length);
    content.reserve(length + 1 + 2 * NUMBER);
    this.number(length);
    content.array[content.length++] = ROW_TAG;
    this.number(row);
    for (let i = 0; i < rest.length; i += 2) content.append(reader.buf, rest.array[i]!, rest.array[i + 1]!);
    this.sampleBytes += length + 1;
  }

  /** Row of a sample's stack; what else it holds is in `rest`. */
  private stackOf(reader: Reader, start: number): number {
    const { rest, stacks } = this;
    const end = enter(reader, start);
    const ids = stacks.room(end - reader.pos);
    let at = stacks.start;
    rest.length = 0;
    while (reader.pos < end) {
      const from = reader.pos;
      const tag = reader.tag();
      if (tag >>> 3 === 1 && (tag & 7) === BLOCK) at = readIds(reader, block(reader), ids, at, undefined, shortId);
      else if (tag >>> 3 === 1 && (tag & 7) === VARINT) ids[at++] = shortId(integer(reader, false));
      else {
        skip(reader, tag & 7);
        const joins = rest.length > 0 && rest.array[rest.length - 1] === from;
        if (joins) rest.length--;
        else rest.push(from);
        rest.push(reader.pos);
      }
    }
    return stacks.row(at - stacks.start);
  }

  private number(value: number): void {
    const { content } = this;
    let left = value;
    for (; left > 127; left >>>= 7) content.array[content.length++] = (left & 127) | 128;
    content.array[content.length++] = left;
  }
}

function isSumsKey(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] !== SUMS_KEY.length) return false;
  for (let i = 0; i < SUMS_KEY.length; i++) if (bytes[start + 1 + i] !== SUMS_KEY.charCodeAt(i)) return false;
  return true;
}

function bytesOf(value: number): number {
  let bytes = 1;
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes++;
  return bytes;
}

function shortId(id: Integer): number {
  if (typeof id === 'bigint' || id > MAX_ID) throw irregular();
  return id;
}

function irregular(): ReadError {
  return new ReadError('unsupported', 'The profile has to be read as a whole.');
}

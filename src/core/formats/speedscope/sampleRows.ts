import { GrowingUint32 } from '../../model/growing.js';
import { type GrowingRows, StackStore } from '../../model/stackStore.js';

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Digits of a number that is surely below 2^32. */
const DIGITS = 9;
/** Bytes of a text for each of its frames, about: less room would have to be moved, and more costs nothing. */
const BYTES_PER_FRAME = 6;

/** What may come next in an array: a row or its end, a row, a comma or its end. */
const Next = { rowOrEnd: 0, row: 1, commaOrEnd: 2 } as const;

/**
 * The stacks of samples as they stand in a text, `[0,1,2],[0,1,3],…`, frames by their numbers. Most samples begin as the one before
 * them did, and many are the same: so much of a text is compared, four bytes at a time, and not read again.
 */
export class SampleRows {
  /** Row of each sample. */
  readonly ofSample = new GrowingUint32();
  private readonly stacks = new StackStore();
  private next: number = Next.rowOrEnd;

  /** The row read last: its text begins at `from` (no bytes: in another window), its frames root first, and where each one's text ends. */
  private from = 0;
  private length = 0;
  private row = 0;
  private depth = 0;
  private frames = new Uint32Array(256);
  private ends = new Uint32Array(256);

  /** @param size bytes of the text, about */
  constructor(size: number) {
    this.stacks.beginFrames();
    this.stacks.expect(0, Math.ceil(size / BYTES_PER_FRAME));
  }

  /** The different stacks so far, leaf first. */
  get rows(): GrowingRows {
    return this.stacks.rows();
  }

  /**
   * Takes the rows of a window that are there as a whole, from behind the array's bracket on or from where the last call stopped.
   * `closed`: it stopped behind the closing bracket, and the next call begins another array.
   * @throws Error for anything but arrays of plain numbers @throws ReadError for too many of these
   */
  take(window: Uint8Array, start: number): { readonly at: number; readonly closed: boolean } {
    const words = new DataView(window.buffer, window.byteOffset, window.byteLength);
    this.length = 0;
    for (let at = start; ; ) {
      at = pastSpace(window, at);
      if (at === window.length) return { at, closed: false };
      const byte = window[at]!;
      if (byte === OPEN && this.next !== Next.commaOrEnd) {
        const behind = this.takeRow(window, words, at);
        if (behind < 0) return { at, closed: false };
        at = behind;
        this.next = Next.commaOrEnd;
      } else if (byte === COMMA && this.next === Next.commaOrEnd) {
        at++;
        this.next = Next.row;
      } else if (byte === CLOSE && this.next !== Next.row) {
        this.next = Next.rowOrEnd;
        return { at: at + 1, closed: true };
      } else throw irregular();
    }
  }

  /** The index behind a row; -1 where the window ends before it. */
  private takeRow(window: Uint8Array, words: DataView, at: number): number {
    const { from, length, ends } = this;
    const most = Math.min(length, window.length - at);
    let same = 0;
    while (same + 4 <= most && words.getInt32(at + same, true) === words.getInt32(from + same, true)) same += 4;
    while (same < most && window[at + same] === window[from + same]) same++;
    if (length === 0 || same < length) {
      let known = length === 0 ? 0 : this.depth;
      while (known > 0 && ends[known - 1]! >= same) known--;
      const behind = this.readFrames(window, at, known);
      this.from = at;
      this.length = Math.max(0, behind - at);
      if (behind < 0) return -1;
      this.keep(length === 0);
    }
    this.ofSample.push(this.row);
    return at + this.length;
  }

  /** Reads the frames of a row from the `known` first ones on; gives the index behind its bracket, -1 where the window ends before. */
  private readFrames(window: Uint8Array, start: number, known: number): number {
    let depth = known;
    let at = start + 1 + (known === 0 ? 0 : this.ends[known - 1]!);
    for (const end = window.length; ; at++) {
      at = pastSpace(window, at);
      const digits = at;
      let frame = 0;
      for (; at < end; at++) {
        const digit = window[at]! - 0x30;
        if (digit < 0 || digit > 9) break;
        frame = frame * 10 + digit;
      }
      if (at - digits > DIGITS) throw irregular();
      if (at > digits) {
        if (depth === this.frames.length) this.widen();
        this.frames[depth++] = frame;
        at = pastSpace(window, at);
      } else if (at < end && (depth > 0 || window[at] !== CLOSE)) throw irregular();
      if (at === end) return -1;
      if (depth > 0) this.ends[depth - 1] = at - start;
      if (window[at] === CLOSE) break;
      if (window[at] !== COMMA) throw irregular();
    }
    this.depth = depth;
    return at + 1;
  }

  private widen(): void {
    const { frames, ends } = this;
    this.frames = new Uint32Array(frames.length * 2);
    this.frames.set(frames);
    this.ends = new Uint32Array(ends.length * 2);
    this.ends.set(ends);
  }

  /** Adds the frames, leaf first. @param mayBeSame they were not compared with the ones before, which another window had */
  private keep(mayBeSame: boolean): void {
    const { stacks, frames, depth } = this;
    const all = stacks.room(depth);
    const last = stacks.start + depth - 1;
    for (let i = 0; i < depth; i++) all[last - i] = frames[i]!;
    if (!mayBeSame || !this.isLast(depth)) this.row = stacks.row(depth);
  }

  /** Whether the frames in the room are those of the row read last: how a text comes in windows shall not be seen in its rows. */
  private isLast(depth: number): boolean {
    if (this.ofSample.length === 0) return false;
    const { first, frame } = this.stacks.rows();
    const from = first.array[this.row]!;
    const to = this.row + 1 < first.length ? first.array[this.row + 1]! : frame.length;
    if (to - from !== depth) return false;
    for (let i = 0; i < depth; i++) if (frame.array[from + i] !== frame.array[frame.length + i]) return false;
    return true;
  }
}

function pastSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

function irregular(): Error {
  return new Error('not a plain array of arrays of numbers');
}

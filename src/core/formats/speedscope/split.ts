import { GrowingBytes, type GrowingInt32 } from '../../model/growing.js';
import type { GrowingRows } from '../../model/stackStore.js';
import type { ReadControl, Source } from '../format.js';
import { SampleRows } from './sampleRows.js';

/** A file whose samples, most of it, were taken out while it arrived. */
export interface Split {
  /** The rest of the text. Where an array of samples was there is a 0. */
  readonly rest: Uint8Array;
  /** By the index of that 0. */
  readonly taken: ReadonlyMap<number, TakenSamples>;
  /** The different stacks, leaf first, as numbers of frames. */
  readonly stacks: GrowingRows;
  /** Row of each sample there. */
  readonly ofSample: Uint32Array;
}

/** Samples `from … to` of `ofSample`; `removed` bytes of the text are not in the rest. */
export interface TakenSamples {
  readonly from: number;
  readonly to: number;
  readonly removed: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const ZERO = Uint8Array.of(0x30);
/** `{"profiles":[{"samples":` is that deep. */
const DEPTH = 3;
/** A key and its colon are looked for in so many bytes. */
const LOOK_BACK = 64;
/** Bytes of one sample; longer ones are no programs'. */
const LONGEST_ROW = 2 ** 20;
/** Bytes between two reports. */
const STRIDE = 2 ** 23;

/**
 * Reads a file piece by piece, so that it is never in memory as a whole. Undefined for what has to be: events, samples that are no plain
 * arrays of numbers, damage. The rest may be anything: whoever reads it looks whether it makes sense.
 * @throws the reason of `control.signal` when it is aborted
 */
export async function splitSamples(source: Source, control: ReadControl): Promise<Split | undefined> {
  const pieces = source.pieces?.();
  const splitter = new Splitter(pieces?.size ?? source.size);
  try {
    let length = 0;
    let look = STRIDE;
    for await (const piece of pieces ?? [await source.bytes()]) {
      splitter.take(piece);
      length += piece.length;
      if (length < look) continue;
      look = length + STRIDE;
      control.progress?.(Math.min(1, length / (pieces?.size ?? length)));
      control.signal?.throwIfAborted();
    }
    return splitter.done();
  } catch {
    // Whoever reads the whole says what is wrong, and where.
    control.signal?.throwIfAborted();
    return undefined;
  }
}

/** Where in the file an index of the rest is. */
export function placeInFile({ taken }: Split, at: number): number {
  let place = at;
  for (const [index, { removed }] of taken) if (index < at) place += removed;
  return place;
}

/**
 * Frames of the stacks become their places, in the same columns; those whose place is negative go.
 * @param missing gives the place of a frame that there is none of
 */
export function placeStacks({ first, frame }: GrowingRows, places: GrowingInt32, missing: (frame: number) => number): void {
  const all = frame.array;
  let to = 0;
  for (let row = 0, at = 0; row < first.length; row++) {
    const end = row + 1 < first.length ? first.array[row + 1]! : frame.length;
    first.array[row] = to;
    for (; at < end; at++) {
      const number = all[at]!;
      const place = number < places.length ? places.array[number]! : missing(number);
      if (place >= 0) all[to++] = place;
    }
  }
  frame.length = to;
}

class Splitter {
  private readonly rest = new GrowingBytes();
  private readonly samples: SampleRows;
  private readonly taken = new Map<number, TakenSamples>();
  /** Of the text that is kept: how deep it is in brackets, whether in a string, and there behind a backslash. */
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** The array of samples that is being taken: its first sample, and its index in the whole text. */
  private array: { readonly from: number; readonly start: number } | undefined;
  /** What was left over of the last piece is `window[0 … left)`; before it there were so many bytes. */
  private window = new Uint8Array(0);
  private left = 0;
  private before = 0;

  constructor(size: number) {
    this.samples = new SampleRows(size);
  }

  take(piece: Uint8Array): void {
    const bytes = this.left === 0 ? piece : this.joined(piece);
    let at = 0;
    while (at < bytes.length) {
      if (this.array === undefined) at = this.keep(bytes, at);
      else {
        const next = this.samples.take(bytes, at);
        at = next.at;
        if (!next.closed) break;
        const { from, start } = this.array;
        // The 0 stays in place of the array.
        this.taken.set(this.rest.length - 1, { from, to: this.samples.ofSample.length, removed: this.before + at - start - 1 });
        this.array = undefined;
      }
    }
    this.before += at;
    this.left = bytes.length - at;
    // It is looked at again with each piece.
    if (this.left > LONGEST_ROW) throw new Error('a row that is too long');
    if (this.left === 0) return;
    if (this.left > this.window.length) this.window = new Uint8Array(this.left);
    this.window.set(bytes.subarray(at));
  }

  private joined(piece: Uint8Array): Uint8Array {
    const length = this.left + piece.length;
    if (length > this.window.length) {
      const wider = new Uint8Array(length * 2);
      wider.set(this.window.subarray(0, this.left));
      this.window = wider;
    }
    this.window.set(piece, this.left);
    return this.window.subarray(0, length);
  }

  /** @throws Error where the file ends among samples */
  done(): Split {
    if (this.array !== undefined) throw new Error('the text is cut');
    const { rest, taken, samples } = this;
    return { rest: rest.done(), taken, stacks: samples.rows, ofSample: samples.ofSample.done() };
  }

  /** Keeps bytes up to an array of samples, or to the end; gives where it stopped. */
  private keep(bytes: Uint8Array, start: number): number {
    const { rest } = this;
    let from = start;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
      } else if (byte === QUOTE) this.inString = true;
      else if (byte === OPEN_OBJECT) this.depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.depth--;
      else if (byte === OPEN_ARRAY) {
        if (this.depth === DEPTH) {
          rest.append(bytes, from, at);
          from = at;
          const key = keyBefore(rest.done());
          if (key === 'events') throw new Error('events are read where they stand');
          if (key === 'samples') {
            rest.append(ZERO, 0, 1);
            this.array = { from: this.samples.ofSample.length, start: this.before + at };
            return at + 1;
          }
        }
        this.depth++;
      }
    }
    rest.append(bytes, from, bytes.length);
    return bytes.length;
  }
}

/** The key whose value comes next in a text, if it is short and plain: `"samples" : ` → `samples`. */
function keyBefore(text: Uint8Array): string | undefined {
  const end = String.fromCharCode(...text.subarray(-LOOK_BACK));
  return /(?:^|[^\\])"(\w+)"\s*:\s*$/.exec(end)?.[1];
}

import { GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import { checkRoom } from './limits.js';
import type { FrameColumns, StackColumns } from './profile.js';

/** Rows after which it is decided whether equal stacks are still looked for. */
const JOIN_TRIAL = 4096;

/** Whole stacks while they grow: see `FrameColumns`. */
export interface GrowingRows {
  readonly first: GrowingUint32;
  readonly frame: GrowingUint32;
}

interface StackTree {
  readonly stacks: StackColumns;
  readonly ofSample: Int32Array;
}

/**
 * Stacks while they are being read, in the form in which they come: a prefix tree (text formats), or whole stacks
 * (pprof), which are kept as they are, since growing a tree of millions of frames costs far more than reading them;
 * the tree is then grown at first use. When both kinds come, the first wins.
 */
export class StackStore {
  private readonly index = new Interner();
  private readonly prefix = new GrowingInt32();
  private readonly location = new GrowingUint32();
  private readonly depth = new GrowingUint32();
  private readonly sampleStack = new GrowingInt32();

  private readonly rowIndex = new Interner();
  private first = new GrowingUint32();
  private frame = new GrowingUint32();
  private readonly sampleRow = new GrowingUint32();

  private joining = true;
  private joined = 0;
  private mode: 'none' | 'tree' | 'frames' = 'none';
  private run: object | undefined;
  private written: FrameColumns | undefined;
  private grown: StackTree | undefined;

  get length(): number {
    return this.prefix.length;
  }

  /** Interns `prefix` + `location`; both were checked. */
  stack(prefix: number, location: number): number {
    const hash = mix(mix(29, prefix), location);
    const { index } = this;
    for (let row = index.first(hash); row >= 0; row = index.next()) {
      if (this.prefix.array[row] === prefix && this.location.array[row] === location) return row;
    }
    const depth = prefix < 0 ? 0 : this.depth.array[prefix]! + 1;
    checkRoom('frames in one stack', depth);
    index.add(this.prefix.length);
    this.prefix.push(prefix);
    this.location.push(location);
    this.depth.push(depth);
    return this.prefix.length - 1;
  }

  addByStack(stack: number): void {
    if (this.mode === 'frames') {
      const frames: number[] = [];
      for (let at = stack; at !== -1; at = this.prefix.array[at]!) frames.push(this.location.array[at]!);
      this.addRow(frames, frames.length);
      return;
    }
    this.mode = 'tree';
    this.sampleStack.push(stack);
  }

  /** @param frames leaf first; checked by the caller */
  addByFrames(frames: ArrayLike<number>, count: number): void {
    if (this.mode === 'tree') {
      let stack = -1;
      for (let i = count - 1; i >= 0; i--) stack = this.stack(stack, frames[i]!);
      this.sampleStack.push(stack);
      return;
    }
    this.beginFrames();
    this.addRow(frames, count);
  }

  private addRow(frames: ArrayLike<number>, count: number): void {
    const all = this.room(count);
    for (let i = 0; i < count; i++) all[this.start + i] = frames[i]!;
    this.commit(count);
  }

  /** Room for `max` frames of one more stack, from index `start` on; then `commit` it. */
  room(max: number): Uint32Array {
    this.frame.reserve(max);
    return this.frame.array;
  }

  get start(): number {
    return this.frame.length;
  }

  /** Makes room at once for so many samples and frames, if they come as whole stacks. */
  expect(samples: number, frames: number): void {
    // What goes on from other profiles mostly repeats them.
    const isNew = this.first.length === 0;
    this.frame.reserve(isNew ? frames : 0);
    this.first.reserve(isNew ? samples + 1 : 0);
    this.sampleRow.reserve(samples);
  }

  /** Rows go on from those that are there, which profiles of one run share; comes before any stack. */
  continueRows({ first, frame }: GrowingRows, run: object | undefined): void {
    this.mode = 'frames';
    this.run = run;
    this.first = first;
    this.frame = frame;
    // Whoever has them finds equal stacks.
    this.joining = false;
  }

  /** What was committed so far, for `continueRows` of another store. */
  rows(): GrowingRows {
    return { first: this.first, frame: this.frame };
  }

  /** Takes a row that is there. */
  commitRow(row: number): void {
    this.sampleRow.push(row);
  }

  /** Takes the rows of all samples at once. */
  takeRows(rows: Uint32Array): void {
    this.sampleRow.reserve(rows.length);
    this.sampleRow.array.set(rows, this.sampleRow.length);
    this.sampleRow.length += rows.length;
  }

  /** True when whole stacks may be written in place: no stack came as a tree before. */
  beginFrames(): boolean {
    if (this.mode === 'none') this.mode = 'frames';
    return this.mode === 'frames';
  }

  /** One more sample with the `count` frames written at `start`. */
  commit(count: number): void {
    this.sampleRow.push(this.row(count));
  }

  /** Takes the `count` frames written at `start` as a row, or gives an equal one. @throws ReadError for too many */
  row(count: number): number {
    checkRoom('frames in one stack', count - 1);
    if (this.joining) {
      const row = this.findRow(this.frame.length, count);
      if (row >= 0) {
        this.joined++;
        return row;
      }
      this.rowIndex.add(this.first.length);
      // Most writers have joined equal stacks already; then looking for more costs much and finds nothing.
      this.joining = this.first.length < JOIN_TRIAL || this.joined * 8 > this.first.length;
    }
    this.first.push(this.frame.length);
    this.frame.length += count;
    return this.first.length - 1;
  }

  private findRow(start: number, count: number): number {
    const { rowIndex } = this;
    const all = this.frame.array;
    let hash = count;
    for (let i = start; i < start + count; i++) hash = mix(hash, all[i]!);
    for (let row = rowIndex.first(hash); row >= 0; row = rowIndex.next()) if (this.sameFrames(row, start, count)) return row;
    return -1;
  }

  private sameFrames(row: number, start: number, count: number): boolean {
    const all = this.frame.array;
    const from = this.first.array[row]!;
    const to = row + 1 < this.first.length ? this.first.array[row + 1]! : start;
    if (to - from !== count) return false;
    for (let i = 0; i < count; i++) if (all[from + i] !== all[start + i]) return false;
    return true;
  }

  /** Whole stacks; absent for profiles that came as a tree. Call once, at the end. */
  frames(): FrameColumns | undefined {
    if (this.mode !== 'frames') return undefined;
    const { first, frame, run } = this;
    const { length } = first;
    // Behind the last row, where the next profile of a run puts the same.
    first.reserve(1);
    first.array[length] = frame.length;
    const columns = { length, first: first.array.subarray(0, length + 1), location: frame.done(), ofSample: this.sampleRow.done() };
    this.written = run === undefined ? columns : { ...columns, run };
    return this.written;
  }

  /** The prefix tree, grown at first call for profiles that came as whole stacks. */
  tree(): StackTree {
    this.grown ??= this.mode === 'frames' ? this.growFromRows() : this.treeAsRead();
    return this.grown;
  }

  private treeAsRead(): StackTree {
    return {
      stacks: { length: this.prefix.length, prefix: this.prefix.done(), location: this.location.done() },
      ofSample: this.sampleStack.done(),
    };
  }

  private growFromRows(): StackTree {
    const { length, first, location, ofSample: rowOfSample } = this.written!;
    const stackOfRow = new Int32Array(length);
    for (let row = 0; row < length; row++) {
      const from = first[row]!;
      let stack = -1;
      for (let at = first[row + 1]! - 1; at >= from; at--) stack = this.stack(stack, location[at]!);
      stackOfRow[row] = stack;
    }
    const ofSample = Int32Array.from(rowOfSample, (row) => stackOfRow[row]!);
    return {
      stacks: { length: this.prefix.length, prefix: this.prefix.done(), location: this.location.done() },
      ofSample,
    };
  }
}

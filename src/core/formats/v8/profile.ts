import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { GrowingFloat64, GrowingInt32 } from '../../model/growing.js';
import type { JsonCursor } from '../json/cursor.js';
import { parentsFirst } from '../shared/parentsFirst.js';
import type { CallFrames } from './frames.js';

/**
 * One CPU profile of V8 while it is read: nodes (a tree by ids), and for each sample its node and the microseconds since the
 * sample before (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). Chrome's traces bring it in pieces.
 */
export class V8Profile {
  /** Microseconds of V8's clock. */
  start = Number.NaN;
  end = Number.NaN;
  readonly samples = new GrowingFloat64();
  readonly deltas = new GrowingFloat64();
  /** The line that ran at each sample, if the writer says (Chrome does). */
  readonly lines = new GrowingFloat64();

  private readonly rowOf = new Map<number, number>();
  private readonly func = new GrowingInt32();
  private readonly line = new GrowingInt32();
  private readonly column = new GrowingInt32();
  private readonly parent = new GrowingInt32();
  /** Pairs of a node's row and the id of its child, or of the id of its parent and its row. */
  private readonly children = new GrowingFloat64();
  private readonly parents = new GrowingFloat64();
  /** By row: pairs of line and ticks. */
  private readonly ticks = new Map<number, number[]>();

  /** Takes an array of nodes. */
  async nodes(json: JsonCursor, frames: CallFrames): Promise<void> {
    if (!json.array()) return;
    while (json.item()) {
      this.node(json, frames);
      if (json.due) await json.pause();
    }
  }

  /** Takes one node. */
  node(json: JsonCursor, frames: CallFrames): void {
    if (!json.object()) return;
    const row = this.func.length;
    let func = -1;
    let line = 0;
    let column = 0;
    while (json.nextKey()) {
      const { key } = json;
      if (key === 'id') this.rowOf.set(json.number(), row);
      else if (key === 'callFrame') ({ func, line, column } = frames.read());
      else if (key === 'parent') {
        this.parents.push(json.number());
        this.parents.push(row);
      } else if (key === 'children') {
        if (json.array()) {
          while (json.item()) {
            this.children.push(row);
            this.children.push(json.number());
          }
        }
      } else if (key === 'positionTicks') this.readTicks(json, row);
    }
    this.func.push(func);
    this.line.push(line);
    this.column.push(column);
    this.parent.push(-1);
  }

  private readTicks(json: JsonCursor, row: number): void {
    const pairs: number[] = [];
    if (!json.array()) return;
    while (json.item()) {
      if (!json.object()) continue;
      let line = 0;
      let ticks = 0;
      while (json.nextKey()) {
        if (json.key === 'line') line = json.number();
        else if (json.key === 'ticks') ticks = json.number();
      }
      if (line > 0 && ticks > 0) pairs.push(line, ticks);
    }
    if (pairs.length > 0) this.ticks.set(row, pairs);
  }

  /**
   * Adds the samples, values `[1, microseconds]`: each lasts until the next one, the last until the end.
   * @param origin microseconds of V8's clock that are the profile's start
   */
  async emit(builder: ProfileBuilder, thread: number, origin: number, pause: () => Promise<void>): Promise<void> {
    const { samples, deltas } = this;
    const around = this.stacks(builder);
    const spent = new Map<number, number>();
    const values = [1, 0];
    if (samples.length > deltas.length) builder.warn(`${samples.length - deltas.length} of ${samples.length} samples have no time.`);
    let clock = finite(this.start) + (deltas.length > 0 ? finite(deltas.array[0]!) : 0);
    // V8's clock may seem to run backwards when samples come late: time waits then.
    let now = clock;
    builder.quality({ lasting: true });
    for (let i = 0; i < samples.length; i++) {
      const row = this.rowOf.get(samples.array[i]!);
      if (row === undefined) throw new ReadError('corrupt', 'A sample refers to a node that there is not.');
      const last = i + 1 >= samples.length;
      if (!last && i + 1 < deltas.length) clock += finite(deltas.array[i + 1]!);
      const next = Math.max(now, last ? finite(this.end) : clock);
      values[1] = next - now;
      builder.sample(this.leaf(builder, row, around[row]!, i, spent), values, thread, (now - origin) * 1000);
      now = next;
      if ((i & 0xffff) === 0xffff) await pause();
    }
  }

  /** The stack of a sample: that of its node, at the line that ran. */
  private leaf(builder: ProfileBuilder, row: number, around: number, sample: number, spent: Map<number, number>): number {
    const func = this.func.array[row]!;
    if (func < 0) return around;
    let line = this.lines.array[sample] ?? 0;
    if (sample >= this.lines.length || !(line > 0)) {
      // A node says how many of its samples fell on which line, not which ones: they are given out in the order of the lines.
      line = 0;
      const ticks = this.ticks.get(row);
      if (ticks !== undefined) {
        const nth = spent.get(row) ?? 0;
        spent.set(row, nth + 1);
        let sum = 0;
        for (let i = 0; i < ticks.length && line === 0; i += 2) {
          sum += ticks[i + 1]!;
          if (nth < sum) line = ticks[i]!;
        }
      }
    }
    const place = line > 0 ? builder.place(func, line) : builder.place(func, this.line.array[row]!, this.column.array[row]!);
    return builder.stack(around, place);
  }

  /** By row: the stack that the node is called from. */
  private stacks(builder: ProfileBuilder): Int32Array {
    const { parent, children, parents, rowOf, func } = this;
    for (let i = 0; i < children.length; i += 2) {
      const child = rowOf.get(children.array[i + 1]!);
      if (child !== undefined) parent.array[child] = children.array[i]!;
    }
    for (let i = 0; i < parents.length; i += 2) parent.array[parents.array[i + 1]!] = rowOf.get(parents.array[i]!) ?? -1;
    const around = new Int32Array(func.length).fill(-1);
    parentsFirst(parent.array, func.length, (row) => {
      const outer = parent.array[row]!;
      if (outer < 0) return;
      const place = func.array[outer]! < 0 ? -1 : builder.place(func.array[outer]!, this.line.array[outer]!, this.column.array[outer]!);
      around[row] = place < 0 ? around[outer]! : builder.stack(around[outer]!, place);
    });
    return around;
  }
}

/** 0 for what is no time. */
function finite(time: number): number {
  return Number.isFinite(time) ? time : 0;
}

import type { ProfileBuilder } from '../../model/builder.js';

/** What Austin measured: its `mode` header. */
export type AustinMode = 'wall' | 'cpu' | 'memory' | 'full';

/** One sample's figures; undefined where the mode has none. */
export interface AustinMetrics {
  /** Microseconds since the sample before. */
  readonly time: number;
  readonly idle: boolean;
  /** Bytes of resident memory gained (or, negative, given back) since the sample before. */
  readonly memory: number;
}

/** A thread that was seen. */
interface Known {
  readonly process: string;
  readonly interpreter: number;
  readonly thread: string;
  /** The builder's. */
  readonly id: number;
  /** In which it was looked at last. */
  round: number;
}

/**
 * Puts Austin's samples into the builder, whether they come as text or as MOJO. Each sample's figures are what went by since the
 * thread was last looked at; threads are looked at in rounds, and the sum over rounds is the time of a sample.
 */
export class AustinSamples {
  private mode: AustinMode | undefined;
  private readonly values: number[] = [];
  private readonly threads = new Map<string, Known>();
  private last: Known | undefined;
  private firstProcess: string | undefined;
  private round = 0;
  /** Nanoseconds from the start to the beginning of this round, and how long the round is. */
  private clock = 0;
  private roundTime = 0;
  private errors: number | undefined;

  constructor(private readonly builder: ProfileBuilder) {}

  /** Declares the value types; the first call counts. */
  begin(mode: AustinMode): void {
    if (this.mode !== undefined) return;
    this.mode = mode;
    const { builder } = this;
    builder.valueType({ type: 'samples', unit: 'count' });
    let main = 0;
    if (mode === 'full') builder.valueType({ type: 'cpu', unit: 'microseconds' });
    if (mode !== 'memory') main = builder.valueType({ type: mode === 'cpu' ? 'cpu' : 'wall', unit: 'microseconds' });
    if (mode === 'memory' || mode === 'full') {
      const allocated = builder.valueType({ type: 'allocated', unit: 'bytes' });
      builder.valueType({ type: 'freed', unit: 'bytes' });
      if (mode === 'memory') main = allocated;
    }
    if (mode !== 'memory') builder.quality({ lasting: true });
    builder.set({ defaultType: main });
  }

  /** Whether samples have three figures. */
  get isFull(): boolean {
    return this.mode === 'full';
  }

  /** A stack that could not be followed to its end: the sample counts, and is counted as an error. */
  invalid(): void {
    this.errors = (this.errors ?? 0) + 1;
  }

  /** The builder's thread. `thread` is the operating system's id, in decimal; interpreter 0 is the main one. */
  thread(process: string, interpreter: number, thread: string): number {
    // Most samples are of the thread before.
    let known = this.last;
    if (known === undefined || known.thread !== thread || known.process !== process || known.interpreter !== interpreter) {
      known = this.known(process, interpreter, thread);
      this.last = known;
    }
    if (known.round === this.round) {
      this.clock += this.roundTime * 1000;
      this.roundTime = 0;
      this.round++;
    }
    known.round = this.round;
    return known.id;
  }

  private known(process: string, interpreter: number, thread: string): Known {
    const key = `${process}:${interpreter}:${thread}`;
    let known = this.threads.get(key);
    if (known === undefined) {
      this.firstProcess ??= process;
      let name = `thread (${thread})`;
      if (interpreter > 0) name += ` [interpreter ${interpreter}]`;
      if (process !== this.firstProcess && process !== '') name += ` [process ${process}]`;
      known = { process, interpreter, thread, id: this.builder.thread(name), round: -1 };
      this.threads.set(key, known);
    }
    return known;
  }

  /** Adds a sample of `thread` (asked for just before). `frames[0..count)` are places, root first. */
  add(frames: ArrayLike<number>, count: number, thread: number, { time, idle, memory }: AustinMetrics): void {
    const { builder, values, mode } = this;
    values.length = 0;
    values.push(1);
    if (mode === 'full') values.push(idle ? 0 : time);
    if (mode !== 'memory') values.push(time);
    if (mode === 'memory' || mode === 'full') values.push(Math.max(0, memory), Math.max(0, -memory));
    this.roundTime = Math.max(this.roundTime, time);
    const rows = builder.frameRoom(count);
    for (let i = 0, to = builder.frameStart + count - 1; i < count; i++) rows[to - i] = frames[i]!;
    builder.sampleInPlace(count, values, thread, mode === 'memory' ? undefined : this.clock);
  }

  /** What Austin says of itself (`# key: value`, MOJO's metadata). */
  metadata(key: string, value: string): void {
    const { builder } = this;
    const number = Number(value);
    const [part, whole] = value.split('/', 2).map(Number);
    if (key === 'austin') builder.quality({ engine: 'austin', engineVersion: value });
    else if (key === 'python') builder.quality({ python: value });
    else if (key === 'interval' && number > 0) {
      builder.quality({ rateAsked: 1e6 / number });
      builder.set({ periodType: { type: 'wall', unit: 'microseconds' }, period: number });
    } else if (key === 'duration' && number >= 0) builder.set({ durationNanos: number * 1000 });
    else if (key === 'errors' && part! >= 0) this.errors = Math.max(this.errors ?? 0, part!);
    else if (key === 'saturation' && part! > 0 && whole! > 0)
      builder.quality({ notes: [`${part} of ${whole} samples took longer than the interval.`] });
    else if (key !== 'saturation') builder.comment(`${key}: ${value}`);
  }

  /** Call at the end. */
  finish(): void {
    this.begin('wall');
    if (this.errors !== undefined) this.builder.quality({ errors: this.errors });
  }
}

/** The mode a header names; undefined for other texts. */
export function austinMode(text: string): AustinMode | undefined {
  return text === 'wall' || text === 'cpu' || text === 'memory' || text === 'full' ? text : undefined;
}

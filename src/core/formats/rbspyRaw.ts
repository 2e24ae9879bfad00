import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, utf8 } from './shared/textLines.js';

/** Status bit of a sample: the thread was on a CPU (see `ProfileBuilder.status`). */
const ON_CPU = 2;
const BAD_SHARE = 0.02;
/** So many bad lines, and more of them than good ones: the rest is not looked at. */
const MANY_BAD = 10_000;
/** Longest line that is looked at: a stack of a hundred thousand frames. */
const MAX_LINE = 1 << 25;

/**
 * rbspy's own record (`.raw.gz`, unpacked): `rbspy02`, a line about the run, then a line of JSON for each sample, leaf first.
 * Versions 00 (frames only) and 01 (no line about the run) are older. See src/storage at https://github.com/rbspy/rbspy.
 */
export const rbspyRaw: Format = {
  id: 'rbspy-raw',
  label: 'rbspy raw',
  globs: ['*.raw.gz'],
  sniff: (head) => (/^rbspy\d\d\n/.test(String.fromCharCode(...head.subarray(0, 8))) ? 0.95 : 0),
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    const version = Number(String.fromCharCode(...bytes.subarray(5, 7)));
    if (version > 2) throw new ReadError('unsupported', `It is version ${version} of rbspy's format; 0 to 2 can be read.`, 5);
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.quality({ engine: 'rbspy' });
    const samples = new Samples(builder);
    let bad = 0;
    let firstBad = 0;
    let isHeader = version === 2;
    const lines = bytes.subarray(8);
    let last: readonly [number, number] = [0, 0];
    await eachLine(lines, control, (start, end) => {
      if (end === start) return;
      // Samples without times repeat each other for as long as the program stays where it is.
      if (!isHeader && isSame(lines, last, start, end)) {
        samples.repeat();
        return;
      }
      const parsed = parse(lines, start, end);
      if (isHeader) {
        isHeader = false;
        readHeader(parsed, builder);
      } else if (samples.add(parsed)) last = [start, end];
      else {
        if (bad++ === 0) firstBad = start + 8;
        if (bad > MANY_BAD && bad > samples.count)
          throw new ReadError('corrupt', "Most of its lines are none of rbspy's samples.", firstBad);
      }
    });
    if (samples.count === 0) throw new ReadError('corrupt', "It holds none of rbspy's samples.", firstBad);
    if (bad > Math.max(1, samples.count * BAD_SHARE)) throw new ReadError('corrupt', `${bad} lines are none of rbspy's samples.`, firstBad);
    if (bad > 0) builder.warn(`${bad} of ${bad + samples.count} lines were left out, since they are none of rbspy's samples.`);
  },
};

function isSame(bytes: Uint8Array, [from, to]: readonly [number, number], start: number, end: number): boolean {
  if (to - from !== end - start) return false;
  for (let i = start; i < end; i++) if (bytes[i] !== bytes[i - start + from]) return false;
  return true;
}

type Fields = Readonly<Record<string, unknown>>;

function parse(bytes: Uint8Array, start: number, end: number): unknown {
  if (end - start > MAX_LINE) return undefined;
  try {
    return JSON.parse(decodeText(bytes, start, end));
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHeader(value: unknown, builder: ProfileBuilder): void {
  if (!isFields(value)) return;
  const { sample_rate: rate, rbspy_version: version } = value;
  const start = nanoseconds(value.start_time);
  if (typeof version === 'string') builder.quality({ engineVersion: version });
  if (start !== undefined) builder.set({ timeNanos: start });
  if (typeof rate === 'number' && rate > 0) {
    builder.quality({ rateAsked: rate });
    builder.set({ periodType: { type: 'wall', unit: 'nanoseconds' }, period: Math.round(1e9 / rate) });
  }
}

/** Rust's SystemTime as serde writes it. */
function nanoseconds(value: unknown): bigint | undefined {
  if (!isFields(value)) return undefined;
  const { secs_since_epoch: seconds, nanos_since_epoch: rest } = value;
  if (!Number.isSafeInteger(seconds) || !Number.isSafeInteger(rest)) return undefined;
  return BigInt(seconds as number) * 1_000_000_000n + BigInt(rest as number);
}

const ONE = [1];

class Samples {
  count = 0;
  private readonly places = new Map<string, number>();
  private readonly rows: number[] = [];
  private lastThread = -1;
  private lastTime: number | undefined;
  private onCpu: boolean | undefined;
  private firstTime: bigint | undefined;
  private firstProcess: unknown;

  constructor(private readonly builder: ProfileBuilder) {}

  /** Adds a sample; false when it is none. */
  add(value: unknown): boolean {
    const fields: Fields = isFields(value) ? value : {};
    const trace = Array.isArray(value) ? value : fields.trace;
    if (!Array.isArray(trace) || !trace.every((frame) => isFields(frame) && typeof frame.name === 'string')) return false;
    const { rows, builder } = this;
    rows.length = 0;
    for (const frame of trace) rows.push(this.place(frame));
    const time = nanoseconds(fields.time);
    this.firstTime ??= builder.startNanos ?? time;
    this.lastThread = this.thread(fields.pid, fields.thread_id);
    this.lastTime = time === undefined || this.firstTime === undefined ? undefined : Number(time - this.firstTime);
    this.onCpu = typeof fields.on_cpu === 'boolean' ? fields.on_cpu : undefined;
    this.repeat();
    return true;
  }

  /** Adds the sample added last once more. */
  repeat(): void {
    const { builder, rows, onCpu } = this;
    builder.sampleFrames(rows, rows.length, ONE, this.lastThread, this.lastTime);
    if (onCpu !== undefined) builder.status(onCpu ? ON_CPU : 0);
    this.count++;
  }

  private thread(process: unknown, thread: unknown): number {
    if (typeof thread !== 'number' && typeof process !== 'number') return -1;
    this.firstProcess ??= process;
    const name = typeof thread === 'number' ? `thread (${thread})` : `process ${process}`;
    return this.builder.thread(typeof thread === 'number' && process !== this.firstProcess ? `${name} [process ${process}]` : name);
  }

  private place({ name, relative_path: relative, absolute_path: absolute, lineno }: Fields): number {
    const func = typeof name === 'string' ? name : '';
    const path = typeof absolute === 'string' ? absolute : typeof relative === 'string' ? relative : '';
    const line = typeof lineno === 'number' ? lineno : 0;
    const key = `${func}\0${path}\0${line}`;
    let known = this.places.get(key);
    if (known === undefined) {
      const { builder } = this;
      const id = builder.string(func);
      known = builder.place(builder.func(id, id, builder.string(path === '(unknown)' ? '' : path), 0), line);
      this.places.set(key, known);
    }
    return known;
  }
}

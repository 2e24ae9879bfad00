import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { GrowingFloat64 } from '../../model/growing.js';
import type { JsonCursor } from '../json/cursor.js';
import type { StackprofFrame } from '../stackprof.js';

/** stackprof's lists of raw samples. */
export interface Raw {
  /** Again and again: number of frames, their ids (outermost first), times that this stack was seen in a row. */
  readonly stacks: GrowingFloat64;
  /** The same with line numbers in place of ids; empty before 0.2.22. */
  readonly lines: GrowingFloat64;
  /** Per sample: microseconds of a clock, and microseconds since the sample before. */
  readonly stamps: GrowingFloat64;
  readonly deltas: GrowingFloat64;
}

/** Whether stacks know the lines that ran. */
export function hasLines({ stacks, lines }: Raw): boolean {
  return lines.length === stacks.length;
}

/** Stacks between two looks at cancellation. */
const STRIDE = 1 << 15;

/** Adds every raw sample, with its time where that is known. @throws ReadError `corrupt` for stacks of frames that are not there */
export async function readRaw(
  builder: ProfileBuilder,
  raw: Raw,
  frames: ReadonlyMap<number, StackprofFrame>,
  /** What one sample is worth, by value type. */
  factors: readonly number[],
  json: JsonCursor,
): Promise<void> {
  const { stacks, lines } = raw;
  const lined = hasLines(raw);
  const times = timesOf(raw);
  const values = [...factors];
  let sample = 0;
  let rows = 0;
  let last = 0;
  for (let at = 0; at < stacks.length; rows++) {
    const depth = stacks.array[at]!;
    const end = at + 1 + depth;
    if (!(depth >= 0) || !Number.isInteger(depth) || end >= stacks.length) {
      builder.warn('Its last stack is cut off.');
      break;
    }
    let stack = -1;
    for (let i = at + 1; i < end; i++) {
      const id = stacks.array[i]!;
      const frame = frames.get(id);
      if (frame === undefined) throw new ReadError('corrupt', `A stack refers to frame ${label(id)}, which the profile does not have.`);
      stack = builder.stack(stack, builder.place(frame.func, lined ? lines.array[i]! : 0));
    }
    const repeated = stacks.array[end]!;
    const seen = repeated > 0 && repeated < Number.MAX_SAFE_INTEGER ? Math.trunc(repeated) : 0;
    if (times !== undefined && sample + seen <= times.length) {
      for (let i = 0; i < seen; i++) builder.sample(stack, values, -1, times[sample++]!);
    } else if (seen > 0) {
      builder.sample(
        stack,
        factors.map((factor) => factor * seen),
      );
      sample += seen;
    }
    at = end + 1;
    if (rows - last >= STRIDE) {
      last = rows;
      await json.pause();
    }
  }
}

/** Nanoseconds since the first sample, by sample; undefined where the file has no times. */
function timesOf({ stamps, deltas }: Raw): Float64Array | undefined {
  const times = new Float64Array(Math.max(stamps.length, deltas.length));
  if (times.length === 0) return undefined;
  let passed = 0;
  for (let i = 0; i < times.length; i++) {
    if (stamps.length > 0) passed = stamps.array[i]! - stamps.array[0]!;
    else passed += i === 0 ? 0 : deltas.array[i]!;
    times[i] = Number.isFinite(passed) ? passed * 1000 : Number.NaN;
  }
  return times;
}

function label(id: number): string {
  return Number.isFinite(id) ? String(id) : 'without a number';
}

import type { Profile } from './profile.js';

/** The distinct stacks of a profile, numbered, without their frames: `stackRows` has these, row by row. */
export interface StackIndex {
  readonly length: number;
  /** Row of each sample. */
  readonly ofSample: Uint32Array;
  /** For profiles that came as a prefix tree: the stack (row of `profile.stacks`, -1: empty) of each row. */
  readonly stackOf: Int32Array | undefined;
}

const known = new WeakMap<Profile, StackIndex>();

/** Costs as much as there are samples, however deep they are. Computed once per profile. */
export function stackIndex(profile: Profile): StackIndex {
  if (profile.frames !== undefined) return { length: profile.frames.length, ofSample: profile.frames.ofSample, stackOf: undefined };
  let index = known.get(profile);
  if (index === undefined) {
    index = numberStacks(profile);
    known.set(profile, index);
  }
  return index;
}

function numberStacks({ stacks, samples }: Profile): StackIndex {
  // Row of stack s is rowOf[s + 1] - 1, so that the empty stack (-1) has its place too.
  const rowOf = new Uint32Array(stacks.length + 1);
  const ofSample = new Uint32Array(samples.length);
  const stackOf = new Int32Array(Math.min(samples.length, stacks.length + 1));
  let length = 0;
  for (let i = 0; i < samples.length; i++) {
    const stack = samples.stack[i]!;
    if (rowOf[stack + 1] === 0) {
      stackOf[length] = stack;
      rowOf[stack + 1] = ++length;
    }
    ofSample[i] = rowOf[stack + 1]! - 1;
  }
  return { length, ofSample, stackOf: stackOf.subarray(0, length) };
}

/** Figures per row, given to their stacks: own[s] is what ended in stack s (the empty one is left out). */
export function onStacks(profile: Profile, stackOf: Int32Array, ofRow: Float64Array): Float64Array {
  const own = new Float64Array(profile.stacks.length);
  for (let row = 0; row < stackOf.length; row++) if (stackOf[row]! >= 0) own[stackOf[row]!]! += ofRow[row]!;
  return own;
}

/** What ended in each stack or below it. */
export function sumUpwards(prefix: Int32Array, own: Float64Array): Float64Array {
  const sum = own.slice();
  for (let stack = sum.length - 1; stack >= 0; stack--) if (prefix[stack]! >= 0) sum[prefix[stack]!]! += sum[stack]!;
  return sum;
}

import type { FrameColumns, Profile } from './profile.js';

const known = new WeakMap<Profile, FrameColumns>();

/**
 * The whole stacks of a profile, leaf first, whichever way it was read: what every table is computed from.
 * Computed once per profile.
 */
export function stackRows(profile: Profile): FrameColumns {
  let rows = profile.frames ?? known.get(profile);
  if (rows === undefined) {
    rows = fromTree(profile);
    known.set(profile, rows);
  }
  return rows;
}

function fromTree({ stacks, samples }: Profile): FrameColumns {
  const depth = new Uint32Array(stacks.length);
  for (let i = 0; i < stacks.length; i++) {
    const prefix = stacks.prefix[i]!;
    depth[i] = prefix < 0 ? 1 : depth[prefix]! + 1;
  }
  // Row of stack s is rowOf[s + 1] - 1, so that the empty stack (-1) has its place too.
  const rowOf = new Uint32Array(stacks.length + 1);
  const ofSample = new Uint32Array(samples.length);
  const stackOf = new Int32Array(Math.min(samples.length, stacks.length + 1));
  let length = 0;
  let frames = 0;
  for (let i = 0; i < samples.length; i++) {
    const stack = samples.stack[i]!;
    if (rowOf[stack + 1] === 0) {
      stackOf[length] = stack;
      rowOf[stack + 1] = ++length;
      if (stack >= 0) frames += depth[stack]!;
    }
    ofSample[i] = rowOf[stack + 1]! - 1;
  }
  const first = new Uint32Array(length + 1);
  const location = new Uint32Array(frames);
  let at = 0;
  for (let row = 0; row < length; row++) {
    for (let stack = stackOf[row]!; stack >= 0; stack = stacks.prefix[stack]!) location[at++] = stacks.location[stack]!;
    first[row + 1] = at;
  }
  return { length, first, location, ofSample };
}

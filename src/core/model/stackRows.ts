import { ReadError } from '../errors.js';
import type { FrameColumns, Profile } from './profile.js';
import { stackIndex } from './stackIndex.js';

/** Frames that written-out stacks may have together: 2 GiB of them. */
const MAX_FRAMES = 2 ** 27;

const known = new WeakMap<Profile, FrameColumns>();

/**
 * The whole stacks of a profile, leaf first, whichever way it was read. Computed once per profile. Stacks of a prefix tree
 * may be far larger written out than they are in the tree: tables that need not write them out use `stackIndex`.
 * @throws ReadError `too-large` when they cannot be written out
 */
export function stackRows(profile: Profile): FrameColumns {
  let rows = profile.frames ?? known.get(profile);
  if (rows === undefined) {
    rows = fromTree(profile);
    known.set(profile, rows);
  }
  return rows;
}

function fromTree(profile: Profile): FrameColumns {
  const { stacks } = profile;
  const { length, ofSample, stackOf } = stackIndex(profile);
  const depth = stackDepths(stacks.prefix);
  let frames = 0;
  for (let row = 0; row < length; row++) if (stackOf![row]! >= 0) frames += depth[stackOf![row]!]!;
  if (frames > MAX_FRAMES) throw new ReadError('too-large', 'Its stacks are too deep to be written out one by one.');
  const first = new Uint32Array(length + 1);
  const location = new Uint32Array(frames);
  let at = 0;
  for (let row = 0; row < length; row++) {
    for (let stack = stackOf![row]!; stack >= 0; stack = stacks.prefix[stack]!) location[at++] = stacks.location[stack]!;
    first[row + 1] = at;
  }
  return { length, first, location, ofSample };
}

/** Number of locations of each stack. */
export function stackDepths(prefix: Int32Array): Uint32Array {
  const depth = new Uint32Array(prefix.length);
  for (let i = 0; i < prefix.length; i++) depth[i] = prefix[i]! < 0 ? 1 : depth[prefix[i]!]! + 1;
  return depth;
}

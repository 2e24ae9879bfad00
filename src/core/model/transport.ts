import type { Profile } from './profile.js';
import { StackStore } from './stackStore.js';

/** A profile as it travels between threads: plain columns, without what is grown at first use. */
export type PackedProfile = Omit<Profile, 'stacks' | 'samples'> & {
  readonly stacks?: Profile['stacks'];
  readonly samples: Omit<Profile['samples'], 'stack'> & { readonly stack?: Int32Array };
};

/** Takes a profile apart for `postMessage`, with the buffers to hand over: if they are, the profile cannot be used afterwards. */
export function packProfile(profile: Profile): { packed: PackedProfile; transfer: ArrayBuffer[] } {
  // Reading `stacks` of a profile of whole stacks would grow their tree, which few ever need.
  const lazy = profile.frames !== undefined;
  const samples = copyWithout(profile.samples, lazy ? ['stack'] : []);
  const packed = { ...copyWithout(profile, lazy ? ['stacks', 'samples'] : ['samples']), samples } as unknown as PackedProfile;
  const buffers = new Set<ArrayBuffer>();
  collectBuffers(packed, buffers);
  return { packed, transfer: [...buffers] };
}

/** Puts a profile together again. */
export function unpackProfile(packed: PackedProfile): Profile {
  const { frames } = packed;
  if (frames === undefined) return packed as Profile;
  let grown: { stacks: Profile['stacks']; ofSample: Int32Array } | undefined;
  const grow = () => {
    if (grown) return grown;
    const store = new StackStore();
    const ofRow = new Int32Array(frames.length).fill(-1);
    for (let row = 0; row < frames.length; row++) {
      let stack = -1;
      for (let at = frames.first[row + 1]! - 1; at >= frames.first[row]!; at--) stack = store.stack(stack, frames.location[at]!);
      ofRow[row] = stack;
    }
    grown = { stacks: store.tree().stacks, ofSample: Int32Array.from(frames.ofSample, (row) => ofRow[row]!) };
    return grown;
  };
  const samples = Object.defineProperty({ ...packed.samples }, 'stack', { enumerable: true, get: () => grow().ofSample });
  return Object.defineProperty({ ...packed, samples }, 'stacks', { enumerable: true, get: () => grow().stacks }) as unknown as Profile;
}

function copyWithout(source: object, left: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) if (!left.includes(key)) copy[key] = (source as Record<string, unknown>)[key];
  return copy;
}

function collectBuffers(value: unknown, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    // Lists hold strings (never columns), but for the value columns.
    for (const inner of value) if (typeof inner === 'object') collectBuffers(inner, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collectBuffers(inner, found);
  }
}

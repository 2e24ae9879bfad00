import type { FrameColumns, LineColumns, LocationColumns, Profile, SampleColumns, StackColumns } from './profile.js';

const NO_STACKS: StackColumns = { length: 0, prefix: new Int32Array(0), location: new Uint32Array(0) };

/** Other stacks for a profile: as a prefix tree, or as whole stacks where the profile was read so. */
export interface OtherStacks {
  readonly locations: LocationColumns;
  readonly lines: LineColumns;
  readonly stacks:
    | { readonly tree: StackColumns; readonly ofSample: Int32Array }
    | { readonly rows: Omit<FrameColumns, 'ofSample' | 'run'>; readonly ofSample: Uint32Array };
  /** The samples that stay, where not all do. */
  readonly samples?: Omit<SampleColumns, 'stack'>;
}

/**
 * The profile with other stacks; functions keep their indexes, and figures that were counted per function or line stay. What
 * came as whole stacks has no tree then: nothing that is computed from a view asks for it.
 */
export function restack(profile: Profile, { locations, lines, stacks, samples }: OtherStacks): Profile {
  const isTree = 'tree' in stacks;
  // Columns that are grown when they are looked at stay ungrown.
  const kept = samples ?? without(profile.samples, 'stack');
  return {
    ...without(profile, 'stacks', 'samples'),
    locations,
    lines,
    frames: isTree ? undefined : { ...stacks.rows, ofSample: stacks.ofSample },
    stacks: isTree ? stacks.tree : NO_STACKS,
    samples: { ...kept, stack: isTree ? stacks.ofSample : new Int32Array(0) },
  };
}

/** The rest of an object, without looking at what is left out. */
export function without<T extends object, K extends keyof T>(value: T, ...left: readonly K[]): Omit<T, K> {
  const keys = (Object.keys(value) as (keyof T)[]).filter((key) => !left.includes(key as K));
  return Object.fromEntries(keys.map((key) => [key, value[key]])) as unknown as Omit<T, K>;
}

import { type Hidden, hideFrames } from './hideFrames.js';
import { type MergedRecursion, mergeRecursion } from './mergeRecursion.js';
import type { Profile } from './profile.js';

/** Which frames of its stacks a profile is shown with. */
export interface ShownFrames extends Hidden, MergedRecursion {}

/** The profile that a view is of: first frames are hidden, then recursions of what is left are merged. @throws UserError */
export function shownProfile(profile: Profile, frames: ShownFrames): Profile {
  return mergeRecursion(hideFrames(profile, frames), frames);
}

/** Equal for what shows the same frames. */
export function shownKey({ hide, show, mergeRecursion, mergeDirectRecursion }: ShownFrames): readonly string[] {
  return [hide ?? '', show ?? '', mergeRecursion ?? '', mergeDirectRecursion ?? ''];
}

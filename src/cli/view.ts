import { hideFrames } from '../core/model/hideFrames.js';
import type { Profile, ViewSpec } from '../core/model/profile.js';
import { resolveView } from '../core/report/view.js';

/** Options that every command that shows a profile has. */
export interface ViewOptions {
  readonly value?: string;
  readonly thread?: string;
  readonly focus?: string;
  readonly ignore?: string;
  readonly hide?: string;
  readonly show?: string;
  readonly label?: string;
  readonly labelIgnore?: string;
  readonly json?: boolean;
}

/** A profile as the options want it seen. @throws UserError for what the profile does not have */
export function viewOf(profile: Profile, options: ViewOptions): { profile: Profile; spec: ViewSpec } {
  const shown = hideFrames(profile, options);
  return { profile: shown, spec: resolveView(shown, { ...options, tagFocus: options.label, tagIgnore: options.labelIgnore }) };
}

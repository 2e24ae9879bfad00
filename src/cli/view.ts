import { UserError } from '../core/errors.js';
import type { Profile, TimeRange, ViewSpec } from '../core/model/profile.js';
import { shownProfile } from '../core/model/shown.js';
import { withStates } from '../core/model/states.js';
import { isSummed } from '../core/model/summed.js';
import { resolveView } from '../core/report/view.js';
import { say } from './failure.js';
import { readInputs } from './input.js';
import type { WindowOptions } from './windowOptions.js';
import { isFolder, withoutTimes } from './windows.js';

/** Options that every command that shows a profile has. */
export interface ViewOptions {
  readonly value?: string;
  readonly thread?: string;
  readonly focus?: string;
  readonly ignore?: string;
  readonly hide?: string;
  readonly show?: string;
  readonly mergeRecursion?: string;
  readonly mergeDirectRecursion?: string;
  readonly label?: string;
  readonly labelIgnore?: string;
  /** Seconds since the profile's start; of windows a moment too. */
  readonly from?: number | string;
  readonly to?: number | string;
  readonly json?: boolean;
}

/**
 * Reads what a command names, and has it seen as the options want; of a folder `--from` and `--to` choose windows, and nothing in them.
 * @throws InputError, UserError
 */
export async function readView(words: readonly string[], options: ViewOptions & WindowOptions): Promise<ReturnType<typeof viewOf>> {
  return viewOf(await readInputs(words, options), words.some(isFolder) ? withoutTimes(options) : options);
}

/** A profile as the options want it seen. @throws UserError for what the profile does not have */
export function viewOf(profile: Profile, options: ViewOptions): { profile: Profile; spec: ViewSpec } {
  const shown = shownProfile(withStates(profile), options);
  const range = rangeOf(options);
  const spec = resolveView(shown, { ...options, tagFocus: options.label, tagIgnore: options.labelIgnore, range });
  if ((options.mergeRecursion || options.mergeDirectRecursion) && isSummed(shown, spec.type))
    say('merging recursion changes nothing here: the file holds sums without stacks, and their tree shows a function once on a path');
  return { profile: shown, spec };
}

/** Nanoseconds of `--from` and `--to`. @throws UserError for a stretch that ends before it begins */
function rangeOf({ from, to }: ViewOptions): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (typeof from === 'string' || typeof to === 'string') {
    const [name, text] = typeof from === 'string' ? ['from', from] : ['to', to];
    throw new UserError('usage', `--${name} ${text}: seconds since its start are wanted, for it is no folder of windows`);
  }
  if (from !== undefined && to !== undefined && !(from < to))
    throw new UserError('usage', '--from and --to: the end has to be later than the begin');
  return { from: (from ?? Number.NEGATIVE_INFINITY) * 1e9, to: (to ?? Number.POSITIVE_INFINITY) * 1e9 };
}

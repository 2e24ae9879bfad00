import { UserError } from '../errors.js';
import { unitFactor } from '../model/compare.js';
import type { Profile, ValueType } from '../model/profile.js';
import { resolveView } from './view.js';

/**
 * The value type that two profiles are compared in: the one asked for, else what the new profile shows first and the
 * base has too, else what the base shows first, else any that both have. Units may differ (seconds, nanoseconds).
 * @throws UserError `no-value-type`, `different-types`
 */
export function chooseTypes(base: Profile, next: Profile, word: string | undefined): [base: number, next: number] {
  if (word !== undefined) {
    const type = named('the new profile', next, word);
    return [counterpart(next.sampleTypes[type], base) ?? named('the base', base, word), type];
  }
  const first = counterpart(next.sampleTypes[next.defaultType], base);
  if (first !== undefined) return [first, next.defaultType];
  const second = counterpart(base.sampleTypes[base.defaultType], next);
  if (second !== undefined) return [base.defaultType, second];
  for (const [type, of] of next.sampleTypes.entries()) {
    const found = counterpart(of, base);
    if (found !== undefined) return [found, type];
  }
  const list = ({ sampleTypes }: Profile) => sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', ') || 'nothing';
  throw new UserError('different-types', `nothing can be compared: the base holds ${list(base)}, the new profile ${list(next)}`);
}

/** A value type by its name; the error says of which profile it speaks. */
function named(of: string, profile: Profile, value: string): number {
  try {
    return resolveView(profile, { value }).type;
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.code, `${of}: ${error.message}`) : error;
  }
}

/** The same measure in another profile: same type, and a unit that can be turned into ours. undefined when it has none. */
export function counterpart(type: ValueType | undefined, other: Pick<Profile, 'sampleTypes'>): number | undefined {
  if (type === undefined) return undefined;
  const same = other.sampleTypes.findIndex(({ type: name, unit }) => name === type.type && unit === type.unit);
  if (same >= 0) return same;
  const alike = other.sampleTypes.findIndex(({ type: name, unit }) => name === type.type && unitFactor(unit, type.unit) !== undefined);
  return alike >= 0 ? alike : undefined;
}

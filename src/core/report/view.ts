import { UserError } from '../errors.js';
import type { Profile, TimeRange, ValueType, ViewSpec } from '../model/profile.js';
import { hasTimes } from '../model/timing.js';

/** What the user asked to look at, as words. */
export interface Wanted {
  /** A value type: `cpu`, `cpu/nanoseconds`, or its number. */
  readonly value?: string | undefined;
  readonly thread?: string | undefined;
  readonly focus?: string | undefined;
  readonly ignore?: string | undefined;
  readonly tagFocus?: string | undefined;
  readonly tagIgnore?: string | undefined;
  readonly range?: TimeRange | undefined;
}

/** A view that the profile can show. @throws UserError `no-value-type`, `no-thread`, `no-times` */
export function resolveView(profile: Profile, wanted: Wanted): ViewSpec {
  const type = wanted.value === undefined ? profile.defaultType : findType(profile, wanted.value);
  const thread = wanted.thread === undefined ? undefined : findThread(profile, wanted.thread);
  if (wanted.range !== undefined && !hasTimes(profile))
    throw new UserError('no-times', 'its samples have no times, so that a stretch of time cannot be taken out of it');
  return {
    type,
    ...(wanted.range === undefined ? {} : { range: wanted.range }),
    ...(thread === undefined ? {} : { thread }),
    ...(wanted.focus === undefined ? {} : { focus: wanted.focus }),
    ...(wanted.ignore === undefined ? {} : { ignore: wanted.ignore }),
    ...(wanted.tagFocus === undefined ? {} : { tagFocus: wanted.tagFocus }),
    ...(wanted.tagIgnore === undefined ? {} : { tagIgnore: wanted.tagIgnore }),
  };
}

/** The value type of a view; a profile without any (an empty pprof) counts samples that it has none of. */
export function typeOf(profile: Profile, spec: ViewSpec): ValueType {
  const { type, unit } = profile.sampleTypes[spec.type] ?? { type: 'samples', unit: 'count' };
  return { type, unit };
}

export function hasFilter(spec: ViewSpec): boolean {
  return (
    spec.thread !== undefined ||
    spec.range !== undefined ||
    [spec.focus, spec.ignore, spec.tagFocus, spec.tagIgnore].some((filter) => (filter ?? '') !== '')
  );
}

function findType(profile: Profile, word: string): number {
  const asked = word.toLowerCase();
  const names = profile.sampleTypes.map(({ type, unit }) => ({ type: type.toLowerCase(), both: `${type}/${unit}`.toLowerCase() }));
  for (const found of [
    names.findIndex(({ both }) => both === asked),
    names.findIndex(({ type }) => type === asked),
    /^\d+$/.test(asked) && Number(asked) < names.length ? Number(asked) : -1,
  ]) {
    if (found >= 0) return found;
  }
  const known = profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', ');
  throw new UserError('no-value-type', `there is no value type "${word}"; there are: ${known || 'none'}`);
}

function findThread(profile: Profile, name: string): string {
  if (profile.threads.includes(name)) return name;
  const few = profile.threads.slice(0, 10).join(', ');
  const known = profile.threads.length > 10 ? `${few}, …` : few;
  throw new UserError('no-thread', `there is no thread "${name}"; ${known ? `there are: ${known}` : 'the profile knows no threads'}`);
}

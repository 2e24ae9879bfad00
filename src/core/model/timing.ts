import type { Profile, StretchColumns, TimeRange } from './profile.js';
import { secondsPer } from './units.js';

/** Gaps that the usual one is found among. */
const GAPS = 4096;

const known = new WeakMap<Profile, Float64Array | undefined>();
const extents = new WeakMap<Profile, TimeExtent | undefined>();

/** When a profile begins and ends (from 0, where its first sample is near), and how long a moment is taken for; nanoseconds. */
export interface TimeExtent extends TimeRange {
  readonly usual: number;
}

/** Whether a profile's samples know when they were taken. */
export function hasTimes({ samples }: Profile): boolean {
  return samples.stretches !== undefined || (samples.time?.some((time) => !Number.isNaN(time)) ?? false);
}

/**
 * How long each row lasts from its `time` on, in nanoseconds: the largest of its values of time. Undefined where the times
 * of rows are moments at which somebody looked, and where there are no times.
 */
export function rowLengths(profile: Profile): Float64Array | undefined {
  const { rows, lasting } = profile.quality;
  return profile.samples.time !== undefined && (rows === 'spans' || lasting) ? longestTimes(profile) : undefined;
}

/** The largest of each row's values of time, nanoseconds; undefined where nothing is a time. Computed once per profile. */
export function longestTimes(profile: Profile): Float64Array | undefined {
  if (known.has(profile)) return known.get(profile);
  const { samples, sampleTypes } = profile;
  let longest: Float64Array | undefined;
  for (const [type, { unit }] of sampleTypes.entries()) {
    const column = samples.values[type];
    const seconds = secondsPer(unit);
    if (seconds === undefined || column === undefined || column.length !== samples.length) continue;
    longest ??= new Float64Array(samples.length);
    const nanos = Math.round(seconds * 1e9);
    for (let i = 0; i < column.length; i++) {
      const own = Number(column[i]!) * nanos;
      if (own > longest[i]!) longest[i] = own;
    }
  }
  known.set(profile, longest);
  return longest;
}

/** When a profile's samples begin and end; undefined where they have no times. Computed once per profile. */
export function timeExtent(profile: Profile): TimeExtent | undefined {
  if (!extents.has(profile)) extents.set(profile, findExtent(profile));
  return extents.get(profile);
}

function findExtent(profile: Profile): TimeExtent | undefined {
  const { stretches } = profile.samples;
  const time = stretches?.begin ?? profile.samples.time;
  if (time === undefined || !hasTimes(profile)) return undefined;
  const lengths = stretches?.length ?? rowLengths(profile);
  let gap: number | undefined;
  const usual = () => {
    gap ??= usualGap(profile, time);
    return gap;
  };
  // Times are put in order for it: not for who does not ask.
  const moment = lengths === undefined ? usual() : 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < time.length; i++) {
    if (Number.isNaN(time[i]!)) continue;
    from = Math.min(from, time[i]!);
    to = Math.max(to, time[i]! + (lengths === undefined ? moment : lengths[i]!));
  }
  if (to <= from) to = from + usual();
  return {
    from: from > 0 && from <= 0.05 * (to - from) ? 0 : from,
    to,
    get usual() {
      return usual();
    },
  };
}

/** What a sample of a thread that was seen once stands for: the period where it is a time, else the usual gap of all. */
function usualGap(profile: Profile, time: Float64Array): number {
  const seconds = profile.periodType === undefined ? undefined : secondsPer(profile.periodType.unit);
  if (seconds !== undefined && profile.period > 0) return profile.period * seconds * 1e9;
  const sorted = time.filter((at) => !Number.isNaN(at)).sort();
  return middleGap(sorted.length, (at) => sorted[at]!) ?? 1e6;
}

/** The middle one of the gaps that are more than nothing; of very many, of some of them. */
export function middleGap(length: number, time: (at: number) => number): number | undefined {
  const step = Math.max(1, Math.floor(length / GAPS));
  const gaps: number[] = [];
  for (let at = 1; at < length; at += step) if (time(at) > time(at - 1)) gaps.push(time(at) - time(at - 1));
  gaps.sort((a, b) => a - b);
  return gaps[(gaps.length - 1) >> 1];
}

/**
 * What part of each row, 0 … 1, belongs to a stretch of time. A row that lasts gives of its values of time as much as of it
 * lies there. What has no length (moments, counts, bytes) belongs as a whole to where the row begins. Rows without a time lie
 * nowhere.
 * @param type index of the value type that is asked for
 */
export function rangeParts(profile: Profile, { from, to }: TimeRange, type: number): Float64Array {
  const { samples, sampleTypes } = profile;
  const { time, stretches } = samples;
  if (stretches !== undefined) return stretchParts(stretches, { from, to }, stretches.values[type]);
  const parts = new Float64Array(samples.length);
  if (time === undefined) return parts;
  const lengths = secondsPer(sampleTypes[type]?.unit ?? '') === undefined ? undefined : rowLengths(profile);
  for (let i = 0; i < parts.length; i++) parts[i] = inside(time[i]!, lengths?.[i] ?? 0, from, to);
  return parts;
}

/**
 * The same of samples that are sums of stretches, by what each of these has of the value, or by how long it is where none has
 * any. What was seen in a stretch, looks too, is spread evenly over it.
 */
function stretchParts({ first, begin, length }: StretchColumns, { from, to }: TimeRange, told: Float64Array | undefined): Float64Array {
  const parts = new Float64Array(first.length - 1);
  for (let i = 0; i < parts.length; i++) {
    let [value, valueInside, time, timeInside] = [0, 0, 0, 0];
    for (let at = first[i]!; at < first[i + 1]!; at++) {
      const part = inside(begin[at]!, length[at]!, from, to);
      value += told?.[at] ?? 0;
      valueInside += (told?.[at] ?? 0) * part;
      time += length[at]!;
      timeInside += length[at]! * part;
    }
    parts[i] = value !== 0 ? valueInside / value : time > 0 ? timeInside / time : 0;
  }
  return parts;
}

/** What part of a row, 0 … 1, lies in a stretch of time; nothing of one without a time (NaN). */
function inside(begin: number, length: number, from: number, to: number): number {
  if (!(length > 0)) return begin >= from && begin < to ? 1 : 0;
  const both = Math.min(begin + length, to) - Math.max(begin, from);
  return both > 0 ? Math.min(1, both / length) : 0;
}

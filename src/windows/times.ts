import { UserError } from '../core/errors.js';

/** Nanoseconds of units of times that lie back. */
const UNITS: Readonly<Record<string, bigint>> = {
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};
const DAY = UNITS.d!;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;
const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/**
 * A moment in Unix nanoseconds: `2026-11-22`, `2026-11-22T14:15` (UTC, unless it says `+01:00`), `20261122T141500Z` as windows are named, `-2h` or `2h` (so
 * long ago; s, min, h, d, w), `now`, `today`, `yesterday` (its begin, in UTC).
 * @param now Unix nanoseconds @throws UserError `usage`
 */
export function parseMoment(text: string, now: bigint): bigint {
  const word = text.trim();
  if (word === 'now') return now;
  if (word === 'today') return now - (now % DAY);
  if (word === 'yesterday') return now - (now % DAY) - DAY;
  const [, ago, unit] = /^-?(\d{1,9})\s*(s|min|m|h|d|w)$/.exec(word) ?? [];
  if (ago !== undefined && unit !== undefined) return now - BigInt(ago) * UNITS[unit]!;
  const millis = Date.parse(isoOf(word) ?? '');
  if (!Number.isNaN(millis) && millis >= 0) return BigInt(millis) * 1_000_000n;
  throw new UserError('usage', `${text}: a time is wanted: 2026-11-22, 2026-11-22T14:15 (UTC), -2h, today or yesterday`);
}

/** A whole day in UTC: `2026-11-22`, `today`, `yesterday`. @throws UserError `usage` */
export function parseDay(text: string, now: bigint): { readonly from: bigint; readonly to: bigint } {
  const word = text.trim();
  if (!/^(?:today|yesterday|\d{4}-\d{2}-\d{2})$/.test(word))
    throw new UserError('usage', `${text}: a day is wanted: 2026-11-22, today or yesterday`);
  const from = parseMoment(word, now);
  return { from, to: from + DAY };
}

function isoOf(word: string): string | undefined {
  const stamp = STAMP.exec(word);
  if (stamp !== null) return `${stamp[1]}-${stamp[2]}-${stamp[3]}T${stamp[4]}:${stamp[5]}:${stamp[6]}Z`;
  const found = ISO.exec(word);
  if (found === null) return undefined;
  const [, day, time = '00:00', zone = 'Z'] = found;
  // Dates that there are not (2026-02-30) would be taken for others.
  if (new Date(`${day}T00:00Z`).toJSON()?.slice(0, 10) !== day) return undefined;
  return `${day}T${time}${zone.toUpperCase()}`;
}

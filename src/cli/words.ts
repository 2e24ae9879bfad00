import { InvalidArgumentError } from 'commander';
import { formatCount } from '../core/model/units.js';
import { parseMoment } from '../windows/times.js';

/** Whole numbers, 0 for "all". */
export function rows(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
}

/** Whole numbers above 0. */
export function whole(text: string): number {
  if (!/^0*[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('a whole number above 0 is wanted');
  return Number(text);
}

export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('a number above 0 is wanted');
  return value;
}

/** A time in seconds since the start, of any sign (what came before the start has a time too), or of windows a moment, which stays a text: `2026-11-22T14:15`, `-2h`. */
export function secondsOrMoment(text: string): number | string {
  const value = Number(text.replace(/\s*s$/, ''));
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  try {
    parseMoment(text, BigInt(Date.now()) * 1_000_000n);
    return text;
  } catch {
    throw new InvalidArgumentError('a time in seconds is wanted; of a folder of windows 2026-11-22T14:15, -2h and the like too');
  }
}

/** Numbers from `low` to `high`. */
export function between(low: number, high: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(`a ${what} from ${low} to ${formatCount(high)} is wanted`);
    }
    return value;
  };
}

export function percent(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('a percentage from 0 to 100 is wanted');
  return value;
}

/** For options that may be given several times. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Keys between commas. */
export function divisions(text: string): string[] {
  return text.split(',').map((key) => key.trim());
}

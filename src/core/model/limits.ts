import { ReadError } from '../errors.js';

/**
 * What one profile may name at most. Real programs stay a hundred times below; a file made to exhaust us is refused in seconds
 * and before memory is gone.
 */
const LIMITS = { functions: 2 ** 20, threads: 2 ** 16, places: 2 ** 21, texts: 2 ** 22, 'frames in one stack': 2 ** 20 } as const;

/** @param count how many there are already @throws ReadError when there is no room for one more */
export function checkRoom(kind: keyof typeof LIMITS, count: number): void {
  if (count < LIMITS[kind]) return;
  throw new ReadError(
    'too-large',
    `The profile has more than ${LIMITS[kind].toLocaleString('en-US')} ${kind}, which is more than can be shown.`,
  );
}

/** Samples of a file whose size is not known; of a large one, one for so many bytes. */
const LEAST_SAMPLES = 2 ** 24;
const BYTES_PER_SAMPLE = 32;

/** How many samples a file of so many bytes may hold: hours of a thousand a second, and what no real file has in less. */
export function maxSamples(bytes: number): number {
  return Math.max(LEAST_SAMPLES, Math.floor(bytes / BYTES_PER_SAMPLE));
}

/** @throws ReadError for more than `most` */
export function checkSamples(count: number, most: number): void {
  if (count <= most) return;
  throw new ReadError('too-large', `The file has more than ${most.toLocaleString('en-US')} samples, which is more than can be shown.`);
}

/** Lines are shown and used as indexes: what no editor can show becomes "unknown". */
export function lineNumber(line: number): number {
  return line > 0 && line < 0x7fffffff ? Math.trunc(line) : 0;
}

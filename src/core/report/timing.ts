import { formatCount, formatSeconds, plural } from '../model/units.js';

/** How long a statement takes, round by round. */
export interface Timing {
  readonly statement: string;
  /** Turns in each round. */
  readonly turns: number;
  /** Seconds of one turn, the mean of a round; at least one round. */
  readonly seconds: readonly number[];
}

/** Seconds of one turn: the least of all rounds, their mean, and their standard deviation. */
export interface TimingSummary {
  readonly best: number;
  readonly mean: number;
  readonly deviation: number;
}

/** How many times as long the second of two takes: the mean of the rounds' ratios, and the 95 % interval of that mean. */
export interface TimingRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** `noise`: the interval holds 1, or the difference is under 1 %. */
  readonly verdict: 'slower' | 'faster' | 'noise';
}

/** Under this, a difference may come from where the machine put the code. */
const LEAST_DIFFERENCE = 0.01;

/** Student's t for 95 % on both sides, by degrees of freedom from 1 on; beyond, the normal distribution's. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09];

/** Sums a timing up. */
export function summaryOf({ seconds }: Pick<Timing, 'seconds'>): TimingSummary {
  const { mean, deviation } = spread(seconds);
  return { best: Math.min(...seconds), mean, deviation };
}

/** Compares two timings whose rounds were taken in turn. Ratios are averaged as logarithms: twice as long and half as long cancel out. */
export function ratioOf(base: Timing, other: Timing): TimingRatio {
  const rounds = Math.min(base.seconds.length, other.seconds.length);
  const logs = Array.from({ length: rounds }, (_, at) => Math.log(other.seconds[at]! / base.seconds[at]!));
  const { mean, deviation } = spread(logs);
  const half = rounds < 2 ? Number.POSITIVE_INFINITY : ((T[rounds - 2] ?? 2) * deviation) / Math.sqrt(rounds);
  const [ratio, low, high] = [Math.exp(mean), Math.exp(mean - half), Math.exp(mean + half)];
  const unclear = (low <= 1 && high >= 1) || Math.abs(ratio - 1) < LEAST_DIFFERENCE;
  return { ratio, low, high, verdict: unclear ? 'noise' : ratio > 1 ? 'slower' : 'faster' };
}

function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

/** `best 1.23 µs, mean 1.30 µs ± 0.05 µs (7 rounds of 200,000 turns)`. */
export function timingText(timing: Timing): string {
  const { best, mean, deviation } = summaryOf(timing);
  const rounds = `${plural(timing.seconds.length, 'round')} of ${plural(timing.turns, 'turn')}`;
  return `best ${formatSeconds(best)}, mean ${formatSeconds(mean)} ± ${formatSeconds(deviation)} (${rounds})`;
}

/** One sentence: `The second takes 2.01 times as long (1.98 to 2.04).`, or that no difference is to be seen. */
export function ratioText({ ratio, low, high, verdict }: TimingRatio): string {
  const times = (value: number) => (Number.isFinite(value) ? formatCount(Number(value.toPrecision(3))) : '∞');
  const interval = `${times(low)} to ${times(high)}`;
  if (verdict === 'noise') return `The difference is within noise: the second takes ${times(ratio)} times as long (${interval}).`;
  const words = verdict === 'slower' ? 'The second is slower' : 'The second is faster';
  return `${words}: it takes ${times(ratio)} times as long (${interval}).`;
}

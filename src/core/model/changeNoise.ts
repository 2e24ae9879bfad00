/** What a side of a comparison says of the error of its figures. All figures are as they are compared: scaled, means of several runs. */
export interface NoiseSide {
  /** The whole. */
  readonly sum: number;
  /** Samples that the figures of all runs rest on; undefined where they were counted, or the file does not tell. */
  readonly samples: number | undefined;
  /** Runs that the figures are means of. */
  readonly runs: number;
}

/** Standard deviations of a 95 % interval. */
const Z95 = 1.96;
/** Student's t for 95 %, two-sided, by degrees of freedom from 1 on (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2). */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086,
  2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;

/**
 * Half the 95 % interval of the change from one figure to another; NaN where nothing is known of the error. With one run a
 * side it is what sampling makes; where a side has several runs it is what these say of each other, and no less than
 * sampling makes (few runs may agree by chance).
 * @param baseSpread, nextSpread sums of squared deviations of the runs from their mean (`spreadOf`); 0 for a single run
 */
export function changeNoise(
  base: NoiseSide,
  baseFigure: number,
  next: NoiseSide,
  nextFigure: number,
  baseSpread = 0,
  nextSpread = 0,
): number {
  const sampling = Z95 * Math.sqrt(samplingVariance(base, baseFigure) + samplingVariance(next, nextFigure));
  if (base.runs < 2 && next.runs < 2) return sampling;
  const repeated = betweenRuns(base.runs, baseSpread, next.runs, nextSpread);
  return Number.isNaN(sampling) ? repeated : Math.max(sampling, repeated);
}

/**
 * Variance of a figure that is k of n samples. The whole is measured and only how it divides is sampled, so k is binomial;
 * its variance is estimated as for an interval of a difference of proportions by Agresti and Caffo ("Simple and effective
 * confidence intervals for proportions and differences of proportions result from adding two successes and two failures",
 * The American Statistician 54, 2000): with one sample more in and one more out, which holds its promise for few samples too.
 */
function samplingVariance({ samples, sum }: NoiseSide, figure: number): number {
  if (samples === undefined) return Number.NaN;
  if (samples === 0 || sum === 0) return 0;
  const perSample = sum / samples;
  const part = Math.min(1, (Math.abs(figure / perSample) + 1) / (samples + 2));
  return (perSample * samples) ** 2 * ((part * (1 - part)) / (samples + 2));
}

/**
 * Half the interval of a difference of two means by Student's t: Welch's, with Satterthwaite's degrees of freedom rounded
 * down (B. L. Welch, "The generalization of Student's problem …", Biometrika 34, 1947); with two runs on a side it holds in
 * about 92 of 100 cases. A side with one run says nothing of
 * its error: it is taken to scatter as the other does, and the variance is the pooled one.
 */
function betweenRuns(n: number, baseSpread: number, m: number, nextSpread: number): number {
  if (n < 2 || m < 2) {
    const [runs, spread] = n < 2 ? [m, nextSpread] : [n, baseSpread];
    return student(runs - 1) * Math.sqrt((spread / (runs - 1)) * (1 / n + 1 / m));
  }
  const [a, b] = [baseSpread / (n - 1) / n, nextSpread / (m - 1) / m];
  if (a + b === 0) return 0;
  return student((a + b) ** 2 / (a ** 2 / (n - 1) + b ** 2 / (m - 1))) * Math.sqrt(a + b);
}

/** Student's t for 95 %, two-sided; past 30 degrees of freedom by the first terms of its expansion around the normal one. */
function student(freedom: number): number {
  const whole = Math.floor(freedom + 1e-9);
  if (whole <= T95.length) return T95[Math.max(1, whole) - 1]!;
  return Z95 + (Z95 ** 3 + Z95) / (4 * whole) + (5 * Z95 ** 5 + 16 * Z95 ** 3 + 3 * Z95) / (96 * whole ** 2);
}

/**
 * Sum of the squared deviations of a figure's runs from their mean. Where runs are made comparable by their size (total or
 * duration), the figure is a ratio, and what counts is how far each run is from it (W. G. Cochran, Sampling Techniques,
 * 3rd ed., 6.4).
 * @param figures one a run, unscaled @param sizes of the runs; equal ones where nothing is normalised
 * @param scale from the sum of the runs to the figure that is compared: the scale of one run divided by the runs
 */
export function spreadOf(figures: ArrayLike<number>, sizes: ArrayLike<number>, scale: number): number {
  let sum = 0;
  let size = 0;
  for (let run = 0; run < figures.length; run++) {
    sum += figures[run]!;
    size += sizes[run]!;
  }
  const ratio = size === 0 ? 0 : sum / size;
  let squares = 0;
  for (let run = 0; run < figures.length; run++) squares += (figures[run]! - ratio * sizes[run]!) ** 2;
  return squares * (scale * figures.length) ** 2;
}

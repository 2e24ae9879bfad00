import { accumulate } from './accumulate.js';
import type { Profile, ViewSpec } from './profile.js';
import { statesOf } from './states.js';
import { isSummed, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** Figures of every function (dense, by function index) in a view. */
export interface FunctionTable {
  readonly self: Float64Array;
  /** A function counts once per stack. */
  readonly total: Float64Array;
  /** Exact call counts, for profiles that have them; whole profile, whatever the thread and focus. */
  readonly calls: Float64Array | undefined;
  readonly primitive: Float64Array | undefined;
  /** Samples behind `self`; absent for figures that were counted or traced, not sampled. */
  readonly samples: Float64Array | undefined;
  /** The whole: sum over all stacks in the view (with call counts: of all selves). */
  readonly sum: number;
  /** Samples in the view; 0 for call counts. */
  readonly sampleCount: number;
  /** Present when doubles cannot hold the figures (beyond 2^53). */
  readonly exact: { readonly self: BigInt64Array; readonly total: BigInt64Array; readonly sum: bigint } | undefined;
}

/**
 * Self, total and calls per function. Types that the file holds as sums give these as they are (thread, focus
 * and ignore need stacks and do nothing there).
 * @param weights what stacks weigh in this view, if that is known already
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function functionTable(profile: Profile, spec: ViewSpec, weights = () => weigh(profile, spec)): FunctionTable {
  const calls = profile.calls?.functions.calls;
  const primitive = profile.calls?.functions.primitive;
  const summed = summedFigures(profile, spec.type);
  if (summed !== undefined) {
    return {
      self: summed.self,
      total: summed.total,
      calls,
      primitive,
      samples: undefined,
      sum: summed.self.reduce((sum, own) => sum + own, 0),
      sampleCount: 0,
      exact: undefined,
    };
  }
  const weighed = weights();
  const sums = accumulate(profile, weighed, profile.lines.func, profile.functions.length);
  return {
    self: sums.self,
    total: sums.total,
    calls,
    primitive,
    samples: profile.quality.rows ? undefined : sums.selfSamples,
    sum: weighed.total,
    sampleCount: weighed.samples,
    exact: sums.exact === undefined ? undefined : { ...sums.exact, sum: weighed.exactTotal! },
  };
}

/** Total of a value type over the whole profile, in its unit. */
export function wholeTotal(profile: Profile, type: number): number {
  if (isSummed(profile, type)) return functionTable(profile, { type }).sum;
  // What is known of a state's column needs no column.
  return statesOf(profile)?.types.find((state) => state.type === type)?.total ?? weigh(profile, { type }).total;
}

import { accumulate } from './accumulate.js';
import type { Profile, ViewSpec } from './profile.js';
import { weigh } from './weights.js';

/** Figures of every function (dense, by function index) in a view. */
export interface FunctionTable {
  readonly self: Float64Array;
  /** A function counts once per stack. */
  readonly total: Float64Array;
  /** Exact call counts, for profiles that have them; whole profile, whatever the thread and focus. */
  readonly calls: Float64Array | undefined;
  readonly primitive: Float64Array | undefined;
  /** Samples behind `self`; absent for figures that were counted, not sampled. */
  readonly samples: Float64Array | undefined;
  /** The whole: sum over all stacks in the view (with call counts: of all selves). */
  readonly sum: number;
  /** Samples in the view; 0 for call counts. */
  readonly sampleCount: number;
  /** Present when doubles cannot hold the figures (beyond 2^53). */
  readonly exact: { readonly self: BigInt64Array; readonly total: BigInt64Array; readonly sum: bigint } | undefined;
}

/**
 * Self, total and calls per function. Types backed by call counts give the counted figures as they are (thread, focus
 * and ignore need stacks and do nothing there).
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function functionTable(profile: Profile, spec: ViewSpec): FunctionTable {
  const counted = profile.calls?.functions;
  const calls = counted?.calls;
  const primitive = counted?.primitive;
  if (isCounted(profile, spec.type) && counted !== undefined) {
    const byCalls = spec.type === profile.calls?.callsType;
    const self = byCalls ? counted.calls : counted.self;
    return {
      self,
      total: byCalls ? counted.calls : counted.total,
      calls,
      primitive,
      samples: undefined,
      sum: self.reduce((sum, own) => sum + own, 0),
      sampleCount: 0,
      exact: undefined,
    };
  }
  const weights = weigh(profile, spec);
  const sums = accumulate(profile, weights, profile.lines.func, profile.functions.length);
  return {
    self: sums.self,
    total: sums.total,
    calls,
    primitive,
    samples: sums.selfSamples,
    sum: weights.total,
    sampleCount: weights.samples,
    exact: sums.exact === undefined ? undefined : { ...sums.exact, sum: weights.exactTotal! },
  };
}

/** True when the figures of this value type were counted per function and edge, not sampled as stacks. */
export function isCounted(profile: Profile, type: number): boolean {
  return profile.calls !== undefined && (type === profile.calls.callsType || type === profile.calls.timeType);
}

/** Total of a value type over the whole profile, in its unit. */
export function wholeTotal(profile: Profile, type: number): number {
  if (isCounted(profile, type)) return functionTable(profile, { type }).sum;
  return weigh(profile, { type }).total;
}

import type { ValueType } from '../../model/profile.js';

/**
 * What Heatline adds to pprof, so that nothing is lost (docs/formats.md): labels of samples, fields of lines, comments.
 */

/** Labels that name a sample's thread, as different writers have it. */
export const THREAD_KEYS = ['thread', 'thread name', 'thread_name'];
/** Numbers of threads that say which of several threads of one name it is. */
export const THREAD_ID_KEYS = ['thread id', 'thread_id', 'thread native id', 'tid'];
/** Unix time in nanoseconds at which a sample ended, as Datadog writes it. */
export const TIME_KEY = 'end_timestamp_ns';
/** Label of samples that carry sums instead of a stack in time: `function`, `edge` or `line`. */
export const SUMS_KEY = 'heatline';
/** Number label: what the thread was doing (`ThreadStatus`). */
export const STATUS_KEY = 'heatline status';
/** Text label, with the number of a column behind it: the value there, of which the sample holds a rounded one. */
export const VALUE_KEY = 'heatline value ';
/** Field numbers in message Line that only we know: where the expression ends. */
export const END_LINE = 1001;
export const END_COLUMN = 1002;

/** The types of exact call counts unless a comment says otherwise; they are the last two. */
export const CALLS_TYPE: ValueType = { type: 'calls', unit: 'count' };
export const TOTTIME_TYPE: ValueType = { type: 'tottime', unit: 'nanoseconds' };
/** Comment: columns of calls, their time and their further costs. */
export const COUNTED_COMMENT = 'heatline counted: ';
export const WARNING_COMMENT = 'heatline warning: ';
export const DOC_COMMENT = 'documentation: ';

export function sameType(a: ValueType | undefined, b: ValueType): boolean {
  return a !== undefined && a.type === b.type && a.unit === b.unit;
}

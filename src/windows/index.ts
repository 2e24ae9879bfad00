/**
 * The store: a folder of windows as one source. `new WindowStore(root).look(span)` lists what is there and keeps an index; `chooseWindows` and `totalsBy`
 * answer questions from that alone; `mergeWindows` makes a profile of any of them.
 */
export { cacheOf, type StoreCache } from './cache.js';
export { factsOf, readFacts, type ValueTotal, type WindowFacts } from './facts.js';
export type { Failed } from './job.js';
export type { TimeSpan } from './listing.js';
export { type MergedWindows, mergeWindows } from './mergeWindows.js';
export { dayOf, isWindowName, keyOf, plainPart, type WindowNaming, windowName } from './names.js';
export {
  type Bucket,
  type BucketTotal,
  chooseWindows,
  type Division,
  type Facets,
  facetsOf,
  isDivision,
  OTHER,
  totalsBy,
  type WindowQuery,
} from './query.js';
export type { Unreadable } from './shard.js';
export { type StoreOptions, type StoreState, WindowStore } from './store.js';
export { isWindowThread, runWindowThread, type WorkControl } from './threads.js';
export { parseDay, parseMoment } from './times.js';

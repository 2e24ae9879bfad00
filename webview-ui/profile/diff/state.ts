import type { Normalize } from '../../../src/core/model/compare.js';
import type { WidthOf } from '../../../src/core/model/diffTree.js';
import type { CompareSort } from '../../../src/protocol/compare.js';
import { store } from '../store.js';

/** What the Diff tab shows, remembered with the page. */
export interface DiffState {
  readonly shows: 'functions' | 'tree' | 'flame' | 'lines';
  readonly normalize: Normalize;
  readonly clearOnly: boolean;
  readonly sort: CompareSort;
  readonly descending: boolean;
  /** Of the tree, whose rows are looked at by their totals. */
  readonly treeSort: CompareSort;
  readonly treeDescending: boolean;
  readonly widths: WidthOf;
  readonly inverted: boolean;
  /** Functions to the focus of the flame graph. */
  readonly focus: readonly number[];
}

const FIRST: DiffState = {
  shows: 'functions',
  normalize: 'none',
  clearOnly: false,
  sort: 'self',
  descending: true,
  treeSort: 'total',
  treeDescending: true,
  widths: 'next',
  inverted: false,
  focus: [],
};

export function diffState(): DiffState {
  const compared = store.page?.compared;
  const state = { ...FIRST, ...(compared?.windows ? { normalize: 'duration' as const } : {}), ...store.saved.diff };
  // What only some profiles say how to do may have been chosen on another one.
  return state.normalize === 'duration' && !compared?.durations ? { ...state, normalize: 'none' } : state;
}

export function saveDiff(part: Partial<DiffState>): void {
  store.save({ diff: { ...store.saved.diff, ...part } });
}

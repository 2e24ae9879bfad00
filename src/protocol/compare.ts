/** Requests about two profiles, or two groups of runs: method → [params, result]. Types only. */
import type { Normalize } from '../core/model/compare.js';
import type { WidthOf } from '../core/model/diffTree.js';
import type { HeatLine } from '../core/model/heat.js';
import type { ValueType } from '../core/model/profile.js';
import type { FlameColumns, ProfileId, ViewParams } from './lsp.js';
import type { TreeGoal, TreeLevel } from './tabs.js';

/** What is compared with what. Of several runs on a side the means are compared. */
export interface CompareParams {
  /** View of the new profile; the base is looked at in the same kind of value, with the same filters. */
  readonly view: ViewParams;
  readonly base: readonly ProfileId[];
  /** Further runs on the side of the view's profile. */
  readonly more?: readonly ProfileId[];
  readonly normalize?: Normalize;
}

/** Figures before and after, in the unit of the new profile, normalised where that was asked for. */
export interface Change {
  readonly base: { readonly self: number; readonly total: number };
  readonly new: { readonly self: number; readonly total: number };
  /** Half the 95 % interval of the change that sampling or repeating alone makes; null where it is not known. */
  readonly noise: { readonly self: number | null; readonly total: number | null };
}

export interface ComparedFunctionRow extends Change {
  /** Function index in the view's profile; -1 where that has none. */
  readonly func: number;
  /** As the new profile has them; of a gone function as the base has. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** `new`, `gone`, `was line 12`, `was in old.py:12`; '' where the function stayed. */
  readonly note: string;
  readonly library: boolean;
}

export interface ComparedLineRow extends Change {
  readonly file: string;
  readonly line: number;
  /** As for functions. */
  readonly note: string;
  /** A function of the view's profile in that file, to open its source by; -1 for none. */
  readonly func: number;
}

/** Change of a line of a document as it is now, or of the base's text. */
export interface LineChange extends Change {
  /** 1-based. */
  readonly line: number;
}

export interface ComparedWhole {
  readonly sum: number;
  /** Samples behind all runs; null where figures were counted, or the file does not tell. */
  readonly samples: number | null;
  readonly runs: number;
}

export interface CompareSummary {
  readonly type: ValueType;
  readonly base: ComparedWhole;
  readonly new: ComparedWhole;
  /** Half the 95 % interval of the change of the whole; null where it is not known. */
  readonly noise: number | null;
  /** Functions whose figures changed, and those of them whose change is more than noise. */
  readonly changed: number;
  readonly clear: number;
  /** Sentences on what the figures rest on, without a full stop. */
  readonly basis: readonly string[];
  /** Sentences on what makes the comparison doubtful. */
  readonly warnings: readonly string[];
}

/** `self`, `total`: the change; the others: the figure before and after. */
export type CompareSort = 'self' | 'total' | 'baseSelf' | 'newSelf' | 'baseTotal' | 'newTotal' | 'name' | 'file';

/** Boxes with the figures of both sides; `func` of a frame that only the base has is -2 or less. */
export interface CompareFlame extends FlameColumns {
  readonly baseSelf: readonly number[];
  readonly baseTotal: readonly number[];
  readonly newSelf: readonly number[];
  readonly newTotal: readonly number[];
  /** Half the 95 % interval of the change of each box's total; null where it is not known. */
  readonly noise: readonly (number | null)[];
}

/** A node of both call trees: a path of functions, whichever side has it. Its own change has no noise of its own (`null`). */
export interface ComparedTreeRow extends Change, Pick<ComparedFunctionRow, 'func' | 'name' | 'file' | 'line' | 'library'> {
  /** Node id, valid for this comparison and view. */
  readonly node: number;
  /** Children that are shown. */
  readonly children: number;
  /** Which sides have the path. */
  readonly fate: 'new' | 'gone' | 'both';
}

export type ComparedTreeLevel = TreeLevel<ComparedTreeRow>;

/** Order and choice of the nodes of both trees. */
export interface CompareTreeOrder {
  readonly inverted: boolean;
  readonly sort: CompareSort;
  readonly descending: boolean;
  /** Only nodes that changed by more than noise, and the ways to them. */
  readonly clearOnly?: boolean;
}

/** A page of rows: those that a search finds, by the size of their change unless another order is asked for. */
export interface ComparePage {
  readonly search?: string;
  /** Only what changed by more than noise. */
  readonly clearOnly?: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface CompareRequests {
  'compare/summary': [CompareParams, CompareSummary];
  'compare/functions': [
    CompareParams & ComparePage & { readonly sort: CompareSort; readonly descending: boolean },
    { readonly rows: readonly ComparedFunctionRow[]; readonly count: number },
  ];
  /** Lines by the size of their change in self, then in total. */
  'compare/lines': [CompareParams & ComparePage, { readonly rows: readonly ComparedLineRow[]; readonly count: number }];
  /** As `profile/flame`. */
  'compare/flame': [
    CompareParams & {
      readonly root: number;
      readonly minFraction: number;
      readonly inverted?: boolean;
      readonly widths: WidthOf;
    },
    CompareFlame,
  ];
  /** Children of a node of both call trees, a window of them; node -1 asks for the roots. */
  'compare/tree': [
    CompareParams & CompareTreeOrder & { readonly node: number; readonly offset: number; readonly limit: number },
    { readonly rows: readonly ComparedTreeRow[]; readonly count: number },
  ];
  /** As `profile/treePath`; hot: the child each time that changed most, as long as that is more than noise. */
  'compare/treePath': [
    CompareParams & CompareTreeOrder & { readonly node: number; readonly limit: number; readonly goal: TreeGoal },
    { readonly levels: readonly ComparedTreeLevel[] },
  ];
  /** Changes of the lines of a document as it is now; none where the base says nothing of it. */
  'compare/document': [CompareParams & { readonly uri: string }, readonly LineChange[]];
  /** Heat of a document as the base recorded it; none when its text is another than the recorded one. */
  'compare/oldDocument': [CompareParams & { readonly uri: string; readonly text: string }, readonly HeatLine[]];
}

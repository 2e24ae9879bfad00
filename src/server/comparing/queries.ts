/** What can be asked of a comparison wherever it lives: query → [params, result]. Everything in them can cross threads. */
import type { Normalize } from '../../core/model/compare.js';
import type { HeatLine } from '../../core/model/heat.js';
import type { PackedProfile } from '../../core/model/transport.js';
import type { Change, CompareRequests, CompareSummary, LineChange } from '../../protocol/compare.js';
import type { ViewParams } from '../../protocol/lsp.js';

/** The profiles of both sides, one a run. */
export interface PackedSides {
  readonly base: readonly PackedProfile[];
  readonly next: readonly PackedProfile[];
}

/** How the two sides are looked at; the view is of the first run of the new side. */
export interface Looked {
  readonly view: ViewParams;
  readonly normalize: Normalize;
}

/** A request without the ids of profiles. */
type Within<P> = Omit<P, 'base' | 'more' | 'normalize'> & Looked;

export interface ComparisonQueries {
  summary: [Looked, CompareSummary];
  functions: [Within<CompareRequests['compare/functions'][0]>, CompareRequests['compare/functions'][1]];
  lines: [Within<CompareRequests['compare/lines'][0]>, CompareRequests['compare/lines'][1]];
  flame: [Within<CompareRequests['compare/flame'][0]>, CompareRequests['compare/flame'][1]];
  tree: [Within<CompareRequests['compare/tree'][0]>, CompareRequests['compare/tree'][1]];
  treePath: [Within<CompareRequests['compare/treePath'][0]>, CompareRequests['compare/treePath'][1]];
  /** Changes of functions of the first new run; null for those without figures on either side. */
  changes: [Looked & { readonly funcs: readonly number[] }, readonly (Change | null)[]];
  /** Changes of the lines of the files that the first new run calls so; lines as it recorded them. */
  fileLines: [Looked & { readonly files: readonly string[] }, readonly LineChange[]];
  /** Lines of the base's files of these names, as it recorded them. */
  baseLines: [Looked & { readonly files: readonly string[] }, readonly HeatLine[]];
  /** Files that are the same on both sides, by the base's and the new profile's names. */
  files: [null, readonly (readonly [base: string, next: string])[]];
  /** Says where lines of the base stand in the new profile's files, by the base's names (see `MovedLines`). */
  moved: [readonly (readonly [file: string, lines: Int32Array])[], null];
}

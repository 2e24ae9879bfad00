/** What the code in the editor asks of the server: method → [params, result]. Types only. Lines are today's, 1-based. */
import type { HeatLine } from '../core/model/heat.js';
import type { ViewParams } from './lsp.js';

/** What a line's share is a part of: the whole profile, or what its file or its function took in all. */
export type HeatScale = 'profile' | 'file' | 'function';

/** An expression to underline; columns are 0-based UTF-16 units of today's text. */
export interface HotExpression {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A function or a place that calls or was called, with what that took. */
export interface Neighbour {
  readonly func: number;
  readonly name: string;
  /** Absolute path; null for what has no source on this machine. */
  readonly path: string | null;
  readonly line: number;
  readonly total: number;
}

/** A file or folder of this machine with what was spent in its own code. */
export interface PathShare {
  readonly path: string;
  readonly folder: boolean;
  readonly self: number;
}

export interface CodeRequests {
  'profile/lineHeat': [
    {
      readonly view: ViewParams;
      readonly uri: string;
      /** Default: the whole profile. */
      readonly scale?: HeatScale;
      /** Also the expression of each line that takes most by this figure. */
      readonly expressions?: 'self' | 'total';
    },
    { readonly lines: readonly HeatLine[]; readonly stale: boolean; readonly expressions: readonly HotExpression[] },
  ];
  /** Several lines of a document together, each stack counted once. */
  'profile/selection': [
    { readonly view: ViewParams; readonly uri: string; readonly from: number; readonly to: number },
    {
      readonly self: number;
      /** null where the profile holds sums, which cannot tell. */
      readonly total: number | null;
      readonly sum: number;
    },
  ];
  /**
   * Who called a line's function while the line ran, and what the line called, largest first. Where no stacks are known (`function`),
   * the callers and callees of the function that the line is in.
   */
  'profile/lineNeighbours': [
    { readonly view: ViewParams; readonly uri: string; readonly line: number; readonly side: 'callers' | 'callees' },
    { readonly of: 'line' | 'function'; readonly sum: number; readonly rows: readonly Neighbour[] },
  ];
  /** Files of this machine, and the folders above them within the workspace, with their self figures, which add up. */
  'profile/pathShares': [{ readonly view: ViewParams }, { readonly sum: number; readonly paths: readonly PathShare[] }];
}

/** What can be asked of an open profile wherever it lives: query → [params, result]. Everything in them can cross threads. */
import type { FileLines } from '../../core/model/lines.js';
import type { PackedProfile } from '../../core/model/transport.js';
import type { FunctionRow, GroupBy, ProfileInfo, Requests, SortKey, ViewParams } from '../../protocol/lsp.js';
import type { TabRequests } from '../../protocol/tabs.js';
import type { TimelineRequests } from '../../protocol/timeline.js';
import type { CodeQueries } from './codeAnswers.js';
import type { WaitQueries } from './waitAnswers.js';

/** What a profile says of itself, without what its recording adds. */
export type ProfileFacts = Omit<ProfileInfo, 'id' | 'uri' | 'label' | 'recording'> & {
  /** Every name that the profile has for a file. */
  readonly files: readonly string[];
};

/** A function as it was recorded. */
export interface FunctionPlace {
  readonly func: number;
  readonly name: string;
  readonly file: string;
  /** 0 where the format does not say. */
  readonly startLine: number;
  /** Smallest line that was seen running; 0 for none. */
  readonly firstSeen: number;
}

/** Figures that stand in a row; by default the function's own. */
export interface Figures {
  readonly self: number;
  readonly total: number;
  readonly calls: number | null;
  readonly primitive: number | null;
}

export interface FunctionFigures extends Figures {
  /** Samples behind `self`; null for counted figures. */
  readonly samples: number | null;
  /** Traced times beside sampled ones, in their unit. */
  readonly traced: { readonly self: number; readonly total: number; readonly unit: string } | null;
}

/** A request about a tree whose direction is known. */
type Whole<P> = P & { readonly inverted: boolean };

export interface Queries extends CodeQueries, WaitQueries {
  facts: [null, ProfileFacts];
  functions: [
    {
      readonly view: ViewParams;
      readonly sort: SortKey;
      readonly descending: boolean;
      readonly search: string;
      readonly offset: number;
      readonly limit: number;
      readonly group: GroupBy;
      readonly find?: number | undefined;
    },
    Requests['profile/functions'][1],
  ];
  /** Rows of the given functions. */
  rows: [{ readonly view: ViewParams; readonly funcs: readonly number[] }, readonly FunctionRow[]];
  /** Figures of the given functions, and the whole of the view. */
  figures: [
    { readonly view: ViewParams; readonly funcs: readonly number[] },
    { readonly figures: readonly FunctionFigures[]; readonly sum: number },
  ];
  label: [{ readonly view: ViewParams; readonly key: string }, Requests['profile/label'][1]];
  callers: [{ readonly view: ViewParams; readonly func: number }, readonly FunctionRow[]];
  callees: [{ readonly view: ViewParams; readonly func: number }, readonly FunctionRow[]];
  lineCallees: [{ readonly view: ViewParams; readonly files: readonly string[]; readonly line: number }, readonly FunctionRow[]];
  /** Lines of the files with these names. */
  lines: [
    { readonly view: ViewParams; readonly files: readonly string[] },
    { readonly files: readonly FileLines[]; readonly sum: number; readonly perFunction: boolean },
  ];
  tree: [Whole<Requests['profile/tree'][0]>, Requests['profile/tree'][1]];
  treePath: [Whole<TabRequests['profile/treePath'][0]>, TabRequests['profile/treePath'][1]];
  sandwich: [TabRequests['profile/sandwich'][0], TabRequests['profile/sandwich'][1]];
  files: [TabRequests['profile/files'][0], TabRequests['profile/files'][1]];
  /** Function of each line that was seen, as pairs line, function. */
  lineFunctions: [{ readonly file: string }, readonly (readonly [number, number])[]];
  fileTree: [TabRequests['profile/fileTree'][0], TabRequests['profile/fileTree'][1]];
  flame: [Whole<Requests['profile/flame'][0]>, Requests['profile/flame'][1]];
  search: [{ readonly view: ViewParams; readonly search: string }, { readonly total: number; readonly funcs: readonly number[] }];
  timeline: [TimelineRequests['profile/timeline'][0], TimelineRequests['profile/timeline'][1]];
  timelineBoxes: [TimelineRequests['profile/timelineBoxes'][0], TimelineRequests['profile/timelineBoxes'][1]];
  /** Functions of the files with these names, in the order of the profile. */
  definitions: [{ readonly files: readonly string[] }, readonly FunctionPlace[]];
  place: [{ readonly func: number }, FunctionPlace];
  /** The profile itself, for what needs two of them in one place. */
  columns: [null, PackedProfile];
  /** Writes the profile; the folder must be there. */
  export: [{ readonly format: string; readonly path: string }, null];
}

/** What can be asked of something: query → [params, result]. */
export type Askable<A> = { readonly [Q in keyof A]: readonly [unknown, unknown] };

/** What can be asked, here or in a thread of its own. */
export interface Asking<A extends Askable<A>> {
  /** @throws UserError or ReadError; a query whose signal is aborted while it waits is never begun, and throws the signal's reason */
  ask<Q extends keyof A>(query: Q, params: A[Q][0], signal?: AbortSignal): Promise<A[Q][1]>;
  /** False once it was disposed of, or broke down: it must be opened again. */
  readonly alive: boolean;
  /** Frees the profile. What is asked afterwards, or waits, is refused. */
  dispose(): void;
}

/** A profile that can be asked. */
export type Analysis = Asking<Queries>;

/**
 * Custom requests between the extension host and the language server: method → [params, result]. Types only.
 * Errors are ResponseErrors with `data: {code, offset?}`; see `ErrorData`. Standard LSP serves hover and codeLens.
 */
import type { FlamePart } from '../core/model/flame.js';
import type { FrameColumns } from '../core/model/frameColumns.js';
import type { HeatLine } from '../core/model/heat.js';
import type { LabelTotal } from '../core/model/labelTotals.js';
import type { Quality, TimeRange, TreeScope, ValueType } from '../core/model/profile.js';
import type { States } from '../core/model/states.js';
import type { RecordingMeta } from '../core/recording.js';
import type { CodeRequests } from './code.js';
import type { CompareRequests } from './compare.js';
import type { TabRequests } from './tabs.js';
import type { TimelineRequests } from './timeline.js';
import type { WindowRequests } from './windows.js';

/** Handle of an open profile in the server's store. */
export type ProfileId = string;

/** The host's choice of what to look at; every request that shows figures carries it. */
export interface ViewParams {
  readonly profile: ProfileId;
  /** Index into ProfileInfo.valueTypes. */
  readonly type: number;
  readonly thread?: string;
  /** Regular expression on function names and files: keep stacks that match. */
  readonly focus?: string;
  readonly ignore?: string;
  /** On labels of samples: `key=value`, `key=regexp`, numeric ranges; as pprof's -tagfocus and -tagignore. */
  readonly tagFocus?: string;
  readonly tagIgnore?: string;
  /** Frames that match are taken out of their stacks; only those that match are shown. */
  readonly hide?: string;
  readonly show?: string;
  /**
   * Recursions of functions that match (`.`: all) are one frame: with all between the outermost and the innermost call, or only
   * a function's calls of itself.
   */
  readonly mergeRecursion?: string;
  readonly mergeDirectRecursion?: string;
  /** Only what was seen, or went on, in this time. */
  readonly range?: TimeRange;
  /** Only stacks through this node of the call tree; not for comparisons, whose other side has other functions. */
  readonly scope?: TreeScope;
  /** Fold library and interpreter frames. */
  readonly justMyCode?: boolean;
}

/** What is known of an open profile without asking for tables. Part of the exported API (contract). */
export interface ProfileInfo {
  readonly id: ProfileId;
  /** URI of the raw file. */
  readonly uri: string;
  readonly label: string;
  readonly format: string;
  readonly valueTypes: readonly ValueType[];
  readonly defaultType: number;
  /** Total per value type, in its unit. */
  readonly totals: readonly number[];
  readonly samples: number;
  readonly functions: number;
  readonly threads: readonly string[];
  readonly durationNanos: number | null;
  readonly timeNanos: string | null;
  readonly period: number;
  readonly periodType: ValueType | null;
  readonly comments: readonly string[];
  readonly quality: Quality;
  readonly warnings: readonly string[];
  /** True when its call tree is an estimate drawn from call edges (cProfile). */
  readonly treeIsEstimate: boolean;
  readonly hasCalls: boolean;
  /** When its samples begin and end, nanoseconds since its start; null where they have no times. */
  readonly times: TimeRange | null;
  /** Keys of the labels of text that samples bear. */
  readonly labelKeys: readonly string[];
  /** Which value types say what threads were doing; null where nobody saw. */
  readonly states: States | null;
  readonly recording: RecordingMeta | null;
  /** Commits that ran, as the profile tells, and whose sources a repository here has. */
  readonly commits?: readonly string[];
  /** One sentence for the summary: where the time went. */
  readonly summary: string;
}

/** Heat of one line of a document as it is now, as the core computes it. */
export type LineHeat = HeatLine;

export interface FunctionRow {
  /** Function index in the profile. */
  readonly func: number;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly self: number;
  readonly total: number;
  readonly calls: number | null;
  readonly primitive: number | null;
  /** Python library, interpreter or runner frame rather than the workspace's own code. */
  readonly library: boolean;
  /** Of a group: functions in it; `func` is the one that takes most. */
  readonly members?: number;
}

/** What the rows of a table stand for. */
export type GroupBy = 'function' | 'file' | 'module' | 'line';

export interface TreeRow extends FunctionRow {
  /** Node id, valid for these ViewParams only. */
  readonly node: number;
  readonly children: number;
}

export type SortKey = 'name' | 'file' | 'calls' | 'self' | 'selfPerCall' | 'total' | 'totalPerCall';

/** Boxes as columns, depth-first. `x` and `w` are fractions of the asked-for root, 0..1. */
export interface FlameColumns {
  readonly root: number;
  /** Value of the root in the type's unit. */
  readonly rootValue: number;
  readonly depth: readonly number[];
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly self: readonly number[];
  readonly node: readonly number[];
  /** Index into `frames`. */
  readonly frame: readonly number[];
  readonly frames: FrameColumns;
  /** Ancestors of the root, outermost first. */
  readonly path: readonly { readonly node: number; readonly name: string }[];
  readonly maxDepth: number;
  readonly treeIsEstimate: boolean;
}

export interface Requests extends TabRequests, CodeRequests, CompareRequests, TimelineRequests, WindowRequests {
  /**
   * Reads a profile file (or finds it already open). `meta` is the path of a recording's meta.json. With `live` the recording still
   * goes on: what it shows of itself (`<file>.live`, else its checkpoint `<file>.part`, else the file itself) is read under the
   * file's name and this label.
   */
  'profile/open': [{ readonly uri: string; readonly meta?: string; readonly live?: { readonly label: string } }, ProfileInfo];
  'profile/close': [{ readonly profile: ProfileId }, null];
  /** Makes one profile the one that hover and codeLens speak of; null for none. With `base` they tell the change since these runs. */
  'profile/activate': [{ readonly view: ViewParams | null; readonly base?: readonly ProfileId[] }, null];
  /** Hot Functions and Table: sorted, filtered by text or /regexp/, a page of rows. */
  'profile/functions': [
    {
      readonly view: ViewParams;
      readonly sort: SortKey;
      readonly descending: boolean;
      readonly search?: string;
      readonly offset: number;
      readonly limit: number;
      /** Default: functions. */
      readonly group?: GroupBy;
      /** A function whose place is asked for. */
      readonly find?: number;
    },
    {
      readonly rows: readonly FunctionRow[];
      readonly count: number;
      readonly total: number;
      /** Place of the function (or of its group) that was to be found, -1 when it is not listed. */
      readonly at: number;
    },
  ];
  /** What the samples with each value of a label (`test`, `process`) sum up to, largest first; a label's filter on itself is left out. */
  'profile/label': [{ readonly view: ViewParams; readonly key: string }, readonly LabelTotal[]];
  'profile/callers': [{ readonly view: ViewParams; readonly func: number }, readonly FunctionRow[]];
  'profile/callees': [{ readonly view: ViewParams; readonly func: number }, readonly FunctionRow[]];
  /** Children of a call-tree node (all, or a window), by total unless another order is asked for; node -1 asks for the roots. */
  'profile/tree': [
    {
      readonly view: ViewParams;
      readonly node: number;
      readonly inverted?: boolean;
      readonly sort?: SortKey;
      readonly descending?: boolean;
      readonly offset?: number;
      readonly limit?: number;
    },
    { readonly rows: readonly TreeRow[]; readonly total: number; readonly count: number },
  ];
  /** Boxes under `root` (-1: all) that are at least `minFraction` of it wide, and in a part of the picture narrower ones as well. */
  'profile/flame': [
    {
      readonly view: ViewParams;
      readonly root: number;
      readonly minFraction: number;
      readonly inverted?: boolean;
      readonly part?: FlamePart | undefined;
    },
    FlameColumns,
  ];
  /** Total of the functions that match, each stack counted once; and their function ids. */
  'profile/search': [{ readonly view: ViewParams; readonly search: string }, { readonly total: number; readonly funcs: readonly number[] }];
  /** Best place for a function, or the line given, mapped to today's text: the path of a file, or the URI of a notebook's cell. */
  'profile/locate': [
    { readonly profile: ProfileId; readonly func: number; readonly line?: number },
    { readonly path: string; readonly line: number } | null,
  ];
  /** Functions whose definition covers this line of the document. */
  'profile/functionAt': [{ readonly view: ViewParams; readonly uri: string; readonly line: number }, readonly FunctionRow[]];
  'profile/export': [{ readonly profile: ProfileId; readonly format: string; readonly path: string }, null];
  /** Makes a recording whole: checks the raw file, copies the workspace's sources, writes meta.json last. */
  'recording/seal': [{ readonly folder: string; readonly meta: RecordingMeta; readonly roots: readonly string[] }, ProfileInfo];
}

/** `data` of every ResponseError of a custom request. */
export interface ErrorData {
  readonly code: string;
  readonly offset?: number;
}

export interface Notifications {
  /** Server → host: texts or recordings behind hover and lenses changed. */
  'heatline/refresh': { readonly reason: string };
}

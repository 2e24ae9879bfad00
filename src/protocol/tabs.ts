/** What the tabs of the profile page ask of the server beside what all views ask: method → [params, result]. Types only. */
import type { FlameColumns, SortKey, TreeRow, ViewParams } from './lsp.js';

/** What a way through the call tree is to lead to. */
export type TreeGoal =
  /** From the node inwards: the largest child each time. */
  | { readonly kind: 'hot' }
  /** The largest node of a function. */
  | { readonly kind: 'func'; readonly func: number }
  /** The next node after (or before) this one whose function the search finds. */
  | { readonly kind: 'match'; readonly search: string; readonly backward?: boolean };

/** A window of the children of a node, on a way through the tree. */
export interface TreeLevel<R = TreeRow> {
  /** Whose children they are; -1: the roots. */
  readonly node: number;
  readonly count: number;
  /** Place of the child that the way goes through, and of the first of `rows`, among all children. */
  readonly at: number;
  readonly offset: number;
  readonly rows: readonly R[];
}

/** One file of a profile with what its lines take. */
export interface FileRow {
  /** As the profile calls it. */
  readonly file: string;
  /** Sum of the lines' own figures, and the largest total of a line. */
  readonly self: number;
  readonly total: number;
  /** Lines that have figures. */
  readonly lines: number;
  readonly library: boolean;
  /** A function of it, by which its source is opened; -1 where it has none. */
  readonly func: number;
}

/** One line of a source, with its figures where it has any. */
export interface SourceRow {
  /** 1-based, of the text that is shown. */
  readonly line: number;
  readonly text: string;
  readonly self: number;
  readonly total: number;
  /** null: not counted. */
  readonly calls: number | null;
  /** Samples behind `self`; null for counted figures. */
  readonly samples: number | null;
  /** The function that the line is of, -1 where none was seen on it. */
  readonly func: number;
}

/** Where the text of a source is from: kept with the recording, today's file (it was not changed since, or nobody can tell), nowhere. */
export type SourceOrigin = 'recorded' | 'today' | 'missing';

/** What a node of the partition of files is. */
export type FilePart = 'package' | 'folder' | 'file' | 'function';

export interface TabRequests {
  /** The way from the roots (for `hot`: from the node) to a goal; no levels when it is not in the tree. */
  'profile/treePath': [
    {
      readonly view: ViewParams;
      readonly node: number;
      readonly inverted?: boolean;
      readonly sort?: SortKey;
      readonly descending?: boolean;
      /** Rows of a window: windows begin at multiples of it. */
      readonly limit: number;
      readonly goal: TreeGoal;
    },
    { readonly levels: readonly TreeLevel[]; readonly total: number },
  ];
  /**
   * Callers or callees of a function, over all stacks that it is in, from its outermost call of each. Root 0 is the function;
   * `whole` is the value of the view. Without any stack through it there are no boxes.
   */
  'profile/sandwich': [
    {
      readonly view: ViewParams;
      readonly func: number;
      readonly side: 'callers' | 'callees';
      readonly root: number;
      readonly minFraction: number;
    },
    FlameColumns & { readonly whole: number },
  ];
  /** Files by what their lines take themselves, largest first; filtered by text or /regexp/ on their names. */
  'profile/files': [
    { readonly view: ViewParams; readonly search?: string; readonly offset: number; readonly limit: number; readonly find?: number },
    {
      readonly rows: readonly FileRow[];
      readonly count: number;
      readonly total: number;
      /** Place of the file that the function to be found is in, -1 when it is not listed, and the function's first line. */
      readonly at: number;
      readonly line: number;
      /** Figures of calls, which stand at the first lines of functions. */
      readonly perFunction: boolean;
    },
  ];
  /** A window of a file's source. */
  'profile/source': [
    { readonly view: ViewParams; readonly file: string; readonly offset: number; readonly limit: number },
    {
      readonly rows: readonly SourceRow[];
      /** Lines of the text; without a text, those that have figures. */
      readonly count: number;
      readonly total: number;
      readonly origin: SourceOrigin;
      /** Places (0-based) of the lines with most self (then total), largest first. */
      readonly hottest: readonly number[];
    },
  ];
  /** Self time by package, folder, file and function. Node ids are valid for the view. */
  'profile/fileTree': [
    { readonly view: ViewParams; readonly root: number; readonly minFraction: number },
    FlameColumns & { readonly parts: readonly FilePart[] },
  ];
}

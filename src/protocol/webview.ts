/** Messages between a profile page and the host. The page asks; the host forwards to the server and answers. Types only. */
import type { TimeRange } from '../core/model/profile.js';
import type { Picture, PictureRow } from '../core/report/picture.js';
import type { ProfileInfo, Requests, ViewParams } from './lsp.js';

/** Requests of the server that a page may make; the host fills in the profile id and checks every field. */
export type ForwardedMethod =
  | 'profile/flame'
  | 'profile/functions'
  | 'profile/callers'
  | 'profile/callees'
  | 'profile/search'
  | 'profile/tree'
  | 'profile/treePath'
  | 'profile/sandwich'
  | 'profile/files'
  | 'profile/source'
  | 'profile/fileTree'
  | 'profile/label'
  | 'profile/timeline'
  | 'profile/timelineBoxes';

/** `thread: ''` asks for all threads, `range: null` for all the time, since undefined does not travel. */
export type PageViewChange = Partial<Omit<ViewParams, 'range'>> & { readonly range?: TimeRange | null };

/** The same of the Diff tab; the host fills in both sides: the page leaves `base` empty. */
export type CompareMethod =
  | 'compare/summary'
  | 'compare/functions'
  | 'compare/lines'
  | 'compare/flame'
  | 'compare/tree'
  | 'compare/treePath';

/** Kinds of pictures that are kept as files. */
export type PictureKind = 'svg' | 'png' | 'html';

/** page → host, answered. */
export interface PageRequests {
  /** The texts of the user's language, English → text, before anything is drawn; null: all is English. */
  texts: [Record<string, never>, Readonly<Record<string, string>> | null];
  /** The page is ready; the host answers with all it needs to draw. Nothing is posted to a page before this. */
  ready: [{ readonly state?: unknown }, PageState];
  /** The user no longer wants the profile that is being read; `ready` then fails. */
  stopReading: [Record<string, never>, null];
  forward: [
    { readonly method: ForwardedMethod | CompareMethod; readonly params: Requests[ForwardedMethod | CompareMethod][0] },
    Requests[ForwardedMethod | CompareMethod][1],
  ];
  /** Open the source of a function (line: a particular line). */
  openSource: [{ readonly func: number; readonly line?: number; readonly beside?: boolean }, null];
  /** Source text of one line for the hover card; null when it cannot be had. */
  sourceLine: [{ readonly func: number; readonly line?: number }, string | null];
  /** Intents: change what every view shows. */
  setView: [{ readonly view: PageViewChange }, null];
  /** A box or row was selected, or nothing any more: other views may reveal it, and figures in the code are of its node. */
  select: [{ readonly func: number | null; readonly place: TreePlace | null }, null];
  copy: [{ readonly text: string }, null];
  /** The user wants to export: the host asks what. */
  chooseExport: [Record<string, never>, null];
  /** A picture, as the host asked for it by `export`; it asks where to and writes it. `png` is base64. */
  picture: [{ readonly kind: PictureKind; readonly png?: string; readonly picture?: Picture; readonly rows?: readonly PictureRow[] }, null];
  /** The user wants to choose what this profile is compared with; or nothing any more. */
  chooseBaseline: [Record<string, never>, null];
  unpinBaseline: [Record<string, never>, null];
}

/** A node of the call tree as a page shows it. */
export interface TreePlace {
  /** Functions from the outermost frame to the node; inverted from the innermost one. */
  readonly path: readonly number[];
  readonly inverted: boolean;
  /** The node's function. */
  readonly name: string;
}

/** host → page, not answered. */
export interface PageEvents {
  state: PageState;
  /** How far the reading is, 0..1. */
  reading: { readonly fraction: number };
  /** Another view (editor, tree) selected this function. */
  reveal: { readonly func: number };
  /** The host goes to another tab. */
  tab: { readonly tab: string };
  /** A picture of what is shown is wanted. */
  export: { readonly kind: PictureKind };
  /** An item of the context menu was chosen. */
  menu: { readonly action: string };
  error: { readonly message: string };
}

export interface PageState {
  readonly info: ProfileInfo;
  readonly view: ViewParams;
  readonly tab: string;
  /** What the Diff tab compares the profile with; null: nothing is chosen. */
  readonly compared: PageCompared | null;
}

export interface PageCompared {
  readonly label: string;
  /** Runs on either side. */
  readonly runs: number;
  readonly newRuns: number;
  /** The profile is the baseline (or one of its runs). */
  readonly isItself: boolean;
  /** Both sides say how long they were recorded. */
  readonly durations: boolean;
  /** Both are sums of windows from production, of which nobody knows that they are equally long: they are compared as if. */
  readonly windows?: true;
  /** Changes with what is compared. */
  readonly key: string;
}

/** What the user looks at: one immutable value and the store that hands it to every view. Knows no vscode. */
import { t } from '../core/l10n.js';
import type { TimeRange, TreeScope } from '../core/model/profile.js';
import type { ProfileId, ProfileInfo, ViewParams } from '../protocol/lsp.js';

/** Which of a line's two figures the heat is drawn from. */
export type Metric = 'self' | 'total';

export interface Session {
  /** Open profiles by id, in the order they were opened. */
  readonly profiles: ReadonlyMap<ProfileId, ProfileInfo>;
  readonly active: ProfileId | undefined;
  /** Present whenever `active` is. */
  readonly view: ViewParams | undefined;
  readonly metric: Metric;
  readonly baseline?: Baseline;
  /** What the figures in the code are of, when less than the view; the pictures show all of it. */
  readonly selection?: Selection;
}

/** The node of a call tree that is selected on a profile's page. */
export interface Selection {
  readonly profile: ProfileId;
  readonly scope: TreeScope;
  /** The node's function. */
  readonly name: string;
}

/** What the active profile is compared with: one run, or several whose mean counts. Its profiles are none of `profiles`. */
export interface Baseline {
  readonly runs: readonly ProfileInfo[];
  /** Further runs of one file, which are compared together with it where the two sides are compared as such. */
  readonly beside?: { readonly of: string; readonly runs: readonly ProfileInfo[] };
}

export const emptySession: Session = { profiles: new Map(), active: undefined, view: undefined, metric: 'self' };

/** Fields of a view that say by an expression which frames stacks are shown with. */
const FRAMES = ['hide', 'show', 'mergeRecursion', 'mergeDirectRecursion'] as const;
/** Those that choose stacks and samples too; empty ones choose nothing. */
const FILTERS = ['focus', 'ignore', 'tagFocus', 'tagIgnore', ...FRAMES] as const;

/** A change of the view; `null` takes a filter away. */
export type ViewChange = {
  readonly type?: number;
  readonly thread?: string | null;
  readonly focus?: string | null;
  readonly ignore?: string | null;
  /** On labels of samples, as pprof's -tagfocus. */
  readonly tagFocus?: string | null;
  readonly tagIgnore?: string | null;
  readonly hide?: string | null;
  readonly show?: string | null;
  readonly mergeRecursion?: string | null;
  readonly mergeDirectRecursion?: string | null;
  readonly range?: TimeRange | null;
  readonly justMyCode?: boolean;
};

export function activeInfo(session: Session): ProfileInfo | undefined {
  return session.active === undefined ? undefined : session.profiles.get(session.active);
}

/** The open profile of a file. */
export function profileAt(session: Session, uri: string): ProfileInfo | undefined {
  return [...session.profiles.values()].find((info) => info.uri === uri);
}

/** First look at a profile: its own default figure, library code folded. */
export function defaultView(info: ProfileInfo): ViewParams {
  return { profile: info.id, type: info.defaultType, justMyCode: true };
}

/**
 * The view for figures that must be those of the profile itself (heat, lenses, hover, Hot Functions): folding is a way to draw
 * trees, not another measurement.
 */
export function unfolded(view: ViewParams): ViewParams {
  const { justMyCode: _, ...rest } = view;
  return rest;
}

/** What the code in the editor shows: the view, of the selected node where there is one. */
export function codeView(session: Session): ViewParams | undefined {
  const selection = selectionOf(session);
  return session.view && { ...unfolded(session.view), ...(selection ? { scope: selection.scope } : {}) };
}

/** The selected node of the active profile. */
export function selectionOf({ selection, active }: Session): Selection | undefined {
  return selection?.profile === active ? selection : undefined;
}

/** Equal for sessions whose figures in the code are the same. */
export function sameCode(a: Session, b: Session): boolean {
  return a.view === b.view && selectionOf(a) === selectionOf(b);
}

/** Adds a profile, or replaces the one with the same id or file, and makes it the active one. */
export function opened(session: Session, info: ProfileInfo): Session {
  const profiles = new Map(session.profiles);
  for (const [id, other] of profiles) if (other.uri === info.uri && id !== info.id) profiles.delete(id);
  profiles.set(info.id, info);
  if (session.active === info.id && session.view) return { ...session, profiles };
  return { ...session, profiles, active: info.id, view: carriedView(session, info) };
}

/** Another reading of a profile, under the view that is on it; it is not made the active one. */
export function renewed(session: Session, info: ProfileInfo): Session {
  const before = profileAt(session, info.uri);
  const profiles = new Map(session.profiles);
  if (before) profiles.delete(before.id);
  profiles.set(info.id, info);
  if (!before || session.active !== before.id || !session.view) return { ...session, profiles };
  return { ...session, profiles, active: info.id, view: changedView({ ...session.view, profile: info.id }, {}, info) };
}

/** Makes an open profile the active one. The figure looked at stays the same where the new profile has it too. */
export function activated(session: Session, id: ProfileId): Session {
  const info = session.profiles.get(id);
  if (!info) return session;
  if (session.active === id && session.view) return session;
  return { ...session, active: id, view: carriedView(session, info) };
}

function carriedView(session: Session, info: ProfileInfo): ViewParams {
  const before = activeInfo(session);
  const view = defaultView(info);
  if (!before || !session.view) return view;
  const old = before.valueTypes[session.view.type];
  const chosen = session.view.type !== before.defaultType;
  const type = chosen ? info.valueTypes.findIndex((t) => t.type === old?.type && t.unit === old.unit) : -1;
  const carried = {
    ...view,
    type: type < 0 ? view.type : type,
    ...(session.view.justMyCode === undefined ? {} : { justMyCode: session.view.justMyCode }),
  };
  // The same file, read again: what is looked at of it stays.
  const { thread = null, range = null } = session.view;
  const filters = Object.fromEntries(FILTERS.map((name) => [name, session.view?.[name] ?? null]));
  return before.uri === info.uri ? changedView(carried, { thread, range, ...filters }, info) : carried;
}

export function closed(session: Session, id: ProfileId): Session {
  if (!session.profiles.has(id)) return session;
  const profiles = new Map(session.profiles);
  profiles.delete(id);
  return session.active === id ? { ...session, profiles, active: undefined, view: undefined } : { ...session, profiles };
}

/** No active profile: heat, lenses and trees go away; the files stay. */
export function cleared(session: Session): Session {
  return { ...session, active: undefined, view: undefined };
}

/** Changes what the active profile shows; what it does not have (type, thread) is ignored. */
export function viewed(session: Session, change: ViewChange): Session {
  const info = activeInfo(session);
  if (!info || !session.view) return session;
  const view = changedView(session.view, change, info);
  // A node is known by the frames above it: where others are shown, it is no longer there.
  const other = FRAMES.some((name) => view[name] !== session.view?.[name]);
  return { ...(other ? unselected(session) : session), view };
}

/** Scopes the figures in the code to a node; null: to nothing less than the view. */
export function selected(session: Session, selection: Selection | null): Session {
  return selection ? { ...session, selection } : unselected(session);
}

function unselected(session: Session): Session {
  if (!session.selection) return session;
  const { selection: _, ...rest } = session;
  return rest;
}

/** The view after a change, checked against the profile. Empty filters are no filters. */
export function changedView(view: ViewParams, change: ViewChange, info: ProfileInfo): ViewParams {
  const type = change.type !== undefined && info.valueTypes[change.type] ? change.type : view.type;
  const thread = change.thread === undefined ? view.thread : change.thread;
  const range = change.range === undefined ? view.range : change.range;
  const filters = FILTERS.map((name) => [name, change[name] === undefined ? view[name] : change[name]]);
  const justMyCode = change.justMyCode ?? view.justMyCode;
  return {
    profile: view.profile,
    type,
    ...(thread && info.threads.includes(thread) ? { thread } : {}),
    ...(range && info.times ? { range } : {}),
    ...Object.fromEntries(filters.filter(([, filter]) => filter)),
    ...(justMyCode === undefined ? {} : { justMyCode }),
  };
}

/** All threads and stacks of the active profile again; kind of value and folding stay. */
export function unfiltered(session: Session): Session {
  const info = activeInfo(session);
  if (!info || !session.view) return session;
  const { type, justMyCode } = session.view;
  return { ...unselected(session), view: { profile: info.id, type, ...(justMyCode === undefined ? {} : { justMyCode }) } };
}

export function metricChosen(session: Session, metric: Metric): Session {
  return session.metric === metric ? session : { ...session, metric };
}

export function pinned(session: Session, baseline: Baseline): Session {
  return { ...session, baseline };
}

export function unpinned(session: Session): Session {
  if (!session.baseline) return session;
  const { baseline: _, ...rest } = session;
  return rest;
}

/** `pricing.py`, `3 runs of pricing.py`. */
export function baselineLabel({ runs }: Baseline): string {
  const label = runs[0]?.label ?? '';
  return runs.length === 1 ? label : t('{0} runs of {1}', runs.length, label);
}

/** Ids of what a profile is compared with; none when there is no baseline, or the profile is (part of) it. */
export function comparedWith({ baseline }: Session, info: ProfileInfo | undefined): readonly ProfileId[] {
  if (!baseline || !info || baseline.runs.some(({ uri }) => uri === info.uri)) return [];
  return baseline.runs.map(({ id }) => id);
}

/** Ids of the runs that are compared together with a profile. */
export function besideOf({ baseline }: Session, info: ProfileInfo): readonly ProfileId[] {
  return baseline?.beside?.of === info.uri ? baseline.beside.runs.map(({ id }) => id) : [];
}

/** Holds the current session and tells every view when it changes. */
export class SessionStore {
  private current: Session = emptySession;
  private readonly listeners = new Set<(session: Session, before: Session) => void>();

  get value(): Session {
    return this.current;
  }

  /** Applies a pure change; nobody is told when nothing changed. */
  update(change: (session: Session) => Session): void {
    const before = this.current;
    const next = change(before);
    if (next === before) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener(next, before);
  }

  onDidChange(listener: (session: Session, before: Session) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }
}

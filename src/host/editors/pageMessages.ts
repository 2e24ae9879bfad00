/** What a profile page may send. Every field is checked here; what comes out holds nothing else. Pure. */

import type { FlamePart } from '../../core/model/flame.js';
import type { TimeRange } from '../../core/model/profile.js';
import type { LaneWindow } from '../../core/model/timelineBoxes.js';
import type { GroupBy, ProfileInfo, Requests, SortKey, ViewParams } from '../../protocol/lsp.js';
import type { TreeGoal } from '../../protocol/tabs.js';
import type { ForwardedMethod } from '../../protocol/webview.js';
import { changedView, type Selection, type ViewChange } from '../session.js';
import { type Fields, fields, finite, flag, fraction, integer, oneOf, optional, text } from './fields.js';

const SORTS: readonly SortKey[] = ['name', 'file', 'calls', 'self', 'selfPerCall', 'total', 'totalPerCall'];
const GROUPS: readonly GroupBy[] = ['function', 'file', 'module', 'line'];
const SIDES = ['callers', 'callees'] as const;
/** Letters of a file's or function's name. */
const LONGEST_NAME = 100_000;
/** Rows of a window. */
const MOST_ROWS = 100_000;
/** Lanes of a timeline that are drawn at once. */
const MOST_LANES = 500;
/** Frames above a node of the call tree. */
const DEEPEST = 100_000;

type Checked = { [M in ForwardedMethod]: { readonly method: M; readonly params: Requests[M][0] } }[ForwardedMethod];

/** A request that may go to the server, about this profile only. @throws Error with a sentence for the page */
export function checkForward(message: unknown, info: ProfileInfo): Checked {
  const { method, params } = fields(message);
  const given = fields(params);
  const view = checkView(given.view, info);
  switch (method) {
    case 'profile/flame':
      return {
        method,
        params: {
          view,
          root: integer(given, 'root', -1),
          minFraction: fraction(given, 'minFraction'),
          ...optional('inverted', flag(given, 'inverted')),
          ...optional('part', flamePart(given.part)),
        },
      };
    case 'profile/tree':
      return {
        method,
        params: {
          view,
          ...treeOrder(given),
          ...optional('offset', given.offset === undefined ? undefined : integer(given, 'offset', 0)),
          limit: given.limit === undefined ? MOST_ROWS : Math.min(MOST_ROWS, integer(given, 'limit', 0)),
        },
      };
    case 'profile/treePath':
      return { method, params: { view, ...treeOrder(given), limit: integer(given, 'limit', 1), goal: treeGoal(given.goal) } };
    case 'profile/functions':
      return {
        method,
        params: {
          view,
          sort: oneOf(SORTS, given, 'sort'),
          descending: flag(given, 'descending') ?? false,
          ...page(given),
          ...optional('group', given.group === undefined ? undefined : oneOf(GROUPS, given, 'group')),
        },
      };
    case 'profile/files':
      return { method, params: { view, ...page(given) } };
    case 'profile/source': {
      const { offset, limit } = page(given);
      return { method, params: { view, file: text(given, 'file', LONGEST_NAME), offset, limit } };
    }
    case 'profile/fileTree':
      return { method, params: { view, root: integer(given, 'root', -1), minFraction: fraction(given, 'minFraction') } };
    case 'profile/sandwich':
      return {
        method,
        params: {
          view,
          func: integer(given, 'func', 0),
          side: oneOf(SIDES, given, 'side'),
          root: integer(given, 'root', -1),
          minFraction: fraction(given, 'minFraction'),
        },
      };
    case 'profile/callers':
    case 'profile/callees':
      return { method, params: { view, func: integer(given, 'func', 0) } };
    case 'profile/label':
      return { method, params: { view, key: text(given, 'key') } };
    case 'profile/timeline':
      return { method, params: { view, buckets: integer(given, 'buckets', 1) } };
    case 'profile/timelineBoxes': {
      const lanes = Array.isArray(given.lanes) ? given.lanes.slice(0, MOST_LANES).map(lane) : [];
      return { method, params: { view, range: range(given.range), quantum: finite(given, 'quantum'), lanes } };
    }
    case 'profile/search':
      return { method, params: { view, search: text(given, 'search') } };
    default:
      throw new Error('a page may not ask for this');
  }
}

/** A window of rows, and what it is to hold. */
function page(given: Fields) {
  return {
    ...optional('search', given.search === undefined ? undefined : text(given, 'search')),
    ...optional('find', given.find === undefined ? undefined : integer(given, 'find', 0)),
    offset: integer(given, 'offset', 0),
    limit: Math.min(MOST_ROWS, integer(given, 'limit', 0)),
  };
}

function treeOrder(given: Fields) {
  return {
    node: integer(given, 'node', -1),
    ...optional('inverted', flag(given, 'inverted')),
    ...optional('sort', given.sort === undefined ? undefined : oneOf(SORTS, given, 'sort')),
    ...optional('descending', flag(given, 'descending')),
  };
}

/** Where a way through a tree is to lead. @throws Error with a sentence for the page */
export function treeGoal(value: unknown): TreeGoal {
  const given = fields(value);
  if (given.kind === 'hot') return { kind: 'hot' };
  if (given.kind === 'func') return { kind: 'func', func: integer(given, 'func', 0) };
  if (given.kind !== 'match') throw new Error('unknown goal');
  return { kind: 'match', search: text(given, 'search'), ...optional('backward', flag(given, 'backward')) };
}

function lane(value: unknown): LaneWindow {
  const given = fields(value);
  return { lane: integer(given, 'lane', 0), firstRow: integer(given, 'firstRow', 0), lastRow: integer(given, 'lastRow', -1) };
}

/** A stretch of time that is not empty. */
function range(value: unknown): TimeRange {
  const given = fields(value);
  const found = { from: finite(given, 'from'), to: finite(given, 'to') };
  if (!(found.from < found.to)) throw new Error('a stretch of time must end after it begins');
  return found;
}

/** The page's view of its own profile; whatever id it sends, it is this one. */
export function checkView(value: unknown, info: ProfileInfo): ViewParams {
  const type = fields(value).type;
  const base: ViewParams = { profile: info.id, type: Number.isInteger(type) ? (type as number) : info.defaultType };
  if (!info.valueTypes[base.type]) throw new Error('the profile has no such kind of value');
  return changedView(base, checkViewChange(value), info);
}

/** A change of the view: absent fields stay, null or '' takes a filter away. */
export function checkViewChange(value: unknown): ViewChange {
  const given = fields(value);
  const filter = (name: string) => (given[name] === undefined ? undefined : given[name] === null ? null : text(given, name));
  const pattern = (name: string) => {
    const value = filter(name);
    if (value) checkPattern(value);
    return value;
  };
  return {
    ...optional('type', given.type === undefined ? undefined : integer(given, 'type', 0)),
    ...optional('thread', filter('thread')),
    ...optional('focus', pattern('focus')),
    ...optional('ignore', pattern('ignore')),
    ...optional('tagFocus', filter('tagFocus')),
    ...optional('tagIgnore', filter('tagIgnore')),
    ...optional('hide', pattern('hide')),
    ...optional('show', pattern('show')),
    ...optional('mergeRecursion', pattern('mergeRecursion')),
    ...optional('mergeDirectRecursion', pattern('mergeDirectRecursion')),
    ...optional('range', given.range === undefined ? undefined : given.range === null ? null : range(given.range)),
    ...optional('justMyCode', flag(given, 'justMyCode')),
  };
}

/** Every view would fail on a pattern that is none. */
function checkPattern(source: string): void {
  try {
    new RegExp(source);
  } catch {
    throw new Error(`“${source}” is not a regular expression`);
  }
}

/** A function of the profile, and a line where one is given. */
export function checkPlace(message: unknown, info: ProfileInfo): { readonly func: number; readonly line?: number } {
  const given = fields(message);
  const func = integer(given, 'func', 0);
  if (func >= info.functions) throw new Error('the profile has no such function');
  const line = given.line === undefined || given.line === null ? undefined : integer(given, 'line', 0);
  return { func, ...optional('line', line) };
}

/**
 * What was selected on the page: a function, and the node of the call tree that it is at, where the page shows one. Node and function
 * are null for nothing.
 */
export function checkSelection(
  message: unknown,
  info: ProfileInfo,
  view: ViewParams,
): { readonly func: number | null; readonly selection: Selection | null } {
  const given = fields(message);
  const func = given.func === null ? null : checkPlace(message, info).func;
  // Of sums nobody knows the stacks: figures in the code stay those of all.
  if (func === null || given.place === null || given.place === undefined || info.treeIsEstimate) return { func, selection: null };
  const place = fields(given.place);
  const path = Array.isArray(place.path) ? place.path.map((one) => checkPlace({ func: one }, info).func) : [];
  if (path.length === 0 || path.length > DEEPEST) throw new Error(`path must hold 1 to ${DEEPEST} functions`);
  const scope = { path, inverted: flag(place, 'inverted') ?? false, justMyCode: view.justMyCode ?? false };
  return { func, selection: { profile: info.id, scope, name: text(place, 'name', LONGEST_NAME) } };
}

export function checkText(message: unknown, name: string, longest: number): string {
  return text(fields(message), name, longest);
}

function flamePart(given: unknown): FlamePart | undefined {
  if (given === undefined) return undefined;
  const part = fields(given);
  return { from: fraction(part, 'from'), to: fraction(part, 'to'), minFraction: fraction(part, 'minFraction') };
}

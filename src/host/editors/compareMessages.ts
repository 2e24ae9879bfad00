/** What the Diff tab of a page may ask about its profile and the baseline. Every field is checked here. Pure; in the bundle of what shows a profile in the code. */
import type { CompareParams, CompareSort } from '../../protocol/compare.js';
import type { ProfileInfo, Requests } from '../../protocol/lsp.js';
import type { CompareMethod } from '../../protocol/webview.js';
import { besideOf, comparedWith, type Session } from '../session.js';
import { checkView, treeGoal } from './pageMessages.js';

const SORTS: readonly CompareSort[] = ['self', 'total', 'baseSelf', 'newSelf', 'baseTotal', 'newTotal', 'name', 'file'];
const NORMALIZE = ['none', 'total', 'duration'] as const;
const WIDTHS = ['base', 'next'] as const;
const LONGEST_TEXT = 1000;
const MOST_ROWS = 10_000;

type Checked = { [M in CompareMethod]: { readonly method: M; readonly params: Requests[M][0] } }[CompareMethod];

/** A request that may go to the server; the two sides are the host's choice, whatever the page sends. @throws Error with a sentence for the page */
export function checkCompare(method: CompareMethod, params: unknown, info: ProfileInfo, session: Session): Checked {
  if (typeof params !== 'object' || params === null) throw new Error('malformed message');
  const given = params as Readonly<Record<string, unknown>>;
  const base = comparedWith(session, info);
  if (base.length === 0) throw new Error('Nothing is chosen to compare with.');
  const sides: CompareParams = {
    view: checkView(given.view, info),
    base,
    more: besideOf(session, info),
    normalize: oneOf(NORMALIZE, given.normalize ?? 'none', 'normalize'),
  };
  const number = (name: string, least: number, most: number, whole = true): number => {
    const value = given[name];
    if (typeof value !== 'number' || !(value >= least) || (whole && !Number.isSafeInteger(value)))
      throw new Error(`${name} must be a number`);
    return Math.min(most, value);
  };
  const search = given.search ?? '';
  if (typeof search !== 'string' || search.length > LONGEST_TEXT)
    throw new Error(`search must be a text of at most ${LONGEST_TEXT} characters`);
  const page = () => ({
    search,
    clearOnly: given.clearOnly === true,
    offset: number('offset', 0, 2 ** 31),
    limit: number('limit', 0, MOST_ROWS),
  });
  const treeOrder = () => ({
    node: number('node', -1, 2 ** 31),
    inverted: given.inverted === true,
    sort: oneOf(SORTS, given.sort, 'sort'),
    descending: given.descending === true,
    clearOnly: given.clearOnly === true,
  });
  switch (method) {
    case 'compare/summary':
      return { method, params: sides };
    case 'compare/functions':
      return { method, params: { ...sides, ...page(), sort: oneOf(SORTS, given.sort, 'sort'), descending: given.descending === true } };
    case 'compare/lines':
      return { method, params: { ...sides, ...page() } };
    case 'compare/tree':
      return { method, params: { ...sides, ...treeOrder(), offset: number('offset', 0, 2 ** 31), limit: number('limit', 0, MOST_ROWS) } };
    case 'compare/treePath':
      return { method, params: { ...sides, ...treeOrder(), limit: number('limit', 1, MOST_ROWS), goal: treeGoal(given.goal) } };
    case 'compare/flame':
      return {
        method,
        params: {
          ...sides,
          root: number('root', -1, 2 ** 31),
          minFraction: number('minFraction', 0, 1, false),
          inverted: given.inverted === true,
          widths: oneOf(WIDTHS, given.widths, 'widths'),
        },
      };
  }
}

function oneOf<T extends string>(known: readonly T[], value: unknown, name: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`unknown ${name}`);
  return found;
}

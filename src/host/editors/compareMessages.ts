/** What the Diff tab of a page may ask about its profile and the baseline. Every field is checked here. Pure; in the bundle of what shows a profile in the code. */
import type { CompareParams, CompareSort } from '../../protocol/compare.js';
import type { ProfileInfo, Requests } from '../../protocol/lsp.js';
import type { CompareMethod } from '../../protocol/webview.js';
import { besideOf, comparedWith, type Session } from '../session.js';
import { type Fields, fields, flag, fraction, integer, oneOf, text } from './fields.js';
import { checkView, treeGoal } from './pageMessages.js';

const SORTS: readonly CompareSort[] = ['self', 'total', 'baseSelf', 'newSelf', 'baseTotal', 'newTotal', 'name', 'file'];
const NORMALIZE = ['none', 'total', 'duration'] as const;
const WIDTHS = ['base', 'next'] as const;
/** Rows of a window; each has the figures of both sides. */
const MOST_ROWS = 10_000;

type Checked = { [M in CompareMethod]: { readonly method: M; readonly params: Requests[M][0] } }[CompareMethod];

/** A request that may go to the server; the two sides are the host's choice, whatever the page sends. @throws Error with a sentence for the page */
export function checkCompare(method: CompareMethod, params: unknown, info: ProfileInfo, session: Session): Checked {
  const given = fields(params);
  const base = comparedWith(session, info);
  if (base.length === 0) throw new Error('Nothing is chosen to compare with.');
  const sides: CompareParams = {
    view: checkView(given.view, info),
    base,
    more: besideOf(session, info),
    normalize: given.normalize === undefined ? 'none' : oneOf(NORMALIZE, given, 'normalize'),
  };
  switch (method) {
    case 'compare/summary':
      return { method, params: sides };
    case 'compare/functions':
      return { method, params: { ...sides, ...searched(given), ...rows(given), ...order(given) } };
    case 'compare/lines':
      return { method, params: { ...sides, ...searched(given), ...rows(given) } };
    case 'compare/tree':
      return { method, params: { ...sides, ...treeOrder(given), ...rows(given) } };
    case 'compare/treePath':
      return { method, params: { ...sides, ...treeOrder(given), limit: limit(given, 1), goal: treeGoal(given.goal) } };
    case 'compare/flame':
      return {
        method,
        params: {
          ...sides,
          root: integer(given, 'root', -1),
          minFraction: fraction(given, 'minFraction'),
          inverted: flag(given, 'inverted') ?? false,
          widths: oneOf(WIDTHS, given, 'widths'),
        },
      };
  }
}

const limit = (given: Fields, least: number) => Math.min(MOST_ROWS, integer(given, 'limit', least));
const rows = (given: Fields) => ({ offset: integer(given, 'offset', 0), limit: limit(given, 0) });
const order = (given: Fields) => ({ sort: oneOf(SORTS, given, 'sort'), descending: flag(given, 'descending') ?? false });
const clearOnly = (given: Fields) => flag(given, 'clearOnly') ?? false;

/** Which rows of a table. */
const searched = (given: Fields) => ({
  search: given.search === undefined ? '' : text(given, 'search'),
  clearOnly: clearOnly(given),
});

const treeOrder = (given: Fields) => ({
  node: integer(given, 'node', -1),
  inverted: flag(given, 'inverted') ?? false,
  clearOnly: clearOnly(given),
  ...order(given),
});

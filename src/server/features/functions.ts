import { UserError } from '../../core/errors.js';
import type { FunctionTable } from '../../core/model/functionTable.js';
import { searchTest } from '../../core/model/search.js';
import type { SortKey } from '../../protocol/lsp.js';
import { type Feature, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { figuresOf, functionsOf, libraryOf, rowOf } from '../tables.js';

/** Most rows that one answer carries. */
const MAX_ROWS = 10_000;

export const functions: Feature<'profile/functions'> = {
  method: 'profile/functions',
  answer(server, params) {
    const opened = viewed(server, params.view);
    const table = functionsOf(opened, params.view);
    const order = opened.table(JSON.stringify(['order', params.view, params.sort, params.descending, params.search ?? '']), () => {
      const found = select(opened, table, params.view.justMyCode === true, params.search ?? '');
      return found.sort(comparer(opened, table, params.sort, params.descending));
    });
    const from = Math.max(0, Math.trunc(params.offset) || 0);
    const count = Math.min(MAX_ROWS, Math.max(0, Math.trunc(params.limit) || 0));
    const rows = order.slice(from, from + count).map((func) => rowOf(opened, func, figuresOf(table, func)));
    return { rows, count: order.length, total: table.sum };
  },
};

/** Functions that have any figure in the view and that the search finds. */
function select(opened: OpenProfile, table: FunctionTable, ownOnly: boolean, search: string): number[] {
  const { functions, strings } = opened.profile;
  const library = libraryOf(opened);
  const test = search === '' ? undefined : searchTest(search);
  const found: number[] = [];
  for (let func = 0; func < functions.length; func++) {
    if (table.self[func] === 0 && table.total[func] === 0 && !(table.calls?.[func] ?? 0)) continue;
    if (ownOnly && library[func] === 1) continue;
    if (test && !test(strings[functions.name[func]!]!, strings[functions.file[func]!]!)) continue;
    found.push(func);
  }
  return found;
}

/** By the key; on a draw by total, then in the order of the profile, so that pages never overlap. */
function comparer(opened: OpenProfile, table: FunctionTable, sort: SortKey, descending: boolean): (a: number, b: number) => number {
  const { functions, strings } = opened.profile;
  const sign = descending ? -1 : 1;
  const draw = (a: number, b: number) => table.total[b]! - table.total[a]! || a - b;
  const byNumber = (key: (func: number) => number) => (a: number, b: number) => sign * (key(a) - key(b)) || draw(a, b);
  const byText = (column: Uint32Array, then: Int32Array) => {
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    return (a: number, b: number) => sign * (compare(strings[column[a]!]!, strings[column[b]!]!) || then[a]! - then[b]!) || draw(a, b);
  };
  const calls = (func: number) => table.calls?.[func] ?? 0;
  const per = (values: Float64Array) => (func: number) => (calls(func) > 0 ? values[func]! / calls(func) : 0);
  switch (sort) {
    case 'name':
      return byText(functions.name, functions.startLine);
    case 'file':
      return byText(functions.file, functions.startLine);
    case 'calls':
      return byNumber(calls);
    case 'self':
      return byNumber((func) => table.self[func]!);
    case 'total':
      return byNumber((func) => table.total[func]!);
    case 'selfPerCall':
      return byNumber(per(table.self));
    case 'totalPerCall':
      return byNumber(per(table.total));
    default:
      throw new UserError('bad-request', `Functions cannot be sorted by "${String(sort)}".`);
  }
}

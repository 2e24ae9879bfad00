import { UserError } from '../../core/errors.js';
import type { FunctionTable } from '../../core/model/functionTable.js';
import { searchTest } from '../../core/model/search.js';
import type { SortKey } from '../../protocol/lsp.js';
import type { Queries } from './queries.js';
import { figuresOf, keyOf, type Tables } from './tables.js';

/** Most rows that one answer carries. */
const MAX_ROWS = 10_000;

/** A page of the functions of a view, sorted and searched. @throws UserError for an unknown order */
export function functionList(tables: Tables, params: Queries['functions'][0]): Queries['functions'][1] {
  const { view, sort, descending, search } = params;
  const table = tables.functions(view);
  const order = tables.table(keyOf('order', view, view.justMyCode === true, sort, descending, search), () =>
    select(tables, table, view.justMyCode === true, search).sort(comparer(tables, table, sort, descending)),
  );
  const from = Math.max(0, Math.trunc(params.offset) || 0);
  const count = Math.min(MAX_ROWS, Math.max(0, Math.trunc(params.limit) || 0));
  const rows = Array.from(order.subarray(from, from + count), (func) => tables.row(func, figuresOf(table, func)));
  return { rows, count: order.length, total: table.sum };
}

/** Functions that have any figure in the view and that the search finds. */
function select(tables: Tables, table: FunctionTable, ownOnly: boolean, search: string): Uint32Array {
  const { functions, strings } = tables.profile;
  const library = tables.library();
  const test = search === '' ? undefined : searchTest(search);
  const found = new Uint32Array(functions.length);
  let length = 0;
  for (let func = 0; func < functions.length; func++) {
    if (table.self[func] === 0 && table.total[func] === 0 && !(table.calls?.[func] ?? 0)) continue;
    if (ownOnly && library[func] === 1) continue;
    if (test && !test(strings[functions.name[func]!]!, strings[functions.file[func]!]!)) continue;
    found[length++] = func;
  }
  return found.slice(0, length);
}

/** By the key; on a draw by total, then in the order of the profile, so that pages never overlap. */
function comparer(tables: Tables, table: FunctionTable, sort: SortKey, descending: boolean): (a: number, b: number) => number {
  const { functions, strings } = tables.profile;
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

import { UserError } from '../../core/errors.js';
import { groupTable } from '../../core/model/groupTable.js';
import { searchTest } from '../../core/model/search.js';
import type { FunctionRow, SortKey, ViewParams } from '../../protocol/lsp.js';
import type { Queries } from './queries.js';
import { figuresOf, keyOf, specOf, type Tables } from './tables.js';
import { textOrder } from './textOrder.js';

/** Most rows that one answer carries. */
const MAX_ROWS = 10_000;

/** What a list is made of: functions, or groups of them. */
interface Listed {
  readonly length: number;
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly calls: Float64Array | undefined;
  readonly primitive: Float64Array | undefined;
  readonly sum: number;
  name(index: number): string;
  file(index: number): string;
  readonly line: Int32Array;
  /** The function that a row stands for, and the row of a function. */
  func(index: number): number;
  find(func: number): number;
  row(index: number): FunctionRow;
}

/** A page of the functions (or groups) of a view, sorted and searched. @throws UserError for an unknown order or group */
export function functionList(tables: Tables, params: Queries['functions'][0]): Queries['functions'][1] {
  const { view, sort, descending, search, group } = params;
  const listed = group === 'function' ? functionsOf(tables, view) : groupsOf(tables, view, group);
  const ownOnly = view.justMyCode === true;
  const order = tables.table(keyOf('order', view, group, ownOnly, sort, descending, search), () =>
    select(tables, listed, ownOnly, search).sort(comparer(listed, sort, descending)),
  );
  const from = Math.max(0, Math.trunc(params.offset) || 0);
  const count = Math.min(MAX_ROWS, Math.max(0, Math.trunc(params.limit) || 0));
  const rows = Array.from(order.subarray(from, from + count), (index) => listed.row(index));
  const at = params.find === undefined ? -1 : order.indexOf(listed.find(params.find));
  return { rows, count: order.length, total: listed.sum, at };
}

function functionsOf(tables: Tables, view: ViewParams): Listed {
  const { functions, strings } = tables.profile;
  const table = tables.functions(view);
  return {
    ...table,
    length: functions.length,
    line: functions.startLine,
    name: (func) => strings[functions.name[func]!]!,
    file: (func) => strings[functions.file[func]!]!,
    func: (func) => func,
    find: (func) => func,
    row: (func) => tables.row(func, figuresOf(table, func)),
  };
}

function groupsOf(tables: Tables, view: ViewParams, group: 'file' | 'module' | 'line'): Listed {
  if (!['file', 'module', 'line'].includes(group)) throw new UserError('bad-request', `There are no groups by "${String(group)}".`);
  const table = tables.table(keyOf('groups', view, group), () => groupTable(tables.shown(view), specOf(view), group, tables.of(view)));
  return {
    ...table,
    primitive: undefined,
    name: (index) => table.name[index]!,
    file: (index) => table.file[index]!,
    func: (index) => table.func[index]!,
    find: (func) => table.groupOf[func] ?? -1,
    row(index) {
      const calls = table.calls?.[index] ?? Number.NaN;
      return {
        func: table.func[index]!,
        name: table.name[index]!,
        file: table.file[index]!,
        line: table.line[index]!,
        self: table.self[index]!,
        total: table.total[index]!,
        calls: Number.isNaN(calls) ? null : calls,
        primitive: null,
        library: tables.library()[table.func[index]!] === 1,
        members: table.members[index]!,
      };
    },
  };
}

/** Rows that have any figure in the view and that the search finds. */
function select(tables: Tables, listed: Listed, ownOnly: boolean, search: string): Uint32Array {
  const library = tables.library();
  const test = search === '' ? undefined : searchTest(search);
  const found = new Uint32Array(listed.length);
  let length = 0;
  for (let index = 0; index < listed.length; index++) {
    if (listed.self[index] === 0 && listed.total[index] === 0 && !(listed.calls?.[index] || 0)) continue;
    if (ownOnly && library[listed.func(index)] === 1) continue;
    if (test && !test(listed.name(index), listed.file(index))) continue;
    found[length++] = index;
  }
  return found.slice(0, length);
}

/** By the key; on a draw by total, then in the order of the profile, so that pages never overlap. */
function comparer(listed: Listed, sort: SortKey, descending: boolean): (a: number, b: number) => number {
  const sign = descending ? -1 : 1;
  const { self, total, line } = listed;
  const draw = (a: number, b: number) => total[b]! - total[a]! || a - b;
  const byNumber = (key: (index: number) => number) => {
    // Read once a row: it is compared twenty times.
    const keys = Float64Array.from({ length: listed.length }, (_, index) => key(index));
    return (a: number, b: number) => sign * (keys[a]! - keys[b]!) || draw(a, b);
  };
  const byText = (text: (index: number) => string) => {
    const compare = textOrder(listed.length, text);
    return (a: number, b: number) => sign * (compare(a, b) || line[a]! - line[b]!) || draw(a, b);
  };
  const calls = (index: number) => listed.calls?.[index] || 0;
  // As pstats divides: own time by all calls, time with callees by those from outside.
  const outside = (index: number) => listed.primitive?.[index] || calls(index);
  const per = (values: Float64Array, by: (index: number) => number) => (index: number) => (by(index) > 0 ? values[index]! / by(index) : 0);
  switch (sort) {
    case 'name':
      return byText(listed.name);
    case 'file':
      return byText(listed.file);
    case 'calls':
      return byNumber(calls);
    case 'self':
      return (a, b) => sign * (self[a]! - self[b]!) || draw(a, b);
    case 'total':
      return (a, b) => sign * (total[a]! - total[b]!) || a - b;
    case 'selfPerCall':
      return byNumber(per(self, calls));
    case 'totalPerCall':
      return byNumber(per(total, outside));
    default:
      throw new UserError('bad-request', `Functions cannot be sorted by "${String(sort)}".`);
  }
}

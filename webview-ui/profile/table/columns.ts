import type { FunctionRow, GroupBy, SortKey } from '../../../src/protocol/lsp.js';
import { formatShare, formatValue, placeOf, safeText } from '../../shared/format.js';

export interface Column {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly sort: SortKey;
  /** False: the server cannot sort by it. */
  readonly sortable?: boolean;
  /** Figures stand right; names left and take the room that is left over. */
  readonly figure: boolean;
  readonly width: string;
  /** What the cell says; `whole` is the value of the whole profile. */
  readonly text: (row: FunctionRow, unit: string, whole: number) => string;
  /** Length of the bar behind the figure, 0..1. */
  readonly bar?: (row: FunctionRow, whole: number) => number;
  /** A figure that says nothing (0) is drawn dim. */
  readonly empty?: (row: FunctionRow) => boolean;
}

const share = (value: number, whole: number) => (whole > 0 ? Math.min(1, value / whole) : 0);
const perCall = (value: number, calls: number | null, unit: string) => (calls ? formatValue(value / calls, unit) : '');

const self: Column = {
  id: 'self',
  label: 'self',
  title: 'Spent in the function itself',
  sort: 'self',
  figure: true,
  width: '100px',
  text: (row, unit) => formatValue(row.self, unit),
  bar: (row, whole) => share(row.self, whole),
  empty: (row) => row.self === 0,
};
const total: Column = {
  id: 'total',
  label: 'total',
  title: 'Spent in the function and in all that it called',
  sort: 'total',
  figure: true,
  width: '100px',
  text: (row, unit) => formatValue(row.total, unit),
  bar: (row, whole) => share(row.total, whole),
  empty: (row) => row.total === 0,
};
const name: Column = {
  id: 'name',
  label: 'function',
  title: 'Function',
  sort: 'name',
  figure: false,
  width: 'minmax(120px, 2fr)',
  text: (row) => safeText(row.name),
};
const file: Column = {
  id: 'file',
  label: 'file',
  title: 'File and first line',
  sort: 'file',
  figure: false,
  width: 'minmax(120px, 3fr)',
  text: (row) => placeOf(row),
};

/** The same column without its bar. */
function plain({ bar: _bar, ...column }: Column): Column {
  return column;
}

/** Columns of a sampled profile. */
const sampled: readonly Column[] = [
  self,
  { ...plain(self), id: 'selfShare', label: 'self %', width: '72px', text: (row, _unit, whole) => formatShare(share(row.self, whole)) },
  total,
  { ...plain(total), id: 'totalShare', label: 'total %', width: '72px', text: (row, _unit, whole) => formatShare(share(row.total, whole)) },
  name,
  file,
];

/** cProfile's columns, by the names that pstats prints. */
const counted: readonly Column[] = [
  {
    id: 'ncalls',
    label: 'ncalls',
    title: 'Calls; for a recursive function all calls / calls from outside',
    sort: 'calls',
    figure: true,
    width: '110px',
    text: callsText,
  },
  { ...self, label: 'tottime' },
  {
    id: 'selfPerCall',
    label: 'percall',
    title: 'tottime per call',
    sort: 'selfPerCall',
    figure: true,
    width: '84px',
    text: (row, unit) => perCall(row.self, row.calls, unit),
    empty: (row) => row.self === 0,
  },
  { ...total, label: 'cumtime' },
  {
    id: 'totalPerCall',
    label: 'percall',
    title: 'cumtime per call from outside',
    sort: 'totalPerCall',
    figure: true,
    width: '84px',
    text: (row, unit) => perCall(row.total, row.primitive, unit),
    empty: (row) => row.total === 0,
  },
  name,
  { ...file, label: 'where' },
];

export function columnsFor(hasCalls: boolean, group: GroupBy = 'function'): readonly Column[] {
  const columns = hasCalls ? counted : sampled;
  if (group === 'function') return columns;
  const own = (column: Column) => column.id !== 'name' && column.id !== 'file';
  return [...columns.filter(own).map(inGroup), ...NAMES[group]];
}

/** A group has no calls from outside that the file would know of. */
function inGroup(column: Column): Column {
  if (column.id === 'totalPerCall')
    return { ...column, title: 'cumtime per call', text: (row, unit) => perCall(row.total, row.calls, unit) };
  return column.id === 'ncalls' ? { ...column, title: 'Calls' } : column;
}

const members: Column = {
  id: 'members',
  label: 'functions',
  title: 'Functions in it that have a value',
  sort: 'name',
  sortable: false,
  figure: true,
  width: '84px',
  text: (row) => (row.members ?? 0).toLocaleString('en'),
};

/** What stands for the name, by group. */
const NAMES: Record<Exclude<GroupBy, 'function'>, readonly Column[]> = {
  file: [members, { ...file, title: 'File', text: (row) => safeText(row.file) || 'built-in' }],
  module: [members, { ...name, label: 'module', title: 'Package, or folder of own code' }],
  line: [
    { ...file, label: 'line', title: 'File and line', width: 'minmax(120px, 2fr)', text: (row) => placeOf(row) },
    { ...name, width: 'minmax(120px, 3fr)', title: 'Function that the line is of' },
  ],
};

/** `1,204`, and `28,656/60` for a function that calls itself. */
export function callsText(row: FunctionRow): string {
  if (row.calls === null) return '';
  const calls = row.calls.toLocaleString('en');
  return row.primitive === null || row.primitive === row.calls ? calls : `${calls}/${row.primitive.toLocaleString('en')}`;
}

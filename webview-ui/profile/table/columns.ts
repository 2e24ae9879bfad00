import type { FunctionRow, GroupBy, SortKey } from '../../../src/protocol/lsp.js';
import { formatCount, formatValue, placeOf, safeText, t } from '../../shared/format.js';
import { figureColumn, type Measure, shareColumn } from './figures.js';
import type { GridColumn } from './grid.js';

/** A column of functions, or of groups of them. */
export type Column = GridColumn<FunctionRow, SortKey>;

const figures = (row: FunctionRow) => row;

/** Names of functions. @param of the function of a row */
export function nameColumn<R>(of: (row: R) => Pick<FunctionRow, 'name'>): GridColumn<R, 'name'> {
  return {
    id: 'name',
    label: t('function'),
    title: t('Function'),
    sort: 'name',
    figure: false,
    width: 'minmax(120px, 2fr)',
    text: (row) => safeText(of(row).name),
  };
}

/** Files and first lines. */
export function fileColumn<R>(of: (row: R) => Pick<FunctionRow, 'file' | 'line'>): GridColumn<R, 'file'> {
  return {
    id: 'file',
    label: t('file'),
    title: t('File and first line'),
    sort: 'file',
    figure: false,
    width: 'minmax(120px, 2fr)',
    text: (row) => placeOf(of(row)),
    tooltip: (row) => placeOf(of(row), true),
  };
}

const name: Column = nameColumn(figures);
const file: Column = { ...fileColumn(figures), width: 'minmax(120px, 3fr)' };

/** What a function took itself, and with all that it called. */
export function selfAndTotal(measure: Measure, width?: string): readonly [self: Column, total: Column] {
  return [
    { ...figureColumn('self', t('Spent in the function itself'), measure, figures, width), sort: 'self' },
    { ...figureColumn('total', t('Spent in the function and in all that it called'), measure, figures, width), sort: 'total' },
  ];
}

/** Columns of a sampled profile. */
function sampled(measure: Measure): readonly Column[] {
  const [self, total] = selfAndTotal(measure, '100px');
  return [
    self,
    { ...shareColumn('self', measure, figures), sort: 'self' },
    total,
    { ...shareColumn('total', measure, figures), sort: 'total' },
    name,
    file,
  ];
}

/** cProfile's columns, by the names that pstats prints. @param inGroups groups know no calls from outside */
function counted(measure: Measure, inGroups: boolean): readonly Column[] {
  const [self, total] = selfAndTotal(measure, '100px');
  const perCall = (value: number, calls: number | null) => (calls ? formatValue(value / calls, measure.unit) : '');
  return [
    {
      id: 'ncalls',
      label: 'ncalls',
      title: t(inGroups ? 'Calls' : 'Calls; for a recursive function all calls / calls from outside'),
      sort: 'calls',
      figure: true,
      width: '110px',
      text: callsText,
    },
    { ...self, label: 'tottime' },
    {
      id: 'selfPerCall',
      label: 'percall',
      title: t('tottime per call'),
      sort: 'selfPerCall',
      figure: true,
      width: '84px',
      text: (row) => perCall(row.self, row.calls),
      empty: (row) => row.self === 0,
    },
    { ...total, label: 'cumtime' },
    {
      id: 'totalPerCall',
      label: 'percall',
      title: t(inGroups ? 'cumtime per call' : 'cumtime per call from outside'),
      sort: 'totalPerCall',
      figure: true,
      width: '84px',
      text: (row) => perCall(row.total, inGroups ? row.calls : row.primitive),
      empty: (row) => row.total === 0,
    },
    name,
    { ...file, label: t('where') },
  ];
}

/** The columns of a table. @param hasCalls calls were counted: then they go by the names that pstats prints */
export function columnsFor(hasCalls: boolean, group: GroupBy, measure: Measure): readonly Column[] {
  const columns = hasCalls ? counted(measure, group !== 'function') : sampled(measure);
  return group === 'function' ? columns : [...columns.filter(({ figure }) => figure), ...NAMES[group]];
}

const members: Column = {
  id: 'members',
  label: t('functions'),
  title: t('Functions in it that have a value'),
  figure: true,
  width: '84px',
  text: (row) => formatCount(row.members ?? 0),
};

/** What stands for the name, by group. */
const NAMES: Record<Exclude<GroupBy, 'function'>, readonly Column[]> = {
  file: [members, { ...file, title: t('File'), text: (row) => placeOf({ file: row.file, line: 0 }, true) || t('built-in') }],
  module: [members, { ...name, label: t('module'), title: t('Package, or folder of own code') }],
  line: [
    { ...file, label: t('line'), title: t('File and line'), width: 'minmax(120px, 2fr)' },
    { ...name, width: 'minmax(120px, 3fr)', title: t('Function that the line is of') },
  ],
};

/** `1,204`, and `28,656/60` for a function that calls itself. */
export function callsText(row: FunctionRow): string {
  if (row.calls === null) return '';
  const calls = formatCount(row.calls);
  return row.primitive === null || row.primitive === row.calls ? calls : `${calls}/${formatCount(row.primitive)}`;
}

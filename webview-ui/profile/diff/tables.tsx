import { useEffect, useState } from 'preact/hooks';
import type { Change, ComparedFunctionRow, ComparedLineRow, CompareSort } from '../../../src/protocol/compare.js';
import { announce } from '../../shared/announce.js';
import { ask } from '../../shared/boot.js';
import { formatValue, placeOf, safeText, t } from '../../shared/format.js';
import { store as shared } from '../store.js';
import { Grid, type GridColumn } from '../table/grid.js';
import { sortBy } from '../table/sorting.js';
import { usePaged } from '../table/usePaged.js';
import { useStore } from '../useStore.js';
import { changeOf, LOOKS, noiseText } from './change.js';
import { diffState, saveDiff } from './state.js';

type Column<R> = GridColumn<R, CompareSort>;

export interface TableProps {
  /** Asks anew when it changes. */
  readonly loadKey: string;
  readonly unit: string;
  /** The larger of both wholes: bars are parts of it. */
  readonly whole: number;
}

/** Every function before and after, by the size of its change. */
export function DiffFunctions({ loadKey, unit, whole }: TableProps) {
  const store = useStore();
  const { sort, descending, normalize, clearOnly } = diffState();
  const search = store.query;
  const [current, setCurrent] = useState(-1);
  const key = loadKey === '' ? '' : JSON.stringify([loadKey, sort, descending, clearOnly, search]);
  const { rows, shown, count, waiting } = usePaged<ComparedFunctionRow, { rows: readonly ComparedFunctionRow[]; count: number }>(
    key,
    (offset, limit) =>
      ask('compare/functions', { view: store.view, base: [], normalize, clearOnly, search, sort, descending, offset, limit }),
  );
  useEffect(() => setCurrent(-1), [rows]);
  const columns: Column<ComparedFunctionRow>[] = [
    ...figures<ComparedFunctionRow>(unit, whole, true),
    { ...NAME, text: (row) => safeText(row.name) },
    note<ComparedFunctionRow>(),
    { ...FILE, text: (row) => placeOf(row), tooltip: (row) => placeOf(row, true) },
  ];
  const onSort = (column: Column<ComparedFunctionRow>) => {
    const next = sortBy(column, { by: sort, descending });
    if (!next) return;
    saveDiff({ sort: next.by, descending: next.descending });
    store.changed();
  };
  return (
    <>
      <Grid<ComparedFunctionRow, CompareSort>
        id="change"
        label={t('Functions before and after')}
        columns={columns}
        count={count}
        rowAt={shown.get}
        need={rows.need}
        current={current}
        onGo={(index) => {
          setCurrent(index);
          const func = shown.get(index)?.func ?? -1;
          store.select(func < 0 ? null : func);
        }}
        onOpen={(row, beside) => openRow(row.func, beside)}
        sorted={{ by: sort, descending }}
        onSort={onSort}
        onKey={clearSearch}
        looks={(row) => `${LOOKS[changeOf(row, 'self', unit).sign]}${row.library ? ' library' : ''}`}
        busy={waiting}
        faded={shown !== rows}
        scrollKey={rows}
      />
      {rows.count === 0 && <Nothing searched={search !== ''} clearOnly={clearOnly} of="functions" />}
    </>
  );
}

/** Every line before and after, by the size of its change; searched by file. */
export function DiffLines({ loadKey, unit, whole }: TableProps) {
  const store = useStore();
  const { normalize, clearOnly } = diffState();
  const search = store.query;
  const [current, setCurrent] = useState(-1);
  const key = loadKey === '' ? '' : JSON.stringify([loadKey, clearOnly, search]);
  const { rows, shown, count, waiting } = usePaged<ComparedLineRow, { rows: readonly ComparedLineRow[]; count: number }>(
    key,
    (offset, limit) => ask('compare/lines', { view: store.view, base: [], normalize, clearOnly, search, offset, limit }),
  );
  useEffect(() => setCurrent(-1), [rows]);
  const columns: Column<ComparedLineRow>[] = [
    ...figures<ComparedLineRow>(unit, whole, false),
    {
      ...FILE,
      id: 'name',
      label: t('line'),
      title: t('Line'),
      sort: undefined,
      text: (row) => placeOf(row),
      tooltip: (row) => placeOf(row, true),
    },
    note<ComparedLineRow>(),
  ];
  return (
    <>
      <Grid<ComparedLineRow, CompareSort>
        id="change"
        label={t('Lines before and after')}
        columns={columns}
        count={count}
        rowAt={shown.get}
        need={rows.need}
        current={current}
        onGo={setCurrent}
        onOpen={(row, beside) => openRow(row.func, beside, row.line)}
        onKey={clearSearch}
        looks={(row) => LOOKS[changeOf(row, 'self', unit).sign]}
        busy={waiting}
        faded={shown !== rows}
        scrollKey={rows}
      />
      {rows.count === 0 && <Nothing searched={search !== ''} clearOnly={clearOnly} of="lines" />}
    </>
  );
}

function openRow(func: number, beside: boolean, line?: number): void {
  if (func < 0) announce(t('It is gone: the new profile has no source of it.'));
  else shared.openSource(func, beside, line);
}

function clearSearch(key: string): boolean {
  if (key !== 'Escape' || shared.search === '') return false;
  shared.setSearch('');
  return true;
}

const NAME = {
  id: 'name',
  label: t('function'),
  title: t('Function'),
  sort: 'name',
  figure: false,
  width: 'minmax(120px, 2fr)',
} as const;
const FILE = {
  id: 'file',
  label: t('file'),
  title: t('File and first line'),
  sort: 'file',
  figure: false,
  width: 'minmax(120px, 2fr)',
} as const;

function figures<R extends Change>(unit: string, whole: number, sorts: boolean): Column<R>[] {
  const sort = (by: CompareSort) => (sorts ? by : undefined);
  const part = (value: number) => (whole > 0 ? Math.abs(value) / whole : 0);
  return [
    {
      id: 'change',
      label: t('change'),
      title: t('Change of what was spent in it itself; grey and with ≈ where it is no more than noise'),
      sort: sort('self'),
      figure: true,
      width: '112px',
      text: (row) => {
        const { amount, sign } = changeOf(row, 'self', unit);
        return sign === 0 && row.base.self !== row.new.self ? `≈ ${amount}` : amount;
      },
      bar: (row) => (changeOf(row, 'self', unit).sign === 0 ? 0 : part(row.new.self - row.base.self)),
      empty: (row) => row.base.self === row.new.self,
    },
    {
      id: 'noise',
      label: '±',
      title: t('What sampling, or one run beside another, changes alone: half the 95 % interval'),
      figure: true,
      width: '84px',
      text: (row) => noiseText(row.noise.self, unit),
    },
    {
      id: 'percent',
      label: '%',
      title: t('Change in per cent of before'),
      figure: true,
      width: '86px',
      text: (row) => changeOf(row, 'self', unit).percent,
      empty: (row) => row.base.self === row.new.self,
    },
    {
      id: 'before',
      label: t('before'),
      title: t('Self before'),
      sort: sort('baseSelf'),
      figure: true,
      width: '84px',
      text: (row) => formatValue(row.base.self, unit),
      empty: (row) => row.base.self === 0,
    },
    {
      id: 'after',
      label: t('after'),
      title: t('Self after'),
      sort: sort('newSelf'),
      figure: true,
      width: '84px',
      text: (row) => formatValue(row.new.self, unit),
      empty: (row) => row.new.self === 0,
    },
    {
      id: 'total',
      label: t('total'),
      title: t('Change of the total, with all that it called'),
      sort: sort('total'),
      figure: true,
      width: '92px',
      text: (row) => {
        const { amount, sign } = changeOf(row, 'total', unit);
        return sign === 0 && row.base.total !== row.new.total ? `≈ ${amount}` : amount;
      },
      empty: (row) => changeOf(row, 'total', unit).sign === 0,
    },
  ];
}

function note<R extends { readonly note: string }>(): Column<R> {
  return {
    id: 'note',
    label: '',
    title: t('What became of it'),
    figure: false,
    width: 'minmax(64px, 1fr)',
    text: (row) => safeText(row.note),
  };
}

function Nothing({ searched, clearOnly, of }: { searched: boolean; clearOnly: boolean; of: 'functions' | 'lines' }) {
  const functions = of === 'functions';
  const text = searched
    ? t(functions ? 'No function matches the search.' : 'No line matches the search.')
    : clearOnly
      ? t(functions ? 'No function changed by more than noise.' : 'No line changed by more than noise.')
      : t(functions ? 'No function has a value in this view.' : 'No line has a value in this view.');
  return <p class="hint over">{text}</p>;
}

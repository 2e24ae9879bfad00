import { useEffect, useState } from 'preact/hooks';
import type { Change, ComparedFunctionRow, ComparedLineRow, CompareSort } from '../../../src/protocol/compare.js';
import { announce } from '../../shared/announce.js';
import { ask } from '../../shared/boot.js';
import { safeText, t } from '../../shared/format.js';
import { store as shared } from '../store.js';
import { fileColumn, nameColumn } from '../table/columns.js';
import { Grid } from '../table/grid.js';
import { sortable } from '../table/sorting.js';
import { usePaged } from '../table/usePaged.js';
import { useStore } from '../useStore.js';
import { changeOf, LOOKS } from './change.js';
import { type Column, changeColumn, changeColumns, noteColumn } from './columns.js';
import { diffState, saveDiff } from './state.js';

const TOTAL = t('Change of the total, with all that it called');
const change = (row: Change) => row;

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
  const { rows, shown, grid } = usePaged<ComparedFunctionRow, { rows: readonly ComparedFunctionRow[]; count: number }>(
    key,
    (offset, limit) =>
      ask('compare/functions', { view: store.view, base: [], normalize, clearOnly, search, sort, descending, offset, limit }),
  );
  useEffect(() => setCurrent(-1), [rows]);
  const columns: Column<ComparedFunctionRow>[] = [
    ...changeColumns(change, 'self', { unit, whole }),
    changeColumn(change, 'total', { unit, whole }, TOTAL, 'total'),
    nameColumn((row) => row),
    noteColumn(({ note }) => safeText(note)),
    fileColumn((row) => row),
  ];
  return (
    <>
      <Grid<ComparedFunctionRow, CompareSort>
        id="change"
        label={t('Functions before and after')}
        columns={columns}
        {...grid}
        current={current}
        onGo={(index) => {
          setCurrent(index);
          const func = shown.get(index)?.func ?? -1;
          store.select(func < 0 ? null : func);
        }}
        onOpen={(row, beside) => openRow(row.func, beside)}
        {...sortable({ by: sort, descending }, (next) => saveDiff({ sort: next.by, descending: next.descending }))}
        onKey={(pressed) => pressed === 'Escape' && store.clearSearch()}
        looks={(row) => `${LOOKS[changeOf(row, 'self', unit).sign]}${row.library ? ' library' : ''}`}
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
  const { rows, grid } = usePaged<ComparedLineRow, { rows: readonly ComparedLineRow[]; count: number }>(key, (offset, limit) =>
    ask('compare/lines', { view: store.view, base: [], normalize, clearOnly, search, offset, limit }),
  );
  useEffect(() => setCurrent(-1), [rows]);
  const columns: Column<ComparedLineRow>[] = [
    ...changeColumns(change, 'self', { unit, whole }, false),
    changeColumn(change, 'total', { unit, whole }, TOTAL, undefined),
    { ...fileColumn((row) => row), id: 'name', label: t('line'), title: t('Line'), sort: undefined },
    noteColumn(({ note }) => safeText(note)),
  ];
  return (
    <>
      <Grid<ComparedLineRow, CompareSort>
        id="change"
        label={t('Lines before and after')}
        columns={columns}
        {...grid}
        current={current}
        onGo={setCurrent}
        onOpen={(row, beside) => openRow(row.func, beside, row.line)}
        onKey={(pressed) => pressed === 'Escape' && store.clearSearch()}
        looks={(row) => LOOKS[changeOf(row, 'self', unit).sign]}
      />
      {rows.count === 0 && <Nothing searched={search !== ''} clearOnly={clearOnly} of="lines" />}
    </>
  );
}

/** Opens the source of a row; only the base has that of what is gone. */
export function openRow(func: number, beside: boolean, line?: number): void {
  if (func < 0) announce(t('It is gone: the new profile has no source of it.'));
  else shared.openSource(func, beside, line);
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

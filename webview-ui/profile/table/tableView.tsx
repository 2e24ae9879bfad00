import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FunctionRow, SortKey } from '../../../src/protocol/lsp.js';
import { announce } from '../../shared/announce.js';
import { placeOf } from '../../shared/format.js';
import { keyName } from '../../shared/keyboard.js';
import { SubHeader } from '../shell/subHeader.js';
import { sentence } from '../store.js';
import { useStore } from '../useStore.js';
import { type Column, columnsFor } from './columns.js';
import { Rows } from './rows.js';
import { useVirtualRows } from './useVirtualRows.js';

const ROW = 22;

/** Every function with its figures: sorted and filtered by the server, a screenful at a time in the page. */
export function TableView() {
  const store = useStore();
  const grid = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [, bump] = useState(0);
  const [sort, setSort] = useState<SortKey>((store.saved.sort as SortKey | undefined) ?? 'self');
  const [descending, setDescending] = useState(store.saved.descending ?? true);
  const [current, setCurrent] = useState(-1);
  const search = store.searchError === undefined ? store.search.trim() : '';
  const [attempt, setAttempt] = useState(0);

  const rows = useMemo(() => {
    const retry = () => setAttempt((n) => n + 1);
    return new Rows(
      { view: store.view, sort, descending, search },
      () => bump((n) => n + 1),
      (error) => store.fail(sentence(error), retry),
    );
  }, [store.viewKey, sort, descending, search, attempt]);
  const kept = useRef<Rows>(undefined);
  const count = rows.count ?? kept.current?.count ?? 0;
  const shown = rows.count === undefined && kept.current ? kept.current : rows;
  const virtual = useVirtualRows(scroller, count, ROW);
  const items = virtual.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = items.at(-1)?.index ?? 60;
  useEffect(() => rows.need(from, to), [rows, from, to]);
  useEffect(() => {
    setCurrent(-1);
    if (scroller.current) scroller.current.scrollTop = 0;
    return () => rows.close();
  }, [rows]);
  useEffect(() => {
    if (rows.count !== undefined) kept.current = rows;
  }, [rows, rows.count]);

  // A function selected in another view keeps its mark here, and is scrolled to when it is revealed.
  useEffect(() => {
    const func = store.selected;
    if (func === null || rows.count === undefined) return;
    void rows.find(func).then((index) => {
      if (index < 0) return;
      setCurrent(index);
      virtual.scrollToIndex(index, { align: 'auto' });
    });
  }, [store.reveals, rows, rows.count !== undefined]);

  const info = store.page?.info;
  const columns = columnsFor(info?.hasCalls ?? false);
  const template = columns.map((column) => column.width).join(' ');
  const sortBy = (column: Column) => {
    // Figures are looked at from the largest, names from A.
    const next = column.sort === sort ? !descending : column.figure;
    setSort(column.sort);
    setDescending(next);
    store.save({ sort: column.sort, descending: next });
    announce(`Sorted by ${column.title}, ${next ? 'descending' : 'ascending'}.`);
  };
  const go = (index: number) => {
    if (index < 0 || index >= count) return;
    setCurrent(index);
    virtual.scrollToIndex(index, { align: 'auto' });
    const row = shown.get(index);
    if (row) store.select(row.func);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The headings keep the keys of buttons.
    if (event.target instanceof HTMLButtonElement) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 2);
    const key = keyName(event);
    const targets: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: Math.max(0, current - 1),
      PageDown: Math.min(count - 1, current + page),
      PageUp: Math.max(0, current - page),
      Home: 0,
      End: count - 1,
    };
    const row = shown.get(current);
    if (targets[key] !== undefined) go(targets[key]);
    else if (row && (key === 'Enter' || key === 'ctrl+Enter' || key === 'alt+Enter')) store.openSource(row.func, key !== 'Enter');
    else if (key === 'Escape' && store.search !== '') store.setSearch('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // One row can hold both: where the times come from samples and the calls from a tracer, the page says so.
  const mixed = info?.hasCalls && info.samples > 0 && info.valueTypes[store.view.type]?.type !== 'tottime';
  const functions = `${count.toLocaleString('en')} ${count === 1 ? 'function' : 'functions'}`;
  const note = rows.count === undefined ? '' : mixed ? `${functions} · times sampled, calls counted` : functions;
  return (
    <>
      <SubHeader crumbs={[]} note={note} />
      <div
        ref={grid}
        class="table"
        role="grid"
        tabIndex={0}
        aria-label="Functions"
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        aria-busy={rows.count === undefined}
        aria-activedescendant={current >= 0 ? `row-${current}` : undefined}
        onKeyDown={onKeyDown}
        onFocus={() => {
          if (current < 0 && count > 0 && grid.current?.matches(':focus-visible')) go(0);
        }}
        style={{ '--columns': template }}
      >
        <div role="rowgroup" class="table-head">
          {/* biome-ignore lint/a11y/useFocusableInteractive: the headings in it are focusable */}
          <div role="row" class="row" aria-rowindex={1}>
            {columns.map((column) => (
              <Heading
                key={column.id}
                column={column}
                sorted={sortedState(column, columns, sort, descending)}
                onSort={() => sortBy(column)}
              />
            ))}
          </div>
        </div>
        <div ref={scroller} class="table-body" role="rowgroup" tabIndex={-1}>
          <div role="presentation" style={{ height: `${virtual.getTotalSize()}px`, position: 'relative' }}>
            {items.map((item) => (
              <Row
                key={item.index}
                index={item.index}
                top={item.start}
                row={shown.get(item.index)}
                columns={columns}
                unit={store.unit}
                whole={shown.whole}
                current={item.index === current}
                faded={shown !== rows}
                onPick={() => go(item.index)}
                onOpen={(beside) => {
                  const row = shown.get(item.index);
                  if (row) store.openSource(row.func, beside);
                }}
              />
            ))}
          </div>
        </div>
        {rows.count === 0 && (
          <p class="hint">{search === '' ? 'No function has a value in this view.' : 'No function matches the search.'}</p>
        )}
      </div>
    </>
  );
}

function looksOf(column: Column, row: FunctionRow | undefined): string {
  if (!column.figure) return `cell ${column.id}`;
  return row && column.empty?.(row) ? 'cell figure zero' : 'cell figure';
}

type Sorted = 'ascending' | 'descending' | 'none';

/** Two columns can sort by one key (self and self %): only the first of them carries the mark. */
function sortedState(column: Column, columns: readonly Column[], sort: SortKey, descending: boolean): Sorted {
  if (columns.find((other) => other.sort === sort) !== column) return 'none';
  return descending ? 'descending' : 'ascending';
}

function Heading({ column, sorted, onSort }: { column: Column; sorted: Sorted; onSort: () => void }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button in it takes the focus
    <div role="columnheader" class={column.figure ? 'cell figure' : 'cell'} aria-sort={sorted}>
      <button type="button" title={`${column.title}: sort`} onClick={onSort}>
        {sorted !== 'none' && (
          <span class="arrow" aria-hidden="true">
            {sorted === 'descending' ? '↓' : '↑'}
          </span>
        )}
        {column.label}
      </button>
    </div>
  );
}

interface RowProps {
  readonly index: number;
  readonly top: number;
  readonly row: FunctionRow | undefined;
  readonly columns: readonly Column[];
  readonly unit: string;
  readonly whole: number;
  readonly current: boolean;
  readonly faded: boolean;
  readonly onPick: () => void;
  readonly onOpen: (beside: boolean) => void;
}

function Row({ index, top, row, columns, unit, whole, current, faded, onPick, onOpen }: RowProps) {
  const looks = ['row', current && 'current', row?.library && 'library', faded && 'faded'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the body holds the focus and names the row by aria-activedescendant
    // biome-ignore lint/a11y/useKeyWithClickEvents: the body has the keys
    <div
      id={`row-${index}`}
      role="row"
      class={looks}
      aria-rowindex={index + 2}
      aria-selected={current}
      style={{ transform: `translateY(${top}px)`, height: `${ROW}px` }}
      onClick={(event) => {
        onPick();
        if (event.ctrlKey || event.metaKey || event.altKey) onOpen(true);
      }}
      onDblClick={() => onOpen(false)}
    >
      {columns.map((column) => {
        const bar = row && column.bar ? column.bar(row, whole) : 0;
        const text = row ? column.text(row, unit, whole) : column.figure ? '' : '…';
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: cells are reached through their row
          <div
            key={column.id}
            role="gridcell"
            class={looksOf(column, row)}
            title={column.figure ? undefined : row && column.id === 'file' ? placeOf(row, true) : text}
          >
            {bar > 0 && <span class="bar" style={{ width: `${bar * 100}%` }} />}
            <span class="text">{text}</span>
          </div>
        );
      })}
    </div>
  );
}

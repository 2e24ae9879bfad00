import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../shared/format.js';
import { keyName } from '../../shared/keyboard.js';
import { useVirtualRows } from './useVirtualRows.js';

/** Height of a row, CSS px. */
const ROW = 22;

/** A column of rows of one kind; `S` is what rows can be sorted by. */
export interface GridColumn<R, S extends string = string> {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  /** Absent: rows cannot be sorted by it. */
  readonly sort?: S | undefined;
  /** Figures stand right; names left and take the room that is left over. */
  readonly figure: boolean;
  readonly width: string;
  readonly text: (row: R) => string;
  /** Length of the bar behind the figure, 0..1. */
  readonly bar?: ((row: R) => number) | undefined;
  /** A figure that says nothing (0) is drawn dim. */
  readonly empty?: ((row: R) => boolean) | undefined;
  /** In the place of the text alone. */
  readonly cell?: ((row: R, index: number) => ComponentChildren) | undefined;
  /** All of what the cell says in short. */
  readonly tooltip?: ((row: R) => string) | undefined;
}

export interface GridProps<R, S extends string> {
  /** Begins the ids of its rows: `row-12`. */
  readonly id: string;
  readonly label: string;
  readonly role?: 'grid' | 'treegrid';
  readonly columns: readonly GridColumn<R, S>[];
  readonly count: number;
  /** undefined while it is on its way. */
  readonly rowAt: (index: number) => R | undefined;
  /** Told which rows are in sight. */
  readonly need: (from: number, to: number) => void;
  readonly current: number;
  /** A row was reached by key or click. */
  readonly onGo: (index: number) => void;
  /** Its source is wanted. */
  readonly onOpen: (row: R, beside: boolean) => void;
  readonly sorted?: { readonly by: S; readonly descending: boolean };
  readonly onSort?: (column: GridColumn<R, S>) => void;
  /** Keys of its own, before those of every grid; true when the key was one. */
  readonly onKey?: (key: string, event: KeyboardEvent) => boolean;
  /** Classes of a row, and what screen readers are told of it. */
  readonly looks?: (row: R, index: number) => string;
  readonly aria?: (row: R, index: number) => Record<string, string | number | boolean | undefined>;
  readonly busy?: boolean;
  /** Rows of an older answer are shown until the new ones come. */
  readonly faded?: boolean;
  /** A new key scrolls to the top. */
  readonly scrollKey?: unknown;
  /** A row to bring into sight; a new object each time. */
  readonly reveal?: { readonly index: number; readonly align?: 'center' } | undefined;
  readonly noHead?: boolean;
}

/** A table of any number of rows, of which the page holds those in sight. Walked by keys, read by screen readers. */
export function Grid<R, S extends string>(props: GridProps<R, S>) {
  const { columns, count, current, rowAt, role = 'grid' } = props;
  const grid = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(scroller, count, ROW);
  const items = virtual.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = items.at(-1)?.index ?? 60;
  useEffect(() => props.need(from, to), [props.need, from, to]);
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [props.scrollKey]);
  useEffect(() => {
    if (props.reveal && props.reveal.index >= 0) virtual.scrollToIndex(props.reveal.index, { align: props.reveal.align ?? 'auto' });
  }, [props.reveal]);

  const go = (index: number) => {
    if (index < 0 || index >= count) return;
    virtual.scrollToIndex(index, { align: 'auto' });
    props.onGo(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The headings keep the keys of buttons.
    if (event.target instanceof HTMLButtonElement) return;
    const key = keyName(event);
    if (!props.onKey?.(key, event) && !gridKey(key, { current, count, page: pageOf(scroller), go, open: () => openAt(props, key) })) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is grid or treegrid
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is grid or treegrid
    <div
      ref={grid}
      class="table"
      role={role}
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={props.noHead ? count : count + 1}
      aria-colcount={columns.length}
      aria-busy={props.busy}
      aria-activedescendant={current >= 0 ? `${props.id}-${current}` : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => {
        if (current < 0 && count > 0 && grid.current?.matches(':focus-visible')) go(0);
      }}
      style={{ '--columns': columns.map((column) => column.width).join(' ') }}
    >
      {!props.noHead && (
        <div role="rowgroup" class="table-head">
          {/* biome-ignore lint/a11y/useFocusableInteractive: the headings in it are focusable */}
          <div role="row" class="row" aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.id} {...props} column={column} />
            ))}
          </div>
        </div>
      )}
      <div ref={scroller} class="table-body" role="rowgroup" tabIndex={-1}>
        <div role="presentation" style={{ height: `${virtual.getTotalSize()}px`, position: 'relative' }}>
          {items.map((item) => (
            <Row
              key={item.index}
              index={item.index}
              top={item.start}
              row={rowAt(item.index)}
              grid={props}
              onPick={() => go(item.index)}
              onFocus={() => grid.current?.focus({ preventScroll: true })}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function openAt<R, S extends string>({ rowAt, current, onOpen }: GridProps<R, S>, key: string): boolean {
  const row = rowAt(current);
  if (row === undefined) return false;
  onOpen(row, key !== 'Enter');
  return true;
}

/** Rows on the screen, but for two that stay in sight. */
const pageOf = (scroller: RefObject<HTMLDivElement | null>) => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 2);

interface Walk {
  readonly current: number;
  readonly count: number;
  readonly page: number;
  go(index: number): void;
  open(): boolean;
}

function gridKey(key: string, { current, count, page, go, open }: Walk): boolean {
  const targets: Record<string, number> = {
    ArrowDown: current + 1,
    ArrowUp: Math.max(0, current - 1),
    PageDown: Math.min(count - 1, current + page),
    PageUp: Math.max(0, current - page),
    Home: 0,
    End: count - 1,
  };
  const target = targets[key];
  if (target !== undefined) {
    go(target);
    return true;
  }
  return (key === 'Enter' || key === 'ctrl+Enter' || key === 'alt+Enter') && open();
}

/** What the context menu is about, where the row stands for a function. */
function menuOf(row: unknown): Record<string, string | number> {
  const { func, name, members } = row as { func?: unknown; name?: unknown; members?: unknown };
  return typeof func === 'number' && typeof name === 'string' && members === undefined ? { 'data-func': func, 'data-name': name } : {};
}

/** Several columns may show the same figure: only the first of them wears the arrow. */
function Heading<R, S extends string>({
  column,
  columns,
  sorted,
  onSort,
}: Pick<GridProps<R, S>, 'columns' | 'sorted' | 'onSort'> & { column: GridColumn<R, S> }) {
  const { sort, title, label } = column;
  const isSorted = sort !== undefined && sorted?.by === sort && columns.find((other) => other.sort === sort) === column;
  const state = sort === undefined ? undefined : isSorted ? (sorted?.descending ? 'descending' : 'ascending') : 'none';
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button in it takes the focus
    <div role="columnheader" class={column.figure ? 'cell figure' : 'cell'} aria-sort={state}>
      {sort === undefined ? (
        <span class="head-text" title={title}>
          {label}
        </span>
      ) : (
        <button type="button" title={t('{0}: sort', title)} onClick={() => onSort?.(column)}>
          {isSorted && (
            <span class="arrow" aria-hidden="true">
              {sorted?.descending ? '↓' : '↑'}
            </span>
          )}
          {label}
        </button>
      )}
    </div>
  );
}

interface RowProps<R, S extends string> {
  readonly index: number;
  readonly top: number;
  readonly row: R | undefined;
  readonly grid: GridProps<R, S>;
  readonly onPick: () => void;
  /** A row may be scrolled away with the focus on it, so the grid takes it. */
  readonly onFocus: () => void;
}

function Row<R, S extends string>({ index, top, row, grid, onPick, onFocus }: RowProps<R, S>) {
  const current = index === grid.current;
  const looks = ['row', current && 'current', row !== undefined && grid.looks?.(row, index), grid.faded && 'faded']
    .filter(Boolean)
    .join(' ');
  const open = (beside: boolean) => {
    if (row !== undefined) grid.onOpen(row, beside);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      id={`${grid.id}-${index}`}
      role="row"
      class={looks}
      aria-rowindex={index + (grid.noHead ? 1 : 2)}
      aria-selected={current}
      tabIndex={-1}
      onFocus={onFocus}
      {...(row === undefined ? {} : { ...menuOf(row), ...grid.aria?.(row, index) })}
      style={{ transform: `translateY(${top}px)`, height: `${ROW}px` }}
      onClick={(event) => {
        onPick();
        if (event.ctrlKey || event.metaKey || event.altKey) open(true);
      }}
      onDblClick={() => open(false)}
    >
      {grid.columns.map((column) => (
        <Cell key={column.id} column={column} row={row} index={index} />
      ))}
    </div>
  );
}

function Cell<R, S extends string>({ column, row, index }: { column: GridColumn<R, S>; row: R | undefined; index: number }) {
  if (row === undefined) {
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: cells are reached through their row
      <div role="gridcell" class={looksOf(column)}>
        <span class="text">{column.figure ? '' : '…'}</span>
      </div>
    );
  }
  const bar = column.bar?.(row) ?? 0;
  const text = column.text(row);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: cells are reached through their row
    <div
      role="gridcell"
      class={`${looksOf(column)}${column.empty?.(row) ? ' zero' : ''}`}
      title={column.figure ? undefined : (column.tooltip?.(row) ?? text)}
    >
      {bar > 0 && <span class="bar" style={{ width: `${Math.min(1, bar) * 100}%` }} />}
      {column.cell ? column.cell(row, index) : <span class="text">{text}</span>}
    </div>
  );
}

function looksOf({ id, figure }: { readonly id: string; readonly figure: boolean }): string {
  return `cell ${figure ? 'figure' : id}`;
}

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { SortKey, TreeRow } from '../../../src/protocol/lsp.js';
import { announce } from '../../shared/announce.js';
import { host } from '../../shared/boot.js';
import { formatValue, placeOf, safeText, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { callsColumn, figureColumn, type Measure, shareColumn } from '../table/figures.js';
import { Grid, type GridColumn } from '../table/grid.js';
import { sortBy } from '../table/sorting.js';
import { useStore } from '../useStore.js';
import type { Spot } from './branches.js';
import { TreeController } from './treeController.js';

interface Row {
  readonly row: TreeRow;
  readonly spot: Spot;
}
type Key = 'total' | 'self' | 'calls' | 'name' | 'file';

/** CSS px a level; deeper than this many levels the indentation stays and the level is told as a number. */
const INDENT = 14;
const DEEP = 24;

/** The call tree as a table that opens: what a function took in this place, and what it called. */
export function TreeView() {
  const store = useStore();
  const [, bump] = useState(0);
  const inverted = store.saved.treeInverted ?? false;
  const sort = (store.saved.treeSort as Key | undefined) ?? 'total';
  const descending = store.saved.treeDescending ?? true;
  const sorted = { by: sort, descending };
  const tree = useMemo(
    () =>
      new TreeController(
        () => ({
          inverted: store.saved.treeInverted ?? false,
          sort: (store.saved.treeSort as SortKey | undefined) ?? 'total',
          descending: store.saved.treeDescending ?? true,
        }),
        () => bump((n) => n + 1),
      ),
    [],
  );
  useEffect(() => () => tree.dispose(), [tree]);
  useEffect(() => {
    if (store.viewKey !== '') void tree.reload();
  }, [tree, store.viewKey, inverted, sort, descending]);
  useEffect(() => {
    if (store.reveals > 0 && store.selected !== null && tree.whole !== undefined) tree.revealFunction(store.selected);
  }, [tree, store.reveals]);

  const invert = () => {
    store.save({ treeInverted: !inverted });
    announce(t(inverted ? 'Upright: callers first, what they called below.' : 'Inverted: each function first, its callers below.'));
    store.changed();
  };
  const keys = (key: string): boolean => {
    switch (key) {
      case 'h':
        void tree.hotPath();
        return true;
      case 'i':
        invert();
        return true;
      case 'n':
      case 'N':
        void tree.nextMatch(key === 'N');
        return store.search !== '';
      default:
        return false;
    }
  };
  useEffect(() => {
    store.viewKeys = keys;
    return () => {
      store.viewKeys = undefined;
    };
  });

  const whole = tree.whole ?? 0;
  const counted = (store.page?.info.hasCalls ?? false) && isCounted(tree);
  const columns = columnsOf(tree, { unit: store.unit, whole }, counted);
  const size = tree.branches.size;
  const onKey = (key: string, event: KeyboardEvent): boolean => {
    const spot = tree.current;
    switch (key) {
      case 'ArrowRight':
        if (!spot) return false;
        if (tree.branches.below(spot)) go(tree.currentIndex + 1);
        else tree.expand(spot);
        return true;
      case 'ArrowLeft':
        if (!spot) return false;
        if (tree.branches.below(spot)) tree.collapse(spot);
        else if (spot.branch.parent) go(tree.branches.indexOf({ branch: spot.branch.parent, at: spot.branch.at }));
        return true;
      case ' ':
        if (spot) tree.toggle(spot);
        return true;
      case 'Escape':
        if (store.search !== '') store.setSearch('');
        else if (spot) tree.deselect();
        else return false;
        return true;
      case 'ctrl+c': {
        const text = stackText(tree);
        if (text === '' || !window.getSelection()?.isCollapsed) return false;
        event.preventDefault();
        void host.request('copy', { text });
        return true;
      }
      default:
        return false;
    }
  };
  const go = (index: number) => {
    const spot = tree.branches.spot(index);
    if (!spot) return;
    tree.reveal = { index };
    tree.select(spot);
  };

  return (
    <>
      <SubHeader crumbs={[]} note={tree.whole === undefined ? '' : formatValue(whole, store.unit)}>
        <button type="button" class="toggle" title={t('Open what takes most, step by step (H)')} onClick={() => void tree.hotPath()}>
          {t('Hot path')}
        </button>
        <button
          type="button"
          class="toggle"
          aria-pressed={inverted}
          title={t('Each function first, its callers below (I)')}
          onClick={invert}
        >
          {t('Inverted')}
        </button>
      </SubHeader>
      <Grid<Row, Key>
        id="node"
        role="treegrid"
        label={t(inverted ? 'Callers' : 'Call tree')}
        columns={columns}
        count={size}
        rowAt={tree.rowAt}
        need={(from, to) => tree.need(from, to)}
        current={tree.currentIndex}
        onGo={(index) => {
          const spot = tree.branches.spot(index);
          if (spot) tree.select(spot);
        }}
        onOpen={({ row }, beside) => store.openSource(row.func, beside)}
        sorted={sorted}
        onSort={(column) => {
          const next = sortBy(column, sorted);
          if (!next) return;
          store.save({ treeSort: next.by, treeDescending: next.descending });
          store.changed();
        }}
        onKey={onKey}
        looks={({ row }) => [row.library && 'library', store.matches?.funcs.has(row.func) && 'match'].filter(Boolean).join(' ')}
        aria={({ row, spot }) => ({
          'aria-level': spot.branch.level,
          'aria-posinset': spot.at + 1,
          'aria-setsize': spot.branch.count,
          'aria-expanded': row.children > 0 ? tree.branches.below(spot) !== undefined : undefined,
        })}
        busy={tree.whole === undefined}
        reveal={tree.reveal}
      />
      {tree.whole !== undefined && size === 0 && (
        <p class="hint over" role="status">
          {t('Nothing was measured in this view.')}
        </p>
      )}
    </>
  );
}

/** Nodes of call-counting profiles know their calls, those drawn from samples do not. */
const isCounted = (tree: TreeController) => tree.rowAt(0)?.row.calls !== null;

function columnsOf(tree: TreeController, measure: Measure, counted: boolean): readonly GridColumn<Row, Key>[] {
  const of = ({ row }: Row) => row;
  return [
    { ...figureColumn('total', t('Spent in this call and in all that it called'), measure, of, '100px'), sort: 'total' },
    { ...shareColumn('total', measure, of), sort: 'total' },
    { ...figureColumn('self', t('Spent in this call itself'), measure, of, '100px'), sort: 'self' },
    ...(counted ? [{ ...callsColumn(t('Calls in this place, estimated'), ({ row }: Row) => row.calls), sort: 'calls' as const }] : []),
    {
      id: 'name',
      label: t('function'),
      title: t('Function'),
      sort: 'name',
      figure: false,
      width: 'minmax(220px, 3fr)',
      text: ({ row }) => safeText(row.name),
      cell: ({ row, spot }) => <Name tree={tree} row={row} spot={spot} />,
    },
    {
      id: 'file',
      label: t('file'),
      title: t('File and first line'),
      sort: 'file',
      figure: false,
      width: 'minmax(120px, 1fr)',
      text: ({ row }) => placeOf(row),
      tooltip: ({ row }) => placeOf(row, true),
    },
  ];
}

/** The name behind its indentation, with the sign that opens it. */
function Name({ tree, row, spot }: { tree: TreeController } & Row) {
  const depth = spot.branch.level - 1;
  const open = tree.branches.below(spot) !== undefined;
  return (
    <span class="branch" style={{ paddingLeft: `${Math.min(depth, DEEP) * INDENT}px` }}>
      <span
        class={row.children === 0 ? 'twisty none' : 'twisty'}
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          tree.select(spot);
          tree.toggle(spot);
        }}
        onDblClick={(event) => event.stopPropagation()}
      >
        {row.children === 0 ? '' : open ? '▾' : '▸'}
      </span>
      {depth > DEEP && <span class="depth">{depth + 1}</span>}
      <span class="text">{safeText(row.name)}</span>
    </span>
  );
}

/** Names from the outermost call to the current row: what Copy puts on the clipboard. */
function stackText(tree: TreeController): string {
  const names: string[] = [];
  for (let at = tree.current; at; ) {
    names.unshift(safeText(tree.branches.rowOf(at)?.name ?? ''));
    const above: Spot | undefined = at.branch.parent && { branch: at.branch.parent, at: at.branch.at };
    at = above;
  }
  return names.join('\n');
}

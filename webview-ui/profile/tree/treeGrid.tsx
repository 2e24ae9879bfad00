import { useEffect } from 'preact/hooks';
import { host } from '../../shared/boot.js';
import { safeText } from '../../shared/format.js';
import { store } from '../store.js';
import { nameColumn } from '../table/columns.js';
import { Grid, type GridColumn, type GridProps } from '../table/grid.js';
import type { NodeRow, Spot } from './branches.js';
import type { TreeController } from './treeController.js';

/** A row of a tree with its place on the screen. */
export interface Placed<R extends NodeRow> {
  readonly row: R;
  readonly spot: Spot<R>;
}

/** CSS px a level; deeper than this many levels the indentation stays and the level is told as a number. */
const INDENT = 14;
const DEEP = 24;

interface TreeGridProps<R extends NodeRow, S extends string>
  extends Pick<GridProps<Placed<R>, S>, 'id' | 'label' | 'columns' | 'onOpen' | 'sorted' | 'onSort'> {
  readonly tree: TreeController<R>;
  /** Turns the tree round. */
  readonly invert: () => void;
  /** Classes of a row beside those of every tree. */
  readonly looks?: (row: R) => string;
  /** Said where there is no row at all. */
  readonly empty: string;
}

/** A call tree as a table that opens: by keys of its own, whatever it says of its nodes. */
export function TreeGrid<R extends NodeRow, S extends string>({ tree, invert, looks, empty, ...grid }: TreeGridProps<R, S>) {
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
  const go = (index: number) => {
    const spot = tree.branches.spot(index);
    if (!spot) return;
    tree.reveal = { index };
    tree.select(spot);
  };
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
        if (store.clearSearch()) return true;
        if (!spot) return false;
        tree.deselect();
        return true;
      case 'ctrl+c': {
        if (!spot || !window.getSelection()?.isCollapsed) return false;
        event.preventDefault();
        const names = tree.wayTo(spot).map(({ name }) => safeText(name));
        void host.request('copy', { text: names.join('\n') });
        return true;
      }
      default:
        return false;
    }
  };
  const size = tree.branches.size;
  return (
    <>
      <Grid<Placed<R>, S>
        {...grid}
        role="treegrid"
        count={size}
        rowAt={tree.rowAt}
        need={(from, to) => tree.need(from, to)}
        current={tree.currentIndex}
        onGo={(index) => {
          const spot = tree.branches.spot(index);
          if (spot) tree.select(spot);
        }}
        onKey={onKey}
        looks={({ row }) =>
          [looks?.(row), row.library && 'library', store.matches?.funcs.has(row.func) && 'match'].filter(Boolean).join(' ')
        }
        aria={({ row, spot }) => ({
          'aria-level': spot.branch.level,
          'aria-posinset': spot.at + 1,
          'aria-setsize': spot.branch.count,
          'aria-expanded': row.children > 0 ? tree.branches.below(spot) !== undefined : undefined,
          // What the context menu is about.
          'data-func': row.func,
          'data-name': row.name,
        })}
        busy={!tree.loaded}
        reveal={tree.reveal}
      />
      {tree.loaded && size === 0 && (
        <p class="hint over" role="status">
          {empty}
        </p>
      )}
    </>
  );
}

/** Names behind their indentation. */
export function branchColumn<R extends NodeRow>(tree: TreeController<R>): GridColumn<Placed<R>, 'name'> {
  return { ...nameColumn(({ row }) => row), width: 'minmax(220px, 3fr)', cell: (placed) => <Name tree={tree} {...placed} /> };
}

/** A name behind its indentation, with the sign that opens it. */
function Name<R extends NodeRow>({ tree, row, spot }: { tree: TreeController<R> } & Placed<R>) {
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

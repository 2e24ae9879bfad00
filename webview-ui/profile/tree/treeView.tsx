import type { SortKey, TreeRow } from '../../../src/protocol/lsp.js';
import { ask } from '../../shared/boot.js';
import { formatValue, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { store as shared } from '../store.js';
import { fileColumn } from '../table/columns.js';
import { callsColumn, figureColumn, type Measure, shareColumn } from '../table/figures.js';
import type { GridColumn } from '../table/grid.js';
import { sortable } from '../table/sorting.js';
import { useStore } from '../useStore.js';
import type { TreeController, TreeSource } from './treeController.js';
import { branchColumn, type Placed, TreeGrid } from './treeGrid.js';
import { announceTurned, useTree } from './useTree.js';

type Row = Placed<TreeRow>;
type Key = 'total' | 'self' | 'calls' | 'name' | 'file';

/** Which tree is shown, and in which order, as it was left. */
const order = () => ({
  inverted: shared.saved.treeInverted ?? false,
  sort: (shared.saved.treeSort as SortKey | undefined) ?? 'total',
  descending: shared.saved.treeDescending ?? true,
});

const source: TreeSource<TreeRow> = {
  load: (node, offset, limit) => ask('profile/tree', { view: shared.view, node, offset, limit, ...order() }),
  way: (node, goal, limit) => ask('profile/treePath', { view: shared.view, node, goal, limit, ...order() }),
  select: ({ func, name }, path) => shared.select(func, { path, inverted: order().inverted, name }),
};

/** The call tree as a table that opens: what a function took in this place, and what it called. */
export function TreeView() {
  const store = useStore();
  const { inverted, sort, descending } = order();
  const tree = useTree(source, store.viewKey === '' ? '' : JSON.stringify([store.viewKey, inverted, sort, descending]));
  const invert = () => {
    store.save({ treeInverted: !inverted });
    announceTurned(!inverted);
    store.changed();
  };
  const counted = (store.page?.info.hasCalls ?? false) && isCounted(tree);
  return (
    <>
      <SubHeader crumbs={[]} note={tree.loaded ? formatValue(tree.whole, store.unit) : ''}>
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
      <TreeGrid<TreeRow, Key>
        id="node"
        label={t(inverted ? 'Callers' : 'Call tree')}
        tree={tree}
        invert={invert}
        columns={columnsOf(tree, { unit: store.unit, whole: tree.whole }, counted)}
        onOpen={({ row }, beside) => store.openSource(row.func, beside)}
        {...sortable({ by: sort as Key, descending }, (next) => store.save({ treeSort: next.by, treeDescending: next.descending }))}
        empty={t('Nothing was measured in this view.')}
      />
    </>
  );
}

/** Nodes of call-counting profiles know their calls, those drawn from samples do not. */
const isCounted = (tree: TreeController<TreeRow>) => tree.rowAt(0)?.row.calls !== null;

function columnsOf(tree: TreeController<TreeRow>, measure: Measure, counted: boolean): readonly GridColumn<Row, Key>[] {
  const of = ({ row }: Row) => row;
  return [
    { ...figureColumn('total', t('Spent in this call and in all that it called'), measure, of, '100px'), sort: 'total' },
    { ...shareColumn('total', measure, of), sort: 'total' },
    { ...figureColumn('self', t('Spent in this call itself'), measure, of, '100px'), sort: 'self' },
    ...(counted ? [{ ...callsColumn(t('Calls in this place, estimated'), ({ row }: Row) => row.calls), sort: 'calls' as const }] : []),
    branchColumn(tree),
    { ...fileColumn(of), width: 'minmax(120px, 1fr)' },
  ];
}

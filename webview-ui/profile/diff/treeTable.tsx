import { useEffect } from 'preact/hooks';
import type { ComparedTreeRow } from '../../../src/protocol/compare.js';
import { ask } from '../../shared/boot.js';
import { t } from '../../shared/format.js';
import { store as shared } from '../store.js';
import { fileColumn } from '../table/columns.js';
import { sortable } from '../table/sorting.js';
import type { TreeSource } from '../tree/treeController.js';
import { branchColumn, type Placed, TreeGrid } from '../tree/treeGrid.js';
import { announceTurned, useTree } from '../tree/useTree.js';
import { useStore } from '../useStore.js';
import { changeOf, LOOKS } from './change.js';
import { type Column, changeColumn, changeColumns, noteColumn } from './columns.js';
import type { Head } from './head.js';
import { diffState, saveDiff } from './state.js';
import { openRow, type TableProps } from './tables.js';

type Row = Placed<ComparedTreeRow>;

const FATES = { new: t('new here'), gone: t('gone from here'), both: '' } as const;

const order = () => {
  const { inverted, treeSort, treeDescending, clearOnly, normalize } = diffState();
  return { base: [], normalize, inverted, sort: treeSort, descending: treeDescending, clearOnly };
};

const source: TreeSource<ComparedTreeRow> = {
  load: (node, offset, limit) => ask('compare/tree', { view: shared.view, ...order(), node, offset, limit }),
  way: (node, goal, limit) => ask('compare/treePath', { view: shared.view, ...order(), node, goal, limit }),
  select: ({ func }) => shared.select(func < 0 ? null : func),
};

/** Both call trees as a table that opens: what a function took in this place before and after. */
export function DiffTree({ loadKey, unit, whole, onHead }: TableProps & { readonly onHead: (head: Head) => void }) {
  const store = useStore();
  const { inverted, treeSort, treeDescending, clearOnly } = diffState();
  const tree = useTree(source, loadKey === '' ? '' : JSON.stringify([loadKey, inverted, treeSort, treeDescending, clearOnly]));
  const invert = () => {
    announceTurned(!inverted);
    saveDiff({ inverted: !inverted, focus: [] });
    store.changed();
  };
  useEffect(() => onHead({ crumbs: [], toggleInverted: invert, hotPath: () => void tree.hotPath() }), [tree, inverted]);

  const measure = { unit, whole };
  const change = ({ row }: Row) => row;
  const columns: Column<Row>[] = [
    ...changeColumns(change, 'total', measure),
    changeColumn(change, 'self', measure, t('Change of what was spent in it itself in this place; its noise is not known'), 'self'),
    branchColumn(tree),
    noteColumn(({ row }) => FATES[row.fate]),
    { ...fileColumn(({ row }: Row) => row), width: 'minmax(120px, 1fr)' },
  ];
  return (
    <TreeGrid
      id="change"
      label={t(inverted ? 'Callers before and after' : 'Call tree before and after')}
      tree={tree}
      invert={invert}
      columns={columns}
      onOpen={({ row }, beside) => openRow(row.func, beside)}
      {...sortable({ by: treeSort, descending: treeDescending }, (next) =>
        saveDiff({ treeSort: next.by, treeDescending: next.descending }),
      )}
      looks={(row) => LOOKS[changeOf(row, 'total', unit).sign]}
      empty={t(clearOnly ? 'Nothing changed by more than noise.' : 'Nothing was measured in this view.')}
    />
  );
}

import type { FunctionRow, GroupBy, SortKey } from '../../../src/protocol/lsp.js';
import { ask } from '../../shared/boot.js';
import { formatCount, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { useStore } from '../useStore.js';
import { columnsFor } from './columns.js';
import { Grid } from './grid.js';
import { sortable } from './sorting.js';
import { useFound } from './useFound.js';
import { usePaged } from './usePaged.js';

/** What rows stand for. */
interface Group {
  readonly label: string;
  /** How many there are. */
  readonly count: (count: number) => string;
  /** Said of a table without rows: in this view, and for a search. */
  readonly none: string;
  readonly noMatch: string;
}

const GROUPS: Record<GroupBy, Group> = {
  function: {
    label: t('Functions'),
    count: (count) => t(count === 1 ? '{0} function' : '{0} functions', formatCount(count)),
    none: t('No function has a value in this view.'),
    noMatch: t('No function matches the search.'),
  },
  file: {
    label: t('Files'),
    count: (count) => t(count === 1 ? '{0} file' : '{0} files', formatCount(count)),
    none: t('No file has a value in this view.'),
    noMatch: t('No file matches the search.'),
  },
  module: {
    label: t('Modules'),
    count: (count) => t(count === 1 ? '{0} module' : '{0} modules', formatCount(count)),
    none: t('No module has a value in this view.'),
    noMatch: t('No module matches the search.'),
  },
  line: {
    label: t('Lines'),
    count: (count) => t(count === 1 ? '{0} line' : '{0} lines', formatCount(count)),
    none: t('No line has a value in this view.'),
    noMatch: t('No line matches the search.'),
  },
};

/** Every function (or file, module, line) with its figures: sorted and filtered by the server, a screenful at a time in the page. */
export function TableView() {
  const store = useStore();
  const sort = (store.saved.sort as SortKey | undefined) ?? 'self';
  const descending = store.saved.descending ?? true;
  const group = store.saved.group ?? 'function';
  const search = store.query;
  const key = JSON.stringify([store.viewKey, sort, descending, group, search]);
  const params = { view: store.view, sort, descending, group, ...(search === '' ? {} : { search }) };
  const { rows, shown, count, waiting, grid } = usePaged<FunctionRow, { rows: readonly FunctionRow[]; count: number; total: number }>(
    key,
    (offset, limit) => ask('profile/functions', { ...params, offset, limit }),
  );
  // The function that is selected in another view keeps its mark here, and is scrolled to.
  const { current, setCurrent, reveal } = useFound(rows, store.selected, store.reveals, (find) =>
    ask('profile/functions', { ...params, offset: 0, limit: 0, find }),
  );

  const info = store.page?.info;
  const whole = shown.first?.total ?? 0;
  const columns = columnsFor(info?.hasCalls ?? false, group, { unit: store.unit, whole });
  const names = GROUPS[group];

  // One row can hold both: where the times come from samples and the calls from a tracer, the page says so.
  const type = info?.valueTypes[store.view.type]?.type;
  const mixed = info?.hasCalls && info.samples > 0 && type !== 'tottime';
  const counted = info?.hasCalls && !mixed && (group === 'file' || group === 'module');
  const notes = [names.count(count)];
  if (mixed) notes.push(t('times sampled, calls counted'));
  if (counted) notes.push(t('cumtime: what came in from other groups'));
  return (
    <>
      <SubHeader crumbs={[]} note={waiting ? '' : notes.join(' · ')}>
        <select
          class="select"
          aria-label={t('Rows')}
          title={t('What rows stand for')}
          value={group}
          onChange={(event) => {
            store.save({ group: event.currentTarget.value as GroupBy });
            store.changed();
          }}
        >
          {Object.entries(GROUPS).map(([id, { label }]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </SubHeader>
      <Grid<FunctionRow, SortKey>
        id="row"
        label={names.label}
        columns={columns}
        {...grid}
        current={current}
        onGo={(index) => {
          setCurrent(index);
          const row = shown.get(index);
          if (row) store.select(row.func);
        }}
        onOpen={(row, beside) => store.openSource(row.func, beside, group === 'line' ? row.line : undefined)}
        {...sortable({ by: sort, descending }, (next) => store.save({ sort: next.by, descending: next.descending }))}
        onKey={(pressed) => pressed === 'Escape' && store.clearSearch()}
        looks={(row) => (row.library ? 'library' : '')}
        reveal={reveal}
      />
      {rows.count === 0 && <p class="hint over">{search === '' ? names.none : names.noMatch}</p>}
    </>
  );
}

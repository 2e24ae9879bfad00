import { useEffect, useMemo, useState } from 'preact/hooks';
import type { FunctionRow, SortKey } from '../../../src/protocol/lsp.js';
import { ask } from '../../shared/boot.js';
import { formatCount, formatShare, formatValue, placeOf, safeText, t } from '../../shared/format.js';
import type { FlameController } from '../flame/controller.js';
import { FlamePicture } from '../flame/picture.js';
import type { FlameSource } from '../flame/source.js';
import { SubHeader } from '../shell/subHeader.js';
import { store as shared } from '../store.js';
import { type Column, selfAndTotal } from '../table/columns.js';
import type { Measure } from '../table/figures.js';
import { Grid } from '../table/grid.js';
import { sortable } from '../table/sorting.js';
import { useFound } from '../table/useFound.js';
import { usePaged } from '../table/usePaged.js';
import { useStore } from '../useStore.js';

type Side = 'callers' | 'callees';

/** One function over all stacks: who called it above, what it called below. */
export function SandwichView() {
  const store = useStore();
  const sort = (store.saved.sandwichSort as SortKey | undefined) ?? 'total';
  const descending = store.saved.sandwichDescending ?? true;
  const search = store.query;
  const params = { view: store.view, sort, descending, ...(search === '' ? {} : { search }) };
  const key = JSON.stringify([store.viewKey, sort, descending, search]);
  const { rows, shown, count, waiting, grid } = usePaged<FunctionRow, { rows: readonly FunctionRow[]; count: number; total: number }>(
    key,
    (offset, limit) => ask('profile/functions', { ...params, offset, limit }),
  );

  // What lies in the middle is chosen in the list or by another tab, not by walking through the pictures.
  const [middle, setMiddle] = useState(store.selected);
  useEffect(() => {
    if (store.selected !== null) setMiddle(store.selected);
  }, [store.reveals]);
  const first = shown.get(0);
  useEffect(() => {
    if (middle === null && first) setMiddle(first.func);
  }, [middle, first]);
  const { current, setCurrent, reveal } = useFound(rows, middle, `${store.reveals} ${middle}`, (find) =>
    ask('profile/functions', { ...params, offset: 0, limit: 0, find }),
  );

  const whole = shown.first?.total ?? 0;
  const found = shown.get(current);
  return (
    <>
      <SubHeader crumbs={[]} note={waiting ? '' : t(count === 1 ? '{0} function' : '{0} functions', formatCount(count))} />
      <div class="sandwich">
        <div class="sandwich-list">
          <Grid<FunctionRow, SortKey>
            id="function"
            label={t('Functions')}
            columns={columnsOf({ unit: store.unit, whole })}
            {...grid}
            current={current}
            onGo={(index) => {
              setCurrent(index);
              const row = shown.get(index);
              if (!row) return;
              setMiddle(row.func);
              store.select(row.func);
            }}
            onOpen={(row, beside) => store.openSource(row.func, beside)}
            {...sortable({ by: sort, descending }, (next) => store.save({ sandwichSort: next.by, sandwichDescending: next.descending }))}
            looks={(row) => (row.library ? 'library' : '')}
            reveal={reveal}
          />
          {rows.count === 0 && (
            <p class="hint">{t(search === '' ? 'No function has a value in this view.' : 'No function matches the search.')}</p>
          )}
        </div>
        {middle !== null && <Pictures func={middle} row={found?.func === middle ? found : undefined} whole={whole} />}
      </div>
    </>
  );
}

/** @param row the function's own figures, as far as they are known */
function Pictures({ func, row, whole }: { func: number; row: FunctionRow | undefined; whole: number }) {
  const store = useStore();
  const callers = useMemo(() => sideOf(func, 'callers'), [func]);
  const callees = useMemo(() => sideOf(func, 'callees'), [func]);
  const [below, setBelow] = useState<{ readonly flame: FlameController }>();
  const boxes = below?.flame.source === callees ? below.flame.boxes : undefined;
  const key = JSON.stringify([store.viewKey, func]);
  const none = boxes !== undefined && boxes.count === 1 && boxes.root === -1;
  return (
    <div class={none ? 'sandwich-pictures none' : 'sandwich-pictures'}>
      <FlamePicture source={callers} loadKey={key} id="callers" label={t('Callers, outermost on top')} upward />
      <Middle flame={boxes && below?.flame} none={none} func={func} row={row} whole={whole} />
      <FlamePicture source={callees} loadKey={key} id="callees" label={t('Callees')} onChange={(flame) => setBelow({ flame })} />
    </div>
  );
}

interface MiddleProps {
  readonly flame: FlameController | undefined;
  readonly none: boolean;
  readonly func: number;
  readonly row: FunctionRow | undefined;
  readonly whole: number;
}

/** Name and figures of the function between its callers and callees. */
function Middle({ flame, none, func, row, whole }: MiddleProps) {
  const store = useStore();
  const frame = none ? undefined : flame?.boxes?.frames.find((one) => one.func === func);
  const text = (value: number) => `${formatValue(value, store.unit)} · ${formatShare(whole > 0 ? value / whole : 0)}`;
  return (
    <div class="sandwich-middle" role="group" aria-label={t('Function in the middle')}>
      <span class="side">{t('▴ callers')}</span>
      {none && <span>{t('No stack of this view goes through the function.')}</span>}
      {frame && (
        <>
          <strong class="name" title={safeText(frame.name)}>
            {safeText(frame.name)}
          </strong>
          <button type="button" class="link place" title={placeOf(frame, true)} onClick={() => store.openSource(func, false)}>
            {placeOf(frame) || t('no source')}
          </button>
          {row && (
            <span class="figures">
              {t('total {0}', text(row.total))} <span class="gap" /> {t('self {0}', text(row.self))}
            </span>
          )}
        </>
      )}
      <span class="space" />
      <span class="side">{t('callees ▾')}</span>
    </div>
  );
}

/** One half of a sandwich. What is zoomed to is not remembered: the next function has other stacks. */
function sideOf(func: number, side: Side): FlameSource {
  return {
    home: 0,
    inverted: side === 'callers',
    load(root, minFraction) {
      return ask('profile/sandwich', { view: shared.view, func, side, root: Math.max(root, 0), minFraction });
    },
    focus: [],
    keepFocus: () => undefined,
  };
}

function columnsOf(measure: Measure): readonly Column[] {
  const [self, total] = selfAndTotal(measure);
  return [
    total,
    self,
    {
      id: 'name',
      label: t('function'),
      title: t('Function'),
      sort: 'name',
      figure: false,
      width: 'minmax(60px, 1fr)',
      text: (row) => safeText(row.name),
      tooltip: (row) => `${safeText(row.name)}\n${placeOf(row, true)}`,
    },
  ];
}

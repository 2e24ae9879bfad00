import type { Change, CompareSort } from '../../../src/protocol/compare.js';
import { formatValue, t } from '../../shared/format.js';
import { type Measure, shareOf } from '../table/figures.js';
import type { GridColumn } from '../table/grid.js';
import { changeOf, noiseText } from './change.js';

/** A column of a table of the Diff tab. */
export type Column<R> = GridColumn<R, CompareSort>;

/** How headings say a figure, and what rows are sorted by. */
interface Kind {
  readonly change: string;
  readonly before: string;
  readonly after: string;
  readonly sorts: readonly [change: CompareSort, before: CompareSort, after: CompareSort];
}

const KINDS: Readonly<Record<'self' | 'total', Kind>> = {
  self: {
    change: t('Change of what was spent in it itself; grey and with ≈ where it is no more than noise'),
    before: t('Self before'),
    after: t('Self after'),
    sorts: ['self', 'baseSelf', 'newSelf'],
  },
  total: {
    change: t('Change of what it took with all that it called; grey and with ≈ where it is no more than noise'),
    before: t('Total before'),
    after: t('Total after'),
    sorts: ['total', 'baseTotal', 'newTotal'],
  },
};

/** Change, noise, per cent, before and after of a figure. @param of the change of a row @param sorts rows can be sorted by them */
export function changeColumns<R>(of: (row: R) => Change, kind: 'self' | 'total', measure: Measure, sorts = true): Column<R>[] {
  const { unit } = measure;
  const { change, before, after, sorts: keys } = KINDS[kind];
  const sort = (at: 0 | 1 | 2) => (sorts ? keys[at] : undefined);
  const same = (row: R) => of(row).base[kind] === of(row).new[kind];
  const figure = (id: 'before' | 'after', title: string, by: CompareSort | undefined, side: 'base' | 'new'): Column<R> => ({
    id,
    label: t(id),
    title,
    sort: by,
    figure: true,
    width: '84px',
    text: (row) => formatValue(of(row)[side][kind], unit),
    empty: (row) => of(row)[side][kind] === 0,
  });
  return [
    {
      ...changeColumn(of, kind, measure, change, sort(0)),
      id: 'change',
      label: t('change'),
      width: '112px',
      bar: (row) => {
        const { base, new: next } = of(row);
        return changeOf(of(row), kind, unit).sign === 0 ? 0 : Math.abs(shareOf(next[kind] - base[kind], measure));
      },
      empty: same,
    },
    {
      id: 'noise',
      label: '±',
      title: t('What sampling, or one run beside another, changes alone: half the 95 % interval'),
      figure: true,
      width: '84px',
      text: (row) => noiseText(of(row).noise[kind], unit),
    },
    {
      id: 'percent',
      label: '%',
      title: t('Change in per cent of before'),
      figure: true,
      width: '86px',
      text: (row) => changeOf(of(row), kind, unit).percent,
      empty: same,
    },
    figure('before', before, sort(1), 'base'),
    figure('after', after, sort(2), 'new'),
  ];
}

/** The change of one figure, by its amount alone. @param of the change of a row */
export function changeColumn<R>(
  of: (row: R) => Change,
  kind: 'self' | 'total',
  { unit }: Measure,
  title: string,
  sort: CompareSort | undefined,
): Column<R> {
  return {
    id: kind,
    label: t(kind),
    title,
    sort,
    figure: true,
    width: '92px',
    text: (row) => {
      const { amount, sign } = changeOf(of(row), kind, unit);
      return sign === 0 && of(row).base[kind] !== of(row).new[kind] ? `≈ ${amount}` : amount;
    },
    empty: (row) => changeOf(of(row), kind, unit).sign === 0,
  };
}

/** What became of a row: `new`, `was line 12`. @param text the note of a row */
export function noteColumn<R>(text: (row: R) => string): Column<R> {
  return { id: 'note', label: '', title: t('What became of it'), figure: false, width: 'minmax(64px, 1fr)', text };
}

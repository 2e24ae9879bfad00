import { formatCount, formatShare, formatValue, t } from '../../shared/format.js';
import type { GridColumn } from './grid.js';

/** What a table's figures are in (the unit of the profile's values), and the value that shares and bars are parts of. */
export interface Measure {
  readonly unit: string;
  readonly whole: number;
}

interface Figures {
  readonly self: number;
  readonly total: number;
}

/** Self or total of a row, with a bar; sorted by nothing yet. @param of the figures of a row */
export function figureColumn<R>(
  id: 'self' | 'total',
  title: string,
  measure: Measure,
  of: (row: R) => Figures,
  width = '82px',
): GridColumn<R, never> {
  return {
    id,
    label: t(id),
    title,
    figure: true,
    width,
    text: (row) => formatValue(of(row)[id], measure.unit),
    bar: (row) => shareOf(of(row)[id], measure),
    empty: (row) => of(row)[id] === 0,
  };
}

/** The same as a share of the whole. */
export function shareColumn<R>(id: 'self' | 'total', measure: Measure, of: (row: R) => Figures): GridColumn<R, never> {
  return {
    id: `${id}Share`,
    label: t(id === 'self' ? 'self %' : 'total %'),
    title: t('Share of the whole'),
    figure: true,
    width: '80px',
    text: (row) => formatShare(shareOf(of(row)[id], measure)),
    empty: (row) => of(row)[id] === 0,
  };
}

/** How often, where that is known. */
export function callsColumn<R>(title: string, of: (row: R) => number | null, width = '84px'): GridColumn<R, never> {
  return {
    id: 'calls',
    label: t('calls'),
    title,
    figure: true,
    width,
    text: (row) => {
      const calls = of(row);
      return calls === null ? '' : formatCount(calls);
    },
  };
}

/** A value as a part of the whole; 0 where there is none. */
export function shareOf(value: number, { whole }: Measure): number {
  return whole > 0 ? value / whole : 0;
}

import { announce } from '../../shared/announce.js';
import { t } from '../../shared/format.js';
import type { GridColumn } from './grid.js';

/** The order of a table's rows. */
export interface Sorted<S extends string> {
  readonly by: S;
  readonly descending: boolean;
}

/**
 * The order after a click on a heading, told to screen readers: the sorted column turns round; from another one figures are looked
 * at from the largest, names from A. undefined where rows cannot be sorted by it.
 */
export function sortBy<R, S extends string>(column: GridColumn<R, S>, { by, descending }: Sorted<S>): Sorted<S> | undefined {
  if (!column.sort) return undefined;
  const next = { by: column.sort, descending: column.sort === by ? !descending : column.figure };
  announce(t(next.descending ? 'Sorted by {0}, descending.' : 'Sorted by {0}, ascending.', column.title));
  return next;
}

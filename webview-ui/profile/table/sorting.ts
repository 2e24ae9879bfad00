import { announce } from '../../shared/announce.js';
import { t } from '../../shared/format.js';
import { store } from '../store.js';
import type { GridColumn } from './grid.js';

/** The order of a table's rows. */
export interface Sorted<S extends string> {
  readonly by: S;
  readonly descending: boolean;
}

type Heading<S extends string> = Pick<GridColumn<never, S>, 'sort' | 'figure' | 'title'>;

/** What makes a grid be sorted by its headings. @param keep remembers an order that was chosen; the page is drawn anew afterwards */
export function sortable<S extends string>(sorted: Sorted<S>, keep: (next: Sorted<S>) => void) {
  const onSort = (heading: Heading<S>) => {
    const next = sortBy(heading, sorted);
    if (!next) return;
    keep(next);
    store.changed();
  };
  return { sorted, onSort };
}

/**
 * The order after a click on a heading, told to screen readers: the sorted column turns round; from another one figures are looked
 * at from the largest, names from A. undefined where rows cannot be sorted by it.
 */
function sortBy<S extends string>(heading: Heading<S>, { by, descending }: Sorted<S>): Sorted<S> | undefined {
  if (!heading.sort) return undefined;
  const next = { by: heading.sort, descending: heading.sort === by ? !descending : heading.figure };
  announce(t(next.descending ? 'Sorted by {0}, descending.' : 'Sorted by {0}, ascending.', heading.title));
  return next;
}

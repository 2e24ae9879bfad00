import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { sentence, store } from '../store.js';
import type { GridProps } from './grid.js';
import { Paged, type Window } from './paged.js';

/** What a list shows: the rows of its question, or those of the one before until the first of these arrive. */
export interface Listed<R, A> {
  readonly rows: Paged<R, A & Window<R>>;
  readonly shown: Paged<R, A & Window<R>>;
  readonly count: number;
  readonly waiting: boolean;
  /** What a Grid wants to know of it. */
  readonly grid: Pick<GridProps<R, never>, 'count' | 'rowAt' | 'need' | 'busy' | 'faded' | 'scrollKey'>;
}

/**
 * The rows that `fetch` gives, asked anew whenever `key` changes (not at all while it is empty). A failure is shown with a
 * way to try again.
 */
export function usePaged<R, A extends Window<R>>(key: string, fetch: (offset: number, limit: number) => Promise<A>): Listed<R, A> {
  const [, bump] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const asks = useRef(fetch);
  asks.current = fetch;
  const rows = useMemo(() => {
    const ask = asks.current;
    const ready = (offset: number, limit: number) => (key === '' ? new Promise<A>(() => undefined) : ask(offset, limit));
    return new Paged<R, A>(
      ready,
      () => bump((n) => n + 1),
      (error) => store.fail(sentence(error), () => setAttempt((n) => n + 1)),
    );
  }, [key, attempt]);
  const kept = useRef<Paged<R, A>>(undefined);
  useEffect(() => {
    rows.need(0, 0);
    return () => rows.close();
  }, [rows]);
  useEffect(() => {
    if (rows.first !== undefined) kept.current = rows;
  }, [rows, rows.first]);
  const waiting = rows.first === undefined;
  const shown = waiting && kept.current ? kept.current : rows;
  const count = shown.count ?? 0;
  const grid = { count, rowAt: shown.get, need: rows.need, busy: waiting, faded: shown !== rows, scrollKey: rows };
  return { rows, shown, count, waiting, grid };
}

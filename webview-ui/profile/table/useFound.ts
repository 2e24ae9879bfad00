import { useEffect, useState } from 'preact/hooks';
import { sentence, store } from '../store.js';

/** The current row of a list, and one to bring into sight. */
export interface Found {
  readonly current: number;
  readonly setCurrent: (index: number) => void;
  readonly reveal: { readonly index: number } | undefined;
}

/**
 * Marks a function's row in a list, whatever the order and however long the list: the server tells where it is.
 * @param rows the list's question: a new one loses the mark until the place is known
 * @param turn changes when the row is to be looked for again
 */
export function useFound(
  rows: unknown,
  func: number | null,
  turn: unknown,
  find: (func: number) => Promise<{ readonly at: number }>,
): Found {
  const [current, setCurrent] = useState(-1);
  const [reveal, setReveal] = useState<{ readonly index: number }>();
  useEffect(() => setCurrent(-1), [rows]);
  useEffect(() => {
    if (func === null || func < 0) return;
    let late = false;
    find(func).then(
      ({ at }) => {
        if (late || at < 0) return;
        setCurrent(at);
        setReveal({ index: at });
      },
      (error) => store.fail(sentence(error), () => store.changed()),
    );
    return () => {
      late = true;
    };
  }, [turn, rows]);
  return { current, setCurrent, reveal };
}

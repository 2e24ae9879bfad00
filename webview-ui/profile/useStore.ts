import { useLayoutEffect, useState } from 'preact/hooks';
import { store } from './store.js';

/** Draws the component again whenever the store changes. Listens before the first paint, so that no change is missed. */
export function useStore(): typeof store {
  const [, bump] = useState(0);
  useLayoutEffect(() => store.subscribe(() => bump((n) => n + 1)), []);
  return store;
}

import { useEffect, useState } from 'preact/hooks';
import { store } from './store.js';

/** Draws the component again whenever the store changes. */
export function useStore(): typeof store {
  const [, bump] = useState(0);
  useEffect(() => store.subscribe(() => bump((n) => n + 1)), []);
  return store;
}

import { useEffect, useMemo, useState } from 'preact/hooks';
import { announce } from '../../shared/announce.js';
import { t } from '../../shared/format.js';
import { useStore } from '../useStore.js';
import type { NodeRow } from './branches.js';
import { TreeController, type TreeSource } from './treeController.js';

/**
 * A tree that is drawn again when it changes, and goes where the selected function is revealed.
 * @param source the same object at every call @param key asks anew when it changes; '': there is nothing to ask for yet
 */
export function useTree<R extends NodeRow>(source: TreeSource<R>, key: string): TreeController<R> {
  const store = useStore();
  const [, bump] = useState(0);
  const tree = useMemo(() => new TreeController(source, () => bump((n) => n + 1)), [source]);
  useEffect(() => () => tree.dispose(), [tree]);
  useEffect(() => {
    if (key !== '') void tree.reload();
  }, [tree, key]);
  useEffect(() => {
    if (store.reveals > 0 && store.selected !== null && tree.loaded) tree.revealFunction(store.selected);
  }, [tree, store.reveals]);
  return tree;
}

/** Tells screen readers how a tree stands that was turned round. */
export function announceTurned(inverted: boolean): void {
  announce(t(inverted ? 'Inverted: each function first, its callers below.' : 'Upright: callers first, what they called below.'));
}

import { EVERY_FUNCTION } from '../../../src/core/model/mergeRecursion.js';
import { announce } from '../../shared/announce.js';
import { t } from '../../shared/format.js';
import { store } from '../store.js';
import { useStore } from '../useStore.js';
import { exactly } from './filters.js';

/** The two fields of a view that merge recursions. */
export type RecursionField = 'mergeRecursion' | 'mergeDirectRecursion';

/** Sums of functions have no stacks in which a recursion could be merged. */
export const hasRecursion = (): boolean => store.page?.info.treeIsEstimate === false;

/** Shows the recursions of all functions as one frame each, or as they are. */
export function toggleRecursion(): void {
  if (hasRecursion()) store.setView({ mergeRecursion: store.view.mergeRecursion === EVERY_FUNCTION ? '' : EVERY_FUNCTION });
  else announce(noStacks());
}

/** Adds a function to those whose recursions are one frame. */
export function mergeRecursionOf(field: RecursionField, name: string): void {
  const before = store.view[field];
  if (before !== EVERY_FUNCTION) store.setView({ [field]: before ? `${before}|${exactly(name)}` : exactly(name) });
}

/** The switch for all functions. */
export function RecursionToggle() {
  const { page } = useStore();
  const possible = hasRecursion();
  return (
    <button
      type="button"
      class="toggle"
      aria-pressed={page?.view.mergeRecursion === EVERY_FUNCTION}
      aria-disabled={!possible}
      title={possible ? t('Show each recursion as one frame, with all between its outermost and innermost call (R)') : noStacks()}
      onClick={toggleRecursion}
    >
      {t('Merge recursion')}
    </button>
  );
}

const noStacks = () =>
  t('This profile holds sums without stacks: there is no recursion to merge, and its tree shows a function once on a path.');

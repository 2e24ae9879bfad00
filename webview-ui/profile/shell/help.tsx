import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../shared/format.js';
import { useStore } from '../useStore.js';

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    t('Flame graph'),
    [
      ['↑ ↓', t('caller, widest callee')],
      ['← →', t('neighbour in the row')],
      [t('Space or click'), t('zoom to the box')],
      [t('Enter or double click'), t('open the source')],
      [t('Ctrl+Enter, Ctrl+click'), t('open it beside')],
      [t('Escape, Backspace'), t('back')],
      ['0', t('show everything')],
      [t('+ −, Ctrl+wheel, pinch'), t('zoom')],
      [t('Shift+← →, drag'), t('move sideways')],
      [t('Wheel, Page Up, Page Down'), t('scroll')],
      [t('N, Shift+N'), t('next, previous match')],
      ['I', t('inverted')],
      [t('Ctrl+C'), t('copy the stack')],
    ],
  ],
  [
    t('Timeline'),
    [
      ['↑ ↓', t('caller, longest callee')],
      ['← →', t('before, after in the row')],
      [t('Space'), t('zoom to the box')],
      [t('+ −, Ctrl+wheel, pinch'), t('zoom')],
      [t('Shift+← →, drag'), t('move in time')],
      [t('Shift+drag, drag above'), t('look at a part of the time, in all views')],
      ['F', t('look at the time in sight')],
      ['T', t('fold all threads, or unfold them')],
      [t('Escape'), t('all the time')],
      [t('Home, 0'), t('zoom out')],
    ],
  ],
  [
    t('Tables'),
    [
      [t('↑ ↓, Home, End'), t('walk the rows')],
      [t('Enter or double click'), t('open the source')],
      [t('Tab to a heading, Enter'), t('sort')],
    ],
  ],
  [
    t('Tree'),
    [
      ['→ ←', t('open or go in, close or go out')],
      ['H', t('open the hot path')],
      ['I', t('inverted')],
      [t('N, Shift+N'), t('next, previous match, wherever it is')],
    ],
  ],
  [t('Lines'), [[t('N, Shift+N'), t('next, previous hot line')]]],
  [
    t('Everywhere'),
    [
      ['/', t('search text or /regex/')],
      ['J', t('just my code')],
      ['R', t('merge recursion')],
      ['S', t('the selected function as a sandwich')],
      [t('Alt+← →, Ctrl+Z, Ctrl+Shift+Z'), t('back, forward')],
      ['?', t('this list')],
    ],
  ],
];

/** The list of keys, as a modal dialog. */
export function Help() {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (store.help && !dialog.current?.open) dialog.current?.showModal();
    if (!store.help && dialog.current?.open) dialog.current.close();
  }, [store.help]);
  return (
    <dialog ref={dialog} class="help" aria-label={t('Keys')} onClose={() => store.setHelp(false)}>
      {KEYS.map(([title, rows]) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {rows.map(([keys, does]) => (
              <div key={keys}>
                <dt>{keys}</dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <button type="button" class="button" onClick={() => store.setHelp(false)}>
        {t('Close')}
      </button>
    </dialog>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../useStore.js';

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Flame graph',
    [
      ['↑ ↓', 'caller, widest callee'],
      ['← →', 'neighbour in the row'],
      ['Space or click', 'zoom to the box'],
      ['Enter or double click', 'open the source'],
      ['Ctrl+Enter, Ctrl+click', 'open it beside'],
      ['Escape, Backspace', 'back'],
      ['0', 'show everything'],
      ['+ −, Ctrl+wheel, pinch', 'zoom'],
      ['Shift+← →, drag', 'move sideways'],
      ['Wheel, Page Up, Page Down', 'scroll'],
      ['N, Shift+N', 'next, previous match'],
      ['I', 'inverted'],
      ['Ctrl+C', 'copy the stack'],
    ],
  ],
  [
    'Timeline',
    [
      ['↑ ↓', 'caller, longest callee'],
      ['← →', 'before, after in the row'],
      ['Space', 'zoom to the box'],
      ['+ −, Ctrl+wheel, pinch', 'zoom'],
      ['Shift+← →, drag', 'move in time'],
      ['Shift+drag, drag above', 'look at a part of the time, in all views'],
      ['F', 'look at the time in sight'],
      ['Escape', 'all the time'],
      ['Home, 0', 'zoom out'],
    ],
  ],
  [
    'Tables',
    [
      ['↑ ↓, Home, End', 'walk the rows'],
      ['Enter or double click', 'open the source'],
      ['Tab to a heading, Enter', 'sort'],
    ],
  ],
  [
    'Tree',
    [
      ['→ ←', 'open or go in, close or go out'],
      ['H', 'open the hot path'],
      ['I', 'inverted'],
      ['N, Shift+N', 'next, previous match, wherever it is'],
    ],
  ],
  ['Lines', [['N, Shift+N', 'next, previous hot line']]],
  [
    'Everywhere',
    [
      ['/', 'search text or /regex/'],
      ['J', 'just my code'],
      ['S', 'the selected function as a sandwich'],
      ['Alt+← →, Ctrl+Z, Ctrl+Shift+Z', 'back, forward'],
      ['?', 'this list'],
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
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={() => store.setHelp(false)}>
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
        Close
      </button>
    </dialog>
  );
}

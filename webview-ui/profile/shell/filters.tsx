import { labelFilterText } from '../../../src/core/model/labelText.js';
import { rangeText } from '../../../src/core/model/units.js';
import type { ViewParams } from '../../../src/protocol/lsp.js';
import type { PageViewChange } from '../../../src/protocol/webview.js';
import { safeText } from '../../shared/format.js';
import { useStore } from '../useStore.js';

/** What keeps figures out, as words, and how each is taken away. */
export function filtersOf(view: ViewParams): readonly { readonly word: string; readonly text: string; readonly off: PageViewChange }[] {
  const { focus, ignore, tagFocus, tagIgnore, hide, show, range } = view;
  return [
    ...(range ? [{ word: 'Time', text: rangeText(range), off: { range: null } }] : []),
    ...(focus ? [{ word: 'Focus', text: plainName(focus), off: { focus: '' } }] : []),
    ...(ignore ? [{ word: 'Without', text: plainName(ignore), off: { ignore: '' } }] : []),
    ...(hide ? [{ word: 'Hidden', text: plainName(hide), off: { hide: '' } }] : []),
    ...(show ? [{ word: 'Only', text: plainName(show), off: { show: '' } }] : []),
    ...(tagFocus ? [{ word: 'Where', text: labelFilterText(tagFocus), off: { tagFocus: '' } }] : []),
    ...(tagIgnore ? [{ word: 'Not where', text: labelFilterText(tagIgnore), off: { tagIgnore: '' } }] : []),
  ];
}

/** An expression for exactly one name is shown as that name. */
function plainName(expression: string): string {
  const inner = /^\^(.*)\$$/s.exec(expression)?.[1];
  const name = inner?.replace(/\\([^\w\s])/g, '$1');
  return inner !== undefined && name !== undefined && exactly(name) === expression ? name : expression;
}

/** The expression that matches exactly this text. */
export function exactly(text: string): string {
  return `^${text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`;
}

const LONGEST = 44;

/** Chips for all that the view leaves out: always in sight, each taken away by a click. */
export function Filters() {
  const store = useStore();
  if (!store.page) return null;
  return (
    <>
      {filtersOf(store.page.view).map(({ word, text, off }) => {
        const safe = safeText(text);
        return (
          <button
            key={word}
            type="button"
            class="chip"
            aria-label={`${word}: ${safe}. Take this filter away`}
            title={`${word}: ${safe}\nClick to take this filter away`}
            onClick={() => store.setView(off)}
          >
            <span class="chip-word">{word}</span> {safe.length > LONGEST ? `${safe.slice(0, 16)}…${safe.slice(-27)}` : safe}
            <span aria-hidden="true">✕</span>
          </button>
        );
      })}
    </>
  );
}

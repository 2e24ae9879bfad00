import { labelFilterText } from '../../../src/core/model/labelText.js';
import { EVERY_FUNCTION } from '../../../src/core/model/mergeRecursion.js';
import { rangeText } from '../../../src/core/model/units.js';
import type { ViewParams } from '../../../src/protocol/lsp.js';
import type { PageViewChange } from '../../../src/protocol/webview.js';
import { safeText, t } from '../../shared/format.js';
import { useStore } from '../useStore.js';

/** What keeps figures out, as words, and how each is taken away. */
export function filtersOf(view: ViewParams): readonly { readonly word: string; readonly text: string; readonly off: PageViewChange }[] {
  const { focus, ignore, tagFocus, tagIgnore, hide, show, mergeRecursion, mergeDirectRecursion, range } = view;
  return [
    ...(range ? [{ word: t('Time'), text: rangeText(range), off: { range: null } }] : []),
    ...(focus ? [{ word: t('Focus'), text: plainName(focus), off: { focus: '' } }] : []),
    ...(ignore ? [{ word: t('Without'), text: plainName(ignore), off: { ignore: '' } }] : []),
    ...(hide ? [{ word: t('Hidden'), text: plainName(hide), off: { hide: '' } }] : []),
    ...(show ? [{ word: t('Only'), text: plainName(show), off: { show: '' } }] : []),
    ...(mergeRecursion ? [{ word: t('Recursion merged'), text: recursionText(mergeRecursion), off: { mergeRecursion: '' } }] : []),
    ...(mergeDirectRecursion
      ? [{ word: t('Direct recursion merged'), text: recursionText(mergeDirectRecursion), off: { mergeDirectRecursion: '' } }]
      : []),
    ...(tagFocus ? [{ word: t('Where'), text: labelFilterText(tagFocus), off: { tagFocus: '' } }] : []),
    ...(tagIgnore ? [{ word: t('Not where'), text: labelFilterText(tagIgnore), off: { tagIgnore: '' } }] : []),
  ];
}

/** An expression for exactly some names is shown as these names. */
function plainName(expression: string): string {
  const names = expression.split(/(?<!\\)\|/).map((part) => {
    const name = /^\^(.*)\$$/s.exec(part)?.[1]?.replace(/\\([^\w\s])/g, '$1');
    return name !== undefined && exactly(name) === part ? name : undefined;
  });
  return names.includes(undefined) ? expression : names.join(', ');
}

const recursionText = (expression: string) => (expression === EVERY_FUNCTION ? t('all functions') : plainName(expression));

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
            aria-label={t('{0}: {1}. Take this filter away', word, safe)}
            title={t('{0}: {1}\nClick to take this filter away', word, safe)}
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

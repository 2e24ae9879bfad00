import type { ComponentChildren } from 'preact';
import { formatCount, formatShare, formatValue, safeText, t } from '../../shared/format.js';
import { useStore } from '../useStore.js';
import { Filters } from './filters.js';
import { RecursionToggle } from './recursion.js';

export interface Crumb {
  readonly label: string;
  /** Absent for the place one is at. */
  readonly go: (() => void) | undefined;
}

/** Outer and inner ends of a long path that are always shown. */
const HEAD = 1;
const TAIL = 4;

/** The row under the tabs: where one is, what a search found, and the switches of the view. */
export function SubHeader({ crumbs, note, children }: { crumbs: readonly Crumb[]; note: string; children?: ComponentChildren }) {
  const store = useStore();
  const hidden = crumbs.length > HEAD + TAIL + 1 ? crumbs.slice(HEAD, -TAIL) : [];
  const shown = hidden.length > 0 ? [...crumbs.slice(0, HEAD), gapOf(hidden), ...crumbs.slice(-TAIL)] : crumbs;
  const library = store.page?.view.justMyCode ?? false;
  return (
    <div class="subheader">
      {shown.length > 0 && <Crumbs crumbs={shown} />}
      <span class="note">{note}</span>
      <Found />
      <span class="space" />
      <Filters />
      {children}
      <RecursionToggle />
      <button
        type="button"
        class="toggle"
        aria-pressed={library}
        title={t('Fold library and interpreter frames (J)')}
        onClick={() => store.setView({ justMyCode: !library })}
      >
        {t('Just my code')}
      </button>
    </div>
  );
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label={t('Focus')}>
      <ol>
        {crumbs.map((crumb, i) => (
          <li key={i}>
            {crumb.go ? (
              <button type="button" class="crumb" title={'title' in crumb ? String(crumb.title) : undefined} onClick={crumb.go}>
                {safeText(crumb.label)}
              </button>
            ) : (
              <span class="crumb here" aria-current="location">
                {safeText(crumb.label)}
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** The nearest hidden place stands for all that are hidden; its tooltip names them. */
function gapOf(hidden: readonly Crumb[]): Crumb & { title: string } {
  return { label: '…', go: hidden.at(-1)?.go, title: hidden.map((crumb) => safeText(crumb.label)).join(' › ') };
}

/** Total of what the search matches: `2 functions · 718 ms · 61.0 %`. */
function Found() {
  const store = useStore();
  if (store.searchError !== undefined) {
    return (
      <span class="found bad" role="alert">
        {store.searchError}
      </span>
    );
  }
  if (!store.matches || !store.page) return null;
  const { total, funcs } = store.matches;
  const whole = store.page.info.totals[store.page.view.type] ?? 0;
  const text =
    funcs.size === 0
      ? t('Nothing matches')
      : [
          t(funcs.size === 1 ? '{0} function matches' : '{0} functions match', formatCount(funcs.size)),
          formatValue(total, store.unit),
          formatShare(whole > 0 ? total / whole : 0),
        ].join(' · ');
  return (
    <span class="found" role="status">
      {text}
    </span>
  );
}

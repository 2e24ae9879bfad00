import { formatCount, safeText, t } from '../../shared/format.js';
import { tabs } from '../tabs.js';
import { useStore } from '../useStore.js';
import { trustOf } from './trust.js';

/** How far the numbers can be trusted, and the keys of the view. */
export function StatusRow() {
  const store = useStore();
  const info = store.page?.info;
  if (!info) return null;
  return (
    <footer class="status" role="contentinfo" aria-label={t('How this was recorded')}>
      {trustOf(info).map((fact) => (
        <span key={fact.text} class={fact.doubt ? `doubt ${fact.doubt}` : undefined} title={fact.why}>
          {safeText(fact.text)}
        </span>
      ))}
      {info.warnings.length > 0 && (
        <button type="button" class="link" title={info.warnings.map(safeText).join('\n')} onClick={() => store.setTab('info')}>
          {t(info.warnings.length === 1 ? '{0} warning' : '{0} warnings', formatCount(info.warnings.length))}
        </button>
      )}
      <span class="space" />
      <span class="keys" aria-hidden="true">
        {tabs.find((tab) => tab.id === store.tab)?.keys}
      </span>
    </footer>
  );
}

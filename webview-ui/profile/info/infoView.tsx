import { formatCount, safeText, t } from '../../shared/format.js';
import { useStore } from '../useStore.js';
import { sectionsOf } from './facts.js';

/** Lists are cut after so many: a server may have thousands of threads. */
const MOST = 50;

/** All that is known of the recording: what ran, how it was measured, and what that cannot see. */
export function InfoView() {
  const info = useStore().page?.info;
  if (!info) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by key
    <div class="info" tabIndex={0} role="region" aria-label={t('About this profile')}>
      {info.summary !== '' && <p class="summary">{safeText(info.summary)}</p>}
      {sectionsOf(info).map(([title, facts]) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {facts.map(([label, values]) => (
              <div key={label}>
                <dt>{label}</dt>
                {values.slice(0, MOST).map((value, i) => (
                  <dd key={i}>{safeText(value)}</dd>
                ))}
                {values.length > MOST && <dd>{t('… {0} more', formatCount(values.length - MOST))}</dd>}
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

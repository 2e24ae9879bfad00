import { useEffect, useState } from 'preact/hooks';
import { labelFilter } from '../../../src/core/model/labelText.js';
import { ask } from '../../shared/boot.js';
import { safeText, t } from '../../shared/format.js';
import { useStore } from '../useStore.js';

/** Keys whose values are offered, and values of each: more would be no choice. */
const MOST_KEYS = 8;
const MOST_VALUES = 100;

interface Choice {
  readonly key: string;
  readonly values: readonly string[];
}

/** Chooses the samples with one label (`tenant`, `test`); not there where samples have none. */
export function LabelChoice() {
  const store = useStore();
  const [choices, setChoices] = useState<readonly Choice[]>([]);
  const { info, view } = store.page!;
  const keys = info.labelKeys.slice(0, MOST_KEYS);
  useEffect(() => {
    let stale = false;
    const whole = { profile: view.profile, type: view.type };
    const values = async (key: string): Promise<Choice> => ({
      key,
      values: (await ask('profile/label', { view: whole, key })).slice(0, MOST_VALUES).map(({ value }) => value),
    });
    // Without its values a key is no choice: what fails is left out.
    void Promise.all(keys.map((key) => values(key).catch(() => ({ key, values: [] })))).then((found) => {
      if (!stale) setChoices(found.filter(({ values }) => values.length > 0));
    });
    return () => {
      stale = true;
    };
  }, [view.profile, view.type, keys.join('\n')]);
  if (choices.length === 0) return null;
  const known = choices.some(({ key, values }) => values.some((value) => labelFilter(key, value) === view.tagFocus));
  return (
    <select
      aria-label={t('Label')}
      title={t('Only samples with this label')}
      value={view.tagFocus ?? ''}
      onChange={(event) => store.setView({ tagFocus: event.currentTarget.value })}
    >
      <option value="">{t('All labels')}</option>
      {view.tagFocus && !known && <option value={view.tagFocus}>{safeText(view.tagFocus)}</option>}
      {choices.map(({ key, values }) => (
        <optgroup key={key} label={safeText(key)}>
          {values.map((value) => (
            <option key={value} value={labelFilter(key, value)}>
              {safeText(value)}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import { host } from '../../shared/boot.js';
import { safeText, t, typeLabel } from '../../shared/format.js';
import { rove } from '../../shared/keyboard.js';
import { history } from '../history.js';
import { sentence } from '../store.js';
import { tabs } from '../tabs.js';
import { useStore } from '../useStore.js';
import { LabelChoice } from './labels.js';

/** A pause in typing (ms) that starts the search. */
const PAUSE_MS = 150;

/** Tabs, metric, thread and search in one row. */
export function Toolbar() {
  const store = useStore();
  const { page } = store;
  if (!page) return null;
  const { info, view } = page;
  return (
    <header class="toolbar">
      <div
        class="tabs"
        role="tablist"
        aria-label={t('Views')}
        onKeyDown={(event) => {
          const next = rove(
            event.key,
            tabs.findIndex((tab) => tab.id === store.tab),
            tabs.length,
          );
          const tab = next === undefined ? undefined : tabs[next];
          if (!tab) return;
          event.preventDefault();
          store.setTab(tab.id);
          document.getElementById(`tab-${tab.id}`)?.focus();
        }}
      >
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            aria-selected={tab.id === store.tab}
            aria-controls="panel"
            tabIndex={tab.id === store.tab ? 0 : -1}
            onClick={() => store.setTab(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <span class="space" />
      <Steps />
      <select
        aria-label={t('Metric')}
        title={t('What is measured')}
        value={view.type}
        onChange={(event) => store.setView({ type: Number(event.currentTarget.value) })}
      >
        {info.valueTypes.map((type, i) => (
          <option key={`${type.type} ${type.unit}`} value={i}>
            {safeText(typeLabel(type))}
          </option>
        ))}
      </select>
      {info.threads.length > 1 && (
        <select
          aria-label={t('Thread')}
          title={t('Thread')}
          value={view.thread ? `t${view.thread}` : ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            store.setView({ thread: value.slice(1) });
          }}
        >
          <option value="">{t('All threads')}</option>
          {info.threads.map((thread) => (
            <option key={thread} value={`t${thread}`}>
              {safeText(thread)}
            </option>
          ))}
        </select>
      )}
      <LabelChoice />
      <SearchBox />
      <button
        type="button"
        class="toggle"
        title={t('Export a picture, a web page or the profile')}
        onClick={() => host.request('chooseExport', {}).catch((error: unknown) => store.fail(sentence(error), () => undefined))}
      >
        {t('Export…')}
      </button>
    </header>
  );
}

/** Back and forward; their keys are those of undo and redo too. */
function Steps() {
  return (
    <span class="steps">
      <button
        type="button"
        class="toggle"
        disabled={!history.canGoBack}
        title={t('Back (Alt+←, Ctrl+Z)')}
        aria-label={t('Back')}
        onClick={() => history.go(-1)}
      >
        ←
      </button>
      <button
        type="button"
        class="toggle"
        disabled={!history.canGoForward}
        title={t('Forward (Alt+→, Ctrl+Shift+Z)')}
        aria-label={t('Forward')}
        onClick={() => history.go(1)}
      >
        →
      </button>
    </span>
  );
}

function SearchBox() {
  const store = useStore();
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = store.search;
  }, [store.search]);
  return (
    <input
      ref={input}
      id="search"
      type="search"
      spellcheck={false}
      autocomplete="off"
      placeholder={t('Search or /regex/')}
      aria-label={t('Search functions and files; a regular expression stands between slashes')}
      aria-invalid={store.searchError !== undefined}
      onInput={(event) => {
        const { value } = event.currentTarget;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => store.setSearch(value), PAUSE_MS);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.preventDefault();
        clearTimeout(timer.current);
        if (event.key === 'Escape') event.currentTarget.value = '';
        store.setSearch(event.currentTarget.value);
        document.querySelector<HTMLElement>('#panel [tabindex="0"]')?.focus();
      }}
    />
  );
}

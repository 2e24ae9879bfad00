import { useEffect } from 'preact/hooks';
import { safeText, t } from '../shared/format.js';
import { isTyping, keyName } from '../shared/keyboard.js';
import { listenForExports } from './export.js';
import { listenForHistory } from './history.js';
import { listenForMenus } from './menu.js';
import { Help } from './shell/help.js';
import { toggleRecursion } from './shell/recursion.js';
import { StatusRow } from './shell/statusRow.js';
import { Toolbar } from './shell/toolbar.js';
import { store } from './store.js';
import { tabs } from './tabs.js';
import { useStore } from './useStore.js';

/** The whole page: toolbar, the view of the chosen tab, status row, and what lies over them. */
export function App() {
  useStore();
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    const leave = [listenForHistory(), listenForMenus()];
    listenForExports();
    return () => {
      window.removeEventListener('keydown', onKey);
      for (const each of leave) each();
    };
  }, []);
  const { page, error, reading } = store;
  const tab = tabs.find((each) => each.id === store.tab) ?? tabs[0]!;
  const empty = page !== undefined && page.info.samples === 0 && page.info.totals.every((total) => total === 0);
  return (
    <>
      <Toolbar />
      {error && (
        <div class="error" role="alert">
          <span>{error.message}</span>
          <button type="button" class="button" onClick={error.retry}>
            {t('Retry')}
          </button>
        </div>
      )}
      <main>
        <h1 class="visually-hidden">{page ? safeText(page.info.label) : document.title}</h1>
        <div id="panel" {...(page ? ({ role: 'tabpanel', 'aria-labelledby': `tab-${tab.id}` } as const) : {})}>
          {!page && reading !== undefined && <Reading fraction={reading} />}
          {page && (empty && tab.id !== 'info' ? <Empty /> : <tab.View key={tab.id} />)}
        </div>
      </main>
      <StatusRow />
      <Help />
    </>
  );
}

function Reading({ fraction }: { fraction: number }) {
  const percent = Math.round(fraction * 100);
  return (
    <div class="reading">
      <p role="status">{t('Reading the profile …')}</p>
      <progress max={100} value={percent} aria-label={t('Read so far')} />
      <span aria-hidden="true">{percent} %</span>
      <button type="button" class="button" onClick={() => store.stopReading()}>
        {t('Cancel')}
      </button>
    </div>
  );
}

function Empty() {
  return (
    <p class="hint" role="status">
      {t('This profile is empty: nothing was measured. The program may have ended before the first sample.')}
    </p>
  );
}

/** Keys that mean the same everywhere, then those of the view. Controls keep the keys that they need. */
function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || isTyping(event)) return;
  const key = keyName(event);
  const onButton = event.target instanceof HTMLElement && event.target.closest('button, [role="grid"], [role="treegrid"]') !== null;
  if (onButton && (key === 'Enter' || key === ' ' || key.startsWith('Arrow'))) return;
  if (shellKey(key) || store.viewKeys?.(key, event)) event.preventDefault();
}

function shellKey(key: string): boolean {
  switch (key) {
    case '/':
    case 'ctrl+f': {
      const search = document.querySelector<HTMLInputElement>('#search');
      search?.focus();
      search?.select();
      return true;
    }
    case '?':
      store.setHelp(true);
      return true;
    case 'j':
      if (!store.page) return false;
      store.setView({ justMyCode: !(store.page.view.justMyCode ?? false) });
      return true;
    case 'r':
      if (!store.page) return false;
      toggleRecursion();
      return true;
    case 's':
      if (store.selected === null) return false;
      store.show('sandwich', store.selected);
      return true;
    default:
      return false;
  }
}

import { ask, host } from '../shared/boot.js';
import { safeText, t } from '../shared/format.js';
import { exactly } from './shell/filters.js';
import { hasRecursion, mergeRecursionOf } from './shell/recursion.js';
import { sentence, store } from './store.js';

/** What a context menu is about. */
export interface MenuTarget {
  readonly func: number;
  readonly name: string;
  /** Names from the outermost frame, one a line, where the place has a stack. */
  readonly stack?: string;
}

/** Pictures tell what is under the pointer, or selected; rows of tables wear `data-func` and `data-name`. */
const pictures = new WeakMap<Element, () => MenuTarget | undefined>();
let target: MenuTarget | undefined;
/** Rows of a copied table. */
const MOST_ROWS = 10_000;

/** A canvas whose boxes have menus. Gives what undoes it. */
export function offerMenu(canvas: HTMLElement, find: () => MenuTarget | undefined): () => void {
  pictures.set(canvas, find);
  return () => pictures.delete(canvas);
}

/** Tells VS Code's own menu what it is opened on. Gives what undoes it. */
export function listenForMenus(): () => void {
  const onMenu = (event: Event) => {
    const element = event.target as Element;
    const picture = element.closest('canvas');
    const row = element.closest<HTMLElement>('[data-func]');
    const found = picture ? pictures.get(picture)?.() : row ? { func: Number(row.dataset.func), name: row.dataset.name ?? '' } : undefined;
    target = found && found.func >= 0 ? found : undefined;
    // Text fields keep the editor's own menu; elsewhere Cut and Paste would do nothing.
    const context = {
      preventDefaultContextMenuItems: !element.closest('input'),
      ...(target ? { heatlineFunction: true, heatlineStack: target.stack !== undefined, heatlineRecursion: hasRecursion() } : {}),
    };
    document.body.dataset.vscodeContext = JSON.stringify(context);
  };
  document.addEventListener('contextmenu', onMenu, { capture: true });
  host.on('menu', ({ action }) => void act(action));
  return () => document.removeEventListener('contextmenu', onMenu, { capture: true });
}

async function act(action: string): Promise<void> {
  if (!target || !store.page) return;
  const { func, name, stack } = target;
  switch (action) {
    case 'source':
      return store.openSource(func, false);
    case 'focus':
      return store.setView({ focus: exactly(name) });
    case 'ignore':
      return store.setView({ ignore: store.view.ignore ? `${store.view.ignore}|${exactly(name)}` : exactly(name) });
    case 'hide':
      return store.setView({ hide: store.view.hide ? `${store.view.hide}|${exactly(name)}` : exactly(name) });
    case 'mergeRecursion':
    case 'mergeDirectRecursion':
      return mergeRecursionOf(action, name);
    case 'sandwich':
      return store.show('sandwich', func);
    case 'fold':
      return store.setView({ justMyCode: !(store.view.justMyCode ?? false) });
    case 'copyStack':
      await host.request('copy', { text: stack ?? safeText(name) });
      return;
    case 'copyTable':
      try {
        await host.request('copy', { text: await functionTable() });
      } catch (error) {
        store.fail(sentence(error), () => void act(action));
      }
  }
}

/** The functions of the view, largest first, with tabs between the columns: for a spreadsheet. */
async function functionTable(): Promise<string> {
  const { view } = store;
  const answer = await ask('profile/functions', { view, sort: 'self', descending: true, offset: 0, limit: MOST_ROWS });
  const cell = (text: string) => safeText(text.replace(/[\t\r\n]+/g, ' '));
  const rows = answer.rows.map(({ name, file, line, self, total, calls }) =>
    [cell(name), cell(file), line || '', self, total, calls ?? ''].join('\t'),
  );
  return [
    [t('function'), t('file'), t('line'), `${t('self')} (${store.unit})`, `${t('total')} (${store.unit})`, t('calls')].join('\t'),
    ...rows,
    '',
  ].join('\n');
}

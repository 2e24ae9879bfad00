import type { PageViewChange } from '../../src/protocol/webview.js';
import { announce } from '../shared/announce.js';
import { t } from '../shared/format.js';
import { isTyping, keyName } from '../shared/keyboard.js';
import { store, VIEW_FIELDS } from './store.js';

/** What back and forward go between. */
interface Look {
  readonly view: PageViewChange;
  readonly tab: string;
  readonly search: string;
  readonly inverted: boolean;
  readonly focus: readonly number[];
}

const MOST = 200;
/** Searches typed one after another within this time (ms) are one step. */
const TYPING = 1500;
/** A view that the host does not take within this time (ms) is not waited for. */
const PATIENCE = 3000;

/** Back and forward through what was looked at, as undo and redo of an editor. */
class History {
  private readonly past: string[] = [];
  private readonly future: string[] = [];
  private current: string | undefined;
  /** When the search was changed last; 0 where something else was changed since. */
  private typedAt = 0;
  /** The look that is being brought back: what comes meanwhile is no step of the user's. */
  private awaited: { readonly look: string; readonly until: number } | undefined;

  get canGoBack(): boolean {
    return this.past.length > 0;
  }

  get canGoForward(): boolean {
    return this.future.length > 0;
  }

  /** Told of every change of the store. */
  note(): void {
    if (!store.page) return;
    const look = JSON.stringify(lookNow());
    if (this.awaited) {
      if (look !== this.awaited.look && Date.now() < this.awaited.until) return;
      this.awaited = undefined;
      this.current = look;
      return;
    }
    if (this.current === undefined) this.current = look;
    if (look === this.current) return;
    const search = onlySearch(this.current, look);
    if (!search || Date.now() - this.typedAt > TYPING) this.past.push(this.current);
    if (this.past.length > MOST) this.past.shift();
    this.future.length = 0;
    this.current = look;
    this.typedAt = search ? Date.now() : 0;
  }

  /** One step back (-1) or forward (1); false when there is none. */
  go(direction: -1 | 1): boolean {
    const [from, to] = direction < 0 ? [this.past, this.future] : [this.future, this.past];
    const look = from.pop();
    if (look === undefined || this.current === undefined) return false;
    to.push(this.current);
    this.current = look;
    this.awaited = { look, until: Date.now() + PATIENCE };
    const { view, tab, search, inverted, focus } = JSON.parse(look) as Look;
    store.save({ inverted, focus: [...focus] });
    store.restored++;
    store.setSearch(search);
    store.setTab(tab);
    if (JSON.stringify(view) !== JSON.stringify(lookNow().view)) store.setView(view);
    announce(t(direction < 0 ? 'Back.' : 'Forward.'));
    return true;
  }
}

export const history = new History();

function lookNow(): Look {
  const view = Object.fromEntries(
    VIEW_FIELDS.filter((field) => field !== 'profile').map((field) => [
      field,
      store.view[field] ?? (field === 'range' ? null : field === 'justMyCode' ? false : ''),
    ]),
  );
  return { view, tab: store.tab, search: store.search, inverted: store.saved.inverted ?? false, focus: store.saved.focus ?? [] };
}

function onlySearch(before: string, after: string): boolean {
  const without = (look: string) => JSON.stringify({ ...(JSON.parse(look) as Look), search: '' });
  return without(before) === without(after);
}

/** Undo and redo, and a browser's keys; Caps Lock changes nothing. */
function directionOf(event: KeyboardEvent): -1 | 0 | 1 {
  const key = keyName(event);
  if (key === 'ctrl+z' || key === 'ctrl+Z') return event.shiftKey ? 1 : -1;
  if (key === 'alt+ArrowLeft') return -1;
  return key === 'alt+ArrowRight' || key === 'ctrl+y' ? 1 : 0;
}

/** Keys and mouse buttons of back and forward; where there is no step left, VS Code has them. Gives what undoes it. */
export function listenForHistory(): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const leave = store.subscribe(() => history.note());
  // Before VS Code's own listener on the window, which would go to another editor.
  document.addEventListener(
    'keydown',
    (event) => {
      if (isTyping(event)) return;
      const direction = directionOf(event);
      if (direction === 0 || !history.go(direction)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal, capture: true },
  );
  for (const kind of ['mousedown', 'mouseup'] as const) {
    document.addEventListener(
      kind,
      (event) => {
        if (event.button !== 3 && event.button !== 4) return;
        event.preventDefault();
        if (kind === 'mouseup') history.go(event.button === 3 ? -1 : 1);
      },
      { signal, capture: true },
    );
  }
  return () => {
    leave();
    abort.abort();
  };
}

import type { GroupBy, ViewParams } from '../../src/protocol/lsp.js';
import type { PageState, PageViewChange, TreePlace } from '../../src/protocol/webview.js';
import { ask, host, loadState, saveState } from '../shared/boot.js';
import { t } from '../shared/format.js';
import type { DiffState } from './diff/state.js';

/** Remembered over hiding and reloading the page. */
export interface Saved {
  tab: string;
  search: string;
  inverted: boolean;
  /** Functions from the outermost frame to the focus of the flame graph: node ids don't survive, functions do. */
  focus: number[];
  sort: string;
  descending: boolean;
  group: GroupBy;
  /** The file whose source is shown. */
  file: string;
  filesShape: 'sunburst' | 'icicle';
  sandwichSort: string;
  sandwichDescending: boolean;
  treeInverted: boolean;
  treeSort: string;
  treeDescending: boolean;
  /** What the colours of the flame graph tell. */
  colour: string;
  /** The selected function. */
  selected: number | null;
  diff: Partial<DiffState>;
}

export interface Matches {
  readonly total: number;
  readonly funcs: ReadonlySet<number>;
}

/** Keys of the view that is on screen; true when the key was its. */
export type KeyHandler = (key: string, event: KeyboardEvent) => boolean;

/** Reading that takes longer (milliseconds) is shown. */
const SOON = 400;

/** What the figures depend on. */
export const VIEW_FIELDS = [
  'profile',
  'type',
  'thread',
  'focus',
  'ignore',
  'tagFocus',
  'tagIgnore',
  'hide',
  'show',
  'mergeRecursion',
  'mergeDirectRecursion',
  'range',
  'justMyCode',
] as const;

/** All that the parts of the page share. Parts draw from it and call its methods; they never call each other. */
class Store {
  page: PageState | undefined;
  tab = 'flame';
  search = '';
  matches: Matches | undefined;
  searchError: string | undefined;
  error: { readonly message: string; readonly retry: () => void } | undefined;
  /** The profile is being read: how far that is, 0..1; undefined when it is not, or is done in a moment. */
  reading: number | undefined;
  help = false;
  /** The one function that is selected in all tabs, by the user here or by another view of the editor; null for none. */
  selected: number | null = null;
  /** Counts the times that the selection is to be brought into sight, so that doing it twice to one function is seen. */
  reveals = 0;
  /** Counts the times that an earlier look was brought back: pictures then go where they were. */
  restored = 0;
  readonly saved: Partial<Saved> = loadState<Saved>();
  viewKeys: KeyHandler | undefined;

  private readonly listeners = new Set<() => void>();
  private searchTurn = 0;
  /** The node that the host was told of last; unknown after a reload. */
  private placeKey: string | undefined;
  private hostTab: string | undefined;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the host that the page listens, and takes what it is to show. */
  async start(): Promise<void> {
    host.on('state', (page) => this.take(page));
    host.on('reading', ({ fraction }) => {
      if (this.page) return;
      this.reading = fraction;
      this.changed();
    });
    host.on('tab', ({ tab }) => this.setTab(tab));
    host.on('reveal', ({ func }) => this.reveal(func));
    host.on('error', ({ message }) => this.fail(message, () => void this.connect()));
    await this.connect();
  }

  private async connect(): Promise<void> {
    // What is there at once shall not flash.
    const wait = setTimeout(() => {
      this.reading ??= 0;
      this.changed();
    }, SOON);
    try {
      this.take(await host.request('ready', { state: this.saved }));
    } catch (error) {
      this.fail(sentence(error), () => void this.connect());
    } finally {
      clearTimeout(wait);
      this.reading = undefined;
      this.changed();
    }
  }

  stopReading(): void {
    host.request('stopReading', {}).catch(() => undefined);
  }

  private take(page: PageState): void {
    const first = this.page === undefined;
    const before = this.viewKey;
    this.page = page;
    if (first) {
      this.tab = this.saved.tab ?? page.tab;
      this.search = this.saved.search ?? '';
      const { selected = null } = this.saved;
      if (this.selected === null && selected !== null && selected < page.info.functions) this.selected = selected;
    } else if (page.tab !== this.hostTab) this.tab = page.tab;
    this.hostTab = page.tab;
    const other = this.viewKey !== before;
    if (other) this.error = undefined;
    this.changed();
    if (other) void this.runSearch();
  }

  /** What the figures depend on: when it changes, views load anew. */
  get viewKey(): string {
    if (!this.page) return '';
    const { view } = this.page;
    return JSON.stringify(VIEW_FIELDS.map((field) => view[field] ?? null));
  }

  get view(): ViewParams {
    if (!this.page) throw new Error('The page has nothing to show yet.');
    return this.page.view;
  }

  get unit(): string {
    return this.page?.info.valueTypes[this.page.view.type]?.unit ?? '';
  }

  /** Asks the host to change what every view shows; it answers with a new state. */
  setView(view: PageViewChange): void {
    host.request('setView', { view }).catch((error: unknown) => this.fail(sentence(error), () => this.setView(view)));
  }

  setTab(tab: string): void {
    this.tab = tab;
    this.save({ tab });
    this.changed();
  }

  /**
   * A box or row was chosen, or nothing any more: every tab marks this function, and so do other views of the editor.
   * @param place its node of the call tree, where it stands for one: figures in the code are then of that
   */
  select(func: number | null, place: TreePlace | null = null): void {
    const key = JSON.stringify(place);
    if (this.selected === func && this.placeKey === key) return;
    this.selected = func;
    this.placeKey = key;
    this.save({ selected: func });
    host.request('select', { func, place }).catch(() => undefined);
    this.changed();
  }

  /** The function is selected and brought into sight: by another view of the editor, or on the way to a tab. */
  reveal(func: number): void {
    this.selected = func;
    this.save({ selected: func });
    this.reveals++;
    this.changed();
  }

  /** Shows a function in another tab. */
  show(tab: string, func: number): void {
    this.select(func);
    this.reveal(func);
    this.setTab(tab);
  }

  /** Opens a function's source, at a line of its file where one is given. */
  openSource(func: number, beside: boolean, line?: number): void {
    if (func < 0) return;
    host
      .request('openSource', { func, beside, ...(line ? { line } : {}) })
      .catch((error: unknown) => this.fail(sentence(error), () => this.openSource(func, beside, line)));
  }

  setSearch(search: string): void {
    if (search === this.search) return;
    this.search = search;
    this.save({ search });
    this.changed();
    void this.runSearch();
  }

  /** Takes the search away; false where there is none. */
  clearSearch(): boolean {
    if (this.search === '') return false;
    this.setSearch('');
    return true;
  }

  /** A later search overtakes an earlier one whose answer is still on its way. */
  private async runSearch(): Promise<void> {
    const turn = ++this.searchTurn;
    const search = this.search.trim();
    if (search === '' || !this.page) {
      this.matches = undefined;
      this.searchError = undefined;
      this.changed();
      return;
    }
    try {
      const answer = await ask('profile/search', { view: this.view, search });
      if (turn !== this.searchTurn) return;
      this.matches = { total: answer.total, funcs: new Set(answer.funcs) };
      // The server looks for a broken expression as text; finding nothing then deserves the reason.
      this.searchError = answer.funcs.length === 0 && isBroken(search) ? t('“{0}” is not a regular expression.', search) : undefined;
    } catch (error) {
      if (turn !== this.searchTurn) return;
      this.matches = undefined;
      this.searchError = sentence(error);
    }
    this.changed();
  }

  /** What lists are filtered by; empty without a search, and while it cannot be understood. */
  get query(): string {
    return this.searchError === undefined ? this.search.trim() : '';
  }

  fail(message: string, retry: () => void): void {
    this.error = {
      message,
      retry: () => {
        this.error = undefined;
        this.changed();
        retry();
      },
    };
    this.changed();
  }

  setHelp(open: boolean): void {
    this.help = open;
    this.changed();
  }

  save(part: Partial<Saved>): void {
    Object.assign(this.saved, part);
    saveState(this.saved);
  }

  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

export const store = new Store();

function isBroken(search: string): boolean {
  const between = /^\/(.+)\/([imsu]*)$/.exec(search);
  if (!between) return false;
  try {
    new RegExp(between[1]!, between[2]);
    return false;
  } catch {
    return true;
  }
}

/** An error as one sentence for the user. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' ? t('Something went wrong; the log has more.') : text;
}

import type { TreeGoal, TreeLevel } from '../../../src/protocol/tabs.js';
import { announce } from '../../shared/announce.js';
import { safeText, t } from '../../shared/format.js';
import { sentence, store } from '../store.js';
import { type Branch, Branches, type NodeRow, PAGE, type Spot } from './branches.js';

/** Where the rows of a tree come from, in the order that is chosen at the time. */
export interface TreeSource<R extends NodeRow> {
  /** Children of a node, a window of them; and what shares are shares of, where rows do not say. */
  load(
    node: number,
    offset: number,
    limit: number,
  ): Promise<{ readonly rows: readonly R[]; readonly count: number; readonly total?: number }>;
  /** The way to a goal from a node. @param limit rows of a window */
  way(node: number, goal: TreeGoal, limit: number): Promise<{ readonly levels: readonly TreeLevel<R>[] }>;
  /** Told of a chosen row. @param path functions from the root of the tree to it */
  select(row: R, path: readonly number[]): void;
}

/** What the tree shows and how one moves in it; the view draws it and feeds it with events. */
export class TreeController<R extends NodeRow> {
  branches = new Branches<R>();
  current: Spot<R> | undefined;
  /** The roots are there. */
  loaded = false;
  /** Value of the whole view: what shares are shares of. */
  whole = 0;
  /** The row to bring into sight; a new object each time. */
  reveal: { readonly index: number } | undefined;
  private asked = new Set<string>();
  private turn = 0;

  constructor(
    private readonly source: TreeSource<R>,
    private readonly changed: () => void,
  ) {}

  dispose(): void {
    this.turn++;
  }

  get currentIndex(): number {
    return this.current ? this.branches.indexOf(this.current) : -1;
  }

  /** Loads the tree anew, and goes to the selected function. */
  async reload(): Promise<void> {
    const turn = ++this.turn;
    this.branches = new Branches<R>();
    this.current = undefined;
    this.loaded = false;
    this.asked = new Set();
    this.changed();
    await this.load(this.branches.root, 0);
    if (turn === this.turn && store.selected !== null)
      await this.goTo({ kind: 'func', func: store.selected }, -1, this.branches.root, false);
  }

  readonly rowAt = (index: number): { readonly row: R; readonly spot: Spot<R> } | undefined => {
    const spot = this.branches.spot(index);
    const row = spot && this.branches.rowOf(spot);
    return row && { row, spot };
  };

  /** Makes sure that the rows in sight are there or asked for. */
  need(from: number, to: number): void {
    for (let index = from; index <= to; index++) {
      const spot = this.branches.spot(index);
      if (spot && !this.branches.rowOf(spot)) void this.load(spot.branch, Math.floor(spot.at / PAGE));
    }
  }

  select(spot: Spot<R>): void {
    this.current = spot;
    const row = this.branches.rowOf(spot);
    if (row)
      this.source.select(
        row,
        this.wayTo(spot).map(({ func }) => func),
      );
    this.changed();
  }

  deselect(): void {
    this.current = undefined;
    store.select(null);
    this.changed();
  }

  /** Rows from the root of the tree to one that is shown. */
  wayTo(spot: Spot<R>): R[] {
    const way: R[] = [];
    for (let at: Spot<R> | undefined = spot; at; ) {
      const row = this.branches.rowOf(at);
      if (row) way.unshift(row);
      const { parent, at: place }: Branch<R> = at.branch;
      at = parent && { branch: parent, at: place };
    }
    return way;
  }

  toggle(spot: Spot<R>): void {
    if (this.branches.below(spot)) this.collapse(spot);
    else this.expand(spot);
  }

  expand(spot: Spot<R>): void {
    const row = this.branches.rowOf(spot);
    if (!row || row.children === 0 || this.branches.below(spot)) return;
    void this.load(this.branches.open(spot, row.node, row.children), 0);
    this.changed();
  }

  collapse(spot: Spot<R>): void {
    this.branches.close(spot);
    this.changed();
  }

  /** Opens what takes most, from the current row (or the roots) inwards, and goes to its end. */
  async hotPath(): Promise<void> {
    const row = this.current && this.branches.rowOf(this.current);
    if (!row || !this.current) return void (await this.goTo({ kind: 'hot' }, -1, this.branches.root, true));
    if (row.children === 0) return announce(t('The path ends here: it calls nothing more.'));
    const below = this.branches.open(this.current, row.node, row.children);
    await this.goTo({ kind: 'hot' }, row.node, below, true);
  }

  /** Goes to the next row (or the one before) whose function the search finds, wherever in the tree. */
  async nextMatch(backward: boolean): Promise<void> {
    const search = store.search.trim();
    if (search === '') return;
    const from = (this.current && this.branches.rowOf(this.current)?.node) ?? -1;
    await this.goTo({ kind: 'match', search, backward }, from, this.branches.root, true);
  }

  revealFunction(func: number): void {
    if (this.current && this.branches.rowOf(this.current)?.func === func) return;
    void this.goTo({ kind: 'func', func }, -1, this.branches.root, false);
  }

  private async goTo(goal: TreeGoal, node: number, from: Branch<R>, choose: boolean): Promise<void> {
    const { turn } = this;
    try {
      const { levels } = await this.source.way(node, goal, PAGE);
      if (turn !== this.turn) return;
      const spot = this.branches.follow(from, levels);
      if (spot) {
        if (choose) this.select(spot);
        this.current = spot;
        this.reveal = { index: this.branches.indexOf(spot) };
        const row = this.branches.rowOf(spot);
        if (choose && row) announce(`${safeText(row.name)}, ${t('level {0}', spot.branch.level)}`);
      } else if (choose) announce(t(goal.kind === 'match' ? 'Nothing in this tree matches.' : 'The path ends here.'));
      this.changed();
    } catch (error) {
      if (turn === this.turn) store.fail(sentence(error), () => void this.goTo(goal, node, from, choose));
    }
  }

  private async load(branch: Branch<R>, page: number): Promise<void> {
    const { turn } = this;
    const key = `${branch.node} ${page}`;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    try {
      const answer = await this.source.load(branch.node, page * PAGE, PAGE);
      if (turn !== this.turn) return;
      branch.pages.set(page, answer.rows);
      if (branch.count !== answer.count) this.branches.setCount(branch, answer.count);
      this.loaded = true;
      this.whole = answer.total ?? 0;
      this.changed();
    } catch (error) {
      if (turn === this.turn) store.fail(sentence(error), () => void this.load(branch, page));
    } finally {
      // Closed and opened again, a branch asks anew.
      this.asked.delete(key);
    }
  }
}

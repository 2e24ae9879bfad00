import type { FunctionRow, SortKey, ViewParams } from '../../../src/protocol/lsp.js';
import { ask } from '../../shared/boot.js';

export interface Query {
  readonly view: ViewParams;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly search: string;
}

const PAGE = 200;

/** The rows of one query, fetched page by page as they come into sight. */
export class Rows {
  /** Functions that match, and the value of the whole profile; undefined until the first page is there. */
  count: number | undefined;
  whole = 0;
  private readonly pages = new Map<number, readonly FunctionRow[]>();
  private readonly asked = new Set<number>();
  private closed = false;

  constructor(
    readonly query: Query,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** A newer query has taken over: answers that still come are dropped. */
  close(): void {
    this.closed = true;
  }

  /** The row, or undefined while its page is on the way. */
  get(index: number): FunctionRow | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Makes sure that these rows are there or asked for. */
  need(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++) void this.load(page);
  }

  private async load(page: number): Promise<void> {
    if (this.asked.has(page) || (this.count !== undefined && page * PAGE >= this.count && page > 0)) return;
    this.asked.add(page);
    const { view, sort, descending, search } = this.query;
    try {
      const answer = await ask('profile/functions', {
        view,
        sort,
        descending,
        offset: page * PAGE,
        limit: PAGE,
        ...(search === '' ? {} : { search }),
      });
      if (this.closed) return;
      this.pages.set(page, answer.rows);
      this.count = answer.count;
      this.whole = answer.total;
      this.changed();
    } catch (error) {
      this.asked.delete(page);
      if (!this.closed) this.failed(error);
    }
  }

  /** Index of a function among the rows that are there and the first `most`; -1 when it is not among them. */
  async find(func: number, most = 5000): Promise<number> {
    for (let page = 0; page * PAGE < Math.min(most, this.count ?? most); page++) {
      await this.load(page);
      const at = this.pages.get(page)?.findIndex((row) => row.func === func) ?? -1;
      if (at >= 0) return page * PAGE + at;
      if (this.closed) return -1;
    }
    return -1;
  }
}

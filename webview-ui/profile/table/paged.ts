/** One window of rows, and how many there are in all. */
export interface Window<R> {
  readonly rows: readonly R[];
  readonly count: number;
}

/** Rows of one window. Windows before and after the ones in sight are fetched too, so that scrolling on meets rows that are there. */
const PAGE = 500;

/** The rows of one question, fetched window by window as they come into sight. */
export class Paged<R, A extends Window<R>> {
  /** What came with the first window that arrived; undefined until then. */
  first: A | undefined;
  private readonly pages = new Map<number, readonly R[]>();
  private readonly asked = new Set<number>();
  private closed = false;

  constructor(
    private readonly fetch: (offset: number, limit: number) => Promise<A>,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get count(): number | undefined {
    return this.first?.count;
  }

  /** A newer question has taken over: answers that still come are dropped. */
  close(): void {
    this.closed = true;
  }

  /** The row, or undefined while its window is on the way. */
  readonly get = (index: number): R | undefined => this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];

  /** Makes sure that these rows are there or asked for, those in sight first. */
  readonly need = (from: number, to: number): void => {
    const [first, last] = [Math.floor(from / PAGE), Math.floor(to / PAGE)];
    for (let page = first; page <= last; page++) void this.load(page);
    if (this.first === undefined) return;
    void this.load(last + 1);
    if (first > 0) void this.load(first - 1);
  };

  private async load(page: number): Promise<void> {
    if (this.asked.has(page) || (page > 0 && this.first !== undefined && page * PAGE >= this.first.count)) return;
    this.asked.add(page);
    try {
      const answer = await this.fetch(page * PAGE, PAGE);
      if (this.closed) return;
      this.pages.set(page, answer.rows);
      this.first ??= answer;
      this.changed();
    } catch (error) {
      this.asked.delete(page);
      if (!this.closed) this.failed(error);
    }
  }
}

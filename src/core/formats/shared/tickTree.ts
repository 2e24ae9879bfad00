interface Row<T> {
  readonly depth: number;
  readonly ticks: number;
  readonly value: T;
  below: number;
}

/**
 * An indented tree whose rows say what a function took with all that is below it in the text: a row's own ticks are what the rows
 * below leave, and are known when the tree has gone on elsewhere.
 */
export class TickTree<T> {
  private readonly path: Row<T>[] = [];

  /** @param own told of every row that has ticks of its own */
  constructor(private readonly own: (value: T, ticks: number) => void) {}

  /** Leaves what is at this depth or deeper, and gives the row that a row at this depth is below; undefined at the top. */
  parent(depth: number): T | undefined {
    for (let last = this.path.at(-1); last !== undefined && last.depth >= depth; last = this.path.at(-1)) {
      this.path.pop();
      if (last.ticks > last.below) this.own(last.value, last.ticks - last.below);
    }
    return this.path.at(-1)?.value;
  }

  /** Adds a row below `parent(depth)`. */
  add(depth: number, ticks: number, value: T): void {
    const parent = this.path.at(-1);
    if (parent !== undefined) parent.below += ticks;
    this.path.push({ depth, ticks, value, below: 0 });
  }

  /** Leaves all rows. */
  end(): void {
    this.parent(Number.NEGATIVE_INFINITY);
  }

  /** Whether no row is open. */
  get empty(): boolean {
    return this.path.length === 0;
  }
}

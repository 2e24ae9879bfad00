/** Where rows of boxes stand in a picture; CSS px. A box is 20 high; rows are 1 apart. */
export const BOX = 20;
export const PITCH = 21;
export const SIDE = 10;
export const TOP = 4;

/** How rows lie: from the top down, or from the bottom up. */
export interface Place {
  readonly upward: boolean;
  /** Height of the whole picture: the window's at least. */
  readonly height: number;
  readonly scrollTop: number;
  /** Rows hidden before the first one, may be a fraction while the picture moves. */
  readonly topRow: number;
}

/** Height of a picture of so many rows in a window. */
export function heightOf(rows: number, window: number): number {
  return Math.max(window, 2 * TOP + rows * PITCH);
}

/** Upper edge of a row's boxes in the window. */
export function rowTop({ upward, height, scrollTop, topRow }: Place, row: number): number {
  const from = (row - topRow) * PITCH;
  return (upward ? height - TOP - BOX - from : TOP + from) - scrollTop;
}

/** The row at a height of the window; a fraction, negative before the first row. */
export function rowAt({ upward, height, scrollTop, topRow }: Place, y: number): number {
  const from = y + scrollTop;
  return (upward ? height - TOP - from : from - TOP) / PITCH + topRow;
}

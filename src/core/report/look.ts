/** How reports look on this output: colours, and a width to keep to. */
export interface Look {
  /** Columns of the terminal; Infinity where nothing is cut (a file, a pipe). */
  readonly width: number;
  bold(text: string): string;
  dim(text: string): string;
  /** What got worse. */
  bad(text: string): string;
  /** What got better. */
  good(text: string): string;
}

const asItIs = (text: string): string => text;

/** Text for files and pipes. */
export const PLAIN: Look = { width: Number.POSITIVE_INFINITY, bold: asItIs, dim: asItIs, bad: asItIs, good: asItIs };

/** Text for a terminal that knows colours: only the sixteen that follow its theme. */
export function coloured(width: number): Look {
  const paint = (on: number, off: number) => (text: string) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
  return { width, bold: paint(1, 22), dim: paint(2, 22), bad: paint(31, 39), good: paint(32, 39) };
}

/** Where "next hot line" leads. Pure. */

/** Step (0..5) from which on a line is warm: below, it is lit but no place to go to while others are warmer. */
const WARM = 2;

interface Lit {
  /** 0-based. */
  readonly line: number;
  readonly step: number;
}

/** The warm line after (or before) a line, round the end of the file; the lit ones count where none is warm. @param lines in order */
export function nextAmong<L extends Lit>(lines: readonly L[], from: number, direction: 1 | -1): L | undefined {
  const warm = lines.filter(({ step }) => step >= WARM);
  const among = warm.length > 0 ? warm : lines;
  if (direction > 0) return among.find(({ line }) => line > from) ?? among[0];
  return among.findLast(({ line }) => line < from) ?? among.at(-1);
}

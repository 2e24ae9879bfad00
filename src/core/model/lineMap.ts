import { diffArrays } from 'diff';

/**
 * Where the lines of a recorded source stand in today's text, and back. Lines are 1-based; 0 means "no such line".
 * Trailing white space and line ends don't count as a change.
 */
export interface LineMap {
  /** Today's line of a recorded line; 0 when it was deleted. */
  now(line: number): number;
  /** Recorded line of one of today's; 0 when it is new. */
  recorded(line: number): number;
  /** Whether the text of a recorded line differs from that of its line today. */
  changed(line: number): boolean;
  /** Every line stands where it stood, unchanged. */
  readonly identical: boolean;
}

/** For files whose recorded text is unknown: every line is taken to be where it was. */
export const identityMap: LineMap = { now: (line) => line, recorded: (line) => line, changed: () => false, identical: true };

/** Edits that Myers' algorithm may look for in one gap before we make do with what the anchors tell. */
const MAX_EDITS = 400;
/** Cells of the similarity table of one gap; larger gaps are paired line by line only when they are equally long. */
const MAX_CELLS = 40_000;
/** A line counts as "the same one, edited" when at least this share of its words survived. */
const SIMILAR = 0.5;
/** Up to so many lines that were replaced by as many others are taken to be edited beyond likeness. */
const REWRITTEN = 4;

/** Maps the lines of `recorded` to those of `today`; a 10,000-line file takes a few milliseconds. */
export function mapLines(recorded: string, today: string): LineMap {
  if (recorded === today) return identityMap;
  const olds = splitLines(recorded);
  const news = splitLines(today);
  const toNow = new Int32Array(olds.length).fill(-1);
  const toOld = new Int32Array(news.length).fill(-1);
  const pair = (o: number, n: number) => {
    toNow[o] = n;
    toOld[n] = o;
  };
  const gaps: Gap[] = [];
  align({ o0: 0, o1: olds.length, n0: 0, n1: news.length }, olds, news, pair, gaps);
  if (gaps.length > 0) followMoves(olds, news, toNow, toOld, pair);
  const changed = new Uint8Array(olds.length);
  for (const gap of gaps) {
    pairEdited(gap, olds, news, toNow, toOld, (o, n) => {
      pair(o, n);
      changed[o] = 1;
    });
  }
  return {
    now: (line) => (toNow[line - 1] ?? -1) + 1,
    recorded: (line) => (toOld[line - 1] ?? -1) + 1,
    changed: (line) => changed[line - 1] === 1,
    identical: olds.length === news.length && gaps.length === 0,
  };
}

/** Lines without their ends and trailing white space; as editors count them, so a final newline opens one more, empty line. */
function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  for (let i = 0; i < lines.length; i++) lines[i] = lines[i]!.trimEnd();
  return lines;
}

/** Rows `o0..o1` of the old text face rows `n0..n1` of the new one. */
interface Gap {
  o0: number;
  o1: number;
  n0: number;
  n1: number;
}

/** Pairs equal lines in order (prefix, suffix, unique lines as anchors, then Myers), and leaves the unequal rest in `gaps`. */
function align(whole: Gap, olds: readonly string[], news: readonly string[], pair: (o: number, n: number) => void, gaps: Gap[]): void {
  const work: Gap[] = [whole];
  for (let gap = work.pop(); gap; gap = work.pop()) {
    while (gap.o0 < gap.o1 && gap.n0 < gap.n1 && olds[gap.o0] === news[gap.n0]) pair(gap.o0++, gap.n0++);
    while (gap.o0 < gap.o1 && gap.n0 < gap.n1 && olds[gap.o1 - 1] === news[gap.n1 - 1]) pair(--gap.o1, --gap.n1);
    if (gap.o0 === gap.o1 && gap.n0 === gap.n1) continue;
    if (gap.o0 === gap.o1 || gap.n0 === gap.n1) {
      gaps.push(gap);
      continue;
    }
    const anchors = uniqueAnchors(gap, olds, news);
    if (anchors.length > 0) {
      let { o0, n0 } = gap;
      for (const [o, n] of [...anchors, [gap.o1, gap.n1] as const]) {
        work.push({ o0, o1: o, n0, n1: n });
        if (o < gap.o1) pair(o, n);
        o0 = o + 1;
        n0 = n + 1;
      }
    } else myers(gap, olds, news, pair, gaps);
  }
}

/** Lines that occur once on each side, as the longest run that keeps its order (patience diff): anchors that a reader would choose too. */
function uniqueAnchors(gap: Gap, olds: readonly string[], news: readonly string[]): (readonly [number, number])[] {
  const where = uniqueRows(olds, gap.o0, gap.o1);
  const pairs: (readonly [number, number])[] = [];
  for (const [text, n] of uniqueRows(news, gap.n0, gap.n1)) {
    const o = where.get(text) ?? -1;
    if (n >= 0 && o >= 0 && text !== '') pairs.push([o, n]);
  }
  pairs.sort((a, b) => a[1] - b[1]);
  return longestIncreasing(pairs);
}

/** Text → its row, -1 for a text that occurs more than once. */
function uniqueRows(lines: readonly string[], from: number, to: number): Map<string, number> {
  const rows = new Map<string, number>();
  for (let i = from; i < to; i++) {
    const text = lines[i]!;
    rows.set(text, rows.has(text) ? -1 : i);
  }
  return rows;
}

/** Longest run of pairs (sorted by their second part) whose first parts rise. */
function longestIncreasing(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tails[middle]!]![0] < pairs[i]![0]) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = i;
  }
  const run: (readonly [number, number])[] = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i]!) run.push(pairs[i]!);
  return run.reverse();
}

/** Myers on a gap without anchors; one that would take too many edits stays a gap as a whole. */
function myers(gap: Gap, olds: readonly string[], news: readonly string[], pair: (o: number, n: number) => void, gaps: Gap[]): void {
  const changes = diffArrays(olds.slice(gap.o0, gap.o1), news.slice(gap.n0, gap.n1), { maxEditLength: MAX_EDITS });
  if (!changes) {
    gaps.push(gap);
    return;
  }
  let { o0, n0 } = gap;
  let o = o0;
  let n = n0;
  const close = () => {
    if (o > o0 || n > n0) gaps.push({ o0, o1: o, n0, n1: n });
  };
  for (const change of changes) {
    if (change.added) n += change.count;
    else if (change.removed) o += change.count;
    else {
      close();
      for (let i = 0; i < change.count; i++) pair(o++, n++);
      o0 = o;
      n0 = n;
    }
  }
  close();
}

/** A block that was moved elsewhere keeps its figures: lines unique on both sides are found again and grown up and down. */
function followMoves(
  olds: readonly string[],
  news: readonly string[],
  toNow: Int32Array,
  toOld: Int32Array,
  pair: (o: number, n: number) => void,
): void {
  const rows = uniqueRows(news, 0, news.length);
  for (const [text, old] of uniqueRows(olds, 0, olds.length)) {
    const start = rows.get(text) ?? -1;
    if (old < 0 || start < 0 || text.trim().length < 4 || toNow[old] !== -1 || toOld[start] !== -1) continue;
    pair(old, start);
    for (const step of [-1, 1]) {
      let o = old + step;
      let n = start + step;
      while (toNow[o] === -1 && toOld[n] === -1 && olds[o] === news[n]) {
        pair(o, n);
        o += step;
        n += step;
      }
    }
  }
}

/** In what is left, pairs the lines that were edited in place: similar ones in order, then equally long stretches between them. */
function pairEdited(
  gap: Gap,
  olds: readonly string[],
  news: readonly string[],
  toNow: Int32Array,
  toOld: Int32Array,
  pair: (o: number, n: number) => void,
): void {
  const left: number[] = [];
  const right: number[] = [];
  for (let o = gap.o0; o < gap.o1; o++) if (toNow[o] === -1 && olds[o] !== '') left.push(o);
  for (let n = gap.n0; n < gap.n1; n++) if (toOld[n] === -1 && news[n] !== '') right.push(n);
  const anchors = left.length * right.length <= MAX_CELLS ? similarPairs(left, right, olds, news) : [];
  let i = 0;
  let j = 0;
  for (const [a, b] of [...anchors, [left.length, right.length] as const]) {
    const run = a - i;
    for (let k = 0; k < run && run === b - j; k++) {
      const o = left[i + k]!;
      const n = right[j + k]!;
      if (run <= REWRITTEN || similarity(words(olds[o]!), words(news[n]!)) >= SIMILAR) pair(o, n);
    }
    if (a < left.length) pair(left[a]!, right[b]!);
    i = a + 1;
    j = b + 1;
  }
}

/** The pairing in order with the greatest sum of similarities (as indexes into `left` and `right`). */
function similarPairs(left: readonly number[], right: readonly number[], olds: readonly string[], news: readonly string[]) {
  const width = right.length + 1;
  const best = new Float64Array((left.length + 1) * width);
  const score = new Float64Array(left.length * right.length);
  const rightWords = right.map((n) => words(news[n]!));
  for (let i = left.length - 1; i >= 0; i--) {
    const mine = words(olds[left[i]!]!);
    for (let j = right.length - 1; j >= 0; j--) {
      const s = similarity(mine, rightWords[j]!);
      score[i * right.length + j] = s;
      const taken = s >= SIMILAR ? s + best[(i + 1) * width + j + 1]! : 0;
      best[i * width + j] = Math.max(taken, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const s = score[i * right.length + j]!;
    const value = best[i * width + j]!;
    if (s >= SIMILAR && value === s + best[(i + 1) * width + j + 1]!) pairs.push([i++, j++]);
    else if (value === best[(i + 1) * width + j]!) i++;
    else j++;
  }
  return pairs;
}

function words(line: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of line.slice(0, 500).match(/\w+|[^\s\w]/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Shared words (with their multiplicity) as a share of both lines', 0..1; longer words weigh more. */
function similarity(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  let all = 0;
  for (const [word, count] of a) {
    shared += 2 * word.length * Math.min(count, b.get(word) ?? 0);
    all += word.length * count;
  }
  for (const [word, count] of b) all += word.length * count;
  return all === 0 ? 0 : shared / all;
}

import { changeNoise, spreadOf } from './changeNoise.js';
import { type ComparedSide, type Comparison, runSizes } from './compare.js';
import { type FileLines, type LineTable, lineTable } from './lines.js';
import type { Profile } from './profile.js';

/** A line of either profile. Figures are scaled, means of several runs. */
export interface ComparedLine {
  /** File and line in the new profile; where the line is gone, in the base. */
  readonly file: string;
  readonly line: number;
  /** File and line in the base; line 0 where it is new. */
  readonly wasFile: string;
  readonly wasLine: number;
  readonly isGone: boolean;
  baseSelf: number;
  baseTotal: number;
  nextSelf: number;
  nextTotal: number;
  /** Half the 95 % interval of the change in self (`changeNoise`); NaN where it is not known. */
  noise: number;
  totalNoise: number;
}

/** Where the lines of a file of the base stand in the new one, by line (1-based); 0: nowhere. From the recorded sources. */
export type MovedLines = ReadonlyMap<string, Int32Array>;

/**
 * Lines of both profiles. A line of the base is found again where the recorded sources say (`moved`, by the base's name of
 * the file); where they are not known, or do not say, at the same distance from its function's first line.
 */
export function compareLines(comparison: Comparison, moved?: MovedLines): ComparedLine[] {
  const { base, next, pairing } = comparison;
  const [was, now] = [sideLines(comparison, base), sideLines(comparison, next)];
  const place = placing(comparison, moved);
  const rows = new Map<string, Map<number, ComparedLine>>();
  const lines: ComparedLine[] = [];
  /** Of several runs only. */
  const [beforeSpread, afterSpread] = [new Map<ComparedLine, Spread>(), new Map<ComparedLine, Spread>()];
  const fileIndex = new Map(base.profile.strings.map((text, index) => [text, index]));
  for (const [file, figures] of was.table.files) {
    const ofFile = fileIndex.get(file)!;
    const sameFile = pairing.nextFileOf.get(ofFile);
    each(figures, base.scale, (line, baseSelf, baseTotal) => {
      const to = place(ofFile, file, line, sameFile);
      const known = to === undefined ? undefined : rows.get(to.file)?.get(to.line);
      if (known !== undefined) {
        // Two functions moved onto each other: their totals may overlap.
        known.baseSelf += baseSelf;
        known.baseTotal = Math.max(known.baseTotal, baseTotal);
        return;
      }
      const isGone = to === undefined;
      const row = newLine(to?.file ?? file, to?.line ?? line, file, line, isGone);
      row.baseSelf = baseSelf;
      row.baseTotal = baseTotal;
      lines.push(row);
      if (base.repeated !== undefined) beforeSpread.set(row, was.spread(file, line));
      if (to !== undefined) ofMap(rows, to.file).set(to.line, row);
    });
  }
  for (const [file, figures] of now.table.files) {
    each(figures, next.scale, (line, nextSelf, nextTotal) => {
      let row = rows.get(file)?.get(line);
      if (row === undefined) {
        row = newLine(file, line, '', 0, false);
        lines.push(row);
      }
      row.nextSelf = nextSelf;
      row.nextTotal = nextTotal;
      if (next.repeated !== undefined) afterSpread.set(row, now.spread(file, line));
    });
  }
  for (const row of lines) {
    const [was, now] = [beforeSpread.get(row) ?? NONE, afterSpread.get(row) ?? NONE];
    row.noise = changeNoise(base, row.baseSelf, next, row.nextSelf, was.self, now.self);
    row.totalNoise = changeNoise(base, row.baseTotal, next, row.nextTotal, was.total, now.total);
  }
  return lines;
}

interface Spread {
  readonly self: number;
  readonly total: number;
}
const NONE: Spread = { self: 0, total: 0 };

/** Written out: there are hundreds of thousands of lines, and copying objects costs several times as much. */
function newLine(file: string, line: number, wasFile: string, wasLine: number, isGone: boolean): ComparedLine {
  return {
    file,
    line,
    wasFile,
    wasLine,
    isGone,
    baseSelf: 0,
    baseTotal: 0,
    nextSelf: 0,
    nextTotal: 0,
    noise: Number.NaN,
    totalNoise: Number.NaN,
  };
}

/** Lines of one side, unscaled, and how far its runs are from their mean (in the compared unit, squared). */
export interface SideLines {
  readonly table: LineTable;
  spread(file: string, line: number): Spread;
}

/** The lines of a side of a comparison. */
export function sideLines({ normalize }: Comparison, side: ComparedSide): SideLines {
  const { profile, spec, repeated, scale } = side;
  const table = lineTable(profile, spec);
  if (repeated === undefined) return { table, spread: () => NONE };
  const runs = repeated.profiles.map((run, i) => lineTable(run, repeated.specs[i]!));
  const sizes = runSizes(side, normalize);
  return {
    table,
    spread(file, line) {
      const found = runs.map(({ files }) => {
        const figures = files.get(file);
        const at = figures === undefined ? -1 : rowOf(figures.line, line);
        return at < 0 ? NONE : { self: figures!.self[at]!, total: figures!.total[at]! };
      });
      const spread = (kind: 'self' | 'total') =>
        spreadOf(
          found.map((one) => one[kind]),
          sizes,
          scale,
        );
      return { self: spread('self'), total: spread('total') };
    },
  };
}

/** Row of a line in a file's sorted lines; -1 when it is none of them. */
function rowOf(lines: Int32Array, line: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]! < line) low = middle + 1;
    else high = middle;
  }
  return lines[low] === line ? low : -1;
}

/** Where a line of the base stands in the new profile; undefined where it is gone. */
function placing({ base, next, pairing }: Comparison, moved: MovedLines | undefined) {
  const owners = lineOwners(base.profile);
  const { strings, functions } = next.profile;
  return (ofFile: number, file: string, line: number, sameFile: number | undefined) => {
    const told = sameFile === undefined ? undefined : moved?.get(file);
    if (told !== undefined && (told[line] ?? 0) > 0) return { file: strings[sameFile!]!, line: told[line]! };
    const owner = owners.get(ofFile * 2 ** 31 + line) ?? -1;
    const other = owner < 0 ? -1 : pairing.nextOf[owner]!;
    // The sources say that the line was deleted: only its function can have taken it to another file.
    if (told !== undefined && (other < 0 || functions.file[other] === sameFile)) return undefined;
    if (other < 0 && (owner >= 0 || sameFile === undefined)) return undefined;
    const starts = other < 0 ? [0, 0] : [base.profile.functions.startLine[owner]!, functions.startLine[other]!];
    const now = starts[0]! > 0 && starts[1]! > 0 ? line - starts[0]! + starts[1]! : line;
    return { file: strings[other >= 0 ? functions.file[other]! : sameFile!]!, line: now };
  };
}

function each({ line, self, total }: FileLines, scale: number, visit: (line: number, self: number, total: number) => void): void {
  for (let i = 0; i < line.length; i++) visit(line[i]!, self[i]! * scale, total[i]! * scale);
}

function ofMap<V>(maps: Map<string, Map<number, V>>, key: string): Map<number, V> {
  let found = maps.get(key);
  if (found === undefined) {
    found = new Map();
    maps.set(key, found);
  }
  return found;
}

/** The innermost function of every (file, line): of several that share the line, the one that starts last. */
function lineOwners({ lines, functions }: Profile): Map<number, number> {
  const owners = new Map<number, number>();
  const add = (func: number, line: number) => {
    if (line <= 0) return;
    const key = functions.file[func]! * 2 ** 31 + line;
    const known = owners.get(key);
    const start = functions.startLine[func]!;
    if (known === undefined || (start <= line && start > functions.startLine[known]!)) owners.set(key, func);
  };
  for (let row = 0; row < lines.length; row++) add(lines.func[row]!, lines.line[row]!);
  for (let func = 0; func < functions.length; func++) add(func, functions.startLine[func]!);
  return owners;
}

import { type FunctionLine, functionLines } from '../model/functionLines.js';
import { functionTable } from '../model/functionTable.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { formatShare, formatValue } from '../model/units.js';
import { type JsonFigure, jsonFigure, plain } from './figures.js';
import { type Look, PLAIN } from './look.js';
import { matchingFunctions, type NamedFigures, place } from './peek.js';
import { dialect, headline } from './top.js';
import { typeOf } from './view.js';

/** Text of a file's line (1-based), where it is at hand. */
export type LineSource = (file: string, line: number) => string | undefined;

/** `heatline list --json`: figures of the lines that a function ran. */
export interface ListJson {
  readonly valueType: ValueType;
  readonly total: JsonFigure;
  readonly functions: readonly (NamedFigures & {
    readonly lines: readonly {
      readonly line: number;
      readonly self: JsonFigure;
      readonly total: JsonFigure;
      readonly source: string | null;
    }[];
  })[];
}

/** Lines shown around those with figures where a function's ends are not known: pprof's margin. */
const MARGIN = 5;
/** A function's end is looked for at most so far behind its last line with figures; a longer gap is left out. */
const REACH = 200;
const GAP = 300;
const WIDTH = 10;

/** The lines of the functions that a regular expression means. @throws UserError for what is none */
export function listJson(profile: Profile, spec: ViewSpec, expression: string, source: LineSource): ListJson {
  const figures = functionTable(profile, spec);
  const lines = functionLines(profile, spec);
  return {
    valueType: typeOf(profile, spec),
    total: jsonFigure(figures.exact?.sum ?? figures.sum),
    functions: matchingFunctions(profile, spec, expression).map((func) => {
      const where = place(profile, func);
      return {
        ...where,
        self: jsonFigure(figures.self[func]!),
        total: jsonFigure(figures.total[func]!),
        calls: figures.calls === undefined ? null : jsonFigure(figures.calls[func]!),
        lines: lines(func).map(({ line, self, total }) => ({
          line,
          self: jsonFigure(self),
          total: jsonFigure(total),
          source: source(where.file, line) ?? null,
        })),
      };
    }),
  };
}

/** The same to read, laid out as `go tool pprof -list`: the whole function, figures beside its lines. */
export function* listText(profile: Profile, spec: ViewSpec, expression: string, source: LineSource, look: Look = PLAIN): Generator<string> {
  const figures = functionTable(profile, spec);
  const lines = functionLines(profile, spec);
  const { unit } = typeOf(profile, spec);
  const names = dialect(profile);
  const cell = (value: number | undefined) => (value === undefined || value === 0 ? '.' : formatValue(value, unit)).padStart(WIDTH);
  yield `${look.bold(headline(profile, spec, figures))}\n`;
  const found = matchingFunctions(profile, spec, expression);
  if (found.length === 0) yield `No function with figures matches ${plain(expression)}.\n`;
  for (const func of found) {
    const { name, file, line: start } = place(profile, func);
    const own = lines(func).filter(({ line }) => line > 0);
    const total = figures.total[func]!;
    yield look.bold(`ROUTINE ======================== ${plain(name)} in ${plain(file === '' ? '?' : file)}\n`);
    const share = formatShare(figures.sum === 0 ? 0 : total / figures.sum);
    yield `${cell(figures.self[func])} ${cell(total)} (${names.self}, ${names.total}) ${share} of ${formatValue(figures.sum, unit)}\n`;
    const byLine = new Map(own.map((line) => [line.line, line]));
    const text = (line: number) => source(file, line);
    if (own.length > 0 && text(own[0]!.line) === undefined && text(start) === undefined)
      yield ' '.repeat(2 * WIDTH + 2).concat('no source at hand\n');
    let before = 0;
    for (const line of shownLines(own, start, text)) {
      if (before > 0 && line > before + 1) yield `${' '.repeat(2 * WIDTH + 2)}    …\n`;
      before = line;
      const figure = byLine.get(line);
      const body = plain((text(line) ?? '').trimEnd().replaceAll('\t', '    '));
      const row = `${cell(figure?.self)} ${cell(figure?.total)} ${String(line).padStart(6)}:${body}`.slice(0, look.width);
      yield `${figure === undefined ? look.dim(row) : row}\n`;
    }
  }
}

/** Lines of the whole function, as far as its source and figures tell; parts far from each other without what lies between. */
function shownLines(own: readonly FunctionLine[], start: number, text: (line: number) => string | undefined): number[] {
  if (own.length === 0)
    return start > 0 && text(start) !== undefined ? span(start, lastLine(start, start, text)) : start > 0 ? [start] : [];
  const last = own.at(-1)!.line;
  const hasText = text(last) !== undefined;
  const first = start > 0 ? start : Math.max(1, own[0]!.line - (hasText ? MARGIN : 0));
  const end = hasText ? lastLine(start, last, text) : last;
  const lines = [...new Set([first, ...own.map(({ line }) => line), end])].sort((a, b) => a - b);
  return lines.flatMap((line, i) => (i === 0 ? [line] : line - lines[i - 1]! <= GAP ? span(lines[i - 1]! + 1, line) : [line]));
}

/** Where the function ends: before the next line that is indented no deeper than its first, with a closing bracket's line. */
function lastLine(start: number, last: number, text: (line: number) => string | undefined): number {
  const head = start > 0 ? text(start) : undefined;
  if (head === undefined || head.trim() === '') {
    let end = last;
    while (end < last + MARGIN && text(end + 1) !== undefined) end++;
    return end;
  }
  const indent = depth(head);
  let end = last;
  for (let line = last + 1; line <= last + REACH; line++) {
    const body = text(line);
    if (body === undefined) break;
    if (body.trim() === '') continue;
    if (depth(body) <= indent) return /^\s*(?:[})\]]|end\b)/.test(body) ? line : end;
    end = line;
  }
  return end;
}

function depth(text: string): number {
  return text.length - text.trimStart().length;
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

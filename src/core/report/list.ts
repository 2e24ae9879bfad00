import { functionTable } from '../model/functionTable.js';
import { lineTable } from '../model/lines.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { formatShare, formatValue } from '../model/units.js';
import { type JsonFigure, jsonFigure, nameAndPlace, plain, table } from './figures.js';
import { matchingFunctions, type NamedFigures, place } from './peek.js';
import { headline } from './top.js';
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

interface Line {
  readonly line: number;
  readonly self: number;
  readonly total: number;
}

/** Lines of a function that have figures. Where counts know no lines, it is the first one with the whole function's. */
function linesOf(profile: Profile, spec: ViewSpec): (func: number) => Line[] {
  const { files } = lineTable(profile, spec);
  const own = new Map<number, Set<number>>();
  for (let row = 0; row < profile.lines.length; row++) {
    const func = profile.lines.func[row]!;
    const known = own.get(func);
    if (known === undefined) own.set(func, new Set([profile.lines.line[row]!]));
    else known.add(profile.lines.line[row]!);
  }
  return (func) => {
    const { file, line: start } = place(profile, func);
    const figures = files.get(file);
    const mine = own.get(func) ?? new Set([start]);
    if (figures === undefined) return [];
    const lines: Line[] = [];
    for (let i = 0; i < figures.line.length; i++) {
      const line = figures.line[i]!;
      if (mine.has(line)) lines.push({ line, self: figures.self[i]!, total: figures.total[i]! });
    }
    return lines;
  };
}

/** The lines of the functions that a regular expression means. @throws UserError for what is none */
export function listJson(profile: Profile, spec: ViewSpec, expression: string, source: LineSource): ListJson {
  const figures = functionTable(profile, spec);
  const lines = linesOf(profile, spec);
  return {
    valueType: typeOf(profile, spec),
    total: jsonFigure(figures.sum),
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

/** The same to read, with the source between the lines that have figures. */
export function* listText(profile: Profile, spec: ViewSpec, expression: string, source: LineSource): Generator<string> {
  const figures = functionTable(profile, spec);
  const lines = linesOf(profile, spec);
  const { unit } = typeOf(profile, spec);
  yield `${headline(profile, spec, figures)}\n`;
  for (const func of matchingFunctions(profile, spec, expression)) {
    const { name, file, line: start } = place(profile, func);
    const own = new Map(lines(func).map((line) => [line.line, line]));
    const total = figures.total[func]!;
    yield `\n${nameAndPlace(name, file, start)}: ${formatValue(figures.self[func]!, unit)} self, ${formatValue(total, unit)} total (${formatShare(figures.sum === 0 ? 0 : total / figures.sum)})\n`;
    yield table(
      ['line', 'self', 'total', ''],
      shown([...own.keys()], start).map((line) => {
        const figure = own.get(line);
        const text = plain((source(file, line) ?? '').trimEnd().replaceAll('\t', '    '));
        const cell = (value: number | undefined) => (value === undefined ? '.' : formatValue(value, unit));
        return [String(line), cell(figure?.self), cell(figure?.total), text];
      }),
    );
  }
}

/** Lines from the function's first to its last with figures; far apart ones (a nested module) without what lies between. */
function shown(lines: readonly number[], start: number): number[] {
  const first = Math.min(...lines, start > 0 ? start : Number.POSITIVE_INFINITY);
  const last = Math.max(...lines, start);
  if (!Number.isFinite(first) || last - first > 300) return [...lines].sort((a, b) => a - b);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

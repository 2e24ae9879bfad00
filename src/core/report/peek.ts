import { functionTable } from '../model/functionTable.js';
import { calleesOf, callersOf, type Neighbour } from '../model/neighbours.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { formatCount, formatShare, formatValue } from '../model/units.js';
import { functionMatcher } from '../model/weights.js';
import { type JsonFigure, jsonFigure, nameAndPlace } from './figures.js';
import { headline } from './top.js';
import { typeOf } from './view.js';

/** A function, as reports name it. */
export interface NamedFigures {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly self: JsonFigure;
  readonly total: JsonFigure;
  readonly calls: JsonFigure | null;
}

/** `heatline peek --json`. */
export interface PeekJson {
  readonly valueType: ValueType;
  readonly total: JsonFigure;
  readonly functions: readonly (NamedFigures & { readonly callers: readonly NamedFigures[]; readonly callees: readonly NamedFigures[] })[];
}

/** Functions of the view that a regular expression means, by name or file, largest total first. @throws UserError */
export function matchingFunctions(profile: Profile, spec: ViewSpec, expression: string): number[] {
  const flags = functionMatcher(profile, expression);
  const { self, total, calls } = functionTable(profile, spec);
  const found: number[] = [];
  for (let func = 0; func < flags.length; func++) {
    const used = self[func] !== 0 || total[func] !== 0 || (calls?.[func] ?? 0) > 0;
    if (flags[func] === 1 && used) found.push(func);
  }
  return found.sort((a, b) => total[b]! - total[a]! || self[b]! - self[a]! || a - b);
}

/** Who called the functions, and what they called. @throws UserError for what is no regular expression */
export function peekJson(profile: Profile, spec: ViewSpec, expression: string): PeekJson {
  const figures = functionTable(profile, spec);
  const named = ({ func, self, total, calls }: Omit<Neighbour, 'primitive'>): NamedFigures => ({
    ...place(profile, func),
    self: jsonFigure(self),
    total: jsonFigure(total),
    calls: calls === null ? null : jsonFigure(calls),
  });
  return {
    valueType: typeOf(profile, spec),
    total: jsonFigure(figures.sum),
    functions: matchingFunctions(profile, spec, expression).map((func) => ({
      ...named({ func, self: figures.self[func]!, total: figures.total[func]!, calls: figures.calls?.[func] ?? null }),
      callers: callersOf(profile, spec, func).map(named),
      callees: calleesOf(profile, spec, func).map(named),
    })),
  };
}

/** The same to read: callers above, the function, callees below. */
export function* peekText(profile: Profile, spec: ViewSpec, expression: string): Generator<string> {
  const figures = functionTable(profile, spec);
  const { unit } = typeOf(profile, spec);
  yield `${headline(profile, spec, figures)}\n`;
  const row = (total: number, self: number, calls: number | null, mark: string, func: number): string => {
    const { name, file, line } = place(profile, func);
    const share = formatShare(figures.sum === 0 ? 0 : total / figures.sum);
    const times = calls === null ? '' : ` ×${formatCount(calls)}`;
    const cells = [formatValue(total, unit).padStart(10), share.padStart(7), formatValue(self, unit).padStart(10)];
    return `${cells.join('  ')}  ${mark}${nameAndPlace(name, file, line)}${times}\n`;
  };
  for (const func of matchingFunctions(profile, spec, expression)) {
    yield `\n${'total'.padStart(10)}  ${'%'.padStart(7)}  ${'self'.padStart(10)}\n`;
    for (const { func: other, self, total, calls } of callersOf(profile, spec, func))
      yield row(total, self, calls, '    called by ', other);
    yield row(figures.total[func]!, figures.self[func]!, figures.calls?.[func] ?? null, '', func);
    for (const { func: other, self, total, calls } of calleesOf(profile, spec, func)) yield row(total, self, calls, '    calls ', other);
  }
}

export function place(profile: Profile, func: number): { name: string; file: string; line: number } {
  const { functions, strings } = profile;
  return { name: strings[functions.name[func]!]!, file: strings[functions.file[func]!]!, line: functions.startLine[func]! };
}

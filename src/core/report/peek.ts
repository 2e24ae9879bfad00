import { functionTable } from '../model/functionTable.js';
import { type Neighbour, neighboursOf } from '../model/neighbours.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { formatCount, formatShare, formatValue } from '../model/units.js';
import { functionMatcher } from '../model/weights.js';
import { type JsonFigure, jsonFigure, nameAndPlace, plain } from './figures.js';
import { type Look, PLAIN } from './look.js';
import { dialect, headline } from './top.js';
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
  const found = matchingFunctions(profile, spec, expression);
  const { callers, callees } = neighboursOf(profile, spec, found);
  return {
    valueType: typeOf(profile, spec),
    total: jsonFigure(figures.sum),
    functions: found.map((func) => ({
      ...named({ func, self: figures.self[func]!, total: figures.total[func]!, calls: figures.calls?.[func] ?? null }),
      callers: (callers.get(func) ?? []).map(named),
      callees: (callees.get(func) ?? []).map(named),
    })),
  };
}

const RULE = `${'-'.repeat(58)}+${'-'.repeat(13)}\n`;

/** The same to read, laid out as `go tool pprof -peek`: callers above, the function, callees below. */
export function* peekText(profile: Profile, spec: ViewSpec, expression: string, look: Look = PLAIN): Generator<string> {
  const figures = functionTable(profile, spec);
  const { unit } = typeOf(profile, spec);
  const names = dialect(profile);
  const value = (figure: number) => formatValue(figure, unit).padStart(10);
  const share = (part: number, whole: number) => formatShare(whole === 0 ? 0 : part / whole).padStart(7);
  const named = (func: number, calls: number | null) => {
    const { name, file, line } = place(profile, func);
    return `${nameAndPlace(name, file, line)}${calls === null ? '' : ` ×${formatCount(calls)}`}`;
  };
  yield `${look.bold(headline(profile, spec, figures))}\n${RULE}`;
  const columns = [names.self, `${names.self}%`, 'sum%', names.total, `${names.total}%`, 'calls', 'calls%'];
  const widths = [10, 7, 7, 10, 7, 10, 7];
  yield `${look.bold(`${columns.map((title, i) => title.padStart(widths[i]!)).join(' ')} + context`)}\n${RULE}`;
  let sum = 0;
  const found = matchingFunctions(profile, spec, expression);
  if (found.length === 0) yield `No function with figures matches ${plain(expression)}.\n`;
  const { callers, callees } = neighboursOf(profile, spec, found);
  for (const func of found) {
    const total = figures.total[func]!;
    const self = figures.self[func]!;
    const neighbour = ({ func: other, total: part, calls }: Neighbour) =>
      `${look.dim(`${' '.repeat(46)}${value(part)} ${share(part, total)} |   ${named(other, calls)}`)}\n`;
    for (const caller of callers.get(func) ?? []) yield neighbour(caller);
    sum += self;
    const own = [value(self), share(self, figures.sum), share(sum, figures.sum), value(total), share(total, figures.sum)];
    yield `${own.join(' ')}${' '.repeat(19)} | ${named(func, figures.calls?.[func] ?? null)}\n`;
    for (const callee of callees.get(func) ?? []) yield neighbour(callee);
    yield RULE;
  }
}

export function place(profile: Profile, func: number): { name: string; file: string; line: number } {
  const { functions, strings } = profile;
  return { name: strings[functions.name[func]!]!, file: strings[functions.file[func]!]!, line: functions.startLine[func]! };
}

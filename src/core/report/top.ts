import { type FunctionTable, functionTable } from '../model/functionTable.js';
import { nativeUse } from '../model/nativeUse.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { isSummed } from '../model/summed.js';
import { formatCount, formatShare, formatType, formatValue, plural, secondsPer } from '../model/units.js';
import { functionMatcher, weigh } from '../model/weights.js';
import { type JsonFigure, type JsonNative, jsonFigure, jsonNative, nameAndPlace, nativeText, table } from './figures.js';
import { type Look, PLAIN } from './look.js';
import { hasFilter, typeOf } from './view.js';

export type SortKey = 'self' | 'total' | 'calls';

export interface TopOptions {
  readonly sort?: SortKey;
  /** Rows to give; all when absent. */
  readonly rows?: number;
  readonly look?: Look;
}

/** `heatline top --json` (contract). */
export interface TopJson {
  readonly format: string;
  readonly valueType: ValueType;
  readonly valueTypes: readonly ValueType[];
  readonly total: JsonFigure;
  readonly samples: number;
  readonly durationNanos: number | null;
  readonly threads: readonly string[];
  readonly functions: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly self: JsonFigure;
    readonly total: JsonFigure;
    readonly calls: JsonFigure | null;
    /** Compiled code that the function called itself, by library, not in `self`; absent where it is not told apart. */
    readonly native?: readonly JsonNative[];
  }[];
}

/** The functions of a view as JSON, largest first. @throws UserError for a focus or ignore that is no regular expression */
export function topJson(profile: Profile, spec: ViewSpec, options: TopOptions = {}): TopJson {
  const figures = functionTable(profile, spec);
  const order = sortedFunctions(profile, spec, figures, options.sort ?? 'self');
  const { functions, strings } = profile;
  const exact = figures.exact;
  const native = nativeUse(profile, spec);
  return {
    format: profile.format,
    valueType: typeOf(profile, spec),
    valueTypes: profile.sampleTypes.map(({ type, unit }) => ({ type, unit })),
    total: jsonFigure(exact?.sum ?? figures.sum),
    samples: samplesIn(profile, spec, figures),
    durationNanos: profile.durationNanos ?? null,
    threads: profile.threads,
    functions: Array.from(order.slice(0, options.rows), (func) => ({
      name: strings[functions.name[func]!]!,
      file: strings[functions.file[func]!]!,
      line: functions.startLine[func]!,
      self: jsonFigure(exact?.self[func] ?? figures.self[func]!),
      total: jsonFigure(exact?.total[func] ?? figures.total[func]!),
      calls: figures.calls === undefined ? null : jsonFigure(figures.calls[func]!),
      ...(native && { native: native.ofFunction(func).map(jsonNative) }),
    })),
  };
}

/** The same as a table to read. Columns are named as the reader of that kind of profile knows them. */
export function topText(profile: Profile, spec: ViewSpec, options: TopOptions = {}): string {
  const figures = functionTable(profile, spec);
  const sort = options.sort ?? 'self';
  // What ran without any of what is measured (waiting, where CPU is shown) is left to JSON.
  const order = sortedFunctions(profile, spec, figures, sort).filter(
    (func) => figures.self[func] !== 0 || figures.total[func] !== 0 || (figures.calls?.[func] ?? 0) > 0,
  );
  const shown = order.slice(0, options.rows);
  const type = typeOf(profile, spec);
  const names = dialect(profile);
  const { functions, strings } = profile;
  const share = (value: number) => formatShare(figures.sum === 0 ? 0 : value / figures.sum);
  const use = nativeUse(profile, spec);
  const compiled = Array.from(shown, (func) => nativeText(use?.ofFunction(func), type.unit));
  const hasNative = compiled.some((text) => text !== '');
  const rows = Array.from(shown, (func, i) => {
    const self = figures.self[func]!;
    const total = figures.total[func]!;
    const counts = figures.calls === undefined ? [] : [callsText(figures, func)];
    const place = nameAndPlace(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!);
    const native = hasNative ? [compiled[i]!] : [];
    return [...counts, formatValue(self, type.unit), share(self), ...native, formatValue(total, type.unit), share(total), place];
  });
  const header = [
    ...(figures.calls === undefined ? [] : ['ncalls']),
    names.self,
    '%',
    ...(hasNative ? ['native'] : []),
    names.total,
    '%',
    'function',
  ];
  const more = order.length - shown.length;
  const look = options.look ?? PLAIN;
  return `${look.bold(headline(profile, spec, figures))}\n${table(header, rows, look)}${more > 0 ? `… ${formatCount(more)} more function${more === 1 ? '' : 's'} (-n 0 shows all)\n` : ''}`;
}

/** Functions that take part in the view, largest first; equal ones by name, so that the order is always the same. */
function sortedFunctions(profile: Profile, spec: ViewSpec, figures: FunctionTable, sort: SortKey): Uint32Array {
  const counted = isSummed(profile, spec.type);
  const listed = rowsFor(profile, spec, figures, counted);
  const by = sort === 'calls' ? (figures.calls ?? figures.self) : figures[sort];
  const next = sort === 'self' ? figures.total : figures.self;
  const { functions, strings } = profile;
  return listed.sort((a, b) => {
    const difference = by[b]! - by[a]! || next[b]! - next[a]!;
    if (difference !== 0) return difference;
    const nameA = strings[functions.name[a]!]!;
    const nameB = strings[functions.name[b]!]!;
    if (nameA !== nameB) return nameA < nameB ? -1 : 1;
    const fileA = strings[functions.file[a]!]!;
    const fileB = strings[functions.file[b]!]!;
    if (fileA !== fileB) return fileA < fileB ? -1 : 1;
    return functions.startLine[a]! - functions.startLine[b]!;
  });
}

/** Counted figures have no stacks to filter: there focus and ignore choose among the functions themselves. */
function rowsFor(profile: Profile, spec: ViewSpec, figures: FunctionTable, counted: boolean): Uint32Array {
  const focus = counted && spec.focus ? functionMatcher(profile, spec.focus) : undefined;
  const ignore = counted && spec.ignore ? functionMatcher(profile, spec.ignore) : undefined;
  const callsMatter = counted || !hasFilter(spec);
  const found = new Uint32Array(profile.functions.length);
  let length = 0;
  for (let func = 0; func < found.length; func++) {
    const used = figures.self[func] !== 0 || figures.total[func] !== 0 || (figures.samples?.[func] ?? 0) > 0;
    if (!used && !(callsMatter && (figures.calls?.[func] ?? 0) > 0)) continue;
    if ((focus !== undefined && focus[func] === 0) || ignore?.[func] === 1) continue;
    found[length++] = func;
  }
  return found.subarray(0, length);
}

/** Samples in the view; where the shown type was counted, those of the first type that was sampled. */
export function samplesIn(profile: Profile, spec: ViewSpec, figures?: FunctionTable): number {
  if (!isSummed(profile, spec.type)) return figures?.sampleCount ?? weigh(profile, spec).samples;
  const sampled = profile.sampleTypes.findIndex((_, type) => !isSummed(profile, type));
  return sampled < 0 ? 0 : weigh(profile, { ...spec, type: sampled }).samples;
}

/** `primitive/calls` where they differ, as pstats shows recursion: `12/1`. */
function callsText(figures: FunctionTable, func: number): string {
  const calls = figures.calls![func]!;
  const primitive = figures.primitive?.[func] ?? calls;
  return primitive === calls ? formatCount(calls) : `${formatCount(calls)}/${formatCount(primitive)}`;
}

/** How the readers of that kind of profile call self and total. */
export function dialect(profile: Profile): { self: string; total: string } {
  if (profile.format === 'pstats') return { self: 'tottime', total: 'cumtime' };
  if (profile.format === 'pprof' && profile.quality.engine === undefined) return { self: 'flat', total: 'cum' };
  return { self: 'self', total: 'total' };
}

/** One line over every table: what is measured, how much of it, on how many samples. */
export function headline(profile: Profile, spec: ViewSpec, figures: FunctionTable): string {
  const type = typeOf(profile, spec);
  const samples = samplesIn(profile, spec, figures);
  const parts = [`${formatType(type)}: ${formatValue(figures.sum, type.unit)}`];
  // Records of allocations or goroutines are rows of a file, not samples in time.
  const { rows } = profile.quality;
  if (samples > 0 && secondsPer(type.unit) !== undefined && rows !== 'sums')
    parts.push(plural(samples, rows === 'spans' ? 'span' : 'sample'));
  if (profile.calls !== undefined)
    parts.push(`${formatCount(profile.calls.functions.calls.reduce((sum, own) => sum + own, 0))} function calls`);
  if (spec.thread !== undefined) parts.push(`thread ${spec.thread}`);
  return parts.join(' · ');
}

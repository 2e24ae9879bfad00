import { createHash } from 'node:crypto';
import { functionTable, wholeTotal } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import type { Profile } from '../../src/core/model/profile.js';
import { stackRows } from '../../src/core/model/stackRows.js';
import { isSummed } from '../../src/core/model/summed.js';
import { weigh } from '../../src/core/model/weights.js';

/** Lines of each part that are written out; the rest stands as their number and a hash. */
const SHOWN = 60;

/**
 * A profile as text for golden files: facts, then folded stacks, functions and lines of its first-shown value type, each largest
 * first and complete (what is not written out is hashed).
 */
export function describeProfile(profile: Profile): string {
  const { sampleTypes, defaultType, samples, threads, warnings, quality } = profile;
  const types = sampleTypes.map(({ type, unit }, index) => {
    const kind = isSummed(profile, index) ? 'summed' : 'sampled';
    return `  ${index === defaultType ? '*' : ' '} ${type}/${unit} ${figure(wholeTotal(profile, index))} ${kind}`;
  });
  const has = [
    samples.time && 'times',
    samples.status && 'status',
    samples.labels && 'labels',
    profile.lines.column && 'columns',
    profile.lines.endColumn && 'ends',
    profile.calls && 'calls',
    profile.mappings.length > 0 && 'mappings',
  ].filter(Boolean);
  return [
    `format ${profile.format}`,
    'value types',
    ...types,
    `samples ${samples.length}, functions ${profile.functions.length}${has.length > 0 ? `, with ${has.join(', ')}` : ''}`,
    ...section('threads', [...threads]),
    ...section(
      'quality',
      Object.entries(quality).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    ),
    ...section('warnings', [...warnings]),
    ...section('stacks', text(stacks(profile, defaultType))),
    ...section('functions: self total calls', text(functions(profile, defaultType))),
    ...section('lines: self total', text(lines(profile, defaultType))),
    '',
  ].join('\n');
}

/** One row of a golden file: what it is about, and its figures. */
export interface Row {
  readonly figures: readonly number[];
  readonly name: string;
}

/** Stacks of a sampled value type, frames root first as in collapsed text; none for summed types. */
export function stacks(profile: Profile, type: number): Row[] {
  if (isSummed(profile, type)) return [];
  const rows = stackRows(profile);
  const { value } = weigh(profile, { type });
  const { locations, lines, functions, strings } = profile;
  const sums = new Map<string, number>();
  for (let row = 0; row < rows.length; row++) {
    const frames: string[] = [];
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const place = rows.location[at]!;
      for (let line = locations.firstLine[place]!; line < locations.firstLine[place + 1]!; line++) {
        const func = lines.func[line]!;
        frames.push(frame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, lines.line[line]!));
      }
    }
    const key = frames.reverse().join(';');
    sums.set(key, (sums.get(key) ?? 0) + value[row]!);
  }
  return Array.from(sums, ([name, sum]) => ({ figures: [sum], name })).filter(({ figures }) => figures[0] !== 0);
}

/** Every function with a figure: self, total and, where they are counted, calls. */
export function functions(profile: Profile, type: number): Row[] {
  const table = functionTable(profile, { type });
  const { functions, strings } = profile;
  const rows: Row[] = [];
  for (const [func, self] of table.self.entries()) {
    const total = table.total[func]!;
    if (self === 0 && total === 0) continue;
    const name = frame(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!);
    rows.push({ figures: table.calls === undefined ? [self, total] : [self, total, table.calls[func]!], name });
  }
  return rows;
}

/** Every line with a figure: self and total. */
export function lines(profile: Profile, type: number): Row[] {
  const rows: Row[] = [];
  for (const { file, line, self, total } of lineTable(profile, { type }).files.values()) {
    for (let i = 0; i < line.length; i++) {
      if (self[i] !== 0 || total[i] !== 0) rows.push({ figures: [self[i]!, total[i]!], name: `${file}:${line[i]}` });
    }
  }
  return rows;
}

function frame(name: string, file: string, line: number): string {
  return `${name}${file === '' ? '' : ` (${file}${line > 0 ? `:${line}` : ''})`}`;
}

/** Nine digits: what adding up in another order may change is not shown. */
function figure(value: number): string {
  return String(Number(value.toPrecision(9)));
}

function text(rows: readonly Row[]): string[] {
  const shown = rows.map(({ figures, name }) => ({ first: Number(figure(figures[0]!)), text: `${figures.map(figure).join(' ')} ${name}` }));
  shown.sort((a, b) => b.first - a.first || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return shown.map(({ text }) => text.replaceAll(/[\n\r]/g, '⏎'));
}

function section(title: string, rows: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const rest = rows.slice(SHOWN);
  const hash = createHash('sha256').update(rest.join('\n')).digest('hex').slice(0, 16);
  return [title, ...rows.slice(0, SHOWN).map((row) => `  ${row}`), ...(rest.length > 0 ? [`  … ${rest.length} more, ${hash}`] : [])];
}

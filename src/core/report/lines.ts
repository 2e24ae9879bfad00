import { lineTable } from '../model/lines.js';
import { type NativePart, nativeUse } from '../model/nativeUse.js';
import type { Profile, ValueType, ViewSpec } from '../model/profile.js';
import { formatCount, formatShare, formatType, formatValue } from '../model/units.js';
import { type JsonFigure, type JsonNative, jsonFigure, jsonNative, nativeText, plain, table } from './figures.js';
import { type Look, PLAIN } from './look.js';
import { typeOf } from './view.js';

/** `heatline lines --json` (contract). */
export interface LinesJson {
  readonly valueType: ValueType;
  readonly total: JsonFigure;
  readonly files: readonly {
    readonly file: string;
    readonly lines: readonly {
      readonly line: number;
      readonly self: JsonFigure;
      readonly total: JsonFigure;
      readonly calls: JsonFigure | null;
      /** Of `self`, by library; absent where compiled code is not told apart. */
      readonly native?: readonly JsonNative[];
    }[];
  }[];
}

export interface LinesOptions {
  /** Which files to give; all when absent. */
  readonly wants?: (file: string) => boolean;
  /** Only so many lines, those with the largest self (then total). */
  readonly rows?: number;
  /** Text of a file's line, for the table. */
  readonly source?: (file: string, line: number) => string | undefined;
  readonly look?: Look;
}

interface Row {
  readonly file: string;
  readonly line: number;
  readonly self: number;
  readonly total: number;
  /** -1: unknown. */
  readonly calls: number;
  readonly native: readonly NativePart[] | undefined;
}

function rowsOf(profile: Profile, spec: ViewSpec, options: LinesOptions): { rows: Row[]; sum: number; perFunction: boolean } {
  const { files, sum, perFunction } = lineTable(profile, spec);
  const native = nativeUse(profile, spec);
  let rows: Row[] = [];
  for (const [file, lines] of files) {
    if (options.wants?.(file) === false) continue;
    for (let i = 0; i < lines.line.length; i++) {
      const line = lines.line[i]!;
      rows.push({ file, line, self: lines.self[i]!, total: lines.total[i]!, calls: lines.calls[i]!, native: native?.ofLine(file, line) });
    }
  }
  if (options.rows !== undefined) {
    rows = rows.sort((a, b) => b.self - a.self || b.total - a.total).slice(0, options.rows);
  }
  return { rows, sum, perFunction };
}

/** Some profiles know lines for another value type than the one that they show first. */
function noRows(profile: Profile, spec: ViewSpec, { wants }: LinesOptions): string {
  const other = profile.lineCosts.find(({ type }) => type !== spec.type);
  const hint = other === undefined ? '' : `; --value '${profile.sampleTypes[other.type]!.type}' has lines`;
  return wants === undefined
    ? `No lines of source are named here: see its functions${hint}.\n`
    : `No line of this source is here${hint}.\n`;
}

/** Rows by file: files with the largest self first, lines in order. */
function byFile(rows: readonly Row[]): Row[][] {
  const files = new Map<string, Row[]>();
  for (const row of rows) {
    const known = files.get(row.file);
    if (known === undefined) files.set(row.file, [row]);
    else known.push(row);
  }
  const weight = (list: readonly Row[]) => list.reduce((sum, { self }) => sum + self, 0);
  const weighed = [...files.values()].map((list) => ({ list: list.sort((a, b) => a.line - b.line), weight: weight(list) }));
  weighed.sort((a, b) => b.weight - a.weight || (a.list[0]!.file < b.list[0]!.file ? -1 : 1));
  return weighed.map(({ list }) => list);
}

/** Self and total per line as JSON. @throws UserError for a focus or ignore that is no regular expression */
export function linesJson(profile: Profile, spec: ViewSpec, options: LinesOptions = {}): LinesJson {
  const { rows, sum } = rowsOf(profile, spec, options);
  return {
    valueType: typeOf(profile, spec),
    total: jsonFigure(sum),
    files: byFile(rows).map((list) => ({
      file: list[0]!.file,
      lines: list.map(({ line, self, total, calls, native }) => ({
        line,
        self: jsonFigure(self),
        total: jsonFigure(total),
        calls: calls < 0 ? null : jsonFigure(calls),
        ...(native && { native: native.map(jsonNative) }),
      })),
    })),
  };
}

/** The same as tables, one per file, with the source's text where it is at hand. */
export function linesText(profile: Profile, spec: ViewSpec, options: LinesOptions = {}): string {
  const { rows: all, sum, perFunction } = rowsOf(profile, spec, options);
  // Of one metric of several, lines that have none of it say nothing.
  const rows = all.filter(({ self, total, calls }) => self !== 0 || total !== 0 || calls > 0);
  const type = typeOf(profile, spec);
  const share = (value: number) => formatShare(sum === 0 ? 0 : value / sum);
  const parts = [`${formatType(type)}: ${formatValue(sum, type.unit)}`];
  if (perFunction) parts.push('calls were counted per function: figures stand at first lines');
  const look = options.look ?? PLAIN;
  let text = `${look.bold(parts.join(' · '))}\n`;
  if (rows.length === 0) text += noRows(profile, spec, options);
  for (const list of byFile(rows)) {
    const own = list.reduce((total, { self }) => total + self, 0);
    text += `\n${plain(list[0]!.file)}: ${formatValue(own, type.unit)} self, ${share(own)}\n`;
    const counted = list.some(({ calls }) => calls >= 0);
    const compiled = list.some(({ native }) => native !== undefined && native.length > 0);
    const header = ['line', ...(counted ? ['calls'] : []), 'self', '%', ...(compiled ? ['native'] : []), 'total', '%', ''];
    text += table(
      header,
      list.map(({ file, line, self, total, calls, native }) => [
        String(line),
        ...(counted ? [calls < 0 ? '' : formatCount(calls)] : []),
        formatValue(self, type.unit),
        share(self),
        ...(compiled ? [nativeText(native, type.unit)] : []),
        formatValue(total, type.unit),
        share(total),
        plain((options.source?.(file, line) ?? '').trimEnd().replaceAll('\t', '    ')),
      ]),
      look,
    );
  }
  return text;
}

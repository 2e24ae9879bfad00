import { t } from '../l10n.js';
import type { ComparedSide, Comparison, Normalize } from '../model/compare.js';
import { type ComparedLine, compareLines } from '../model/compareLines.js';
import type { ValueType } from '../model/profile.js';
import { formatCount, formatType, formatValue, plural } from '../model/units.js';
import { beforeAndAfter, changeText, percentText } from './change.js';
import type { Judged } from './failOn.js';
import { type JsonFigure, jsonFigure, nameAndPlace, plain, table } from './figures.js';
import { type Look, PLAIN } from './look.js';

interface SelfTotal {
  readonly self: JsonFigure;
  readonly total: JsonFigure;
}

/** `heatline diff --json` (contract); `lines` only when asked for. */
export interface DiffJson {
  readonly base: { readonly total: JsonFigure };
  readonly new: { readonly total: JsonFigure };
  readonly valueType: ValueType;
  readonly functions: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly base: SelfTotal;
    readonly new: SelfTotal;
  }[];
  /** Rules that hold, as they were given. */
  readonly failed: readonly string[];
  readonly lines?: readonly { readonly file: string; readonly line: number; readonly base: SelfTotal; readonly new: SelfTotal }[];
}

export interface DiffOptions {
  /** Rows of functions and of lines; all when absent. */
  readonly rows?: number;
  readonly lines?: boolean;
  readonly normalize?: Normalize;
  readonly look?: Look;
}

/** Functions by change, largest first; names and places are the new profile's, for gone functions the base's. */
export function diffJson(comparison: Comparison, judged: readonly Judged[], options: DiffOptions = {}): DiffJson {
  const { base, next, type, functions } = comparison;
  const figures = ({ figures: { self, total, exact }, scale }: ComparedSide, func: number): SelfTotal => {
    if (func < 0) return { self: 0, total: 0 };
    const figure = (plainly: number, exactly: bigint | undefined) => jsonFigure(scale === 1 ? (exactly ?? plainly) : plainly * scale);
    return { self: figure(self[func]!, exact?.self[func]), total: figure(total[func]!, exact?.total[func]) };
  };
  const sum = ({ figures: { exact }, scale, sum: scaled }: ComparedSide) => ({
    total: jsonFigure(scale === 1 && exact !== undefined ? exact.sum : scaled),
  });
  const lines = options.lines ? byChange(compareLines(comparison)).slice(0, options.rows) : undefined;
  return {
    base: sum(base),
    new: sum(next),
    valueType: { type: type.type, unit: type.unit },
    functions: functionsByChange(comparison)
      .slice(0, options.rows)
      .map((row) => ({
        ...placeOf(comparison, row),
        base: figures(base, functions.base[row]!),
        new: figures(next, functions.next[row]!),
      })),
    failed: judged.filter(({ holds }) => holds).map(({ rule }) => rule.text),
    ...(lines === undefined
      ? {}
      : {
          lines: lines.map(({ file, line, baseSelf, baseTotal, nextSelf, nextTotal }) => ({
            file,
            line,
            base: { self: jsonFigure(baseSelf), total: jsonFigure(baseTotal) },
            new: { self: jsonFigure(nextSelf), total: jsonFigure(nextTotal) },
          })),
        }),
  };
}

/** Row numbers of the functions, largest change of self first, then of total; on a draw as they are in the files. */
export function functionsByChange({ functions }: Comparison): number[] {
  const { baseSelf, baseTotal, nextSelf, nextTotal } = functions;
  return largestFirst(
    baseSelf.map((was, row) => Math.abs(nextSelf[row]! - was)),
    baseTotal.map((was, row) => Math.abs(nextTotal[row]! - was)),
  );
}

/** Lines, largest change of self first, then of total. */
export function byChange(lines: readonly ComparedLine[]): ComparedLine[] {
  const order = largestFirst(
    Float64Array.from(lines, ({ baseSelf, nextSelf }) => Math.abs(nextSelf - baseSelf)),
    Float64Array.from(lines, ({ baseTotal, nextTotal }) => Math.abs(nextTotal - baseTotal)),
  );
  return order.map((row) => lines[row]!);
}

function largestFirst(by: Float64Array, then: Float64Array): number[] {
  return Array.from(by, (_, row) => row).sort((a, b) => by[b]! - by[a]! || then[b]! - then[a]! || a - b);
}

/** Name and place of a compared function today. */
export function placeOf({ base, next, functions }: Comparison, row: number): { name: string; file: string; line: number } {
  const isGone = functions.next[row]! < 0;
  const { functions: columns, strings } = (isGone ? base : next).profile;
  const func = isGone ? functions.base[row]! : functions.next[row]!;
  return { name: strings[columns.name[func]!]!, file: strings[columns.file[func]!]!, line: columns.startLine[func]! };
}

/** `new`, `gone`, `was line 12` or `was in old.py:12`: what became of a function's place; '' when it stayed. */
export function movedText(comparison: Comparison, row: number): string {
  const { base, functions } = comparison;
  if (functions.base[row]! < 0) return t('new');
  if (functions.next[row]! < 0) return t('gone');
  const { functions: columns, strings } = base.profile;
  const was = { file: strings[columns.file[functions.base[row]!]!]!, line: columns.startLine[functions.base[row]!]! };
  const now = placeOf(comparison, row);
  const name = (file: string) => file.split(/[\\/]/).at(-1)!;
  if (name(was.file) !== name(now.file)) return t('was in {0}:{1}', plain(was.file), was.line);
  return was.line === now.line ? '' : t('was line {0}', was.line);
}

/** Whether the change of a function's self is no larger than sampling alone makes it. */
export function isNoise({ functions }: Comparison, row: number): boolean {
  const change = Math.abs(functions.nextSelf[row]! - functions.baseSelf[row]!);
  return change > 0 && change <= functions.noise[row]!;
}

/** The whole in one line: `cpu (nanoseconds): 1.20 s → 1.35 s · +150 ms · +12.5 %`. */
export function wholeText({ base, next, type }: Comparison): string {
  return `${formatType(type)}: ${beforeAndAfter(base.sum, next.sum, type.unit, ' · ')}`;
}

/** What the figures rest on, and how they were made comparable: sentences without a full stop. @param mark of changes within noise */
export function basisText({ base, next }: Comparison, normalize: Normalize = 'none', mark = '~'): string[] {
  const said: string[] = [];
  if (base.samples !== undefined && next.samples !== undefined) {
    said.push(
      t(
        '{0} → {1} samples · ± is what sampling alone changes (95 %), {2} marks changes within it',
        formatCount(base.samples),
        formatCount(next.samples),
        mark,
      ),
    );
  }
  if (normalize !== 'none') {
    const factor = Number(next.scale.toPrecision(4));
    said.push(
      normalize === 'total'
        ? t('figures of the new profile are multiplied by {0}, as if the totals were equal', factor)
        : t('figures of the new profile are multiplied by {0}, as if both ran equally long', factor),
    );
  }
  return said;
}

/** Functions and lines by change, to read. */
export function diffText(comparison: Comparison, judged: readonly Judged[], options: DiffOptions = {}): string {
  const { functions, type } = comparison;
  const look = options.look ?? PLAIN;
  const value = (figure: number) => formatValue(figure, type.unit);
  const change = (from: number, to: number) => changeText(to - from, type.unit);
  const paint = (delta: number, noise: boolean) => (line: string) =>
    noise || delta === 0 ? look.dim(line) : delta > 0 ? look.bad(line) : look.good(line);
  let text = `${look.bold(wholeText(comparison))}\n`;
  for (const sentence of basisText(comparison, options.normalize)) text += `${sentence}\n`;
  for (const { holds, sentence } of judged) text += holds ? `${look.bad(`failed: ${sentence}`)}\n` : `passed: ${sentence}\n`;

  const changed = functionsByChange(comparison).filter(
    (row) => functions.nextSelf[row] !== functions.baseSelf[row] || functions.nextTotal[row] !== functions.baseTotal[row],
  );
  if (changed.length === 0) return `${text}no function changed\n`;
  const rows = changed.slice(0, options.rows);
  const sampled = !Number.isNaN(functions.noise[rows[0]!]!);
  text += `\n${table(
    ['self', ...(sampled ? ['±'] : []), 'was', 'now', '%', 'total', 'function'],
    rows.map((row) => {
      const [from, to] = [functions.baseSelf[row]!, functions.nextSelf[row]!];
      const { name, file, line } = placeOf(comparison, row);
      const moved = movedText(comparison, row);
      const marks = `${isNoise(comparison, row) ? '~ ' : ''}${nameAndPlace(name, file, line)}${moved === '' ? '' : ` · ${moved}`}`;
      const cells = [value(from), value(to), percentText(from, to), change(functions.baseTotal[row]!, functions.nextTotal[row]!)];
      return [change(from, to), ...(sampled ? [`±${value(functions.noise[row]!)}`] : []), ...cells, marks];
    }),
    look,
    (line, i) => paint(functions.nextSelf[rows[i]!]! - functions.baseSelf[rows[i]!]!, isNoise(comparison, rows[i]!))(line),
  )}`;
  if (changed.length > rows.length) text += `… ${plural(changed.length - rows.length, 'more function')} changed (-n 0 shows all)\n`;

  const lines = byChange(compareLines(comparison).filter((row) => row.nextSelf !== row.baseSelf));
  const shown = lines.slice(0, options.rows);
  if (shown.length === 0) return text;
  text += `\n${table(
    ['self', 'was', 'now', '%', 'line'],
    shown.map((row) => {
      const cells = [value(row.baseSelf), value(row.nextSelf), percentText(row.baseSelf, row.nextSelf)];
      return [change(row.baseSelf, row.nextSelf), ...cells, `${plain(row.file)}:${row.line}${lineMoved(row)}`];
    }),
    look,
    (line, i) => paint(shown[i]!.nextSelf - shown[i]!.baseSelf, false)(line),
  )}`;
  if (lines.length > shown.length) text += `… ${plural(lines.length - shown.length, 'more line')} changed\n`;
  return text;
}

function lineMoved({ isGone, wasLine, line }: ComparedLine): string {
  if (isGone) return ' · gone';
  if (wasLine === 0) return '';
  return wasLine === line ? '' : ` · was ${wasLine}`;
}

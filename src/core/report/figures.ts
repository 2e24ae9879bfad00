import type { NativePart } from '../model/nativeUse.js';
import { formatValue } from '../model/units.js';
import { type Look, PLAIN } from './look.js';

/** The last column of a table is never made narrower than this. */
const MIN_CELL = 24;
/** A path is shortened as long as so much of it stays. */
const MIN_PATH = 12;

/** A figure as JSON has it: a number, or digits as a string where doubles would lose some (beyond 2^53). */
export type JsonFigure = number | string;

export function jsonFigure(value: number | bigint): JsonFigure {
  if (typeof value === 'bigint') {
    const plain = Number(value);
    return Number.isSafeInteger(plain) ? plain : value.toString();
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return BigInt(value).toString();
  return Number.isFinite(value) ? value : 0;
}

/** A part of a figure that was spent in a library of compiled code. */
export interface JsonNative {
  readonly library: string;
  readonly value: JsonFigure;
}

export const jsonNative = ({ library, value }: NativePart): JsonNative => ({ library, value: jsonFigure(value) });

/** `2.1 s libz`, with the number of further libraries; nothing where there is none. */
export function nativeText(parts: readonly NativePart[] | undefined, unit: string): string {
  if (parts === undefined || parts.length === 0) return '';
  const sum = parts.reduce((all, { value }) => all + value, 0);
  return plain(`${formatValue(sum, unit)} ${parts[0]!.library}${parts.length > 1 ? ` +${parts.length - 1}` : ''}`);
}

/** Characters that a terminal obeys and JSON lets through as they are. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON in which what would turn a terminal's writing round is escaped: the same value. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(OBEYED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Names are other people's text: control characters and those that turn the writing direction are shown, not obeyed. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu, (char) => {
    return `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}

/** Where a function is: `file:line`, `file`, or nothing. */
export function where(file: string, line: number): string {
  if (file === '' || file === '~') return '';
  return line > 0 ? `${file}:${line}` : file;
}

/** A name and where it is, on one line. */
export function nameAndPlace(name: string, file: string, line: number): string {
  const place = where(file, line);
  const shown = name === '' ? '<unknown>' : name;
  return plain(place === '' ? shown : `${shown} (${place})`);
}

/** Columns of texts: the last one to the left and cut to the terminal's width, the others to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  look: Look = PLAIN,
  paint: (line: string, row: number) => string = (line) => line,
): string {
  const last = header.length - 1;
  const width = header.map((title, column) => rows.reduce((widest, row) => Math.max(widest, row[column]!.length), title.length));
  const before = width.slice(0, last).reduce((sum, own) => sum + own + 2, 0);
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === last ? shorten(cell, look.width - before) : cell.padStart(width[i]!))).join('  ');
  return `${[look.bold(line(header).trimEnd()), ...rows.map((cells, row) => paint(line(cells), row))].join('\n')}\n`;
}

/** Cuts a text to a width: of `name (path:line)` the path's beginning goes, else the middle. */
export function shorten(text: string, width: number): string {
  const room = Math.max(MIN_CELL, width);
  if (text.length <= room) return text;
  const path = text.lastIndexOf(' (') + 2;
  if (path > 2 && path <= room - MIN_PATH) return `${text.slice(0, path)}…${text.slice(text.length - (room - path - 1))}`;
  const end = Math.floor((room - 1) / 2);
  return `${text.slice(0, room - 1 - end)}…${text.slice(text.length - end)}`;
}

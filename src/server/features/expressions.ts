import { hottestSpans } from '../../core/model/hotSpans.js';
import type { HotExpression } from '../../protocol/code.js';
import type { ViewParams } from '../../protocol/lsp.js';
import type { Placement } from '../documents.js';
import type { OpenProfile } from '../store.js';

/** A name or number, for profiles that know only where an expression begins. */
const WORD = /^[\p{L}\p{N}_]+/u;

/** The expression of each line that takes most, where the profile knows columns, it is a part of the line and the text is still the one that ran. */
export async function hotExpressions(
  opened: OpenProfile,
  view: ViewParams,
  files: readonly string[],
  metric: 'self' | 'total',
  { map, lines, uncertain }: Placement,
  signal?: AbortSignal,
): Promise<HotExpression[]> {
  if (uncertain) return [];
  const found: HotExpression[] = [];
  for (const span of hottestSpans(await opened.analysis.ask('spans', { view, files }, signal), metric)) {
    const line = map.now(span.line);
    const text = lines[line - 1];
    if (line <= 0 || text === undefined || map.changed(span.line)) continue;
    const column = unitsOf(text, span.column - 1);
    if (column < 0) continue;
    const begins = text.slice(0, column).trim() === '';
    if (span.endColumn <= 0) {
      // What begins with the line may be all of it.
      const word = begins ? undefined : WORD.exec(text.slice(column))?.[0];
      if (word) found.push({ line, column, endLine: line, endColumn: column + word.length });
      continue;
    }
    const endLine = span.endLine > span.line ? map.now(span.endLine) : line;
    const last = lines[endLine - 1];
    // An expression whose lines no longer follow each other is none.
    if (last === undefined || endLine - line !== Math.max(0, span.endLine - span.line) || map.changed(Math.max(span.line, span.endLine)))
      continue;
    const endColumn = unitsOf(last, span.endColumn - 1);
    if (endColumn < 0 || (endLine === line && endColumn <= column)) continue;
    // The whole line: that it is lit says as much.
    if (begins && last.slice(endColumn).trim() === '') continue;
    found.push({ line, column, endLine, endColumn });
  }
  return found;
}

/** UTF-16 units before a byte offset of the line's UTF-8; -1 past its end or inside a character. */
export function unitsOf(text: string, bytes: number): number {
  let at = 0;
  let seen = 0;
  while (seen < bytes && at < text.length) {
    const code = text.codePointAt(at)!;
    seen += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    at += code < 0x10000 ? 1 : 2;
  }
  return seen === bytes ? at : -1;
}

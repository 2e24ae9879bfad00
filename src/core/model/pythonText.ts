/** What can be said of Python source by its lines and their indentation alone, without a parser. Lines are 1-based. */

const HEAD = /^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+([^\W\d]\w*)/u;
const DECORATOR = /^[ \t]*@/;

/** Name that the line defines, `def f(` → `f`; undefined for other lines. */
export function definedName(line: string): string | undefined {
  return HEAD.exec(line)?.[1];
}

/** Whether a definition may begin here, with a decorator or with its `def`. */
export function beginsDefinition(line: string): boolean {
  return DECORATOR.test(line) || HEAD.test(line);
}

/** First line of the definition of `name` that stands nearest above `from` (its first decorator counts); 0 when there is none. */
export function definitionAbove(lines: readonly string[], from: number, name: string): number {
  for (let at = Math.min(from, lines.length); at >= 1; at--) if (definedName(lines[at - 1]!) === name) return firstDecorator(lines, at);
  return 0;
}

/** The only definition of `name` in the text; 0 when there is none or more than one. */
export function onlyDefinition(lines: readonly string[], name: string): number {
  let found = 0;
  for (let at = 1; at <= lines.length; at++) {
    if (definedName(lines[at - 1]!) !== name) continue;
    if (found > 0) return 0;
    found = at;
  }
  return found === 0 ? 0 : firstDecorator(lines, found);
}

function firstDecorator(lines: readonly string[], head: number): number {
  let first = head;
  while (first > 1 && DECORATOR.test(lines[first - 2]!) && indentation(lines[first - 2]!) === indentation(lines[head - 1]!)) first--;
  return first;
}

/** Last line of the definition that begins at `start`; `start` itself when none does. */
export function definitionEnd(lines: readonly string[], start: number): number {
  let head = start;
  while (head <= lines.length && definedName(lines[head - 1]!) === undefined) {
    // Decorators may span lines, but what follows a definition's start is not another statement.
    if (head - start > 50 || (head === start && !DECORATOR.test(lines[head - 1]!))) return start;
    head++;
  }
  if (head > lines.length) return start;
  const level = indentation(lines[head - 1]!);
  let end = head;
  let open = openString(lines[head - 1]!, undefined);
  for (let at = head + 1; at <= lines.length; at++) {
    const line = lines[at - 1]!;
    const text = line.trimStart();
    const within = open !== undefined;
    open = openString(line, open);
    if (within) {
      end = at;
      continue;
    }
    if (text === '' || text.startsWith('#')) continue;
    // A closing bracket of the parameters may stand at the level of `def`.
    if (indentation(line) <= level && !/^[)\]}]/.test(text)) break;
    end = at;
  }
  return end;
}

/** Triple quotes that are still open after the line. Comments and short strings with triple quotes in them are rare enough. */
function openString(line: string, before: string | undefined): string | undefined {
  let open = before;
  for (const [quotes] of line.matchAll(/"""|'''/g)) open = open === undefined ? quotes : open === quotes ? undefined : open;
  return open;
}

/** Columns before the first character; tabs go to the next multiple of 8, as Python counts. */
function indentation(line: string): number {
  let column = 0;
  for (const c of line) {
    if (c === ' ') column++;
    else if (c === '\t') column += 8 - (column % 8);
    else break;
  }
  return column;
}

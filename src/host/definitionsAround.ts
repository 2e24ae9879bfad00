/** Classes and functions of Python around a line, by their indentation alone. Knows no vscode. */

export interface Definition {
  readonly indent: number;
  readonly kind: 'class' | 'def';
  readonly name: string;
}

const HEAD = /^(\s*)(?:async\s+)?(class|def)\s+([\p{L}_][\p{L}\p{N}_]*)/u;

/** The definitions around a 0-based line, outermost first. Decorators belong to what they stand above. */
export function definitionsAround(lines: readonly string[], line: number): Definition[] {
  const around: Definition[] = [];
  let last = Math.min(line, lines.length - 1);
  while (last + 1 < lines.length && /^\s*(@|$)/.test(lines[last] ?? '')) last += 1;
  const here = lines[last] ?? '';
  let limit = indentOf(here) + (HEAD.test(here) ? 1 : 0);
  for (let at = last; at >= 0 && limit > 0; at--) {
    const head = HEAD.exec(lines[at]!);
    if (!head || indentOf(lines[at]!) >= limit) continue;
    limit = indentOf(lines[at]!);
    around.unshift({ indent: limit, kind: head[2] as Definition['kind'], name: head[3]! });
  }
  return around;
}

/** Qualified name, as Python gives it, of the innermost function around a 0-based line; undefined outside of any. */
export function functionAt(text: string, line: number): string | undefined {
  const around = definitionsAround(text.split(/\r?\n/), line);
  const end = around.findLastIndex(({ kind }) => kind === 'def');
  if (end < 0) return undefined;
  return around
    .slice(0, end + 1)
    .map(({ kind, name }, at) => (kind === 'def' && at < end ? `${name}.<locals>` : name))
    .join('.');
}

/** Width of the blanks that a line begins with. */
export const indentOf = (line: string): number => /^\s*/.exec(line)![0].length;

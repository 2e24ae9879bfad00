/** One frame of a collapsed stack, taken apart. line 0: unknown. */
export interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** A line's frames (root first) after what py-spy puts before them. */
export interface StackText {
  readonly frames: readonly string[];
  /** Thread name, or `thread (ID)` for one without a name. */
  readonly thread: string | undefined;
  /** The number in `thread (ID)`. */
  readonly threadId: string | undefined;
  /** `PID:"command line"` of every process, outermost first. */
  readonly processes: readonly string[];
}

const PLACE = /:(-?\d+)$/;
const PROCESS = /^process (\d+):"/;
const THREAD = /^thread \(((?:0x)?[0-9A-Fa-f]+)\)(?:: |$)/;
/** py-spy's frames all end in a parenthesis: `(file.py:12)`, `(libc.so.6)`, `(<frozen importlib._bootstrap>:241)`. */
const STRONG = / \((?:.*:-?\d+|.*\.\w[\w.]*|.*[\\/].*|<.*>|python\d*)\)$/;
const WEAK = / \(.*\)$/;
/** Python's own sampler (`profiling.sampling --collapsed`) writes `file:function:line`. */
const TACHYON = /^(.+\.pyw?|<[^>]*>|~):(.+):(-?\d+)$/;

/** Takes `name (file:line)` apart; other texts are names as they stand. */
export function parseFrame(text: string): Frame {
  if (text.endsWith(')')) {
    const open = opening(text);
    if (open > 0) {
      const place = text.slice(open + 2, -1);
      const line = PLACE.exec(place);
      const file = line === null ? place : place.slice(0, line.index);
      return { name: unguard(text.slice(0, open)), file: unguard(file), line: line === null ? 0 : Math.max(0, Number(line[1])) };
    }
  }
  const tachyon = TACHYON.exec(text);
  if (tachyon !== null) return { name: unguard(tachyon[2]!), file: unguard(tachyon[1]!), line: Math.max(0, Number(tachyon[3])) };
  return { name: unguard(text), file: '', line: 0 };
}

/** Index of the ` (` that belongs to the final `)`: both names of C++ and files may hold parentheses. */
function opening(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i > 0; i--) {
    const code = text.charCodeAt(i);
    if (code === 0x29) depth++;
    else if (code === 0x28 && --depth === 0) return text[i - 1] === ' ' ? i - 1 : text.lastIndexOf(' (', i);
  }
  return text.indexOf(' (');
}

/**
 * Splits the stack part of a line. Thread names and command lines may hold `;`, spaces and quotes: what py-spy put
 * first is joined again, up to where real frames begin.
 */
export function splitStack(text: string): StackText {
  const parts = text.split(';');
  const processes: string[] = [];
  let thread: string | undefined;
  let at = 0;
  while (PROCESS.test(parts[at] ?? '')) {
    let end = at + 1;
    while (end < parts.length && !(parts[end - 1]!.endsWith('"') && startsAnew(parts[end]!))) end++;
    processes.push(unguard(parts.slice(at, end).join(';').slice('process '.length)));
    at = end;
  }
  const named = THREAD.exec(parts[at] ?? '');
  if (named !== null) {
    let end = at + 1;
    if (parts[at]!.length > named[0].length) {
      while (end < parts.length && !STRONG.test(parts[end]!)) end++;
      if (end === parts.length) end = at + 1;
    }
    const label = parts.slice(at, end).join(';');
    thread = label.length > named[0].length ? unguard(label.slice(named[0].length)) : `thread (${named[1]})`;
    at = end;
  }
  return { frames: parts.slice(at).filter((part) => part !== ''), thread, threadId: named?.[1], processes };
}

function startsAnew(part: string): boolean {
  return PROCESS.test(part) || THREAD.test(part) || WEAK.test(part);
}

/** Whether the text is how py-spy writes a frame, thread or process. */
export function looksLikePySpy(part: string): boolean {
  return STRONG.test(part) || THREAD.test(part) || PROCESS.test(part);
}

/** Writes a frame such that `parseFrame` gives it back. */
export function formatFrame(name: string, file: string, line: number): string {
  const own = guard(name === '' ? '?' : name);
  if (file !== '') {
    const place = guard(file);
    return `${own} (${line > 0 || PLACE.test(place) ? `${place}:${line}` : place})`;
  }
  return TACHYON.test(own) || (own.endsWith(')') && opening(own) > 0)
    ? `${own.slice(0, -1)}%${own
        .charCodeAt(own.length - 1)
        .toString(16)
        .toUpperCase()}`
    : own;
}

/** What would end a frame or a line is written as `%3B`, and so is a text that already reads so: `%253B`. */
export function guard(text: string): string {
  return text
    .replace(/%(?=(?:25)*(?:3B|0A|0D|29|3[0-9]))/g, '%25')
    .replace(/[;\n\r]/g, (char) => (char === ';' ? '%3B' : char === '\n' ? '%0A' : '%0D'));
}

function unguard(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%(25)*(3B|0A|0D|29|3[0-9])/g, (all, deep: string | undefined, code: string) =>
    deep === undefined ? String.fromCharCode(Number.parseInt(code, 16)) : `%${all.slice(3)}`,
  );
}

/** One frame of a collapsed stack, taken apart. line 0: unknown. */
export interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Who wrote the file decides what a frame's text means: `pyspy` puts a file or library in parentheses after every name;
 * Python's own sampler (`tachyon`) writes `file:function:line`; others write names, some with a place (`plain`).
 */
export type FrameStyle = 'plain' | 'pyspy' | 'tachyon';

/** async-profiler's `lines` option: `com/foo/Bar.baz:12`. */
const JAVA = /^[\w$]+(?:\/[\w$]+)*\/[\w$.+]+\.[\w$<>]+$/;
/** How async-profiler marks a Java frame: compiled, inlined, interpreted, or by the first compiler. All are one method. */
const JAVA_KIND = /_\[[ji01]\]$/;
/** What rbspy says of C functions. */
const NO_FILE = ' - (unknown)';
const LINE = /^-?\d{1,10}$/;
const ADDRESS = /^0x[\da-f]{1,16}$/i;

// Texts may be as long as the file: what looks at them takes time linear in their length, so no expression with two stars.

/** Takes a frame's text apart; a text of no known form is a name as it stands. */
export function parseFrame(text: string, style: FrameStyle = 'plain'): Frame {
  if (style === 'tachyon') {
    const frame = tachyonFrame(text, true);
    if (frame !== undefined) return frame;
  }
  const last = text.charCodeAt(text.length - 1);
  if (last === 0x29)
    return text.endsWith(NO_FILE) ? nameOnly(text.slice(0, -NO_FILE.length)) : (parenthesised(text, style) ?? nameOnly(text));
  if (last === 0x5d && JAVA_KIND.test(text.slice(-4))) return parseFrame(text.slice(0, -4), style);
  if (last >= 0x30 && last <= 0x39) return tachyonFrame(text, false) ?? rubyFrame(text) ?? javaFrame(text) ?? nameOnly(text);
  return nameOnly(text);
}

function nameOnly(text: string): Frame {
  return { name: unguard(text), file: '', line: 0 };
}

/** `name (file:line)` and `name (library)`, as py-spy and we ourselves write. */
function parenthesised(text: string, style: FrameStyle): Frame | undefined {
  const open = opening(text);
  if (open <= 0) return undefined;
  const place = text.slice(open + 2, -1);
  const name = unguard(text.slice(0, open));
  const colon = place.lastIndexOf(':');
  if (colon >= 0 && LINE.test(place.slice(colon + 1))) {
    return { name, file: unguard(place.slice(0, colon)), line: lineOf(place.slice(colon + 1)) };
  }
  if (style === 'pyspy' && ADDRESS.test(name)) return nameless(unguard(place));
  return style === 'pyspy' || isFile(place) ? { name, file: unguard(place), line: 0 } : undefined;
}

/** Code without a symbol: where it was loaded differs from run to run, and all that it is known by is its library. */
function nameless(library: string): Frame {
  if (library === '?') return { name: '[unknown]', file: '', line: 0 };
  return { name: `[${library.replace(/^\[|\]$|.*[\\/]/g, '')}]`, file: library, line: 0 };
}

/** `file:function:line`. Unless every frame of the file is written so, the file must look like Python's: `~` is a built-in's. */
function tachyonFrame(text: string, always: boolean): Frame | undefined {
  const colon = text.lastIndexOf(':');
  const before = text.lastIndexOf(':', colon - 1);
  const file = text.slice(0, before);
  if (before <= 0 || colon === before + 1 || !LINE.test(text.slice(colon + 1))) return undefined;
  if (!always && !/\.pyw?$/.test(file.slice(-4)) && file !== '~' && !(file.startsWith('<') && file.endsWith('>'))) return undefined;
  return { name: unguard(text.slice(before + 1, colon)), file: unguard(file), line: lineOf(text.slice(colon + 1)) };
}

/** rbspy's `name - file:line`; C functions have `(unknown)`, with a line or without. */
function rubyFrame(text: string): Frame | undefined {
  const dash = text.indexOf(' - ');
  const colon = text.lastIndexOf(':');
  if (dash <= 0 || colon <= dash + 3 || !LINE.test(text.slice(colon + 1))) return undefined;
  const file = text.slice(dash + 3, colon);
  if (file === '(unknown)') return nameOnly(text.slice(0, dash));
  return { name: unguard(text.slice(0, dash)), file: unguard(file), line: lineOf(text.slice(colon + 1)) };
}

function javaFrame(text: string): Frame | undefined {
  const colon = text.lastIndexOf(':');
  if (colon <= 0 || !LINE.test(text.slice(colon + 1)) || !JAVA.test(text.slice(0, colon))) return undefined;
  return { name: text.slice(0, colon), file: '', line: lineOf(text.slice(colon + 1)) };
}

function lineOf(digits: string): number {
  return Math.max(0, Number(digits));
}

/** Whether this is what a file, library, `<frozen …>` or Python's program is called, and not the arguments of a C++ function. */
function isFile(text: string): boolean {
  if (text.includes('/') || text.includes('\\') || (text.startsWith('<') && text.endsWith('>')) || /^python\d*$/.test(text)) return true;
  const dot = text.lastIndexOf('.');
  return dot > 0 && !text.startsWith('.') && /^\w+$/.test(text.slice(dot + 1));
}

/** Whether this is a name with a file, library or place in parentheses. */
export function hasPlace(text: string): boolean {
  return text.endsWith(')') && parenthesised(text, 'plain') !== undefined;
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

/** Writes a frame such that `parseFrame` gives it back, read as any style but `tachyon`. */
export function formatFrame(name: string, file: string, line: number): string {
  const own = guard(name === '' ? '?' : name);
  if (file !== '') {
    const place = guard(file);
    return `${own} (${line > 0 || /:-?\d+$/.test(place) || !isFile(place) || ADDRESS.test(own) ? `${place}:${line}` : place})`;
  }
  if (line > 0 && JAVA.test(own)) return `${own}:${line}`;
  const again = parseFrame(own, 'pyspy');
  if (again.file === '' && again.line === 0 && again.name === name) return own;
  const last = own
    .charCodeAt(own.length - 1)
    .toString(16)
    .toUpperCase();
  return `${own.slice(0, -1)}%${last}`;
}

/** What would end a frame or a line is written as `%3B`, and so is a text that already reads so: `%253B`. */
export function guard(text: string): string {
  return text
    .replace(/%(?=(?:25)*(?:3B|0A|0D|00|29|5D|3[0-9]))/g, '%25')
    .replaceAll(/[;\n\r\0]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Takes back what `guard` and `formatFrame` did. */
export function unguard(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%(25)*(3B|0A|0D|00|29|5D|3[0-9])/g, (all, deep: string | undefined, code: string) =>
    deep === undefined ? String.fromCharCode(Number.parseInt(code, 16)) : `%${all.slice(3)}`,
  );
}

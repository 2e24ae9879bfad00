/** A line of a stack in perf's text, taken apart. */
export interface PerfFrame {
  readonly name: string;
  /** Source file where the name tells it (Python, Node), else the library or program; '' where unknown. */
  readonly file: string;
  /** First line of the function, where the name tells it. */
  readonly startLine: number;
  /** The library of an inlined function is that of the frame it was inlined into, which follows. */
  readonly inlined: boolean;
}

const UNKNOWN = '[unknown]';
/** `LazyCompile:~name file.js:12:3`, as Node's --perf-basic-prof names compiled JavaScript (V8's tags, then how it was compiled). */
const V8 = /^(?:LazyCompile|Function|Script|Eval|Module|JS|Callback|RegExp|Interpreter|Builtin|BytecodeHandler|Stub):[~*^+]?/;

// Lines may be as long as the file: no expression here has two stars that can meet.

/**
 * Takes `addr symbol+0x1f (library)` apart, also without library, offset or symbol; undefined for other text. Names that
 * run-time compilers put into perf's map are understood: Python's `py::function:file`, Node's, and Java's `Lcom/foo/Bar;::baz`.
 */
export function parsePerfFrame(text: string): PerfFrame | undefined {
  const space = text.indexOf(' ');
  const address = space < 0 ? text : text.slice(0, space);
  if (!/^(?:0x)?[\da-f]{1,16}$/i.test(address)) return undefined;
  let symbol = space < 0 ? '' : text.slice(space + 1).trim();
  let library = '';
  const open = symbol.endsWith(')') ? libraryAt(symbol) : -1;
  if (open >= 0) {
    library = symbol.slice(open + 1, -1);
    symbol = symbol.slice(0, open).trimEnd();
  }
  const plus = symbol.lastIndexOf('+0x');
  if (plus > 0 && /^[\da-f]+$/i.test(symbol.slice(plus + 3))) symbol = symbol.slice(0, plus);
  if (library === UNKNOWN) library = '';
  if (symbol === '')
    return {
      name: library === '' ? UNKNOWN : `[${library.slice(library.lastIndexOf('/') + 1)}]`,
      file: library,
      startLine: 0,
      inlined: false,
    };
  return named(symbol, library);
}

/** Where the parenthesis of the library begins; C++ names end in parentheses too, but those follow no space. */
function libraryAt(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (code === 0x29) depth++;
    else if (code === 0x28 && --depth === 0) return i === 0 || text[i - 1] === ' ' ? i : -1;
  }
  return -1;
}

function named(symbol: string, library: string): PerfFrame {
  if (symbol.startsWith('py::')) {
    const colon = symbol.indexOf(':', 4);
    if (colon > 0) return { name: symbol.slice(4, colon), file: symbol.slice(colon + 1), startLine: 0, inlined: false };
  }
  const tag = V8.exec(symbol);
  if (tag !== null) {
    const rest = symbol.slice(tag[0].length);
    const space = rest.indexOf(' ');
    const place = /^(.+?):(\d{1,9})(?::\d{1,9})?$/.exec(space < 0 ? '' : rest.slice(space + 1, space + 1024));
    if (place !== null) {
      return { name: rest.slice(0, space) || '(anonymous)', file: place[1]!, startLine: Number(place[2]), inlined: false };
    }
    return { name: rest.trim() || '(anonymous)', file: '', startLine: 0, inlined: false };
  }
  const inlined = library === 'inlined';
  // The map of a run-time compiler is no file that one could open, and its name differs from run to run.
  const file = inlined || /^(?:.*\/)?perf-\d+\.map$/.test(library.slice(-64)) ? '' : library;
  return { name: javaName(symbol), file, startLine: 0, inlined };
}

/** `Lcom/foo/Bar;::baz` → `com/foo/Bar.baz`, as other tools call it. */
function javaName(symbol: string): string {
  const end = symbol.startsWith('L') ? symbol.indexOf(';::') : -1;
  return end > 1 && !symbol.slice(0, end).includes(' ') ? `${symbol.slice(1, end)}.${symbol.slice(end + 3)}` : symbol;
}

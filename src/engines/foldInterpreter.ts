import { rewriteLines } from './rewriteLines.js';

/** What became of the samples of a text of perf's. */
export interface Folded {
  readonly samples: number;
  /** Samples in which a Python function was seen. */
  readonly python: number;
  /** Samples in Python's own library or program, with or without a function. */
  readonly interpreter: number;
  /** Numbers of the processes that were seen. */
  readonly processes: ReadonlySet<number>;
}

/** CPython's program, or the library that holds it. */
const INTERPRETER = /(?:^|\/)(?:lib)?python\d?[\d.]*t?d?(?:\.so[\d.]*)?$/;
/** Functions by which the interpreter runs and calls Python functions: they stand for nothing in the program. */
const MACHINERY =
  /^(?:\[|_?PyEval_|py_trampoline_|_?PyObject_(?:MakeTp|Fast|Vector)?[Cc]all|_?Py(?:Function|Method)?_?Vectorcall|_Py_\w*Call\w*StackRef|_Py_VectorCall|(?:cfunction|method|methoddescr|wrapperdescr)_(?:vector)?call|object_vacall|vectorcall_|type_call$)/;

/**
 * Folds away, in the text that `perf script` prints, how the interpreter works: a Python function stands right above the C function
 * that it calls. What ran before the outermost Python function goes too, and so do the frames of our own runner in `ours`, a folder.
 * Samples without a Python function stay as they are.
 */
export async function foldInterpreter(file: string, ours?: string): Promise<Folded> {
  const sums = { samples: 0, python: 0, interpreter: 0, processes: new Set<number>() };
  const known = new Map<string, Role>();
  const roleOf = (line: string): Role => {
    const frame = symbolOf(line);
    let role = known.get(frame);
    if (role !== undefined) return role;
    role = roleIn(line, ours);
    known.set(frame, role);
    return role;
  };
  const close = function* (header: string, frames: readonly string[]): Generator<string> {
    const roles = frames.map(roleOf);
    const outermost = roles.lastIndexOf('python');
    sums.samples++;
    if (outermost >= 0) sums.python++;
    if (outermost >= 0 || frames.some((line) => INTERPRETER.test(libraryOf(line)))) sums.interpreter++;
    const process = /(\d+)\/-?\d+ +(?:\[\d+\] +)?\d+\.\d+:/.exec(header)?.[1];
    if (process !== undefined) sums.processes.add(Number(process));
    const kept = outermost < 0 ? frames.filter((_, i) => roles[i] !== 'ours') : frames.filter((_, i) => i <= outermost && stays(roles[i]!));
    yield `${[header, ...kept.map(withName)].join('\n')}\n\n`;
  };
  await rewriteLines(file, async function* (lines) {
    let header: string | undefined;
    let frames: string[] = [];
    for await (const line of lines) {
      if (line.startsWith('\t') && header !== undefined) frames.push(line);
      else {
        if (header !== undefined) yield* close(header, frames);
        header = undefined;
        frames = [];
        if (line.startsWith('# perf version')) yield `${line}\n`;
        else if (line !== '' && !line.startsWith('#')) header = line;
      }
    }
    if (header !== undefined) yield* close(header, frames);
  });
  return sums;
}

/** A function of a library without symbols is at least known by the library. */
const withName = (line: string): string => line.replace(/\[unknown\] \((.*\/)?([^/[\])]+)\)$/, '[$2] ($1$2)');

/** `interpreter`: how it works, of no interest; `native`: everything else that is compiled. */
type Role = 'python' | 'ours' | 'interpreter' | 'native';

const stays = (role: Role): boolean => role === 'python' || role === 'native';

/** @param line `address symbol (program or library)`; Python functions are `py::name:file` in a map or library of their own. */
function roleIn(line: string, ours: string | undefined): Role {
  const symbol = symbolOf(line);
  if (symbol.startsWith('py::')) {
    const file = symbol.slice(symbol.indexOf(':', 4) + 1);
    return ours !== undefined && file.startsWith(`${ours}/`) ? 'ours' : 'python';
  }
  return MACHINERY.test(symbol) && INTERPRETER.test(libraryOf(line)) ? 'interpreter' : 'native';
}

/** All but the address, which differs from sample to sample. */
function symbolOf(line: string): string {
  const text = line.trim();
  return text.slice(text.indexOf(' ') + 1);
}

const libraryOf = (line: string): string => line.slice(line.lastIndexOf(' (') + 2, -1);

/** Which test a line of a Python file belongs to, and the words that run it alone. Knows no vscode. */

import { definitionsAround, indentOf } from './definitionsAround.js';

/** A test: names of its classes and its function, outermost first; none for all tests of the file. */
export type TestNames = readonly string[];

/** A file's or folder's path below the folder that tests start in, with `/` between names; empty for that folder itself. */
export interface TestFile {
  readonly path: string;
  readonly names: TestNames;
}

/**
 * The innermost test function around a 0-based line, else the innermost test class, else none. As pytest's and unittest's defaults
 * have it, functions of tests begin with `test`, and stand in no other function; classes are tests when a test function stands in them.
 */
export function testAt(text: string, line: number): TestNames {
  const lines = text.split(/\r?\n/);
  const around = definitionsAround(lines, line);
  const end = around.findIndex(({ kind }) => kind === 'def');
  const chain = end < 0 ? around : around.slice(0, end + 1);
  const names = chain.map(({ name }) => name);
  if (end >= 0 && !/^test/i.test(names[end]!)) names.pop();
  if (end >= 0 && names.length === chain.length) return names;
  return names.length > 0 && holdsTest(lines, chain[names.length - 1]!) ? names : [];
}

function holdsTest(lines: readonly string[], { name, indent }: { readonly name: string; readonly indent: number }): boolean {
  const first = lines.findIndex((line) => new RegExp(`^\\s{${indent}}class\\s+${name}\\b`, 'u').test(line));
  for (const line of lines.slice(first + 1)) {
    if (line.trim() !== '' && indentOf(line) <= indent) return false;
    if (/^\s+(async\s+)?def\s+test/i.test(line)) return true;
  }
  return false;
}

/** Names of a test in the id that Python's test explorer gives it, `…/test_a.py::TestB::test_c[1]`; undefined for another id. */
export function namesInId(id: string): TestNames | undefined {
  const at = id.search(/\.py::/);
  return at < 0 ? undefined : splitId(id.slice(at + '.py::'.length));
}

/** `::` inside the brackets of a parameter separates nothing. */
function splitId(rest: string): string[] {
  const bracket = rest.indexOf('[');
  const names = (bracket < 0 ? rest : rest.slice(0, bracket)).split('::');
  if (bracket >= 0) names[names.length - 1] += rest.slice(bracket);
  return names;
}

/** pytest's options whose value may be a word of its own. */
const TAKES_A_WORD =
  /^-([cfkmnoprW]|-(rootdir|confcutdir|basetemp|ignore(-glob)?|deselect|import-mode|maxfail|durations|tb|color|capture|log-level|override-ini))$/;

/**
 * Arguments of `python -m pytest`. One test, or one class of them, runs in this process: workers would be other programs. Files and
 * folders run as they are configured to; the recorder takes their workers in.
 */
export function pytestWords({ path, names }: TestFile, configured: readonly string[], hasXdist: boolean): string[] {
  // Paths among the configured arguments say what to run; that is said here.
  const options = configured.filter((word, at) => word.startsWith('-') || TAKES_A_WORD.test(configured[at - 1] ?? ''));
  return [...options, ...(hasXdist && names.length > 0 ? ['-n0'] : []), [path || '.', ...names].join('::')];
}

/** Arguments of `python -m unittest` for all tests of a folder. */
export const discoverWords = (folder: string): string[] => ['discover', '-s', folder || '.', '-t', '.'];

/** Arguments of `python -m unittest` for one test; undefined when the path is no module's. Parameters are unknown to it. */
export function unittestWords({ path, names }: TestFile): string[] | undefined {
  const parts = path.replace(/\.py$/, '').split('/');
  if (!parts.every((part) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part))) return undefined;
  return [[...parts, ...names.map((name) => name.replace(/\[.*$/s, ''))].join('.')];
}

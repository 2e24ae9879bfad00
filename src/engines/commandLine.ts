import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { isGoProgram } from './goProgram.js';
import { languages } from './languages/index.js';
import { findExecutable } from './which.js';

const PYTHON = /^(?:python|pypy)[\d.]*t?d?(?:\.exe)?$/i;

/** What a command runs: the words as an engine takes them, and the interpreter that is to be asked what it is. */
export interface CommandLine {
  readonly argv: readonly string[];
  /** Name or absolute path; undefined when the command names no Python: then the one on PATH is meant. */
  readonly python: string | undefined;
  /** Whether the command is known to be Python code. */
  readonly isPython: boolean;
  /** Id of the language where it is known and not Python. */
  readonly language?: string;
  /** Absolute path of what runs it, where it is not Python. */
  readonly toolchain?: string;
}

/**
 * Finds out what a command runs: `python …` and `script.py …` as they are; a tool that is a Python script itself
 * (`pytest`, by its first line) becomes its interpreter and itself. Programs of other languages are known by the same signs.
 * @param path where programs are looked for; default this process's PATH
 * @throws UserError `usage` when the script or program is not there
 */
export function commandLine(words: readonly string[], cwd: string, path = process.env.PATH ?? ''): CommandLine {
  const [first, ...rest] = words;
  if (first === undefined) throw new UserError('usage', 'there is no command to record: heatline record -- python app.py');
  const name = baseName(first);
  if (PYTHON.test(name)) return { argv: words, python: locate(first, cwd), isPython: true };
  if (/\.pyw?$/i.test(name)) {
    if (!isFile(resolve(cwd, first))) throw new UserError('usage', `${first}: there is no such script`);
    return { argv: words, python: undefined, isPython: true };
  }
  const source = languages.find(({ sources }) => sources.test(name));
  if (source !== undefined) {
    if (!isFile(resolve(cwd, first))) throw new UserError('usage', `${first}: there is no such file`);
    return foreign(words, source.id, find(source.id, cwd, path));
  }
  const file = find(first, cwd, path);
  if (file === undefined) throw new UserError('usage', `${first}: there is no such command`);
  const language = languages.find(({ runner }) => runner.test(name));
  if (language !== undefined) return foreign(words, language.id, file);
  const interpreter = scriptInterpreter(file);
  if (interpreter === undefined) {
    return isGoProgram(file) ? foreign(words, 'go', file) : { argv: words, python: undefined, isPython: false };
  }
  const argv = [interpreter, file, ...rest];
  const other = languages.find(({ runner }) => runner.test(baseName(interpreter)));
  return other ? foreign(argv, other.id, find(interpreter, cwd, path)) : { argv, python: locate(interpreter, cwd), isPython: true };
}

function foreign(argv: readonly string[], language: string, toolchain: string | undefined): CommandLine {
  return { argv, python: undefined, isPython: false, language, ...(toolchain === undefined ? {} : { toolchain }) };
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}

/** Paths become absolute; bare names are left to PATH. */
function locate(program: string, cwd: string): string {
  return isAbsolute(program) || !/[\\/]/.test(program) ? program : resolve(cwd, program);
}

function find(program: string, cwd: string, path: string): string | undefined {
  if (!/[\\/]/.test(program)) return findExecutable(program, [path], process.platform);
  const file = resolve(cwd, program);
  return isFile(file) ? file : undefined;
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The interpreter named in a script's first line: `#!/usr/bin/python3`, `#!/usr/bin/env python3`, or pip's way round long paths. */
function scriptInterpreter(file: string): string | undefined {
  const head = start(file);
  if (!head.startsWith('#!')) return undefined;
  const [first, second] = head.slice(2).split(/\r?\n/, 2);
  const words = first!.trim().split(/\s+/);
  const program = words[0]!.endsWith('/env') ? words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) : words[0];
  const known = [PYTHON, ...languages.map(({ runner }) => runner)];
  if (program !== undefined && known.some((name) => name.test(baseName(program)))) return program;
  return /^'''exec' "?([^"]+?)"? "\$0" "\$@"/.exec(second ?? '')?.[1];
}

function start(file: string): string {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(1024);
      return bytes.toString('utf8', 0, readSync(handle, bytes));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}

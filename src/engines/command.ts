import { UserError } from '../core/errors.js';
import type { Environment, Target } from './engine.js';

/** Interpreter with its own options, and what it runs: `['-m', 'mod', …]`, `['-c', 'code', …]` or `['script.py', …]`. */
export interface PythonCommand {
  readonly interpreter: readonly string[];
  readonly program: readonly string[];
}

const interpreterName = /^(python|pypy)[\d.]*t?d?(\.exe)?$/i;
/** Options of CPython's that take a value in the next word. */
const withValue = new Set(['-W', '-X', '--check-hash-based-pycs']);

/**
 * Takes a target apart into interpreter and program, pure.
 * Throws UserError `no-interpreter`, `not-python`, `no-program`, or `no-attach` for a process.
 */
export function pythonCommand(target: Target, environment: Environment): PythonCommand {
  if (target.kind === 'process') throw new UserError('no-attach', 'This engine cannot join a program that runs already.');
  if (target.kind !== 'command') {
    const interpreter = [needPython(environment)];
    const words = target.kind === 'script' ? [target.script] : ['-m', target.module];
    return { interpreter, program: [...words, ...target.args] };
  }
  const [first, ...rest] = target.argv;
  if (first === undefined) throw new UserError('no-program', 'There is no command to profile.');
  const name = first.split(/[\\/]/).at(-1) ?? first;
  if (/\.pyw?$/i.test(name)) return { interpreter: [needPython(environment)], program: [first, ...rest] };
  if (!interpreterName.test(name)) {
    const ways = 'name one that is (python app.py), use the engine py-spy where Python runs inside it, or record native code with perf';
    throw new UserError('not-python', `${name} is not a Python program: ${ways}, whose 'perf script' can be opened.`);
  }
  let at = 0;
  while (at < rest.length && isOption(rest[at]!)) at += withValue.has(rest[at]!) ? 2 : 1;
  const program = splitJoined(rest.slice(at));
  if (program.length === 0) throw new UserError('no-program', `${name} needs a script or -m module to run.`);
  return { interpreter: [first, ...rest.slice(0, at)], program };
}

/** Whether a target is Python's; false for another command only. Throws UserError as `pythonCommand` does for the rest. */
export function isPython(target: Target, environment: Environment): boolean {
  try {
    pythonCommand(target, environment);
    return true;
  } catch (error) {
    if (target.kind === 'command' && error instanceof UserError && error.code === 'not-python') return false;
    throw error;
  }
}

/** An interpreter option, and not -m or -c, which begin the program. */
function isOption(word: string): boolean {
  return word.startsWith('-') && word.length > 1 && !/^-[mc]/.test(word);
}

/** `-mpytest` is `-m pytest`. */
function splitJoined(words: readonly string[]): readonly string[] {
  const joined = /^(-[mc])(.+)$/s.exec(words[0] ?? '');
  return joined ? [joined[1]!, joined[2]!, ...words.slice(1)] : words;
}

function needPython(environment: Environment): string {
  if (environment.python) return environment.python;
  throw new UserError('no-interpreter', 'No Python interpreter was found; choose one with “Python: Select Interpreter”.', [
    { title: 'Select Interpreter', command: 'python.setInterpreter' },
  ]);
}

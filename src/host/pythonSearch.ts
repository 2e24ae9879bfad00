/** Looks for interpreters in the file system, without vscode and without starting anything. */

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/l10n.js';

/** One place to look, in order; undefined when there is none there. A step that fails or hangs counts as none. */
export interface InterpreterStep {
  /** Said in the log and in the error sentence. */
  readonly from: string;
  find(): Promise<string | undefined>;
}

export interface FoundInterpreter {
  readonly path: string;
  readonly from: string;
}

/**
 * Asks the steps in order and takes the first interpreter that can be started.
 * @param explain receives one line for each step that failed or named something that is not there
 */
export async function chooseInterpreter(
  steps: readonly InterpreterStep[],
  explain: (line: string) => void,
  timeoutMs = 5000,
): Promise<FoundInterpreter | undefined> {
  for (const step of steps) {
    try {
      const found = await withTimeout(step.find(), timeoutMs);
      if (found === undefined) continue;
      if (await isExecutable(found)) return { path: found, from: step.from };
      explain(t('{0}: {1} cannot be started', step.from, found));
    } catch (error) {
      explain(`${step.from}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export async function isExecutable(file: string): Promise<boolean> {
  try {
    if (!path.isAbsolute(file) || !(await stat(file)).isFile()) return false;
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The interpreter inside an environment's folder: venv, virtualenv and conda on every platform. */
export async function interpreterIn(environment: string, platform: NodeJS.Platform): Promise<string | undefined> {
  const places = platform === 'win32' ? ['Scripts/python.exe', 'python.exe'] : ['bin/python', 'bin/python3'];
  for (const place of places) {
    const file = path.join(environment, place);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** `.venv`, `venv` or `.conda` beside the file or above it, no higher than `top`. */
export async function findLocalEnvironment(folder: string, top: string, platform: NodeJS.Platform): Promise<string | undefined> {
  for (let dir = folder; ; dir = path.dirname(dir)) {
    for (const name of ['.venv', 'venv', '.conda']) {
      const found = await interpreterIn(path.join(dir, name), platform);
      if (found) return found;
    }
    if (dir === top || path.dirname(dir) === dir || path.relative(top, dir).startsWith('..')) return undefined;
  }
}

/** First of `names` on a PATH. Windows' store aliases (empty files that open the shop) are passed over. */
export async function findOnPath(names: readonly string[], searchPath: string, platform: NodeJS.Platform): Promise<string | undefined> {
  const dirs = searchPath.split(platform === 'win32' ? ';' : ':').filter((dir) => path.isAbsolute(dir));
  for (const name of names) {
    for (const dir of dirs) {
      if (platform === 'win32' && /\\WindowsApps\\?$/i.test(dir)) continue;
      const file = path.join(dir, platform === 'win32' ? `${name}.exe` : name);
      if (await isExecutable(file)) return file;
    }
  }
  return undefined;
}

/** What to look for on PATH, best first. */
export const pathNames = (platform: NodeJS.Platform): readonly string[] =>
  platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];

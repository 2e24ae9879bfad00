import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import type { Timing } from '../core/report/timing.js';

/** What is to be timed, and where. */
export interface TimingRequest {
  /** One statement, or two that are to be compared. */
  readonly statements: readonly [string] | readonly [string, string];
  /** Runs before each round, untimed. */
  readonly setup?: string;
  /** Absolute path of a Python file whose names the statements use; it is imported first. */
  readonly names?: string;
  /** Rounds of each statement; default 7, of two statements 10. */
  readonly rounds?: number;
  /** Interpreter, a name or a path. */
  readonly python: string;
  /** Folder that holds our `heatline` package. */
  readonly pythonPackage: string;
  readonly cwd: string;
  /** What the statements print is thrown away. */
  readonly quiet?: boolean;
  readonly signal?: AbortSignal;
}

/** What came out, by statement. */
export interface TimingResult {
  /** e.g. `cpython 3.12.1` */
  readonly python: string;
  readonly timings: readonly Timing[];
}

/**
 * Times statements in the user's own interpreter by its `timeit`. What they print goes to stderr; they have no stdin.
 * Throws UserError `usage` when one does not run, `interpreter-broken` when Python does not, `cancelled` on the signal.
 */
export async function timeStatements(request: TimingRequest): Promise<TimingResult> {
  const folder = mkdtempSync(join(tmpdir(), 'heatline-'));
  try {
    const result = join(folder, 'result.json');
    const end = await run(request, result);
    let answer: { error?: string; python: string; timings: { turns: number; seconds: number[] }[] };
    try {
      answer = JSON.parse(readFileSync(result, 'utf8'));
    } catch {
      if (request.signal?.aborted) throw new UserError('cancelled', 'Timing was cancelled.');
      throw new UserError('interpreter-broken', `${request.python} ended (${end}) before the times were taken.`);
    }
    if (answer.error !== undefined) {
      const known = /: NameError:/.test(answer.error) ? '; a statement knows the names of its setup and of its file only' : '';
      throw new UserError('usage', `This cannot be timed: ${answer.error}${known}.`);
    }
    const timings = answer.timings.map((timing, at) => ({ statement: request.statements[at]!, ...timing }));
    return { python: answer.python, timings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How the interpreter ended, in a word or two. Throws UserError `interpreter-broken` when it cannot be started. */
function run(
  { statements, setup, names, rounds, python, pythonPackage, cwd, quiet, signal }: TimingRequest,
  result: string,
): Promise<string> {
  const request = { statements, setup, names, rounds: rounds ?? (statements.length > 1 ? 10 : 7) };
  const words = [join(pythonPackage, 'heatline', 'timing.py'), JSON.stringify(request), result];
  return new Promise((resolve, reject) => {
    const child = spawn(python, words, { cwd, stdio: quiet ? 'ignore' : ['ignore', 2, 'inherit'], windowsHide: true });
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    process.once('exit', stop);
    const release = () => {
      signal?.removeEventListener('abort', stop);
      process.off('exit', stop);
    };
    if (signal?.aborted) stop();
    child.once('error', (error) => {
      release();
      reject(new UserError('interpreter-broken', `${python} cannot be started: ${error.message}`));
    });
    child.once('exit', (code, ended) => {
      release();
      resolve(ended ?? `status ${code}`);
    });
  });
}

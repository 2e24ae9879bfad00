import { resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import { ratioOf, ratioText, summaryOf, timingText } from '../../core/report/timing.js';
import { timeStatements } from '../../engines/timeit.js';
import { print, printJson } from '../output.js';
import { pythonPackage } from '../pythonPackage.js';
import { isFile, which } from '../which.js';

/** Options of `heatline timeit`. */
export interface TimeitOptions {
  readonly setup?: string;
  readonly compare?: string;
  readonly names?: string;
  readonly rounds?: number;
  readonly python?: string;
  readonly json?: boolean;
}

/**
 * `heatline timeit STATEMENT`. JSON is `{python, statements: [{statement, turns, best, mean, deviation, seconds}], comparison}`, in seconds;
 * `comparison` is `{ratio, low, high, verdict}` or null.
 */
export async function timeit(statement: string, { setup, compare, names, rounds, python, json }: TimeitOptions): Promise<void> {
  if (names !== undefined && !isFile(resolve(names))) throw new UserError('usage', `${names}: there is no such file`);
  const { python: version, timings } = await timeStatements({
    statements: compare === undefined ? [statement] : [statement, compare],
    ...(setup === undefined ? {} : { setup }),
    ...(names === undefined ? {} : { names: resolve(names) }),
    ...(rounds === undefined ? {} : { rounds }),
    python: python ?? interpreter(),
    pythonPackage: pythonPackage(),
    cwd: process.cwd(),
  });
  const [first, second] = timings;
  const comparison = second === undefined ? undefined : ratioOf(first!, second);
  if (json) {
    const statements = timings.map(({ seconds, ...timing }) => ({ ...timing, ...summaryOf({ seconds }), seconds }));
    await printJson({ python: version, statements, comparison: comparison ?? null });
    return;
  }
  const lines = timings.map((timing) => (second === undefined ? '' : `${timing.statement.trim()}\n  `) + timingText(timing));
  if (comparison !== undefined) lines.push(ratioText(comparison));
  await print(`${lines.join('\n')}\n`);
}

/** The Python on PATH; of an active virtual environment that is its own. */
function interpreter(): string {
  const found = which('python3') ?? which('python');
  if (found === undefined) throw new UserError('no-interpreter', 'No Python interpreter was found on PATH; name one with --python.');
  return found;
}

import { ReadError, UserError } from '../core/errors.js';
import { plain } from '../core/report/figures.js';

/** Exit statuses (contract). A bug has the status that sysexits.h gives to one. */
export const Exit = { failed: 1, usage: 2, unreadable: 3, engine: 4, full: 5, bug: 70, interrupted: 130, terminated: 143 } as const;

/** UserErrors that are wrong usage; the others come from engines that cannot run. */
const USAGE = new Set([
  'bad-expression',
  'no-value-type',
  'no-thread',
  'no-times',
  'usage',
  'unknown-engine',
  'no-program',
  'not-python',
  'output-folder',
  'output',
  'listen',
  'different-types',
  'no-duration',
]);

/** Code of the UserError for an output that there is no room for. */
export const FULL = 'output-full';

/** An input file that cannot be read, with its name. */
export class InputError extends Error {
  constructor(
    readonly file: string,
    override readonly cause: ReadError,
  ) {
    super(cause.message);
  }
}

/** Writes the one line that tells what is wrong, and gives the exit status. */
export function report(error: unknown): number {
  if (error instanceof InputError) {
    say(reportLine(error));
    return Exit.unreadable;
  }
  if (error instanceof ReadError) {
    // Of no file that is being read: a profile is too large for what is asked of it.
    say(error.message.replace(/\.$/, ''));
    return Exit.unreadable;
  }
  if (error instanceof UserError) {
    say(error.message.replace(/\.$/, ''));
    return error.code === FULL ? Exit.full : USAGE.has(error.code) ? Exit.usage : Exit.engine;
  }
  if (process.env.HEATLINE_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  say(`this should not have happened: ${error instanceof Error ? error.message : String(error)}`);
  return Exit.bug;
}

/** `FILE: what is wrong (at byte N)`, or what else an error says. */
export function reportLine(error: Error): string {
  if (!(error instanceof InputError)) return error.message;
  const { message, offset } = error.cause;
  return `${error.file}: ${message.replace(/\.$/, '')}${offset === undefined ? '' : ` (at byte ${offset})`}`;
}

/** One line on stderr, whatever characters names and messages hold. */
export function say(sentence: string): void {
  process.stderr.write(`heatline: ${plain(sentence.replace(/\s+/g, ' ').trim())}\n`);
}

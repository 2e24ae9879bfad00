import { formatCount } from '../../core/model/units.js';
import { indexStore } from '../../windows/parquet.js';
import { InputError, reportLine, say } from '../failure.js';
import { print, printJson } from '../output.js';
import { progress } from '../terminal.js';

/** Files that cannot be read are named one by one up to so many. */
const MOST_NAMED = 10;

export interface IndexWindowsOptions {
  readonly late?: boolean;
  readonly sealAfter: number;
  readonly json?: boolean;
}

/** `heatline index FOLDER`: brings the Parquet tables of a folder of windows up to date. */
export async function indexWindows(folder: string, { late, sealAfter, json }: IndexWindowsOptions): Promise<void> {
  const line = progress();
  let named = 0;
  const made = await indexStore(folder, {
    sealAfter,
    ...(late === true ? { late } : {}),
    progress: (done, of) => line.show(`indexed ${formatCount(done)} of ${formatCount(of)} windows`),
    unreadable(path, error) {
      if (named++ >= MOST_NAMED) return;
      line.end();
      say(`${reportLine(new InputError(path, error))}, left out`);
    },
  }).finally(() => line.end());
  for (const day of made.remade) say(`${day}: its tables were made anew, from the windows that are still there`);
  if (json) {
    await printJson(made);
    return;
  }
  const days = `${formatCount(made.days.length)} day${made.days.length === 1 ? '' : 's'}`;
  const rows = `${formatCount(made.rows.functions)} rows of functions, ${formatCount(made.rows.lines)} of lines`;
  await print(
    made.windows === 0
      ? 'Nothing new.\n'
      : `${formatCount(made.windows)} window${made.windows === 1 ? '' : 's'} added; ${days} written: ${rows}.\n`,
  );
  if (made.unreadable > 0) say(`${formatCount(made.unreadable)} file${made.unreadable === 1 ? ' was' : 's were'} left out`);
  if (made.late > 0) say(`${formatCount(made.late)} window${made.late === 1 ? '' : 's'} of sealed days left alone (--late takes them in)`);
}

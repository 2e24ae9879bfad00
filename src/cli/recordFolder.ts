import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { FULL } from './failure.js';
import { isFull } from './output.js';

/** File in a temporary folder with the numbers of the processes that need it, one a line: ours, and the program's. */
const OWNERS = 'owners';

/** Where a recording lies until it is brought to its place. */
export interface RecordFolder {
  readonly path: string;
  /** Process `pid` writes into it too: the folder stays until it has ended, even when we are killed. */
  share(pid: number): void;
  /** Removes it; with `keep` it stays, and is nobody's any more. */
  close(keep: boolean): void;
}

/** Makes a temporary folder, and removes those whose owners were killed. @throws UserError `output` where TMPDIR leads nowhere, `output-full` where it is full */
export function openRecordFolder(): RecordFolder {
  sweep();
  let path: string | undefined;
  try {
    path = mkdtempSync(join(tmpdir(), 'heatline-'));
    writeFileSync(join(path, OWNERS), `${process.pid}\n`);
  } catch (error) {
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
    if (isFull(error)) throw new UserError(FULL, `${tmpdir()}: there is no room for temporary files (TMPDIR says where else)`);
    throw new UserError('output', `${tmpdir()}: no temporary files can be written there (TMPDIR says where else)`);
  }
  const folder = path;
  return {
    path: folder,
    share(pid) {
      try {
        writeFileSync(join(folder, OWNERS), `${process.pid}\n${pid}\n`);
      } catch {
        // A disk that is full by now: the recording itself will tell.
      }
    },
    close(keep) {
      rmSync(keep ? join(folder, OWNERS) : folder, { recursive: true, force: true });
    },
  };
}

function sweep(): void {
  try {
    for (const name of readdirSync(tmpdir())) {
      const folder = join(tmpdir(), name);
      if (/^heatline-\w{6}$/.test(name) && isOrphan(folder)) rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Another sweeps at the same moment, or the folder cannot be listed.
  }
}

/** A folder of this user's, of which no owner runs any more. */
function isOrphan(folder: string): boolean {
  try {
    const known = lstatSync(folder);
    if (!known.isDirectory() || known.uid !== (process.getuid?.() ?? known.uid)) return false;
    const owners = readFileSync(join(folder, OWNERS), 'latin1').trim().split('\n').map(Number);
    return owners.every((pid) => Number.isInteger(pid) && pid > 0 && !isAlive(pid));
  } catch {
    return false; // without that file it is none of these
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { TABLES } from './parquetTables.js';

interface Holder {
  readonly process: number;
  readonly host: string;
  readonly since: string;
}

/** Locks of this process. */
const ours = new Set<string>();

/**
 * One run at a time writes an index. What a run that was killed left half-written is removed.
 * @param folder of the index; it is made if it is not there
 * @returns lets it go @throws UserError `usage` while another run has it, and what the file system says
 */
export function lockIndex(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, '.lock');
  const own: Holder = { process: process.pid, host: hostname(), since: new Date().toISOString() };
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (attempt > 3 || ours.has(file) || (holder !== undefined && !hasGone(holder))) throw held(file, holder);
    rmSync(file, { force: true });
  }
  ours.add(file);
  removeRemains(folder);
  return () => {
    ours.delete(file);
    rmSync(file, { force: true });
  };
}

function held(file: string, holder: Holder | undefined): UserError {
  const who = holder === undefined ? '' : ` by process ${holder.process} on ${holder.host}, since ${holder.since}`;
  return new UserError('usage', `${file}: the index is being written${who}; if that is no more, remove this file`);
}

/** Undefined for a file that is gone, or that nobody finished to write. */
function holderOf(file: string): Holder | undefined {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    const { process, host, since } = found;
    return typeof process === 'number' && typeof host === 'string' && typeof since === 'string' ? { process, host, since } : undefined;
  } catch {
    return undefined;
  }
}

/** Only of this machine's processes is it known. A container's next life may have the same numbers. */
function hasGone({ process: id, host }: Holder): boolean {
  if (host !== hostname()) return false;
  if (id === process.pid) return true;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function removeRemains(folder: string): void {
  for (const { name } of TABLES) {
    for (const day of namesIn(join(folder, name))) {
      for (const file of namesIn(join(folder, name, day)))
        if (/^\.data\.parquet\.\d+\.tmp$/.test(file)) rmSync(join(folder, name, day, file), { force: true });
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import type { FileFacts } from './facts.js';
import { dayOf, isWindowName, parsePath } from './names.js';

/** A stretch of time in Unix nanoseconds: from, and up to before; undefined for no bound. */
export interface TimeSpan {
  readonly from?: bigint;
  readonly to?: bigint;
}

/** A file that may be a window. */
export interface Listed extends FileFacts {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** `2026-11-22` as its place tells, '' where that tells nothing. */
  readonly day: string;
}

/** More files than this are no folder for one machine (docs/scale.md). */
const MOST_FILES = 2_000_000;
const MOST_LEVELS = 8;
const DAY = 86_400_000_000_000n;
const DATE_KEY = /^date=(\d{4}-\d{2}-\d{2})$/;

/**
 * The files that may be windows of this time, and those whose place says nothing of it. Names of days and starts are believed to a day, so that nothing
 * else of a large store is looked at. Links to folders are not followed; what vanishes meanwhile is left out.
 * @throws UserError `usage` when the root is no folder that can be read
 */
export function listFiles(root: string, { from, to }: TimeSpan = {}): Listed[] {
  const first = from === undefined ? '' : dayOf(from - DAY);
  const last = to === undefined ? '~' : dayOf(to + DAY);
  const isWanted = (day: string) => day === '' || (day >= first && day <= last);
  const found: Listed[] = [];
  const walk = (folder: string, prefix: string, day: string, level: number) => {
    for (const entry of entriesOf(folder, level)) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      if (entry.isDirectory()) {
        const own = DATE_KEY.exec(name)?.[1] ?? day;
        if (level < MOST_LEVELS && isWanted(own)) walk(join(folder, name), `${prefix}${name}/`, own, level + 1);
        continue;
      }
      if (!isWindowName(name) || !(entry.isFile() || entry.isSymbolicLink())) continue;
      const { startNanos } = parsePath(name);
      const own = day || (startNanos > 0n ? dayOf(startNanos) : '');
      if (!isWanted(own)) continue;
      const facts = statOf(join(folder, name));
      if (facts === undefined) continue;
      if (found.length >= MOST_FILES) throw new UserError('usage', `${root}: it holds more files than can be looked through here`);
      found.push({ path: prefix + name, day: own, ...facts });
    }
  };
  walk(root, '', '', 0);
  return found;
}

function entriesOf(folder: string, level: number): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (level > 0) return [];
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such folder' : code === 'ENOTDIR' ? 'it is no folder' : 'it cannot be read';
    throw new UserError('usage', `${folder}: ${why}`);
  }
}

function statOf(file: string): FileFacts | undefined {
  try {
    const found = statSync(file);
    return found.isFile() ? { bytes: found.size, mtimeMs: found.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

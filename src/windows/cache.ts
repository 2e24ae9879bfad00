import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What sums of windows of one store may take; the longest unused go first. */
const MOST_BYTES = 2 ** 30;
/** What somebody who is gone left half-written is removed after so many milliseconds. */
const LEFT_MS = 3_600_000;

/** Where what is known of one store is kept between runs: in the user's folder for caches, since stores are often only readable. */
export interface StoreCache {
  readonly folder: string;
  readonly index: string;
  readonly sums: string;
}

/** @param base the user's folder for caches; else that of the system */
export function cacheOf(root: string, base = userCaches()): StoreCache {
  let real = resolve(root);
  try {
    real = realpathSync(real);
  } catch {
    // It is told where it is listed.
  }
  const folder = join(base, 'heatline', 'windows', createHash('sha256').update(real).digest('hex').slice(0, 20));
  return { folder, index: join(folder, 'index'), sums: join(folder, 'sums') };
}

function userCaches(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME;
  if (process.platform === 'win32') return LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
}

/** The bytes of a file, undefined where there is none that can be read. */
export function readCached(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Writes a file as a whole or not at all. False where that cannot be: a cache is never needed. */
export function writeCached(folder: string, name: string, bytes: Uint8Array): boolean {
  const part = join(folder, `.${name}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const handle = openSync(part, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, join(folder, name));
    return true;
  } catch {
    remove(part);
    return false;
  }
}

/** Removes a file where that can be. */
export function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its folder is none, or may not be written.
  }
}

/** Whether there is such a file; it counts as used now. */
export function isCached(file: string): boolean {
  try {
    const now = new Date();
    utimesSync(file, now, now);
    return true;
  } catch {
    return false;
  }
}

/** Removes what was not used for longest, until the folder takes `most` bytes. */
export function trim(folder: string, most = MOST_BYTES): void {
  try {
    const files = readdirSync(folder).flatMap((name) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      return found === undefined ? [] : [{ name, bytes: found.size, used: found.mtimeMs }];
    });
    let whole = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes, used } of files.sort((a, b) => a.used - b.used)) {
      const isLeft = name.endsWith('.tmp');
      if (isLeft ? Date.now() - used < LEFT_MS : whole <= most) continue;
      rmSync(join(folder, name), { force: true });
      whole -= bytes;
    }
  } catch {
    // Nothing was kept, or another process trims.
  }
}

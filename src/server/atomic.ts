import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { UserError } from '../core/errors.js';

/**
 * Writes a file as a whole or not at all: into a neighbour first, which then takes the name.
 * @throws UserError `disk-full`, or `cannot-write` when the disk refuses otherwise; what `fill` throws goes through
 */
export async function writeWhole(file: string, fill: (write: (chunk: Uint8Array) => void) => Promise<void> | void): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const handle = attempt(file, () => openSync(temporary, 'wx'));
  try {
    try {
      await fill((chunk) => {
        for (let at = 0; at < chunk.length; ) at += attempt(file, () => writeSync(handle, chunk, at));
      });
    } finally {
      closeSync(handle);
    }
    attempt(file, () => renameSync(temporary, file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'that is not allowed',
  EPERM: 'that is not allowed',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EISDIR: 'there is a folder of that name',
};

/** Does something with a file. @throws UserError as `writeWhole` */
export function attempt<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'cannot-write';
    throw new UserError(kind, `${file} cannot be written: ${reasons[code] ?? (code || String(error))}.`);
  }
}

/** What a full disk under the recordings' folder means for a recording, and what helps. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';

/** Bytes without which no recording can be written. */
const LEAST = 64 * 1024;

/** Whether the disk of a folder has no room for a recording; false where that cannot be told. */
export async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < LEAST;
  } catch {
    return false;
  }
}

/** Nothing could be written at all. */
export const nothingFits = (name: string, folder: string): UserError =>
  new UserError(
    'disk-full',
    t(
      'Nothing was recorded of {0}: the disk of {1} is full. Free some space, for instance by deleting recordings, and profile it again.',
      name,
      path.dirname(folder),
    ),
    [{ title: t('Profile Again'), command: 'heatline.rerun' }],
  );

/** The raw file is there; what is kept beside it did not fit. */
export const sealedLater = (name: string, folder: string): UserError =>
  new UserError(
    'disk-full',
    t(
      'What was recorded of {0} is kept, but the disk of {1} is full. Free some space, for instance by deleting recordings, and reload the window: it becomes a recording then.',
      name,
      path.dirname(folder),
    ),
    [{ title: t('Reload Window'), command: 'workbench.action.reloadWindow' }],
  );

/** What the system says when a disk is full. */
export const saysFull = (error: unknown): boolean =>
  error instanceof Error && ['ENOSPC', 'EDQUOT', 'disk-full'].includes((error as NodeJS.ErrnoException).code ?? '');

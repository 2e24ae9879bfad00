import { copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { momentFile, momentsOf } from '../core/moments.js';
import { say } from './failure.js';

/**
 * Brings the moments that were marked while a recording was made beside its output, and says where they are.
 * @param recorded the recording as its engine wrote it @throws UserError `output` when one cannot be written
 */
export function keepMoments(recorded: string, output: string): void {
  const folder = dirname(recorded);
  for (const { name, file } of momentsOf(basename(recorded), readdirSync(folder))) {
    const target = join(dirname(output), momentFile(basename(output), name));
    const partial = `${target}.tmp-${process.pid}`;
    try {
      copyFileSync(join(folder, file), partial);
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { force: true });
      throw new UserError('output', `${target}: it cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
    say(`the moment ${name} → ${target}`);
  }
}

import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Folders whose entries are to last: makes them, and syncs them. Of several that wait for the same folder one does it for all that had
 * come by then.
 */
export class Folders {
  private readonly running = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, Promise<void>>();

  /** @throws NodeJS.ErrnoException */
  async make(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    // A new folder is an entry of the one above, up to the first that was there.
    for (let made = path; ; made = dirname(made)) {
      await this.sync(dirname(made));
      if (made === first || dirname(made) === made) return;
    }
  }

  /** What was renamed into the folder before is there after a loss of power. @throws NodeJS.ErrnoException */
  sync(path: string): Promise<void> {
    const running = this.running.get(path);
    if (running === undefined) return this.begin(path);
    // The one that runs may have begun before the rename.
    let next = this.waiting.get(path);
    if (next === undefined) {
      next = running
        .catch(() => {})
        .then(() => {
          this.waiting.delete(path);
          return this.begin(path);
        });
      this.waiting.set(path, next);
    }
    return next;
  }

  private begin(path: string): Promise<void> {
    const run = syncFolder(path).finally(() => this.running.delete(path));
    this.running.set(path, run);
    return run;
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; there a rename lasts by itself.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems know no sync of folders.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

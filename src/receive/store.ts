import { access, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dayOf, keyOf, plainPart } from '../windows/names.js';
import { Folders } from './folders.js';
import { Keeper, type Limits } from './keep.js';
import { Refusal, tooLarge } from './refusal.js';
import type { Window } from './window.js';

/** Services of one run: whoever sends a new name each time must not fill the folder with folders. */
const MOST_SERVICES = 1000;
/** How far ahead a client's clock may be. */
const AHEAD_MILLIS = 86_400_000;
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export type Written = 'written' | 'there already';

/** The folder that windows are written to. */
export class Store {
  readonly keeper: Keeper;
  private readonly folders = new Folders();
  private number = 0;

  /** @param now Unix milliseconds, by a clock that does not jump */
  constructor(
    private readonly root: string,
    private readonly limits: Limits,
    private readonly now: () => number,
  ) {
    this.keeper = new Keeper(root, limits, now);
  }

  /** @throws Refusal for a window that would be deleted at once, or is of a time to come */
  check({ naming, bytes }: Window): void {
    if (bytes.length > this.limits.bytes) throw tooLarge('The profile is larger than all that is kept of a service.');
    if (naming.startNanos < this.keeper.oldest)
      throw new Refusal(422, 'time', `It began on ${dayOf(naming.startNanos)}, which is longer ago than windows are kept.`);
    if (naming.startNanos > BigInt(Math.round(this.now() + AHEAD_MILLIS)) * 1_000_000n)
      throw new Refusal(422, 'time', `It began on ${dayOf(naming.startNanos)}, which is still to come: is a clock wrong?`);
    const service = plainPart(naming.service);
    if (!this.keeper.knows(service) && this.keeper.count >= MOST_SERVICES)
      throw new Refusal(429, 'too many services', `There are ${MOST_SERVICES} services already.`, 60);
  }

  /** Writes a window, to last: when this returns it is there whatever happens. @throws Refusal */
  async write(window: Window): Promise<Written> {
    this.check(window);
    const path = join(this.root, ...keyOf(window.naming).split('/'));
    const folder = dirname(path);
    const service = plainPart(window.naming.service);
    try {
      if (await isThere(path)) {
        await this.folders.sync(folder);
        return 'there already';
      }
      await this.keeper.makeRoom(service, window.bytes.length);
      try {
        await this.put(path, folder, window.bytes);
      } catch (error) {
        this.keeper.giveBack(service, window.bytes.length);
        throw error;
      }
      this.keeper.written(service, window.bytes.length);
      return 'written';
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (FULL.has(code)) throw new Refusal(507, 'disk full', 'The disk of the store is full: it can be sent again later.', 60);
      if (code === '') throw error;
      throw new Refusal(503, 'disk', `The store cannot be written to (${code}): it can be sent again later.`, 10);
    }
  }

  private async put(path: string, folder: string, bytes: Uint8Array): Promise<void> {
    const part = `${path}.tmp-${process.pid}${String(this.number++).padStart(6, '0')}`;
    const file = await this.openNew(part, folder);
    try {
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await unlink(part).catch(() => {});
      throw error;
    }
    await this.folders.sync(folder);
  }

  private async openNew(part: string, folder: string): ReturnType<typeof open> {
    try {
      return await open(part, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    // The first of this day and service; or an empty folder was swept away a moment ago.
    await this.folders.make(folder);
    return open(part, 'wx');
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

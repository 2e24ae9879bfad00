import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { dayOf } from '../windows/names.js';

/** What a service's windows may take in the store, and how long they are kept; Infinity: no limit. */
export interface Limits {
  readonly bytes: number;
  readonly seconds: number;
}

/** Names of windows, and of those that were left half-written; nothing else is ever deleted. */
const WINDOW = /^(\d{8}T\d{6}Z)_[^_]+_[^_]+_\d{1,10}_[0-9a-f]+_\d+\.pb\.gz(\.tmp-\d+)?$/;
const DAY = /^date=(\d{4}-\d\d-\d\d)$/;
/** What is half-written and has not changed for so long is nobody's any more. */
const LEFT_MILLIS = 3_600_000;
/** When the limit is reached, so much of it is freed at once: the folder is not listed for every window. */
const FREED = 0.02;

interface Found {
  readonly path: string;
  readonly bytes: number;
}

/** Bytes of a service's windows: on the disk, once they have been counted there, and those that are being written. */
interface Taken {
  written: number | undefined;
  pending: number;
  /** What has been written since the folder was last listed; the list may have it, too. */
  since: number;
  /** Who makes room waits for those before. */
  turn: Promise<void>;
}

/** Keeps a store within its limits, service by service: the oldest windows go. */
export class Keeper {
  private readonly services = new Map<string, Taken>();

  /** @param now Unix milliseconds by which windows become old */
  constructor(
    private readonly root: string,
    private readonly limits: Limits,
    private readonly now: () => number,
  ) {}

  /** How many services have been asked for. */
  get count(): number {
    return this.services.size;
  }

  knows(service: string): boolean {
    return this.services.has(service);
  }

  /** The oldest time, in Unix nanoseconds, of which windows are kept. */
  get oldest(): bigint {
    return this.limits.seconds === Number.POSITIVE_INFINITY
      ? 0n
      : BigInt(Math.max(0, Math.round(this.now() - this.limits.seconds * 1000))) * 1_000_000n;
  }

  /** Makes room for a window, which is then `written` or given back. @param service as it stands in names of folders */
  makeRoom(service: string, bytes: number): Promise<void> {
    let taken = this.services.get(service);
    if (taken === undefined) {
      taken = { written: undefined, pending: 0, since: 0, turn: Promise.resolve() };
      this.services.set(service, taken);
    }
    const known = taken;
    known.turn = known.turn.then(async () => {
      known.written ??= (await this.list(service)).total;
      if (known.written + known.pending + bytes > this.limits.bytes) {
        known.since = 0;
        const left = await this.free(service, this.limits.bytes * (1 - FREED) - bytes - known.pending);
        known.written = left + known.since;
      }
      known.pending += bytes;
    });
    return known.turn;
  }

  /** The window is on the disk. */
  written(service: string, bytes: number): void {
    const taken = this.services.get(service);
    if (taken?.written === undefined) return;
    taken.pending -= bytes;
    taken.written += bytes;
    taken.since += bytes;
  }

  /** The window has not been written. */
  giveBack(service: string, bytes: number): void {
    const taken = this.services.get(service);
    if (taken !== undefined) taken.pending -= bytes;
  }

  /** Deletes what is too old, of all services, and what killed receivers left half-written. */
  async sweep(): Promise<void> {
    const oldest = dayOf(this.oldest);
    const stamp = stampOf(this.oldest);
    for (const day of await entries(this.root)) {
      const date = DAY.exec(day)?.[1];
      if (date === undefined || date > oldest) continue;
      for (const folder of await entries(join(this.root, day))) {
        if (!folder.startsWith('service=')) continue;
        const path = join(this.root, day, folder);
        for (const name of await entries(path)) {
          const [, began, half] = WINDOW.exec(name) ?? [];
          if (began === undefined || (half === undefined && began >= stamp)) continue;
          const found = await look(join(path, name));
          if (found === undefined || (half !== undefined && Date.now() - found.mtimeMs < LEFT_MILLIS)) continue;
          await unlink(found.path).catch(() => {});
          const taken = this.services.get(folder.slice('service='.length));
          if (half === undefined && taken?.written !== undefined) taken.written = Math.max(0, taken.written - found.bytes);
        }
        await rmdir(path).catch(() => {});
      }
      await rmdir(join(this.root, day)).catch(() => {});
    }
  }

  /** Deletes the oldest windows until those left take `target` bytes; gives how many these take. */
  private async free(service: string, target: number): Promise<number> {
    const { found, total } = await this.list(service);
    let left = total;
    for (const { path, bytes } of found) {
      if (left <= target) break;
      await unlink(path).catch(() => {});
      left -= bytes;
    }
    return left;
  }

  /** A service's windows, oldest first. */
  private async list(service: string): Promise<{ found: Found[]; total: number }> {
    const found: (Found & { readonly began: string })[] = [];
    for (const day of (await entries(this.root)).filter((name) => DAY.test(name))) {
      const folder = join(this.root, day, `service=${service}`);
      for (const name of await entries(folder)) {
        const [, began, half] = WINDOW.exec(name) ?? [];
        const file = began === undefined ? undefined : await look(join(folder, name));
        if (file === undefined || (half !== undefined && Date.now() - file.mtimeMs < LEFT_MILLIS)) continue;
        found.push({ path: file.path, bytes: file.bytes, began: began! });
      }
    }
    found.sort((a, b) => (a.began < b.began ? -1 : Number(a.began > b.began)));
    return { found, total: found.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** A file and no link; undefined where somebody else has deleted it. */
async function look(path: string): Promise<(Found & { readonly mtimeMs: number }) | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? { path, bytes: found.size, mtimeMs: found.mtimeMs } : undefined;
}

function stampOf(nanos: bigint): string {
  return `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

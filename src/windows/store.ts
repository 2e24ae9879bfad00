import { join } from 'node:path';
import { cacheOf, readCached, type StoreCache, writeCached } from './cache.js';
import type { WindowFacts } from './facts.js';
import type { Job } from './job.js';
import { type Listed, listFiles, type TimeSpan } from './listing.js';
import { packShard, type Shard, type Unreadable, unpackShard } from './shard.js';
import { doJobs, type WorkControl } from './threads.js';

export interface StoreOptions {
  /** The user's folder for caches; undefined for that of the system, false to keep nothing. */
  readonly cache?: string | false;
}

/** What a look at the folder found. */
export interface StoreState {
  /** Windows of the wanted time, by their start. */
  readonly windows: readonly WindowFacts[];
  /** Files that look like windows by their names and are none, or are torn. */
  readonly unreadable: readonly Unreadable[];
  /** How many files had to be read: the others were known. */
  readonly read: number;
}

/** Files that one job reads. */
const JOB_FILES = 32;
/** A file that changed so shortly before it was read may change again in the same tick of the clock, in milliseconds. */
const SETTLED_MS = 2000;
/** Days of the index that stay in memory. */
const MOST_DAYS = 400;
const NO_DAY = 'other';

/** A folder of windows with its index: of every day what is known of its windows, in memory and on disk. */
export class WindowStore {
  private readonly days = new Map<string, Shard>();
  readonly cache: StoreCache | undefined;

  constructor(
    readonly root: string,
    { cache }: StoreOptions = {},
  ) {
    this.cache = cache === false ? undefined : cacheOf(root, cache);
  }

  /**
   * Looks what is there, and reads what is new or has changed. A window is in the stretch of time in which it began.
   * @throws UserError `usage` when the folder cannot be read; the signal's reason when it is aborted: what was read by then is kept
   */
  async look(span: TimeSpan = {}, control: WorkControl = {}): Promise<StoreState> {
    const listed = listFiles(this.root, span);
    const byDay = groupByDay(listed);
    const known = new Map<string, WindowFacts | Unreadable>();
    const missing: Listed[] = [];
    for (const [day, files] of byDay) {
      const shard = this.recall(day);
      const before = new Map<string, WindowFacts | Unreadable>();
      for (const one of [...shard.windows, ...shard.unreadable]) before.set(one.path, one);
      for (const file of files) {
        const one = before.get(file.path);
        if (one !== undefined && one.bytes === file.bytes && one.mtimeMs === file.mtimeMs) known.set(file.path, one);
        else missing.push(file);
      }
    }
    await this.readMissing(missing, known, byDay, control);
    for (const [day, files] of byDay) this.remember(day, files, known);
    const windows: WindowFacts[] = [];
    const unreadable: Unreadable[] = [];
    for (const one of known.values()) {
      if ('reason' in one) unreadable.push(one);
      else if ((span.from === undefined || one.startNanos >= span.from) && (span.to === undefined || one.startNanos < span.to))
        windows.push(one);
    }
    windows.sort((a, b) => (a.startNanos < b.startNanos ? -1 : a.startNanos > b.startNanos ? 1 : a.path < b.path ? -1 : 1));
    return { windows, unreadable, read: missing.length };
  }

  private async readMissing(
    missing: readonly Listed[],
    known: Map<string, WindowFacts | Unreadable>,
    byDay: ReadonlyMap<string, readonly Listed[]>,
    control: WorkControl,
  ): Promise<void> {
    const jobs: Job[] = [];
    for (let at = 0; at < missing.length; at += JOB_FILES)
      jobs.push({ root: this.root, facts: missing.slice(at, at + JOB_FILES).map(({ path }) => path) });
    const files = new Map(missing.map((file) => [file.path, file]));
    try {
      await doJobs(jobs, control, ({ facts, failed }) => {
        for (const one of facts) known.set(one.path, one);
        // What vanished meanwhile is neither a window nor unreadable.
        for (const { file: path, reason } of failed) {
          const file = files.get(path)!;
          if (reason !== 'There is no such file.') known.set(path, { path, bytes: file.bytes, mtimeMs: file.mtimeMs, reason });
        }
      });
    } catch (error) {
      for (const [day, listed] of byDay) this.remember(day, listed, known);
      throw error;
    }
  }

  private recall(day: string): Shard {
    let shard = this.days.get(day);
    if (shard === undefined && this.cache !== undefined) {
      const bytes = readCached(join(this.cache.index, nameOf(day)));
      shard = bytes && unpackShard(bytes);
    }
    shard ??= { windows: [], unreadable: [] };
    this.keep(day, shard);
    return shard;
  }

  /** Keeps what is known of a day, on disk too if that changed; what may still change in the same tick of the clock is left out. */
  private remember(day: string, files: readonly Listed[], known: ReadonlyMap<string, WindowFacts | Unreadable>): void {
    const before = this.days.get(day);
    const settled = Date.now() - SETTLED_MS;
    const found = files.flatMap(({ path }) => known.get(path) ?? []).filter(({ mtimeMs }) => mtimeMs < settled);
    const had = new Set<WindowFacts | Unreadable>([...(before?.windows ?? []), ...(before?.unreadable ?? [])]);
    if (found.length === had.size && found.every((one) => had.has(one))) return;
    const shard: Shard = {
      windows: found.filter((one): one is WindowFacts => !('reason' in one)),
      unreadable: found.filter((one): one is Unreadable => 'reason' in one),
    };
    this.keep(day, shard);
    if (this.cache !== undefined) writeCached(this.cache.index, nameOf(day), packShard(shard));
  }

  private keep(day: string, shard: Shard): void {
    this.days.delete(day);
    this.days.set(day, shard);
    for (const oldest of this.days.keys()) {
      if (this.days.size <= MOST_DAYS) break;
      this.days.delete(oldest);
    }
  }
}

function nameOf(day: string): string {
  return `${day}.index`;
}

function groupByDay(files: readonly Listed[]): Map<string, Listed[]> {
  const groups = new Map<string, Listed[]>();
  for (const file of files) {
    const day = file.day || NO_DAY;
    const group = groups.get(day);
    if (group === undefined) groups.set(day, [file]);
    else group.push(file);
  }
  return groups;
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ReadError, UserError } from '../core/errors.js';
import { readFacts } from './facts.js';
import { type Listed, listFiles } from './listing.js';
import { dayOf, parsePath } from './names.js';
import { type Notes, openParquet, type ParquetFile, type Written, writeParquet } from './parquetFile.js';
import { lockIndex } from './parquetLock.js';
import { RowMaker } from './parquetRows.js';
import { TABLES, type Table } from './parquetTables.js';

/** Where the tables lie below the root of a store: `index/functions/date=2026-11-22/data.parquet`. */
export const INDEX_FOLDER = 'index';

/** Version of the tables: days of another one are made anew. */
const VERSION = '1';
/** What `mostRows` is unless told otherwise: about a gigabyte. */
const MOST_ROWS = 1_000_000;
const HOUR_MS = 3_600_000;

export interface IndexOptions {
  /** Windows of sealed days too. */
  readonly late?: boolean;
  /** Hours after its end for which a day stays open; 24 unless told otherwise. */
  readonly sealAfter?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Fresh rows in memory; a day that has more is written in several goes. */
  readonly mostRows?: number;
  /** Told after each window: how many are done, of how many. */
  progress?(done: number, of: number): void;
  /** Told of each file that is no whole window. */
  unreadable?(path: string, error: ReadError): void;
}

/** What was done, and what there is now. */
export interface Indexed {
  /** Windows that were added. */
  readonly windows: number;
  /** Days that were written. */
  readonly days: readonly string[];
  /** Days that were made anew, from what is still there of them: their tables were damaged, or windows have changed. */
  readonly remade: readonly string[];
  /** Windows of sealed days, which were left alone. */
  readonly late: number;
  readonly unreadable: number;
  /** Rows of each table in the days that were written. */
  readonly rows: Readonly<Record<Table['name'], number>>;
}

/** The tables of one day, open for reading; all of them, made by the same run. */
interface Day {
  readonly files: Readonly<Record<Table['name'], ParquetFile>>;
  /** Milliseconds since 1970. */
  readonly written: number;
}

/**
 * Brings the Parquet tables of a store up to date. Each table of a day is one file, replaced as a whole: readers see it as it was or as it is.
 * Windows that were indexed stay so when their files are deleted.
 * @throws UserError where the folder cannot be read or written, or somebody else does this at the moment
 */
export async function indexStore(root: string, options: IndexOptions = {}): Promise<Indexed> {
  // It is said first when there is no such folder.
  const listed = listFiles(root);
  let release: (() => void) | undefined;
  try {
    release = lockIndex(join(root, INDEX_FOLDER));
    return await new Indexer(root, options).run(listed);
  } catch (error) {
    throw explained(root, error);
  } finally {
    release?.();
  }
}

class Indexer {
  private readonly rows = { windows: 0, functions: 0, lines: 0, labels: 0 };
  private readonly days: string[] = [];
  private readonly remade: string[] = [];
  private late = 0;
  private unreadable = 0;
  private windows = 0;
  private done = 0;
  private of = 0;
  private readonly now: number;

  constructor(
    private readonly root: string,
    private readonly options: IndexOptions,
  ) {
    this.now = options.now ?? Date.now();
  }

  async run(listed: readonly Listed[]): Promise<Indexed> {
    const byDay = await this.byDay(listed);
    this.of = listed.length;
    for (const day of [...byDay.keys()].sort()) await this.indexDay(day, byDay.get(day)!);
    const { windows, days, remade, late, unreadable, rows } = this;
    return { windows, days, remade, late, unreadable, rows };
  }

  /** Windows by the day in UTC on which they began. Where their place does not tell it, what is in them does. */
  private async byDay(listed: readonly Listed[]): Promise<Map<string, Listed[]>> {
    const found = new Map<string, Listed[]>();
    for (const file of listed) {
      let { day } = file;
      if (day === '') {
        try {
          day = dayOf((await readFacts(this.root, file.path)).startNanos);
        } catch (error) {
          this.leaveOut(file.path, error);
          continue;
        }
      }
      const known = found.get(day);
      if (known === undefined) found.set(day, [file]);
      else known.push(file);
    }
    return found;
  }

  private async indexDay(day: string, files: readonly Listed[]): Promise<void> {
    let before = await this.openDay(day);
    let fresh = files;
    try {
      if (before !== undefined) {
        const isSealed = before.written >= Date.parse(day) + (24 + (this.options.sealAfter ?? 24)) * HOUR_MS;
        const known = await windowsOf(before);
        fresh = files.filter(({ path }) => !known.has(path));
        if (isSealed && !this.options.late) {
          this.late += fresh.length;
          this.tell(files.length);
          return;
        }
        if (files.some((file) => isChanged(file, known.get(file.path)))) {
          this.remade.push(day);
          fresh = files;
          await closeDay(before);
          before = undefined;
        }
      } else if (await this.hasRemains(day)) this.remade.push(day);
      this.tell(files.length - fresh.length);
      await this.addWindows(day, inGroups(fresh), before);
    } finally {
      if (before !== undefined) await closeDay(before);
    }
  }

  private async addWindows(day: string, fresh: readonly Listed[], before: Day | undefined): Promise<void> {
    let made = new RowMaker(this.root);
    let last = before;
    let written: Readonly<Record<Table['name'], number>> | undefined;
    const write = async () => {
      made.endGroup();
      if (made.rows.windows.length === 0) return;
      this.windows += made.rows.windows.length;
      written = await this.writeDay(day, made, last);
      if (last !== undefined && last !== before) await closeDay(last);
      last = undefined;
      made = new RowMaker(this.root);
    };
    try {
      for (const { path } of fresh) {
        try {
          await made.add(path);
        } catch (error) {
          this.leaveOut(path, error);
        }
        this.tell(1);
        if (made.count < (this.options.mostRows ?? MOST_ROWS)) continue;
        await write();
        last = await this.openDay(day);
      }
      await write();
    } finally {
      if (last !== undefined && last !== before) await closeDay(last);
    }
    if (written === undefined) return;
    this.days.push(day);
    for (const { name } of TABLES) this.rows[name] += written[name];
  }

  private async writeDay(day: string, { rows }: RowMaker, before: Day | undefined): Promise<Readonly<Record<Table['name'], number>>> {
    const notes: Notes = {
      'heatline.index': VERSION,
      'heatline.run': randomBytes(8).toString('hex'),
      'heatline.written': new Date(this.now).toISOString(),
    };
    const parts: Written[] = [];
    const counts = { windows: 0, functions: 0, lines: 0, labels: 0 };
    try {
      for (const table of TABLES) {
        const part = await writeParquet(this.place(day, table), table, before?.files[table.name], rows[table.name], notes);
        parts.push(part);
        counts[table.name] = part.rows;
      }
    } catch (error) {
      for (const part of parts) await part.discard();
      throw error;
    }
    // Tables of different runs are found out by the note, should we be killed in between.
    for (const part of parts) await part.publish();
    return counts;
  }

  private place(day: string, { name }: Table): string {
    return join(this.root, INDEX_FOLDER, name, `date=${day}`, 'data.parquet');
  }

  /** Undefined where a day has no tables, or some that are no good. */
  private async openDay(day: string): Promise<Day | undefined> {
    const files: Partial<Record<Table['name'], ParquetFile>> = {};
    const runs = new Set<string | undefined>();
    let written = 0;
    let isWhole = true;
    for (const table of TABLES) {
      const file = await openParquet(this.place(day, table));
      if (file === undefined || file.notes['heatline.index'] !== VERSION) isWhole = false;
      if (file === undefined) continue;
      files[table.name] = file;
      runs.add(file.notes['heatline.run']);
      written = Date.parse(file.notes['heatline.written'] ?? '');
    }
    const found = { files: files as Day['files'], written };
    if (isWhole && runs.size === 1) return found;
    await closeDay(found);
    return undefined;
  }

  private async hasRemains(day: string): Promise<boolean> {
    for (const table of TABLES) {
      const file = await openParquet(this.place(day, table));
      await file?.close();
      if (file !== undefined) return true;
    }
    return false;
  }

  /** What has gone meanwhile was deleted by whoever wrote it, and is no fault. */
  private leaveOut(path: string, error: unknown): void {
    if (!(error instanceof ReadError)) throw error;
    if (error.code === 'io') return;
    this.unreadable++;
    this.options.unreadable?.(path, error);
  }

  private tell(windows: number): void {
    this.done += windows;
    this.options.progress?.(this.done, this.of);
  }
}

async function closeDay({ files }: Day): Promise<void> {
  for (const file of Object.values(files)) await file.close();
}

/** Size and time of the windows that a day's table has, by path. */
async function windowsOf({ files }: Day): Promise<Map<string, { readonly bytes: number; readonly modified: number }>> {
  const found = new Map<string, { bytes: number; modified: number }>();
  for await (const rows of files.windows.groups(['path', 'bytes', 'modified_ms']))
    for (const { path, bytes, modified_ms } of rows) found.set(path as string, { bytes: Number(bytes), modified: Number(modified_ms) });
  return found;
}

function isChanged({ bytes, mtimeMs }: Listed, known: { readonly bytes: number; readonly modified: number } | undefined): boolean {
  return known !== undefined && (known.bytes !== bytes || known.modified !== Math.round(mtimeMs));
}

/** Windows of one host of a service follow one another, in order of time: what is added up together is then read together. */
function inGroups(files: readonly Listed[]): readonly Listed[] {
  const named = files.map((file) => ({ file, ...parsePath(file.path) }));
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  named.sort(
    (a, b) =>
      order(a.service, b.service) || order(a.host, b.host) || Number(a.startNanos - b.startNanos) || order(a.file.path, b.file.path),
  );
  return named.map(({ file }) => file);
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written here',
  EPERM: 'it may not be written here',
  EROFS: 'it may not be written here',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
};

/** What the file system says, as a sentence. */
function explained(root: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const place = join(root, INDEX_FOLDER);
  if (code === undefined || syscall === undefined) return error;
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return new UserError('output-full', `${place}: the disk is full`);
  return new UserError('output', `${place}: ${WHY[code] ?? `it cannot be written (${code})`}`);
}

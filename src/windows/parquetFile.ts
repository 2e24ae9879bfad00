import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { type ColumnSource, fileWriter, ParquetWriter } from 'hyparquet-writer';
import { compareRows, type Row, sortRows, sumRows, type Table } from './parquetTables.js';

/** Rows that engines read, or pass by, at a time; so many are in memory while a table is written. */
const GROUP = 100_000;
/** A fifth smaller than Snappy, which every engine knows too, and by Node itself. */
const CODEC = 'GZIP';
const inflate = { GZIP: (packed: Uint8Array) => gunzipSync(packed) };
const deflate = { GZIP: (plain: Uint8Array) => gzipSync(plain) };

/** What a file of the index says of itself. */
export type Notes = Readonly<Record<string, string>>;

/** A Parquet file of one of the tables, open for reading. */
export interface ParquetFile {
  readonly notes: Notes;
  readonly rows: number;
  /** Its rows, a group of them at a time, with only these columns if some are named. */
  groups(columns?: readonly string[]): AsyncGenerator<readonly Row[]>;
  close(): Promise<void>;
}

/** @returns undefined where there is no such file, or none that can be read */
export async function openParquet(path: string): Promise<ParquetFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const file = await bufferOf(handle);
    const metadata = await parquetMetadataAsync(file);
    const own = handle;
    return {
      notes: Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ''])),
      rows: Number(metadata.num_rows),
      groups: (columns) => groupsOf(file, metadata, columns),
      close: () => own.close(),
    };
  } catch {
    await handle?.close();
    return undefined;
  }
}

async function* groupsOf(file: AsyncBuffer, metadata: FileMetaData, columns?: readonly string[]): AsyncGenerator<readonly Row[]> {
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const part = { file, metadata, rowStart, rowEnd, compressors: inflate, parsers: { timestampFromMicroseconds: (time: bigint) => time } };
    yield await parquetReadObjects(columns === undefined ? part : { ...part, columns: [...columns] });
    rowStart = rowEnd;
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new Error('the file ends too early');
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

/** A table that lies beside its place, whole and on the disk. */
export interface Written {
  readonly rows: number;
  /** Puts it in place: from then on readers see it, as a whole. */
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Writes the rows of a table as they will stand at `path`: those of `before`, which are sorted, and the fresh ones, which are sorted here;
 * equal ones are added up. @throws what the file system says; nothing is left then
 */
export async function writeParquet(
  path: string,
  table: Table,
  before: ParquetFile | undefined,
  added: readonly Row[],
  notes: Notes,
): Promise<Written> {
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  mkdirSync(dirname(path), { recursive: true });
  const discard = () => rm(part, { force: true });
  try {
    const output = new RowWriter(part, table, notes);
    const fresh = sortRows(table, added);
    let next = 0;
    if (before !== undefined) {
      for await (const group of before.groups()) {
        for (const row of group) {
          while (next < fresh.length && compareRows(table, fresh[next]!, row) < 0) output.push(fresh[next++]!);
          output.push(row);
        }
      }
    }
    while (next < fresh.length) output.push(fresh[next++]!);
    const rows = output.finish();
    sync(part, 'r+');
    const publish = async () => {
      await rename(part, path);
      // On Windows folders cannot be opened, nor need they be.
      if (process.platform !== 'win32') sync(dirname(path), 'r');
    };
    return { rows, publish, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Takes sorted rows, adds up equal ones, and writes them group by group. */
class RowWriter {
  private readonly output: ParquetWriter;
  private readonly writer: ReturnType<typeof fileWriter>;
  private group: Row[] = [];
  private last: Row | undefined;
  private rows = 0;

  constructor(
    path: string,
    private readonly table: Table,
    notes: Notes,
  ) {
    this.writer = fileWriter(path);
    this.output = new ParquetWriter({
      writer: this.writer,
      schema: schemaOf(table),
      codec: CODEC,
      compressors: deflate,
      createdBy: 'heatline',
      kvMetadata: Object.entries(notes).map(([key, value]) => ({ key, value })),
    });
  }

  push(row: Row): void {
    if (this.last !== undefined && compareRows(this.table, this.last, row) === 0) {
      // Windows of one path are one window.
      this.last = this.table.sums.length === 0 ? row : sumRows(this.table, this.last, row);
      return;
    }
    this.take();
    this.last = row;
  }

  /** Returns how many rows there are. */
  finish(): number {
    this.take();
    // A table without rows has its columns all the same.
    if (this.group.length > 0 || this.rows === 0) this.flush();
    this.output.finish();
    this.writer.finish();
    return this.rows;
  }

  private take(): void {
    if (this.last === undefined) return;
    this.group.push(this.last);
    this.last = undefined;
    if (this.group.length >= GROUP) this.flush();
  }

  private flush(): void {
    const columnData = Object.entries(this.table.columns).map(([name, kind]): ColumnSource => {
      if (kind === 'int64' || kind === 'time') return { name, data: BigInt64Array.from(this.group, (row) => row[name] as bigint) };
      if (kind === 'int32') return { name, data: Int32Array.from(this.group, (row) => row[name] as number) };
      return { name, data: this.group.map((row) => row[name]) };
    });
    this.output.write({ columnData, rowGroupSize: GROUP });
    this.rows += this.group.length;
    this.group = [];
  }
}

function schemaOf(table: Table): SchemaElement[] {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
  const whole = { type: 'INT64', repetition_type: 'REQUIRED' } as const;
  const columns = Object.entries(table.columns).flatMap(([name, kind]): SchemaElement[] => {
    if (kind === 'text') return [{ name, ...text }];
    if (kind === 'int32') return [{ name, type: 'INT32', repetition_type: 'REQUIRED' }];
    if (kind === 'int64') return [{ name, ...whole }];
    if (kind === 'time') {
      const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } as const;
      return [{ name, ...whole, converted_type: 'TIMESTAMP_MICROS', logical_type }];
    }
    return [
      { name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'MAP' },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', ...text },
      { name: 'value', ...(kind === 'texts' ? text : whole) },
    ];
  });
  return [{ name: 'root', num_children: Object.keys(table.columns).length }, ...columns];
}

function sync(path: string, flags: 'r' | 'r+'): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

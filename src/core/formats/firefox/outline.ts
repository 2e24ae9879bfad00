import { ReadError } from '../../errors.js';
import { GrowingFloat64 } from '../../model/growing.js';
import { checkRoom } from '../../model/limits.js';
import type { JsonCursor } from '../json/cursor.js';

export interface Meta {
  /** Milliseconds. */
  interval: number;
  /** Unix time in milliseconds, or of another clock. */
  startTime: number;
  product: string;
  importedFrom: string;
  /** `ns`, `µs`, or something else that is no time; '' where the CPU time was not recorded. */
  cpuUnit: string;
  /** `bytes` where the place in a file stands for the time. */
  timeUnit: string;
}

/** A thread's tables: where each begins. */
export interface ThreadOutline {
  name: string;
  pid: string;
  tid: string;
  weightType: string;
  readonly offsets: Map<string, number>;
}

export interface ProcessOutline {
  readonly meta: Meta;
  pid: string;
  readonly threads: ThreadOutline[];
}

/** What the file holds, before its tables are read: they refer to each other and come in any order. */
export interface Outline {
  /** The main process first. */
  readonly processes: ProcessOutline[];
  /** Where the tables begin that threads share (processed format, since version 56). */
  readonly shared: Map<string, number>;
  /** Set when the text ends too early. */
  cut: ReadError | undefined;
}

/** Tables that we look at. */
const TABLES = new Set([
  'samples',
  'stackTable',
  'frameTable',
  'funcTable',
  'resourceTable',
  'stringTable',
  'stringArray',
  'sources',
  'sourceLocationTable',
]);

export async function firefoxOutline(json: JsonCursor): Promise<Outline> {
  const outline: Outline = { processes: [], shared: new Map(), cut: undefined };
  // Processes hold their own processes: where the lists begin that are still to be read.
  const lists: number[] = [];
  try {
    await readProcess(json, outline, lists);
    for (let at = lists.pop(); at !== undefined; at = lists.pop()) {
      json.seek(at);
      if (json.array()) while (json.item()) await readProcess(json, outline, lists);
    }
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated') throw error;
    outline.cut = error;
  }
  return outline;
}

async function readProcess(json: JsonCursor, outline: Outline, lists: number[]): Promise<void> {
  if (!json.object()) return;
  const meta: Meta = { interval: 0, startTime: 0, product: '', importedFrom: '', cpuUnit: '', timeUnit: '' };
  checkRoom('threads', outline.processes.length);
  const process: ProcessOutline = { meta, pid: '', threads: [] };
  outline.processes.push(process);
  while (json.nextKey()) {
    if (json.key === 'meta') readMeta(json, meta);
    else if (json.key === 'threads') {
      if (json.array()) while (json.item()) await readThread(json, process.threads);
    } else if (json.key === 'processes') {
      lists.push(json.at);
      await json.skipLong();
    } else if (json.key === 'shared') await readTables(json, outline.shared);
    else await json.skipLong();
  }
}

async function readTables(json: JsonCursor, offsets: Map<string, number>): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (TABLES.has(json.key)) offsets.set(json.key, json.at);
    await json.skipLong();
  }
}

async function readThread(json: JsonCursor, threads: ThreadOutline[]): Promise<void> {
  if (!json.object()) return;
  checkRoom('threads', threads.length);
  const thread: ThreadOutline = { name: '', pid: '', tid: '', weightType: '', offsets: new Map() };
  threads.push(thread);
  while (json.nextKey()) {
    const { key } = json;
    if (key === 'name') thread.name = json.string();
    else if (key === 'pid') thread.pid = json.id() ?? '';
    else if (key === 'tid') thread.tid = json.id() ?? '';
    else {
      if (TABLES.has(key)) thread.offsets.set(key, json.at);
      if (key === 'samples') await readWeightType(json, thread);
      else await json.skipLong();
    }
  }
}

async function readWeightType(json: JsonCursor, thread: ThreadOutline): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (json.key === 'weightType') thread.weightType = json.string();
    else await json.skipLong();
  }
}

function readMeta(json: JsonCursor, meta: Meta): void {
  if (!json.object()) return;
  while (json.nextKey()) {
    const { key } = json;
    if (key === 'interval') meta.interval = json.number() || 0;
    else if (key === 'startTime') meta.startTime = json.number() || 0;
    else if (key === 'product') meta.product = json.string();
    else if (key === 'importedFrom') meta.importedFrom = json.string();
    else if (key === 'sampleUnits' && json.object()) {
      while (json.nextKey()) {
        if (is(json, 'threadCPUDelta')) meta.cpuUnit = json.string();
        else if (is(json, 'time')) meta.timeUnit = json.string();
      }
    }
  }
}

/** The key, as it is now. */
function is(json: JsonCursor, key: string): boolean {
  return json.key === key;
}

/** Columns of a table by name, all numbers (NaN for null and others). Columns that it does not have are absent. */
export type Table = Map<string, GrowingFloat64>;

/**
 * Reads the named columns of a table in either form: columns `{frame: [0, 1], prefix: [null, 0]}`, or rows
 * `{schema: {frame: 1, prefix: 0}, data: [[null, 0], [0, 1]]}`. @param check may throw for too many rows
 */
export async function readTable(
  json: JsonCursor,
  at: number | undefined,
  wanted: readonly string[],
  check: (rows: number) => void = () => {},
): Promise<Table> {
  const table: Table = new Map();
  if (at !== undefined) await untilCut(() => fillTable(json, at, wanted, table, check));
  return table;
}

/** A text that ends too early was found out by the outline: what is there is worth having. */
async function untilCut(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated') throw error;
  }
}

async function fillTable(
  json: JsonCursor,
  at: number,
  wanted: readonly string[],
  table: Table,
  check: (rows: number) => void,
): Promise<void> {
  json.seek(at);
  const schema = new Map<string, number>();
  let data = 0;
  if (!json.object()) return;
  while (json.nextKey()) {
    const { key } = json;
    if (key === 'schema') {
      if (json.object()) while (json.nextKey()) schema.set(json.key, json.number());
    } else if (key === 'data') {
      data = json.at;
      await json.skipLong();
    } else if (wanted.includes(key) && json.kind() === 'array') {
      const column = new GrowingFloat64();
      table.set(key, column);
      if (!json.array()) continue;
      while (json.numbers(column, 1 << 20)) {
        check(column.length);
        await json.pause();
      }
    } else await json.skipLong();
  }
  if (data === 0 || schema.size === 0) return;
  const places: number[] = [];
  const columns: GrowingFloat64[] = [];
  for (const name of wanted) {
    const place = schema.get(name);
    if (place === undefined || !(place >= 0)) continue;
    places.push(place);
    columns.push(new GrowingFloat64());
    table.set(name, columns.at(-1)!);
  }
  json.seek(data);
  const row = new GrowingFloat64();
  if (!json.array()) return;
  while (json.item()) {
    row.length = 0;
    if (json.array()) json.numbers(row);
    for (let i = 0; i < places.length; i++) columns[i]!.push(places[i]! < row.length ? row.array[places[i]!]! : Number.NaN);
    if (!json.due) continue;
    check(columns[0]?.length ?? 0);
    await json.pause();
  }
}

/** Reads an array of strings; what is no string is ''. */
export async function readStrings(json: JsonCursor, at: number | undefined): Promise<string[]> {
  const strings: string[] = [];
  if (at === undefined) return strings;
  await untilCut(async () => {
    json.seek(at);
    if (!json.array()) return;
    while (json.item()) {
      strings.push(json.string());
      if (json.due) await json.pause();
    }
  });
  return strings;
}

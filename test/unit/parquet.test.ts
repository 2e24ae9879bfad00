// The Parquet tables of a store on hard days: windows that come late, go, change or are torn; runs that are killed or meet; a disk without room.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type IndexOptions, indexStore } from '../../src/windows/parquet.js';
import { openParquet, writeParquet } from '../../src/windows/parquetFile.js';
import { TABLES } from '../../src/windows/parquetTables.js';
import { cliKit } from './cliKit.js';
import { makeWindow } from './parquetKit.js';

const { cli, folder, heatline, json } = cliKit();
const DAY = '2024-11-20';
/** While the day is open. */
const EVENING = Date.UTC(2024, 10, 20, 23);
/** Once it is sealed, a day after its end. */
const LATER = Date.UTC(2024, 10, 22, 1);

const newRoot = () => mkdtempSync(join(folder, 'store-'));

/** A window of that day, one a minute; every third one is flat. */
function add(root: string, number: number): string {
  const [service, host] = [number % 2 === 0 ? 'shop' : 'cart', `web-${number % 3}`];
  const start = Date.UTC(2024, 10, 20, 20, number);
  return makeWindow(root, {
    service,
    version: '2.6',
    host,
    processId: 7,
    start,
    sequence: number,
    flat: number % 3 === 0,
    seed: number + 1,
  });
}

function addAll(root: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => add(root, from + i));
}

const index = (root: string, now = EVENING, options: IndexOptions = {}) => indexStore(root, { now, ...options });
const place = (root: string, table: string, day = DAY) => join(root, 'index', table, `date=${day}`, 'data.parquet');

/** All rows of all tables of a day, as text; when files were written differs from one store to the next. */
async function rowsOf(root: string, day = DAY): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { name } of TABLES) {
    const file = (await openParquet(place(root, name, day)))!;
    const rows: string[] = [];
    for await (const group of file.groups())
      for (const row of group)
        rows.push(JSON.stringify({ ...row, modified_ms: 0 }, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
    await file.close();
    found[name] = rows;
  }
  return found;
}

/** The rows of a store in which the same windows were indexed at once. */
async function atOnce(windows: readonly number[]): Promise<Record<string, string[]>> {
  const root = newRoot();
  for (const number of windows) add(root, number);
  await index(root);
  return rowsOf(root);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const left = (root: string) =>
  readdirSync(join(root, 'index'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(tmp|lock)$/.test(name));

describe('the Parquet tables of a store', () => {
  test('come out the same whether windows come at once or in turn, and in which order', async () => {
    const root = newRoot();
    for (const number of [17, 3, 8]) add(root, number);
    expect((await index(root)).windows).toBe(3);
    for (const number of upTo(20)) if (![17, 3, 8].includes(number)) add(root, number);
    expect(await index(root)).toMatchObject({ windows: 17, days: [DAY], remade: [], late: 0, unreadable: 0 });
    const wanted = await atOnce(upTo(20));
    expect(await rowsOf(root)).toEqual(wanted);
    expect(wanted.windows).toHaveLength(20);
  });

  test('come out the same when there are more rows than memory is given to', async () => {
    const root = newRoot();
    addAll(root, 20);
    const told: [number, number][] = [];
    const made = await index(root, EVENING, { mostRows: 200, progress: (...done) => told.push(done) });
    expect(made).toMatchObject({ windows: 20, days: [DAY], rows: { windows: 20 } });
    expect(told.at(-1)).toEqual([20, 20]);
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(20)));
  });

  test('are left alone where nothing is new', async () => {
    const root = newRoot();
    addAll(root, 4);
    await index(root);
    const before = TABLES.map(({ name }) => statSync(place(root, name), { bigint: true }));
    expect(await index(root)).toMatchObject({ windows: 0, days: [] });
    expect(TABLES.map(({ name }) => statSync(place(root, name), { bigint: true }).ino)).toEqual(before.map(({ ino }) => ino));
    expect(left(root)).toEqual([]);
  });

  test('keep what was deleted since', async () => {
    const root = newRoot();
    const paths = addAll(root, 6);
    await index(root);
    for (const path of paths.slice(0, 3)) rmSync(join(root, path));
    addAll(root, 2, 6);
    await index(root);
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(8)));
  });

  test('of a sealed day are not written again, unless late windows are asked for', async () => {
    const root = newRoot();
    addAll(root, 4);
    // The first run after its end takes in what came meanwhile, and seals it.
    await index(root, LATER);
    addAll(root, 2, 4);
    const before = readFileSync(place(root, 'functions'));
    expect(await index(root, LATER + 1)).toMatchObject({ windows: 0, days: [], late: 2 });
    expect(readFileSync(place(root, 'functions'))).toEqual(before);
    expect(await index(root, LATER + 2, { late: true })).toMatchObject({ windows: 2, days: [DAY], late: 0 });
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(6)));
  });

  test('of a day that nobody looked at since its end take in what came late', async () => {
    const root = newRoot();
    addAll(root, 4);
    await index(root, EVENING);
    addAll(root, 2, 4);
    expect(await index(root, LATER)).toMatchObject({ windows: 2, late: 0 });
    expect((await rowsOf(root)).windows).toHaveLength(6);
  });

  test('are made anew where a window is another than it was', async () => {
    const root = newRoot();
    const paths = addAll(root, 5);
    await index(root);
    const other = newRoot();
    const [path] = [add(other, 2)];
    expect(path).toBe(paths[2]);
    const changed = makeWindow(root, {
      service: 'shop',
      version: '2.6',
      host: 'web-2',
      processId: 7,
      start: Date.UTC(2024, 10, 20, 20, 2),
      sequence: 2,
      seed: 77,
    });
    expect(changed).toBe(paths[2]);
    // Of the same size at the same time it would be taken for the same.
    utimesSync(join(root, changed), 1, 1);
    expect(await index(root)).toMatchObject({ windows: 5, remade: [DAY] });
    expect(await rowsOf(root)).not.toEqual(await atOnce(upTo(5)));
    expect((await rowsOf(root)).windows).toHaveLength(5);
  });

  test('leave out what is no window, and tell it', async () => {
    const root = newRoot();
    const [torn] = addAll(root, 4);
    truncateSync(join(root, torn!), 300);
    writeFileSync(join(root, 'notes.pb.gz'), 'no profile');
    writeFileSync(join(root, '20241120T200000Z_shop_web-1_7_9f3a2c_0099.pb.gz.tmp-12'), 'half');
    writeFileSync(join(root, 'empty.pb.gz'), '');
    const told: string[] = [];
    const made = await index(root, EVENING, { unreadable: (path) => told.push(path) });
    expect(made).toMatchObject({ windows: 3, unreadable: 3 });
    expect(told.sort()).toEqual([torn, 'empty.pb.gz', 'notes.pb.gz'].sort());
    // Once it is whole it is taken in.
    add(root, 0);
    expect(await index(root)).toMatchObject({ windows: 1 });
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(4)));
  });

  test('are made anew where they are of different runs, damaged, or of another version', async () => {
    const root = newRoot();
    addAll(root, 3);
    await index(root);
    const older = join(folder, 'older.parquet');
    copyFileSync(place(root, 'functions'), older);
    addAll(root, 2, 3);
    await index(root);
    const wanted = await rowsOf(root);
    const harms: readonly (() => unknown)[] = [
      // Killed between two renames.
      () => copyFileSync(older, place(root, 'functions')),
      () => truncateSync(place(root, 'lines'), 500),
      () => rmSync(place(root, 'windows')),
      async () => {
        const table = TABLES.find(({ name }) => name === 'labels')!;
        await (await writeParquet(place(root, 'labels'), table, undefined, [], { 'heatline.index': '0' })).publish();
      },
    ];
    for (const harm of harms) {
      await harm();
      expect(await index(root), String(harm)).toMatchObject({ windows: 5, remade: [DAY] });
      expect(await rowsOf(root)).toEqual(wanted);
    }
  });

  test('stand as one run left them, however often it is killed', async () => {
    const root = newRoot();
    addAll(root, 60);
    let killed = 0;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [cli, 'index', '--late', root], { stdio: 'ignore' });
      const gone = once(child, 'exit');
      // It is killed once it writes, a little later each time: what it writes is seen by its name.
      await seen(child, () => existsSync(join(root, 'index')) && left(root).some((name) => name.endsWith('.tmp')));
      await new Promise((resolve) => setTimeout(resolve, round * 7));
      if (child.exitCode === null && child.kill('SIGKILL')) killed++;
      await gone;
      addAll(root, 1, 60 + round);
    }
    expect(killed).toBeGreaterThan(0);
    await index(root, EVENING, { late: true });
    expect(left(root)).toEqual([]);
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(66)));
  });

  test('are read whole while they are written', async () => {
    const root = newRoot();
    addAll(root, 2);
    await index(root);
    const sizes = new Set<number>();
    let writing = true;
    const reader = (async () => {
      while (writing) {
        const file = await openParquet(place(root, 'windows'));
        let rows = 0;
        for await (const group of file!.groups()) rows += group.length;
        await file!.close();
        expect(rows).toBe(file!.rows);
        sizes.add(rows);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let number = 2; number < 12; number += 2) {
      addAll(root, 2, number);
      await index(root);
    }
    writing = false;
    await reader;
    expect([...sizes].every((rows) => rows % 2 === 0 && rows <= 12)).toBe(true);
    expect(sizes.size).toBeGreaterThan(1);
  });

  test('are written by one run at a time; what a dead one left is taken over', async () => {
    const root = newRoot();
    addAll(root, 2);
    mkdirSync(join(root, 'index'));
    const lock = join(root, 'index/.lock');
    const holder = (id: number, host = hostname()) =>
      writeFileSync(lock, JSON.stringify({ process: id, host, since: '2024-11-20T23:00:00Z' }));
    holder(process.ppid);
    await expect(index(root)).rejects.toThrow(
      `${lock}: the index is being written by process ${process.ppid} on ${hostname()}, since 2024-11-20T23:00:00Z; if that is no more, remove this file`,
    );
    holder(7, 'another-machine');
    await expect(index(root)).rejects.toThrow('by process 7 on another-machine');
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    holder(gone);
    const [first, second] = [index(root), index(root)];
    await expect(second).rejects.toThrow('the index is being written');
    expect((await first).windows).toBe(2);
    expect(existsSync(lock)).toBe(false);
  });

  test('hold figures past 2^53 to the last unit', async () => {
    const file = join(newRoot(), 'functions.parquet');
    const table = TABLES.find(({ name }) => name === 'functions')!;
    const whose = { service: 's', version: '', host: '', hour: 1, type: 'cpu', unit: 'nanoseconds', file: 'a.py', first_line: 1 };
    const row = (name: string, self: bigint) => ({ ...whose, function: name, self, total: self });
    const large = 2n ** 60n + 1n;
    await (await writeParquet(file, table, undefined, [row('b', 3n), row('a', large), row('b', 4n)], {})).publish();
    const before = (await openParquet(file))!;
    await (await writeParquet(file, table, before, [row('a', 2n), row('c', 1n)], {})).publish();
    await before.close();
    const after = (await openParquet(file))!;
    const rows: unknown[] = [];
    for await (const group of after.groups(['function', 'self'])) rows.push(...group);
    await after.close();
    expect(rows).toEqual([
      { function: 'a', self: large + 2n },
      { function: 'b', self: 7n },
      { function: 'c', self: 1n },
    ]);
  });
});

describe('heatline index', () => {
  test('says what it did', () => {
    const root = newRoot();
    addAll(root, 3);
    expect(json('index', root)).toMatchObject({ windows: 3, days: [DAY], remade: [], late: 0, unreadable: 0, rows: { windows: 3 } });
    expect(heatline('index', root)).toEqual({ status: 0, stdout: 'Nothing new.\n', stderr: '' });
    // The day has long ended.
    add(root, 3);
    expect(heatline('index', root).stderr).toBe('heatline: 1 window of sealed days left alone (--late takes them in)\n');
    expect(heatline('index', root, '--late').stdout).toMatch(
      /^1 window added; 1 day written: [\d,]+ rows of functions, [\d,]+ of lines\.\n$/,
    );
    writeFileSync(join(root, 'torn.pb.gz'), 'torn');
    const { status, stderr } = heatline('index', root);
    expect(stderr).toMatch(/^heatline: torn\.pb\.gz: [^\n]+, left out\nheatline: 1 file was left out\n$/);
    expect(status).toBe(0);
  });

  test('refuses in one sentence', () => {
    const none = join(folder, 'none');
    expect(heatline('index', none)).toEqual({ status: 2, stdout: '', stderr: `heatline: ${none}: there is no such folder\n` });
    expect(existsSync(none)).toBe(false);
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    expect(heatline('index', file).stderr).toBe(`heatline: ${file}: it is no folder\n`);
    expect(heatline('index', file).status).toBe(2);
    const root = newRoot();
    add(root, 1);
    writeFileSync(join(root, 'index'), 'in the way');
    expect(heatline('index', root)).toEqual({ status: 2, stdout: '', stderr: `heatline: ${join(root, 'index')}: a file is in the way\n` });
    expect(heatline('index', root, '--seal-after', 'never').status).toBe(2);
  });

  test.skipIf(process.platform === 'win32')('leaves what was there when there is no room', async () => {
    const root = newRoot();
    addAll(root, 3);
    await index(root);
    const before = await rowsOf(root);
    addAll(root, 3, 3);
    // Files of at most one or two blocks of 512 bytes or 1 KiB: less than any table takes.
    const text = `ulimit -f 2; exec "${process.execPath}" "${cli}" index --late "${root}"`;
    const { status, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8' });
    expect(stderr).toBe(`heatline: ${join(root, 'index')}: the disk is full\n`);
    expect(status).toBe(5);
    expect(left(root)).toEqual([]);
    expect(await rowsOf(root)).toEqual(before);
    await index(root);
    expect(await rowsOf(root)).toEqual(await atOnce(upTo(6)));
  });
});

/** Waits for a state of what a program does, or its end. */
async function seen(child: ChildProcess, state: () => boolean): Promise<void> {
  while (child.exitCode === null && !state()) await new Promise((resolve) => setTimeout(resolve, 1));
}

// What was answered with success is on the disk to last: the order of writing, limits of the folder, disks that are full, ends in between.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Folders } from '../../src/receive/folders.js';
import { Keeper } from '../../src/receive/keep.js';
import { openReceiver, profileOf, push, pushOf } from './receiveKit.js';

/** What was asked of the file system, in its order: names without their folders. */
const asked: string[] = [];

const real = { open: fs.open, rename: fs.rename };

beforeAll(() => {
  const short = (path: unknown) =>
    String(path)
      .replace(/^.*\//, '')
      .replace(/\.tmp-\d+$/, '.tmp');
  const tell = (what: string, path: unknown) => asked.push(`${what} ${short(path)}`);
  const open = async (path: string, flags: string): Promise<FileHandle> => {
    const handle = await real.open(path, flags);
    tell(`open ${flags}`, path);
    for (const name of ['sync', 'writeFile', 'close'] as const) {
      const before = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(handle, {
        async [name](...args: unknown[]) {
          await before(...args);
          tell(name, path);
        },
      });
    }
    return handle;
  };
  const rename = async (from: string, to: string) => {
    await real.rename(from, to);
    tell('rename', to);
  };
  replace({ open, rename });
});
afterAll(() => replace(real));

/** For whoever imported them by name, too. */
function replace(functions: object): void {
  Object.assign(fs, functions);
  syncBuiltinESMExports();
}

const labels = { service_name: 'shop' };
const folders: string[] = [];
const temporary = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'heatline-store-')));
  return folders.at(-1)!;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test('a window is written, synced, renamed, and its folder synced, before the answer', async () => {
  const kit = await openReceiver();
  asked.length = 0;
  expect((await push(kit.url, pushOf([profileOf('first')], labels))).status).toBe(200);
  asked.push('answered');
  const name = kit.windows()[0]!.replace(/^.*\//, '');
  const day = kit.windows()[0]!.split('/')[0]!;
  const own = asked.slice(asked.findIndex((one) => one.startsWith('open wx')));
  expect(own.filter((one) => !one.startsWith('close'))).toEqual([
    `open wx ${name}.tmp`,
    `writeFile ${name}.tmp`,
    `sync ${name}.tmp`,
    `rename ${name}`,
    'open r service=shop',
    'sync service=shop',
    'answered',
  ]);
  // The new folders are entries that have to last as well.
  const before = asked.slice(0, asked.length - own.length);
  expect(before.filter((one) => one.startsWith('sync'))).toEqual([`sync ${day}`, `sync ${kit.folder.replace(/^.*\//, '')}`]);
  // One that is there already may have been written by somebody who was killed before the last step.
  asked.length = 0;
  const again = pushOf([profileOf('again', 1, 1_795_357_000_000)], labels);
  await push(kit.url, again);
  asked.length = 0;
  expect((await push(kit.url, again)).status).toBe(200);
  expect(asked).toEqual(['open r service=shop', 'sync service=shop', 'close service=shop']);
});

test('of many that wait for a folder one syncs it for all, and never for those that came later', async () => {
  const folder = temporary();
  const sync = new Folders();
  asked.length = 0;
  const first = sync.sync(folder);
  const others = Array.from({ length: 20 }, () => sync.sync(folder));
  await first;
  const late = sync.sync(folder);
  await Promise.all([...others, late]);
  const count = asked.filter((one) => one.startsWith('sync')).length;
  expect(count).toBeGreaterThanOrEqual(2);
  expect(count).toBeLessThanOrEqual(3);
  await expect(sync.sync(join(folder, 'gone'))).rejects.toThrow(/ENOENT/);
  await expect(sync.sync(join(folder, 'gone'))).rejects.toThrow(/ENOENT/);
});

describe('limits of the folder', () => {
  const name = (time: string, service = 'shop') => `${time}_${service}_web-1_1_0123456789abcdef_0001.pb.gz`;
  const lay = (root: string, day: string, service: string, file: string, bytes: number) => {
    const path = join(root, `date=${day}`, `service=${service}`, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(bytes));
    return path;
  };

  test("the oldest windows of this service go; others', foreign files and links stay", async () => {
    const root = temporary();
    const old = lay(root, '2026-11-20', 'shop', name('20261120T100000Z'), 600);
    const newer = lay(root, '2026-11-21', 'shop', name('20261121T100000Z'), 600);
    const other = lay(root, '2026-11-01', 'other', name('20261101T100000Z', 'other'), 5000);
    const foreign = lay(root, '2026-11-01', 'shop', 'notes.pb.gz', 5000);
    const linked = join(dirname(old), name('20261119T100000Z'));
    symlinkSync(foreign, linked);
    const keeper = new Keeper(root, { bytes: 2100, seconds: Number.POSITIVE_INFINITY }, Date.now);
    await keeper.makeRoom('shop', 700);
    expect([old, newer, other, foreign].map((path) => existsSync(path))).toEqual([true, true, true, true]);
    await keeper.makeRoom('shop', 700);
    expect([old, newer, other, foreign].map((path) => existsSync(path))).toEqual([false, true, true, true]);
    expect(readdirSync(dirname(linked))).toContain(name('20261119T100000Z'));
  });

  test('what is too old goes, and what was left half-written an hour ago', async () => {
    const root = temporary();
    const now = Date.UTC(2026, 10, 22, 12);
    const old = lay(root, '2026-11-21', 'shop', name('20261121T115959Z'), 10);
    const kept = lay(root, '2026-11-21', 'shop', name('20261121T120001Z'), 10);
    const half = lay(root, '2026-11-20', 'shop', `${name('20261120T000000Z')}.tmp-17`, 10);
    const fresh = lay(root, '2026-11-20', 'shop', `${name('20261120T000001Z')}.tmp-18`, 10);
    const alone = lay(root, '2026-11-19', 'gone', name('20261119T000000Z', 'gone'), 10);
    const foreign = lay(root, '2026-11-19', 'gone', 'readme.txt', 10);
    const empty = lay(root, '2026-11-18', 'gone', name('20261118T000000Z', 'gone'), 10);
    utimesSync(half, new Date(Date.now() - 3_700_000), new Date(Date.now() - 3_700_000));
    await new Keeper(root, { bytes: 1e9, seconds: 86_400 }, () => now).sweep();
    const there = [old, kept, half, fresh, alone, foreign, dirname(dirname(empty))].map((path) => existsSync(path));
    expect(there).toEqual([false, true, false, true, false, true, false]);
  });

  test('under a stream of windows the service never takes more than it may', async () => {
    const kit = await openReceiver({ keep: { bytes: 20_000, seconds: Number.POSITIVE_INFINITY } });
    const start = Date.now() - 3_600_000;
    let most = 0;
    for (let round = 0; round < 12; round++) {
      const sent = Array.from({ length: 10 }, (_, i) => pushOf([profileOf(`f${round}`, i + 1, start + (round * 10 + i) * 1000)], labels));
      const told = await Promise.all(sent.map((message) => push(kit.url, message)));
      expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
      most = Math.max(
        most,
        kit.windows().reduce((sum, window) => sum + statSync(join(kit.folder, window)).size, 0),
      );
    }
    expect(most).toBeLessThanOrEqual(20_000);
    expect(most).toBeGreaterThan(15_000);
    // What stays is the newest.
    const stamps = kit.windows().map((window) => window.replace(/^.*\//, '').slice(0, 16));
    expect(stamps.at(-1)).toBe(
      `${new Date(Math.floor((start + 119_000) / 1000) * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`,
    );
  });
});

describe.skipIf(process.platform !== 'linux')('a disk without room', () => {
  const disk = temporary();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync('umount', ['-l', disk]);
  });

  test.skipIf(!mounted)('is told as 507, nothing half is left, and with room it goes on', async () => {
    const root = join(disk, 'store');
    const kit = await openReceiver({ folder: root });
    expect((await push(kit.url, pushOf([profileOf('before')], labels))).status).toBe(200);
    const ballast = join(disk, 'ballast');
    const left = Number(/(\d+)\s*$/.exec(spawnSync('df', ['--output=avail', '-B1', disk], { encoding: 'utf8' }).stdout)![1]);
    writeFileSync(ballast, Buffer.alloc(left));
    const message = pushOf([profileOf('refused')], labels, ['once']);
    for (let i = 0; i < 2; i++) {
      const told = await push(kit.url, message);
      expect(told.status).toBe(507);
      expect(told.headers.get('retry-after')).toBe('60');
      expect(JSON.parse(told.body)).toEqual({ code: 'resource_exhausted', message: expect.stringMatching(/disk of the store is full/) });
    }
    // Told once.
    expect(kit.said).toHaveLength(1);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.pb.gz'));
    expect(files).toEqual(kit.windows());
    expect(files).toHaveLength(1);
    rmSync(ballast);
    expect((await push(kit.url, message)).status).toBe(200);
    expect(kit.windows()).toHaveLength(2);
    expect(kit.figures).toMatchObject({ received: 4, written: 2, refused: { 'disk full': 2 } });
  });
});

test('a store that is no folder any more is told as 503', async () => {
  const root = join(temporary(), 'store');
  const kit = await openReceiver({ folder: root });
  rmSync(root, { recursive: true });
  writeFileSync(root, 'a file');
  const told = await push(kit.url, pushOf([profileOf('x')], labels));
  expect(told.status).toBe(503);
  expect(JSON.parse(told.body).code).toBe('unavailable');
});

test('who ends it waits for what is at work, and nothing new is taken', async () => {
  const kit = await openReceiver();
  const { port } = new URL(kit.url);
  const message = Buffer.from(pushOf([profileOf('late')], labels));
  const socket = connect(Number(port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `POST /push.v1.PusherService/Push HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/proto\r\nContent-Length: ${message.length}\r\n\r\n`,
  );
  socket.write(message.subarray(0, 10));
  await expect.poll(() => kit.figures.received).toBe(1);
  const closed = kit.close();
  await expect(push(kit.url, message)).rejects.toThrow();
  socket.write(message.subarray(10));
  await ended;
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(kit.windows()).toHaveLength(1);
});

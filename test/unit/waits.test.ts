// What profiles of locks and of tasks say of one line: the model's answers, the hover, and the problems of blocked loops.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hover, PublishDiagnosticsParams } from 'vscode-languageserver/node';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { awaitUse, loopBlocks } from '../../src/core/model/awaitUse.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { lockUse } from '../../src/core/model/lockUse.js';
import type { Profile } from '../../src/core/model/profile.js';
import { buildServer, type RunningServer, startServer } from './serverKit.js';

const MS = 1_000_000;
const THREADING = '/usr/lib/python3.12/threading.py';
const folder = mkdtempSync(path.join(tmpdir(), 'heatline-waits-'));
const store = path.join(folder, 'store.py');
const other = path.join(folder, 'b', 'store.py');

interface Row {
  /** name, file, line; leaf first. */
  readonly stack: readonly (readonly [name: string, file: string, line: number])[];
  readonly values: readonly number[];
  readonly labels: Readonly<Record<string, string | number>>;
}

function drawn(types: readonly (readonly [string, string])[], rows: readonly Row[]): Profile {
  const builder = new ProfileBuilder('pprof');
  for (const [type, unit] of types) builder.valueType({ type, unit });
  for (const { stack, values, labels } of rows) {
    let at = -1;
    for (const [name, file, line] of [...stack].reverse())
      at = builder.stack(at, builder.place(builder.func(builder.string(name), 0, builder.string(file), Math.max(0, line - 1)), line));
    builder.sample(at, values, typeof labels.thread === 'string' ? builder.thread(labels.thread) : -1);
    for (const [key, value] of Object.entries(labels)) {
      if (key === 'thread') continue;
      if (typeof value === 'string') builder.label(builder.string(key), builder.string(value), 0, 0);
      else builder.label(builder.string(key), 0, value, builder.string('nanoseconds'));
    }
  }
  builder.set({ timeNanos: 1_700_000_100_000_000_000n });
  return builder.finish();
}

const lockTypes = [
  ['lock-acquire', 'count'],
  ['lock-acquire-wait', 'nanoseconds'],
  ['lock-release', 'count'],
  ['lock-release-hold', 'nanoseconds'],
  ['lock-notify', 'count'],
  ['lock-notify-wait', 'nanoseconds'],
] as const;
const save = ['save', store, 12] as const;
const read = ['read', store, 20] as const;
const locks = () =>
  drawn(lockTypes, [
    { stack: [save], values: [4, 0, 4, 600 * MS, 0, 0], labels: { thread: 'writer', 'lock name': 'store.py:7:lock' } },
    {
      stack: [read],
      values: [1, 400 * MS, 1, 1, 0, 0],
      labels: { thread: 'a', 'lock name': 'store.py:7:lock', 'held by': 'writer: save (store.py:12)', 'longest wait': 400 * MS },
    },
    {
      stack: [read],
      values: [2, 100 * MS, 2, 1, 0, 0],
      labels: { thread: 'b', 'lock name': 'store.py:7:lock', 'held by': 'writer: save (store.py:12)', 'longest wait': 80 * MS },
    },
    // A queue's own lock: it is the program that takes it, not the library.
    {
      stack: [
        ['Condition.wait', THREADING, 300],
        ['Queue.get', '/usr/lib/python3.12/queue.py', 170],
        ['work', store, 30],
      ],
      values: [0, 0, 0, 0, 3, 900 * MS],
      labels: { thread: 'b', 'lock name': 'b/store.py:7:jobs', 'lock kind': 'Queue' },
    },
  ]);
const taskTypes = [
  ['awaits', 'count'],
  ['await', 'nanoseconds'],
  ['on-loop', 'nanoseconds'],
  ['loop-blocks', 'count'],
  ['loop-blocked', 'nanoseconds'],
] as const;
const task = (name: string) => [name, '<task>', 0] as const;
const tasks = () =>
  drawn(taskTypes, [
    { stack: [read, task('task a')], values: [3, 300 * MS, 0, 0, 0], labels: { awaiting: 'sleep', 'longest await': 150 * MS } },
    { stack: [read, task('task b')], values: [1, 100 * MS, 0, 0, 0], labels: { awaits: 'task a', 'longest await': 100 * MS } },
    {
      stack: [['loads', '/usr/lib/python3.12/json/__init__.py', 40], save, task('task a')],
      values: [0, 0, 10, 2, 700 * MS],
      labels: { 'longest block': 500 * MS },
    },
    { stack: [save, task('task b')], values: [0, 0, 10, 1, 120 * MS], labels: { 'longest block': 120 * MS } },
    { stack: [['quick', store, 3], task('task b')], values: [0, 0, 10, 1, 60 * MS], labels: { 'longest block': 60 * MS } },
  ]);

describe('a line and its locks', () => {
  const of = (line: number, files = [store], spec = { type: 1 }) => lockUse(locks(), spec, files, line);

  it('where one is taken: how often, how long waited for, who held it and who waited', () => {
    const { use, held } = of(20);
    expect(use).toMatchObject({ made: false, locks: ['store.py:7:lock'], acquires: 3, wait: 500 * MS, longest: 400 * MS });
    expect(use!.heldBy).toEqual([{ text: 'writer: save (store.py:12)', value: 500 * MS, func: 0, line: 12 }]);
    expect(use!.waiters.map(({ text, value }) => [text, value])).toEqual([
      ['a', 400 * MS],
      ['b', 100 * MS],
    ]);
    expect(held).toBeNull();
    expect(lockUse(locks(), { type: 1, thread: 'b' }, [store], 20).use).toMatchObject({ acquires: 2, wait: 100 * MS, longest: 80 * MS });
  });

  it('where one is made: all places that take it; of files with one name it is the right one', () => {
    expect(of(7).use).toMatchObject({ made: true, acquires: 7, wait: 500 * MS, hold: 600 * MS + 2 });
    expect(of(7).use!.waiters.map(({ text }) => text)).toEqual(['read (store.py:20)']);
    expect(of(7, [other]).use).toMatchObject({ made: true, locks: ['b/store.py:7:jobs'], notified: 3, notifyWait: 900 * MS, wait: 0 });
    expect(of(8)).toEqual({ use: null, held: null });
  });

  it('where one is held: what others waited for meanwhile', () => {
    const { use, held } = of(12);
    expect(use).toMatchObject({ acquires: 4, wait: 0, hold: 600 * MS });
    expect(held).toMatchObject({ locks: ['store.py:7:lock'], wait: 500 * MS });
    expect(held!.waiters).toMatchObject([{ text: 'read (store.py:20)', value: 500 * MS, line: 20 }]);
  });

  it('what libraries take for the program is the program’s', () => {
    expect(of(30).use).toMatchObject({ locks: ['b/store.py:7:jobs'], notified: 3, notifyWait: 900 * MS });
  });

  it('is nothing in other profiles', () => {
    expect(lockUse(tasks(), { type: 1 }, [store], 20)).toEqual({ use: null, held: null });
    expect(awaitUse(locks(), { type: 1 }, [store], 20)).toBeNull();
    expect(loopBlocks(locks(), { type: 1 })).toEqual([]);
  });
});

describe('a line and its tasks', () => {
  it('awaits: how often, for how long, for what and where', () => {
    expect(awaitUse(tasks(), { type: 1 }, [store], 20)).toMatchObject({
      awaits: 4,
      time: 400 * MS,
      longest: 150 * MS,
      what: [{ text: 'sleep' }, { text: 'task a' }],
      tasks: [{ text: 'task a', value: 300 * MS }, { text: 'task b' }],
    });
    expect(awaitUse(tasks(), { type: 1 }, [store], 12)).toBeNull();
  });

  it('blocks its loop: own code is told, also for what a library did', () => {
    expect(loopBlocks(tasks(), { type: 1 }).map(({ line, count, time, longest }) => [line, count, time, longest])).toEqual([
      [12, 3, 820 * MS, 500 * MS],
      [3, 1, 60 * MS, 60 * MS],
    ]);
  });
});

describe('in the editor', () => {
  let server: RunningServer;
  let dispose: () => void;
  const told = new Map<string, PublishDiagnosticsParams['diagnostics']>();
  const uri = (file: string) => pathToFileURL(file).href;

  beforeAll(async () => {
    const text = Array.from({ length: 40 }, (_, index) => `    line_${index + 1}()`).join('\n');
    writeFileSync(store, text);
    utimesSync(store, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
    const built = await buildServer();
    dispose = built.dispose;
    server = await startServer(built.bundle, folder);
    server.connection.onNotification('textDocument/publishDiagnostics', ({ uri: of, diagnostics }: PublishDiagnosticsParams) => {
      told.set(of, diagnostics);
    });
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  async function shown(name: string, profile: Profile) {
    const file = path.join(folder, name);
    writeFileSync(file, writePprof(profile));
    const { id } = await server.request('profile/open', { uri: uri(file) });
    await server.request('profile/activate', { view: { profile: id, type: 1 } });
    return id;
  }
  const hover = async (line: number) => {
    const asked = { textDocument: { uri: uri(store) }, position: { line: line - 1, character: 6 } };
    const found = (await server.connection.sendRequest('textDocument/hover', asked)) as Hover | null;
    return (found?.contents as { value: string } | undefined)?.value ?? '';
  };
  const problems = (count: number) => expect.poll(() => told.get(uri(store))?.length, { timeout: 20_000 }).toBe(count);

  it('a hover tells a lock’s waiters, with links to who held it and to the lock alone', async () => {
    await shown('locks.pb.gz', locks());
    const said = await hover(20);
    expect(said).toContain('taken 3 times · waited for 500 ms, at most 400 ms at once');
    expect(said).toMatch(/Held meanwhile by \[writer: save \(store\.py:12\)\]\(command:heatline\.openLocation\?[^)]*\) 100\.0 %/);
    expect(said).toContain('Waited most: a 80.0 % · b 20.0 %');
    const [, filter] = /\(command:heatline\.showLabel\?([^)]*)\)/.exec(said) ?? [];
    expect(JSON.parse(decodeURIComponent(filter!))).toEqual(['lock name=^store\\.py:7:lock$']);
    // No heat stands on the line that makes it, and the hover knows it all the same.
    expect(await hover(7)).toContain('Makes the lock');
    expect(await hover(8)).toBe('');
  });

  it('problems stand on lines that blocked a loop for as long as the setting says, while the profile is shown', async () => {
    const id = await shown('tasks.pb.gz', tasks());
    await problems(1);
    expect(told.get(uri(store))).toMatchObject([
      {
        range: { start: { line: 11, character: 4 }, end: { line: 11, character: 13 } },
        severity: 2,
        source: 'Heatline',
        message: 'The event loop was blocked here 3 times, 820 ms in all, at most 500 ms at once, by task a and 1 more.',
      },
    ]);
    const limit = (blockedMilliseconds: number) =>
      server.connection.sendNotification('workspace/didChangeConfiguration', { settings: { heatline: { blockedMilliseconds } } });
    await limit(50);
    await problems(2);
    await limit(0);
    await problems(0);
    await limit(100);
    await problems(1);
    expect(await hover(20)).toContain('Awaited 4 times · 400 ms in all · at most 150 ms at once');
    expect(await hover(12)).toContain('The event loop was blocked here 3 times');
    await server.request('profile/close', { profile: id });
    await problems(0);
  });
});

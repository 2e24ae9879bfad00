// What the code in the editor asks the server: scales, several lines together, neighbours of a line, shares of files, expressions.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hover } from 'vscode-languageserver/node';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { HeatScale } from '../../src/protocol/code.js';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { unitsOf } from '../../src/server/features/expressions.js';
import type { RunningServer } from './serverKit.js';
import { HOSTILE, MS, openShop, type Shop, uri } from './serverShop.js';

let shop = '';
let server: RunningServer;
let info: ProfileInfo;
let view: ViewParams;
let close: Shop['close'] | undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'heatline-code-'));

beforeAll(async () => {
  ({ shop, server, info, view, close } = await openShop());
});
afterAll(async () => {
  expect(await close?.()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

describe('the scale of heat', () => {
  const shares = async (scale?: HeatScale) => {
    const { lines } = await server.request('profile/lineHeat', { view, uri: uri(shop), ...(scale ? { scale } : {}) });
    return Object.fromEntries(lines.map(({ line, share, totalShare }) => [line, [share, totalShare]]));
  };

  it('is the whole profile, the file, or the function around', async () => {
    // 1000 ms in all; quote takes 900 ms with what it calls, find 800 ms, and all of it runs below this file's module.
    expect(await shares()).toMatchObject({ 7: [0.1, 0.9], 13: [0.6, 0.6], 12: [0, 0.2], 18: [0.1, 1] });
    expect(await shares('file')).toEqual(await shares());
    const own = await shares('function');
    expect(own[7]).toEqual([100 / 900, 1]);
    expect(own[13]).toEqual([0.75, 0.75]);
    expect(own[12]).toEqual([0, 0.25]);
    expect(own[18]).toEqual([0.1, 1]);
  });
});

describe('lines together', () => {
  const ask = (from: number, to: number) => server.request('profile/selection', { view, uri: uri(shop), from, to });

  it('count each stack once', async () => {
    expect(await ask(7, 13)).toEqual({ self: 700 * MS, total: 900 * MS, sum: 1000 * MS });
    expect(await ask(12, 13)).toEqual({ self: 600 * MS, total: 800 * MS, sum: 1000 * MS });
    expect(await ask(1, 9999)).toEqual({ self: 800 * MS, total: 1000 * MS, sum: 1000 * MS });
    expect(await ask(1, 3)).toEqual({ self: 0, total: 0, sum: 1000 * MS });
  });

  it('refuse lines that are none', async () => {
    await expect(ask(5, 4)).rejects.toMatchObject({ data: { code: 'bad-request' } });
    await expect(ask(0, 4)).rejects.toMatchObject({ data: { code: 'bad-request' } });
  });
});

describe('neighbours of a line', () => {
  const ask = (line: number, side: 'callers' | 'callees') => server.request('profile/lineNeighbours', { view, uri: uri(shop), line, side });

  it('are the places that called it, with what these calls took', async () => {
    const { of, sum, rows } = await ask(13, 'callers');
    expect([of, sum]).toEqual(['line', 1000 * MS]);
    expect(rows).toEqual([{ func: 0, name: 'quote', path: shop, line: 7, total: 600 * MS }]);
    expect((await ask(7, 'callers')).rows).toEqual([{ func: 2, name: 'main', path: shop, line: 18, total: 900 * MS }]);
  });

  it('are the functions that it called, with or without a source here', async () => {
    expect((await ask(7, 'callees')).rows).toEqual([{ func: 1, name: 'find', path: shop, line: 11, total: 800 * MS }]);
    expect((await ask(12, 'callees')).rows).toEqual([{ func: 4, name: HOSTILE, path: null, line: 0, total: 200 * MS }]);
    expect((await ask(13, 'callees')).rows).toEqual([]);
    expect((await ask(2, 'callers')).rows).toEqual([]);
  });

  it('are linked from the hover', async () => {
    await server.request('profile/activate', { view });
    const hover = (await server.connection.sendRequest('textDocument/hover', {
      textDocument: { uri: uri(shop) },
      position: { line: 12, character: 8 },
    })) as Hover | null;
    const { value } = hover!.contents as { value: string };
    const link = /\[Who called this line\]\(command:heatline\.lineCallers\?([^)]+)\)/.exec(value)?.[1] ?? '';
    expect(JSON.parse(decodeURIComponent(link))).toEqual([{ uri: uri(shop), line: 13 }]);
    expect(value).toContain('[What it called](command:heatline.lineCallees?');
  });
});

describe('shares of files', () => {
  it('add up from files to the folders above them in the workspace', async () => {
    const { sum, paths } = await server.request('profile/pathShares', { view });
    expect(sum).toBe(1000 * MS);
    const home = path.dirname(shop);
    expect(paths).toContainEqual({ path: shop, folder: false, self: 800 * MS });
    expect(paths).toContainEqual({ path: home, folder: true, self: 800 * MS });
    // The hostile function's file is not on this machine, and nothing above the workspace is named.
    expect(paths.every(({ path: one }) => one.startsWith(home))).toBe(true);
  });
});

describe('hot expressions', () => {
  const source = 'def größe(a):\n    x = "ä" + kurz(a) + länger(a)\n    return (\n        x\n        + x)\n';

  async function opened(): Promise<{ view: ViewParams; file: string }> {
    const file = path.join(folder, 'spalten.py');
    writeFileSync(file, source);
    utimesSync(file, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
    const builder = new ProfileBuilder('pprof');
    builder.valueType({ type: 'wall', unit: 'nanoseconds' });
    const func = builder.func(builder.string('größe'), 0, builder.string(file), 1);
    const line = source.split('\n')[1]!;
    const bytes = (text: string) => Buffer.byteLength(line.slice(0, line.indexOf(text))) + 1;
    const end = Buffer.byteLength(line) + 1;
    const whole = builder.place(func, 2, bytes('"ä"'), 2, end);
    const call = builder.place(func, 2, bytes('länger'), 2, end);
    const beginOnly = builder.place(func, 5, 11);
    const statement = builder.place(func, 4, 9);
    const wholeLine = builder.place(func, 4, 9, 4, 10);
    const several = builder.place(func, 3, 12, 5, 12);
    for (const [place, weight] of [
      [whole, 10],
      [call, 70],
      [beginOnly, 5],
      [statement, 2],
      [wholeLine, 3],
      [several, 15],
    ] as const)
      builder.sample(builder.stack(-1, place), [weight]);
    builder.set({ timeNanos: 1_700_000_100_000_000_000n });
    const profile = path.join(folder, 'columns.pb.gz');
    writeFileSync(profile, writePprof(builder.finish()));
    const { id } = await server.request('profile/open', { uri: uri(profile) });
    return { view: { profile: id, type: 0 }, file };
  }

  it('stand where they are in the text, in its own units', async () => {
    const { view: own, file } = await opened();
    const { expressions } = await server.request('profile/lineHeat', { view: own, uri: uri(file), expressions: 'self' });
    const lines = source.split('\n');
    expect(expressions).toEqual([
      { line: 2, column: lines[1]!.indexOf('länger'), endLine: 2, endColumn: lines[1]!.length },
      { line: 3, column: 11, endLine: 5, endColumn: 11 },
      { line: 5, column: 10, endLine: 5, endColumn: 11 },
    ]);
    expect((await server.request('profile/lineHeat', { view: own, uri: uri(file) })).expressions).toEqual([]);
  });

  it('are not drawn where the text is not the one that ran', async () => {
    const { view: own, file } = await opened();
    const edited = source.replace('kurz', 'kürzer');
    const document = { uri: uri(file), languageId: 'python', version: 1, text: edited };
    await server.connection.sendNotification('textDocument/didOpen', { textDocument: document });
    const { expressions } = await server.request('profile/lineHeat', { view: own, uri: uri(file), expressions: 'self' });
    expect(expressions.map(({ line }) => line)).toEqual([3, 5]);
    await server.connection.sendNotification('textDocument/didClose', { textDocument: { uri: uri(file) } });
  });

  it('know characters of every width', () => {
    expect([0, 1, 3, 7, 8].map((bytes) => unitsOf('aä😀b', bytes))).toEqual([0, 1, 2, 4, 5]);
    expect([2, 9, -1].map((bytes) => unitsOf('aä😀b', bytes))).toEqual([-1, -1, -1]);
  });

  it('are none without columns', async () => {
    expect((await server.request('profile/lineHeat', { view, uri: uri(shop), expressions: 'self' })).expressions).toEqual([]);
    expect(info.valueTypes.length).toBeGreaterThan(0);
  });
});

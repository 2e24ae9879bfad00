// The language server as a client sees it: an open profile, files that cannot be read, its beginning and its end.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource, createProtocolConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-languageserver/node';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { encodePprof, type RunningServer, startServer } from './serverKit.js';
import { HOSTILE, MS, openShop, type Shop, shopProfile, uri } from './serverShop.js';

let folder = '';
let shop = '';
let bundle = '';
let server: RunningServer;
let info: ProfileInfo;
let view: ViewParams;
let heat: Shop['heat'];
let close: Shop['close'] | undefined;

beforeAll(async () => {
  ({ folder, shop, bundle, server, info, view, heat, close } = await openShop());
});
afterAll(async () => expect(await close?.()).toBe(0));

describe('an open profile', () => {
  it('is described truthfully', () => {
    expect(info).toMatchObject({
      format: 'pprof',
      label: 'shop.pb.gz',
      totals: [1000, 1e9],
      samples: 1000,
      functions: 5,
      durationNanos: 1e9,
    });
    expect(info.summary).toBe('1.00 s: 80 % in find (shop.py:11), 10 % in quote (shop.py:4)');
  });

  it('is the same one when opened again, and gone when closed', async () => {
    expect((await server.request('profile/open', { uri: info.uri })).id).toBe(info.id);
    await server.request('profile/close', { profile: info.id });
    await expect(heat(view)).rejects.toMatchObject({ data: { code: 'not-open' } });
    await server.request('profile/close', { profile: info.id });
    info = await server.request('profile/open', { uri: info.uri });
    view = { ...view, profile: info.id };
  });

  it('gives self and total per line as shares of the whole profile', async () => {
    const { lines, stale } = await heat(view);
    expect(stale).toBe(false);
    expect(Object.keys(lines).map(Number)).toEqual([7, 12, 13, 18, 21]);
    expect(lines[13]).toEqual({
      line: 13,
      self: 600 * MS,
      total: 600 * MS,
      share: 0.6,
      totalShare: 0.6,
      calls: null,
      samples: 600,
      stale: false,
    });
    expect(lines[7]).toMatchObject({ self: 100 * MS, total: 900 * MS, totalShare: 0.9 });
    expect(lines[12]).toMatchObject({ self: 0, total: 200 * MS });
  });

  it('lists functions sorted, searched and in pages', async () => {
    const ask = { view, sort: 'self', descending: true, offset: 0, limit: 2 } as const;
    const page = await server.request('profile/functions', ask);
    expect(page.rows.map((row) => [row.name, row.self, row.total])).toEqual([
      ['find', 600 * MS, 800 * MS],
      [HOSTILE, 200 * MS, 200 * MS],
    ]);
    expect([page.count, page.total]).toEqual([5, 1000 * MS]);
    const rest = await server.request('profile/functions', { ...ask, offset: 2, limit: 100 });
    expect(rest.rows.map((row) => row.name).sort()).toEqual(['<module>', 'main', 'quote']);
    const found = await server.request('profile/functions', { ...ask, search: '/^(find|main)$/', sort: 'name', descending: false });
    expect(found.rows.map((row) => row.name)).toEqual(['find', 'main']);
    const own = await server.request('profile/functions', { ...ask, view: { ...view, justMyCode: true }, limit: 100 });
    expect(own.rows.some((row) => row.library)).toBe(false);
    expect(own.count).toBe(4);
  });

  it('draws the tree level by level, and inverted', async () => {
    const roots = await server.request('profile/tree', { view, node: -1 });
    expect(roots.rows.map((row) => [row.name, row.total, row.children])).toEqual([['<module>', 1000 * MS, 1]]);
    const main = await server.request('profile/tree', { view, node: roots.rows[0]!.node });
    const below = await server.request('profile/tree', { view, node: main.rows[0]!.node });
    expect([main, below].map((level) => level.rows.map((row) => [row.name, row.self, row.total]))).toEqual([
      [['main', 100 * MS, 1000 * MS]],
      [['quote', 100 * MS, 900 * MS]],
    ]);
    const leaves = await server.request('profile/tree', { view, node: -1, inverted: true });
    expect(leaves.rows[0]).toMatchObject({ name: 'find', total: 600 * MS });
    await expect(server.request('profile/tree', { view, node: 10_000 })).rejects.toMatchObject({ data: { code: 'no-such-node' } });
  });

  it('lays out flame boxes that are wide enough, and no others', async () => {
    const all = await server.request('profile/flame', { view, root: -1, minFraction: 0 });
    const names = (boxes: typeof all) => boxes.frame.map((frame) => boxes.frames.name[frame]);
    expect(names(all)).toEqual(['<module>', 'main', 'quote', 'find', HOSTILE]);
    expect(all.w).toEqual([1, 1, 0.9, 0.8, 0.2]);
    const wide = await server.request('profile/flame', { view, root: -1, minFraction: 0.5 });
    expect(names(wide)).toEqual(['<module>', 'main', 'quote', 'find']);
    const zoomed = await server.request('profile/flame', { view, root: all.node[3]!, minFraction: 0 });
    expect([names(zoomed), zoomed.w, zoomed.path.map(({ name }) => name)]).toEqual([
      ['find', HOSTILE],
      [1, 0.25],
      ['<module>', 'main', 'quote'],
    ]);
  });

  it('tells callers, callees, search totals and the functions around a line', async () => {
    const find = 1;
    const callers = await server.request('profile/callers', { view, func: find });
    expect(callers.map((row) => [row.name, row.total])).toEqual([['quote', 800 * MS]]);
    const callees = await server.request('profile/callees', { view, func: find });
    expect(callees.map((row) => [row.name, row.total])).toEqual([[HOSTILE, 200 * MS]]);
    const search = await server.request('profile/search', { view, search: 'find' });
    expect(search).toEqual({ total: 800 * MS, funcs: [find] });
    const around = await server.request('profile/functionAt', { view, uri: uri(shop), line: 13 });
    expect(around.map((row) => row.name)).toEqual(['find', '<module>']);
    expect(await server.request('profile/functionAt', { view, uri: uri(shop), line: 9 })).toMatchObject([{ name: '<module>' }]);
  });

  it('obeys filters on labels, and hides frames', async () => {
    const builder = new ProfileBuilder('pprof');
    builder.valueType({ type: 'samples', unit: 'count' });
    const place = (name: string) => builder.place(builder.func(builder.string(name), 0, builder.string(shop), 4), 5);
    const [main, work] = [place('main'), place('work')];
    for (const [tenant, weight] of [
      ['acme', 3],
      ['umbrella', 4],
    ] as const) {
      builder.sampleFrames([work, main], 2, [weight]);
      builder.label(builder.string('tenant'), builder.string(tenant), 0, 0);
    }
    const file = path.join(folder, 'labelled.pb.gz');
    writeFileSync(file, writePprof(builder.finish()));
    const { id } = await server.request('profile/open', { uri: uri(file) });
    const ask = async (more: Partial<ViewParams>) => {
      const params = { view: { profile: id, type: 0, ...more }, sort: 'self', descending: true, offset: 0, limit: 9 } as const;
      const { rows, total } = await server.request('profile/functions', params);
      return [total, ...rows.map((row) => `${row.name} ${row.self}/${row.total}`)];
    };
    expect(await ask({})).toEqual([7, 'work 7/7', 'main 0/7']);
    expect(await ask({ tagFocus: 'tenant=^acme$' })).toEqual([3, 'work 3/3', 'main 0/3']);
    expect(await ask({ tagIgnore: 'acme', hide: '^work$' })).toEqual([4, 'main 4/4']);
    expect(await ask({ show: '^work$' })).toEqual([7, 'work 7/7']);
    await expect(ask({ tagFocus: 'tenant=(' })).rejects.toMatchObject({ data: { code: 'bad-expression' } });
    await expect(ask({ hide: '(' })).rejects.toMatchObject({ data: { code: 'bad-pattern' } });
  });

  it('obeys focus', async () => {
    const { lines } = await heat({ ...view, focus: '^find$' });
    expect(lines[18]).toMatchObject({ self: 0, total: 800 * MS, totalShare: 1 });
    await expect(heat({ ...view, focus: '(' })).rejects.toMatchObject({ data: { code: 'bad-pattern' } });
  });
});

describe('a file that cannot be read', () => {
  const bad = async (name: string, bytes: Uint8Array) => {
    writeFileSync(path.join(folder, name), bytes);
    return server.request('profile/open', { uri: uri(path.join(folder, name)) }).then(
      () => undefined,
      (error: { message: string; data?: { code: string } }) => error,
    );
  };

  it('is one sentence with a code, and the server lives on', async () => {
    const whole = encodePprof(shopProfile(shop));
    expect((await bad('cut.pb.gz', whole.subarray(0, 60)))?.data?.code).toBe('truncated');
    expect((await bad('empty.prof', new Uint8Array()))?.data?.code).toBe('empty');
    const foreign = await bad('foreign.prof', new TextEncoder().encode('<html>nothing here</html>'));
    expect(foreign?.message).toMatch(/^[A-Z].*\.$/);
    expect(foreign?.data?.code).toBeTruthy();
    const missing = await server.request('profile/open', { uri: uri(path.join(folder, 'none.prof')) }).catch((error) => error);
    expect(missing.data).toEqual({ code: 'io' });
    await expect(server.request('profile/lineHeat', { view: { ...view, profile: '99' }, uri: uri(shop) })).rejects.toMatchObject({
      data: { code: 'not-open' },
    });
    expect((await heat(view)).lines[13]?.self).toBe(600 * MS);
  });

  it('above the bound is read in a thread, which fails alike and leaves the server answering', async () => {
    const samples = Array.from({ length: 6000 }, (_, i) => ({
      stack: Array.from({ length: 12 }, (_, d) => [d % 5, 1 + ((i * 7 + d * i) % 9999)] as const),
      values: [1, MS],
    }));
    const large = encodePprof({ ...shopProfile(shop), samples });
    expect(large.length).toBeGreaterThan(64 * 1024);
    writeFileSync(path.join(folder, 'large.pb.gz'), large);
    const asked = { uri: uri(path.join(folder, 'large.pb.gz')), workDoneToken: 'reading' };
    const cancel = new CancellationTokenSource();
    const cancelled = server.connection.sendRequest('profile/open', asked, cancel.token).catch((error) => error.code);
    cancel.cancel();
    expect(await cancelled).toBe(-32800);
    const opening = server.request('profile/open', asked);
    const first = await Promise.race([opening.then(() => 'opened'), heat(view).then(() => 'answered')]);
    expect(first).toBe('answered');
    const opened = await opening;
    expect(opened).toMatchObject({ samples: 6000, totals: [6000, 6000 * MS] });
    const progress = server.notifications
      .filter(({ method }) => method === '$/progress')
      .map(({ params }) => (params as { value: { kind: string } }).value.kind);
    expect([progress[0], progress.at(-1)]).toEqual(['begin', 'end']);
    const output = path.join(folder, 'large.collapsed');
    await server.request('profile/export', { profile: opened.id, format: 'collapsed', path: output });
    const counts = [...readFileSync(output, 'utf8').matchAll(/ (\d+)$/gm)].map((match) => Number(match[1]));
    expect(opened.totals).toContain(counts.reduce((sum, count) => sum + count, 0));
    expect((await bad('largecut.pb.gz', large.subarray(0, large.length - 1000)))?.data?.code).toBe('truncated');
    await server.request('profile/close', { profile: opened.id });
    await expect(server.request('profile/tree', { view: { profile: opened.id, type: 0 }, node: -1 })).rejects.toMatchObject({
      data: { code: 'not-open' },
    });
  });
});

describe('the server process', () => {
  it('speaks over Node IPC too, and ends when its client is gone', async () => {
    const child = fork(bundle, ['--node-ipc'], { stdio: 'inherit' });
    const connection = createProtocolConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    connection.listen();
    await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {}, workspaceFolders: null });
    const opened = await connection.sendRequest<ProfileInfo>('profile/open', { uri: uri(path.join(folder, 'shop.pb.gz')) });
    expect(opened.totals).toEqual(info.totals);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    await ended;
  });

  it('ends when its input ends', async () => {
    const other = await startServer(bundle, folder);
    const ended = new Promise((resolve) => other.process.once('exit', resolve));
    other.process.stdin?.end();
    await ended;
  });
});

describe('profile/export', () => {
  it('writes a whole file that reads back alike, or none', async () => {
    const target = path.join(folder, 'copy.pb.gz');
    await server.request('profile/export', { profile: info.id, format: 'pprof', path: target });
    const copy = await server.request('profile/open', { uri: uri(target) });
    expect([copy.totals, copy.functions, copy.samples]).toEqual([info.totals, info.functions, info.samples]);
    const nowhere = path.join(folder, 'no', 'such', 'copy.pb.gz');
    await expect(server.request('profile/export', { profile: info.id, format: 'pprof', path: nowhere })).rejects.toMatchObject({
      data: { code: 'cannot-write' },
    });
    await expect(server.request('profile/export', { profile: info.id, format: 'pstats', path: target })).rejects.toMatchObject({
      data: { code: 'cannot-export' },
    });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

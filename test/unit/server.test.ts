import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CancellationTokenSource,
  type CodeLens,
  createProtocolConnection,
  type Hover,
  IPCMessageReader,
  IPCMessageWriter,
} from 'vscode-languageserver/node';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { RecordingMeta } from '../../src/core/recording.js';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { buildServer, encodePprof, type RunningServer, startServer, type TestProfile } from './serverKit.js';

const SHOP = `"""Prices orders."""


def quote(items, catalogue):
    total = 0
    for name in items:
        total += find(name, catalogue)
    return total


def find(name, catalogue):
    for row in catalogue:
        if row.casefold() == name: return len(row)
    return 0


def main():
    print(quote(["a"], ["b"]))


main()
`;
/** A name made to break out of Markdown. */
const HOSTILE = 'evil`|[x](command:bad)<b>\u202e\n# head';
const MS = 1_000_000;

let folder = '';
let shop = '';
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let info: ProfileInfo;
let view: ViewParams;

const uri = (file: string) => pathToFileURL(file).href;

/** 1000 ms: find's own loop 600, quote's own line 100, a call of a hostile library function 200, main's print 100. */
function shopProfile(file: string): TestProfile {
  const root = [
    [2, 18],
    [3, 21],
  ] as const;
  return {
    functions: [
      ['quote', file, 4],
      ['find', file, 11],
      ['main', file, 17],
      ['<module>', file, 1],
      [HOSTILE, '/usr/lib/python3.12/evil.py', 7],
    ],
    samples: [
      { stack: [[1, 13], [0, 7], ...root], values: [600, 600 * MS] },
      { stack: [[0, 7], ...root], values: [100, 100 * MS] },
      { stack: [[4, 9], [1, 12], [0, 7], ...root], values: [200, 200 * MS] },
      { stack: root, values: [100, 100 * MS] },
    ],
    durationNanos: 1000 * MS,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline server ü-'));
  shop = path.join(folder, 'shop.py');
  writeFileSync(shop, SHOP);
  const past = new Date(Date.now() - 60_000);
  utimesSync(shop, past, past);
  writeFileSync(path.join(folder, 'shop.pb.gz'), encodePprof(shopProfile(shop)));
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
  info = await server.request('profile/open', { uri: uri(path.join(folder, 'shop.pb.gz')) });
  view = { profile: info.id, type: info.defaultType };
}, 60_000);

afterAll(async () => {
  const status = await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
  expect(status).toBe(0);
});

async function heat(of: ViewParams = view) {
  const { lines, stale } = await server.request('profile/lineHeat', { view: of, uri: uri(shop) });
  return { stale, lines: Object.fromEntries(lines.map((line) => [line.line, line])) };
}

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
    await expect(heat()).rejects.toMatchObject({ data: { code: 'not-open' } });
    await server.request('profile/close', { profile: info.id });
    info = await server.request('profile/open', { uri: info.uri });
    view = { ...view, profile: info.id };
  });

  it('gives self and total per line as shares of the whole profile', async () => {
    const { lines, stale } = await heat();
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
    const names = (boxes: typeof all) => boxes.frame.map((frame) => boxes.frames[frame]!.name);
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

describe('heat in an edited document', () => {
  let version = 1;
  const change = (line: number, text: string, end = line) =>
    server.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri(shop), version: ++version },
      contentChanges: [{ range: { start: { line, character: 0 }, end: { line: end, character: 0 } }, text }],
    });

  beforeAll(() =>
    server.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uri(shop), languageId: 'python', version, text: SHOP },
    }),
  );
  afterAll(() => server.connection.sendNotification('textDocument/didClose', { textDocument: { uri: uri(shop) } }));

  it('moves with lines inserted above, exactly', async () => {
    await change(3, 'import os\nimport sys\n\n\n');
    const { lines, stale } = await heat();
    expect(stale).toBe(false);
    expect(Object.keys(lines).map(Number)).toEqual([11, 16, 17, 22, 25]);
    expect(lines[17]).toMatchObject({ self: 600 * MS, stale: false });
    expect(await server.request('profile/locate', { profile: info.id, func: 1 })).toEqual({ path: shop, line: 15 });
    expect(await server.request('profile/locate', { profile: info.id, func: 1, line: 13 })).toEqual({ path: shop, line: 17 });
  });

  it('says which line was changed, and drops deleted ones', async () => {
    await change(16, '        if row.casefold() == name: return len(row) + 1\n', 17);
    expect((await heat()).lines[17]).toMatchObject({ self: 600 * MS, stale: true });
    await change(10, '', 11);
    const { lines } = await heat();
    expect(Object.keys(lines).map(Number)).toEqual([15, 16, 21, 24]);
    expect(lines[16]).toMatchObject({ self: 600 * MS, stale: true });
  });
});

describe('hover and lenses', () => {
  const hover = async (line: number) =>
    (
      (await server.connection.sendRequest('textDocument/hover', {
        textDocument: { uri: uri(shop) },
        position: { line: line - 1, character: 4 },
      })) as Hover | null
    )?.contents as { kind: string; value: string } | undefined;
  const lenses = async () =>
    (await server.connection.sendRequest('textDocument/codeLens', { textDocument: { uri: uri(shop) } })) as CodeLens[];

  it('are empty until a profile is active, and tell the client when one is', async () => {
    expect(await lenses()).toEqual([]);
    expect(await hover(13)).toBeUndefined();
    await server.request('profile/activate', { view });
    expect(server.notifications).toContainEqual({ method: 'heatline/refresh', params: { reason: 'activated' } });
  });

  it('stand on the functions with their figures', async () => {
    const found = await lenses();
    expect(found.map(({ range, command }) => [range.start.line + 1, command?.title])).toEqual([
      [4, '$(flame)\u00a0100 ms self · 900 ms total'],
      [4, 'Profile'],
      [11, '$(flame)\u00a0600 ms self · 800 ms total'],
      [17, '$(flame)\u00a0100 ms self · 1.00 s total'],
    ]);
    expect(found[2]?.command).toMatchObject({ command: 'heatline.showFunction', arguments: [{ profile: info.id, func: 1 }] });
  });

  it('tell a line with its share, its samples and what it called', async () => {
    const text = (await hover(7))?.value ?? '';
    expect(text).toContain('| Line 7 | Wall time | of 1.00 s |');
    expect(text).toContain('| self | 100 ms | 10.0 % |');
    expect(text).toContain('| total | 900 ms | 90.0 % |');
    expect(text).toContain('100 ± 20 samples');
    expect(text).toMatch(/Calls \[find\]\(command:heatline\.openLocation\?[^)\s]+\) 80\.0 %/);
    expect(await hover(2)).toBeUndefined();
  });

  it('tell a function with callers, and links that lead where they say', async () => {
    const text = (await hover(11))?.value ?? '';
    expect(text).toContain('| find | Wall time |');
    const link = /Called by \[quote\]\(command:heatline\.openLocation\?([^)]+)\)/.exec(text)?.[1] ?? '';
    expect(JSON.parse(decodeURIComponent(link))).toEqual([{ profile: info.id, func: 0 }]);
  });

  it('show hostile names as text only', async () => {
    const text = (await hover(11))?.value ?? '';
    expect(text).toContain('Calls evil\\`\\|\\[x\\](command:bad)\\<b\\>\\\\u\\{202e\\}\\\\u\\{a\\}\\# head 20.0 %');
    expect(text).not.toContain('\u202e');
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
    expect((await heat()).lines[13]?.self).toBe(600 * MS);
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
    const first = await Promise.race([opening.then(() => 'opened'), heat().then(() => 'answered')]);
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
    const child = fork(bundle.bundle, ['--node-ipc'], { stdio: 'inherit' });
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
    const other = await startServer(bundle.bundle, folder);
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

describe('recording/seal', () => {
  const startedAt = () => new Date(Date.now() - 6000).toISOString();
  const metaFor = (id: string): RecordingMeta => ({
    version: 1,
    id,
    label: 'shop.py',
    file: 'raw.pb.gz',
    engine: 'hybrid',
    argv: ['python', 'shop.py'],
    cwd: folder,
    target: 'shop.py',
    startedAt: startedAt(),
    durationSeconds: 1,
    exitStatus: 0,
    stoppedBy: 'program',
    sources: [],
  });

  it('copies the sources and writes meta.json, so that heat is right after the file was edited and closed', async () => {
    const recording = path.join(folder, 'recording');
    mkdirSync(recording);
    writeFileSync(path.join(recording, 'raw.pb.gz'), encodePprof(shopProfile('shop.py')));
    const sealed = await server.request('recording/seal', { folder: recording, meta: metaFor('one'), roots: [folder] });
    expect(sealed.recording?.sources).toMatchObject([{ path: shop, lines: SHOP.split('\n').length }]);
    const meta = JSON.parse(readFileSync(path.join(recording, 'meta.json'), 'utf8')) as RecordingMeta;
    expect(readFileSync(path.join(recording, 'sources', meta.sources[0]!.sha256), 'utf8')).toBe(SHOP);

    writeFileSync(shop, `# one\n# two\n${SHOP.replace('return len(row)', 'return 7')}`);
    const opened = await server.request('profile/open', { uri: sealed.uri, meta: path.join(recording, 'meta.json') });
    expect(opened.id).toBe(sealed.id);
    const { lines, stale } = await heat({ profile: opened.id, type: 1 });
    expect(stale).toBe(false);
    expect(lines[15]).toMatchObject({ self: 600 * MS, stale: true });
    expect(lines[9]).toMatchObject({ self: 100 * MS, stale: false });
  });

  it('leaves out a source that was written after the start, and then admits that it is not sure', async () => {
    const recording = path.join(folder, 'changed');
    mkdirSync(recording);
    writeFileSync(path.join(recording, 'raw.pb.gz'), encodePprof(shopProfile(shop)));
    expect(statSync(shop).mtimeMs).toBeGreaterThan(Date.now() - 29_000);
    const sealed = await server.request('recording/seal', { folder: recording, meta: metaFor('two'), roots: [folder] });
    expect(sealed.recording?.sources).toEqual([]);
    expect((await heat({ profile: sealed.id, type: 1 })).stale).toBe(true);
  });

  it('refuses a raw file that is not whole, and leaves no recording', async () => {
    const recording = path.join(folder, 'broken');
    mkdirSync(recording);
    const whole = encodePprof(shopProfile(shop));
    writeFileSync(path.join(recording, 'raw.pb.gz'), whole.subarray(0, 60));
    await expect(server.request('recording/seal', { folder: recording, meta: metaFor('three'), roots: [folder] })).rejects.toMatchObject({
      data: { code: 'truncated' },
    });
    expect(readdirSync(recording)).toEqual(['raw.pb.gz']);
    const outside = { ...metaFor('four'), file: '../raw.pb.gz' };
    await expect(server.request('recording/seal', { folder: recording, meta: outside, roots: [folder] })).rejects.toMatchObject({
      data: { code: 'bad-meta' },
    });
  });
});

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commonLabel,
  dayBefore,
  dayNode,
  dayText,
  folderNode,
  keyNode,
  labelNodes,
  labelsNode,
  nodeFigures,
  nodeId,
  rangeName,
  serviceNode,
  versionNodes,
} from '../../src/host/production/nodes.js';
import { groupByLabel, groupWindows } from '../../src/server/windows/groups.js';
import type { WindowFacts } from '../../src/windows/facts.js';
import { hasGo, judge } from './goJudge.js';
import { buildServer, encodePprof, type RunningServer, startServer } from './serverKit.js';

const HOUR = 3_600_000;
const at = (...when: [number, number, number, number?, number?]) => new Date(...(when as [number, number, number])).getTime();
const fact = (start: number, cpu: number, more: Partial<WindowFacts> = {}): WindowFacts => ({
  path: `${start}`,
  bytes: 1,
  mtimeMs: 1,
  service: 'shop',
  version: '2.6',
  host: 'web-1',
  processId: 1,
  startNanos: BigInt(start) * 1_000_000n,
  durationNanos: 60e9,
  tags: {},
  labels: { route: ['/buy', '/look'] },
  labelTotals: {
    route: [
      [1, cpu / 4],
      [2, cpu / 2],
    ],
  },
  cutLabels: [],
  samples: 1,
  types: [
    { type: 'samples', unit: 'count', total: 4 },
    { type: 'cpu', unit: 'nanoseconds', total: cpu },
  ],
  ...more,
});
const folder = '/var/windows';

describe('windows in groups', () => {
  it('by day and hour of this machine’s time zone, the latest first, also where a day has 23 or 25 hours', () => {
    // Tests run in their machine's zone: a whole year has whatever changes it has.
    const windows: WindowFacts[] = [];
    for (let start = at(2026, 0, 1); start < at(2027, 0, 1); start += HOUR) windows.push(fact(start, 1e9));
    const days = groupWindows(windows, { folder }, 'day');
    expect(days).toHaveLength(365);
    expect(days[0]!.from).toBe(at(2026, 11, 31));
    for (const [i, { from, to, windows: count }] of days.entries()) {
      expect(new Date(from).getHours() + new Date(to).getHours()).toBe(0);
      expect(count).toBe((to - from) / HOUR);
      if (i > 0) expect(to).toBe(days[i - 1]!.from);
    }
    expect(groupWindows(windows, { folder, from: days[3]!.from, to: days[3]!.to }, 'hour')).toHaveLength(days[3]!.windows);
  });

  it('with figures of all samples, or of those that bear a label; versions by when they began, what is not told last', () => {
    const start = at(2026, 10, 22, 14);
    const old = fact(start, 8e9);
    const next = fact(start + HOUR, 4e9, { version: '2.7', host: 'web-2' });
    const late = fact(start + 2 * HOUR, 8e9);
    const other = fact(start, 1e9, { service: '', version: '', labels: {}, labelTotals: {} });
    const [nobody, shop] = groupWindows([old, next, late, other], { folder }, 'service');
    expect([nobody!.name, shop!.name, shop!.windows, shop!.hosts]).toEqual(['', 'shop', 3, 2]);
    expect(shop!.versions).toEqual(['2.7', '2.6']);
    expect(shop!.totals[1]).toEqual({ type: 'cpu', unit: 'nanoseconds', total: 20e9 });
    expect([shop!.from, shop!.to]).toEqual([start, start + 2 * HOUR + 60_000]);
    const labelled = groupWindows([old, next, other], { folder, label: { key: 'route', value: '/look' } }, 'version');
    expect(labelled.map(({ name, totals }) => [name, totals[1]!.total])).toEqual([
      ['2.7', 2e9],
      ['2.6', 4e9],
    ]);
    expect(groupWindows([old, next, late, other], { folder, service: 'shop', version: '2.6', from: start + 1 }, 'hour')).toHaveLength(1);
    expect(groupWindows([old], { folder, label: { key: 'constructor', value: 'x' } }, 'day')).toEqual([]);
  });
});

describe('windows by the values of a label', () => {
  const start = at(2026, 10, 22, 14);
  const other = fact(start + HOUR, 8e9, { labels: { route: ['/buy'] }, labelTotals: { route: [[9, 8e9]] }, version: '2.7', host: 'web-2' });

  it('have the figures of the samples with each value, those with the most first', () => {
    const groups = groupByLabel([fact(start, 4e9), other], { folder }, 'route');
    expect(
      groups.map(({ name, windows, hosts, versions, totals }) => [name, windows, hosts, versions, totals.map(({ total }) => total)]),
    ).toEqual([
      ['/buy', 2, 2, ['2.7', '2.6'], [10, 9e9]],
      ['/look', 1, 1, ['2.6'], [2, 2e9]],
    ]);
    expect(groups[0]).toMatchObject({ from: start, to: start + HOUR + 60_000 });
  });

  it('are of the range alone, and of keys that are there', () => {
    const range = { folder, from: start + 1 };
    expect(groupByLabel([fact(start, 4e9), other], range, 'route').map(({ name }) => name)).toEqual(['/buy']);
    const look = { folder, label: { key: 'route', value: '/look' } };
    expect(groupByLabel([fact(start, 4e9), other], look, 'route').map(({ name }) => name)).toEqual(['/look']);
    expect(groupByLabel([other], { folder }, 'constructor')).toEqual([]);
  });
});

describe('rows of the view', () => {
  const group = (name: string, versions = ['2.7', '2.6']) => ({
    name,
    from: at(2026, 10, 21),
    to: at(2026, 10, 22),
    windows: 1440,
    totals: [
      { type: 'samples', unit: 'count', total: 9 },
      { type: 'wall', unit: 'nanoseconds', total: 9e12 },
      { type: 'cpu', unit: 'nanoseconds', total: 11.52e12 },
    ],
    versions,
    hosts: 2,
  });
  const service = serviceNode(folderNode(folder, 'windows'), group('shop'));
  const now = new Date(at(2026, 10, 22, 9));

  it('say what they stand for', () => {
    const day = dayNode(service, group(''), now);
    expect([day.label, nodeFigures(day)]).toEqual(['Yesterday', '3 h 12 min CPU · 1,440 windows · 2.7, 2.6']);
    expect(dayText(at(2026, 10, 22), now)).toBe('Today');
    expect(dayText(at(2026, 10, 20), now)).toMatch(/20/);
    expect(nodeFigures(serviceNode(folderNode(folder, 'windows'), group('')))).toBe('3 h 12 min CPU · 1,440 windows');
    expect(rangeName({ folder, service: 'shop', version: '2.7', label: { key: 'route', value: '/buy' } })).toBe('shop 2.7, route /buy');
    expect(nodeId(day)).not.toBe(nodeId(service));
  });

  it('have versions where there are several, and many of them below one row', () => {
    expect(versionNodes(service, [group('2.7')])).toEqual([]);
    expect(versionNodes(service, [group('2.7'), group('')]).map(({ label }) => label)).toEqual(['2.7', '(version not told)']);
    const [all, ...none] = versionNodes(
      service,
      ['1', '2', '3', '4', '5'].map((name) => group(name)),
    );
    expect([all!.kind, none.length, versionNodes(all!, [group('1'), group('2')]).length]).toEqual(['versions', 0, 2]);
  });

  it('have labels: a hundred values of each key, and how many more there are', () => {
    const key = keyNode(labelsNode(service), 'route');
    const rows = labelNodes(
      key,
      Array.from({ length: 103 }, (_, i) => group(`/${i}`)),
    );
    expect([rows.length, rows[0]!.label, nodeFigures(rows[0]!)]).toEqual([101, '/0', '3 h 12 min CPU · 1,440 windows']);
    expect([rows[100]!.kind, rows[100]!.label]).toEqual(['trouble', '3 more with less: the filter of this view has them']);
    expect(rows[5]!.range).toEqual({ ...service.range, label: { key: 'route', value: '/5' } });
    const ids = [
      service,
      labelsNode(service),
      key,
      keyNode(labelsNode(service), 'thread'),
      ...rows,
      dayNode(rows[0]!, group('')),
      dayNode(service, group('')),
    ];
    expect(new Set(ids.map(nodeId)).size).toBe(ids.length);
  });

  it('of one label can be one sum, of two they cannot', () => {
    const of = (value?: string) => ({ folder, ...(value === undefined ? {} : { label: { key: 'route', value } }) });
    expect(commonLabel([of('/a'), of('/a')])).toEqual({ key: 'route', value: '/a' });
    expect(commonLabel([of(), of()])).toBeUndefined();
    expect(() => commonLabel([of('/a'), of('/b')])).toThrow('one label at a time');
    expect(() => commonLabel([of('/a'), of()])).toThrow('one label at a time');
  });

  it('know the same hours of the day before', () => {
    const range = { folder, from: at(2026, 2, 1, 14), to: at(2026, 2, 1, 15) };
    expect(dayBefore(range)).toEqual({ folder, from: at(2026, 1, 28, 14), to: at(2026, 1, 28, 15) });
    expect(dayBefore({ folder })).toBeUndefined();
  });
});

/** A folder of windows, two of each hour of two days: of one service, whose second version began on the second day; and files that are none. */
let root = '';
let into = '';
let server: RunningServer;
let bundle: { bundle: string; dispose(): void };
const first = at(2026, 10, 21);

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'heatline windows ü-'));
  into = path.join(root, 'merged');
  for (let i = 0; i < 96; i++) {
    const start = first + i * (HOUR / 2);
    const version = i < 48 ? '2.6' : '2.7';
    const home = path.join(root, 'store', i % 3 === 0 ? '.' : `date=${i % 3}`);
    mkdirSync(home, { recursive: true });
    const samples = [{ stack: [[0, 2 + (i % 2)]] as const, values: [1, 1_000_000 * (i + 1)] }];
    const comments = ['service=shop', `version=${version}`, `process_id=${i}`, `profile_seq=${i}`];
    const profile = { functions: [['buy', '/app/shop.py', 1]] as const, samples, comments, timeNanos: start * 1e6, durationNanos: 60e9 };
    writeFileSync(path.join(home, `w${i}.pb.gz`), encodePprof(profile));
  }
  writeFileSync(path.join(root, 'store', 'torn.pb.gz'), 'half a f');
  bundle = await buildServer();
  // The server's cache of what it read; Go's judge keeps its own.
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = path.join(root, 'cache');
  server = await startServer(bundle.bundle, root);
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
}, 60_000);
afterAll(async () => {
  await server?.stop();
  bundle?.dispose();
  rmSync(root, { recursive: true, force: true });
});
const sumOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => 1_000_000 * (from + i + 1)).reduce((a, b) => a + b, 0);

describe('the server', () => {
  const store = () => path.join(root, 'store');

  it('groups what is there, and what came, when it is asked to look again', async () => {
    const range = { folder: store() };
    const { groups, unreadable } = await server.request('windows/groups', { range, by: 'version' });
    expect(unreadable).toBe(1);
    expect(groups.map(({ name, windows, totals }) => [name, windows, totals[1]!.total])).toEqual([
      ['2.7', 48, sumOf(48, 96)],
      ['2.6', 48, sumOf(0, 48)],
    ]);
    writeFileSync(
      path.join(store(), 'late.pb.gz'),
      encodePprof({ functions: [['a', 'a.py', 1]], samples: [{ stack: [[0, 1]], values: [1, 5] }], comments: ['service=mail'] }),
    );
    expect((await server.request('windows/groups', { range, by: 'service' })).groups).toHaveLength(1);
    expect((await server.request('windows/groups', { range, by: 'service', fresh: true })).groups.map(({ name }) => name)).toEqual([
      'mail',
      'shop',
    ]);
  });

  it('adds up any range to what go tool pprof makes of the same files, once', async () => {
    const day = { folder: store(), service: 'shop', from: first, to: first + 24 * HOUR };
    const asked = { ranges: [day], into, name: 'shop: a/day?' };
    const { uri, windows } = await server.request('windows/merge', asked);
    expect([windows, path.basename(fileURLToPath(uri))]).toEqual([48, 'shop- a\u2215day-.pb.gz']);
    const info = await server.request('profile/open', { uri });
    expect(info.totals[1]).toBe(sumOf(0, 48));
    expect(info.comments).toEqual(expect.arrayContaining(['service=shop', 'version=2.6', 'windows=48']));
    expect(info.comments.filter((comment) => comment.startsWith('profile_seq'))).toEqual([]);
    expect(info.durationNanos).toBe(48 * 60e9);
    // The same windows twice are the same windows.
    const again = await server.request('windows/merge', { ...asked, ranges: [day, { ...day, from: first + HOUR }] });
    expect(again).toEqual({ uri, windows: 48 });
    expect(readdirSync(into)).toHaveLength(1);
    if (hasGo) {
      expect(judge(fileURLToPath(uri), 'wall', 'ns', '-functions').rows).toEqual({ buy: [sumOf(0, 48), sumOf(0, 48)] });
    }
  });

  it('says in one sentence what cannot be', async () => {
    await expect(server.request('windows/groups', { range: { folder: path.join(root, 'none') }, by: 'day' })).rejects.toThrow(/none/);
    await expect(server.request('windows/groups', { range: { folder: store() }, by: 'label' })).rejects.toThrow('a label and its key');
    await expect(server.request('windows/groups', { range: { folder: 'relative' }, by: 'day' })).rejects.toThrow('whole path');
    const nothing = { folder: store(), service: 'nobody' };
    await expect(server.request('windows/merge', { ranges: [nothing], into, name: 'x' })).rejects.toThrow('no such windows');
  });
});

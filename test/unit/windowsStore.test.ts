// A folder of windows as one source (src/windows): what lies there, its index, and what is answered from that.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { chooseWindows, facetsOf, type StoreState, totalsBy, WindowStore } from '../../src/windows/index.js';
import { parseDay, parseMoment } from '../../src/windows/times.js';
import { goPprof, hasGo } from './goJudge.js';
import { DAY, MINUTE, put, putWindow, windowBytes } from './windowsKit.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline windows-store ü-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let round = 0;
let root = '';
let cache = '';
beforeEach(() => {
  root = join(folder, `root${++round}`);
  cache = join(folder, `cache${round}`);
});

const samples = (wall: number, route = '/buy') => [{ stack: 'main work', wall, cpu: wall / 2, labels: { route } }];
const minutes = ({ windows }: StoreState) => windows.map(({ startNanos }) => Number((startNanos - DAY) / MINUTE));

describe('the index', () => {
  const indexFiles = () => readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.index'));

  test('is kept: nothing is read twice, by nobody', async () => {
    for (let minute = 0; minute < 40; minute++)
      putWindow(root, { minute: minute * 60, service: 'shop', version: '2', samples: samples(10) });
    const first = new WindowStore(root, { cache });
    const whole = await first.look();
    expect([whole.windows.length, whole.read]).toEqual([40, 40]);
    expect((await first.look()).read).toBe(0);
    const second = await new WindowStore(root, { cache }).look();
    expect(second.read).toBe(0);
    expect(JSON.parse(text(second.windows))).toEqual(JSON.parse(text(whole.windows)));
    expect(second.windows[3]!.labelTotals).toEqual({ thread: [[10, 5]], route: [[10, 5]] });
  });

  test('follows what comes, changes and goes', async () => {
    const paths = [1, 2, 3].map((minute) => putWindow(root, { minute, samples: samples(minute) }));
    const store = new WindowStore(root, { cache });
    await store.look();
    unlinkSync(join(root, paths[0]!));
    put(root, paths[1]!, windowBytes({ minute: 2, samples: samples(2000) }), 1800);
    putWindow(root, { minute: 4, samples: samples(4) });
    for (const one of [store, new WindowStore(root, { cache })]) {
      const state = await one.look();
      expect(minutes(state)).toEqual([2, 3, 4]);
      expect(state.windows[0]!.types[0]!.total).toBe(2000);
    }
  });

  test('that is damaged, of another version or cut off is made anew, and one that cannot be kept is not missed', async () => {
    for (let minute = 0; minute < 5; minute++) putWindow(root, { minute, samples: samples(10) });
    const wanted = text((await new WindowStore(root, { cache }).look()).windows);
    const [name] = indexFiles();
    const bytes = readFileSync(join(cache, name!));
    for (const harm of [
      bytes.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.from('heatline windows 9\n'),
      flipped(bytes, 70),
      flipped(bytes, bytes.length - 9),
    ]) {
      writeFileSync(join(cache, name!), harm);
      const state = await new WindowStore(root, { cache }).look();
      expect([state.read, text(state.windows)]).toEqual([5, wanted]);
    }
    writeFileSync(join(folder, 'a file'), '');
    expect(text((await new WindowStore(root, { cache: join(folder, 'a file') }).look()).windows)).toBe(wanted);
    expect(text((await new WindowStore(root, { cache: false }).look()).windows)).toBe(wanted);
  });

  test('does not believe in a file that was written just now', async () => {
    const path = putWindow(root, { minute: 1, samples: samples(1) });
    const before = windowBytes({ minute: 1, samples: samples(11) });
    put(root, path, before, 0);
    const store = new WindowStore(root, { cache });
    expect((await store.look()).windows[0]!.types[0]!.total).toBe(11);
    // As long as the one before, and in the same tick of the clock.
    const { mtimeMs } = (await store.look()).windows[0]!;
    writeFileSync(join(root, path), windowBytes({ minute: 1, samples: samples(13) }));
    utimesSync(join(root, path), mtimeMs / 1000, mtimeMs / 1000);
    expect((await store.look()).windows[0]!.types[0]!.total).toBe(13);
  });

  test('two that look at once both see all, and leave an index that is whole', async () => {
    for (let minute = 0; minute < 60; minute++) putWindow(root, { minute, samples: samples(10) });
    const states = await Promise.all([1, 2, 3].map(() => new WindowStore(root, { cache }).look()));
    for (const state of states) expect(state.windows.length).toBe(60);
    expect((await new WindowStore(root, { cache }).look()).read).toBe(0);
    expect(readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('of a look that was ended keeps what was read by then', async () => {
    for (let minute = 0; minute < 100; minute++) putWindow(root, { minute, samples: samples(10) });
    const abort = new AbortController();
    const progress = (done: number) => void (done === 40 && abort.abort(new Error('enough')));
    const store = new WindowStore(root, { cache });
    await expect(store.look({}, { signal: abort.signal, progress })).rejects.toThrow('enough');
    const { read, windows } = await store.look();
    expect(windows.length).toBe(100);
    expect(read).toBeLessThan(61);
  });
});

describe('the folder', () => {
  test('may hold anything', async () => {
    const good = [
      putWindow(root, { minute: 1, service: 'shop', samples: samples(1) }),
      putWindow(root, { minute: 2, service: 'shop', samples: samples(2), flat: true }),
    ];
    put(root, 'plain.pprof', gunzipSync(windowBytes({ minute: 3, samples: samples(3) })));
    const whole = windowBytes({ minute: 4, samples: samples(4) });
    put(root, 'torn.pb.gz', whole.subarray(0, whole.length / 2));
    put(root, 'date=2026-11-21/foreign.pb.gz', 'not a profile');
    put(root, 'date=2026-11-21/empty.pb.gz', '');
    put(root, `${good[1]}.tmp-77`, whole.subarray(0, 30));
    put(root, '.hidden.pb.gz', whole);
    put(root, '.index/x.pb.gz', whole);
    put(root, 'README.md', 'notes');
    put(root, 'date=2026-11-21/table.parquet', 'PAR1');
    symlinkSync(root, join(root, 'again'));
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling.pb.gz'));
    const store = new WindowStore(root, { cache });
    for (const read of [6, 0]) {
      const state = await store.look();
      expect([minutes(state), state.read]).toEqual([[1, 2, 3], read]);
      expect(state.unreadable.map(({ path }) => path).sort()).toEqual([
        'date=2026-11-21/empty.pb.gz',
        'date=2026-11-21/foreign.pb.gz',
        'torn.pb.gz',
      ]);
      for (const { reason } of state.unreadable) expect(reason).toMatch(/^[A-Z][^\n]*\.$/);
    }
    // What was torn because it was still being written is a window once it is whole.
    put(root, 'torn.pb.gz', whole, 60);
    expect(minutes(await store.look())).toEqual([1, 2, 3, 4]);
  });

  test('that vanishes, or what vanishes from it, is no failure of ours', async () => {
    for (let minute = 0; minute < 50; minute++) putWindow(root, { minute, samples: samples(10) });
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gz'));
    const progress = (done: number) => {
      if (done === 5) for (const path of paths.slice(-10)) rmSync(join(root, path), { force: true });
    };
    const state = await new WindowStore(root, { cache }).look({}, { progress });
    expect([state.windows.length, state.unreadable]).toEqual([40, []]);
    renameSync(root, `${root}-gone`);
    await expect(new WindowStore(root, { cache }).look()).rejects.toThrow(UserError);
    await expect(new WindowStore(join(`${root}-gone`, paths[0]!), { cache }).look()).rejects.toThrow('it is no folder');
  });

  test('is looked through by time: windows belong to where they begin', async () => {
    // Five days, of which each place of windows has some; and one whose name says nothing.
    for (let minute = 0; minute < 5 * 1440; minute += 97) putWindow(root, { minute, samples: samples(1), flat: minute % 2 === 1 });
    put(root, 'odd.pb.gz', windowBytes({ minute: 2000, samples: samples(1) }));
    const store = new WindowStore(root, { cache });
    const all = minutes(await store.look());
    expect(all.length).toBe(76);
    for (const [from, to] of [
      [0, 1440],
      [1440, 2880],
      [2000, 2001],
      [97, 98],
      [1339, 5000],
      [9000, 9999],
    ] as const) {
      const state = await store.look({ from: DAY + BigInt(from) * MINUTE, to: DAY + BigInt(to) * MINUTE });
      expect(minutes(state)).toEqual(all.filter((minute) => minute >= from && minute < to));
    }
    const later = await new WindowStore(root, { cache: false }).look({ from: DAY + 4n * 1440n * MINUTE });
    expect(minutes(later)).toEqual(all.filter((minute) => minute >= 5760));
    // Two days of five were left alone.
    expect(later.read).toBeLessThan(48);
  });
});

describe('questions', () => {
  const fill = async () => {
    for (let minute = 0; minute < 120; minute += 10) {
      for (const [host, region] of [
        ['web-1', 'eu'],
        ['web-2', 'us'],
      ] as const) {
        const version = minute < 60 ? '2.6' : '2.7';
        const stacks = [...samples(1000 + minute, '/buy'), ...samples(7, '/list'), { stack: 'main idle', wall: 3 }];
        putWindow(root, { minute, service: 'shop', version, host, tags: { region }, samples: stacks });
      }
      putWindow(root, { minute, service: 'search', version: '1', host: 'find', samples: samples(500, '/find') });
    }
    return new WindowStore(root, { cache }).look();
  };

  test('choose windows', async () => {
    const { windows } = await fill();
    const count = (query: Parameters<typeof chooseWindows>[1]) => chooseWindows(windows, query).length;
    expect([count({}), count({ service: ['shop'] }), count({ service: ['shop'], version: ['2.7'] })]).toEqual([36, 24, 12]);
    expect([count({ host: ['web-1', 'find'] }), count({ tags: { region: ['eu'] } }), count({ tags: { region: ['eu', ''] } })]).toEqual([
      24, 12, 24,
    ]);
    expect([count({ label: { key: 'route', value: '/list' } }), count({ label: { key: 'route', value: '/no' } })]).toEqual([24, 0]);
    expect(count({ from: DAY + 60n * MINUTE, to: DAY + 80n * MINUTE })).toBe(6);
    expect(Object.fromEntries(facetsOf(windows).versions)).toEqual({ '2.6': 12, '2.7': 12, '1': 12 });
  });

  test.skipIf(!hasGo)('are answered as go tool pprof sums up the same files', async () => {
    const { windows } = await fill();
    const sum = (paths: readonly string[], ...options: string[]) =>
      Number(
        /of (\d+)ns total/.exec(
          goPprof(['-top', '-unit=ns', '-sample_index=wall', ...options, ...paths.map((path) => join(root, path))]),
        )![1],
      );
    for (const bucket of totalsBy(windows, ['service', 'version', 'hour'])) {
      const [service, version, hour] = bucket.keys;
      const own = windows.filter(
        (one) => one.service === service && one.version === version && iso(one.startNanos).startsWith(hour!.slice(0, 13)),
      );
      expect(bucket.windows).toBe(own.length);
      expect(bucket.totals[0], bucket.keys.join()).toMatchObject({
        type: 'wall',
        total: sum(own.map(({ path }) => path)),
        windows: own.length,
      });
    }
    const all = windows.map(({ path }) => path);
    const byRoute = new Map(totalsBy(windows, ['label:route']).map(({ keys, totals }) => [keys[0], totals[0]!.total]));
    // Of the whole that pprof tells, the tag's share.
    for (const route of ['/buy', '/list', '/find']) {
      const kept = /(\d+)ns, [\d.]+% of (\d+)ns total|of (\d+)ns total/.exec(
        goPprof([
          '-top',
          '-unit=ns',
          '-sample_index=wall',
          `-tagfocus=route=^${route}$`,
          '-nodefraction=0',
          ...all.map((path) => join(root, path)),
        ]),
      )!;
      expect(byRoute.get(route), route).toBe(Number(kept[1]));
    }
    expect(byRoute.get('(other)')).toBe(24 * 3);
    expect(totalsBy(windows, [], { key: 'route', value: '/list' })[0]!.totals[0]!.total).toBe(24 * 7);
  });

  test('every division adds up to the whole', async () => {
    const { windows } = await fill();
    const [whole] = totalsBy(windows, []);
    for (const by of ['service', 'version', 'host', 'day', 'hour', 'minute', 'tag:region', 'label:route', 'label:none']) {
      const parts = totalsBy(windows, [by]);
      expect(
        parts.reduce((total, { totals }) => total + Number(totals[0]!.total), 0),
        by,
      ).toBe(whole!.totals[0]!.total);
    }
  });
});

test('times are words that people use', () => {
  const now = DAY + 15n * 60n * MINUTE + 30n * 1_000_000_000n;
  const told = (word: string) => iso(parseMoment(word, now));
  expect(told('now')).toBe('2026-11-21T15:00:30.000Z');
  expect(told('-2h')).toBe('2026-11-21T13:00:30.000Z');
  expect([told('30min'), told('30m')]).toEqual(['2026-11-21T14:30:30.000Z', '2026-11-21T14:30:30.000Z']);
  expect([told('today'), told('yesterday'), told('-1w')]).toEqual([
    '2026-11-21T00:00:00.000Z',
    '2026-11-20T00:00:00.000Z',
    '2026-11-14T15:00:30.000Z',
  ]);
  expect([told('2026-11-20'), told('2026-11-20T14:15')]).toEqual(['2026-11-20T00:00:00.000Z', '2026-11-20T14:15:00.000Z']);
  expect([told('2026-11-20 14:15:30.5'), told('2026-11-20T14:15+01:00')]).toEqual(['2026-11-20T14:15:30.500Z', '2026-11-20T13:15:00.000Z']);
  expect(told('20261120T141500Z')).toBe('2026-11-20T14:15:00.000Z');
  expect(parseDay('yesterday', now)).toEqual({ from: DAY - 1440n * MINUTE, to: DAY });
  for (const word of ['', 'tomorrow', '2026-02-30', '2026-13-01', '14:15', '-2y', '2026-11-20T25:00'])
    expect(() => parseMoment(word, now), word).toThrow('a time is wanted');
  for (const word of ['-2h', '2026-11-20T14:15', 'now']) expect(() => parseDay(word, now), word).toThrow('a day is wanted');
});

function iso(nanos: bigint): string {
  return new Date(Number(nanos / 1_000_000n)).toISOString();
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at]! ^= 0xff;
  return other;
}

// Any windows of a folder added up (src/windows/mergeWindows.ts, `heatline windows` and the commands that take a folder), judged by go tool pprof.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wholeTotal } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { cacheOf, mergeWindows, WindowStore } from '../../src/windows/index.js';
import { cliKit } from './cliKit.js';
import { goPprof, hasGo, judge } from './goJudge.js';
import { shown } from './pprofKit.js';
import { put, putWindow, windowBytes } from './windowsKit.js';

// The commands of this file keep their sums here. It is not said to this process: Go's tools would have their cache here too.
const base = mkdtempSync(join(tmpdir(), 'heatline windows-merge ü-'));
const caches = join(base, 'caches');
const { folder, run: start } = cliKit();
const run = (words: readonly string[]) => start(words, { env: { XDG_CACHE_HOME: caches } });
/** The one JSON value of a command that says nothing else. */
const json = (...words: string[]) => {
  const { status, stdout, stderr } = run([...words, '--json']);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};
const root = join(folder, 'store');
const cache = cacheOf(root, caches);
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Two services over 30 hours, in two versions, of which the newer is slower in `parse`; stacks come and go from window to window. */
function fill(): void {
  for (let minute = 0; minute < 1800; minute += 15) {
    for (const [service, host] of [
      ['shop', 'web-1'],
      ['shop', 'web-2'],
      ['search', 'find'],
    ] as const) {
      const version = minute < 900 ? '2.6' : '2.7';
      const samples = Array.from({ length: 6 }, (_, i) => ({
        stack: `main ${service} handle${(minute + i) % 7} parse${i % 3} leaf${(minute * i) % 11}`,
        wall: 1_000_000 + minute + i + (version === '2.7' && i % 3 === 0 ? 500_000 : 0),
        cpu: (minute * 31 + i) % 5 === 0 ? 0 : 400_000 + i,
        labels: { route: i % 2 === 0 ? '/buy' : '/list' },
      }));
      putWindow(root, {
        minute,
        service,
        version,
        host,
        processId: 7,
        tags: { region: host === 'web-2' ? 'us' : 'eu' },
        samples,
        flat: minute % 2 === 1,
      });
    }
  }
}

beforeAll(fill);

const look = () => new WindowStore(root, { cache: caches }).look();
const sums = () => {
  try {
    return readdirSync(cache.sums).filter((name) => name.endsWith('.pb.gz'));
  } catch {
    return [];
  }
};
const told = (profile: Profile) => {
  const { samples, types, frames } = shown(profile);
  return {
    types,
    frames,
    samples: samples.map((sample) => JSON.stringify(sample)).sort(),
    facts: [profile.timeNanos, profile.durationNanos],
  };
};

describe('windows that are added up', () => {
  test('by way of kept sums are what they are one by one, the first time and the next', async () => {
    const { windows } = await look();
    expect(windows.length).toBe(360);
    const plain = told((await mergeWindows(root, windows, undefined)).profile);
    expect(plain.samples.length).toBeGreaterThan(50);
    for (const time of ['first', 'next']) {
      const merged = await mergeWindows(root, windows, cache);
      expect(told(merged.profile), time).toEqual(plain);
      expect([merged.windows, merged.failed]).toEqual([360, []]);
    }
    // Of each service: the hours of a day and the rest of the next one in two versions, and the days themselves.
    const kept = sums().length;
    expect(kept).toBeGreaterThan(60);
    const part = windows.filter(({ host }) => host !== 'web-1').slice(30, 200);
    const wanted = told((await mergeWindows(root, part, undefined)).profile);
    expect(told((await mergeWindows(root, part, cache)).profile)).toEqual(wanted);
    // All of them again: nothing new has to be kept.
    const again = sums().length;
    await mergeWindows(root, windows, cache);
    expect(sums().length).toBe(again);
  });

  test('tell little of single ones', async () => {
    const { windows } = await look();
    const { profile } = await mergeWindows(root, windows, cache);
    expect([...profile.comments].sort()).toEqual([
      'host=find',
      'host=web-1',
      'host=web-2',
      'process_id=7',
      'region=eu',
      'region=us',
      'service=search',
      'service=shop',
      'version=2.6',
      'version=2.7',
    ]);
  });

  test('despite sums that were damaged or cannot be kept', async () => {
    const { windows } = await look();
    const plain = told((await mergeWindows(root, windows, undefined)).profile);
    for (const [at, name] of sums().entries())
      writeFileSync(
        join(cache.sums, name),
        at % 3 === 0 ? '' : at % 3 === 1 ? 'nonsense' : windowBytes({ minute: 0, samples: [] }).subarray(0, 40),
      );
    expect(told((await mergeWindows(root, windows, cache)).profile)).toEqual(plain);
    expect(told((await mergeWindows(root, windows, cache)).profile)).toEqual(plain);
    writeFileSync(join(base, 'a file'), '');
    expect(told((await mergeWindows(root, windows, cacheOf(root, join(base, 'a file')))).profile)).toEqual(plain);
  });

  test('leave out what went or was damaged since it was looked at, and keep no sum that lacks it', async () => {
    const other = join(folder, 'losing');
    for (let minute = 0; minute < 40; minute++) putWindow(other, { minute, service: 's', samples: [{ stack: 'main', wall: 1 }] });
    const { windows } = await new WindowStore(other, { cache: caches }).look();
    rmSync(join(other, windows[3]!.path));
    put(other, windows[7]!.path, 'damaged');
    const merged = await mergeWindows(other, windows, cacheOf(other, caches));
    expect([merged.windows, merged.failed.map(({ file }) => file).sort()]).toEqual([
      38,
      [windows[3]!, windows[7]!].map(({ path }) => join(other, path)).sort(),
    ]);
    expect(wholeTotal(merged.profile, 0)).toBe(38);
    expect(readdirSync(cacheOf(other, caches).folder)).not.toContain('sums');
    const none = windows.slice(3, 4);
    await expect(mergeWindows(other, none, cacheOf(other, caches))).rejects.toThrow('There is no such file.');
  });

  test('can be given up', async () => {
    const abort = new AbortController();
    const { windows } = await look();
    const progress = (done: number) => void (done === 20 && abort.abort(new Error('enough')));
    await expect(mergeWindows(root, windows, undefined, { signal: abort.signal, progress })).rejects.toThrow('enough');
  });
});

describe('on the command line', () => {
  const windowsOf = (...options: string[]) =>
    json('windows', root, ...options, '--by', 'window').rows.map(({ keys }: { keys: { window: string } }) => join(root, keys.window));

  test.skipIf(!hasGo)('a choice of windows has the figures that go tool pprof has of the same files', () => {
    const choices: string[][] = [
      [],
      ['--service', 'shop', '--service-version', '2.7'],
      ['--day', '2026-11-21', '--host', 'web-1', '--host', 'find'],
      ['--since', '2026-11-21T14:00', '--until', '2026-11-22T02:30', '--tag', 'region=eu', '--no-cache'],
    ];
    for (const choice of choices) {
      const files: string[] = windowsOf(...choice);
      const merged = join(folder, 'judged.pb.gz');
      goPprof(['-proto', `-output=${merged}`, ...files]);
      const value = choices.indexOf(choice) % 2 === 0 ? 'wall' : 'cpu';
      const judged = judge(merged, value, 'ns', '-functions');
      const top = json('top', root, ...choice, '--value', value);
      expect(top.total, `${choice.join(' ')} ${value}`).toBe(judged.total);
      for (const { name, self, total } of top.functions) expect([name, self, total]).toEqual([name, ...judged.rows[name]!]);
      expect(top.functions.length).toBe(Object.keys(judged.rows).length);
    }
    // Again, from sums that are kept.
    expect(json('top', root, '--value', 'wall')).toEqual(json('top', root, '--value', 'wall', '--no-cache'));
  });

  test('every command that reads takes a folder', () => {
    const chosen = [root, '--service', 'shop', '--day', '2026-11-21'];
    const wall = json('top', ...chosen, '--value', 'wall');
    expect(json('tree', ...chosen, '--value', 'wall').total).toBe(wall.total);
    expect(json('info', ...chosen).totals[0]).toBe(wall.total);
    expect(json('lines', ...chosen, '--value', 'wall').total).toBe(wall.total);
    expect(json('top', ...chosen, '--value', 'wall', '--label', 'route=/buy').total).toBe(
      json('windows', ...chosen, '--label', 'route=/buy').rows.reduce(
        (sum: number, row: { totals: { total: number }[] }) => sum + row.totals[0]!.total,
        0,
      ),
    );
    const output = join(folder, 'out.pb.gz');
    expect(run(['merge', ...chosen, '-o', output])).toMatchObject({ status: 0, stderr: '' });
    expect(json('top', output, '--value', 'wall')).toEqual(wall);
    expect(statSync(output).size).toBeGreaterThan(100);
    expect(run(['peek', root, 'parse0', '--service', 'shop']).stdout).toContain('parse0');
  });

  test('versions and days are compared', () => {
    const diff = json(
      'diff',
      root,
      '--service',
      'shop',
      '--service-version',
      '2.7',
      '--against-service-version',
      '2.6',
      '--value',
      'wall',
      '--per-second',
    );
    const changed = diff.functions.find(({ name }: { name: string }) => name === 'parse0');
    // Half a millisecond more in each of two of six samples a window, in 60 windows of either version and host.
    expect(changed.new.total - changed.base.total).toBeGreaterThan(100 * 500_000);
    const same = json('diff', root, '--day', '2026-11-21', '--against-day', '2026-11-21', '--value', 'wall');
    expect(same.base.total).toBe(same.new.total);
    const days = json('diff', root, '--day', '2026-11-22', '--against-day', '2026-11-21', '--service', 'shop', '--value', 'wall');
    expect([days.base.total, days.new.total]).toEqual(
      ['2026-11-21', '2026-11-22'].map((day) => json('top', root, '--day', day, '--service', 'shop', '--value', 'wall').total),
    );
  });

  test('what lies there is shown', () => {
    const { stdout, status, stderr } = run(['windows', root, '--by', 'service,day']);
    expect([status, stderr]).toEqual([0, '']);
    expect(
      stdout
        .split('\n')
        .slice(1, 5)
        .map((row) => row.trim().split(/\s{2,}/)),
    ).toEqual([
      ['96', '2026-11-21 00:00', '96 min 00 s', expect.any(String), expect.any(String), 'search', '2026-11-21'],
      ['24', '2026-11-22 00:00', '24 min 00 s', expect.any(String), expect.any(String), 'search', '2026-11-22'],
      ['192', '2026-11-21 00:00', '3 h 12 min', expect.any(String), expect.any(String), 'shop', '2026-11-21'],
      ['48', '2026-11-22 00:00', '48 min 00 s', expect.any(String), expect.any(String), 'shop', '2026-11-22'],
    ]);
    expect(stdout).toMatch(/360 windows, 2026-11-21 00:00 to 2026-11-22 05:46 UTC/);
    expect(stdout).toMatch(/labels: .*route \(\/buy, \/list\)/);
    expect(json('windows', root).choices.hosts).toEqual({ 'web-1': 120, 'web-2': 120, find: 120 });
  });

  test.each([
    [['windows', 'ROOT/nowhere'], 2, /there is no such folder/],
    [['windows', 'ROOT', '--by', 'colour'], 2, /windows are added up by service, version/],
    [['windows', 'ROOT', '--since', 'soon'], 2, /a time is wanted/],
    [['windows', 'ROOT', '--day', 'today', '--since', '-2h'], 2, /--day is a whole day/],
    [['top', 'ROOT', '--since', '2026-11-22', '--until', '2026-11-21'], 2, /the end has to be later/],
    [['top', 'ROOT', '--since', '2031-01-01'], 3, /It has no windows of that time/],
    [['top', 'ROOT', '--service', 'nobody'], 3, /None of its 360 windows is of that service/],
    [['top', 'ROOT', 'ROOT'], 2, /is read alone/],
    [['top', 'FILE', '--service', 'shop'], 2, /--service chooses among the windows of a folder/],
    [['diff', 'ROOT'], 2, /with which of its windows is it to be compared\?/],
    [['diff', 'FILE', 'FILE', '--against-day', 'yesterday'], 2, /--against-day compares windows of one folder/],
    [['windows', 'ROOT', '--tag', 'region'], 2, /name=text is wanted/],
  ])('%j is refused', (words, status, sentence) => {
    const file = join(folder, 'some.pb.gz');
    put(folder, 'some.pb.gz', windowBytes({ minute: 1, samples: [{ stack: 'main', wall: 1 }] }));
    const ran = run(words.map((word) => word.replace('ROOT', root).replace('FILE', file)));
    expect(ran.stderr).toMatch(/^heatline: [^\n]+\n$/);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.status).toBe(status);
  });

  test('files that are none are told in one line, and left out', () => {
    const odd = join(folder, 'odd');
    putWindow(odd, { minute: 1, service: 's', samples: [{ stack: 'main', wall: 5 }] });
    put(odd, 'a.pb.gz', 'nothing');
    put(odd, 'b.pb.gz', '');
    const { stdout, stderr, status } = run(['top', odd, '--json', '--value', 'wall']);
    expect([status, JSON.parse(stdout).total]).toEqual([0, 5]);
    expect(stderr).toMatch(/^heatline: [^\n]*left out [ab]\.pb\.gz, and 1 more like it: [^\n]+\n$/);
  });
});

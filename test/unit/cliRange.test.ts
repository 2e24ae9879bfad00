// `--from` and `--to`, judged by sums that this file takes from the raw files itself; of a folder, by windows that are made here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliKit, fixtures, raw } from './cliKit.js';
import { DAY, putWindow } from './windowsKit.js';

const { json, heatline, folder } = cliKit();
const file = (name: string) => join(fixtures, name);
const read = (name: string) => JSON.parse(readFileSync(file(name), 'utf8'));

type Sums = Map<string, [self: number, total: number]>;

/** Adds what a stack, root first, took. */
function add(sums: Sums, stack: readonly string[], value: number): void {
  if (!(value > 0)) return;
  const of = (name: string) => sums.get(name) ?? sums.set(name, [0, 0]).get(name)!;
  for (const name of new Set(stack)) of(name)[1] += value;
  if (stack.length > 0) of(stack.at(-1)!)[0] += value;
}

function overlap(begin: number, end: number, from: number, to: number): number {
  return Math.max(0, Math.min(end, to) - Math.max(begin, from));
}

/** What `top` says of a part, by name; functions of one name are added up. */
function top(path: string, from: number, to: number, ...more: string[]): Sums {
  const sums: Sums = new Map();
  for (const { name, self, total } of json('top', path, '--from', String(from), '--to', String(to), ...more).functions) {
    const [own, all] = sums.get(name) ?? [0, 0];
    if (total > 0) sums.set(name, [own + self, all + total]);
  }
  return sums;
}

function same(found: Sums, expected: Sums, digits: number): void {
  expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [name, figures] of expected) {
    for (const [i, figure] of figures.entries()) expect(found.get(name)![i], name).toBeCloseTo(figure, digits);
  }
}

const PARTS = [
  [0, 0.05],
  [0.1, 0.22],
  [0.1034, 0.1061],
  [0.2, 9],
] as const;

describe('a part of the time', () => {
  it.each(PARTS)("of py-spy's samples weighs what they weigh there (%d to %d s)", (from, to) => {
    const { shared, profiles } = read('speedscope/pyspy-threads.speedscope.json');
    const expected: Sums = new Map();
    for (const { samples, weights } of profiles) {
      let at = 0;
      samples.forEach((stack: number[], i: number) => {
        const names = stack.map((frame) => shared.frames[frame].name).filter((name) => !/^(?:thread \(|process )/.test(name));
        add(expected, names, overlap(at, at + weights[i], from, to));
        at += weights[i];
      });
    }
    same(top(file('speedscope/pyspy-threads.speedscope.json'), from, to), expected, 9);
  });

  it.each(PARTS)("holds the samples that Tachyon's own replay has there (%d to %d s)", (from, to) => {
    const { threads, shared } = read('tachyon/pricing.gecko.json');
    const expected: Sums = new Map();
    for (const { samples, stackTable, frameTable, funcTable } of threads) {
      samples.time.forEach((millis: number, i: number) => {
        const names: string[] = [];
        for (let stack = samples.stack[i]; stack !== null; stack = stackTable.prefix[stack])
          names.unshift(shared.stringArray[funcTable.name[frameTable.func[stackTable.frame[stack]]]]);
        // Its clock begins with the first sample, which was taken 715 µs after the start.
        const seconds = (Math.round(millis * 1000) + 715) / 1e6;
        if (seconds >= from && seconds < to) add(expected, names, 1);
      });
    }
    same(top(file('tachyon/pricing.bin'), from, to, '--value', 'samples'), expected, 0);
  });

  it.each([
    [0, 100],
    [20, 60],
    [33.3, 33.4],
  ])('of spans is what of each event lies there (%d to %d percent of the run)', (first, last) => {
    const events = read('trace/viztracer.json').traceEvents.filter((event: { ph: string }) => event.ph === 'X');
    const begin = Math.min(...events.map(({ ts }: { ts: number }) => ts));
    const end = Math.max(...events.map(({ ts, dur }: { ts: number; dur: number }) => ts + dur));
    const [from, to] = [first, last].map((percent) => begin + ((end - begin) * percent) / 100) as [number, number];
    const expected: Sums = new Map();
    const name = (text: string) => text.replace(/ \([^()]*:\d+\)$/, '');
    for (const thread of new Set(events.map(({ tid }: { tid: number }) => tid))) {
      const own = events.filter(({ tid }: { tid: number }) => tid === thread);
      const edges = [...new Set(own.flatMap(({ ts, dur }: { ts: number; dur: number }) => [ts, ts + dur]))].toSorted(
        (a, b) => Number(a) - Number(b),
      ) as number[];
      for (let i = 1; i < edges.length; i++) {
        const [left, right] = [edges[i - 1]!, edges[i]!];
        const open = own
          .filter(({ ts, dur }: { ts: number; dur: number }) => ts <= left && ts + dur >= right)
          .sort((a: { ts: number; dur: number }, b: { ts: number; dur: number }) => a.ts - b.ts || b.dur - a.dur);
        add(
          expected,
          open.map((event: { name: string }) => name(event.name)),
          overlap(left, right, from, to),
        );
      }
    }
    same(top(file('trace/viztracer.json'), (from - begin) / 1e6, (to - begin) / 1e6), expected, 2);
  });

  it("of V8's samples is how long each lasted there", () => {
    const { nodes, samples, timeDeltas, startTime, endTime } = read('v8/shop.cpuprofile');
    const parent = new Map<number, number>();
    const names = new Map<number, string>();
    for (const { id, callFrame, children = [] } of nodes) {
      names.set(id, callFrame.functionName || '(anonymous)');
      for (const child of children) parent.set(child, id);
    }
    const expected = new Map<string, number>();
    let clock = startTime + timeDeltas[0];
    const [from, to] = [startTime + 200_000, startTime + 700_500];
    samples.forEach((node: number, i: number) => {
      const next = i + 1 < samples.length ? clock + timeDeltas[i + 1] : endTime;
      const name = names.get(node)!;
      expected.set(name, (expected.get(name) ?? 0) + overlap(clock, Math.max(clock, next), from, to));
      clock = next;
    });
    const found = top(file('v8/shop.cpuprofile'), 0.2, 0.7005);
    const sum = [...found.values()].reduce((all, [self]) => all + self, 0);
    expect(sum).toBeCloseTo(500_500, 3);
    for (const [name, [self]] of found) expect(self, name).toBeCloseTo(expected.get(name) ?? 0, 3);
  });

  it('is the same for lines and trees', () => {
    const path = file('tachyon/pricing.bin');
    const part = ['--from', '0.1', '--to', '0.3', '--value', 'samples'];
    const { samples, total } = json('top', path, ...part);
    expect(total).toBe(samples);
    expect(json('tree', path, ...part).total).toBe(total);
    expect(json('lines', path, ...part).total).toBe(total);
    const rest = ['--to', '0.1', '--value', 'samples'];
    const end = ['--from', '0.3', '--value', 'samples'];
    expect(total + json('top', path, ...rest).total + json('top', path, ...end).total).toBe(754);
  });
});

describe('windows of a folder', () => {
  const at = (minute: number) => new Date(Number(DAY / 1_000_000n) + minute * 60_000).toISOString();
  let store = '';
  beforeAll(() => {
    store = join(folder, 'windows');
    // Each is ten times the one before, so that a sum tells which windows are in it.
    for (const minute of [0, 1, 2, 3])
      putWindow(store, {
        minute,
        service: minute === 3 ? 'mail' : 'shop',
        samples: [{ stack: 'main work', wall: 10 ** minute, cpu: 10 ** minute }],
      });
  });
  const sum = (command: string, ...options: string[]) => json(command, store, ...options, '--no-cache').total;

  it('are chosen by seconds since the first began, or by moments', () => {
    for (const command of ['top', 'lines', 'tree']) {
      expect(sum(command, '--from', '60', '--to', '180'), command).toBe(110);
      expect(sum(command, '--from', at(1), '--to', at(2)), command).toBe(10);
    }
    expect(sum('top', '--to', '1s')).toBe(1);
    expect(sum('top', '--from', '20261121T000200Z')).toBe(1100);
    // The first of the windows that are wanted otherwise.
    expect(sum('top', '--service', 'mail', '--to', '1')).toBe(1000);
    expect(sum('top', '--since', at(1), '--from', '60', '--to', '61')).toBe(100);
  });

  it('in every command that takes a folder', () => {
    const part = ['--from', '60', '--to', '120', '--no-cache'];
    expect(json('info', store, ...part).totals).toEqual([10, 10]);
    expect(json('merge', store, ...part, '-o', join(folder, 'sum.pb.gz')).files).toBe(1);
    expect(json('windows', store, ...part).windows).toBe(1);
    for (const command of ['list', 'peek']) {
      const ran = heatline(command, store, 'work', ...part);
      expect([ran.status, ran.stderr]).toEqual([0, '']);
      expect(ran.stdout, command).toMatch(/\b10 ?ns/);
    }
    const changed = json('diff', store, ...part, '--against-until', at(1));
    expect([changed.base.total, changed.new.total]).toEqual([1, 10]);
  });

  it.each([
    [['top', '--from', '1h'], 3, 'It has no windows of that time'],
    [['top', '--from', '600'], 3, 'None of its 4 windows begins within --from and --to: the last begins 180 s after the first'],
    [['top', '--from', '5', '--to', '5'], 2, '--from and --to: the end has to be later than the begin'],
    [['info', '--from', at(2), '--to', at(1)], 2, '--from and --to: the end has to be later than the begin'],
    [['merge', '--from', at(2), '--day', 'today', '-o', 'x.pb.gz'], 2, '--day says when already'],
  ] as const)('%j say in one sentence what is wrong', (words, status, sentence) => {
    const [command, ...options] = words;
    const ran = heatline(command, store, ...options, '--no-cache');
    expect([ran.status, ran.stdout, ran.stderr.trimEnd().split('\n').length]).toEqual([status, '', 1]);
    expect(ran.stderr).toContain(sentence);
  });

  it('and files have seconds alone', () => {
    expect(heatline('top', raw, '--from', 'yesterday')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('--from yesterday: seconds since its start are wanted'),
    });
    expect(heatline('info', raw, '--from', '1').stderr).toContain('--from and --to choose among the windows of a folder here');
    expect(heatline('merge', raw, '--to', '1', '-o', 'y.pb.gz').stderr).toContain('is none');
  });
});

describe('wrong words', () => {
  it.each([
    [['--from', '2', '--to', '1'], 2, '--from and --to: the end has to be later than the begin'],
    [['--from', 'soon'], 2, 'a time in seconds is wanted'],
  ])('%j', (options, status, sentence) => {
    const ran = heatline('top', file('tachyon/pricing.bin'), ...options);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toContain(sentence);
  });

  it('a file without times says so', () => {
    const ran = heatline('top', raw, '--from', '1');
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain('its samples have no times');
  });
});

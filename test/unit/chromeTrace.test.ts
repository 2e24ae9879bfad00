import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { expectSame, type Figures, framesOf, judged } from './speedscopeJudge.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/trace');
const open = (text: string | Uint8Array) => readProfile(bytesSource('any', typeof text === 'string' ? Buffer.from(text) : text));
const load = (name: string) => open(readFileSync(join(folder, name)));

/** speedscope's names are the event's name and its arguments as JSON. */
const judge = (name: string) =>
  judged(join(folder, name), ([text, , , self, total]) => {
    if (text.startsWith('thread (')) return undefined;
    const brace = text.indexOf(' {"');
    const args = brace < 0 ? {} : JSON.parse(text.slice(brace + 1));
    const plain = brace < 0 ? text : text.slice(0, brace);
    const found = /^(.*) \((.*):(\d+)\)$/.exec(plain);
    if (found !== null) return [found[1]!, found[2]!, Number(found[3]), self, total];
    return [plain, args.filename ?? '', args.line ?? 0, self, total];
  });

const event = (ph: string, ts: number, name?: string, more: object = {}) => ({ ph, ts, name, pid: 1, tid: 2, ...more });
const rows = ({ samples, stacks, locations, lines, functions, strings, threads }: Profile) =>
  Array.from({ length: samples.length }, (_, i) => {
    const names: string[] = [];
    for (let stack = samples.stack[i]!; stack >= 0; stack = stacks.prefix[stack]!)
      names.unshift(strings[functions.name[lines.func[locations.firstLine[stacks.location[stack]!]!]!]!]!);
    return [names.join(';'), samples.values.at(-1)![i], samples.time![i], threads[samples.thread![i]!]];
  });

test.each(['viztracer.json', 'pyspy-threads.chrometrace.json'])('%s has the figures of speedscope', async (name) => {
  const profile = await load(name);
  expectSame(framesOf(profile), judge(name));
  expect(profile.threads).toContain('MainThread');
});

test('viztracer-args.json has the times of speedscope, which takes calls with other arguments for other functions', async () => {
  const own = (figures: Figures): Figures => new Map(Array.from(figures, ([frame, [self]]) => [frame, [self, self]]));
  expectSame(own(framesOf(await load('viztracer-args.json'))), own(judge('viztracer-args.json')));
});

test('chromium.json has the CPU profile that Chromium put into its trace, at the lines that ran', async () => {
  const profile = await load('chromium.json');
  const figures = judged(join(folder, 'chromium.json'), (given) => [
    given[0].replace(/^\(anonymous.*/, '(anonymous)'),
    given[1],
    given[2],
    given[3],
    given[4],
  ]);
  const { functions, strings } = profile;
  const table = functionTable(profile, { type: 1 });
  expect(figures.size).toBeGreaterThan(10);
  for (const [frame, [self, total]] of figures) {
    if (/^\((?:idle|program|garbage)/.test(frame)) continue;
    const func = Array.from(
      { length: functions.length },
      (_, i) => `${strings[functions.name[i]!]} ${strings[functions.file[i]!]}:${functions.startLine[i]}`,
    ).indexOf(frame);
    expect(func, frame).toBeGreaterThanOrEqual(0);
    expect(table.self[func], frame).toBeCloseTo(self, 6);
    // speedscope puts garbage collection on top of what ran before.
    expect(table.total[func], frame).toBeLessThanOrEqual(total + 1e-6);
  }
  expect(profile.threads).toEqual(['CrRendererMain']);
  const raw: { traceEvents: { name: string; args: { data?: { lines?: number[]; cpuProfile?: { samples?: number[] } } } }[] } = JSON.parse(
    readFileSync(join(folder, 'chromium.json'), 'utf8'),
  );
  const lines = new Map<number, number>();
  let samples = 0;
  for (const { args } of raw.traceEvents) {
    samples += args.data?.cpuProfile?.samples?.length ?? 0;
    for (const line of args.data?.lines ?? []) if (line > 0) lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  expect(profile.samples.length).toBe(samples);
  const found = new Map<number, number>();
  for (let i = 0; i < profile.samples.length; i++) {
    const row = profile.locations.firstLine[profile.stacks.location[profile.samples.stack[i]!]!]!;
    const line = profile.lines.line[row]!;
    found.set(line, (found.get(line) ?? 0) + 1);
  }
  for (const [line, count] of lines) expect(found.get(line), `line ${line}`).toBeGreaterThanOrEqual(count);
});

describe('events', () => {
  test('nest by their times, in any order of the file', async () => {
    const events = [
      event('X', 12, 'c', { dur: 3 }),
      event('X', 10, 'b', { dur: 5 }),
      event('X', 10, 'a', { dur: 10 }),
      event('X', 25, 'd', { dur: 1 }),
      event('X', 11, 'z', { dur: 2, tid: 3 }),
    ];
    const profile = await open(JSON.stringify(events));
    expect(rows(profile)).toEqual([
      ['a;b', 2, 0, 'thread (2)'],
      ['a;b;c', 3, 2000, 'thread (2)'],
      ['a', 5, 5000, 'thread (2)'],
      ['d', 1, 15000, 'thread (2)'],
      ['z', 2, 1000, 'thread (3)'],
    ]);
    expect([profile.warnings, profile.durationNanos, profile.sampleTypes]).toEqual([[], 16000, [{ type: 'wall', unit: 'microseconds' }]]);
  });

  test('begin and end, with or without a name, around complete ones', async () => {
    const profile = await open(
      JSON.stringify({
        displayTimeUnit: 'ms',
        traceEvents: [
          event('B', 0, 'a'),
          event('B', 1, 'b'),
          event('X', 2, 'x', { dur: 1 }),
          event('E', 4),
          event('E', 6, 'a'),
          event('C', 7, 'n'),
        ],
      }),
    );
    expect(rows(profile).map(([stack, value]) => [stack, value])).toEqual([
      ['a', 1],
      ['a;b', 1],
      ['a;b;x', 1],
      ['a;b', 1],
      ['a', 2],
    ]);
    expect(profile.warnings).toEqual([]);
  });

  test('name their threads, and processes where there are several', async () => {
    const name = (pid: number, tid: number, text: string) => ({ ph: 'M', name: 'thread_name', pid, tid, args: { name: text } });
    const one = await open(JSON.stringify([event('X', 0, 'a', { dur: 1, pid: '1', tid: '2' }), name(1, 2, 'Main')]));
    expect(one.threads).toEqual(['Main']);
    const two = await open(JSON.stringify([event('X', 0, 'a', { dur: 1 }), event('X', 0, 'a', { dur: 1, pid: 9 }), name(1, 2, 'Main')]));
    expect(two.threads).toEqual(['Main [process 1]', 'thread (2) [process 9]']);
  });

  test('say where their functions are, in arguments or in the name', async () => {
    const profile = await open(
      JSON.stringify([
        { args: { filename: '/a.py', line: 3, more: { line: 9 } }, ...event('X', 0, 'f', { dur: 1 }) },
        event('X', 1, 'g (<x (1)>.py) (/b c.py:17)', { dur: 1 }),
        event('X', 2, 'h (1)', { dur: 1, args: { filename: '', line: 0 } }),
      ]),
    );
    const { functions, strings, lines } = profile;
    expect(
      Array.from({ length: functions.length }, (_, i) => [
        strings[functions.name[i]!],
        strings[functions.file[i]!],
        functions.startLine[i],
        lines.line[i],
      ]),
    ).toEqual([
      ['f', '/a.py', 0, 3],
      ['g (<x (1)>.py)', '/b c.py', 17, 17],
      ['h (1)', '', 0, 0],
    ]);
  });

  test('that do not fit are repaired with a warning', async () => {
    const warned = async (events: object[]) => {
      const profile = await open(JSON.stringify(events));
      expect(profile.warnings).toHaveLength(1);
      return rows(profile).map(([stack, value]) => [stack, value]);
    };
    expect(await warned([event('X', 0, 'a', { dur: 10 }), event('X', 5, 'b', { dur: 10 })])).toEqual([['a', 5], ['a;b', 5]]); // biome-ignore format: one line
    expect(await warned([event('B', 0, 'a'), event('X', 5, 'b', { dur: 10 })])).toEqual([['a', 5], ['a;b', 10]]); // biome-ignore format: one line
    expect(await warned([event('X', 0, 'a', { dur: 1 }), event('E', 5, 'b')])).toEqual([['a', 1]]);
    expect(await warned([event('b', 0, 'async', { id: 1 }), event('X', 0, 'a', { dur: 1 }), event('e', 3, 'async', { id: 1 })])).toEqual([
      ['a', 1],
    ]);
    // Rounded by its writer.
    expect((await open(JSON.stringify([event('X', 0, 'a', { dur: 10 }), event('X', 5, 'b', { dur: 5.001 })]))).warnings).toEqual([]);
  });

  test('in a list without its bracket are whole; cut ones are shown up to there', async () => {
    const list = JSON.stringify([event('X', 0, 'a', { dur: 1 }), event('X', 1, 'b', { dur: 1 })]);
    expect((await open(list.slice(0, -1))).warnings).toEqual([]);
    expect((await open(`${list.slice(0, -1)},\n`)).warnings).toEqual([]);
    const cut = await open(list.slice(0, -9));
    expect([cut.samples.length, cut.warnings.length]).toEqual([1, 1]);
    await expect(open(list.slice(0, 20))).rejects.toMatchObject({ name: 'ReadError', code: 'truncated' });
    await expect(open(JSON.stringify([event('C', 0, 'a')]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('are found behind much else', async () => {
    const traceEvents = [event('X', 0, 'a', { dur: 1 })];
    for (const more of [{ displayTimeUnit: 'ms' }, { metadata: { source: 'DevTools' } }]) {
      const text = JSON.stringify({ ...more, otherData: 'x'.repeat(5000), traceEvents });
      expect((await open(text)).format).toBe('chrome-trace');
    }
  });

  test('may nest deeply', async () => {
    const events = Array.from({ length: 100_000 }, (_, i) => event('X', i, `f${i % 7}`, { dur: 200_000 - 2 * i }));
    const profile = await open(JSON.stringify(events.reverse()));
    expect([profile.stacks.length, profile.warnings]).toEqual([100_000, []]);
  });

  test('with odd names', async () => {
    const profile = await open(
      JSON.stringify([event('X', 0, '__proto__', { dur: 1 }), event('X', 1, '\ud800', { dur: 1 }), event('X', 2, '', { dur: 1 })]),
    );
    expect(rows(profile).map(([stack]) => stack)).toEqual(['__proto__', '\ud800', '(unnamed)']);
  });
});

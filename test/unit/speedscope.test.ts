import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { speedscope } from '../../src/core/formats/speedscope.js';
import type { Profile } from '../../src/core/model/profile.js';
import { expectSame, type Figures, framesOf, judged } from './speedscopeJudge.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/speedscope');
const files = readdirSync(folder).filter((name) => name.endsWith('.speedscope.json'));
const open = (text: string | Uint8Array) => readProfile(bytesSource('any', typeof text === 'string' ? Buffer.from(text) : text));
const load = (name: string) => open(readFileSync(join(folder, name)));

async function written(profile: Profile): Promise<string> {
  const chunks: Uint8Array[] = [];
  await speedscope.write!(profile, { write: (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks).toString();
}

/** A file of frames f0, f1, … */
const file = (profiles: object[], more: object = {}) =>
  JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    profiles,
    shared: { frames: [{ name: 'f0' }, { name: 'f1', file: '/a.py', line: 7, col: 3 }, { name: 'f2', file: null, line: null }] },
    ...more,
  });
const evented = (events: [string, number, number][], more: object = {}) => ({
  type: 'evented',
  name: 'one',
  unit: 'milliseconds',
  startValue: 0,
  endValue: 10,
  events: events.map(([type, frame, at]) => ({ type, frame, at })),
  ...more,
});
const sampled = (samples: number[][], weights: number[], more: object = {}) => ({
  type: 'sampled',
  name: 'one',
  unit: 'none',
  startValue: 0,
  endValue: 10,
  samples,
  weights,
  ...more,
});
/** Stacks as text with their value and time. */
const rows = ({ samples, stacks, locations, lines, functions, strings }: Profile, type = 0) =>
  Array.from({ length: samples.length }, (_, i) => {
    const names: string[] = [];
    for (let stack = samples.stack[i]!; stack >= 0; stack = stacks.prefix[stack]!)
      names.unshift(strings[functions.name[lines.func[locations.firstLine[stacks.location[stack]!]!]!]!]!);
    return [names.join(';'), Number(samples.values[type]![i]), samples.time?.[i]];
  });

describe.each(files)('%s', (name) => {
  test('has the figures of speedscope itself', async () => {
    // py-spy's threads and processes are no functions; the time of pyinstrument's [self] is the caller's (next test).
    if (/^(?:pyinstrument|heatline)/.test(name)) return;
    const profile = await load(name);
    const judge = judged(
      join(folder, name),
      (frame) => (/^(?:thread \(\d+\)|process \d+:")/.test(frame[0]) && frame[1] === '' ? undefined : frame),
      name.startsWith('memray') ? 'Memory' : undefined,
    );
    const ours = new Map([...framesOf(profile)].filter(([frame]) => !/^(?:thread \(\d+\)|process \d+:")/.test(frame)));
    expectSame(ours, judge);
  });

  test('comes back from our own writer as it was', async () => {
    const profile = await load(name);
    const again = await open(await written(profile));
    expectSame(framesOf(again), framesOf(profile));
    expect(again.threads).toEqual(profile.threads);
    expect(again.sampleTypes.map(({ unit }) => unit)).toEqual([profile.sampleTypes[profile.defaultType]!.unit]);
  });
});

test('of pyinstrument, [self] is its caller', async () => {
  for (const name of files.filter((name) => name.startsWith('pyinstrument'))) {
    const ours = framesOf(await load(name));
    const judge = judged(join(folder, name), (frame) => (frame[0] === '[self]' ? undefined : frame));
    let own = 0;
    let selfTotal = 0;
    for (const [frame, [self, total]] of judge) {
      expect(ours.get(frame)![1], frame).toBeCloseTo(total, 9);
      expect(ours.get(frame)![0], frame).toBeGreaterThanOrEqual(self - 1e-9);
      own += ours.get(frame)![0] - self;
    }
    for (const [frame, [self]] of judged(join(folder, name))) if (frame.startsWith('[self]')) selfTotal += self;
    expect(own).toBeCloseTo(selfTotal, 9);
    expect([...ours.keys()].some((frame) => frame.startsWith('[self]'))).toBe(false);
  }
});

test('threads of py-spy have their own names', async () => {
  expect((await load('pyspy-threads.speedscope.json')).threads).toContain('cpu;1');
  expect((await load('pyspy-fork.speedscope.json')).threads).toContainEqual(expect.stringMatching(/^clerk 0 \[process \d+\]$/));
});

describe('reading', () => {
  test('evented profiles as spans between events, with times', async () => {
    const profile = await open(file([evented([['O', 0, 1], ['O', 1, 1], ['C', 1, 3], ['O', 2, 3.5], ['C', 2, 4], ['C', 0, 6], ['O', 1, 8], ['C', 1, 9]])])); // biome-ignore format: one line
    expect(profile.sampleTypes).toEqual([{ type: 'time', unit: 'milliseconds' }]);
    expect(rows(profile)).toEqual([
      ['f0;f1', 2, 1e6],
      ['f0', 0.5, 3e6],
      ['f0;f2', 0.5, 3.5e6],
      ['f0', 2, 4e6],
      ['f1', 1, 8e6],
    ]);
    expect(profile.warnings).toEqual([]);
    expect(profile.durationNanos).toBe(10e6);
  });

  test('events that do not fit, with a warning each', async () => {
    const never = await open(file([evented([['O', 0, 0], ['C', 1, 2], ['C', 0, 4]])])); // biome-ignore format: one line
    expect([rows(never).map(([stack, value]) => [stack, value]), never.warnings.length]).toEqual([[['f0', 4]], 1]);
    const crossed = await open(file([evented([['O', 0, 0], ['O', 1, 1], ['C', 0, 2], ['C', 1, 3]])])); // biome-ignore format: one line
    expect(rows(crossed).map(([stack, value]) => [stack, value])).toEqual([['f0', 1], ['f0;f1', 1]]); // biome-ignore format: one line
    const open_ = await open(file([evented([['O', 0, 0], ['O', 1, 4]])])); // biome-ignore format: one line
    expect(rows(open_).map(([stack, value]) => [stack, value])).toEqual([['f0', 4], ['f0;f1', 6]]); // biome-ignore format: one line
    expect(open_.warnings).toHaveLength(1);
    const back = await open(file([evented([['O', 0, 5], ['O', 1, 3], ['C', 1, 6], ['C', 0, 7]])])); // biome-ignore format: one line
    expect(rows(back).map(([stack, value]) => [stack, value])).toEqual([['f0;f1', 1], ['f0', 1]]); // biome-ignore format: one line
    expect(back.warnings).toHaveLength(1);
  });

  test('sampled profiles, several of them with several units', async () => {
    const profile = await open(
      file([
        sampled([[0, 1], [0, 1, 2], []], [1, 2, 4]),
        sampled([[0], [1]], [100, 50], { name: 'two', unit: 'bytes' }),
        sampled([[2], [1]], [0.5, 0.25], { name: 'three', unit: 'seconds', startValue: 2, endValue: 3 }),
        sampled([[1]], [5], { name: 'four', unit: 'seconds', startValue: 3, endValue: 8 }),
      ]),
    ); // biome-ignore format: one line
    expect(profile.sampleTypes).toEqual([
      { type: 'samples', unit: 'count' },
      { type: 'memory', unit: 'bytes' },
      { type: 'time', unit: 'seconds' },
    ]);
    expect(profile.threads).toEqual(['one', 'two', 'three', 'four']);
    expect(rows(profile, 0).map(([stack, value]) => [stack, value])).toEqual([
      ['f0;f1', 1],
      ['f0;f1;f2', 2],
      ['', 4],
      ['f0', 0],
      ['f1', 0],
      ['f2', 0],
      ['f1', 0],
      ['f1', 0],
    ]);
    expect([...profile.samples.values[2]!].slice(5)).toEqual([0.5, 0.25, 5]);
    expect([...profile.samples.time!].slice(5)).toEqual([0, 0.5e9, 1e9]);
    expect([profile.lines.line, profile.lines.column].map((column) => column![profile.locations.firstLine[1]!])).toEqual([7, 3]);
  });

  test('measures of one run, when each profile has its own unit', async () => {
    const profile = await load('memray.speedscope.json');
    expect(profile.sampleTypes).toEqual([
      { type: 'Memory', unit: 'bytes' },
      { type: 'Allocations', unit: 'count' },
    ]);
    expect(profile.threads).toEqual([]);
    const judge = judged(join(folder, 'memray.speedscope.json'), undefined, 'Allocations');
    expectSame(framesOf(profile, 1), new Map([...judge].filter(([, [, total]]) => total > 0)));
  });

  test('keys in any order, with white space', async () => {
    const first = JSON.parse(file([sampled([[0, 1]], [3])]));
    const turned = {
      shared: first.shared,
      profiles: first.profiles.map((profile: object) => Object.fromEntries(Object.entries(profile).reverse())),
    };
    for (const text of [JSON.stringify(turned), JSON.stringify(turned, null, 2)])
      expect(rows(await open(text)).map(([stack, value]) => [stack, value])).toEqual([['f0;f1', 3]]);
  });

  test('the beginning of files that are cut', async () => {
    const first = JSON.parse(file([evented([['O', 0, 0], ['O', 1, 4], ['C', 1, 6], ['C', 0, 9]])])); // biome-ignore format: one line
    const text = JSON.stringify({ $schema: first.$schema, shared: first.shared, profiles: first.profiles });
    const profile = await open(text.slice(0, text.indexOf('"at":9')));
    expect(rows(profile).map(([stack, value]) => [stack, value])).toEqual([['f0', 4], ['f0;f1', 2]]); // biome-ignore format: one line
    expect(profile.warnings.join(' ')).toMatch(/too early/);
    await expect(open(text.slice(0, text.indexOf('"events"')))).resolves.toBeDefined();
    await expect(open(text.slice(0, text.indexOf('"profiles"')))).rejects.toMatchObject({ name: 'ReadError', code: 'truncated' });
    const samples = JSON.stringify({ shared: first.shared, profiles: [sampled([[0], [1], [1]], [1, 1, 1], { unit: 'seconds' })] });
    const cut = await open(samples.slice(0, samples.indexOf('"weights"')));
    expect(cut.sampleTypes).toEqual([{ type: 'samples', unit: 'count' }]);
    expect(rows(cut)).toHaveLength(3);
  });

  test('fails on frames that are not there', async () => {
    for (const frame of [3, -1, 0.5, 1e99]) {
      for (const text of [file([sampled([[frame]], [1])]), file([evented([['O', frame, 1]])])]) {
        await expect(open(text)).rejects.toBeInstanceOf(ReadError);
      }
    }
    await expect(open(file([]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('a stack of 100,000 frames that never close', async () => {
    const profile = await open(
      file([evented(Array.from({ length: 100_000 }, (_, i) => ['O', i % 3, i / 1e5] as [string, number, number]))]),
    );
    expect(profile.samples.length).toBe(100_000);
  });
});

/** Files of ours that speedscope opened (see the folder's notes), and what they were made of: what it made of them holds for the writer. */
const OURS = [
  ['heatline-go.speedscope.json', 'go/cpu.pb.gz'],
  ['heatline-tachyon.speedscope.json', 'tachyon/threads-cpu-opcodes.bin'],
  ['heatline-pstats.speedscope.json', 'pstats/python-3.12.prof'],
] as const;

describe.each(OURS)('%s', (name, from) => {
  test('is what we write today, and speedscope finds our figures in it', async () => {
    const profile = await open(readFileSync(join(folder, '..', from)));
    expect(await written(profile)).toBe(readFileSync(join(folder, name), 'utf8'));
    // A profile of call counts has no stacks: its tree was written, function by function.
    // Frames with another column are others to speedscope, so that their totals do not add up to those of lines.
    const plain = (figures: Figures): Figures =>
      profile.lines.column === undefined ? figures : new Map(Array.from(figures, ([frame, [self]]) => [frame, [self, self]]));
    if (profile.calls === undefined) expectSame(plain(framesOf(profile)), plain(judged(join(folder, name))));
  });
});

describe('writing', () => {
  test('goes thread by thread in order of time', async () => {
    const profile = await open(
      file([
        sampled([[0], [1]], [2, 3], { unit: 'microseconds', startValue: 5 }),
        sampled([[2]], [1], { name: 'two', unit: 'microseconds' }),
      ]),
    );
    const out = JSON.parse(await written(profile));
    expect(out.profiles).toEqual([
      { type: 'sampled', name: 'one', unit: 'microseconds', startValue: 5, samples: [[0], [1]], weights: [2, 3], endValue: 10 },
      { type: 'sampled', name: 'two', unit: 'microseconds', startValue: 0, samples: [[2]], weights: [1], endValue: 1 },
    ]);
    expect(out.shared.frames).toEqual([{ name: 'f0' }, { name: 'f1', file: '/a.py', line: 7, col: 3 }, { name: 'f2' }]);
  });

  test('takes profiles of other formats: inlined lines, addresses, call counts, odd names', async () => {
    for (const path of ['pstats/python-3.12.prof', 'collapsed/stackcollapse.collapsed', 'go/cpu.pb.gz']) {
      const profile = await open(readFileSync(join(folder, '..', path)));
      const again = await open(await written(profile));
      const sum = (one: Profile) => Array.from(framesOf(one, 0).values()).reduce((all, [self]) => all + self, 0);
      expect(sum(again), path).toBeGreaterThan(0);
      if (path.endsWith('.gz')) expectSame(framesOf(again), framesOf(profile));
    }
    const odd = await open('__proto__;a"b\\c;\u{1f525} 3\n');
    expect(rows(await open(await written(odd)))[0]!.slice(0, 2)).toEqual(['__proto__;a"b\\c;\u{1f525}', 3]);
  });
});

// Times that our recorder writes beside the samples: each stretch becomes a sample, and all sums stay those of the file.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { mergeProfiles } from '../../src/core/model/merge.js';
import type { Profile } from '../../src/core/model/profile.js';
import { inTime, shareOut } from '../../src/core/model/stretches.js';
import { timeline } from '../../src/core/model/timeline.js';
import { timelineBoxes } from '../../src/core/model/timelineBoxes.js';
import { rowLengths } from '../../src/core/model/timing.js';
import { cliKit } from './cliKit.js';
import { functionsOf, judge, type Rows, UNITS } from './goJudge.js';
import { functionAndLocation, type HandMoments, handmade, momentsField, read, shown, type } from './pprofKit.js';
import { findPythons } from './pythons.js';

const STRINGS = ['', 'samples', 'count', 'wall', 'nanoseconds', 'cpu', 'untraced', 'f', 'g', 'thread', 'main'];
const BEGAN = 1_700_000_000_000_000_000n;

/** Two samples of one thread: f (3 looks, 30 ns) and g (1 look, 10 ns), and when they were seen. */
function twoSamples(...moments: readonly HandMoments[]): Buffer {
  const bytes = handmade((out, inner, row) => {
    for (const [kind, unit] of [
      [1, 2],
      [3, 4],
      [5, 4],
      [6, 4],
    ] as const)
      type(out, inner, kind, unit);
    for (const [place, values] of [
      [1, [3, 30, 7, 20]],
      [2, [1, 10, 0, 10]],
    ] as const) {
      inner.number(1, place);
      for (const value of values) row.varint(value);
      inner.block(2, row);
      row.number(1, 9);
      row.number(2, 10);
      inner.block(3, row);
      out.block(2, inner);
    }
    functionAndLocation(out, inner, row, 1, 7);
    functionAndLocation(out, inner, row, 2, 8);
    out.number(9, BEGAN);
  }, STRINGS);
  return Buffer.concat([bytes, ...moments.map(momentsField)]);
}

const FOUND: HandMoments = {
  sample: [0, 1, 0],
  begin: [100, 110, 120],
  length: [10, 10, 20],
  columns: { 0: [1, 1, 2], 2: [7, 0, 0] },
};

const rowsOf = (profile: Profile) =>
  shown(profile).samples.map(({ stack, values, time, thread }) => `${stack[0]!.split('|')[0]} ${values} @${time} ${thread}`);

describe('moments', () => {
  it('are samples of their own, with what is not told of them shared out by their length', async () => {
    const profile = await read(twoSamples(FOUND));
    expect(rowsOf(profile)).toEqual(['f 1,10,7,7 @100 main', 'f 2,20,0,13 @120 main', 'g 1,10,0,10 @110 main']);
    expect([...rowLengths(inTime(profile))!]).toEqual([10, 20, 10]);
  });

  it('may come in several messages, and samples without any have no time', async () => {
    const one = { sample: [0], begin: [5], length: [10], columns: { 0: [1], 2: [3] } };
    const other = { sample: [0], begin: [50], length: [20], columns: { 0: [2], 2: [4] } };
    const profile = await read(twoSamples(one, other));
    expect(rowsOf(profile)).toEqual(['f 1,10,3,7 @5 main', 'f 2,20,4,13 @50 main', 'g 1,10,0,10 @NaN main']);
  });

  it('change no figure', async () => {
    const [plain, timed] = [await read(twoSamples()), await read(twoSamples(FOUND))];
    for (const index of plain.sampleTypes.keys()) expect(functionsOf(timed, index)).toEqual(functionsOf(plain, index));
    expect(plain.samples.time).toBeUndefined();
  });

  it('are kept when the profile is written again', async () => {
    const profile = await read(twoSamples(FOUND));
    const again = await read(writePprof(profile));
    const sorted = (of: Profile) => rowsOf(of).sort();
    expect(sorted(again)).toEqual(sorted(profile));
    expect(again.quality.lasting).toBe(true);
  });

  it('stay apart when profiles are merged, as near as the worse of them', async () => {
    const profile = await read(twoSamples(FOUND));
    const other = { ...profile, timeNanos: BEGAN + 1000n, quality: { ...profile.quality, timesWithin: 0.02 } };
    const merged = mergeProfiles([{ ...profile, quality: { ...profile.quality, timesWithin: 0.005 } }, other]);
    expect([...merged.samples.time!].sort((a, b) => a - b)).toEqual([100, 110, 120, 1100, 1110, 1120]);
    expect(merged.quality).toMatchObject({ lasting: true, timesWithin: 0.02 });
  });

  it.each<[string, HandMoments, RegExp]>([
    ['a sample that is not there', { ...FOUND, sample: [0, 2, 0] }, /refers to sample 2, which the profile does not have/],
    ['a column that is too short', { ...FOUND, length: [10, 10] }, /do not fit the samples/],
    ['a value type that is not there', { ...FOUND, columns: { 9: [1, 1, 2] } }, /do not fit the samples/],
    ['looks that do not add up', { ...FOUND, columns: { 0: [1, 1, 1] } }, /does not add up to its value 3/],
    ['looks of one moment that are others', { ...FOUND, columns: { 0: [1, 5, 2] } }, /does not add up to its value 1/],
  ])('are refused in one sentence: %s', async (_, moments, sentence) => {
    const failed = await read(twoSamples(moments)).catch((error) => error);
    expect(failed).toBeInstanceOf(ReadError);
    expect(failed.message).toMatch(sentence);
  });

  it('are cut off as any field is', async () => {
    const bytes = twoSamples(FOUND);
    const profile = await read(bytes.subarray(0, bytes.length - 5));
    expect(profile.warnings.join()).toMatch(/ends too early/);
    expect(rowsOf(profile).length).toBe(2);
  });

  it('get shares that add up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 2 ** 52 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 50 }),
        (value, lengths) => {
          const parts = sharedOut(value, lengths);
          const whole = lengths.reduce((sum, length) => sum + length, 0);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(value);
          expect(parts.every(Number.isInteger)).toBe(true);
          if (whole > 0 && value < 2 ** 40)
            parts.forEach((part, i) => {
              expect(Math.abs(part - (value * lengths[i]!) / whole)).toBeLessThan(2);
            });
        },
      ),
    );
  });
});

/** What each stretch of a sample gets of its value. */
function sharedOut(value: number, lengths: readonly number[]): number[] {
  const parts = new Float64Array(lengths.length);
  shareOut(value, Float64Array.from(lengths), parts);
  return [...parts];
}

const { folder } = cliKit();
const python = findPythons().get('python3');
const hasGo = spawnSync('go', ['version']).status === 0;

/** Prints by the clock of the recording's start when each phase began; `busy` runs beside them all the time. */
const PHASES = `import threading, time
def until(end):
    while time.time() < end:
        sum(range(1000))
def compute():
    until(time.time() + 0.8)
def wait():
    time.sleep(0.8)
def again():
    until(time.time() + 0.8)
other = threading.Thread(target=wait, name='other')
for phase in (compute, wait, again):
    print(time.time_ns())
    if phase is wait:
        other.start()
    phase()
print(time.time_ns())
`;

describe.skipIf(python === undefined)('a recording of our own', () => {
  const program = join(folder, 'phases.py');
  writeFileSync(program, PHASES);
  const recorded = async (engine: string) => {
    const output = join(folder, `${engine}.pb.gz`);
    const words = [resolve(import.meta.dirname, '../../python/heatline/__main__.py'), 'run', '--engine', engine, '--output', output];
    const marks = execFileSync(python!, [...words, '--', program], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(BigInt);
    const profile = await readProfile(fileSource(output));
    return { output, profile, marks: marks.map((mark) => Number(mark - profile.timeNanos!)) };
  };

  it.each(['hybrid', 'sampler'])('is drawn in its order, each phase where it was: %s', async (engine) => {
    const { profile, marks } = await recorded(engine);
    const within = profile.quality.timesWithin! * 1e9;
    expect(within).toBeLessThan(0.1e9);
    const time = timeline(profile, { type: profile.defaultType }, undefined)!;
    const lanes = time.lanes.map(({ depth }, lane) => ({ lane, firstRow: 0, lastRow: depth }));
    const boxes = timelineBoxes(profile, time, lanes, { from: time.from, to: time.to, quantum: 1 });
    const boxOf = (name: string, thread: string) => {
      const own = boxes.func.flatMap((func, i) => {
        const named = profile.strings[profile.functions.name[func]!] === name;
        return named && profile.threads[time.lanes[boxes.lane[i]!]!.thread] === thread ? [i] : [];
      });
      return [Math.min(...own.map((i) => boxes.start[i]!)), Math.max(...own.map((i) => boxes.end[i]!))] as const;
    };
    // A machine at work looks late, but not by half a phase.
    const near = (found: number, wanted: number) => expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThan(0.3e9 + within);
    for (const [phase, name] of ['compute', 'wait', 'again'].entries()) {
      const [start, end] = boxOf(name, 'MainThread');
      near(start, marks[phase]!);
      near(end, marks[phase + 1]!);
    }
    near(boxOf('wait', 'other')[0], marks[1]!);
    // All boxes of the outermost functions together are all that was sampled.
    const outermost = boxes.row.flatMap((row, i) => (row === 0 ? [boxes.samples[i]!] : []));
    const looks = profile.samples.values[0] as Float64Array;
    expect(outermost.reduce((sum, samples) => sum + samples, 0)).toBe(looks.reduce((sum, own) => sum + own, 0));
    // The range of a view asks for the same.
    const middle = { from: marks[1]! + 0.2e9, to: marks[2]! - 0.2e9 };
    const { total } = functionTable(profile, { type: profile.sampleTypes.findIndex((each) => each.type === 'wall'), range: middle });
    const ofName = (name: string) => total[profile.functions.name.findIndex((text) => profile.strings[text] === name)]!;
    expect([ofName('compute'), ofName('again')]).toEqual([0, 0]);
    const seen = boxes.func.map((func, i) => {
      const inside = Math.min(boxes.end[i]!, middle.to) - Math.max(boxes.start[i]!, middle.from);
      return profile.strings[profile.functions.name[func]!] === 'wait' ? Math.max(0, inside) : 0;
    });
    expect(ofName('wait')).toBeGreaterThan(middle.to - middle.from);
    expect(ofName('wait')).toBeCloseTo(
      seen.reduce((sum, own) => sum + own, 0),
      -3,
    );
    for (const [type, { unit }] of profile.sampleTypes.entries()) {
      const [summed, spread] = [profile, inTime(profile)].map((each) => functionTable(each, { type, range: middle }));
      for (const func of summed!.total.keys()) {
        // Looks of a stretch are spread over it; a sample of its own counts as a whole, where it begins.
        if (unit === 'count') continue;
        expect(summed!.total[func]).toBeCloseTo(spread!.total[func]!, -1);
        if (summed!.samples !== undefined) expect(summed!.samples[func]).toBeLessThanOrEqual(spread!.samples![func]!);
      }
    }
  });

  it.skipIf(!hasGo)('has the figures that go tool pprof reads, whose labels stay few', async () => {
    const { output, profile } = await recorded('hybrid');
    // Go takes <module> for the parameters of a type, and shows nothing of it.
    const named = (rows: Rows) => Object.fromEntries(Object.entries(rows).filter(([name]) => /^\w/.test(name)));
    for (const [index, { type: name, unit }] of profile.sampleTypes.entries()) {
      // Totals of counted types are cProfile's, which pprof cannot add up.
      if (name === profile.sampleTypes[profile.calls!.callsType]!.type || name === 'tottime') continue;
      const judged = judge(output, name, UNITS[unit]!, '-filefunctions');
      expect(named(functionsOf(profile, index))).toEqual(named(judged.rows));
      expect(functionTable(profile, { type: index }).sum).toBe(judged.total);
    }
    const tags = execFileSync('go', ['tool', 'pprof', '-tags', '-sample_index=wall', output], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(
      tags
        .match(/^ *\S+(?=: Total)/gm)!
        .map((key) => key.trim())
        .sort(),
    ).toEqual([...['calls', 'cumtime', 'heatline', 'primitive', 'thread', 'tottime']]);
  });
});

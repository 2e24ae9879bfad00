// What threads did, as value types: by the status bits of samples, and by clocks. Judges: CPython's own reader, the program's own clocks, the system's.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { pprof } from '../../src/core/formats/pprof.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable, wholeTotal } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { type Profile, ThreadStatus } from '../../src/core/model/profile.js';
import { measured, type States, stateOf, statesOf, withStates } from '../../src/core/model/states.js';
import { summarize } from '../../src/core/model/summary.js';
import { packProfile, unpackProfile } from '../../src/core/model/transport.js';
import { weigh } from '../../src/core/model/weights.js';
import { launch, probeEnvironment } from '../../src/engines/index.js';
import { sampler } from '../../src/engines/sampler.js';
import { stateLines } from '../../src/server/features/threadStates.js';
import { findPythons } from './pythons.js';

const fixture = (name: string) => resolve(import.meta.dirname, '../fixtures/profiles/tachyon', name);
const { hasGil, onCpu, unknown, wantsGil, exception, mainThread } = ThreadStatus;

interface Row {
  readonly line: number;
  readonly thread?: string;
  readonly values: readonly (number | bigint)[];
  readonly status?: number;
  readonly time?: number;
}

/** One function `work` in work.py; a sample for each row. */
function profileOf(types: readonly (readonly [string, string])[], rows: readonly Row[], python?: string): Profile {
  const builder = new ProfileBuilder('drawn');
  for (const [type, unit] of types) builder.valueType({ type, unit });
  if (python !== undefined) builder.quality({ python });
  const func = builder.func(builder.string('work'), 0, builder.string('work.py'), 1);
  for (const { line, thread = 'MainThread', values, status, time } of rows) {
    builder.sample(builder.stack(-1, builder.place(func, line)), values, builder.thread(thread), time);
    if (status !== undefined) builder.status(status);
  }
  return withStates(builder.finish());
}

/** Name of each state → its total in each way in which it is asked. */
function totals(profile: Profile): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type, state, total } of statesOf(profile)?.types ?? []) {
    expect(profile.sampleTypes[type]).toEqual({ type: state, unit: profile.sampleTypes[statesOf(profile)!.base]!.unit });
    expect(wholeTotal(profile, type)).toBe(total);
    expect(weigh(profile, { type }).total).toBeCloseTo(total, 6);
    found[state] = total;
  }
  return found;
}

const sampled = [['samples', 'count'] as const, ['wall', 'nanoseconds'] as const];
const bits = (status: number, value: number, line = 1, thread?: string): Row => ({
  line,
  values: [1, value],
  status,
  ...(thread === undefined ? {} : { thread }),
});

describe('by status', () => {
  test('each part of the time is in one state, on its line', () => {
    const profile = profileOf(sampled, [
      bits(hasGil | onCpu | mainThread, 5, 1),
      bits(hasGil, 1, 1),
      bits(wantsGil, 7, 2),
      bits(wantsGil | onCpu, 2, 2),
      bits(onCpu | exception, 11, 3),
      bits(0, 13, 4),
      bits(unknown, 17, 5),
      bits(unknown | wantsGil, 19, 5),
    ]);
    expect(totals(profile)).toEqual({ running: 6, 'gil-wait': 28, 'native-nogil': 11, blocked: 13, nogil: 17 });
    const blocked = profile.sampleTypes.findIndex(({ type }) => type === 'blocked');
    const { line, self } = lineTable(profile, { type: blocked }).files.get('work.py')!;
    expect(Array.from(line, (one, i) => [one, self[i]]).filter(([, own]) => own !== 0)).toEqual([[4, 13]]);
    expect(profile.defaultType).toBe(1);
    expect(summarize(profile)).toMatch(/; 55 % of it is waiting, mostly for the GIL$/);
  });

  test.each(['threads-native-zstd', 'threads-cpu-opcodes', 'pricing'])('%s: as CPython’s own reader tells them', async (name) => {
    const profile = withStates(await readProfile(fileSource(fixture(`${name}.bin`))));
    const judge = JSON.parse(readFileSync(fixture(`${name}.bin.judge.json`), 'utf8')) as {
      frames: [string, ...unknown[]][];
      stacks: number[][];
      samples: [number, number, number, number][];
    };
    // The tool's own start is no part of the program; what is left out there has no frames here.
    const kept = judge.samples.filter(([, , , stack]) =>
      judge.stacks[stack]!.some((at) => !judge.frames[at]![0].endsWith('_sync_coordinator.py')),
    );
    const counts: Record<string, number> = {};
    for (const [, , status] of kept) counts[stateOf(status)!] = (counts[stateOf(status)!] ?? 0) + 1;
    const states = statesOf(profile)!;
    const { samples } = profile;
    expect(samples.length).toBe(kept.length);
    const seen: Record<string, number> = {};
    let sum = 0;
    for (const { type, state, total } of states.types) {
      seen[state] = Array.from(samples.values[type]!, Number).filter((own) => own > 0).length;
      sum += total;
    }
    expect(seen).toEqual(counts);
    expect(sum).toBeCloseTo(wholeTotal(profile, states.base), 3);
  });

  test('without a lock none is claimed: more threads hold it than one, or the recorder says so', () => {
    const two = ['a', 'b'].flatMap((thread) =>
      Array.from({ length: 50 }, (_, i): Row => ({ ...bits(i < 40 ? hasGil | onCpu : 0, 1e6, 1, thread), time: i * 1e6 })),
    );
    expect(totals(profileOf(sampled, two))).toEqual({ running: 80e6, blocked: 20e6 });
    const unsure = two.map((row) => ({ ...row, status: (row.status! & hasGil) | unknown }));
    expect(statesOf(profileOf(sampled, unsure))).toBeUndefined();
    const alone = [bits(hasGil | onCpu, 5), bits(hasGil, 3), bits(onCpu, 2)];
    expect(totals(profileOf(sampled, alone, 'cpython 3.15.2 free-threaded'))).toEqual({ running: 7, blocked: 3 });
    expect(totals(profileOf(sampled, alone, 'cpython 3.15.2'))).toEqual({ running: 8, 'native-nogil': 2 });
  });

  test('who knows no lock tells who is on a CPU; who knows nothing tells nothing', () => {
    expect(totals(profileOf(sampled, [bits(onCpu, 3), bits(0, 4)]))).toEqual({ running: 3, 'off-cpu': 4 });
    expect(statesOf(profileOf(sampled, [bits(0, 3), bits(unknown, 4)]))).toBeUndefined();
    expect(statesOf(profileOf([['samples', 'count']], [{ line: 1, values: [1], status: hasGil }]))).toBeUndefined();
  });

  test('are not written, and are there again when what was written is read', async () => {
    const profile = profileOf(sampled, [bits(hasGil, 5), bits(wantsGil, 7), bits(0, 9)]);
    const written: Uint8Array[] = [];
    await pprof.write!(measured(profile), { write: async (bytes) => void written.push(bytes) });
    const again = await readProfile(bytesSource('a.pb.gz', Buffer.concat(written)));
    expect(again.sampleTypes).toHaveLength(2);
    expect(totals(withStates(again))).toEqual({ running: 5, 'gil-wait': 7, blocked: 9 });
    expect(measured(again)).toBe(again);
  });

  test('cross threads, and cost nothing until they are looked at', () => {
    const profile = profileOf(sampled, [bits(hasGil, 5), bits(wantsGil, 7)]);
    expect(typeof Object.getOwnPropertyDescriptor(profile.samples.values, 2)?.get).toBe('function');
    expect(wholeTotal(profile, 2)).toBe(5);
    expect(typeof Object.getOwnPropertyDescriptor(profile.samples.values, 2)?.get).toBe('function');
    expect(profile.samples.values[2]).toEqual(Float64Array.of(5, 0));
    expect(Object.getOwnPropertyDescriptor(profile.samples.values, 2)?.get).toBeUndefined();
    const { packed } = packProfile(profile);
    expect(unpackProfile(structuredClone(packed)).samples.values[3]).toEqual(Float64Array.of(0, 7));
  });
});

describe('by clocks', () => {
  const clocks = [['samples', 'count'] as const, ['wall', 'nanoseconds'] as const, ['cpu', 'nanoseconds'] as const];

  test('off CPU is wall time less CPU time, and never below nothing', () => {
    const profile = profileOf(clocks, [
      { line: 1, values: [1, 100, 10] },
      { line: 2, values: [1, 50, 52] },
    ]);
    expect(totals(profile)).toEqual({ 'off-cpu': 90 });
    expect(summarize({ ...measured(profile), defaultType: 1 })).toMatch(/; 60 % of it is waiting, no CPU works for it$/);
    expect(functionTable(profile, { type: 3 }).self[0]).toBe(90);
  });

  test('says nothing where no clock of threads did, units differ or figures pass 2^53', () => {
    const rows = [{ line: 1, values: [1, 100, 0] }];
    expect(statesOf(profileOf(clocks, rows))).toBeUndefined();
    const other = [clocks[0]!, clocks[1]!, ['cpu', 'microseconds'] as const];
    expect(statesOf(profileOf(other, [{ line: 1, values: [1, 100, 10] }]))).toBeUndefined();
    expect(statesOf(profileOf(clocks, [{ line: 1, values: [1, 2n ** 60n, 10] }]))).toBeUndefined();
    expect(
      statesOf(
        profileOf(
          [
            ['wall-time', 'nanoseconds'],
            ['cpu-time', 'nanoseconds'],
          ],
          [{ line: 1, values: [5, 1] }],
        ),
      ),
    ).toBeUndefined();
  });
});

describe('in a recording of the sampler', () => {
  let folder = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline-states-')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('off CPU is what the system’s clocks say that the program was', async () => {
    const script = join(folder, 'slow.py');
    writeFileSync(
      script,
      `import time
began, before = time.perf_counter(), time.process_time()
import json, resource
def count(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def rest(seconds):
    time.sleep(seconds)
rest(1.2)
count(0.5)
used = resource.getrusage(resource.RUSAGE_SELF)
json.dump(dict(wall=time.perf_counter() - began, cpu=used.ru_utime + used.ru_stime - before), open(${JSON.stringify(join(folder, 'told.json'))}, "w"))
`,
    );
    const python = [...findPythons().values()].at(-1)!;
    const environment = await probeEnvironment({ python, pythonPackage: resolve(import.meta.dirname, '../../python') });
    const target = { kind: 'command', argv: [python, script], cwd: folder, env: {} } as const;
    const plan = sampler.plan(target, environment, { output: join(folder, 'o.pb.gz') });
    expect(await launch(plan, { stdio: 'ignore', forwardSignals: false })).toMatchObject({ exitStatus: 0 });
    const told = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8')) as { wall: number; cpu: number };
    const profile = withStates(await readProfile(fileSource(plan.output)));
    const [only] = statesOf(profile)!.types;
    expect(only?.state).toBe('off-cpu');
    const { self, total } = functionTable(profile, { type: only!.type });
    const { name, file } = profile.functions;
    // What was imported has a <module> of its own.
    const func = (called: string) =>
      Array.from(self.keys()).find((each) => profile.strings[name[each]!] === called && profile.strings[file[each]!] === script)!;
    expect(self[func('rest')]! / 1e9).toBeGreaterThan(1.1);
    expect(self[func('rest')]! / 1e9).toBeLessThan(1.5);
    // What it was off the CPU beside its sleep was the machine's doing: both clocks saw it.
    const idle = told.wall - told.cpu;
    expect(Math.abs(total[func('<module>')]! / 1e9 - idle)).toBeLessThan(0.1 * told.wall);
  });
});

describe('in words', () => {
  const states: States = {
    base: 1,
    types: [
      { type: 2, state: 'running', total: 0 },
      { type: 3, state: 'gil-wait', total: 0 },
      { type: 4, state: 'blocked', total: 0 },
    ],
  };
  const valueTypes = ['samples', 'wall', 'running', 'gil-wait', 'blocked'].map((type) => ({ type, unit: 'nanoseconds' }));
  const told = (figures: readonly (number | undefined)[], type = 1, of = states) =>
    stateLines({ info: { states: of, valueTypes } } as never, { profile: 'p', type } as never, async (view) => figures[view.type]);

  test('mostly waiting is said in one sentence, and then each state’s share', async () => {
    expect(await told([9, 100, 8, 2, 90])).toEqual([
      '**92.0 % of this time is waiting**: the CPU is idle  \nrunning 8.0 % · waiting for the GIL 2.0 % · blocked 90.0 %',
    ]);
    expect(await told([9, 100, 30, 70, undefined], 3)).toEqual([
      '**70.0 % of this time is waiting**, mostly for the GIL: other threads run Python  \nrunning 30.0 % · waiting for the GIL 70.0 %',
    ]);
    expect(await told([9, 100, 100, undefined, undefined])).toEqual(['running 100.0 %']);
    expect(await told([9, 100, undefined, undefined, 100])).toEqual(['**100.0 % of this time is waiting**: the CPU is idle']);
    const clocks: States = { base: 1, types: [{ type: 2, state: 'off-cpu', total: 0 }] };
    expect(await told([9, 100, 80], 1, clocks)).toEqual([
      '**80.0 % of this time is waiting**: no CPU works for it  \non CPU 20.0 % · off CPU 80.0 %',
    ]);
  });

  test('nothing is said of counts, of what has no time, and where nothing is known', async () => {
    expect(await told([9, 100, 8, 2, 90], 0)).toEqual([]);
    expect(await told([9, undefined, 8])).toEqual([]);
    expect(await told([9, 100, 8], 1, null as never)).toEqual([]);
  });
});

// pprof: what we write we read.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { Profile } from '../../src/core/model/profile.js';
import { drawCalls } from './draw.js';
import { read, shown } from './pprofKit.js';

const name = fc.oneof(fc.constantFrom('main', 'f', '__proto__', 'ü;x\n', '<module>', ''), fc.string({ maxLength: 6 }));
const int64 = fc.oneof(fc.integer({ min: -9, max: 1000 }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const recipe = fc.record({
  functions: fc.array(fc.tuple(name, name, fc.integer({ min: 0, max: 5000 })), { minLength: 1, maxLength: 6 }),
  locations: fc.array(
    fc.record({
      lines: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 200 })), {
        minLength: 1,
        maxLength: 3,
      }),
      mapped: fc.boolean(),
      address: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  samples: fc.array(
    fc.record({
      stack: fc.array(fc.nat(), { maxLength: 12 }),
      values: fc.tuple(int64, int64),
      thread: fc.constantFrom('', 'MainThread', 'w;1'),
      labels: fc.array(
        fc.tuple(fc.constantFrom('route', 'bytes', 'id'), fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.integer())),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 12 },
  ),
  times: fc.constantFrom('none', 'some', 'all'),
  statuses: fc.boolean(),
  ends: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 9999 }), fc.nat(80), fc.nat(9999), fc.nat(80)), { maxLength: 4 }),
  lineCosts: fc.array(
    fc.tuple(
      fc.nat(),
      fc.integer({ min: 1, max: 99 }),
      fc.nat(9999),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: -1, max: 9 }),
    ),
    { maxLength: 5 },
  ),
  whole: fc.boolean(),
  quality: fc.boolean(),
});

function build(made: typeof recipe extends fc.Arbitrary<infer T> ? T : never): Profile {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  const ofLines = made.lineCosts.length > 0 ? builder.valueType({ type: 'growth', unit: 'percent' }) : -1;
  builder.warn('The recorder was killed.');
  builder.set({ defaultType: 0, timeNanos: 1_700_000_000_123_456_789n, durationNanos: 5_000_000, period: 99 });
  builder.set({ periodType: { type: 'cpu', unit: 'nanoseconds' } });
  builder.comment('first');
  builder.comment('');
  if (made.quality) builder.quality({ engine: 'sampler', rateAsked: 100, rateGot: 99.5, notes: ['a "note"'] });
  const mapping = builder.mapping(builder.string('/bin/x'), builder.string('beef'), 4096n, 2n ** 64n - 1n, 7n);
  const funcs = made.functions.map(([own, file, start]) => {
    // A function without a name takes its system name, as in pprof.
    return builder.func(builder.string(own || 'anonymous'), builder.string(`_Z${own}`), builder.string(file), start);
  });
  const locations = made.locations.map(({ lines, mapped, address }) =>
    builder.location(
      mapped ? mapping : -1,
      address,
      lines.map(([func]) => funcs[func % funcs.length]!),
      lines.map(([, line]) => line),
      lines.map(([, , column]) => column),
    ),
  );
  for (const [func, line, column, endLine, endColumn] of made.ends) {
    locations.push(builder.place(funcs[func % funcs.length]!, line, column, endLine, endColumn));
  }
  for (const [func, line, self, total, calls] of made.lineCosts) {
    const file = calls === 0 ? builder.string('inlined.h') : undefined;
    builder.lineCost(ofLines, funcs[func % funcs.length]!, line, self, total, calls, file);
  }
  made.samples.forEach(({ stack, values: two, thread, labels }, index) => {
    const values = ofLines < 0 ? two : [...two, 0];
    const places = stack.map((place) => locations[place % locations.length]!);
    const owner = thread === '' ? -1 : builder.thread(thread);
    const time = made.times === 'all' || (made.times === 'some' && index % 2 === 0) ? index * 1000 : undefined;
    if (made.whole) builder.sampleFrames(places, places.length, values, owner, time);
    else {
      let at = -1;
      for (const place of places.toReversed()) at = builder.stack(at, place);
      builder.sample(at, values, owner, time);
    }
    if (made.statuses) builder.status(index % 64);
    for (const [key, value] of labels) {
      if (typeof value === 'string') builder.label(builder.string(key), builder.string(value), 0, 0);
      else builder.label(builder.string(key), 0, value, builder.string('bytes'));
    }
  });
  return builder.finish();
}

/** The reader puts samples without a time last. */
function inOrder(all: ReturnType<typeof shown>): ReturnType<typeof shown> {
  const late = ({ time }: { readonly time: number | undefined }) => Number(Number.isNaN(time));
  return { ...all, samples: [...all.samples].sort((a, b) => late(a) - late(b)) };
}

describe('pprof: what we write we read', () => {
  it('gives back everything that is shown', async () => {
    await fc.assert(
      fc.asyncProperty(recipe, async (made) => {
        const profile = build(made);
        const once = await read(writePprof(profile));
        expect(inOrder(shown(once))).toEqual(inOrder(shown(profile)));
        const twice = await read(writePprof(once));
        expect(shown(twice)).toEqual(shown(once));
        expect(twice.locations.length).toBe(once.locations.length);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps exact call counts beside samples', async () => {
    const counted = drawCalls(
      { main: { calls: 1, self: 1, total: 10 }, work: { calls: 5, primitive: 3, self: 6, total: 9 } },
      { 'main>work': { calls: 3, self: 4, total: 9 }, 'work>work': { calls: 2, primitive: 0, self: 2, total: 4 } },
    );
    const once = await read(writePprof(counted));
    expect(once.sampleTypes).toEqual([
      { type: 'calls', unit: 'count' },
      { type: 'tottime', unit: 'nanoseconds' },
    ]);
    expect(once.defaultType).toBe(1);
    expect(shown(once).counted).toEqual({
      costs: [],
      functions: ['main||main.py|1 1,1,1000000000,10000000000', 'work||main.py|1 5,3,6000000000,9000000000'],
      edges: ['main||main.py|1 > work||main.py|1 3,3,4000000000,9000000000', 'work||main.py|1 > work||main.py|1 2,0,2000000000,4000000000'],
    });
    const twice = await read(writePprof(once));
    expect(shown(twice)).toEqual(shown(once));
    expect(twice.locations.length).toBe(once.locations.length);
  });
});

it('keeps fractions of other units than time', async () => {
  const builder = new ProfileBuilder('x');
  builder.valueType({ type: 'time', unit: 'seconds' });
  builder.valueType({ type: 'share', unit: 'percent' });
  const stack = builder.stack(-1, builder.place(builder.func(builder.string('f'), 0, 0, 0), 1));
  for (const [time, share] of [
    [0.25, 0.1],
    [1, 99],
    [2, 1e-9],
  ] as const)
    builder.sample(stack, [time, share]);
  const once = await read(writePprof(builder.finish()));
  expect(once.samples.values.map((column) => Array.from(column as Float64Array))).toEqual([
    [2.5e8, 1e9, 2e9],
    [0.1, 99, 1e-9],
  ]);
  expect(once.samples.labels).toBeUndefined();
  expect(shown(await read(writePprof(once)))).toEqual(shown(once));
});

it('keeps further costs of counted calls, whatever their unit', async () => {
  const builder = new ProfileBuilder('callgrind');
  const [instructions, sampled, misses, calls] = ['Ir', 'samples', 'D1mr', 'calls'].map((type) =>
    builder.valueType({ type, unit: 'count' }),
  );
  builder.callTypes(calls!, instructions!, misses!);
  const [main, work] = ['main', 'work'].map((name) => builder.func(builder.string(name), 0, builder.string('m.c'), 3));
  builder.functionCalls(main!, 0, 0, 7, 1007);
  builder.functionCalls(work!, 5, 5, 1000, 1000);
  builder.functionCost(work!, misses!, 2.5, 2.5);
  builder.edge(main!, work!, 5, 5, 1000, 1000);
  builder.edgeCost(main!, work!, misses!, 2.5, 2.5);
  builder.lineCost(instructions!, work!, 4, 600, 600, -1);
  builder.lineCost(instructions!, work!, 5, 400, 400, 3);
  builder.sample(builder.stack(-1, builder.place(work!, 4)), [0, 9, 0, 0]);
  builder.set({ defaultType: misses! });
  const profile = builder.finish();
  expect(sampled).toBe(1);
  const once = await read(writePprof(profile));
  expect(once.sampleTypes.map(({ type }) => type)).toEqual(['Ir', 'samples', 'D1mr', 'calls']);
  expect(shown(once)).toEqual(shown(profile));
});

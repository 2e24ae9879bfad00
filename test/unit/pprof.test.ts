import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile, sniff } from '../../src/core/formats/index.js';
import { ProtoWriter } from '../../src/core/formats/pprof/protoWriter.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw, drawCalls } from './draw.js';

const read = (bytes: Uint8Array): Promise<Profile> => readProfile(bytesSource('unknown', bytes));

/** All that we show of a profile, free of the order in which strings, functions and stacks were numbered. */
function shown(profile: Profile) {
  const { strings, functions, locations, lines, samples, stacks, calls } = profile;
  const name = (func: number) =>
    `${strings[functions.name[func]!]}|${strings[functions.systemName[func]!]}|${strings[functions.file[func]!]}|${functions.startLine[func]}`;
  const place = (location: number) => {
    const parts: string[] = [];
    for (let at = locations.firstLine[location]!; at < locations.firstLine[location + 1]!; at++) {
      parts.push(
        `${name(lines.func[at]!)}:${lines.line[at]}:${lines.column?.[at] ?? 0}-${lines.endLine?.[at] ?? 0}:${lines.endColumn?.[at] ?? 0}`,
      );
    }
    const mapping = locations.mapping[location]!;
    const file = mapping < 0 ? '' : strings[profile.mappings.file[mapping]!];
    return `${parts.join('<')} ${locations.address?.[location] ?? 0n} ${file}`;
  };
  return {
    types: profile.sampleTypes,
    defaultType: profile.defaultType,
    samples: Array.from({ length: samples.length }, (_, i) => {
      const stack: string[] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) stack.push(place(stacks.location[at]!));
      const labels: string[] = [];
      for (let at = samples.labels?.first[i] ?? 0; at < (samples.labels?.first[i + 1] ?? 0); at++) {
        const { key, text, number, unit } = samples.labels!;
        labels.push(`${strings[key[at]!]}=${strings[text[at]!]}/${number[at]} ${strings[unit[at]!]}`);
      }
      const thread = samples.thread?.[i] ?? -1;
      const values = samples.values.map((column) => (column.length === 0 ? 'counted' : String(column[i])));
      return {
        stack,
        values,
        thread: thread < 0 ? '' : profile.threads[thread],
        labels,
        time: samples.time?.[i],
        status: samples.status?.[i],
      };
    }),
    counted: calls && {
      functions: Array.from(functions.name.keys())
        .filter((func) => calls.functions.calls[func]! > 0)
        .map((func) => `${name(func)} ${Object.values(calls.functions).map((column) => column[func])}`)
        .sort(),
      edges: Array.from(calls.edges.caller, (caller, edge) => {
        const { calls: count, primitive, self, total } = calls.edges;
        return `${name(caller)} > ${name(calls.edges.callee[edge]!)} ${[count[edge], primitive[edge], self[edge], total[edge]]}`;
      }).sort(),
      costs: calls.costs.map(({ type, functions: own, edges }) => [
        type,
        Array.from(own.self, (self, func) => `${name(func)} ${self} ${own.total[func]}`)
          .filter((row) => !row.endsWith(' 0 0'))
          .sort(),
        Array.from(edges.self, (self, edge) => `${self} ${edges.total[edge]}`).sort(),
      ]),
    },
    lineCosts: profile.lineCosts.map(({ type, ...costs }) => [
      type,
      ...Array.from({ length: costs.length }, (_, i) =>
        [name(costs.func[i]!), strings[costs.file[i]!], costs.line[i], costs.self[i], costs.total[i], costs.calls[i]].join(' '),
      ).sort(),
    ]),
    facts: [
      profile.timeNanos,
      profile.durationNanos,
      profile.periodType,
      profile.period,
      profile.comments,
      profile.quality,
      profile.warnings,
    ],
    frames: [profile.dropFrames, profile.keepFrames],
  };
}

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

/** A profile written field by field, in odd but legal ways. */
function handmade(
  change: (out: ProtoWriter, inner: ProtoWriter, row: ProtoWriter) => void,
  strings = ['', 'cpu', 'ns', 'f', 'g'],
): Uint8Array {
  const out = new ProtoWriter();
  change(out, new ProtoWriter(), new ProtoWriter());
  for (const string of strings) out.text(6, string);
  return out.done().slice();
}

function type(out: ProtoWriter, inner: ProtoWriter, kind: number, unit: number): void {
  inner.number(1, kind);
  inner.number(2, unit);
  out.block(1, inner);
}

function functionAndLocation(out: ProtoWriter, inner: ProtoWriter, row: ProtoWriter, id: bigint | number, name: number): void {
  row.number(1, id);
  row.number(2, 7);
  inner.number(1, id);
  inner.block(4, row);
  out.block(4, inner);
  inner.number(1, id);
  inner.number(2, name);
  out.block(5, inner);
}

describe('pprof: what others write', () => {
  it.each([1, 2 ** 40, 2n ** 64n - 1n])('takes samples before locations, unpacked lists, and ids such as %s', async (id) => {
    const bytes = handmade((out, inner, row) => {
      inner.number(1, id);
      inner.number(1, 9);
      inner.number(2, -5);
      out.block(2, inner);
      functionAndLocation(out, inner, row, id, 3);
      functionAndLocation(out, inner, row, 9, 4);
      type(out, inner, 1, 2);
    });
    const profile = await read(bytes);
    const { self, total } = functionTable(profile, { type: 0 });
    expect(Array.from(self)).toEqual([-5, 0]);
    expect(Array.from(total)).toEqual([-5, -5]);
    expect(profile.samples.stack.length).toBe(1);
  });

  it('shows the last type unless another is named', async () => {
    const two = (named: number) =>
      handmade((out, inner) => {
        type(out, inner, 1, 2);
        type(out, inner, 3, 2);
        type(out, inner, 4, 2);
        out.number(14, named);
      });
    expect((await read(two(0))).defaultType).toBe(2);
    expect((await read(two(3))).defaultType).toBe(1);
    expect((await read(two(2))).defaultType).toBe(2);
  });

  it('names frames without symbols by their file', async () => {
    const bytes = handmade(
      (out, inner) => {
        type(out, inner, 1, 2);
        inner.number(1, 4);
        inner.number(5, 3);
        out.block(3, inner);
        inner.number(1, 1);
        inner.number(2, 4);
        inner.number(3, 0xbeefn);
        out.block(4, inner);
        inner.number(1, 2);
        inner.number(3, 0xdeadn);
        out.block(4, inner);
        for (const id of [1, 2]) {
          inner.number(1, id);
          inner.number(2, 5);
          out.block(2, inner);
        }
      },
      ['', 'cpu', 'ns', '/usr/lib/libx.so.1', ''],
    );
    const profile = await read(bytes);
    expect(Array.from(profile.functions.name, (row) => profile.strings[row])).toEqual(['[libx.so.1]', '<unknown>']);
    const again = await read(writePprof(profile));
    expect(shown(again)).toEqual(shown(profile));
  });

  it('puts samples with time stamps in order, in nanoseconds since the start', async () => {
    const start = 1_700_000_000_000_000_000n;
    const bytes = handmade(
      (out, inner, row) => {
        type(out, inner, 1, 2);
        functionAndLocation(out, inner, row, 1, 3);
        for (const [stamp, value] of [
          [start + 30n, 3],
          [start + 10n, 1],
          [start + 20n, 2],
        ] as const) {
          inner.number(1, 1);
          inner.number(2, value);
          row.number(1, 5);
          row.number(3, stamp);
          inner.block(3, row);
          row.number(1, 6);
          row.number(2, 7);
          inner.block(3, row);
          out.block(2, inner);
        }
        out.number(9, start);
      },
      ['', 'cpu', 'ns', 'f', 'g', 'end_timestamp_ns', 'thread name', 'worker'],
    );
    const { samples, threads } = await read(bytes);
    expect(Array.from(samples.time!)).toEqual([10, 20, 30]);
    expect(Array.from(samples.values[0] as Float64Array)).toEqual([1, 2, 3]);
    expect(threads).toEqual(['worker']);
    expect(samples.labels).toBeUndefined();
  });

  it('tells threads of one name apart, and shows first what was measured at all', async () => {
    const bytes = handmade(
      (out, inner, row) => {
        type(out, inner, 1, 2);
        type(out, inner, 3, 2);
        functionAndLocation(out, inner, row, 1, 4);
        for (const [thread, id] of [
          [6, 77],
          [6, 78],
          [6, 77],
          [0, 79],
          [0, 0],
        ] as const) {
          inner.number(1, 1);
          inner.number(2, 5);
          inner.varint(2 << 3);
          inner.varint(0);
          row.number(1, 5);
          row.number(2, thread);
          if (thread !== 0) inner.block(3, row);
          row.clear();
          row.number(1, 7);
          row.number(3, id);
          if (id !== 0) inner.block(3, row);
          row.clear();
          out.block(2, inner);
        }
      },
      ['', 'cpu', 'ns', 'gpu', 'f', 'thread name', 'worker', 'thread id'],
    );
    const { samples, threads, defaultType } = await read(bytes);
    expect(Array.from(samples.thread!, (thread) => threads[thread])).toEqual(['worker', 'worker (78)', 'worker', 'thread 79', undefined]);
    expect(defaultType).toBe(0);
  });

  it('keeps comments that only look like ours', async () => {
    const bytes = handmade(
      (out, inner) => {
        type(out, inner, 1, 2);
        for (const comment of [3, 4, 5]) out.number(13, comment);
      },
      ['', 'cpu', 'ns', 'heatline: {"engine":"sampler","rateGot":"x","odd":1}', 'heatline: is nice', 'heatline: [1]'],
    );
    const profile = await read(bytes);
    expect(profile.quality).toEqual({ engine: 'sampler' });
    expect(profile.comments).toEqual(['heatline: is nice', 'heatline: [1]']);
  });
});

it('reads integers of every length to the digit', async () => {
  const values = Array.from({ length: 63 }, (_, bit) => [
    2n ** BigInt(bit),
    2n ** BigInt(bit + 1) - 1n,
    -(2n ** BigInt(bit)),
    -(2n ** BigInt(bit + 1)),
  ]).flat();
  const builder = new ProfileBuilder('x');
  builder.valueType({ type: 'x', unit: 'count' });
  for (const value of values) builder.sample(-1, [value]);
  const { samples } = await read(writePprof(builder.finish()));
  expect(Array.from(samples.values[0] as BigInt64Array)).toEqual(values);
});

it('keeps numbers of labels to the digit', async () => {
  const bytes = handmade(
    (out, inner, row) => {
      type(out, inner, 1, 2);
      for (const number of [7, 2n ** 63n - 1n, -(2n ** 63n)]) {
        inner.number(2, 5);
        row.number(1, 3);
        row.number(3, number);
        inner.block(3, row);
        out.block(2, inner);
      }
    },
    ['', 'cpu', 'ns', 'span id'],
  );
  for (const profile of [await read(bytes), await read(writePprof(await read(bytes)))]) {
    const { text, number } = profile.samples.labels!;
    expect(Array.from(text, (row, i) => profile.strings[row] || number[i])).toEqual([7, '9223372036854775807', '-9223372036854775808']);
  }
});

it('drops frames by names without their parameters', async () => {
  const frames = 'main (anonymous namespace)::alloc(int) operator() tc::operator()(long) .alloc(void*) keep(int)';
  const profile = draw(frames.replaceAll(' ', '\n').replace('(anonymous\nnamespace)', '(anonymous_namespace)'));
  const named = { ...profile, strings: profile.strings.map((text) => text.replace('anonymous_', 'anonymous ')) };
  const left = async (dropFrames: string) => {
    const { stacks, samples } = await read(writePprof({ ...named, dropFrames }));
    let frames = 0;
    for (let at = samples.stack[0]!; at >= 0; at = stacks.prefix[at]!) frames++;
    return frames;
  };
  expect(await left('')).toBe(6);
  expect(await left('\\(anonymous namespace\\)::alloc')).toBe(1);
  expect(await left('operator\\(\\)')).toBe(2);
  expect(await left('tc::operator\\(\\)')).toBe(3);
  expect(await left('alloc')).toBe(4);
  expect(await left('keep')).toBe(5);
});

describe('pprof: bad input', () => {
  it.each([
    ['value types', 1, 1001],
    ['mappings', 3, 2 ** 18 + 1],
  ])('refuses more %s than any program has', async (what, field, count) => {
    const bytes = handmade((out, inner) => {
      type(out, inner, 1, 2);
      for (let i = 0; i < count; i++) {
        inner.number(1, 1);
        out.block(field, inner);
      }
    });
    expect(await read(bytes).catch((error: unknown) => error)).toMatchObject({ code: 'too-large', message: expect.stringContaining(what) });
  });

  const good = writePprof(
    draw(
      `main@a.py:3 main@a.py:4 idle
       work@b.py:9 .           .`,
      { weights: [1, 2n ** 60n, 3], threads: ['x', 'y', 'x'] },
    ),
  );
  const plain = new Uint8Array(gunzipSync(good));

  const outcome = async (bytes: Uint8Array): Promise<ReadError | Profile> => {
    try {
      const profile = await read(bytes);
      functionTable(profile, { type: profile.defaultType });
      return profile;
    } catch (error) {
      expect(error).toBeInstanceOf(ReadError);
      expect((error as ReadError).message).toMatch(/^[A-Z].*\.$/);
      return error as ReadError;
    }
  };

  it('says so at every cut of a packed file', async () => {
    for (let length = 0; length < good.length; length++) {
      const found = await outcome(good.subarray(0, length));
      // Only the checksum may be missing: what refers to what is spread over the whole file.
      if (length < good.length - 12) expect(found).toBeInstanceOf(ReadError);
      if (!(found instanceof ReadError)) expect(found.warnings.join()).toMatch(/ends too early/);
    }
  });

  it('reads or refuses every cut of a plain file', async () => {
    let refused = 0;
    for (let length = 0; length < plain.length; length++) if ((await outcome(plain.subarray(0, length))) instanceof ReadError) refused++;
    expect(refused).toBeGreaterThan(plain.length / 2);
  });

  it('never throws anything but ReadError at changed bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(plain.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = plain.slice();
          for (const [at, value] of changes) bytes[at] = value;
          await outcome(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never throws anything but ReadError at noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => void (await outcome(bytes))),
      { numRuns: 500 },
    );
  });

  it('gives the offset where it ends too early', async () => {
    const error = await outcome(plain.subarray(0, plain.length - 2));
    expect(error).toMatchObject({ code: 'truncated' });
    expect((error as ReadError).offset).toBeGreaterThan(0);
    expect((error as ReadError).offset).toBeLessThanOrEqual(plain.length);
  });

  const wrong: [string, (inner: ProtoWriter) => void][] = [
    ['location', (inner: ProtoWriter) => inner.number(1, 77)],
    ['two values', (inner: ProtoWriter) => [1, 2].forEach((value) => void inner.number(2, value))],
    ['no value', (inner: ProtoWriter) => inner.number(1, 1)],
  ];
  it.each(wrong)('refuses a sample with a wrong %s', async (_, fill) => {
    const bytes = handmade((out, inner, row) => {
      type(out, inner, 1, 2);
      functionAndLocation(out, inner, row, 1, 3);
      fill(inner);
      out.block(2, inner);
    });
    expect(await outcome(bytes)).toMatchObject({ code: 'corrupt' });
  });

  it('refuses strings and functions that are not there', async () => {
    expect(await outcome(handmade((out, inner) => type(out, inner, 1, 99)))).toMatchObject({ code: 'corrupt' });
    const bytes = handmade((out, inner, row) => {
      type(out, inner, 1, 2);
      row.number(1, 5);
      inner.number(1, 1);
      inner.block(4, row);
      out.block(4, inner);
    });
    expect(await outcome(bytes)).toMatchObject({ code: 'corrupt' });
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    await expect(readProfile(bytesSource('x', good), { signal: abort.signal })).rejects.toThrow('stopped');
  });
});

describe('recognising profiles', () => {
  it('knows pprof by its content, whatever the name', () => {
    const bytes = gunzipSync(writePprof(draw('a b')));
    expect(sniff(bytes, 'x.txt')?.id).toBe('pprof');
  });

  it.each([
    ['', 'empty', /empty/],
    ['PERFILE2xxxxxxxx', 'unknown-format', /perf script/],
    ['<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" "y"><svg>', 'unknown-format', /SVG/],
    ['PK\x03\x04rest', 'unknown-format', /zip/],
    ['\x28\xb5\x2f\xfd\0rest', 'truncated', /ends too early/],
    ['\x80\x04\x95rest', 'unknown-format', /pickle/],
    ['<!DOCTYPE html><html>', 'unknown-format', /web page/],
    ['go 1.26 trace\0\0', 'unknown-format', /go tool trace/],
    ['\0\0\0\0\0\0', 'corrupt', /zero/],
    ['\x7fELF\x02\x01', 'unknown-format', /program/],
    ['hello world, how are you', 'unknown-format', /not a profile/],
  ])('refuses %j with a sentence', async (content, code, sentence) => {
    const bytes = Uint8Array.from(content, (char) => char.charCodeAt(0));
    for (const packed of content === '' ? [bytes] : [bytes, gzipSync(bytes)]) {
      const error = await read(packed).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ReadError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
    }
  });

  it('is not blown up by a gzip bomb, nor by one inside another', async () => {
    const bomb = gzipSync(new Uint8Array(300 * 2 ** 20), { level: 9 });
    expect(await read(bomb).catch((error: unknown) => error)).toMatchObject({ code: 'too-large' });
    expect(await read(gzipSync(bomb)).catch((error: unknown) => error)).toMatchObject({ code: 'too-large' });
    const layers = gzipSync(gzipSync(gzipSync(gzipSync(gzipSync(new Uint8Array(9))))));
    expect(await read(layers).catch((error: unknown) => error)).toMatchObject({ code: 'unsupported' });
  });
});

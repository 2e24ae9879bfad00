import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { Merger, mergeProfiles } from '../../src/core/model/merge.js';
import type { Profile } from '../../src/core/model/profile.js';
import { stackRows } from '../../src/core/model/stackRows.js';
import { asTable, draw, drawCalls, nameOf } from './draw.js';
import { goPprof, hasGo } from './goJudge.js';
import { findPythons } from './pythons.js';

const pythons = [...findPythons()];
const folder = mkdtempSync(join(tmpdir(), 'heatline-merge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every sample as text, whatever the order of samples and indexes: thread, labels, values, frames from the leaf on. */
function folded(profile: Profile): string[] {
  const rows = stackRows(profile);
  const { samples, locations, lines, strings } = profile;
  return Array.from({ length: samples.length }, (_, i) => {
    const row = rows.ofSample[i]!;
    const frames: string[] = [];
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const place = rows.location[at]!;
      const inlined: string[] = [];
      for (let line = locations.firstLine[place]!; line < locations.firstLine[place + 1]!; line++)
        inlined.push(`${nameOf(profile, lines.func[line]!)}:${lines.line[line]}`);
      frames.push(`${inlined.join('<')}@${locations.address?.[place] ?? 0}`);
    }
    const labels: string[] = [];
    if (samples.labels !== undefined) {
      const { first, key, text, number, unit } = samples.labels;
      for (let at = first[i]!; at < first[i + 1]!; at++)
        labels.push(`${strings[key[at]!]}=${text[at] ? strings[text[at]!] : `${number[at]}${strings[unit[at]!]}`}`);
    }
    const thread = samples.thread?.[i] ?? -1;
    const who = thread < 0 ? '' : profile.threads[thread]!;
    return `${who} {${labels.sort().join(' ')}} ${samples.values.map((column) => column[i]).join('/')} ${frames.join(' ')}`;
  }).sort();
}

describe('merging', () => {
  it('adds up equal stacks, and keeps what differs apart', () => {
    const a = draw('main main main\n f g f\n. . h', { weights: [1, 2, 3], threads: ['one', 'one', 'two'] });
    const b = draw('main main\n f f\n. h', { weights: [10, 20], threads: ['one', 'one'], whole: true });
    const merged = mergeProfiles([a, b]);
    expect(folded(merged)).toEqual([
      'one {} 11 f:1@0 main:1@0',
      'one {} 2 g:1@0 main:1@0',
      'one {} 20 h:1@0 f:1@0 main:1@0',
      'two {} 3 h:1@0 f:1@0 main:1@0',
    ]);
    const { self, total, sum } = functionTable(merged, { type: 0 });
    expect(sum).toBe(36);
    expect(asTable(merged, self, total)).toEqual({ main: '0/36', f: '11/34', g: '2/2', h: '23/23' });
  });

  it('is the sum, function by function, whatever the stacks and the order', () => {
    const stacks = fc.array(fc.tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd<e'), { minLength: 1, maxLength: 5 }), fc.nat(9)), {
      minLength: 1,
      maxLength: 6,
    });
    const make = (list: readonly (readonly [string[], number])[], whole: boolean): Profile => {
      const depth = Math.max(...list.map(([frames]) => frames.length));
      const text = Array.from({ length: depth }, (_, level) => list.map(([frames]) => frames[level] ?? '.').join(' ')).join('\n');
      return draw(text, { weights: list.map(([, weight]) => weight), whole });
    };
    fc.assert(
      fc.property(fc.array(stacks, { minLength: 1, maxLength: 4 }), fc.boolean(), (lists, whole) => {
        const parts = lists.map((list) => make(list, whole));
        const wanted = new Map<string, [number, number]>();
        for (const part of parts) {
          const { self, total } = functionTable(part, { type: 0 });
          for (let func = 0; func < part.functions.length; func++) {
            const before = wanted.get(nameOf(part, func)) ?? [0, 0];
            wanted.set(nameOf(part, func), [before[0] + self[func]!, before[1] + total[func]!]);
          }
        }
        const merged = mergeProfiles(parts);
        const { self, total } = functionTable(merged, { type: 0 });
        const got = new Map(Array.from(self, (own, func) => [nameOf(merged, func), [own, total[func]!]]));
        for (const [name, figures] of wanted) expect(got.get(name) ?? [0, 0]).toEqual(figures);
        expect(folded(mergeProfiles([...parts].reverse()))).toEqual(folded(merged));
        // No two samples alike: memory is bounded by the result.
        const keys = folded(merged).map((line) => line.replace(/\} \d+ /, '} '));
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('takes the union of value types, and says so', () => {
    const make = (type: string, value: number) => {
      const builder = new ProfileBuilder('test');
      builder.valueType({ type: 'samples', unit: 'count' });
      builder.valueType({ type, unit: 'bytes' });
      const place = builder.place(builder.func(builder.string('f'), 0, 0, 1), 2);
      builder.sample(builder.stack(-1, place), [1, value]);
      return builder.finish();
    };
    const merged = mergeProfiles([make('alloc', 5), make('inuse', 7), make('alloc', 6)]);
    expect(merged.sampleTypes.map(({ type }) => type)).toEqual(['samples', 'alloc', 'inuse']);
    expect(merged.samples.values.map((column) => [...column])).toEqual([[3], [11], [7]]);
    expect(merged.warnings).toEqual([
      'Only 2 of the 3 merged profiles have values of alloc/bytes.',
      'Only 1 of the 3 merged profiles have values of inuse/bytes.',
    ]);
    expect(merged.defaultType).toBe(1);
  });

  it('stays exact beyond 2^53, also when only the sum gets there', () => {
    const half = 2 ** 52;
    const one = draw('f', { weights: [half] });
    const merged = mergeProfiles([one, one, draw('f', { weights: [1] }), draw('f', { weights: [2n ** 60n + 1n] })]);
    expect(merged.samples.values[0]![0]).toBe(2n ** 53n + 1n + 2n ** 60n + 1n);
  });

  it('keeps samples with times one by one on one time line, unless they are to be summed', () => {
    const at = (start: bigint, times: number[]) => {
      const builder = new ProfileBuilder('test');
      builder.valueType({ type: 'samples', unit: 'count' });
      builder.set({ timeNanos: start, durationNanos: 100 });
      const stack = builder.stack(-1, builder.place(builder.func(builder.string('f'), 0, 0, 1), 2));
      for (const time of times) builder.sample(stack, [1], -1, time);
      return builder.finish();
    };
    const profiles = [at(1_000_000_000_000n, [0, 10]), at(1_000_000_000_050n, [5, 15])];
    const merged = mergeProfiles(profiles);
    expect([...merged.samples.time!]).toEqual([0, 10, 55, 65]);
    expect(merged.timeNanos).toBe(1_000_000_000_000n);
    expect(merged.durationNanos).toBe(200);
    const summed = mergeProfiles(profiles, { sumTimes: true });
    expect(summed.samples.time).toBeUndefined();
    expect([...summed.samples.values[0]!]).toEqual([4]);
  });

  it('adds calls edge by edge', () => {
    const one = drawCalls(
      { main: { calls: 1, self: 1, total: 5 }, f: { calls: 4, primitive: 2, self: 4, total: 4 } },
      { 'main>f': { calls: 2, self: 3, total: 4 }, 'f>f': { calls: 2, self: 1, total: 1 } },
    );
    const two = drawCalls(
      { g: { calls: 1, self: 2, total: 2 }, main: { calls: 1, self: 1, total: 3 } },
      { 'main>g': { calls: 1, self: 2, total: 2 } },
    );
    const { calls, functions } = mergeProfiles([one, two, one]);
    const names = Array.from({ length: functions.length }, (_, func) => func);
    const merged = mergeProfiles([one, two, one]);
    expect(names.map((func) => `${nameOf(merged, func)} ${calls!.functions.calls[func]} ${calls!.functions.total[func]}`)).toEqual([
      'main 3 13',
      'f 8 8',
      'g 1 2',
    ]);
    const { edges } = calls!;
    expect(
      Array.from(
        { length: edges.length },
        (_, i) => `${nameOf(merged, edges.caller[i]!)}>${nameOf(merged, edges.callee[i]!)} ${edges.calls[i]} ${edges.total[i]}`,
      ),
    ).toEqual(['main>f 4 8', 'f>f 4 2', 'main>g 1 2']);
  });

  it('adds up parts as it adds up what they are of', () => {
    const profiles = [1, 20, 300, 4000, 50_000].map((weight, i) =>
      draw(i % 2 ? 'main main\nf g' : 'main\nf', {
        weights: [weight, 3 * weight].slice(0, 1 + (i % 2)),
        threads: ['t', `t${i}`],
        whole: i > 2,
      }),
    );
    const other = drawCalls({ main: { calls: 1, self: 1, total: 2 } }, {});
    const part = (list: readonly Profile[]) => {
      const merger = new Merger();
      for (const profile of list) merger.add(profile);
      return merger.part();
    };
    const whole = new Merger();
    for (const one of [part(profiles.slice(0, 2)), part(profiles.slice(2, 4)), part([...profiles.slice(4), other])]) whole.addPart(one);
    const wanted = mergeProfiles([...profiles, other]);
    const merged = whole.finish();
    expect(whole.count).toBe(6);
    expect(folded(merged)).toEqual(folded(wanted));
    expect(merged.warnings).toEqual(wanted.warnings);
    expect(merged.warnings[0]).toBe('Only 5 of the 6 merged profiles have values of time/count.');
    expect(merged.calls).toEqual(wanted.calls);
  });

  it('gives an empty profile of nothing', () => {
    const merged = new Merger().finish();
    expect([merged.samples.length, merged.sampleTypes.length, merged.functions.length]).toEqual([0, 0, 0]);
  });

  it('gives the same when files repeat tables of the file before', async () => {
    const weights = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9));
    const kinds = fc.record({
      weights,
      other: fc.boolean(),
      labelled: fc.boolean(),
      damage: fc.constantFrom('', '', '', 'cut', 'flipped'),
    });
    let shared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { minLength: 2, maxLength: 8 }), async (list) => {
        const files = list.map(({ weights, other, labelled, damage }) => {
          const builder = new ProfileBuilder('pprof');
          builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
          const text = (value: string) => builder.string(value);
          const names = other ? ['main', 'g', 'h'] : ['main', 'f', 'g'];
          const mapping = builder.mapping(text('/bin/app'), text('abc'), 0x1000n, 0x9000n, 0n);
          const places = names.map((name, i) =>
            builder.location(mapping, BigInt(0x1100 + i * 16), [builder.func(text(name), text(name), text('a.py'), 1)], [i]),
          );
          const labels = ['tenant', 'acme', 'umbrella'].map(text);
          for (const [i, weight] of weights.entries()) {
            builder.sampleFrames([places[i]!, places[0]!], 2, [weight]);
            if (labelled && i !== 1) builder.label(labels[0]!, labels[1 + (weight % 2)]!, 0, 0);
          }
          builder.set({ timeNanos: BigInt(1 + weights[0]), durationNanos: weights[1] });
          const bytes = gunzipSync(writePprof(builder.finish()));
          if (damage === 'flipped') bytes[bytes.length >> 1]! ^= 0x41;
          return damage === 'cut' ? bytes.subarray(0, -10) : bytes;
        });
        const mergeAll = async (control: { run?: object }): Promise<[Profile, unknown[]]> => {
          const merger = new Merger();
          const said: unknown[] = [];
          let before: Profile | undefined;
          for (const bytes of files) {
            try {
              const profile = await readProfile(bytesSource('part', bytes), control);
              if (profile.locations === before?.locations) {
                expect(control.run).toBeDefined();
                shared++;
              }
              before = profile;
              merger.add(profile);
            } catch (error) {
              said.push(String(error));
            }
          }
          return [merger.finish(), said];
        };
        const [wanted, refused] = await mergeAll({});
        const [merged, said] = await mergeAll({ run: {} });
        expect(said).toEqual(refused);
        expect(merged).toEqual(wanted);
        expect(folded(merged)).toEqual(folded(wanted));
      }),
    );
    expect(shared).toBeGreaterThan(20);
  });

  it('reads stacks that come in parts, or number by number, though they begin as one that is known', async () => {
    const block = (field: number, ...inner: number[]) => [(field << 3) | 2, inner.length, ...inner];
    const text = (value: string) => block(6, ...Buffer.from(value));
    const places = [1, 2, 3].flatMap((id) => [...block(4, 8, id, ...block(4, 8, id, 16, id)), ...block(5, 8, id, 16, 2 + id)]);
    const tables = [...places, ...['', 'cpu', 'ns', 'f', 'g', 'h'].flatMap(text)];
    const type = block(1, 8, 1, 16, 2);
    const file = (...samples: number[][]) =>
      Uint8Array.from([...type, ...samples.flatMap((sample) => block(2, ...sample, ...block(2, 5))), ...tables]);
    // The second file with the same tables is the first whose stacks are kept.
    const first = file(block(1, 1), block(1, 1, 2));
    const files = [
      first,
      first,
      file([...block(1, 1), ...block(1, 2)], [...block(1, 1, 2), 8, 3], [8, 1, 8, 2], [...block(2), ...block(1, 1)], block(1, 1)),
      file([8, 3, ...block(1, 1)], block(1, 3, 1), [...block(1, 1, 2), ...block(1), ...block(1)]),
    ];
    const read = async (control: { run?: object }) => {
      const profiles: Profile[] = [];
      for (const bytes of files) profiles.push(await readProfile(bytesSource('hand.pb', bytes), control));
      return profiles;
    };
    const apart = await read({});
    const inRun = await read({ run: {} });
    expect(inRun.map(folded)).toEqual(apart.map(folded));
    expect(apart.map((profile) => folded(profile).length)).toEqual([2, 2, 5, 3]);
    expect(inRun.map((profile) => [...profile.samples.stack].length)).toEqual([2, 2, 5, 3]);
    expect(inRun[1]!.frames!.run).toBeDefined();
    expect(inRun[3]!.frames!.run).toBe(inRun[1]!.frames!.run);
    expect(folded(mergeProfiles(inRun))).toEqual(folded(mergeProfiles(apart)));
    // No stack takes another's place.
    const wanted = [' {} 20 f:1@0', ' {} 25 f:1@0 g:2@0', ' {} 10 h:3@0 f:1@0', ' {} 5 f:1@0 g:2@0 h:3@0'];
    expect(folded(mergeProfiles(inRun))).toEqual(wanted.sort());
  });

  it.skipIf(!hasGo)('agrees with go tool pprof on every sample: mappings that moved, inlined lines, labels', async () => {
    const binary = (base: bigint, weight: number, from = 0) => {
      const builder = new ProfileBuilder('pprof');
      builder.valueType({ type: 'samples', unit: 'count' });
      builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
      builder.set({ timeNanos: 1_700_000_000_000_000_000n + BigInt(from), durationNanos: 5e9, period: 10_000_000 });
      builder.comment('made by hand');
      builder.comment(`number ${from}`);
      const text = (value: string) => builder.string(value);
      const mapping = builder.mapping(text('/bin/app'), text('abc'), base, base + 0x9000n, 0x1000n);
      const library = builder.mapping(text(`/lib/libc.so`), 0, base + 0x10000n, base + 0x12000n, 0n);
      const func = (name: string) => builder.func(text(name), text(`_${name}`), text('/src/app.c'), 1);
      const places = [
        builder.location(mapping, base + 0x100n, [func('main')], [10]),
        builder.location(mapping, base + 0x200n, [func('inner'), func('outer')], [20, 21]),
        builder.location(library, base + 0x10080n, [func('memcpy')], [0]),
        builder.location(mapping, base + 0x208n, [func('inner'), func('outer')], [20, 21]),
      ];
      for (let i = from; i < from + 6; i++) {
        const stack = [places[i % 4]!, places[(i * 3) % 4]!, places[0]!];
        builder.sampleFrames(stack, 3, [i % 5 === 4 ? 0 : 1, i % 5 === 4 ? 0 : weight * (i + 1)]);
        if (i % 2 === 0) builder.label(text('tenant'), text(i % 4 === 0 ? 'acme' : 'umbrella'), 0, 0);
        if (i % 3 === 0) builder.label(text('size'), 0, 4096, text('bytes'));
      }
      return builder.finish();
    };
    const profiles = [binary(0x40_0000n, 1), binary(0x7f00_0000_0000n, 1000, 3), binary(0x40_0000n, 100_000, 1)];
    const files = profiles.map((profile, index) => {
      const file = join(folder, `part${index}.pb.gz`);
      writeFileSync(file, writePprof(profile));
      return file;
    });
    const output = join(folder, 'judge.pb.gz');
    goPprof(['-proto', '-symbolize=none', `-output=${output}`, ...files]);
    const judged = await readProfile(bytesSource('judge', readFileSync(output)));
    const merger = new Merger();
    for (const file of files) merger.add(await readProfile(bytesSource(file, readFileSync(file))));
    const merged = merger.finish();
    expect(folded(merged)).toEqual(folded(judged));
    expect(folded(merged).length).toBeGreaterThan(6);
    expect([merged.timeNanos, merged.durationNanos, merged.period]).toEqual([judged.timeNanos, judged.durationNanos, judged.period]);
    expect(merged.comments).toEqual(judged.comments);
    expect(merged.mappings.length).toBe(judged.mappings.length);
    expect(merged.locations.length).toBe(judged.locations.length);
    const text = goPprof(['-top', '-symbolize=none', '-sample_index=samples', ...files]);
    expect(Number(/of (\d+) total/.exec(text)![1])).toBe(functionTable(merged, { type: 0 }).sum);
  });

  it.skipIf(pythons.length === 0)('agrees with pstats.Stats.add on every function and caller', async () => {
    const script = `
import cProfile, json, os, pstats, sys
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def odd(n): return [str(i) for i in range(n)]
def even(n): return sorted(odd(n), key=len)
os.chdir(sys.argv[1])
names = []
for i, work in enumerate([lambda: fib(8), lambda: even(50), lambda: (fib(5), odd(9))]):
    profile = cProfile.Profile()
    profile.runcall(work)
    names.append("run%d.prof" % i)
    profile.dump_stats(names[-1])
stats = pstats.Stats(names[0]).add(*names[1:])
flat = [[*key, cc, nc, tt, ct] for key, (cc, nc, tt, ct, _) in stats.stats.items()]
edges = [[*caller, *key, *figures] for key, row in stats.stats.items() for caller, figures in row[4].items()]
print(json.dumps({"names": names, "flat": flat, "edges": edges}))
`;
    const file = join(folder, 'judge.py');
    writeFileSync(file, script);
    const answer = JSON.parse(execFileSync(pythons.at(-1)![1], [file, folder], { encoding: 'utf8' }));
    const merger = new Merger();
    for (const name of answer.names as string[]) merger.add(await readProfile(bytesSource(name, readFileSync(join(folder, name)))));
    const merged = merger.finish();
    const { functions, edges } = merged.calls!;
    const key = (func: number) => [
      merged.strings[merged.functions.file[func]!],
      merged.functions.startLine[func],
      merged.strings[merged.functions.name[func]!],
    ];
    const close = (row: unknown[]) => JSON.stringify(row.map((one) => (typeof one === 'number' ? Number(one.toPrecision(12)) : one)));
    const flat = Array.from({ length: merged.functions.length }, (_, func) =>
      close([...key(func), functions.primitive[func], functions.calls[func], functions.self[func], functions.total[func]]),
    );
    expect(flat.sort()).toEqual(answer.flat.map(close).sort());
    expect(flat.length).toBeGreaterThan(5);
    // In a caller's tuple pstats keeps calls first, then those that are not recursive.
    const ours = Array.from({ length: edges.length }, (_, i) =>
      close([...key(edges.caller[i]!), ...key(edges.callee[i]!), edges.calls[i], edges.primitive[i], edges.self[i], edges.total[i]]),
    );
    expect(ours.sort()).toEqual(answer.edges.map(close).sort());
    expect(merged.warnings).toEqual([]);
  });
});

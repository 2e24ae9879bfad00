import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { findPythons } from './pythons.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const pythons = findPythons();

type Key = [file: string, line: number, name: string];
interface Judged {
  functions: [Key, primitive: number, calls: number, self: number, total: number][];
  edges: [Key, Key, primitive: number, calls: number, self: number, total: number][];
}

/** The reader's figures in the judge's shape, so that one comparison tells any difference. */
function ours(profile: Profile): Judged {
  const { functions, strings } = profile;
  const counted = profile.calls!;
  const key = (func: number): Key => [strings[functions.file[func]!]!, functions.startLine[func]!, strings[functions.name[func]!]!];
  return {
    functions: Array.from({ length: functions.length }, (_, func) => {
      const { primitive, calls, self, total } = counted.functions;
      return [key(func), primitive[func]!, calls[func]!, self[func]!, total[func]!];
    }),
    edges: Array.from({ length: counted.edges.length }, (_, edge) => {
      const { caller, callee, primitive, calls, self, total } = counted.edges;
      return [key(caller[edge]!), key(callee[edge]!), primitive[edge]!, calls[edge]!, self[edge]!, total[edge]!];
    }),
  };
}

function sorted({ functions, edges }: Judged) {
  const text = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
  return { functions: text(functions), edges: text(edges) };
}

describe.skipIf(pythons.size === 0)('pstats is the judge', () => {
  test.each([...pythons])('every function and edge of Python %s', async (_, python) => {
    const folder = mkdtempSync(join(tmpdir(), 'heatline-test-'));
    try {
      const answer = execFileSync(python, [join(fixtures, 'judge_pstats.py'), folder], { encoding: 'utf8', maxBuffer: 1 << 26 });
      const judged = JSON.parse(answer) as Record<string, Judged>;
      expect(Object.keys(judged)).toEqual(
        expect.arrayContaining(['single.prof', 'slow.prof', 'code.prof', 'threads.prof', 'version2.prof', 'bare.prof']),
      );
      for (const [name, expected] of Object.entries(judged)) {
        const profile = await readProfile(fileSource(join(folder, name)));
        expect(expected.functions.length, name).toBeGreaterThan(1);
        expect(sorted(ours(profile)), name).toEqual(sorted(expected));
        expect(profile.warnings, name).toEqual([]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const variants = readdirSync(join(fixtures, 'profiles/pstats')).filter((name) => /\.(?:prof|pstats)$/.test(name));

test.each(variants)('every function and edge of %s', async (name) => {
  const file = join(fixtures, 'profiles/pstats', name);
  const expected = JSON.parse(readFileSync(`${file}.judge.json`, 'utf8')) as Judged;
  const profile = await readProfile(fileSource(file));
  const uncounted = name === 'pyinstrument.pstats';
  for (const row of [...expected.functions, ...expected.edges]) {
    const at = typeof row[1] === 'number' ? 1 : 2;
    if (uncounted) expect([row[at], row[at + 1]]).toEqual([-1, -1]);
    if (uncounted) row.splice(at, 2, 0, 0);
  }
  // A caller without figures of its own (yappi's start) is a function here, with nothing.
  const found = ours(profile);
  const callers = new Set(expected.functions.map(([key]) => JSON.stringify(key)));
  found.functions = found.functions.filter(([key, ...figures]) => callers.has(JSON.stringify(key)) || figures.some((value) => value !== 0));
  expect(sorted(found)).toEqual(sorted(expected));
  expect(profile.warnings).toEqual(uncounted ? ['It does not say how often functions were called.'] : []);
});

test.each(['pricing', 'threads-native'])('lines, functions and edges of the sampler: %s.pstats', async (name) => {
  const file = join(fixtures, 'profiles/tachyon', `${name}.pstats`);
  const expected = JSON.parse(readFileSync(`${file}.judge.json`, 'utf8')) as Judged;
  const profile = await readProfile(fileSource(file));
  const { functions, strings, lineCosts } = profile;
  const lineRows = (type: number) => {
    const costs = lineCosts.find((each) => each.type === type)!;
    return Array.from(costs.line, (line, row) => {
      const func = costs.func[row]!;
      return [[strings[functions.file[func]!]!, line, strings[functions.name[func]!]!], costs.self[row], costs.total[row]];
    });
  };
  const text = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(text(lineRows(0))).toEqual(text(expected.functions.map(([key, own, all]) => [key, own, all])));
  expect(text(lineRows(1))).toEqual(text(expected.functions.map(([key, , , self, total]) => [key, self, total])));
  // The same function whatever the line: figures are added up, totals never beyond the whole.
  const sums = new Map<string, [samples: number, self: number, total: number]>();
  for (const [[path, , func], own, , self, total] of expected.functions) {
    const sum = sums.get(`${path}:${func}`) ?? [0, 0, 0];
    sums.set(`${path}:${func}`, [sum[0] + own, sum[1] + self, sum[2] + total]);
  }
  const whole = expected.functions.reduce((sum, [, , , self]) => sum + self, 0);
  const counted = profile.calls!;
  expect(functions.length).toBe(sums.size);
  for (let func = 0; func < functions.length; func++) {
    expect(functions.startLine[func]).toBe(0);
    const [samples, self, total] = sums.get(`${strings[functions.file[func]!]}:${strings[functions.name[func]!]}`)!;
    expect(counted.functions.calls[func]).toBe(samples);
    expect(counted.functions.self[func]).toBeCloseTo(self, 9);
    expect(counted.functions.total[func]).toBeCloseTo(Math.min(total, whole), 9);
  }
  const edges = new Map<string, number>();
  for (const [caller, callee, , calls] of expected.edges) {
    const key = JSON.stringify([caller[0], caller[2], callee[0], callee[2]]);
    edges.set(key, (edges.get(key) ?? 0) + calls);
  }
  const found = new Map<string, number>();
  for (let edge = 0; edge < counted.edges.length; edge++) {
    const names = [counted.edges.caller[edge]!, counted.edges.callee[edge]!].flatMap((func) => [
      strings[functions.file[func]!],
      strings[functions.name[func]!],
    ]);
    const key = JSON.stringify(names);
    found.set(key, (found.get(key) ?? 0) + counted.edges.calls[edge]!);
  }
  expect(found).toEqual(edges);
});

test('value types, default and format of a .prof', async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'profiles/pstats/python-3.12.prof')));
  expect(profile.format).toBe('pstats');
  expect(profile.sampleTypes).toEqual([
    { type: 'calls', unit: 'count' },
    { type: 'time', unit: 'seconds' },
  ]);
  expect(profile.defaultType).toBe(1);
  expect(profile.samples.length).toBe(0);
  expect(profile.calls).toMatchObject({ callsType: 0, timeType: 1 });
});

const read = (bytes: Uint8Array) => readProfile(bytesSource('x.prof', bytes));

/** Whatever the bytes, a profile or a ReadError. */
async function outcome(bytes: Uint8Array): Promise<Profile | ReadError> {
  try {
    return await read(bytes);
  } catch (error) {
    if (error instanceof ReadError) return error;
    throw error;
  }
}

describe('hostile files', () => {
  const files = ['python-2.7.prof', 'python-3.8.prof', 'python-3.12.prof', 'profile.prof'];

  test.each(files)('%s cut anywhere is never taken for a whole one', async (name) => {
    const bytes = readFileSync(join(fixtures, 'profiles/pstats', name));
    for (let length = 0; length < bytes.length; length++) {
      const result = await outcome(bytes.subarray(0, length));
      expect(result, `${length} bytes`).toBeInstanceOf(ReadError);
    }
    expect(await outcome(bytes)).not.toBeInstanceOf(ReadError);
  });

  test('changed bytes give a profile or a ReadError, and nothing else', async () => {
    const bytes = readFileSync(join(fixtures, 'profiles/pstats/python-3.12.prof'));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        await outcome(copy);
      }),
      { numRuns: 2000 },
    );
  });

  test('claimed sizes, deep nesting and endless sharing are refused', async () => {
    const text = (word: string) => [0x7a, word.length, ...Buffer.from(word)];
    const int = (value: number) => [0x69, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
    const key = (name: string) => [0x29, 3, ...text('f.py'), ...int(1), ...text(name)];
    // A tuple of four billion children.
    expect(await outcome(Uint8Array.from([0x7b, ...key('a'), 0x28, 255, 255, 255, 255]))).toMatchObject({ code: 'truncated' });
    expect(await outcome(Uint8Array.from([0x7b, ...key('a'), 0x29, 5, 0x69]))).toMatchObject({ code: 'truncated' });
    // A value with more than five parts, the last one nested beyond measure.
    const numbers = [...int(1), ...int(1), ...int(1), ...int(1)];
    const deep = Array.from({ length: 100_000 }, () => [0x29, 1]).flat();
    expect(await outcome(Uint8Array.from([0x7b, ...key('a'), 0x29, 6, ...numbers, 0x7b, 0x30, ...deep]))).toMatchObject({
      code: 'corrupt',
    });
    // One dict of 2,000 callers, shared by 20,000 functions: 40 million edges from 600 kB.
    const callers = Array.from({ length: 2000 }, (_, i) => [...key(`c${i}`), ...int(1)]).flat();
    const shared = Array.from({ length: 20_000 }, (_, i) => [...key(`f${i}`), 0x29, 5, ...numbers, 0x72, 0, 0, 0, 0]).flat();
    const bomb = Uint8Array.from([0x7b, ...key('first'), 0x29, 5, ...numbers, 0xfb, ...callers, 0x30, ...shared, 0x30]);
    expect(await outcome(bomb)).toMatchObject({ code: 'too-large' });
  });

  test('a dict and figures that are shared count for each who shares them', async () => {
    const script =
      'import marshal,sys;t=(3,3,.25,.5);c={("c",1,"c"):t};x=marshal.dumps({("a",1,"a"):(1,1,1.,1.,c),("b",2,"b"):(2,2,2.,2.,c),("d",1,"d"):(0,0,0.,0.,{("a",1,"a"):t})});sys.stdout.write(x.hex())';
    const python = pythons.get('python3');
    if (python === undefined) return expect(pythons.size).toBe(0);
    const profile = (await outcome(Buffer.from(execFileSync(python, ['-c', script], { encoding: 'utf8' }), 'hex'))) as Profile;
    expect(ours(profile).edges).toEqual([
      [['c', 1, 'c'], ['a', 1, 'a'], 3, 3, 0.25, 0.5],
      [['c', 1, 'c'], ['b', 2, 'b'], 3, 3, 0.25, 0.5],
      [['a', 1, 'a'], ['d', 1, 'd'], 3, 3, 0.25, 0.5],
    ]);
  });

  test('what the sampler of Python 3.15 writes is marked as sampled', async () => {
    const text = (word: string) => [0x7a, word.length, ...Buffer.from(word)];
    const int = (value: number) => [0x69, value, 0, 0, 0];
    const key = (name: string) => [0x29, 3, ...text('f.py'), ...int(9), ...text(name)];
    const value = [0x29, 5, ...int(4), ...int(5), ...int(1), ...int(2), 0x7b, ...key('caller'), ...int(3), 0x30];
    const profile = (await outcome(Uint8Array.from([0x7b, 0x29, 1, ...text('__sampled__'), 0x54, ...key('a'), ...value, 0x30]))) as Profile;
    expect(profile.quality.notes?.join()).toContain('sampler');
    expect(profile.sampleTypes[0]!.type).toBe('samples');
    // A second for four samples: three of them are three quarters.
    expect(ours(profile).edges).toEqual([[['f.py', 0, 'caller'], ['f.py', 0, 'a'], 3, 3, 0, 0.75]]);
  });
});

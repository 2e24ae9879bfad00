import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  test.each([...pythons])('every function and edge of Python %s', { timeout: 60_000 }, async (_, python) => {
    const folder = mkdtempSync(join(tmpdir(), 'heatline-test-'));
    try {
      const answer = execFileSync(python, [join(fixtures, 'judge_pstats.py'), folder], { encoding: 'utf8', maxBuffer: 1 << 26 });
      const judged = JSON.parse(answer) as Record<string, Judged>;
      expect(Object.keys(judged)).toEqual(expect.arrayContaining(['single.prof', 'threads.prof', 'version2.prof', 'bare.prof']));
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
  const files = ['python-2.7.prof', 'python-3.8.prof', 'python-3.12.prof'];

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
    expect(profile.warnings.join()).toContain('sampler');
    expect(ours(profile).edges).toEqual([[['f.py', 9, 'caller'], ['f.py', 9, 'a'], 3, 3, 0, 0]]);
  });
});

// The engine `memory` through the command line; that its figures are tracemalloc's is tested in test/python/test_memory.py.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engines/engine.js';
import { chooseEngine, engines } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { environment, running, target } from './engineKit.js';
import { goPprof, hasGo } from './goJudge.js';
import { findPythons } from './pythons.js';

const { folder, heatline, json } = cliKit();
const python = findPythons().get('python3');
const engine = engines.find(({ id }) => id === 'memory')!;
const plan = (options: Partial<EngineOptions> = {}) => engine.plan(target, environment, { output: '/t/o', ...options });

describe('plan and choice', () => {
  test('depth, duty cycle and duration travel to the recorder', () => {
    const start = ['/usr/bin/python3', '/opt/python/heatline/__main__.py', 'run', '--engine', 'memory', '--output', '/t/o'];
    expect(plan().argv).toEqual([...start, '--', '/w/a.py']);
    expect(plan({ depth: 25, duty: '0.5/30', durationSeconds: 9, reportStatus: true, rateHz: 5, live: true })).toMatchObject({
      argv: [...start, '--duration', '9', '--depth', '25', '--duty', '0.5/30', '--status', '/t/o.status', '--', '/w/a.py'],
      format: 'pprof',
      statusFile: '/t/o.status',
    });
    expect(plan({ live: true }).live).toBe('copy');
  });

  test('what it cannot do is one sentence', () => {
    for (const depth of [0, 1.5, 1001]) expect(() => plan({ depth })).toThrow('--depth needs a number of frames, 1 to 1000.');
    for (const duty of ['1', '1/', '-1/3', 'a/b', '1/2/3'])
      expect(() => plan({ duty })).toThrow('--duty needs seconds on and off, as in 0.5/30.');
    for (const [part, name] of [
      [{ only: 'f' }, '--only'],
      [{ within: '/w/a.py:1-2' }, '--within'],
      [{ delaySeconds: 3 }, '--delay'],
      [{ perTest: true }, '--per-test'],
    ] as const)
      expect(() => plan(part)).toThrow(`The engine memory records all of a program: ${name} is not for it.`);
    expect(() => plan({ subprocesses: true })).toThrow('The engine memory records one process.');
  });

  test('who wants memory gets it; other engines refuse its options', async () => {
    for (const wanted of [{ measure: 'alloc' }, { depth: 3 }, { duty: '1/9' }])
      expect((await chooseEngine('auto', target, environment, wanted)).engine.id).toBe('memory');
    await expect(chooseEngine('sampler', target, environment, { depth: 3 })).rejects.toThrow(
      '--depth is for the engine memory, not for sampler.',
    );
    await expect(chooseEngine('auto', running, environment, { duty: '1/9' })).rejects.toThrow(
      '--duty is for Python programs that are started.',
    );
  });

  test('PyPy and old Pythons have no tracemalloc for it', async () => {
    expect(await engine.probe(environment)).toMatchObject({ state: 'found' });
    expect(await engine.probe({ ...environment, implementation: 'pypy' })).toMatchObject({
      state: 'missing',
      reason: 'tracemalloc of CPython 3.9 or newer is needed; this is pypy 3.12.1',
    });
    expect(await engine.probe({ ...environment, pythonVersion: [3, 8, 2] })).toMatchObject({ state: 'missing' });
    expect(await engine.probe({ platform: 'linux', path: '', pythonPackage: '' })).toMatchObject({ state: 'missing' });
  });
});

const PROGRAM = `import sys, time
KEPT = []

def keep(n):
    for _ in range(n):
        KEPT.append(bytearray(10_000))

def spike():
    block = bytearray(20_000_000)
    time.sleep(0.5)

def main(n):
    keep(n)
    spike()

main(int(sys.argv[1]))
sys.exit(5)
`;

describe.skipIf(python === undefined)('record', () => {
  interface Row {
    readonly name: string;
    readonly self: number;
    readonly total: number;
  }
  const top = (file: string, type: string): Row[] => json('top', file, '--value', type).functions;
  const record = (output: string, ...words: readonly string[]) => {
    writeFileSync(join(folder, 'shop ü.py'), PROGRAM);
    return heatline('record', '--engine', 'memory', '-o', output, ...words);
  };

  test('bytes alive at the end and at the peak, by function and line, and the program’s own status', { timeout: 60_000 }, () => {
    const { status, stderr } = record('m.pb.gz', '--', python!, 'shop ü.py', '300');
    expect(stderr).toMatch(/^heatline: memory: [\d.]+ m?s, [\d.]+ % \([\d.]+ MB\) in keep \(.*shop ü\.py:4\) → m\.pb\.gz\n$/);
    expect(status).toBe(5);
    const alive = top('m.pb.gz', 'inuse_space')[0]!;
    expect(alive.name).toBe('keep');
    expect(alive.self).toBeGreaterThanOrEqual(300 * 10_000);
    expect(alive.self).toBeLessThan(300 * 10_300);
    const [peak, next] = top('m.pb.gz', 'peak_space');
    expect([peak!.name, next!.name]).toEqual(['spike', 'keep']);
    expect(Math.floor(peak!.self / 1000)).toBe(20_000);
    const { files } = json('lines', 'm.pb.gz', '--value', 'peak_space') as {
      files: { file: string; lines: { line: number; self: number }[] }[];
    };
    const shop = files.find(({ file }) => file.endsWith('shop ü.py'))!;
    expect(shop.lines.find(({ line }) => line === 9)!.self).toBe(peak!.self);
  });

  test('a tree of callers where frames are kept, and the change of two recordings', { timeout: 60_000 }, () => {
    record('d1.pb.gz', '--depth', '30', '--', python!, 'shop ü.py', '300');
    record('d2.pb.gz', '--depth', '30', '--', python!, 'shop ü.py', '500');
    const main = top('d1.pb.gz', 'inuse_space').find(({ name }) => name === 'main')!;
    expect(main.total).toBeGreaterThanOrEqual(300 * 10_000);
    expect(main.self).toBeLessThan(10_000);
    const { functions } = json('diff', 'd1.pb.gz', 'd2.pb.gz', '--value', 'inuse_space') as {
      functions: { name: string; selfChange?: number }[];
    };
    expect(functions[0]!.name).toBe('keep');
  });

  test.skipIf(!hasGo)('go tool pprof reads the same bytes', { timeout: 60_000 }, () => {
    record('g.pb.gz', '--', python!, 'shop ü.py', '300');
    const stdout = goPprof(['-top', '-unit=B', '-sample_index=peak_space', 'g.pb.gz'], { cwd: folder });
    expect(stdout).toContain('Type: peak_space');
    expect(Number(/^\s*(\d+)B.* spike$/m.exec(stdout)![1])).toBe(top('g.pb.gz', 'peak_space')[0]!.self);
  });

  test('a duty cycle says what it lost', { timeout: 60_000 }, () => {
    const { status } = record('y.pb.gz', '--duty', '0.05/0.05', '--', python!, 'shop ü.py', '300');
    expect(status).toBe(5);
    const { quality, valueTypes } = json('info', 'y.pb.gz');
    expect(valueTypes.map(({ type }: { type: string }) => type)).toEqual(['kept_objects', 'kept_space']);
    expect(quality.cost).toBeGreaterThan(0);
  });
});

// The engine `memray` with the real memray: the set-up of the tests installs it (test/rig/profilers.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/engines/engine.js';
import { chooseEngine, engines, launch, probeEnvironment } from '../../src/engines/index.js';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';
import { environment, target } from './engineKit.js';
import { tellEngine } from './engineVersions.js';

const { folder, heatline, json } = cliKit();
const pythonPackage = resolve(import.meta.dirname, '../../python');
const engine = engines.find(({ id }) => id === 'memray')!;

/** An environment with memray; in CI there must be one. */
async function find(): Promise<{ readonly environment: Environment; readonly version: string } | undefined> {
  const python = profilersPython();
  const probed = existsSync(python) ? await probeEnvironment({ python, pythonPackage }) : undefined;
  const available = probed && (await engine.probe(probed));
  if (available?.state === 'found') return { environment: probed!, version: available.detail };
  if (process.env.CI && process.platform !== 'win32') throw new Error('memray is missing: node test/rig/run.mjs tools installs it.');
  return undefined;
}
const found = await find();

describe('plan', () => {
  test('it runs under our runner; native frames where asked; its own file goes in the end', () => {
    const plan = engine.plan(target, environment, { output: '/t/o', native: true, durationSeconds: 2, rateHz: 7 });
    expect(plan.argv.join(' ')).toBe(
      '/usr/bin/python3 /opt/python/heatline/__main__.py run --engine memray --output /t/o --duration 2 --native -- /w/a.py',
    );
    expect(plan).toMatchObject({ format: 'pprof', after: [], scratch: ['/t/o.memray'] });
    expect(() => engine.plan(target, environment, { output: '/t/o', subprocesses: true })).toThrow('The engine memray records one process');
  });

  test('there is none for Windows, and pip gets it elsewhere', async () => {
    await expect(chooseEngine('memray', target, { ...environment, platform: 'win32' }, {})).rejects.toThrow(
      'The engine memray cannot run: memray is for Linux and macOS. Take the engine memory.',
    );
    const missing = await engine.probe({ ...environment, python: join(folder, 'no python') });
    expect(missing).toMatchObject({ state: 'missing', install: { what: 'memray' } });
  });
});

/** Blocks of known sizes on known lines, each too large for Python's own pools. */
const PROGRAM = `import sys, threading, time
KEPT = []

def keep(n):
    for _ in range(n):
        KEPT.append(bytes(10_000))

def spike():
    block = bytes(20_000_000)
    del block

thread = threading.Thread(target=keep, args=(100,), name="wörker")
thread.start()
thread.join()
keep(300)
spike()
print(sys.argv[1:], [name for name in sys.modules if "heatline" in name])
sys.exit(5)
`;

describe.skipIf(!found)('with the real memray', () => {
  tellEngine('memray', found?.version ?? '');
  const python = found?.environment.python ?? '';
  interface Row {
    readonly name: string;
    readonly file: string;
    readonly self: number;
    readonly total: number;
  }
  const top = (...words: readonly string[]): Row[] => json('top', '-n', '0', ...words).functions;
  const named = (name: string, ...words: readonly string[]): Row => top(...words).find((row) => row.name === name)!;
  const block = (size: number): number => size + 33; // sys.getsizeof(bytes(size))

  test('bytes on the lines that took them, alive and at the peak, by thread; the program is the same program', { timeout: 60_000 }, () => {
    const script = join(folder, 'mäin.py');
    writeFileSync(script, PROGRAM);
    const ran = heatline('record', '--engine', 'memray', '-o', 'm.pb.gz', '--', python, 'mäin.py', 'a b');
    expect(ran).toMatchObject({ status: 5, stdout: "['a b'] []\n" });
    expect(ran.stderr).toMatch(/^heatline: memray: [\d.]+ m?s, [\d.]+ % \(3\.\d MB\) in keep \(.*mäin\.py:4\) → m\.pb\.gz\n$/);
    const alive = named('keep', 'm.pb.gz', '--value', 'inuse_space');
    // Beside its blocks only the list grows there.
    expect(alive.self).toBeGreaterThanOrEqual(400 * block(10_000));
    expect(alive.self).toBeLessThan(400 * block(10_000) + 10_000);
    expect(named('keep', 'm.pb.gz', '--value', 'inuse_space', '--thread', 'wörker').self).toBeLessThan(101 * block(10_000));
    expect(named('spike', 'm.pb.gz', '--value', 'inuse_space')?.total ?? 0).toBe(0);
    expect(named('spike', 'm.pb.gz', '--value', 'peak_space').self).toBe(block(20_000_000));
    // What was given back before the next block was taken: the spike, and none of what is kept.
    expect(named('spike', 'm.pb.gz', '--value', 'temporary_space').self).toBe(block(20_000_000));
    expect(named('keep', 'm.pb.gz', '--value', 'temporary_space')?.self ?? 0).toBeLessThan(10_000);
    const { files } = json('lines', '-n', '0', 'm.pb.gz', '--value', 'peak_space') as {
      files: { file: string; lines: { line: number; self: number }[] }[];
    };
    const lines = files.find(({ file }) => file === script)!.lines;
    expect(lines.find(({ line }) => line === 9)!.self).toBe(block(20_000_000));
    expect(top('m.pb.gz').filter(({ file }) => file.includes('python/heatline'))).toEqual([]);
    heatline('record', '--engine', 'memray', '-o', 'mm.pb.gz', '--', python, '-m', 'mäin');
    expect(named('<module>', 'mm.pb.gz', '--focus', 'keep').total).toBeGreaterThanOrEqual(300 * block(10_000));
    expect(top('mm.pb.gz').filter(({ name }) => name === '_run_module_as_main')).toEqual([]);
    expect(json('info', 'm.pb.gz').quality).toMatchObject({ engine: 'memray' });
  });

  test('the figures of memray’s own report', { timeout: 60_000 }, () => {
    const script = join(folder, 'mäin.py');
    writeFileSync(script, PROGRAM);
    heatline('record', '--engine', 'memray', '-o', 'j.pb.gz', '--', python, 'mäin.py');
    for (const args of [
      ['run', '-q', '-f', '-o', 'j.bin', 'mäin.py'],
      ['transform', 'csv', '-f', '-o', 'j.csv', 'j.bin'],
    ])
      spawnSync(python, ['-m', 'memray', ...args], { cwd: folder });
    for (const name of ['spike', 'keep']) {
      const theirs = named(name, 'j.csv', '--value', 'space').self;
      expect(theirs).toBeGreaterThan(1_000_000);
      expect(named(name, 'j.pb.gz', '--value', 'peak_space').self).toBe(theirs);
    }
  });

  test('--native shows the C functions below the Python lines', { timeout: 120_000 }, () => {
    writeFileSync(join(folder, 'mäin.py'), PROGRAM);
    heatline('record', '--engine', 'memray', '--native', '-o', 'n.pb.gz', '--', python, 'mäin.py');
    const spike = named('spike', 'n.pb.gz', '--value', 'peak_space');
    expect(spike.total).toBeGreaterThanOrEqual(block(20_000_000));
    expect(spike.self).toBe(0);
  });

  test('a limited recording ends, and the program runs on; a killed one leaves nothing', { timeout: 120_000 }, async () => {
    const late = [
      'import time',
      'early = bytes(3_000_000)',
      'time.sleep(1.5)',
      'def after():',
      '    return bytes(4_000_000)',
      'late = after()',
      'print("done")',
      '',
    ];
    writeFileSync(join(folder, 'late.py'), late.join('\n'));
    const ran = heatline('record', '--engine', 'memray', '--duration', '0.5', '-o', 'l.pb.gz', '--', python, 'late.py');
    expect(ran).toMatchObject({ status: 0, stdout: 'done\n' });
    const seen = top('l.pb.gz').filter(({ file }) => file.endsWith('late.py'));
    expect(seen.map(({ name }) => name)).toEqual(['<module>']);
    expect(seen[0]!.self).toBeGreaterThanOrEqual(block(3_000_000));
    const killed = join(folder, 'killed.py');
    writeFileSync(killed, 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n');
    const output = join(folder, 'k.out');
    const plan = engine.plan({ kind: 'script', script: killed, args: [], cwd: folder, env: {} }, found!.environment, { output });
    expect(await launch(plan, { stdio: 'ignore', forwardSignals: false })).toMatchObject({ exitStatus: -9 });
    expect(readdirSync(folder).filter((name) => name.startsWith('k.out'))).toEqual([]);
  });
});

// The engine `locks` through the command line; what it measures is tested in test/python/test_locks.py.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { typeLabel } from '../../src/core/model/units.js';
import { chooseEngine, engines } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { environment, running, target } from './engineKit.js';
import { findPythons } from './pythons.js';

const { folder, heatline, json } = cliKit();
const python = findPythons().get('python3');
const locks = engines.find(({ id }) => id === 'locks')!;
const plan = (options: object) => locks.plan(target, environment, { output: '/t/o', ...options });

describe('plan and choice', () => {
  test('what is wanted travels to the recorder', () => {
    const start = ['/usr/bin/python3', '/opt/python/heatline/__main__.py', 'run', '--engine', 'locks', '--output', '/t/o'];
    expect(plan({}).argv).toEqual([...start, '--', '/w/a.py']);
    expect(plan({ sample: 100, durationSeconds: 2.5, live: true })).toMatchObject({
      argv: [...start, '--duration', '2.5', '--sample', '100', '--', '/w/a.py'],
      format: 'pprof',
      live: 'copy',
    });
  });

  test('what it cannot do is told', async () => {
    for (const sample of [0, 1.5, 10_001]) expect(() => plan({ sample })).toThrow('--sample needs a whole number, 1 to 10000.');
    expect(() => plan({ subprocesses: true })).toThrow('The engine locks records one process.');
    await expect(chooseEngine('locks', running, environment, {})).rejects.toThrow(
      'The engine locks cannot join a program that runs already',
    );
    await expect(chooseEngine('auto', running, environment, { sample: 5 })).rejects.toThrow(
      '--sample is for Python programs that are started.',
    );
    await expect(chooseEngine('sampler', target, environment, { sample: 5 })).rejects.toThrow(
      '--sample is for the engine locks, not for sampler.',
    );
  });

  test('who asks for locks, or for a sample, gets it', async () => {
    expect((await chooseEngine('auto', target, environment, { measure: 'lock' })).engine.id).toBe('locks');
    expect((await chooseEngine('auto', target, environment, { sample: 100 })).engine.id).toBe('locks');
    expect((await locks.probe(environment)).state).toBe('found');
    expect((await locks.probe({ platform: 'linux', path: '', pythonPackage: '' })).state).toBe('missing');
  });
});

test('its values have names for people', () => {
  const names = ['lock-acquire', 'lock-acquire-wait', 'lock-release', 'lock-release-hold', 'lock-notify', 'lock-notify-wait'];
  expect(names.map((type) => typeLabel({ type, unit: '' }))).toEqual([
    'Locks taken',
    'Waiting for locks',
    'Locks let go',
    'Holding locks',
    'Waits for a notification',
    'Waiting for a notification',
  ]);
});

describe.skipIf(python === undefined)('record', () => {
  const program = `import sys, threading, time
lock = threading.Lock()
taken = threading.Event()
def hold():
    with lock:
        taken.set()
        time.sleep(0.2)
def want():
    taken.wait()
    with lock:
        pass
threads = [threading.Thread(target=each, name=each.__name__) for each in (hold, want)]
for each in threads: each.start()
for each in threads: each.join()
sys.exit(5)
`;

  test('who waits on which line for which lock, and who held it', { timeout: 60_000 }, () => {
    writeFileSync(join(folder, 'lö k.py'), program);
    const { status, stderr } = heatline('record', '--engine', 'locks', '-o', 'k.pb.gz', '--', python!, 'lö k.py');
    expect(stderr).toMatch(/^heatline: locks: [^,]* m?s, [\d.]+ % \(\d+ ms\) in want \(.*lö k\.py:8\) → k\.pb\.gz\n$/);
    expect(status).toBe(5);
    const lines = json('lines', 'k.pb.gz').files.find(({ file }: { file: string }) => file.endsWith('lö k.py')).lines;
    const hottest = lines.reduce((one: { self: number }, other: { self: number }) => (other.self > one.self ? other : one));
    expect(hottest.line).toBe(10);
    // The holder sleeps for 0.2 s; how long before it began to wait is not known.
    expect(hottest.self).toBeGreaterThan(0.05e9);
    expect(hottest.self).toBeLessThan(0.2e9 + 0.1e9);
    const rows = (value: string, ...options: string[]) => json('top', 'k.pb.gz', '--value', value, ...options).functions;
    const [waiter] = rows('lock-acquire-wait', '--label', 'lock name=lö k.py:2:lock');
    expect(waiter).toMatchObject({ name: 'want' });
    expect(rows('lock-acquire-wait', '--label', 'held by=hold: hold .lö k.py:7.')[0]).toEqual(waiter);
    expect(rows('lock-release-hold')[0]).toMatchObject({ name: 'hold' });
    expect(heatline('top', 'k.pb.gz', '--value', 'lock-acquire-wait', '--label', 'lock name=none').stdout).not.toContain('want');
  });
});

// The engine `async` through the command line, and with the real gevent, eventlet and uvloop; what it measures of asyncio is tested in
// test/python/test_async.py.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { typeLabel } from '../../src/core/model/units.js';
import { chooseEngine, engines } from '../../src/engines/index.js';
import { chooseFor } from '../../src/engines/preferences.js';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';
import { environment, running, target } from './engineKit.js';
import { findPythons } from './pythons.js';

const { folder, heatline, json } = cliKit();
const python = findPythons().get('python3');
const engine = engines.find(({ id }) => id === 'async')!;
const plan = (options: object) => engine.plan(target, environment, { output: '/t/o', ...options });

describe('plan and choice', () => {
  test('what is wanted travels to the recorder', () => {
    const start = ['/usr/bin/python3', '/opt/python/heatline/__main__.py', 'run', '--engine', 'async', '--output', '/t/o'];
    expect(plan({}).argv).toEqual([...start, '--', '/w/a.py']);
    expect(plan({ blockedMs: 50, durationSeconds: 2.5, live: true })).toMatchObject({
      argv: [...start, '--duration', '2.5', '--blocked', '50', '--', '/w/a.py'],
      format: 'pprof',
      live: 'copy',
    });
  });

  test('what it cannot do is told', async () => {
    for (const blockedMs of [0, -1, Number.NaN]) expect(() => plan({ blockedMs })).toThrow('--blocked needs milliseconds, 1 or more.');
    expect(() => plan({ subprocesses: true })).toThrow('The engine async records one process.');
    await expect(chooseEngine('async', running, environment, {})).rejects.toThrow(
      'The engine async cannot join a program that runs already',
    );
    await expect(chooseEngine('auto', running, environment, { blockedMs: 5 })).rejects.toThrow('--blocked is for Python programs');
    await expect(chooseEngine('locks', target, environment, { blockedMs: 5 })).rejects.toThrow(
      '--blocked is for the engine async, not for locks.',
    );
  });

  test('who asks for awaits, or says what blocks, gets it; the setting is for it alone', async () => {
    expect((await chooseEngine('auto', target, environment, { measure: 'await' })).engine.id).toBe('async');
    expect((await chooseEngine('auto', target, environment, { blockedMs: 20 })).engine.id).toBe('async');
    expect((await chooseFor('async', { blockedMs: 20 }, target, environment, {})).options).toEqual({ blockedMs: 20 });
    expect((await chooseFor('async', { blockedMs: 20 }, target, environment, { blockedMs: 30 })).options).toEqual({ blockedMs: 30 });
    expect((await chooseFor('locks', { blockedMs: 20 }, target, environment, {})).options).toEqual({});
  });
});

test('its values have names for people', () => {
  const names = ['await', 'awaits', 'on-loop', 'loop-blocked', 'loop-blocks'];
  expect(names.map((type) => typeLabel({ type, unit: '' }))).toEqual([
    'Time awaiting',
    'Awaits',
    'Time on the event loop',
    'Time the event loop was blocked',
    'Blocks of the event loop',
  ]);
});

interface Line {
  readonly line: number;
  readonly self: number;
}

function record(program: string, interpreter: string, name: string): (value: string) => (line: number) => number {
  writeFileSync(join(folder, `${name}.py`), program);
  const { status, stderr } = heatline('record', '--engine', 'async', '-o', `${name}.pb.gz`, '--', interpreter, `${name}.py`);
  expect(stderr).toMatch(new RegExp(`^heatline: async: .* → ${name}\\.pb\\.gz\\n$`));
  expect(status).toBe(0);
  return (value) => {
    const { files } = json('lines', '-n', '0', `${name}.pb.gz`, '--value', value);
    const lines: readonly Line[] = files.find(({ file }: { file: string }) => file.endsWith(`${name}.py`))?.lines ?? [];
    return (line) => (lines.find((one) => one.line === line)?.self ?? 0) / (value.includes('blocks') || value === 'awaits' ? 1 : 1e9);
  };
}

const asyncio = (before: string) => `import asyncio, time
${before}
async def fetch(seconds):
    await asyncio.sleep(seconds)
def block():
    time.sleep(0.2)
async def main():
    await asyncio.gather(fetch(0.2), fetch(0.4))
    block()
asyncio.run(main())
`;

test.skipIf(python === undefined)('awaits and blocks are on their lines, tasks at the root of the tree', { timeout: 60_000 }, () => {
  const of = record(asyncio(''), python!, 'täsks');
  expect(of('await')(4)).toBeGreaterThan(0.6);
  expect(of('await')(4)).toBeLessThan(1);
  expect(of('awaits')(4)).toBe(2);
  expect(of('loop-blocks')(6)).toBe(1);
  expect(of('loop-blocked')(6)).toBeGreaterThan(0.2);
  const { roots } = json('tree', 'täsks.pb.gz', '--value', 'await');
  expect(roots.map(({ name }: { name: string }) => name)).toEqual(['task fetch', 'task main']);
});

describe.skipIf(!existsSync(profilersPython()) && !process.env.CI)('with the real', () => {
  test('uvloop: its tasks are seen as those of asyncio are', { timeout: 60_000 }, () => {
    const of = record(asyncio('import uvloop; uvloop.install()'), profilersPython(), 'uv');
    expect(of('awaits')(4)).toBe(2);
    expect(of('await')(4)).toBeGreaterThan(0.6);
    expect(of('await')(4)).toBeLessThan(1);
    expect(of('loop-blocks')(6)).toBe(1);
  });

  const greenlets = (before: string, spawn: string, join: string) => `${before}
import time
def fetch(seconds):
    time.sleep(seconds)
def block():
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end: pass
def main():
    jobs = [${spawn}(fetch, 0.2), ${spawn}(fetch, 0.4)]
    ${join}
    block()
    time.sleep(0.01)
main()
`;

  test.each([
    ['gevent', greenlets('from gevent import monkey; monkey.patch_all(); import gevent', 'gevent.spawn', 'gevent.joinall(jobs)')],
    [
      'eventlet',
      greenlets(
        'import warnings; warnings.simplefilter("ignore"); import eventlet; eventlet.monkey_patch()',
        'eventlet.spawn',
        '[job.wait() for job in jobs]',
      ),
    ],
  ])('%s: each greenlet waits where it waits', { timeout: 60_000 }, (name, program) => {
    const of = record(program, profilersPython(), `with ${name}`);
    expect(of('awaits')(4)).toBe(2);
    expect(of('await')(4)).toBeGreaterThan(0.6);
    expect(of('await')(4)).toBeLessThan(1);
    expect(of('await')(10)).toBeGreaterThan(0.35);
    expect([6, 7].map(of('loop-blocks')).reduce((sum, each) => sum + each)).toBe(1);
    expect(JSON.stringify(json('tree', `with ${name}.pb.gz`, '--value', 'await'))).toContain('greenlet fetch');
  });
});

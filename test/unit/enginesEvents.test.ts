// The engines `events` and `imports` through the command line; what they measure is tested in test/python/test_events.py and test_imports.py.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { typeLabel } from '../../src/core/model/units.js';
import { chooseEngine, engines } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { environment, running, target } from './engineKit.js';
import { findPythons } from './pythons.js';

const { folder, heatline, json } = cliKit();
const pythons = findPythons();
const python = pythons.get('python3');
/** One that has `sys.monitoring`. */
const heard = [...pythons].find(([name]) => /^(python)?3\.(1[2-9])/.test(name))?.[1];

describe.each(['events', 'imports'])('%s: plan and choice', (id) => {
  const engine = engines.find((each) => each.id === id)!;
  const plan = (options: object) => engine.plan(target, environment, { output: '/t/o', ...options });

  test('what is wanted travels to the recorder', () => {
    const start = ['/usr/bin/python3', '/opt/python/heatline/__main__.py', 'run', '--engine', id, '--output', '/t/o'];
    expect(plan({}).argv).toEqual([...start, '--', '/w/a.py']);
    expect(plan({ durationSeconds: 2.5, live: true, reportStatus: true })).toMatchObject({
      argv: [...start, '--duration', '2.5', '--status', '/t/o.status', '--', '/w/a.py'],
      format: 'pprof',
      live: 'copy',
    });
  });

  test('what it cannot do is told', async () => {
    expect(() => plan({ subprocesses: true })).toThrow(`The engine ${id} records one process.`);
    await expect(chooseEngine(id, running, environment, {})).rejects.toThrow(`The engine ${id} cannot join a program that runs already`);
    expect((await engine.probe(environment)).state).toBe('found');
    expect((await engine.probe({ platform: 'linux', path: '', pythonPackage: '' })).state).toBe('missing');
  });
});

test('who asks for what they measure gets them', async () => {
  const chosen = async (measure: string) => (await chooseEngine('auto', target, environment, { measure })).engine.id;
  expect([await chosen('exceptions'), await chosen('gc'), await chosen('import')]).toEqual(['events', 'events', 'imports']);
  const events = engines.find(({ id }) => id === 'events')!;
  expect(await events.probe({ ...environment, pythonVersion: [3, 11, 7] })).toMatchObject({
    state: 'found',
    detail: 'in the box, for cpython 3.11.7; garbage collection alone, exceptions from 3.12 on',
  });
  expect((await events.probe({ ...environment, implementation: 'pypy' })).state).toBe('missing');
  const types = [
    ['exceptions', 'count'],
    ['collections', 'count'],
    ['gc', 'nanoseconds'],
    ['imports', 'count'],
    ['import', 'nanoseconds'],
  ] as const;
  expect(types.map(([type, unit]) => typeLabel({ type, unit }))).toEqual([
    'Exceptions',
    'Collections',
    'GC time',
    'Imports',
    'Import time',
  ]);
});

interface Lines {
  readonly files: readonly {
    readonly file: string;
    readonly lines: readonly { readonly line: number; readonly self: number; readonly total: number }[];
  }[];
}

function linesOf(out: string, path: string, ...words: string[]) {
  const { files } = json('lines', out, ...words) as Lines;
  return new Map((files.find(({ file }) => file === path)?.lines ?? []).map((each) => [each.line, each]));
}

describe.skipIf(python === undefined)('record', () => {
  test.skipIf(heard === undefined)('which line raises what, how often, and where the collector pauses', { timeout: 60_000 }, () => {
    const script = join(folder, 'räises.py');
    writeFileSync(
      script,
      `import gc, sys
def parse(text):
    return int(text)
for _ in range(40):
    try:
        parse("x")
    except ValueError:
        {}.get("x")
gc.disable()
gc.collect()
sys.exit(5)
`,
    );
    const out = join(folder, 'events.pb.gz');
    const done = heatline('record', '--engine', 'events', '-o', out, '--', heard!, script);
    expect(done.status, done.stderr).toBe(5);
    expect(linesOf(out, script).get(3)).toMatchObject({ self: 40, total: 40 });
    expect(linesOf(out, script).get(6)).toMatchObject({ self: 0, total: 40 });
    expect(linesOf(out, script, '--label', 'exception=KeyError').size).toBe(0);
    expect(linesOf(out, script, '--value', 'gc').get(10)!.self).toBeGreaterThan(0);
    expect(linesOf(out, script, '--value', 'collections').get(10)!.self).toBe(1);
  });

  test('how long each import takes, on its line', { timeout: 60_000 }, () => {
    writeFileSync(join(folder, 'slöw.py'), 'import time\ntime.sleep(0.3)\nimport quick\n');
    writeFileSync(join(folder, 'quick.py'), '');
    const script = join(folder, 'imports.py');
    writeFileSync(script, 'import slöw\nimport quick\n');
    const out = join(folder, 'imports.pb.gz');
    const done = heatline('record', '--measure', 'import', '-o', out, '--', python!, script);
    expect(done.status, done.stderr).toBe(0);
    const lines = linesOf(out, script);
    expect(lines.get(1)!.total / 1e9).toBeGreaterThanOrEqual(0.3);
    expect(lines.get(1)!.total / 1e9).toBeLessThan(1);
    expect(lines.get(2)).toBeUndefined();
    expect(linesOf(out, join(folder, 'slöw.py')).get(1)!.self / 1e9).toBeGreaterThanOrEqual(0.3);
    expect(linesOf(out, join(folder, 'quick.py'), '--value', 'imports').get(1)!.self).toBe(1);
  });
});

// What profilers out of the user's environment are started with, and which interpreters they refuse; none of them runs here.
import { describe, expect, test } from 'vitest';
import type { Target } from '../../src/engines/engine.js';
import { environment } from './engineKit.js';
import { engineOf, ids } from './installedEngines.js';

const target: Target = { kind: 'script', script: '/w/a.py', args: ['x y'], cwd: '/w', env: { A: '1' } };

describe('plans', () => {
  const words = (id: string, options = {}, what: Target = target): string =>
    engineOf(id)
      .plan(what, environment, { output: '/t/o', ...options })
      .argv.join(' ');

  test('each runs the program under our runner, with the options that it knows', () => {
    const all = { rateHz: 50, durationSeconds: 2, only: '^f', idle: true };
    expect(ids.map((id) => words(id, all))).toMatchInlineSnapshot(`
      [
        "/usr/bin/python3 /opt/python/heatline/__main__.py run --engine line-profiler --output /t/o --duration 2 --only ^f -- /w/a.py x y",
        "/usr/bin/python3 /opt/python/heatline/__main__.py run --engine pyinstrument --output /t/o --rate 50 --duration 2 -- /w/a.py x y",
        "/usr/bin/python3 /opt/python/heatline/__main__.py run --engine scalene --output /t/o --rate 50 --duration 2 -- /w/a.py x y",
        "/usr/bin/python3 /opt/python/heatline/__main__.py run --engine viztracer --output /t/o --duration 2 -- /w/a.py x y",
        "/usr/bin/python3 /opt/python/heatline/__main__.py run --engine yappi --output /t/o --duration 2 -- /w/a.py x y",
      ]
    `);
    expect(engineOf('yappi').plan(target, environment, { output: '/t/o', reportStatus: true })).toMatchInlineSnapshot(`
      {
        "argv": [
          "/usr/bin/python3",
          "/opt/python/heatline/__main__.py",
          "run",
          "--engine",
          "yappi",
          "--output",
          "/t/o",
          "--status",
          "/t/o.status",
          "--",
          "/w/a.py",
          "x y",
        ],
        "cwd": "/w",
        "env": {
          "A": "1",
        },
        "format": "pstats",
        "output": "/t/o",
        "statusFile": "/t/o.status",
        "stop": [
          {
            "signal": "SIGINT",
            "waitSeconds": 5,
          },
          {
            "signal": "SIGTERM",
            "waitSeconds": 5,
          },
          {
            "signal": "SIGKILL",
            "waitSeconds": 2,
          },
        ],
      }
    `);
    expect(words('yappi', { measure: 'wall' })).toMatchInlineSnapshot(
      `"/usr/bin/python3 /opt/python/heatline/__main__.py run --engine yappi --output /t/o --mode wall -- /w/a.py x y"`,
    );
    const command: Target = { kind: 'command', argv: ['python3.11', '-X', 'dev', '-mpytest', '-q'], cwd: '/w', env: {} };
    expect(words('scalene', { subprocesses: true }, command)).toMatchInlineSnapshot(
      `"python3.11 -X dev /opt/python/heatline/__main__.py run --engine scalene --output /t/o --rate 100 --subprocesses -- -m pytest -q"`,
    );
  });

  test('who records one process says so', () => {
    expect(() => words('yappi', { subprocesses: true })).toThrow(
      'The engine yappi records one process; py-spy and viztracer record child processes.',
    );
    expect(words('viztracer', { subprocesses: true })).toContain(' --subprocesses ');
  });
});

describe('what is missing', () => {
  test('another interpreter than CPython, and none', async () => {
    const pypy = { ...environment, implementation: 'pypy', pythonVersion: [3, 9, 1] as const };
    for (const id of ids) {
      expect(await engineOf(id).probe(pypy)).toMatchObject({
        reason: expect.stringMatching(/ needs CPython 3\.8 or newer; this is pypy 3\.9\.1$/),
      });
      const { python: _, ...none } = environment;
      expect(await engineOf(id).probe(none)).toMatchObject({ state: 'missing', reason: 'no Python interpreter was found' });
    }
  });
});

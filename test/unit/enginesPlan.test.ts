import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment, Target } from '../../src/engines/engine.js';
import { chooseEngine, engines, pythonCommand } from '../../src/engines/index.js';
import { running } from './engineKit.js';

const environment: Environment = {
  platform: 'linux',
  python: '/home/ü/my env/bin/python',
  pythonVersion: [3, 12, 1],
  implementation: 'cpython',
  scripts: '/nowhere',
  path: '/nowhere/else',
  pythonPackage: '/opt/heat line/python',
};
const script: Target = { kind: 'script', script: '/tmp/ü b/app.py', args: ['--x', 'a b'], cwd: '/tmp/ü b', env: { A: '1' } };
const module: Target = { kind: 'module', module: 'pytest', args: ['-q'], cwd: '/tmp', env: {} };
const command = (...argv: string[]): Target => ({ kind: 'command', argv, cwd: '/tmp', env: {} });
const plan = (id: string, target: Target, options = {}) =>
  engines.find((each) => each.id === id)!.plan(target, environment, { output: '/tmp/ü b/out.raw', ...options });

describe('plans', () => {
  test('ids are unique and stable', () => {
    const python = [
      'hybrid',
      'sampler',
      'cprofile',
      'lines',
      'locks',
      'async',
      'events',
      'imports',
      'memory',
      'tachyon',
      'py-spy',
      'austin',
      'perf',
    ];
    const installed = ['line-profiler', 'memray', 'pyinstrument', 'scalene', 'viztracer', 'yappi'];
    expect(engines.map((each) => each.id)).toEqual([...python, ...installed, 'go', 'stackprof', 'rbspy']);
  });

  test('hybrid, a script', () => {
    expect(plan('hybrid', script)).toMatchInlineSnapshot(`
      {
        "argv": [
          "/home/ü/my env/bin/python",
          "/opt/heat line/python/heatline/__main__.py",
          "run",
          "--engine",
          "hybrid",
          "--output",
          "/tmp/ü b/out.raw",
          "--rate",
          "200",
          "--",
          "/tmp/ü b/app.py",
          "--x",
          "a b",
        ],
        "cwd": "/tmp/ü b",
        "env": {
          "A": "1",
        },
        "format": "pprof",
        "output": "/tmp/ü b/out.raw",
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
  });

  test('sampler, a module, with rate and duration', () => {
    expect(plan('sampler', module, { rateHz: 500, durationSeconds: 2.5 }).argv).toMatchInlineSnapshot(`
      [
        "/home/ü/my env/bin/python",
        "/opt/heat line/python/heatline/__main__.py",
        "run",
        "--engine",
        "sampler",
        "--output",
        "/tmp/ü b/out.raw",
        "--rate",
        "500",
        "--duration",
        "2.5",
        "--",
        "-m",
        "pytest",
        "-q",
      ]
    `);
  });

  test('cprofile, a command with interpreter options', () => {
    expect(plan('cprofile', command('python3.11', '-X', 'dev', '-u', '-mhttp.server', '8000'))).toMatchInlineSnapshot(`
      {
        "argv": [
          "python3.11",
          "-X",
          "dev",
          "-u",
          "/opt/heat line/python/heatline/__main__.py",
          "run",
          "--engine",
          "cprofile",
          "--output",
          "/tmp/ü b/out.raw",
          "--",
          "-m",
          "http.server",
          "8000",
        ],
        "cwd": "/tmp",
        "env": {},
        "format": "pstats",
        "output": "/tmp/ü b/out.raw",
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
  });

  test('py-spy, a script', () => {
    expect(plan('py-spy', script, { rateHz: 50, durationSeconds: 1.4, subprocesses: true, native: true })).toMatchInlineSnapshot(`
      {
        "argv": [
          "/home/ü/my env/bin/python",
          "/opt/heat line/python/heatline/__main__.py",
          "run",
          "--engine",
          "py-spy",
          "--output",
          "/tmp/ü b/out.raw",
          "--tool",
          "py-spy",
          "--rate",
          "50",
          "--duration",
          "1.4",
          "--subprocesses",
          "--native",
          "--",
          "/tmp/ü b/app.py",
          "--x",
          "a b",
        ],
        "cwd": "/tmp/ü b",
        "env": {
          "A": "1",
        },
        "format": "pyspy-raw",
        "output": "/tmp/ü b/out.raw",
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
  });

  test('py-spy, a command that is no interpreter keeps its words and reports no status', () => {
    const made = plan('py-spy', command('pytest', '-q'), { gil: true, idle: true });
    expect(made.argv).toMatchInlineSnapshot(`
      [
        "py-spy",
        "record",
        "-f",
        "raw",
        "-t",
        "-r",
        "100",
        "--full-filenames",
        "-o",
        "/tmp/ü b/out.raw",
        "-g",
        "-i",
        "--",
        "pytest",
        "-q",
      ]
    `);
    expect(made.statusFile).toBeUndefined();
  });

  test('py-spy, a script on Windows: nothing can be started beside it there', () => {
    const pySpy = engines.find((each) => each.id === 'py-spy')!;
    const made = pySpy.plan(script, { ...environment, platform: 'win32' }, { output: '/tmp/ü b/out.raw', rateHz: 50 });
    expect(made).toMatchObject({ toolAround: true, statusFile: '/tmp/ü b/out.raw.status' });
    expect(made.argv.slice(0, 12).join(' ')).toBe(
      'py-spy record -f raw -t -r 50 --full-filenames -o /tmp/ü b/out.raw -- /home/ü/my env/bin/python',
    );
  });

  test('py-spy, a process that runs already', () => {
    const made = plan('py-spy', { kind: 'process', pid: 4711, cwd: '/tmp', env: {} }, { durationSeconds: 30, idle: true });
    expect(made).toMatchObject({ attached: true, format: 'pyspy-raw', cwd: '/tmp' });
    expect(made.statusFile).toBeUndefined();
    expect(made.argv.join(' ')).toBe('py-spy record -f raw -t -r 100 --full-filenames -o /tmp/ü b/out.raw -d 30 -i -p 4711');
  });

  test('sampler, a process that runs already, by its own Python', () => {
    expect(() => plan('sampler', running)).toThrow('The engine sampler joins programs of CPython 3.14 and newer, and this one is 3.12');
    const sampler = engines.find((each) => each.id === 'sampler')!;
    const made = sampler.plan(
      running,
      { ...environment, pythonVersion: [3, 14, 2] },
      { output: '/tmp/out', rateHz: 50, durationSeconds: 3 },
    );
    expect(made).toMatchObject({ attached: true, format: 'pprof' });
    const entry = join(environment.pythonPackage, 'heatline', '__main__.py');
    expect(made.argv.join(' ')).toBe(`${environment.python} -I ${entry} join --pid 4711 --output /tmp/out --rate 50 --duration 3`);
  });

  test('who cannot join a running program says so', () => {
    const target = { kind: 'process', pid: 4711, cwd: '/tmp', env: {} } as const;
    for (const engine of engines.filter((each) => !each.attaches)) expect(() => plan(engine.id, target)).toThrow(/runs already/);
  });

  test('planning is pure', () => {
    for (const engine of engines) expect(plan(engine.id, script)).toEqual(plan(engine.id, script));
  });

  test('py-spy is stopped by the signal on which it writes; every sequence ends the process', () => {
    for (const engine of engines) {
      const { stop } = plan(engine.id, script);
      expect(stop[0]?.signal).toBe('SIGINT');
      expect(stop.at(-1)?.signal).toBe('SIGKILL');
    }
  });
});

describe('commands', () => {
  const split = (...argv: string[]) => pythonCommand(command(...argv), environment);

  test.each([
    [['python', 'a.py', '-x'], ['python'], ['a.py', '-x']],
    [['/usr/bin/python3.12', '-I', '-W', 'error', 'a.py'], ['/usr/bin/python3.12', '-I', '-W', 'error'], ['a.py']],
    [['C:\\Python\\python.exe', '-c', 'print()'], ['C:\\Python\\python.exe'], ['-c', 'print()']],
    [['pypy3.9', '-mmod', '-u'], ['pypy3.9'], ['-m', 'mod', '-u']],
    [['./tool.py', 'x'], ['/home/ü/my env/bin/python'], ['./tool.py', 'x']],
  ])('%j', (argv, interpreter, program) => {
    expect(split(...argv)).toEqual({ interpreter, program });
  });

  test.each([[['pytest']], [['bash', 'x.sh']], [['python-config', 'x']]])('%j is no interpreter', (argv) => {
    expect(() => split(...argv)).toThrow(/is not a Python program: .*py-spy.*perf/);
  });

  test('an interpreter without a program', () => {
    expect(() => split('python3', '-u')).toThrow(/needs a script/);
    expect(() => split()).toThrow(/no command/);
  });

  test('no interpreter at all', () => {
    const { python: _, ...none } = environment;
    expect(() => pythonCommand(script, none)).toThrow(/No Python interpreter/);
  });
});

describe('choice', () => {
  const choose = async (id: string, options = {}, target: Target = script, more: Partial<Environment> = {}) => {
    const { engine, reason } = await chooseEngine(id, target, { ...environment, ...more }, options);
    expect(reason.length).toBeGreaterThan(10);
    return engine.id;
  };

  test('auto goes by what is wanted', async () => {
    expect(await choose('auto')).toBe('hybrid');
    expect(await choose('auto', { want: 'counts' })).toBe('hybrid');
    expect(await choose('auto', { want: 'time' })).toBe('sampler');
    expect(await choose('auto', {}, command('python', '-m', 'uvicorn', 'app:app'))).toBe('sampler');
    expect(await choose('auto', {}, script, { implementation: 'pypy' })).toBe('cprofile');
  });

  test('by name', async () => {
    expect(await choose('cprofile')).toBe('cprofile');
    const ids = engines.map((each) => each.id).join(', ');
    await expect(choose('gdb')).rejects.toThrow(`There is no engine gdb; there are ${ids}.`);
  });

  test('a running program is joined by who can', async () => {
    await expect(choose('auto', {}, running)).rejects.toThrow('The engine py-spy cannot run: py-spy is not installed.');
    await expect(choose('cprofile', {}, running)).rejects.toThrow(
      /^The engine cprofile cannot join .*; sampler, tachyon, py-spy, austin, perf and memray can\.$/,
    );
  });

  test('a missing engine says how to get it', async () => {
    await expect(choose('py-spy')).rejects.toThrow('"/home/ü/my env/bin/python" -m pip install py-spy');
    await expect(choose('auto', { subprocesses: true })).rejects.toThrow('py-spy is not installed');
    await expect(choose('hybrid', {}, script, { pythonVersion: [3, 7, 2] })).rejects.toThrow('too old');
  });
});

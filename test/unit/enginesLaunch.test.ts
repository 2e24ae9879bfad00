import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchPlan } from '../../src/engines/engine.js';
import { engines, finishRun, launch, probeEnvironment } from '../../src/engines/index.js';

const pythonPackage = resolve(import.meta.dirname, '../../python');
let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline ü ')));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o755 });
  return file;
};

const planFor = async (engineId: string, program: string, name = 'out.bin'): Promise<LaunchPlan> => {
  const environment = await probeEnvironment({ pythonPackage });
  const target = { kind: 'script' as const, script: write('prögram x.py', program), args: [], cwd: folder, env: { HEAT: 'ü' } };
  return engines.find((each) => each.id === engineId)!.plan(target, environment, { output: join(folder, name) });
};

const untilReady = async (): Promise<void> => {
  while (!existsSync(join(folder, 'ready'))) await new Promise((done) => setTimeout(done, 20));
};

const quiet = { stdio: 'ignore', forwardSignals: false } as const;
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('launch', () => {
  test('each engine in the box leaves a recording and the program its status', async () => {
    for (const id of ['hybrid', 'sampler', 'cprofile']) {
      const plan = await planFor(id, 'import os, time\ntime.sleep(0.1)\nraise SystemExit(3 if os.environ["HEAT"] == "ü" else 4)\n');
      const result = await launch(plan, quiet);
      expect(result).toMatchObject({ output: plan.output, exitStatus: 3, rescued: false, stoppedBy: 'program', sentence: undefined });
      const head = readFileSync(plan.output).subarray(0, 2);
      expect(head[0]).toBe(id === 'cprofile' ? 0xfb : 0x1f);
      rmSync(plan.output);
    }
  });

  test('stopping keeps the recording and leaves no process', async () => {
    const plan = await planFor('hybrid', 'import time\nopen("ready", "w").close()\nwhile True: time.sleep(0.01)\n');
    const abort = new AbortController();
    let pid = 0;
    const run = launch(plan, { ...quiet, signal: abort.signal, onStart: (id) => (pid = id) });
    await untilReady();
    abort.abort();
    const result = await run;
    expect(result).toMatchObject({ output: plan.output, exitStatus: -2, stoppedBy: 'user' });
    expect(isAlive(pid)).toBe(false);
  });

  test('a program that ignores SIGINT is ended all the same', async () => {
    const text =
      'import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nopen("ready", "w").close()\nwhile True: time.sleep(0.01)\n';
    const plan = await planFor('sampler', text);
    const quick = { ...plan, stop: plan.stop.map((step) => ({ ...step, waitSeconds: 1 })) };
    const abort = new AbortController();
    const run = launch(quick, { ...quiet, signal: abort.signal });
    await untilReady();
    abort.abort();
    const result = await run;
    expect(result).toMatchObject({ output: plan.output, exitStatus: -15, stoppedBy: 'user' });
  });

  test('a killed program leaves its samples', async () => {
    const plan = await planFor('sampler', 'import os, signal, time\ntime.sleep(0.5)\nos.kill(os.getpid(), signal.SIGKILL)\n');
    const result = await launch(plan, quiet);
    if (process.platform !== 'linux') return;
    expect(result).toMatchObject({ exitStatus: -9, stoppedBy: 'signal' });
    expect(result.output).toBe(plan.output);
    expect(result.rescued).toBe(true);
    expect(result.sentence).toMatch(/^The program was killed by SIGKILL/);
    expect(readdirSync(folder).sort()).toEqual(['out.bin', 'prögram x.py']);
  });

  test('a folder that is not there, and a program that is not there, are one sentence each', async () => {
    const plan = await planFor('hybrid', 'pass\n');
    await expect(launch({ ...plan, output: join(folder, 'no', 'x') }, quiet)).rejects.toThrow(/^Cannot write a recording into .*\.$/);
    await expect(launch({ ...plan, argv: [join(folder, 'nothing')] }, quiet)).rejects.toThrow(/is not there/);
    await expect(launch({ ...plan, cwd: join(folder, 'nowhere') }, quiet)).rejects.toThrow(/working directory/);
  });
});

describe('finishRun', () => {
  const plan = (more: Partial<LaunchPlan> = {}): LaunchPlan => ({
    argv: ['python', join(folder, 'heatline', '__main__.py')],
    cwd: folder,
    env: {},
    output: join(folder, 'o.raw'),
    format: 'pprof',
    stop: [],
    ...more,
  });

  test('nothing recorded, an empty file, leftovers', async () => {
    write('o.raw', '');
    write('o.raw.tmp-12', 'half');
    write('o.raw.part.tmp-12', 'half');
    const result = await finishRun(plan(), { exitCode: 1 });
    expect(result).toEqual({
      output: undefined,
      exitStatus: 1,
      rescued: false,
      sentence: 'Nothing was recorded: the program ended with status 1.',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a checkpoint is rescued, a whole recording goes before it', async () => {
    write('o.raw.part', 'checkpoint');
    expect(await finishRun(plan(), { exitCode: null, signal: 'SIGKILL' })).toMatchObject({
      output: join(folder, 'o.raw'),
      exitStatus: -9,
      rescued: true,
    });
    write('o.raw.part', 'older');
    expect(await finishRun(plan(), { exitCode: 0 })).toMatchObject({ rescued: false, exitStatus: 0 });
    expect(readFileSync(join(folder, 'o.raw'), 'utf8')).toBe('checkpoint');
    expect(existsSync(join(folder, 'o.raw.part'))).toBe(false);
  });

  test("the program's own status comes from the status file", async () => {
    const statusFile = join(folder, 's.json');
    write('o.raw', 'x 1\n');
    write('s.json', '{"exitStatus": 3}\n');
    expect((await finishRun(plan({ statusFile }), { exitCode: 0 })).exitStatus).toBe(3);
    expect(existsSync(statusFile)).toBe(false);
    expect((await finishRun(plan({ statusFile }), { exitCode: 0 })).exitStatus).toBe(null);
    write('s.json', '{"exitStat');
    expect((await finishRun(plan({ statusFile }), { exitCode: 4 })).exitStatus).toBe(4);
  });

  test('frames of our runner leave py-spy’s stacks, and no others', async () => {
    const ours = join(folder, 'heatline');
    mkdirSync(ours);
    const raw = [
      `thread (7): Main;x;<module> (${ours}/__main__.py:36);main (${ours}/command.py:80);run (${ours}/runner.py:170);<module> (/a b/heatline/app.py:1);f (/a b/heatline/app.py:2) 12`,
      `thread (7): Main;x;<module> (${ours}/__main__.py:36);_load (${ours}/__main__.py:20);_find (<frozen importlib._bootstrap>:1) 3`,
      'thread (8): w;run (/lib/threading.py:5) 4',
    ];
    write('o.raw', `${raw.join('\n')}\n`);
    await finishRun(plan({ format: 'pyspy-raw' }), { exitCode: 0 });
    expect(readFileSync(join(folder, 'o.raw'), 'utf8').split('\n')).toEqual([
      'thread (7): Main;x;<module> (/a b/heatline/app.py:1);f (/a b/heatline/app.py:2) 12',
      'thread (7): Main;x;_find (<frozen importlib._bootstrap>:1) 3',
      'thread (8): w;run (/lib/threading.py:5) 4',
      '',
    ]);
  });
});

describe('probeEnvironment', () => {
  test('tells what the interpreter on PATH is', async () => {
    const found = await probeEnvironment({ pythonPackage });
    expect(found.pythonVersion?.[0]).toBe(3);
    expect(['cpython', 'pypy']).toContain(found.implementation);
    expect(found.scripts).toBeTruthy();
  });

  test('an interpreter under a path with spaces and ü, that chatters', async () => {
    const real = (await probeEnvironment({ pythonPackage })).python!;
    mkdirSync(join(folder, 'bin'));
    const python = write('bin/python3', `#!/bin/sh\necho hello\nexec "${real}" "$@"\n`);
    const found = await probeEnvironment({ pythonPackage, path: `relative${delimiter}${join(folder, 'bin')}` });
    expect(found.python).toBe(python);
    expect(found.pythonVersion?.[0]).toBe(3);
  });

  test.each([
    ['missing', (): string => join(folder, 'none'), /is not there or may not be run/],
    ['a name that is nowhere', (): string => 'python-nowhere', /python-nowhere was not found on PATH/],
    ['a folder', (): string => folder, /is not there or may not be run/],
    ['broken', (): string => write('broken', '#!/bin/sh\necho oh no >&2\nexit 3\n'), /does not work: oh no/],
    ['another program', (): string => write('other', '#!/bin/sh\necho hi\n'), /does not work/],
    ['hanging', (): string => write('hangs', '#!/bin/sh\nexec sleep 60\n'), /did not answer within 1 s/],
  ])('%s', async (_, make, message) => {
    await expect(probeEnvironment({ python: make(), pythonPackage, timeoutSeconds: 1 })).rejects.toThrow(message);
  });

  test('nothing on PATH', async () => {
    await expect(probeEnvironment({ pythonPackage, path: folder })).rejects.toThrow(/No Python interpreter was found on PATH/);
  });
});

describe('py-spy', () => {
  test('is found in the interpreter’s scripts or on PATH', async () => {
    mkdirSync(join(folder, 'bin'));
    symlinkSync(process.execPath, join(folder, 'bin', 'py-spy'));
    const base = { platform: process.platform, pythonPackage, implementation: 'cpython', python: '/x/python', path: '' };
    const pySpy = engines.find((each) => each.id === 'py-spy')!;
    expect(await pySpy.probe({ ...base, scripts: join(folder, 'bin') })).toMatchObject({
      state: 'found',
      executable: join(folder, 'bin', 'py-spy'),
    });
    expect(await pySpy.probe({ ...base, path: join(folder, 'bin') })).toMatchObject({ state: 'found' });
    expect(await pySpy.probe(base)).toEqual({
      state: 'missing',
      reason: 'py-spy is not installed',
      fix: '/x/python -m pip install py-spy',
      install: { python: '/x/python', what: 'py-spy' },
    });
  });
});

test('finishRun takes what a task terminal ran, when it was closed', async () => {
  const plan = await planFor('sampler', 'import time\nopen("ready", "w").close()\nwhile True: time.sleep(0.01)\n');
  const child = spawn(plan.argv[0]!, plan.argv.slice(1), { cwd: folder, stdio: 'ignore' });
  await untilReady();
  const ended = new Promise((done) => child.once('exit', (_, signal) => done(signal)));
  child.kill('SIGHUP');
  expect(await ended).toBe('SIGHUP');
  expect(await finishRun(plan, { exitCode: null, signal: 'SIGHUP' })).toMatchObject({
    output: plan.output,
    exitStatus: -1,
    rescued: false,
  });
});

test('a tool that has gone is told, and leaves no file', async () => {
  const output = join(folder, 'gone');
  const plan = { argv: ['/no/such/tool', '-x'], cwd: folder, env: {}, output, format: 'pyspy-raw', stop: [], attached: true };
  await expect(launch(plan, { forwardSignals: false })).rejects.toThrow('/no/such/tool is not there, or may not be run.');
  expect(existsSync(`${output}.said`)).toBe(false);
});

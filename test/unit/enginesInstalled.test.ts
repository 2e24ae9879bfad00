// Profilers out of the user's environment, by their real selves: the set-up of the tests installs them (test/rig/profilers.ts).
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment, Target } from '../../src/engines/engine.js';
import { chooseEngine, launch, probeEnvironment } from '../../src/engines/index.js';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';
import { tellEngine } from './engineVersions.js';
import { engineOf, ids } from './installedEngines.js';

const { folder, json, heatline } = cliKit();
const pythonPackage = resolve(import.meta.dirname, '../../python');

/** The profilers' interpreter; in CI it must be there. */
async function find(): Promise<Environment | undefined> {
  const python = profilersPython();
  if (!existsSync(python)) {
    if (process.env.CI) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);
    return undefined;
  }
  return probeEnvironment({ python, pythonPackage });
}
const found = await find();

const write = (name: string, ...lines: readonly string[]): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};

describe('what is missing', () => {
  test.skipIf(!found)('a profiler that is not installed, too old, or not as we know it', async () => {
    const venv = join(folder, 'empty');
    execFileSync(found!.python!, ['-m', 'venv', '--without-pip', venv]);
    const python = join(venv, 'bin', 'python');
    const empty = await probeEnvironment({ python, pythonPackage });
    const target: Target = { kind: 'script', script: '/w/a.py', args: [], cwd: '/w', env: {} };
    const choose = (id: string) => chooseEngine(id, target, empty, {});
    for (const id of ids) {
      const name = id === 'line-profiler' ? 'line_profiler' : id;
      await expect(choose(id)).rejects.toThrow(
        `The engine ${id} cannot run: ${name} is not installed for this Python. "${python}" -m pip install ${name}`,
      );
    }
    const site = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();
    const version = (text: string) => {
      mkdirSync(join(site, 'yappi.dist-info'), { recursive: true });
      writeFileSync(join(site, 'yappi.dist-info', 'METADATA'), `Metadata-Version: 2.1\nName: yappi\nVersion: ${text}\n`);
    };
    version('1.3.2');
    await expect(choose('yappi')).rejects.toThrow(
      /: yappi 1\.3\.2 is too old, 1\.4 or newer is needed\. ".*" -m pip install --upgrade yappi$/,
    );
    version('9.0');
    writeFileSync(join(site, 'yappi.py'), '__version__ = "9.0"\n');
    const script = write('nothing.py', 'print("ran")');
    const ran = heatline('record', '--engine', 'yappi', '-o', 'n.pb.gz', '--', python, script);
    expect(ran.stderr).toMatch(
      /^heatline: the installed yappi 9\.0 is not as Heatline knows it \(.*set_clock_type.*\): take another version/,
    );
    expect(ran.stdout).toBe('');
    expect(ran.status).toBe(4);
  });
});

/** What a program prints and ends with, under an engine or plainly; our own lines on stderr left out. */
function run(id: string | undefined, words: readonly string[], options: readonly string[] = []) {
  const recorder = [join(pythonPackage, 'heatline', '__main__.py'), 'run', '--engine', id ?? '', '--output', join(folder, 'run.out')];
  const argv = id === undefined ? words : [...recorder, ...options, '--', ...words];
  const ran: SpawnSyncReturns<string> = spawnSync(found!.python!, argv, {
    cwd: folder,
    encoding: 'utf8',
    input: 'in\nput',
    timeout: 300_000,
  });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr.replace(/^heatline: .*\n/gm, '') };
}

const hot = [
  'import subprocess, sys, threading, time',
  'def hot(seconds):',
  '    total, end = 0, time.perf_counter() + seconds',
  '    while time.perf_counter() < end:',
  '        for each in range(2000):',
  '            total += each * each % 7',
  '    return total',
  'def fib(n):',
  '    return n if n < 2 else fib(n - 1) + fib(n - 2)',
  'def wait():',
  '    time.sleep(0.5)',
  'def work():',
  '    hot(0.5)',
];

/** Work by amount instead of time: a busy machine takes longer for it, and samplers see it on any. */
const much = ['def much(n):', '    total = 0', '    for each in range(n):', '        total += each * each % 7', '    return total'];

describe.skipIf(!found)('with the real profilers', () => {
  for (const id of ids) {
    describe(id, async () => {
      const available = await engineOf(id).probe(found!);
      test('is found, with its version', () => {
        expect(available).toMatchObject({ state: 'found', detail: expect.stringMatching(/^\w+ \d+\.\d+\S*, for cpython 3\.\d+\.\d+$/) });
      });
      tellEngine(id, available.state === 'found' ? available.detail : available.reason);

      test('the program is the same program', () => {
        write('päckage/__init__.py');
        write('päckage/__main__.py', 'import sys', 'print(sys.argv[1:], sys.path[0], __name__, __package__)', 'sys.exit(7)');
        write('päckage/ends.py', 'import os', 'print("x", flush=True)', 'os._exit(11)');
        const script = write(
          'own path/mäin.py',
          'import sys, threading',
          'thread = threading.Thread(target=lambda: print("thread", flush=True))',
          'thread.start(); thread.join()',
          'print(sys.argv, sys.path[0], __name__, __file__, sys.executable, sys.stdin.read())',
          'print([name for name in sys.modules if "heatline" in name], sys.modules["__main__"].__dict__ is globals())',
          'def fail():',
          '    raise ValueError("ü")',
          'fail()',
        );
        for (const words of [
          [script, 'a b', '--rate'],
          ['-m', 'päckage', 'x'],
          ['-m', 'päckage.ends'],
          ['-c', 'import sys; sys.exit("words")'],
        ]) {
          expect(run(id, words)).toEqual(run(undefined, words));
        }
      });

      test('a program that is stopped leaves its recording', async () => {
        const script = write('stop.py', ...hot, ...much, 'much(3_000_000)', 'hot(0.5)', 'open("ready", "w").close()', 'hot(90)');
        const output = join(folder, 'stopped.out');
        const abort = new AbortController();
        const plan = engineOf(id).plan({ kind: 'script', script, args: [], cwd: folder, env: {} }, found!, { output });
        const running = launch(plan, { stdio: 'ignore', forwardSignals: false, signal: abort.signal });
        while (!existsSync(join(folder, 'ready'))) await new Promise((done) => setTimeout(done, 20));
        rmSync(join(folder, 'ready'));
        abort.abort();
        expect(await running).toMatchObject({ output, exitStatus: -2, stoppedBy: 'user' });
        const [first] = json('top', output).functions;
        expect(first.file).toBe(script);
        expect(['much', 'hot']).toContain(first.name);
      });

      test('a limited recording ends, and the program runs on', () => {
        const script = write(
          'limit.py',
          ...hot,
          'def late():',
          '    hot(0.3)',
          '    print("done")',
          'hot(0.4)',
          'time.sleep(2.5)',
          'late()',
          'sys.exit(3)',
        );
        rmSync(join(folder, 'run.out'), { force: true });
        expect(run(id, [script], ['--duration', '1'])).toEqual({ status: 3, stdout: 'done\n', stderr: '' });
        const seen = existsSync(join(folder, 'run.out')) || id !== 'scalene' ? json('top', '-n', '0', 'run.out').functions : [];
        const names = seen.map(({ name }: { name: string }) => name);
        // Scalene may get no look at it in so short a time on a busy machine.
        if (id !== 'scalene') expect(names).toContain('hot');
        expect(names).not.toContain('late');
      });
    });
  }

  const main = [
    ...hot,
    'thread = threading.Thread(target=work, name="wörker")',
    'thread.start()',
    'wait()',
    'thread.join()',
    'hot(1)',
    'fib(12)',
    'subprocess.run([sys.executable, "child.py"], check=True)',
  ];
  main.push(...much);
  /** Records the program and returns the profiler's own file. */
  const record = (id: string, ...options: readonly string[]): string => {
    write('child.py', 'def in_child():', '    return sum(each * each for each in range(5000))', 'print(in_child(), flush=True)');
    const output = join(folder, 'run.out');
    rmSync(output, { force: true });
    expect(run(id, [write('main.py', ...main, ...(id === 'scalene' ? ['much(6_000_000)'] : []))], options)).toEqual({
      status: 0,
      stdout: '41654167500\n',
      stderr: '',
    });
    return output;
  };
  const python = (...words: readonly string[]): string =>
    execFileSync(found!.python!, words, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  interface Row {
    readonly name: string;
    readonly file: string;
    readonly self: number;
    readonly total: number;
    readonly calls: number;
  }
  /** The functions of the program's own files by name, as we read them. */
  const top = (file: string, ...options: readonly string[]): Map<string, Row> => {
    const rows: readonly Row[] = json('top', '-n', '0', ...options, file).functions;
    return new Map(rows.filter((row) => dirname(row.file) === folder).map((row) => [row.name, row]));
  };

  test('line_profiler: hits and times of every line, as it reports them itself', () => {
    const output = record('line-profiler');
    const { lines } = json('lines', '-n', '0', output).files.find(({ file }: { file: string }) => file.endsWith('main.py'));
    const ours = new Map<number, { self: number; calls: number }>(lines.map((row: { line: number }) => [row.line, row]));
    const report = python('-m', 'line_profiler', '-u', '1e-9', output);
    const rows = [...report.matchAll(/^ *(\d+) +(\d+) +([\d.e+]+) +[\d.e+]+ +[\d.]+ /gm)].map(([, line, hits, time]) =>
      [line, hits, time].map(Number),
    );
    expect(rows.length).toBeGreaterThan(7);
    for (const [line, hits, time] of rows) {
      expect(ours.get(line!)?.calls, `hits of line ${line}`).toBe(hits);
      expect(Math.abs(ours.get(line!)!.self - time!)).toBeLessThanOrEqual(1e-3 * time! + 100);
    }
    // One call in the main thread and one in the other.
    expect(ours.get(7)!.calls).toBe(2);
    expect(ours.get(9)!.calls).toBe(465);
    expect(ours.get(11)!.self).toBeGreaterThan(0.45e9);
    const inHot = [3, 4, 5, 6, 7].reduce((sum, line) => sum + ours.get(line)!.self, 0);
    expect((ours.get(5)!.self + ours.get(6)!.self) / inHot).toBeGreaterThan(0.6);
  });

  test('line_profiler: the functions that are named, and no others', () => {
    const output = record('line-profiler', '--only', '^(wait|fib)$');
    expect([...top(output).keys()].sort()).toEqual(['fib', 'wait']);
    expect(run('line-profiler', ['-c', 'pass'], ['--only', '(']).status).toBe(2);
  });

  test('pyinstrument: functions of the main thread, as it reports them itself', () => {
    const output = record('pyinstrument', '--rate', '1000');
    interface Frame {
      readonly function: string;
      readonly file_path: string;
      readonly time: number;
      readonly children: readonly Frame[];
    }
    const total = (frame: Frame, name: string): number =>
      frame.function === name && frame.file_path.endsWith('main.py')
        ? frame.time
        : frame.children.reduce((sum, child) => sum + total(child, name), 0);
    const root: Frame = JSON.parse(python('-m', 'pyinstrument', '--load', output, '-r', 'json', '--show-all')).root_frame;
    const functions = top(output, '--value', 'wall');
    for (const name of ['hot', 'wait', '<module>']) {
      expect(functions.get(name)!.total / 1e9).toBeCloseTo(total(root, name), 3);
    }
    expect(functions.get('hot')!.self / functions.get('<module>')!.total).toBeGreaterThan(0.2);
    expect(functions.get('wait')!.total).toBeGreaterThan(0.4e9);
    expect(functions.has('work')).toBe(false);
    expect(readFileSync(output, 'utf8')).not.toContain('heatline/runner.py');
  });

  test('Scalene: time of every line, as it reports them itself', () => {
    const output = record('scalene', '--rate', '200');
    const report = JSON.parse(readFileSync(output, 'utf8'));
    const [file] = Object.keys(report.files);
    expect(file).toBe(join(folder, 'main.py'));
    const { lines } = json('lines', '-n', '0', output).files[0];
    const ours = new Map<number, { self: number }>(lines.map((row: { line: number }) => [row.line, row]));
    for (const row of report.files[file!].lines) {
      const percent = row.n_cpu_percent_python + row.n_cpu_percent_c + row.n_sys_percent;
      expect(ours.get(row.lineno)?.self ?? 0).toBeCloseTo((percent / 100) * report.elapsed_time_sec * 1e9, -2);
    }
    const [first] = main.flatMap((line, at) => (line.startsWith('def much') ? [at + 1] : []));
    const inLoops = [5, 6, first! + 2, first! + 3].reduce((sum, line) => sum + (ours.get(line)?.self ?? 0), 0);
    expect(inLoops / [...ours.values()].reduce((sum, { self }) => sum + self, 0)).toBeGreaterThan(0.4);
  });

  interface Named {
    readonly args: { readonly name: string };
  }
  test('viztracer: every call of every thread, and of child processes when asked', () => {
    const output = record('viztracer');
    const { traceEvents } = JSON.parse(readFileSync(output, 'utf8'));
    const calls = (name: string): readonly { readonly dur: number; readonly tid: number }[] =>
      traceEvents.filter(
        (event: { ph: string; name: string }) => event.ph === 'X' && event.name.startsWith(`${name} (${join(folder, 'main.py')}`),
      );
    const functions = top(output);
    expect(calls('hot').length).toBe(2);
    expect(new Set(calls('hot').map(({ tid }) => tid)).size).toBe(2);
    expect(calls('fib').length).toBe(465);
    for (const name of ['hot', 'wait']) {
      expect(functions.get(name)!.total).toBeCloseTo(
        calls(name).reduce((sum, { dur }) => sum + dur, 0),
        0,
      );
    }
    expect(functions.get('hot')!.self / json('top', output).total).toBeGreaterThan(0.25);
    // Its name of a thread; from 3.12 on viztracer asks for it before the thread has told its own.
    const names = traceEvents.filter((event: { name: string }) => event.name === 'thread_name').map((event: Named) => event.args.name);
    expect(json('info', output).threads.sort()).toEqual(names.sort());
    expect(names).toHaveLength(2);
    expect([...functions.keys()].filter((name) => name === 'in_child')).toEqual([]);
    expect(readFileSync(output, 'utf8')).not.toMatch(/heatline\/|"builtins\.exec", "cat": "FEE"\}\], /);
    expect([...top(record('viztracer', '--subprocesses')).keys()]).toContain('in_child');
  });

  test('yappi: exact calls of every thread, as pstats reads them', () => {
    const output = record('yappi', '--mode', 'wall');
    const report = python(
      '-c',
      'import json, pstats, sys; print(json.dumps([[*key, *row[:4]] for key, row in pstats.Stats(sys.argv[1]).stats.items()]))',
      output,
    );
    const functions = top(output);
    for (const [, , name, primitive, calls, self, total] of JSON.parse(report).filter(([file]: string[]) => file!.endsWith('main.py'))) {
      expect(functions.get(name)).toMatchObject({ calls });
      expect(primitive).toBeLessThanOrEqual(calls);
      expect(functions.get(name)!.self).toBeCloseTo(self, 6);
      expect(functions.get(name)!.total).toBeCloseTo(total, 6);
    }
    expect(functions.get('fib')!.calls).toBe(465);
    expect(functions.get('hot')!.calls).toBe(2);
    expect(functions.get('wait')!.total).toBeGreaterThan(0.45);
    expect(report).not.toContain('heatline/');
    // By CPU time the wait is nothing.
    const cpu = top(record('yappi'));
    expect(cpu.get('wait')!.total).toBeLessThan(0.2);
    expect(cpu.get('hot')!.self).toBeGreaterThan(5 * cpu.get('wait')!.total);
  });

  test('a killed program leaves nothing, and one sentence', () => {
    const script = write('killed.py', 'import os, signal', 'os.kill(os.getpid(), signal.SIGKILL)');
    const ran = heatline('record', '--engine', 'yappi', '-o', 'k.pb.gz', '--', found!.python!, script);
    expect(ran).toEqual({ status: 137, stdout: '', stderr: 'heatline: Nothing was recorded: the program was killed by SIGKILL.\n' });
  });
});

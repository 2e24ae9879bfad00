// Recordings of tests: which test a sample belongs to, and pytest-xdist's workers in one recording. The judges are what the tests
// wrote down of themselves, go tool pprof and pstats.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { labelFilter, labelFilterText } from '../../src/core/model/labelText.js';
import { labelTotals } from '../../src/core/model/labelTotals.js';
import type { Environment, Target } from '../../src/engines/engine.js';
import { chooseEngine } from '../../src/engines/index.js';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';
import { goPprof, judge } from './goJudge.js';

const { folder, run, start, files } = cliKit();
const python = profilersPython();
const missing = !existsSync(python);
if (missing && process.env.CI) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);

/** Seconds of CPU time that each test uses, on top of what pytest does around it. */
const USES = { test_short: 0.2, test_long: 0.6, 'test_param[a,b]': 0.3, test_fails: 0.2, 'TestGroup::test_in_class': 0.3 } as const;

const text = `import json, os, sys, threading, time, unittest
import pytest

def step():
    return sum(n * n for n in range(200))

def busy(what, seconds):
    began = time.thread_time()
    steps = 0
    while time.thread_time() - began < seconds:
        step()
        steps += 1
    with open("used.txt", "a") as file:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        print(json.dumps([worker, what, time.thread_time() - began, steps, time.time()]), file=file)

def test_short():
    busy("test_short", 0.2)

def test_long():
    busy("test_long", 0.6)

@pytest.mark.parametrize("what", ["a,b"])
def test_param(what):
    busy("test_param[a,b]", 0.3)

def test_fails():
    busy("test_fails", 0.2)
    assert "PYTEST_PLUGINS" in os.environ, (sys.argv[1:], sorted(each for each in sys.modules if "heatline" in each))

class TestGroup(unittest.TestCase):
    def test_in_class(self):
        busy("TestGroup::test_in_class", 0.3)

def test_waits():
    time.sleep(0.3)
`;

/** The same in a tenth of the time, where only counts matter or what was not recorded. */
const brief = text.replace('began < seconds:', 'began < seconds / 10:');

type Used = readonly [worker: string, test: string, seconds: number, steps: number, ended: number];

/** Records the tests; what they used, in the order of their ends. */
async function record(options: readonly string[], words: readonly string[], output = 'tests.pb.gz', tests = text) {
  writeFileSync(join(folder, 'test_them.py'), tests);
  rmSync(join(folder, 'used.txt'), { force: true });
  const ran = await start(['record', ...options, '-o', output, '--', python, ...words]);
  const lines = existsSync(join(folder, 'used.txt')) ? readFileSync(join(folder, 'used.txt'), 'utf8').trim().split('\n') : [];
  const left = readdirSync(folder).filter((name) => name.includes('.w-'));
  expect(left).toEqual([]);
  return { ...ran, used: lines.filter(Boolean).map((line) => JSON.parse(line) as Used), path: join(folder, output) };
}

/** Sums of a label by `go tool pprof -tags`, in nanoseconds. */
function tagsOf(path: string, type: string, key: string): Record<string, number> {
  const said = goPprof(['-tags', '-unit=ns', `-sample_index=${type}`, path]);
  const block = said.split(/\n(?= *\S+: Total)/).find((part) => part.trimStart().startsWith(`${key}:`)) ?? '';
  const rows = [...block.matchAll(/^\s*([\d.]+)(?:ns)? \(\s*[\d.e-]+%\): (.*)$/gm)];
  return Object.fromEntries(rows.map(([, figure, value]) => [value!, Number(figure)]));
}

const NS = 1e9;
/** Samples of CPU time are off by less than this: a few ticks of 5 ms, and a tenth. */
const near = (seconds: number, expected: number) => Math.abs(seconds - expected) < 0.04 + 0.1 * expected;

describe.skipIf(missing)('time per test', () => {
  test.each([['auto'], ['hybrid']])('pytest, engine %s: each sample knows its test, the judge sums them up', async (engine) => {
    const { status, stdout, stderr, used, path } = await record(['--per-test', '--engine', engine], ['-m', 'pytest', '-q', 'test_them.py']);
    expect(status, stderr).toBe(1);
    expect(stdout).toContain('1 failed, 5 passed');
    // Nothing of ours is seen by the program.
    expect(stdout).toContain("(['-q', 'test_them.py'], [])");
    const cpu = tagsOf(path, 'cpu', 'test');
    const functions = (name: string) =>
      judge(path, 'cpu', 'ns', '-functions', [`-tagfocus=${labelFilter('test', `test_them.py::${name}`)}`]).rows;
    expect(used.map(([, name]) => name).sort()).toEqual(Object.keys(USES).sort());
    for (const [, name, seconds] of used) {
      const busy = Object.entries(functions(name)).find(([key]) => /^busy\b/.test(key))![1][1] / NS;
      expect(near(busy, seconds), `${name}: ${busy} of ${seconds}`).toBe(true);
      expect(cpu[`test_them.py::${name}`]! / NS).toBeGreaterThanOrEqual(busy);
    }
    expect(tagsOf(path, 'wall', 'test')['test_them.py::test_waits']! / NS).toBeGreaterThan(0.28);
  });

  test('our own sums and filters are the judge’s', async () => {
    const path = join(folder, 'tests.pb.gz');
    const profile = await readProfile(fileSource(path));
    const type = profile.sampleTypes.findIndex((one) => one.type === 'wall');
    const sums = labelTotals(profile, { type }, 'test');
    expect(Object.fromEntries(sums.map(({ value, total }) => [value, total]))).toEqual(tagsOf(path, 'wall', 'test'));
    expect(sums.map(({ total }) => total)).toEqual(sums.map(({ total }) => total).toSorted((a, b) => b - a));
    for (const { value, total } of sums) {
      const { total: filtered } = JSON.parse(
        run(['top', path, '--label', labelFilter('test', value), '--value', 'wall', '--json']).stdout,
      ) as { total: number };
      expect(filtered, value).toBe(total);
    }
    const focused = labelTotals(profile, { type, focus: '^step$' }, 'test');
    expect(focused.map(({ value }) => value)).not.toContain('test_them.py::test_waits');
    expect(labelTotals(profile, { type }, 'nothing')).toEqual([]);
  });

  test('unittest: names as unittest has them', async () => {
    const { status, path } = await record(['--per-test'], ['-m', 'unittest', 'test_them']);
    expect(status).toBe(0);
    const tests = tagsOf(path, 'cpu', 'test');
    expect(Object.keys(tests)).toEqual(['test_them.TestGroup.test_in_class']);
    expect(near(tests['test_them.TestGroup.test_in_class']! / NS, 0.3)).toBe(true);
  });

  test('a program without tests says so; engines that cannot tell refuse', async () => {
    writeFileSync(join(folder, 'plain.py'), 'sum(range(3_000_000))\n');
    const { path } = await record(['--per-test'], ['plain.py']);
    expect(run(['info', path]).stdout).toContain('no test of pytest or unittest ran, so no sample is labelled with one');
    const refused = run(['record', '--per-test', '--engine', 'cprofile', '--', python, 'plain.py']);
    expect(refused.stderr).toBe('heatline: --per-test is for the engines sampler and hybrid, not for cprofile\n');
    expect(refused.status).toBe(2);
  });

  test('filters are read as people wrote the names', () => {
    const name = 'a/test_x.py::test[1.5,(b)|\\d]';
    expect(labelFilterText(labelFilter('test', name))).toBe(`test is ${name}`);
    expect(labelFilterText('tenant=acme')).toBe('tenant=acme');
    expect(new RegExp(labelFilter('test', name).slice('test='.length)).test(name)).toBe(true);
    expect(labelFilter('test', name)).not.toContain(',');
  });
});

test('who knows the test that runs: the sampler by itself, others only where they can', async () => {
  const environment: Environment = {
    platform: 'linux',
    python: '/usr/bin/python3',
    pythonVersion: [3, 15, 0],
    implementation: 'cpython',
    path: '',
    pythonPackage: '/opt/python',
  };
  const target: Target = { kind: 'module', module: 'pytest', args: ['-q'], cwd: '/w', env: {} };
  const options = { output: '/t/o', perTest: true, want: 'time' } as const;
  const { engine, reason } = await chooseEngine('auto', target, environment, options);
  expect([engine.id, reason]).toEqual(['sampler', 'time per test is wanted, and the sampler in the box knows which one runs']);
  expect(engine.plan(target, environment, options).argv.join(' ')).toBe(
    '/usr/bin/python3 /opt/python/heatline/__main__.py run --engine sampler --output /t/o --rate 200 --per-test -- -m pytest -q',
  );
  const go: Target = { kind: 'command', argv: ['go', 'test'], cwd: '/w', env: {}, language: 'go' };
  await expect(chooseEngine('auto', go, environment, options)).rejects.toThrow('--per-test is for Python tests that are started');
  await expect(chooseEngine('tachyon', target, environment, options)).rejects.toThrow('engines sampler and hybrid, not for tachyon');
});

describe.skipIf(missing)('workers of pytest-xdist', () => {
  const words = ['-m', 'pytest', '-q', '-n2', 'test_them.py'];

  test.each([
    ['hybrid', []],
    ['sampler', ['--per-test']],
  ] as const)('engine %s %s: each worker’s figures are what it did', async (engine, options) => {
    const { status, stdout, stderr, used, path } = await record(['--engine', engine, ...options], words);
    expect(status, stderr).toBe(1);
    expect(stdout).toContain('1 failed, 5 passed');
    const workers = Object.keys(tagsOf(path, 'wall', 'process')).sort();
    expect(workers).toEqual(['controller', 'gw0', 'gw1']);
    for (const worker of ['gw0', 'gw1']) {
      const did = used.filter(([by]) => by === worker);
      const seconds = did.reduce((sum, [, , each]) => sum + each, 0);
      const { rows } = judge(path, 'cpu', 'ns', '-functions', [`-tagfocus=process=${worker}`]);
      const busy = (Object.entries(rows).find(([key]) => /^busy\b/.test(key))?.[1][1] ?? 0) / NS;
      expect(near(busy, seconds), `${worker}: ${busy} of ${seconds}`).toBe(true);
    }
    const info = JSON.parse(run(['info', path, '--json']).stdout) as { threads: string[]; timeNanos: string };
    const { threads } = info;
    // All processes go by one clock: the last part of a test is where the test says that it was.
    const [worker, , , , ended] = used.find(([, name]) => name === 'test_long')!;
    const to = ended - Number(BigInt(info.timeNanos) / 1_000_000n) / 1000 - 0.1;
    const part = ['--value', 'wall', '--thread', worker, '--from', String(to - 0.3), '--to', String(to)];
    const { functions } = JSON.parse(run(['top', path, '--json', '-n', '0', ...part]).stdout) as {
      functions: { name: string; total: number }[];
    };
    const inside = functions.find(({ name }) => name === 'busy')?.total ?? 0;
    expect(inside / NS, `of ${part.join(' ')}`).toBeGreaterThan(0.2);
    expect(threads).toEqual(expect.arrayContaining(['controller', 'gw0', 'gw1']));
    expect(run(['info', path]).stdout).toContain('2 worker processes are in this recording');
    if (options.length > 0) {
      const tests = tagsOf(path, 'cpu', 'test');
      for (const [, name, seconds] of used) expect(tests[`test_them.py::${name}`]! / NS, name).toBeGreaterThan(0.85 * seconds - 0.04);
    }
    if (engine === 'hybrid') {
      const steps = used.reduce((sum, [, , , each]) => sum + each, 0);
      const { rows } = judge(path, 'calls', 'count', '-functions');
      expect(Object.entries(rows).find(([key]) => /^step(?![\w.])/.test(key))?.[1][0]).toBe(steps);
    }
  });

  test('cprofile: pstats reads the calls of all workers', async () => {
    const { used, path } = await record(['--engine', 'cprofile'], words, 'tests.prof', brief);
    const script = `import pstats; print([v[:2] for k, v in pstats.Stats(${JSON.stringify(path)}).stats.items() if k[2] == "step"])`;
    const steps = used.reduce((sum, [, , , each]) => sum + each, 0);
    expect(execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim()).toBe(`[(${steps}, ${steps})]`);
  });

  test('addopts ask for workers as well; a worker that is killed leaves its samples, and its successor has its own', async () => {
    writeFileSync(join(folder, 'pytest.ini'), '[pytest]\naddopts = -n2\n');
    writeFileSync(
      join(folder, 'test_dies.py'),
      `${text}\ndef test_dies():\n    busy("test_dies", 0.5)\n    os.kill(os.getpid(), 9)\n\ndef test_after():\n    busy("test_after", 0.3)\n`,
    );
    try {
      const { status, stdout, used, path } = await record(['--engine', 'sampler', '--per-test'], ['-m', 'pytest', '-q', 'test_dies.py']);
      expect(status).toBe(1);
      expect(stdout).toMatch(/worker 'gw\d' crashed/);
      const killed = used.find(([, name]) => name === 'test_dies')!;
      const tests = tagsOf(path, 'cpu', 'test');
      expect(near(tests['test_dies.py::test_dies']! / NS, killed[2]), String(tests['test_dies.py::test_dies'])).toBe(true);
      expect(Object.keys(tagsOf(path, 'wall', 'process'))).toHaveLength(4);
    } finally {
      rmSync(join(folder, 'pytest.ini'));
    }
  });

  test('other engines say that they see the controller alone', async () => {
    const { stderr } = await record(['--engine', 'lines', '--only', '^busy$'], words, 'tests.pb.gz', brief);
    expect(stderr).toContain('heatline: the worker processes of pytest-xdist were not recorded');
  });

  test('a recording of limited time has what the workers did until then', async () => {
    const { status, path } = await record(['--engine', 'sampler', '--duration', '2.5'], ['-m', 'pytest', '-q', '-n2', 'test_them.py']);
    expect(status).toBe(1);
    expect(files().filter((name) => /\.w-|\.tmp-/.test(name))).toEqual([]);
    expect(existsSync(resolve(path))).toBe(true);
  });
});

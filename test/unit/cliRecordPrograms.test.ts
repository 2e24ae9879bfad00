// Programs as they are started: modules, code, pytest with its workers; modules under each Python that is found.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findExecutable } from '../../src/engines/which.js';
import { cacheFolder } from '../rig/paths.js';
import { profilersPython } from '../rig/profilers.js';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const { folder, json, run } = cliKit();

/** Each interpreter of Python 3.9 or newer once, by implementation and version. */
function interpreters(): [name: string, python: string][] {
  const found = new Map<string, string>();
  for (const python of findPythons().values()) {
    const code =
      'import platform as p, sys; sys.stdout.write("%s %s %s" % (p.python_implementation(), p.python_version(), sys.version_info >= (3, 9)))';
    const [implementation, version, able] = execFileSync(python, ['-c', code], { encoding: 'utf8', cwd: '/' }).split(' ');
    if (able === 'True') found.set(`${implementation} ${version}`, python);
  }
  return [...found];
}

const FIB = 'def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n';
const calls = (file: string, name: string): number =>
  json('top', '-n', '0', '--sort', 'calls', file).functions.find((each: { name: string }) => each.name === name)?.calls;

describe.each(interpreters())('%s', (name, python) => {
  test('a module with threads and code are counted, and end as they do', () => {
    const place = mkdtempSync(join(folder, 'module '));
    mkdirSync(join(place, 'pack'));
    const threads =
      'threads = [Thread(target=fib, args=(10,)) for _ in range(3)]\nfor each in threads: each.start()\nfor each in threads: each.join()\n';
    writeFileSync(
      join(place, 'pack/__main__.py'),
      `import sys\nfrom threading import Thread\n${FIB}fib(10)\n${threads}print(sys.argv[1:], __name__)\nsys.exit(7)\n`,
    );
    const module = run(['record', '-o', 'm.pb.gz', '--', python, '-m', 'pack', '-x', 'ü'], { cwd: place });
    expect(module.stdout).toBe("['-x', 'ü'] __main__\n");
    expect(module.status, module.stderr).toBe(7);
    // On PyPy calls alone are traced: its compiler moves code about, so that samples would mislead.
    expect(module.stderr).toContain(name.startsWith('PyPy') ? 'cprofile (auto)' : 'hybrid (auto)');
    expect(calls(join(place, 'm.pb.gz'), 'fib')).toBe(4 * 177);
    const code = run(['record', '-o', 'c.prof', '--', python, '-c', `${FIB}fib(10)\nraise SystemExit(3)`], { cwd: place });
    expect(code.status, code.stderr).toBe(3);
    expect(calls(join(place, 'c.prof'), 'fib')).toBe(177);
  });
});

const python = profilersPython();
if (process.env.CI && !existsSync(python)) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);

describe.skipIf(!existsSync(python))('pytest', () => {
  const env = { PATH: `${dirname(python)}${delimiter}${process.env.PATH}`, PYTEST_ADDOPTS: '-p no:cacheprovider' };
  const suite = (text: string): string => {
    const place = mkdtempSync(join(folder, 'pytest '));
    writeFileSync(join(place, 'test_it.py'), text);
    return place;
  };

  test.each([
    ['python -m pytest', [python, '-m', 'pytest', '-q']],
    ['pytest', ['pytest', '-q']],
  ])('%s: a failing test keeps its result and gives a recording', (_, words) => {
    const place = suite(`${FIB}def test_good():\n    assert fib(12) == 144\ndef test_bad():\n    assert fib(10) == 54\n`);
    const { status, stdout, stderr } = run(['record', '-o', 'out.pb.gz', '--', ...words], { cwd: place, env });
    expect(status, stderr).toBe(1);
    expect(stdout).toContain('1 failed, 1 passed');
    expect(calls(join(place, 'out.pb.gz'), 'fib')).toBe(465 + 177);
  });

  const pySpy = findExecutable('py-spy', [process.env.PATH ?? '', join(cacheFolder(), 'py-spy/bin')], process.platform);
  test.skipIf(pySpy === undefined)('workers of xdist are in the recording when child processes are asked for', () => {
    const spin = 'import os, time\ndef spin():\n    end = time.time() + 2\n    while time.time() < end:\n        pass\n';
    const place = suite(
      `${spin}def test_a():\n    spin()\ndef test_b():\n    spin()\n    assert os.environ["PYTEST_XDIST_WORKER"] == "none"\n`,
    );
    const words = ['record', '--subprocesses', '-o', 'out.pb.gz', '--', python, '-m', 'pytest', '-q', '-n', '2'];
    const { status, stdout, stderr } = run(words, { cwd: place, env: { ...env, PATH: `${dirname(pySpy!)}${delimiter}${env.PATH}` } });
    expect(status, stderr).toBe(1);
    expect(stdout).toContain('1 failed, 1 passed');
    expect(stderr).toContain('py-spy (auto)');
    const { functions } = json('top', '-n', '0', join(place, 'out.pb.gz'));
    const samples = functions.find((each: { name: string }) => each.name === 'spin')?.total;
    expect(samples).toBeGreaterThan(5);
  });
});

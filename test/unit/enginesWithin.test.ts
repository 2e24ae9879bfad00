import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EngineOptions, Environment, Target } from '../../src/engines/engine.js';
import { chooseEngine, engines, neverRan, readWithin } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const environment: Environment = {
  platform: 'linux',
  python: '/usr/bin/python3',
  pythonVersion: [3, 15, 0],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/python',
};
const script: Target = { kind: 'script', script: '/app/main.py', args: [], cwd: '/app', env: {} };
const server: Target = { kind: 'command', argv: ['python', '-m', 'uvicorn'], cwd: '/app', env: {} };
const within = '/app/shop.py:3-5';

describe('what is chosen', () => {
  const chosen = async (id: string, options: Partial<EngineOptions> = {}, target: Target = script, also: Partial<Environment> = {}) =>
    (await chooseEngine(id, target, { ...environment, ...also }, { within, ...options })).engine.id;

  test('counts and lines unless something else is asked for', async () => {
    expect(await chosen('auto')).toBe('hybrid');
    expect(await chosen('auto', { want: 'time' })).toBe('sampler');
    expect(await chosen('auto', {}, server)).toBe('sampler');
    expect(await chosen('auto', {}, script, { implementation: 'pypy' })).toBe('cprofile');
    for (const id of ['hybrid', 'sampler', 'cprofile']) expect(await chosen(id)).toBe(id);
  });

  test('what cannot be had at once is refused', async () => {
    await expect(chosen('lines')).rejects.toThrow('--within is for the engines hybrid, sampler, cprofile, not for lines.');
    await expect(chosen('auto', { only: 'f' })).rejects.toThrow('--within and --only cannot be had at once.');
    await expect(chosen('auto', { function: 'f' })).rejects.toThrow('--within and --function cannot be had at once.');
    await expect(chosen('auto', { subprocesses: true })).rejects.toThrow('--within and --subprocesses cannot be had at once.');
    const ruby: Target = { kind: 'command', argv: ['ruby', 'a.rb'], cwd: '/', env: {}, language: 'ruby' };
    await expect(chosen('auto', {}, ruby)).rejects.toThrow('--within is for Python programs.');
    await expect(chosen('auto', {}, { kind: 'process', pid: 1, cwd: '/', env: {} })).rejects.toThrow('not on those that run already');
  });

  test('the plan names the lines, and what to say when nothing came', () => {
    const plan = engines.find(({ id }) => id === 'hybrid')!.plan(script, environment, { output: '/tmp/o', within });
    expect(plan.argv.join(' ')).toContain('--rate 200 --within /app/shop.py:3-5 -- /app/main.py');
    expect(plan.hint).toBe('These lines never ran: shop.py:3-5.');
  });
});

test('lines are read with care', () => {
  expect(readWithin('a b/ü.py:3-12', '/app')).toBe('/app/a b/ü.py:3-12');
  expect(readWithin('/x/a:1.py:7', '/app')).toBe('/x/a:1.py:7');
  expect(neverRan('/app/ü.py:7')).toBe('These lines never ran: ü.py:7.');
  for (const bad of ['a.py', 'a.py:', ':3', 'a.py:3-', 'a.py:x-3'])
    expect(() => readWithin(bad, '/')).toThrow(/it looks like app\.py:10-20/);
  for (const bad of ['a.py:0', 'a.py:5-4']) expect(() => readWithin(bad, '/')).toThrow(/lines count from 1/);
});

const { heatline, folder, files, json } = cliKit();
const program = `def leaf(n):
    return n + 1
def part(n):
    for each in range(n):
        leaf(each)
def main():
    part(1000)
    part(30)
    part(400)
main()
`;
const pythons = ['python3', ...['python3.15', 'pypy3'].flatMap((name) => findPythons().get(name) ?? [])];

test.each(pythons)('record --within with %s: pstats reads the calls of these lines alone', (python) => {
  writeFileSync(join(folder, 'prög.py'), program);
  const { status, stderr } = heatline('record', '--within', 'prög.py:8', '-o', 'o.prof', '--', python, 'prög.py');
  expect(stderr).toMatch(/^heatline: cprofile \(auto\): .* → o\.prof\n$|^heatline: cprofile: .* → o\.prof\n$/);
  expect(status).toBe(0);
  const judge = 'import pstats; print(sorted((k[2], v[0], v[1]) for k, v in pstats.Stats("o.prof").stats.items()))';
  expect(execFileSync('python3', ['-c', judge], { cwd: folder, encoding: 'utf8' })).toBe(
    "[('leaf', 30, 30), ('main', 1, 1), ('part', 1, 1)]\n",
  );
});

test('record --within, as it is by default; the recording says what it is of', () => {
  writeFileSync(join(folder, 'prog.py'), program);
  expect(heatline('record', '--within', 'prog.py:7-8', '-o', 'o.pb.gz', '--', 'python3', 'prog.py').status).toBe(0);
  const calls = Object.fromEntries(json('top', 'o.pb.gz').functions.map((row: { name: string; calls: number }) => [row.name, row.calls]));
  expect(calls).toMatchObject({ leaf: 1030, part: 2, main: 1 });
  expect(heatline('info', 'o.pb.gz').stdout).toContain('recorded only while lines 7-8 of prog.py ran, entered once');
});

test('lines that never ran leave nothing, and that is said', () => {
  writeFileSync(join(folder, 'never.py'), 'def f():\n    return 1\nprint(2)\n');
  const before = files();
  const { status, stdout, stderr } = heatline('record', '--within', 'never.py:2', '-o', 'n.pb.gz', '--', 'python3', 'never.py');
  expect(stdout).toBe('2\n');
  expect(stderr).toContain('Nothing was recorded: the program ended with status 0. These lines never ran: never.py:2.');
  expect(status).toBe(4);
  expect(files()).toEqual(before);
});

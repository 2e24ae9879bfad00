import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeEnvironment } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const suite = resolve(import.meta.dirname, '../python');
const pythonPackage = resolve(import.meta.dirname, '../../python');
const known = findPythons();

/** The interpreter on PATH and the newest one of the set-up; with HEATLINE_ALL_PYTHONS=1 every CPython that is found. 3.9 and newer. */
async function interpreters(): Promise<string[]> {
  const candidates = [undefined, known.get('python3.15'), ...(process.env.HEATLINE_ALL_PYTHONS ? known.values() : [])];
  const found = new Map<string, string>();
  for (const python of candidates) {
    const environment = await probeEnvironment({ pythonPackage, ...(python ? { python } : {}) }).catch(() => undefined);
    const [major, minor] = environment?.pythonVersion ?? [0, 0];
    const key = environment?.pythonVersion?.join('.') ?? '';
    const right = environment?.implementation === 'cpython' && major === 3 && minor >= 9;
    if (right && environment.python && !found.has(key)) found.set(key, environment.python);
  }
  return [...found.values()];
}

const pythons = await interpreters();
const modules = readdirSync(suite).filter((name) => /^test_\w+\.py$/.test(name));

/** What they test is done otherwise by version (`sys.monitoring`, layouts of frames, columns, warnings at a fork …). */
const BY_VERSION = /^test_(agent|agent_forks|async|events|inflation|lines|recording|semantics|within)$/;
/** Under each Python what differs by version; of all else each module under one of them in turn. */
const runs = modules
  .map((name) => name.slice(0, -3))
  .sort((a, b) => Number(BY_VERSION.test(a)) - Number(BY_VERSION.test(b)) || (a < b ? -1 : 1))
  .flatMap((name, at) => {
    const all = BY_VERSION.test(name) || process.env.HEATLINE_ALL_PYTHONS;
    return (all ? pythons : pythons.slice(at % pythons.length).slice(0, 1)).map((python) => [name, python] as const);
  });

/** How many modules may run beside each other: they mostly wait, but measure time too. */
const lanes = 3;
let taken = 0;
const waiting: (() => void)[] = [];

async function inLane<T>(work: () => Promise<T>): Promise<T> {
  if (taken < lanes) taken++;
  else await new Promise<void>((go) => waiting.push(go));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else taken--;
  }
}

describe('python/heatline', () => {
  test('there is a Python to try it with, and tests to run', () => {
    expect(pythons.length).toBeGreaterThan(0);
    expect(modules.length).toBeGreaterThan(9);
    const tried = new Map(pythons.map((python) => [python, runs.filter(([, one]) => one === python).length]));
    expect(Math.min(...tried.values())).toBeGreaterThan(9);
    expect(new Set(runs.map(([name]) => name)).size).toBe(modules.length);
  });

  // Each module for itself: when one fails on a busy machine, the second try is of that one alone.
  test.concurrent.each(runs)('%s passes under %s', { timeout: 900_000 }, async (module, python) => {
    const outcome = await inLane(
      () =>
        new Promise<{ code: number; text: string }>((done) => {
          const options = { cwd: suite, timeout: 800_000, maxBuffer: 1 << 24 };
          execFile(python, ['-W', 'ignore', '-m', 'unittest', module], options, (error, _, stderr) => {
            done({ code: error ? 1 : 0, text: stderr });
          });
        }),
    );
    expect(outcome.code, outcome.text.slice(-4000)).toBe(0);
    expect(outcome.text).toMatch(/Ran [1-9]\d* tests? in/);
  });
});

const pypy = known.get('pypy3');
const { cli, folder } = cliKit();

test.skipIf(pypy === undefined)('PyPy: calls are counted, as pstats reads them; streams and status are the program’s', () => {
  const program =
    'import sys\ndef f(x):\n    return x + 1\nfor i in range(1234):\n    f(i)\nprint(sys.stdin.read(), sys.argv[1:])\nsys.exit(3)\n';
  writeFileSync(join(folder, 'prög.py'), program);
  const words = [cli, 'record', '-o', 'o.prof', '--', pypy!, 'prög.py', '-x'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, input: 'typed', encoding: 'utf8' });
  expect(stderr).toMatch(/^heatline: cprofile \(.*\): .* → o\.prof\n$/);
  expect(stdout).toBe("typed ['-x']\n");
  expect(status).toBe(3);
  const judge = 'import pstats; print([v[:2] for k, v in pstats.Stats("o.prof").stats.items() if k[2] == "f"])';
  expect(execFileSync('python3', ['-c', judge], { cwd: folder, encoding: 'utf8' })).toBe('[(1234, 1234)]\n');
});

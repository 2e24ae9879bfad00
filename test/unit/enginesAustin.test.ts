// The engine Austin: its plans, what versions it takes, and real programs. The real part needs the austin that the set-up brings.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { austin, judgeAustin } from '../../src/engines/austin.js';
import type { Environment, Target } from '../../src/engines/engine.js';
import { probeEnvironment } from '../../src/engines/index.js';
import { pySpy } from '../../src/engines/pySpy.js';
import { cacheFolder } from '../rig/paths.js';
import { cliKit } from './cliKit.js';
import { running } from './engineKit.js';
import { tellEngine } from './engineVersions.js';
import { findPythons } from './pythons.js';

const nowhere: Environment = {
  platform: 'linux',
  python: '/opt/ü/python3',
  pythonVersion: [3, 12, 1],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/heat line/python',
};
const command = (...argv: string[]): Target => ({ kind: 'command', argv, cwd: '/w', env: { A: '1' } });
const output = '/tmp/ü b/o';

describe('plans', () => {
  test('a Python program, under our runner, which tells how it ends', () => {
    expect(
      austin.plan(command('python3', '-X', 'dev', 'a b.py', '-x'), nowhere, { output, rateHz: 1000, subprocesses: true }),
    ).toMatchInlineSnapshot(`
      {
        "argv": [
          "/bin/sh",
          "-c",
          "case "$("$0" --version)" in *" 3."*) exec "$0" -b "$@";; *) exec "$0" "$@";; esac",
          "austin",
          "-P",
          "-i",
          "1000us",
          "-o",
          "/tmp/ü b/o",
          "-t",
          "10000",
          "-C",
          "python3",
          "-X",
          "dev",
          "/opt/heat line/python/heatline/__main__.py",
          "run",
          "--engine",
          "none",
          "--status",
          "/tmp/ü b/o.status",
          "--",
          "a b.py",
          "-x",
        ],
        "cwd": "/w",
        "env": {
          "A": "1",
        },
        "format": "austin-mojo",
        "output": "/tmp/ü b/o",
        "statusFile": "/tmp/ü b/o.status",
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

  test('a process that runs already, by CPU time', () => {
    const plan = austin.plan(running, nowhere, { output, measure: 'cpu', durationSeconds: 2.4 });
    expect(plan.argv.join(' ')).toMatchInlineSnapshot(
      `"/bin/sh -c case "$("$0" --version)" in *" 3."*) exec "$0" -bs "$@";; *) exec "$0" -c "$@";; esac austin -P -i 10000us -o /tmp/ü b/o -x 2 -p 4711"`,
    );
    expect(plan).toMatchObject({ attached: true });
    expect(plan.statusFile).toBe(undefined);
  });

  test('what it cannot do', () => {
    const plan = (options: object) => () => austin.plan(command('python3', 'a.py'), nowhere, { output, ...options });
    expect(plan({ gil: true })).toThrow(/py-spy and tachyon/);
    expect(plan({ native: true })).toThrow(/py-spy and perf/);
    expect(plan({ durationSeconds: 3 })).toThrow(/ends a program/);
    expect(plan({ measure: 'alloc' })).toThrow('The engine austin does not measure alloc, but wall, cpu.');
  });
});

test('which versions, of which Pythons', async () => {
  const judged = (said: string, version: readonly [number, number, number] = [3, 12, 1], stderr = ''): string => {
    const answer = judgeAustin('/b/austin', { ...nowhere, pythonVersion: version }, said, stderr);
    return answer.state === 'found' ? answer.detail : `${answer.reason}. ${answer.fix}`;
  };
  expect(judged('austin 3.7.0\n')).toBe('/b/austin, austin 3.7.0');
  expect(judged('austin 4.0.0\n', [3, 14, 2])).toBe('/b/austin, austin 4.0.0');
  expect(judged('austin 1.0.1\n')).toMatch(/^austin 1\.0\.1 is older than 3\.5\. Install it: pip install austin-dist/);
  expect(judged('austin 3.4.1\n')).toMatch(/older than 3\.5/);
  expect(judged('austin 3.7.0\n', [3, 14, 0])).toMatch(/^austin 3\.7\.0 reads Python up to 3\.13\. Use py-spy/);
  expect(judged('austin 4.0.0\n', [3, 15, 0])).toMatch(/up to 3\.14/);
  expect(judged('', [3, 12, 0], "austin: /lib/libc.so.6: version `GLIBC_2.38' not found (required by austin)")).toMatch(
    /^\/b\/austin wants GLIBC_2\.38/,
  );
  expect(judged('', [3, 12, 0], 'Killed')).toMatch(/^\/b\/austin does not work: Killed/);
  expect(await austin.probe(nowhere)).toMatchObject({ state: 'missing', reason: 'austin is not installed' });
  expect(await austin.probe({ ...nowhere, implementation: 'pypy' })).toMatchObject({ state: 'missing', reason: 'Austin cannot read PyPy' });
  // What Austin and py-spy do with such a build is to break down, or to record nothing.
  for (const engine of [austin, pySpy])
    expect(await engine.probe({ ...nowhere, freeThreaded: true })).toMatchObject({
      reason: expect.stringMatching(/ cannot read free-threaded/),
    });
});

/** No system calls where it is hot: on a busy machine they are where a thread loses its turn, and wall time counts that. */
const program = `import signal, sys, threading, time
def hot(turns):
    for turn in range(turns):
        sum(range(200_000))  # hot
def wait():
    time.sleep(100)
def stopped(*_):
    print("stopped", flush=True)
    sys.exit(5)
signal.signal(signal.SIGINT, stopped)
threading.Thread(target=wait, daemon=True).start()
if sys.argv[1] == "spin":
    print("ready", flush=True)
    hot(1_000_000)
hot(300)
print(sys.argv[1:], sys.stdin.read())
sys.exit(3)
`;
const hotLine = program.split('\n').findIndex((line) => line.includes('# hot')) + 1;

const path = join(cacheFolder(), 'bin') + delimiter + (process.env.PATH ?? '');
const python = findPythons().get('python3.13') ?? 'python3';
const pythonPackage = resolve(import.meta.dirname, '../../python');
const here = await probeEnvironment({ python, pythonPackage, path }).catch(() => nowhere);
const found = await austin.probe(here);
const { start, json } = cliKit();
// Version 3 leaves out names of files that have letters outside of ASCII.
const folder = mkdtempSync(join(tmpdir(), 'heatline austin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(found.state !== 'found')('real programs', () => {
  tellEngine('austin', `${found.state === 'found' ? found.detail : ''} on Python ${here.pythonVersion?.join('.')}`);
  const place = (): { at: string; script: string } => {
    const at = mkdtempSync(join(folder, 'of it '));
    const script = join(at, 'hot x.py');
    writeFileSync(script, program);
    return { at, script };
  };
  const record = (at: string, words: readonly string[], input = '', started?: (pid: ReturnType<typeof spawn>) => void) =>
    start(['record', '--engine', 'austin', '-o', 'o.pb.gz', ...words], { cwd: at, input, env: { PATH: path } }, started);
  interface Row {
    readonly name: string;
    readonly self: number;
    readonly line: number;
  }

  test('the hot line, and the thread that waits; streams and status are the program’s', async () => {
    const { at, script } = place();
    const { status, stdout, stderr } = await record(at, ['--', python, script, 'once', '-q'], 'typed');
    expect(stdout).toBe("['once', '-q'] typed\n");
    expect(stderr).toMatch(/^heatline: austin: .* samples, .* → o\.pb\.gz\n$/);
    expect(status).toBe(3);
    expect(readdirSync(at).sort()).toEqual(['hot x.py', 'o.pb.gz']);
    const { lines } = json('lines', join(at, 'o.pb.gz'), '--source', script).files[0];
    const self = (line: number): number => lines.find((row: Row) => row.line === line)?.self ?? 0;
    const inHot = self(hotLine) + self(hotLine - 1);
    expect(self(hotLine) / inHot).toBeGreaterThan(0.5);
    const { functions } = json('top', join(at, 'o.pb.gz'), '-n', '0');
    expect(functions.find((row: Row) => row.name === 'wait').self).toBeGreaterThan(0.3 * inHot);
    expect(JSON.stringify(functions)).not.toMatch(/heatline\/\w+\.py/);
  });

  test('by CPU time the thread that waits is nothing', async () => {
    const { at, script } = place();
    expect((await record(at, ['--measure', 'cpu', '--', python, script, 'once'])).status).toBe(3);
    const { functions, total } = json('top', join(at, 'o.pb.gz'), '-n', '0');
    expect(functions.find((row: Row) => row.name === 'hot').self / total).toBeGreaterThan(0.6);
    expect(functions.find((row: Row) => row.name === 'wait')?.self ?? 0).toBeLessThan(0.2 * total);
  });

  test('an interrupt reaches the program: it ends as it likes, and its recording is there', async () => {
    const { at, script } = place();
    const ran = await record(at, ['--', python, script, 'spin'], '', (child) => {
      child.stdout!.on('data', (text: string) => {
        if (text.includes('ready')) setTimeout(() => child.kill('SIGINT'), 2000);
      });
    });
    expect(ran.stdout).toMatch(/^ready\s*stopped\n/);
    expect(ran.status).toBe(5);
    expect(json('top', join(at, 'o.pb.gz')).functions.map((row: Row) => row.name)).toContain('hot');
  });

  test('joins a program that runs, which runs on', async () => {
    const { at, script } = place();
    const child = spawn(python, [script, 'spin'], { cwd: at, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise((ready) => child.stdout.once('data', ready));
      const ran = await record(at, ['--pid', String(child.pid), '--duration', '3']);
      expect(ran.stderr).toMatch(/→ o\.pb\.gz\n$/);
      expect(ran.status).toBe(0);
      expect(json('top', join(at, 'o.pb.gz')).functions.map((row: Row) => row.name)).toContain('hot');
      expect(child.exitCode).toBe(null);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

// Python's own sampler. Its real part needs Python 3.15 or newer: python3.15 on PATH, in pyenv, or named in HEATLINE_PYTHON315.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable, wholeTotal } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { statesOf, withStates } from '../../src/core/model/states.js';
import type { Environment, LaunchPlan, Target } from '../../src/engines/engine.js';
import { chooseEngine, finishRun, launch, probeEnvironment } from '../../src/engines/index.js';
import { tachyon } from '../../src/engines/tachyon.js';
import { findPythons } from './pythons.js';

const pythonPackage = resolve(import.meta.dirname, '../../python');
const cli = process.env.HEATLINE_TEST_CLI!;
let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline ü ')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function find(): Promise<Environment | undefined> {
  for (const python of [process.env.HEATLINE_PYTHON315, 'python3.15', 'python3.16', ...findPythons().values()]) {
    if (python === undefined) continue;
    const environment = await probeEnvironment({ python, pythonPackage }).catch(() => undefined);
    if (environment && (await tachyon.probe(environment)).state === 'found') return environment;
  }
  return undefined;
}
const found = await find();

/** Seconds of wall time per function, self. */
async function selfSeconds(file: string): Promise<{ profile: Profile; seconds: Map<string, number> }> {
  const profile = await readProfile(fileSource(file));
  const { self } = functionTable(profile, { type: profile.defaultType });
  const seconds = new Map<string, number>();
  const { functions, strings } = profile;
  for (let func = 0; func < self.length; func++) {
    if (self[func]! > 0) seconds.set(`${strings[functions.name[func]!]} ${strings[functions.file[func]!]}`, self[func]! / 1e9);
  }
  return { profile, seconds };
}

const environment: Environment = {
  platform: 'linux',
  python: '/opt/ü/python3.15',
  pythonVersion: [3, 15, 2],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/heat line/python',
};
/** Its threads say by their own clocks what they did. */
const states = `
import hashlib, json, os, threading, time
told = dict(slept=0, asked=0)
end = time.monotonic() + 1.5
def fight():
    n = 0
    while time.monotonic() < end: n += 1
def rest():
    while time.monotonic() < end:
        began = time.perf_counter()
        time.sleep(0.1)
        told["slept"] += time.perf_counter() - began
        told["asked"] += 0.1
def hashes(data=bytes(20_000_000)):
    while time.monotonic() < end: hashlib.sha256(data).digest()
    told["native"] = time.thread_time()
began = time.perf_counter()
threads = [threading.Thread(target=each) for each in (fight, fight, rest, hashes)]
for each in threads: each.start()
for each in threads: each.join()
told["wall"] = time.perf_counter() - began
with open(os.environ["TOLD"], "w") as file: json.dump(told, file)
`;
const command: Target = { kind: 'command', argv: ['python3.15', '-X', 'dev', 'a.py', '-x'], cwd: '/w', env: { A: '1' } };
const running: Target = { kind: 'process', pid: 4711, cwd: '/w', env: {} };
const output = '/tmp/ü/o.bin';

describe('plans', () => {
  test('a command keeps its interpreter options and runs under our runner', () => {
    const made = tachyon.plan(command, environment, { output, durationSeconds: 2.4, gil: true, native: true, reportStatus: true });
    expect(made).toEqual({
      argv: [
        ...['python3.15', '-X', 'dev', '/opt/heat line/python/heatline/__main__.py', 'run', '--engine', 'tachyon', '--output', output],
        ...['--rate', '1000', '--duration', '2.4', '--mode', 'gil', '--native', '--status', `${output}.status`, '--', 'a.py', '-x'],
      ],
      cwd: '/w',
      env: { A: '1' },
      output,
      format: 'tachyon',
      statusFile: `${output}.status`,
      stop: [
        { signal: 'SIGINT', waitSeconds: 10 },
        { signal: 'SIGTERM', waitSeconds: 5 },
        { signal: 'SIGKILL', waitSeconds: 2 },
      ],
    });
  });

  test('a process that runs already, by its own interpreter, isolated', () => {
    const made = tachyon.plan(running, environment, { output, rateHz: 200, durationSeconds: 0.2 });
    expect(made.argv.join(' ')).toBe(
      '/opt/ü/python3.15 -I /opt/heat line/python/heatline/__main__.py follow --no-live attach --binary -a -r 200 -d 1 -o /tmp/ü/o.bin 4711',
    );
    expect(made.attached).toBe(true);
  });

  test('where someone looks on, a copy of it is made about once a second; on Linux, by /proc', () => {
    const made = tachyon.plan(running, environment, { output, live: true });
    expect(made.argv.join(' ')).toBe(
      '/opt/ü/python3.15 -I /opt/heat line/python/heatline/__main__.py follow attach --binary -a -r 1000 -o /tmp/ü/o.bin 4711',
    );
    expect(made.live).toBe('copy');
    const started = tachyon.plan(command, environment, { output, live: true });
    expect(started.argv).toContain('--live');
    expect(started.live).toBe('copy');
    const elsewhere = tachyon.plan(running, { ...environment, platform: 'darwin' }, { output, live: true });
    expect([elsewhere.argv.includes('--no-live'), elsewhere.live]).toEqual([true, undefined]);
  });

  test('a build without a lock is named', async () => {
    const python = join(folder, 'python');
    for (const [says, part] of [
      ['False', ', free-threaded: it tells nothing of a lock'],
      ['True', ''],
    ] as const) {
      writeFileSync(python, `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
      expect(await tachyon.probe({ ...environment, python })).toMatchObject({ detail: `in the standard library of Python 3.15.2${part}` });
    }
  });

  test('child processes are not for it', () => {
    expect(() => tachyon.plan(command, environment, { output, subprocesses: true })).toThrow(/py-spy/);
  });
});

describe('whether it is there', () => {
  test('older Pythons, other Pythons, none, Windows: each says why and what to do', async () => {
    const probe = async (more: Partial<Environment>): Promise<string> => {
      const answer = await tachyon.probe({ ...environment, ...more });
      return answer.state === 'found' ? answer.detail : `${answer.reason}. ${answer.fix}`;
    };
    expect(await probe({ pythonVersion: [3, 14, 9] })).toBe(
      'it is part of Python 3.15 and newer; this is cpython 3.14.9. Select such an interpreter, or use py-spy.',
    );
    expect(await probe({ implementation: 'pypy' })).toMatch(/this is pypy 3\.15\.2/);
    expect(await probe({ python: undefined as never })).toMatch(/own interpreter.*py-spy/);
    expect(await probe({ platform: 'win32' })).toMatch(/Windows/);
    expect(await probe({ python: process.execPath })).toMatch(/lacks it/);
  });

  test('auto takes it where it is: attach, the lock, time; not for counts, children or an older Python', async () => {
    const choose = async (target: Target, options = {}, more: Partial<Environment> = {}): Promise<string> =>
      chooseEngine('auto', target, { ...environment, ...more }, options).then(
        ({ engine }) => engine.id,
        (error: Error) => /engine (\S+) cannot/.exec(error.message)?.[1] ?? error.message,
      );
    expect(await choose(running)).toBe('tachyon');
    expect(await choose(running, { native: true })).toBe('py-spy');
    // Without py-spy the sampler joins what is new enough to let it in.
    expect(await choose(running, {}, { pythonVersion: [3, 14, 0] })).toBe('sampler');
    expect(await choose(running, {}, { pythonVersion: [3, 13, 0] })).toBe('py-spy');
    expect(await choose(command, { gil: true })).toBe('tachyon');
    expect(await choose(command, { want: 'time' })).toBe('tachyon');
    expect(await choose(command, { subprocesses: true })).toBe('py-spy');
    expect(await choose(command)).toBe('hybrid');
  });
});

test('frames of our runner leave its file, and no others', async () => {
  const bytes = readFileSync(join(import.meta.dirname, '../fixtures/profiles/tachyon/threads-native-zstd.bin')).toString('latin1');
  expect(bytes).toContain('/tmp/shop/workers.py');
  const file = join(folder, 'o.bin');
  writeFileSync(file, Buffer.from(bytes.replaceAll('/tmp/shop/workers.py', '/p/heatline/worke.py'), 'latin1'));
  const before = await selfSeconds(file);
  const plan = { ...tachyon.plan(command, environment, { output: file }), argv: ['python', '/p/heatline/__main__.py'] };
  expect(await finishRun(plan, { exitCode: 3 })).toMatchObject({ output: file, exitStatus: 3, rescued: false });
  const { seconds } = await selfSeconds(file);
  const ours = (name: string): boolean => name.endsWith('/p/heatline/worke.py');
  expect([...before.seconds.keys()].filter(ours).length).toBeGreaterThan(1);
  expect([...seconds.keys()].filter(ours)).toEqual([]);
  expect([...seconds.keys()].some((name) => name.includes('threading.py'))).toBe(true);
  writeFileSync(file, 'HCAT and then nothing');
  expect(await finishRun(plan, { exitCode: 0 })).toMatchObject({ output: file });
});

const program = `import sys, threading, time
def hot(end):
    while time.time() < end:
        sum(range(300))
def wait():
    time.sleep(600)
threading.Thread(target=wait, daemon=True).start()
print("ready", sys.argv[1:], sys.flags.dev_mode, flush=True)
hot(time.time() + float(sys.argv[1]))
sys.exit(3)
`;

describe.skipIf(found === undefined)('under a real Python 3.15', () => {
  const script = (): string => {
    const file = join(folder, 'hö t.py');
    writeFileSync(file, program);
    return file;
  };
  const target = (seconds: string): Target => ({ kind: 'script', script: script(), args: [seconds], cwd: folder, env: {} });
  const quiet = { stdio: 'ignore', forwardSignals: false } as const;
  /** Resolves when there is something to show of what it saw. */
  const looked = ({ output }: LaunchPlan) => expect.poll(() => existsSync(`${output}.live`)).toBe(true);

  test('the hot line, the waiting thread, the status; nothing of ours', async () => {
    const plan = tachyon.plan(target('1'), found!, { output: join(folder, 'o.bin') });
    expect(await launch(plan, quiet)).toMatchObject({ output: plan.output, exitStatus: 3, rescued: false });
    const { profile, seconds } = await selfSeconds(plan.output);
    const hot = [...seconds].find(([name]) => name.startsWith('hot '))?.[1] ?? 0;
    const wait = [...seconds].find(([name]) => name.startsWith('wait '))?.[1] ?? 0;
    // Each look sees both; how many looks there are in the second is the machine's.
    expect(hot).toBeGreaterThan(0.3);
    expect(Math.abs(hot - wait)).toBeLessThan(0.1 * hot);
    expect([...seconds.keys()].join('\n')).not.toContain('heatline/');
    expect(profile.quality?.rateGot).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(['hö t.py', 'o.bin']);
  });

  test('what threads did: two take turns with the lock, one sleeps, one computes in C without it', async () => {
    const script = join(folder, 'states.py');
    writeFileSync(script, states);
    const plan = tachyon.plan(
      { kind: 'command', argv: [found!.python!, script], cwd: folder, env: { TOLD: join(folder, 'told.json') } },
      found!,
      { output: join(folder, 'o.bin') },
    );
    expect(await launch(plan, quiet)).toMatchObject({ exitStatus: 0 });
    const told = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8')) as {
      wall: number;
      slept: number;
      asked: number;
      native: number;
    };
    const profile = withStates(await readProfile(fileSource(plan.output)));
    const { base, types } = statesOf(profile)!;
    const seconds = (state: string, name: string) => {
      const type = types.find((each) => each.state === state)?.type;
      if (type === undefined) return 0;
      const { self } = functionTable(profile, { type });
      const func = Array.from(self.keys()).find((each) => profile.strings[profile.functions.name[each]!] === name);
      return func === undefined ? 0 : self[func]! / 1e9;
    };
    expect(types.reduce((sum, { total }) => sum + total, 0)).toBeCloseTo(wholeTotal(profile, base), -3);
    // One of the two always has the lock; who sleeps or hashes takes it for a moment.
    expect(seconds('running', 'fight') / told.wall).toBeGreaterThan(0.75);
    expect(seconds('running', 'fight') / told.wall).toBeLessThan(1.1);
    expect(seconds('gil-wait', 'fight')).toBeGreaterThan(0.25 * told.wall);
    // The program's clocks: what a sleep was asked to last at least, and what it lasted with the wait for the lock after it.
    expect(seconds('blocked', 'rest')).toBeGreaterThan(0.7 * told.asked);
    expect(seconds('blocked', 'rest')).toBeLessThan(1.1 * told.slept);
    // The system's clock of the thread that hashes.
    expect(seconds('native-nogil', 'hashes')).toBeGreaterThan(0.7 * told.native);
    expect(seconds('running', 'hashes')).toBeLessThan(0.2 * told.native);
  });

  test('stopped, and killed: the recording is kept, no process is left', async () => {
    for (const signal of ['stop', 'SIGKILL'] as const) {
      const plan = tachyon.plan(target('600'), found!, { output: join(folder, `${signal}.bin`), live: true });
      const abort = new AbortController();
      const run = launch(plan, {
        ...quiet,
        signal: abort.signal,
        onStart: (pid) => void looked(plan).then(() => (signal === 'stop' ? abort.abort() : process.kill(pid, signal))),
      });
      const result = await run;
      expect(result).toMatchObject({ output: plan.output, exitStatus: signal === 'stop' ? -2 : -9 });
      expect([...(await selfSeconds(plan.output)).seconds.keys()].join('\n')).toContain('hot ');
      expect(spawnSync('pgrep', ['-f', plan.output], { encoding: 'utf8' }).stdout).toBe('');
    }
    expect(readdirSync(folder).sort()).toEqual(['SIGKILL.bin', 'hö t.py', 'stop.bin']);
  });

  test('joins a running program, which runs on', async () => {
    const child = spawn(found!.python!, [script(), '600'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise((ready) => child.stdout.once('data', ready));
      const attached: Target = { kind: 'process', pid: child.pid!, cwd: folder, env: {} };
      const plan = tachyon.plan(attached, found!, { output: join(folder, 'a.bin'), live: true });
      const abort = new AbortController();
      void looked(plan).then(() => abort.abort());
      expect(await launch(plan, { ...quiet, signal: abort.signal })).toMatchObject({
        output: plan.output,
        exitStatus: null,
        stoppedBy: 'user',
      });
      expect([...(await selfSeconds(plan.output)).seconds.keys()].join('\n')).toContain('hot ');
      expect(child.exitCode).toBe(null);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('on the command line: its report does not get between the program’s lines', () => {
    script();
    const words = ['record', '--engine', 'tachyon', '-o', 'o.pb.gz', '--', found!.python!, '-X', 'dev', 'hö t.py', '0.5', '-q'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe("ready ['0.5', '-q'] True\n");
    expect(stderr).toMatch(/^heatline: tachyon: .* → o\.pb\.gz\n$/);
    expect(status).toBe(3);
    expect(existsSync(join(folder, 'o.pb.gz'))).toBe(true);
  });
});

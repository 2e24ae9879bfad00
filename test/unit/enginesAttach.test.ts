// `heatline record --pid`, with real programs and the real tool.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { engines, probeEnvironment } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';

const { cli, folder, json, run } = cliKit();
const environment = await probeEnvironment({ pythonPackage: resolve(import.meta.dirname, '../../python') });
const found = (await engines.find((each) => each.id === 'py-spy')!.probe(environment)).state === 'found';
const program = `import sys, threading, time
def spin():
    while True:
        sum(range(500))
def wait():
    time.sleep(600)
if "wait" in sys.argv:
    print("ready", flush=True)
    wait()
threading.Thread(target=wait, name="wäiter; x", daemon=True).start()
print("ready", flush=True)
spin()
`;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const start = async (...args: string[]): Promise<{ child: ChildProcess; pid: string; place: string }> => {
  const place = mkdtempSync(join(folder, 'ü '));
  writeFileSync(join(place, 'spün.py'), program);
  const child = spawn(environment.python!, ['spün.py', ...args], { cwd: place, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await new Promise((ready) => child.stdout!.once('data', ready));
  return { child, pid: String(child.pid), place };
};
/** Starts `record --pid` with its temporary files in `place`, and resolves when the tool has looked for a second. */
const record = async (
  pid: string,
  output: string,
  place: string,
): Promise<{ recorder: ChildProcess; errors: () => string; raw: string }> => {
  const env = { ...process.env, TMPDIR: place };
  const recorder = spawn(process.execPath, [cli, 'record', '--pid', pid, '-o', output], {
    cwd: place,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(recorder);
  let errors = '';
  recorder.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const said = () => readdirSync(place, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('recording.said'));
  await expect.poll(() => (said() ? readFileSync(join(place, said()!), 'utf8') : errors)).toContain('Sampling');
  const raw = join(place, said()!.replace(/\.said$/, ''));
  await new Promise((done) => setTimeout(done, 1200));
  return { recorder, errors: () => errors, raw };
};
const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

describe.skipIf(process.platform === 'win32')('attach', () => {
  test.skipIf(!found)('for a time: the program runs on, the hot function is found', async () => {
    const { child, pid, place } = await start();
    const { status, stdout, stderr } = run(['record', '--pid', pid, '--duration', '1', '-o', 'a.pb.gz'], { cwd: place });
    expect(stderr).toMatch(
      /^heatline: recording process \d+ \(\S*python\S* spün\.py\) for 1\.00 s with py-spy \(.*\); Ctrl-C ends it, the program runs on\nheatline: py-spy: .* in spin \(.*spün\.py:?.*\) → a\.pb\.gz.*\n$/,
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
    expect(isRunning(child)).toBe(true);
    expect(json('top', join(place, 'a.pb.gz')).functions[0].name).toBe('spin');
    const idle = run(['record', '--pid', pid, '--duration', '1', '--idle', '-o', 'i.pb.gz'], { cwd: place });
    expect(idle.status).toBe(0);
    const threads = json('top', join(place, 'i.pb.gz')).functions.map(({ name }: { name: string }) => name);
    expect(threads).toEqual(expect.arrayContaining(['spin', 'wait']));
  });

  test.skipIf(!found).each([
    ['SIGINT', 0],
    ['SIGTERM', 0],
  ] as const)('until %s: the recording is kept, nothing is left running', async (signal, expected) => {
    const { child, pid, place } = await start();
    const { recorder, errors } = await record(pid, 'b.collapsed', place);
    recorder.kill(signal);
    const status = await new Promise((done) => recorder.once('close', done));
    expect(errors()).toMatch(/→ b\.collapsed.*\n$/);
    expect(status).toBe(expected);
    expect(isRunning(child)).toBe(true);
    expect(json('top', join(place, 'b.collapsed')).functions[0].name).toBe('spin');
    const left = spawnSync('pgrep', ['-f', `py-spy record .*-p ${pid}$`], { encoding: 'utf8' });
    expect(left.stdout ?? '').toBe('');
  });

  test.skipIf(!found)('a program that ends meanwhile leaves its recording', async () => {
    const { child, pid, place } = await start();
    const { recorder } = await record(pid, 'c.pb.gz', place);
    child.kill('SIGKILL');
    expect(await new Promise((done) => recorder.once('close', done))).toBe(0);
    expect(json('top', join(place, 'c.pb.gz')).functions[0].name).toBe('spin');
  });

  test.skipIf(!found)('a recorder that is killed leaves no tool behind, and what was recorded', async () => {
    const { child, pid, place } = await start();
    const { recorder, raw } = await record(pid, 'd.pb.gz', place);
    const tools = () => spawnSync('pgrep', ['-f', `py-spy record .*-p ${pid}$`], { encoding: 'utf8' }).stdout;
    recorder.kill('SIGKILL');
    await expect.poll(tools).toBe('');
    expect(isRunning(child)).toBe(true);
    expect(json('top', raw).functions[0].name).toBe('spin');
  });

  test.skipIf(process.platform !== 'linux')('what is no Python program', () => {
    const { status, stderr } = run(['record', '--pid', String(process.pid)]);
    expect(stderr).toMatch(/^heatline: --pid \d+: process \d+ \(node\S*\) is no Python or Ruby program\. .*\n$/);
    expect(status).toBe(4);
  });

  test('an engine that cannot join, and one that is none', async () => {
    const { pid } = await start('wait');
    expect(run(['record', '--pid', pid, '--engine', 'hybrid'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('cannot join'),
    });
    expect(run(['record', '--pid', pid, '--engine', 'warp'])).toMatchObject({ status: 2 });
    expect(readdirSync(folder).filter((name) => name.endsWith('.gz'))).toEqual([]);
  });

  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const canBeNobody =
    process.getuid?.() === 0 &&
    existsSync('/proc/self/status') &&
    spawnSync('setpriv', [...nobody, process.execPath, cli, '--version'], { cwd: '/' }).status === 0;
  test.skipIf(!canBeNobody)('a program of another user: who it belongs to, and the exact command', async () => {
    const { pid } = await start();
    const words = [...nobody, process.execPath, cli, 'record', '--pid', pid, '-o', '/tmp/never.pb.gz'];
    const { status, stderr } = spawnSync('setpriv', words, { cwd: '/', encoding: 'utf8' });
    expect(stderr).toMatch(
      /^heatline: --pid (\d+): .* may not be read: it belongs to root\. Run: sudo env "PATH=\$PATH" heatline record --pid \1\n$/,
    );
    expect(status).toBe(4);
    expect(existsSync('/tmp/never.pb.gz')).toBe(false);
  });
});

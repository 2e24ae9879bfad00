// `heatline dump`, with real programs and the real tool.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { stacksText } from '../../src/core/report/stacks.js';
import { parsePySpyDump } from '../../src/engines/dump.js';
import { engines, probeEnvironment } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';

const { folder, run } = cliKit();
const environment = await probeEnvironment({ pythonPackage: resolve(import.meta.dirname, '../../python') });
const found = (await engines.find((each) => each.id === 'py-spy')!.probe(environment)).state === 'found';
const program = `import threading
lock = threading.Lock()
def take(what):
    lock.acquire()
def spin(rounds):
    while True:
        rounds += 1
lock.acquire()
threading.Thread(target=take, args=("the ünlucky",), name="hängs; x", daemon=True).start()
print("ready", flush=True)
spin(0)
`;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe.skipIf(!found || process.platform === 'win32')('dump', () => {
  test('shows every thread, innermost call first, and the program runs on', async () => {
    const file = join(realpathSync(mkdtempSync(join(folder, 'ü '))), 'hängt.py');
    writeFileSync(file, program);
    const child = spawn(environment.python!, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    await new Promise((ready) => child.stdout!.once('data', ready));

    const told = run(['dump', String(child.pid), '--json', '--locals']);
    expect(told.stderr).toBe('');
    const { pid, threads } = JSON.parse(told.stdout);
    expect([pid, threads.length]).toEqual([child.pid, 2]);
    const main = threads.find((thread: { name: string }) => thread.name === 'MainThread');
    expect(main.frames.map((frame: { name: string }) => frame.name)).toEqual(['spin', '<module>']);
    expect(main.frames[1]).toMatchObject({ file, line: 11 });
    expect(main.frames[0].locals[0]).toMatchObject({ name: 'rounds', argument: true, value: expect.stringMatching(/^\d+$/) });
    const stuck = threads.find((thread: { name: string }) => thread.name === 'hängs; x');
    expect(stuck).toMatchObject({ state: 'waiting', holdsLock: false });
    expect(stuck.frames[0]).toMatchObject({
      name: 'take',
      file,
      line: 4,
      locals: [{ name: 'what', value: '"the ünlucky"', argument: true }],
    });

    const { stdout, status } = run(['dump', String(child.pid)]);
    expect(status).toBe(0);
    expect(stdout).toContain(`  take${' '.repeat(stdout.match(/take( +)/)![1]!.length)}${file}:4\n`);
    expect(stdout).toMatch(/^\S*python\S* .* · process \d+ · 2 threads\n\n/);
    expect(stdout).not.toContain('ünlucky');
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  test('what is no Python program, or none at all', async () => {
    const child = spawn('sleep', ['60']);
    started.push(child);
    const other = run(['dump', String(child.pid)]);
    expect([other.status, other.stdout]).toEqual([4, '']);
    expect(other.stderr).toMatch(/^heatline: .*Python.*\n$/);
    const none = run(['dump', '4194303']);
    expect([none.status, none.stdout]).toEqual([4, '']);
    expect(none.stderr).toMatch(/^heatline: .*\n$/);
    expect(run(['dump', 'x']).status).toBe(2);
  });
});

describe('what py-spy prints', () => {
  test('text for people: control characters and long values are tamed', () => {
    const frames = [{ name: 'f\u202e', filename: '/a b/c.py', line: 3, locals: [{ name: 'x', repr: 'y'.repeat(500), arg: false }] }];
    const threads = parsePySpyDump(JSON.stringify([{ thread_name: null, os_thread_id: 7, active: true, owns_gil: true, frames }]));
    const text = stacksText({ pid: 1, label: 'python', threads });
    expect(text).toContain('\n\nthread 7 · running · holds the interpreter lock\n');
    expect(text).toContain('/a b/c.py:3\n');
    expect(text).not.toContain('\u202e');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(140);
  });

  test.each(['', '{}', 'Error: no', '[1,'])('%j is refused in one sentence', (text) => {
    expect(() => parsePySpyDump(text)).toThrow(/^py-spy printed something else than stacks/);
  });
});

// Joining a program by its own Python (sys.remote_exec, CPython 3.14 and newer): real programs, no tool.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const { folder, json, start, run } = cliKit();
const able = (python: string): boolean => {
  try {
    execFileSync(python, ['-c', 'import sys; sys.remote_exec; assert sys.version_info[:2] == (3, 14)'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const python = [...findPythons().values()].find(able);
if (process.env.CI && process.platform === 'linux' && python === undefined)
  throw new Error('No Python 3.14 was found: node test/rig/run.mjs tools brings it.');

const PROGRAM = `
import atexit, os, signal, sys, threading, time
def state():
    mine = [name for name in sys.modules if "heatline" in name]
    handlers = [signal.getsignal(number) for number in range(1, 32)]
    tools = [sys.monitoring.get_tool(number) for number in range(6)]
    return mine, handlers, tools, sys.getswitchinterval(), atexit._ncallbacks(), threading.active_count(), sys.gettrace(), sys.path[:]
def spin():
    while not os.path.exists("enough"):
        sum(range(500))
        time.sleep(0.002)  # it is there by the clock; who measures it needs the processor more
def waits():
    while True:
        time.sleep(0.05)
threading.Thread(target=waits, name="waiter", daemon=True).start()
before, threads = state(), len(os.listdir("/proc/self/task"))
print(os.getpid(), flush=True)
spin()
end = time.time() + float(open("enough").read())
while len(os.listdir("/proc/self/task")) > threads and time.time() < end:
    time.sleep(0.05)
print("same" if state() == before and len(os.listdir("/proc/self/task")) == threads else (before, state()), flush=True)
`;

interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly place: string;
  /** What it printed after its number. */
  readonly end: Promise<string>;
}

async function begin(text: string, ...options: string[]): Promise<Program> {
  const place = mkdtempSync(join(folder, 'join '));
  writeFileSync(join(place, 'prog.py'), text);
  const child = spawn(python!, [...options, 'prog.py'], { cwd: place, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const end = new Promise<string>((resolve) => child.once('close', () => resolve(said.replace(/^\d+\n/, ''))));
  const pid = await new Promise<number>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (/^\d+\n/.test(said)) resolve(Number.parseInt(said, 10));
    });
  });
  return { child, pid, place, end };
}

/** Lets the program end once the guest has left it, or after so many seconds. */
function enough(place: string, seconds: number): void {
  writeFileSync(join(place, 'soon'), String(seconds));
  renameSync(join(place, 'soon'), join(place, 'enough'));
}

/** Waits until the guest's thread has been in the program for a while. */
async function joined(pid: number): Promise<void> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  while (readdirSync(`/proc/${pid}/task`).length < 3) await pause(50);
  await pause(2000);
}

/** Number of the process that joins on behalf of a command line, once the guest has left its first checkpoint. */
async function checkpointed(commandLine: number): Promise<number> {
  for (;;) {
    for (const asking of readFileSync(`/proc/${commandLine}/task/${commandLine}/children`, 'utf8').split(' ').filter(Boolean)) {
      const words = readFileSync(`/proc/${asking}/cmdline`, 'utf8').split('\0');
      if (words.some((word) => word !== '' && existsSync(`${word}.part`))) return Number(asking);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const record = (pid: number, ...options: string[]) => ['record', '--pid', String(pid), '--engine', 'sampler', ...options];

describe.skipIf(process.platform !== 'linux' || python === undefined)('joining by the program’s own Python', () => {
  test('all threads are seen, and nothing is left in the program', async () => {
    const { child, pid, place, end } = await begin(PROGRAM);
    try {
      for (const turn of [1, 2]) {
        const { status, stderr } = await start(record(pid, '--duration', '1.5', '-o', `${turn}.pb.gz`), { cwd: place });
        expect(status, stderr).toBe(0);
        expect(stderr).toContain('from its next step on');
        expect(stderr).toContain(`→ ${turn}.pb.gz`);
        const top = json('top', join(place, `${turn}.pb.gz`));
        expect(top.threads.sort()).toEqual(['MainThread', 'waiter']);
        const seconds = (name: string) => top.functions.find((each: { name: string }) => each.name === name)?.total / 1e9;
        expect(seconds('spin')).toBeGreaterThan(0.3);
        expect(seconds('waits')).toBeGreaterThan(0.3);
      }
      enough(place, 20);
      expect(await end).toBe('same\n');
      expect(readdirSync(place).sort()).toEqual(['1.pb.gz', '2.pb.gz', 'enough', 'prog.py']);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('Ctrl-C ends the recording, and the program’s own end does', async () => {
    const { child, pid, place, end } = await begin(PROGRAM);
    try {
      const stopped = start(record(pid, '-o', 'stopped.pb.gz'), { cwd: place }, (recording) => {
        void joined(pid).then(() => recording.kill('SIGINT'));
      });
      const { status, stderr } = await stopped;
      expect(status, stderr).toBe(0);
      expect(stderr).toContain('→ stopped.pb.gz');
      const rest = start(record(pid, '-o', 'ended.pb.gz'), { cwd: place }, () => {
        // The guest stays to the end: it is not waited for.
        void joined(pid).then(() => enough(place, 0));
      });
      expect((await rest).stderr).toContain('→ ended.pb.gz');
      await end;
      for (const name of ['stopped', 'ended']) {
        expect(json('top', join(place, `${name}.pb.gz`)).functions.map((each: { name: string }) => each.name)).toContain('spin');
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  test.each([
    ['who asks is killed: the guest writes', false],
    ['and so is the program: its last checkpoint is kept', true],
  ])('%s', async (_, both) => {
    const { child, pid, place } = await begin(PROGRAM);
    try {
      const recorded = start(record(pid, '-o', 'cut.pb.gz'), { cwd: place }, (recording) => {
        void checkpointed(recording.pid!).then((asking) => {
          process.kill(asking, 'SIGKILL');
          if (both) child.kill('SIGKILL');
        });
      });
      const { status, stderr } = await recorded;
      expect(status, stderr).toBe(0);
      expect(stderr).toContain('→ cut.pb.gz');
      expect(stderr.includes('was cut off')).toBe(both);
      expect(json('top', join(place, 'cut.pb.gz')).functions.map((each: { name: string }) => each.name)).toContain('spin');
      expect(readdirSync(place).sort()).toEqual(['cut.pb.gz', 'prog.py']);
      if (!both) expect(child.exitCode ?? child.signalCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('a program that does not let itself be joined is explained', async () => {
    const { child, pid, place } = await begin(PROGRAM, '-X', 'disable-remote-debug');
    try {
      const { status, stderr } = run(record(pid, '--duration', '1', '-o', 'none.pb.gz'), { cwd: place });
      expect(status).toBe(4);
      expect(stderr).toContain('it was started with -X disable-remote-debug or PYTHON_DISABLE_REMOTE_DEBUG');
      expect(readdirSync(place)).toEqual(['prog.py']);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const { cli, folder, run } = cliKit();
const python = findPythons().get('python3');
const posix = python !== undefined && process.platform !== 'win32';

const LOOP = `
import os, sys, time
def spin():
    end = time.time() + 600
    while time.time() < end:
        sum(range(1000))
print(os.getpid(), flush=True)
spin()
`;

interface Running {
  readonly child: ChildProcess;
  /** The program's own number. */
  readonly pid: number;
  readonly place: string;
  readonly temporary: string;
  /** Status and standard error, when it has ended. */
  readonly end: Promise<{ status: number | null; signal: NodeJS.Signals | null; errors: string }>;
}

/** Starts a recording in a folder of its own, with a TMPDIR of its own, and waits until the program runs. */
async function begin(text: string, ...options: string[]): Promise<Running> {
  const place = mkdtempSync(join(folder, 'end '));
  const temporary = join(place, 'tmp');
  mkdirSync(temporary);
  writeFileSync(join(place, 'prog.py'), text);
  const child = spawn(process.execPath, [cli, 'record', '-o', 'out.pb.gz', ...options, '--', python!, 'prog.py'], {
    cwd: place,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const end = new Promise<{ status: number | null; signal: NodeJS.Signals | null; errors: string }>((resolve) =>
    child.once('close', (status, signal) => resolve({ status, signal, errors })),
  );
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(Number.parseInt(chunk, 10)));
    void end.then(() => reject(new Error(`it ended before it began: ${errors}`)));
  });
  return { child, pid, place, temporary, end };
}

function kill(...pids: (number | undefined)[]): void {
  for (const pid of pids) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

async function until(holds: () => boolean, seconds = 120): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  while (!holds() && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

describe.skipIf(!posix)('how a recording ends', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s reaches the program as it is', async (signal, status) => {
    const { child, pid, place, temporary, end } = await begin(LOOP);
    try {
      child.kill(signal);
      const ended = await end;
      expect(ended.status, ended.errors).toBe(status);
      expect(ended.errors.includes('KeyboardInterrupt')).toBe(signal === 'SIGINT');
      expect(ended.errors).toContain('→ out.pb.gz');
      expect(existsSync(join(place, 'out.pb.gz'))).toBe(true);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      kill(child.pid, pid);
    }
  });

  test('a program that answers SIGTERM itself ends in its own way and time', async () => {
    const text = `
import os, signal, sys, time
def bye(*_):
    time.sleep(0.5)
    sys.exit(9)
signal.signal(signal.SIGTERM, bye)
print(os.getpid(), flush=True)
for _ in range(6000):
    time.sleep(0.1)
`;
    const { child, pid, place, end } = await begin(text);
    try {
      child.kill('SIGTERM');
      const ended = await end;
      expect(ended.status, ended.errors).toBe(9);
      expect(existsSync(join(place, 'out.pb.gz'))).toBe(true);
    } finally {
      kill(child.pid, pid);
    }
  });

  test('what a killed recording left behind is swept when its program has ended, not before', async () => {
    const { child, pid, place, temporary } = await begin(LOOP);
    const record = () => run(['record', '-o', 'next.pb.gz', '--', python!, '-c', '1'], { cwd: place, env: { TMPDIR: temporary } });
    try {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exit; // the program holds its streams on
      const [left] = readdirSync(temporary);
      expect(left).toMatch(/^heatline-\w{6}$/);
      // Neither of these is ours to remove.
      mkdirSync(join(temporary, 'heatline-others'));
      mkdirSync(join(temporary, 'heatline-abcdef'));
      expect(record().status).toBe(0);
      expect(readdirSync(temporary)).toContain(left);
      kill(pid);
      await until(() => record().status === 0 && !existsSync(join(temporary, left!)));
      expect(readdirSync(temporary).sort()).toEqual(['heatline-abcdef', 'heatline-others']);
    } finally {
      kill(child.pid, pid);
    }
  });

  test('a temporary folder that is not there is said before the program runs', () => {
    const { status, stdout, stderr } = run(['record', '-o', 'none.pb.gz', '--', python!, '-c', 'print(1)'], {
      env: { TMPDIR: join(folder, 'not there') },
    });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^heatline: .*not there: no temporary files can be written there \(TMPDIR says where else\)\n$/);
  });

  test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('a full temporary folder is said', (context) => {
    const small = mkdtempSync(join(folder, 'full '));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small]).status !== 0) context.skip('this container mounts nothing');
    try {
      const record = (code: string) => run(['record', '-o', 'full.pb.gz', '--', python!, '-c', code], { env: { TMPDIR: small } });
      // Room for the first page, and none for the recording: the program runs to its own end.
      writeFileSync(join(small, 'fill'), new Uint8Array(60_000));
      const late = record('import asyncio, email.message, http.client; print(1); raise SystemExit(3)');
      expect(late.stdout).toBe('1\n');
      expect(late.stderr).toContain('No space left on device');
      expect(late.status).toBe(3);
      expect(readdirSync(small)).toEqual(['fill']);
      writeFileSync(join(small, 'fill'), new Uint8Array(61_440));
      expect(() => writeFileSync(join(small, 'more'), new Uint8Array(61_440))).toThrow(/ENOSPC/);
      const early = record('print(2)');
      expect(early.stdout).toBe('');
      expect(early.stderr).toBe(`heatline: ${small}: there is no room for temporary files (TMPDIR says where else)\n`);
      expect(early.status).toBe(5);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

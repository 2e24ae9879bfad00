import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder, project } from './paths.js';

/** What a step of the set-up says while it works; one line a call. */
export type Say = (line: string) => void;

/**
 * Installs one of the rig's npm folders (`test/rig/NAME`) into the cache, once per lock file, and returns the folder that has its
 * node_modules. The native modules are compiled, and a registry may hiccup: the whole output goes to `install.log` beside them. `before` runs
 * only when there is something to install.
 */
export function installFolder(name: 'node' | 'vscode', env: NodeJS.ProcessEnv, say: Say, before = () => {}): Promise<string> {
  const from = join(project, 'test', 'rig', name);
  const lock = readFileSync(join(from, 'package-lock.json'), 'utf8');
  const make = async (folder: string): Promise<void> => {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(from, file), join(folder, file));
    const log = join(folder, 'install.log');
    const status = await runLogged('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, env, log });
    if (status !== 0) throw new Error(`npm said ${status}; the end of ${log}:\n${tail(log)}`);
  };
  return makeOnce(name, `${lock}${process.platform} ${process.arch}`, say, make, before);
}

/**
 * Makes a folder in the cache, once per key, and returns its path. `make` fills the empty folder or throws; a half-made one is deleted
 * before it is tried again, three times in all. Of two runs at once the second waits for the first. `before` runs only when there is
 * something to make.
 */
export async function makeOnce(
  name: string,
  key: string,
  say: Say,
  make: (folder: string) => Promise<void>,
  before = () => {},
): Promise<string> {
  const folder = join(cacheFolder(), `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`);
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return folder;
  const release = await lockFolder(`${folder}.lock`, () => existsSync(whole));
  try {
    if (!existsSync(whole)) before();
    for (let attempt = 1; !existsSync(whole); attempt++) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      mkdirSync(folder, { recursive: true });
      try {
        await make(folder);
        writeFileSync(whole, `${new Date().toISOString()}\n`);
      } catch (error) {
        if (attempt === 3) throw new Error(`Making ${folder} failed three times: ${(error as Error).message}`);
        say(`Making ${folder} failed (${(error as Error).message.split('\n')[0]}); trying again.`);
      }
    }
  } finally {
    release();
  }
  return folder;
}

/** Runs a program with all that it says in the file `log`; resolves with its exit status, 1 when a signal ended it. */
export function runLogged(
  program: string,
  args: readonly string[],
  { cwd, env, log }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly log: string },
): Promise<number> {
  const out = openSync(log, 'w');
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', out, out], shell: process.platform === 'win32' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => closeSync(out));
}

/** Two runs at once must not install into the same folder: the second waits until the first is done, or its process is gone. */
async function lockFolder(path: string, done: () => boolean): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      const handle = openSync(path, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (done()) return () => {};
    if (!isAlive(path)) rmSync(path, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isAlive(lockFile: string): boolean {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    if (pid === 0) return Date.now() - statSync(lockFile).mtimeMs < 5000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The last lines of a log, for an error message. */
export function tail(log: string, lines = 30): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** The program's path if it is on PATH, or on another list like it. */
export function onPath(program: string, list: string = process.env.PATH ?? ''): string | undefined {
  for (const folder of list.split(delimiter)) {
    const path = join(folder, process.platform === 'win32' ? `${program}.exe` : program);
    if (folder !== '' && existsSync(path)) return path;
  }
  return undefined;
}

/** True where Debian packages can be installed by us. */
export const canInstallPackages = (): boolean => process.getuid?.() === 0 && onPath('apt-get') !== undefined;

let updated = false;

/** `apt-get install`, quiet unless it fails; three tries. Returns whether it worked. */
export function aptInstall(packages: readonly string[], say: Say): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  say(`Installing ${packages.join(', ')} (apt-get)`);
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (!updated) updated = spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' }).status === 0;
    const run = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages], {
      env,
      encoding: 'utf8',
    });
    if (run.status === 0) return true;
    if (attempt === 3)
      say(`apt-get could not install ${packages.join(', ')}: ${(run.stderr || run.stdout || '').trim().split('\n').slice(-3).join(' ')}`);
  }
  return false;
}

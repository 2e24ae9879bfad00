import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In the environment of everything that this process starts, so that strays can be told from anyone else's processes. */
export const MARK = 'HEATLINE_RIG_RUN';
const mark = `${process.pid}-${randomUUID().slice(0, 8)}`;

const groups = new Set<ChildProcess>();
const folders = new Set<string>();
let watching = false;

/** A fresh folder that is deleted by {@link cleanUp}, or when this process ends. */
export async function temporaryFolder(name: string): Promise<string> {
  watchForTheEnd();
  const folder = await mkdtemp(join(tmpdir(), `heatline-${name}-`));
  folders.add(folder);
  return folder;
}

/** Deletes one folder of {@link temporaryFolder} now; a file that still appears meanwhile is tried again. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  folders.delete(folder);
}

/** Starts a program as the leader of its own process group; {@link stopGroup} or the end of this process ends the whole group. */
export function startGroup(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  watchForTheEnd();
  const child = spawn(command, args, {
    ...options,
    detached: process.platform !== 'win32',
    env: { ...(options.env ?? process.env), [MARK]: mark },
  });
  groups.add(child);
  return child;
}

/** Ends a group gently, then by force after `graceMillis`, and resolves when its leader is gone. */
export async function stopGroup(child: ChildProcess, graceMillis = 4000): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMillis);
  await gone;
  clearTimeout(timer);
  signalGroup(child, 'SIGKILL');
  groups.delete(child);
}

/** Processes that came from this one, however far they moved away: those whose environment has our mark. Linux only; elsewhere none. */
export function strays(): { pid: number; command: string }[] {
  if (process.platform !== 'linux') return [];
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${MARK}=${mark}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (command !== '') found.push({ pid: Number(name), command });
    } catch {
      // Ended while we looked, or not ours to read.
    }
  }
  return found;
}

/** Ends everything that was started and deletes every temporary folder; what had to be ended by force is returned. */
export async function cleanUp(): Promise<{ pid: number; command: string }[]> {
  await Promise.all([...groups].map((child) => stopGroup(child)));
  let left = strays();
  for (let tries = 0; left.length > 0 && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = strays();
  }
  for (const { pid } of left) signal(pid, 'SIGKILL');
  await Promise.all([...folders].map((folder) => removeFolder(folder)));
  return left;
}

function watchForTheEnd(): void {
  if (watching) return;
  watching = true;
  process.once('exit', () => {
    for (const child of groups) signalGroup(child, 'SIGKILL');
    for (const { pid } of strays()) signal(pid, 'SIGKILL');
    for (const folder of folders) {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      } catch {
        // Nobody is left to tell.
      }
    }
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1));
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') child.kill(name);
  else signal(-child.pid, name);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone.
  }
}

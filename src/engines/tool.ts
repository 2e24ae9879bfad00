import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { UserError } from '../core/errors.js';
import { saidFile } from './beside.js';
import type { LaunchPlan } from './engine.js';
import { isExecutable } from './which.js';

/**
 * Becomes the tool, and leaves somebody behind who interrupts it when the other end of file 3 is closed, which happens even to a
 * process that is killed. Only an interrupt makes the tools write.
 */
const LEASH = '(read -r _ <&3; kill -INT $$) & exec 3<&- "$@"';

/** The most that is kept of what a tool prints, in bytes. */
const KEPT = 65_536;

/**
 * Starts a tool that joins a program of somebody else's. It ends, and writes what it has, when this process is gone, however that
 * came. What it prints goes to a file beside the recording: a pipe that nobody reads would end it before it wrote.
 * Throws UserError `engine-start` when it is not there.
 */
export function startTool(plan: LaunchPlan, env: NodeJS.ProcessEnv): ChildProcess {
  const tool = plan.argv[0] ?? '';
  // The shell in between would say so in words of its own.
  if (isAbsolute(tool) && !isExecutable(tool)) throw new UserError('engine-start', `${tool} is not there, or may not be run.`);
  const leashed = process.platform !== 'win32';
  const [program, ...args] = leashed ? ['/bin/sh', '-c', LEASH, 'sh', ...plan.argv] : plan.argv;
  const said = openSync(saidFile(plan), 'w');
  try {
    // A group of its own: a terminal's Ctrl-C shall reach the tool once, from us, and by its own number.
    const child = spawn(program!, args, { cwd: plan.cwd, env, stdio: ['ignore', said, said, leashed ? 'pipe' : 'ignore'], detached: true });
    child.once('exit', () => {
      try {
        if (leashed && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Whoever was left behind has gone already.
      }
      child.stdio[3]?.destroy();
    });
    return child;
  } finally {
    closeSync(said);
  }
}

/** The end of what a tool printed, once; empty when there is nothing. Never throws. */
export function takeSaid(plan: LaunchPlan): string {
  try {
    const handle = openSync(saidFile(plan), 'r');
    try {
      const { size } = fstatSync(handle);
      const bytes = Buffer.alloc(Math.min(size, KEPT));
      return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, size - bytes.length));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  } finally {
    rmSync(saidFile(plan), { force: true });
  }
}

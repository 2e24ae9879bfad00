import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../core/errors.js';
import type { LaunchPlan } from './engine.js';
import { finishRun, type RunResult } from './finish.js';
import { watchHeld } from './held.js';
import { descendants } from './processTree.js';
import { startTool } from './tool.js';

export interface LaunchControl {
  /** Ends the run by the plan's stop sequence. */
  readonly signal?: AbortSignal;
  /** `inherit` (default): the program has this process's terminal. */
  readonly stdio?: 'inherit' | 'ignore' | 'pipe';
  /** Signals to this process are passed on to the program; default true. */
  readonly forwardSignals?: boolean;
  /** The caller's environment; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  onStart?(pid: number): void;
}

/** A run with its times: ISO start and seconds. */
export interface LaunchResult extends RunResult {
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly stoppedBy: 'program' | 'user' | 'signal';
}

/** Starts a plan, waits for its end and takes its recording. Throws UserError `output-folder` or `engine-start`. */
export async function launch(plan: LaunchPlan, control: LaunchControl = {}): Promise<LaunchResult> {
  try {
    accessSync(dirname(plan.output), constants.W_OK);
  } catch {
    throw new UserError('output-folder', `Cannot write a recording into ${dirname(plan.output)}.`);
  }
  const started = Date.now();
  const [program, ...args] = plan.argv;
  const env = { ...(control.env ?? process.env), ...plan.env };
  const child = plan.attached ? startTool(plan, env) : spawn(program!, args, { cwd: plan.cwd, env, stdio: control.stdio ?? 'inherit' });
  let stopped: 'user' | 'signal' | undefined;
  let sequence: Promise<void> | undefined;
  const stop = (by: 'user' | 'signal'): void => {
    stopped ??= by;
    sequence ??= runStop(plan, child, ended);
  };
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'is not there, or its working directory is not' : `cannot be started: ${error.message}`;
      reject(new UserError('engine-start', `${program} ${why}.`));
    });
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  if (child.pid !== undefined) control.onStart?.(child.pid);
  const onAbort = (): void => stop('user');
  control.signal?.addEventListener('abort', onAbort, { once: true });
  if (control.signal?.aborted) onAbort();
  const unwatch = plan.holds === undefined ? () => {} : watchHeld(plan.holds, () => void child.kill('SIGINT'));
  const release = control.forwardSignals === false ? () => {} : forward(plan, child, stop);
  try {
    const end = await ended;
    const stoppedBy = stopped ?? (end.signal ? 'signal' : 'program');
    const result = await finishRun(plan, end);
    return { ...result, startedAt: new Date(started).toISOString(), durationSeconds: (Date.now() - started) / 1000, stoppedBy };
  } finally {
    control.signal?.removeEventListener('abort', onAbort);
    release();
    unwatch();
    await sequence;
  }
}

type Child = ReturnType<typeof spawn>;

/** Signals the program, and where it passes nothing on, all that runs below it; a tool around it is ended by its end. */
function deliver(plan: LaunchPlan, child: Child, signal: NodeJS.Signals): void {
  const tool = plan.toolAround === true && (signal === 'SIGTERM' || signal === 'SIGHUP');
  const tree = (plan.signalsTree || tool) && child.pid !== undefined && child.exitCode === null;
  const below = tree ? descendants(child.pid!) : [];
  if (!tool || below.length === 0) child.kill(signal);
  for (const pid of below) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  }
}

/** Sends the plan's signals one after the other until the process has ended. */
async function runStop(plan: LaunchPlan, child: Child, ended: Promise<unknown>): Promise<void> {
  for (const { signal, waitSeconds } of plan.stop) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    deliver(plan, child, signal);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, waitSeconds * 1000);
    });
    await Promise.race([ended.catch(() => undefined), patience]);
    clearTimeout(timer);
  }
}

/**
 * A terminal sends Ctrl-C to the program as well, a piped input or output notwithstanding (a second one would cut its clean-up
 * short): then we only stay alive to take the recording. Without a terminal, and for other signals, the program is sent
 * the same one, and ends as it would without us. The third begins the stop sequence; the first one does when the program
 * is none of ours.
 */
function forward(plan: LaunchPlan, child: Child, stop: (by: 'user' | 'signal') => void): () => void {
  let signals = 0;
  const onInterrupt = (): void => {
    signals += 1;
    if (plan.attached) stop('user');
    else if (signals > 2) stop('signal');
    else if (![process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)) deliver(plan, child, 'SIGINT');
  };
  const onEnd = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (plan.attached || signals > 2) stop('signal');
    else deliver(plan, child, signal);
  };
  const onExit = (): void => {
    deliver(plan, child, 'SIGKILL');
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onEnd);
  process.on('SIGHUP', onEnd);
  process.on('exit', onExit);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onEnd);
    process.off('SIGHUP', onEnd);
    process.off('exit', onExit);
  };
}

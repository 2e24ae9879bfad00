import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAfter } from './after.js';
import type { LaunchPlan } from './engine.js';
import { hideRecorder } from './hideRecorder.js';
import { takeSaid } from './tool.js';
import { toolTrouble } from './toolTrouble.js';

/** How the started process ended, as node or a VS Code task tells it. */
export interface ProcessEnd {
  readonly exitCode: number | null | undefined;
  readonly signal?: NodeJS.Signals | null;
}

/** What a run left behind. */
export interface RunResult {
  /** Raw file with the recording; undefined when nothing was recorded. */
  readonly output: string | undefined;
  /** The program's own status, negative signal number when killed, null when unknown. */
  readonly exitStatus: number | null;
  /** True when the file is a checkpoint of a program that was killed. */
  readonly rescued: boolean;
  /** For the user, when something is to be said. */
  readonly sentence: string | undefined;
}

/** Looks after a run's files once its process has ended: takes the recording, or rescues its checkpoint. */
export async function finishRun(plan: LaunchPlan, end: ProcessEnd): Promise<RunResult> {
  const remark = plan.after === undefined ? undefined : await runAfter(plan);
  if (plan.attached) return finishAttached(plan, remark);
  const exitStatus = statusOf(plan, end);
  await awaitHelper(plan);
  removeLeftovers(plan.output);
  const part = `${plan.output}.part`;
  if (hasContent(plan.output)) {
    rmSync(part, { force: true });
    await hideRecorder(plan);
    return { output: plan.output, exitStatus, rescued: false, sentence: remark };
  }
  rmSync(plan.output, { force: true });
  if (hasContent(part)) {
    renameSync(part, plan.output);
    const sentence = `The program ${ending(exitStatus)} before the recording was complete; what was recorded up to the last checkpoint is kept.`;
    return { output: plan.output, exitStatus, rescued: true, sentence };
  }
  const why = remark === undefined ? plan.hint : `${remark}.`;
  const sentence = `Nothing was recorded: the program ${ending(exitStatus)}.${why === undefined ? '' : ` ${why}`}`;
  return { output: undefined, exitStatus, rescued: false, sentence };
}

/**
 * The tool's own status says nothing of the program, which runs on. Where the tool was killed, what it left is taken: the file that our
 * guest in the program still writes, else its last checkpoint.
 */
async function finishAttached(plan: LaunchPlan, remark: string | undefined): Promise<RunResult> {
  const { output } = plan;
  const said = takeSaid(plan);
  await awaitGuest(output);
  removeLeftovers(output);
  const part = `${output}.part`;
  const rescued = !hasContent(output) && hasContent(part);
  if (rescued) renameSync(part, output);
  else rmSync(part, { force: true });
  if (!hasContent(output)) {
    rmSync(output, { force: true });
    return { output: undefined, exitStatus: null, rescued, sentence: toolTrouble(said, false) ?? remark ?? plan.hint };
  }
  return { output, exitStatus: null, rescued, sentence: rescued ? CUT_OFF : (toolTrouble(said, true) ?? remark) };
}

const CUT_OFF = 'The recording was cut off; what was recorded up to the last checkpoint is kept.';

/** A guest in a program (visitor.py) sees within a moment that who asked for it is gone, and writes. Waits for at most 3 s. */
async function awaitGuest(output: string): Promise<void> {
  const limit = Date.now() + 3000;
  while (!hasContent(output) && existsSync(`${output}.tmp-joined`) && Date.now() < limit) await sleep(20);
}

/**
 * When a program was killed, the helper that sampled it writes what it saw a moment later, and then takes away the
 * file with its number. Waits for at most 3 s, and only when there is no recording but such a helper.
 */
async function awaitHelper({ output, format }: LaunchPlan): Promise<void> {
  const marker = `${output}.helper`;
  const limit = Date.now() + 3000;
  // Ours puts a whole file in its place; Python's own sampler writes it there.
  const whole = (): boolean => format !== 'tachyon' && hasContent(output);
  while (!whole() && Date.now() < limit && isAlive(marker)) await sleep(20);
  rmSync(marker, { force: true });
}

function isAlive(marker: string): boolean {
  try {
    process.kill(Number.parseInt(readFileSync(marker, 'utf8'), 10), 0);
    return true;
  } catch {
    return false;
  }
}

function statusOf(plan: LaunchPlan, end: ProcessEnd): number | null {
  const plain = end.signal ? -(constants.signals[end.signal] ?? 0) : (end.exitCode ?? null);
  if (!plan.statusFile) return plain;
  let status: number | null = null;
  try {
    const value: unknown = JSON.parse(readFileSync(plan.statusFile, 'utf8')).exitStatus;
    if (typeof value === 'number') status = value;
  } catch {
    // The program was killed before it could say, or never started.
    if (plain !== 0) status = plain;
  }
  rmSync(plan.statusFile, { force: true });
  return status;
}

function ending(status: number | null): string {
  if (status === null) return 'ended';
  if (status >= 0) return `ended with status ${status}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === -status)?.[0] ?? `signal ${-status}`;
  return `was killed by ${name}`;
}

function hasContent(file: string): boolean {
  try {
    return statSync(file).size > 0;
  } catch {
    return false;
  }
}

/** Temporary files of a writer that was killed, and parts of worker processes that it did not take in any more. */
function removeLeftovers(output: string): void {
  const folder = dirname(output);
  if (!existsSync(folder)) return;
  const leftover = ['.tmp-', '.part.tmp-', '.live', '.w-'].map((ending) => basename(output) + ending);
  for (const name of readdirSync(folder)) {
    if (leftover.some((start) => name.startsWith(start))) rmSync(join(folder, name), { force: true });
  }
}

import { spawn } from 'node:child_process';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { helperFile, saidFile } from './beside.js';
import type { AfterStep, LaunchPlan } from './engine.js';
import { foldInterpreter } from './foldInterpreter.js';
import { runnerFolder } from './hideRecorder.js';

/** A tool ends with its program; else it is asked to after so many seconds, and made to when it has not ended so much later. */
const ASKED = 3;
const MADE = 60;

/**
 * Does what remains once the program of a plan with `after` has ended: waits until the tool beside it has written, runs the steps that
 * make the output, and deletes the tool's files. Returns a sentence for the user when something went wrong. Never throws.
 */
export async function runAfter(plan: LaunchPlan): Promise<string | undefined> {
  try {
    await toolEnd(plan);
    for (const step of plan.after ?? []) await runStep(step, plan);
    return plan.format === 'perf-script' ? await clean(plan) : undefined;
  } catch (error) {
    const said = plan.attached ? '' : firstError(readSaid(plan));
    return (said || (error as Error).message).replace(/\.$/, '');
  } finally {
    for (const file of [...(plan.scratch ?? []), ...(plan.attached ? [] : [saidFile(plan), helperFile(plan)])])
      rmSync(file, { recursive: true, force: true });
  }
}

/** The tool's number stands in a file beside the recording, where it was started beside a program. */
async function toolEnd(plan: LaunchPlan): Promise<void> {
  const pid = Number.parseInt(read(helperFile(plan)), 10);
  if (!(pid > 1)) return;
  const stages = [
    ['SIGINT', ASKED],
    ['SIGKILL', MADE],
  ] as const;
  for (const [name, seconds] of stages) {
    if (await isGone(pid, seconds)) return;
    signal(pid, name);
  }
  await isGone(pid, ASKED);
}

/** Waits for a process to end, for so many seconds at most. */
async function isGone(pid: number, seconds: number): Promise<boolean> {
  const limit = Date.now() + seconds * 1000;
  while (signal(pid, 0)) {
    if (Date.now() > limit) return false;
    await sleep(20);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Runs one step with its output in a file. Throws Error with the step's own words when it fails. */
async function runStep({ argv, stdout }: AfterStep, plan: LaunchPlan): Promise<void> {
  const out = stdout === undefined ? undefined : openSync(stdout, 'w');
  try {
    const [program, ...args] = argv;
    await new Promise<void>((resolve, reject) => {
      const child = spawn(program!, args, { cwd: plan.cwd, stdio: ['ignore', out ?? 'ignore', 'pipe'] });
      let said = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(0, 65_536);
      });
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(firstError(said) || `${basename(program!)} ended with ${code}`)),
      );
    });
  } finally {
    if (out !== undefined) closeSync(out);
  }
}

/** The first line that says something. */
function firstError(said: string): string {
  return (
    said
      .split('\n')
      .map((line) => line.trim())
      .find((line) => /\w{3}/.test(line) && !/^(?:Error|WARNING):?$/i.test(line)) ?? ''
  );
}

const readSaid = (plan: LaunchPlan): string => read(saidFile(plan));

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Folds the interpreter's frames in perf's text, and deletes what Python and perf left for the processes that were seen. */
async function clean(plan: LaunchPlan): Promise<string | undefined> {
  const { python, interpreter, processes } = await foldInterpreter(plan.output, runnerFolder(plan));
  removeMaps(processes, plan.attached === true);
  return interpreter < 10 || python > interpreter / 2 ? undefined : `perf saw few of its Python functions: ${whyFew(plan)}`;
}

function whyFew({ attached, env }: LaunchPlan): string {
  if (attached) return 'a program has to be started with -X perf for that, by a Python with frame pointers; py-spy --native needs neither';
  if (env.PYTHONPERFSUPPORT !== undefined) return 'this Python was built without frame pointers; take Python 3.13 or newer';
  if (env.PYTHON_PERF_JIT_SUPPORT !== undefined) return 'Python tells of them when it ends of itself';
  return 'it shows those of CPython 3.12 and newer';
}

/** perf's and Python's folder for what compilers at run time make; both have its name built in. */
const TEMPORARY = '/tmp';

/** A program that runs on still needs what it wrote itself. */
function removeMaps(processes: ReadonlySet<number>, runsOn: boolean): void {
  for (const name of readdirSync(TEMPORARY)) {
    const parts = /^(perf|jit|jitted)-(\d+)(?:-\d+\.so|\.map|\.dump)$/.exec(name);
    if (parts === null || !processes.has(Number(parts[2])) || (runsOn && parts[1] !== 'jitted')) continue;
    const file = join(TEMPORARY, name);
    if (lstatSync(file).uid === process.getuid?.()) rmSync(file, { force: true });
  }
}

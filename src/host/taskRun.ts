/** A program of ours in a terminal of its own, as a task: its output is seen, it can be typed into, and its end is told. */
import os from 'node:os';
import * as vscode from 'vscode';
import type { LaunchPlan } from '../engines/engine.js';
import { descendants } from '../engines/index.js';
import type { Run, Runs } from './runs.js';

export interface RunEnd {
  /** Undefined when the terminal does not know it. */
  readonly exitCode: number | undefined;
  readonly seconds: number;
  readonly stoppedByUser: boolean;
  /** False when no process came up. */
  readonly started: boolean;
}

/**
 * Starts a plan as a task and waits for its end.
 * @param onStart told the process id
 */
export async function runTask(
  runs: Runs,
  run: Omit<Run, 'stop'>,
  plan: LaunchPlan,
  scope: vscode.WorkspaceFolder | undefined,
  onStart: (pid: number) => void,
): Promise<RunEnd> {
  const task = makeTask(run.id, run.name, plan, scope);
  const startedAt = Date.now();
  const ended = new EndOfTask(run.id, onStart);
  let execution: vscode.TaskExecution | undefined;
  let stopping = 0;
  const stop = () => {
    // Asked again: do not wait for the step under way.
    stopping += 1;
    if (stopping === 1)
      void stopInSteps(
        plan,
        ended,
        () => stopping,
        () => execution?.terminate(),
      );
  };
  try {
    return await runs.follow({ ...run, stop }, async () => {
      execution = await vscode.tasks.executeTask(task);
      const exitCode = await ended.promise;
      return { exitCode, seconds: (Date.now() - startedAt) / 1000, stoppedByUser: stopping > 0, started: ended.started };
    });
  } finally {
    ended.dispose();
  }
}

function makeTask(id: string, name: string, plan: LaunchPlan, scope: vscode.WorkspaceFolder | undefined): vscode.Task {
  const { argv, cwd } = placed(plan);
  const [program = '', ...args] = argv;
  const execution = new vscode.ProcessExecution(program, args, { cwd, env: { ...plan.env } });
  const task = new vscode.Task(
    { type: 'heatline.run', id },
    scope ?? vscode.TaskScope.Workspace,
    `Profile ${name}`,
    'Heatline',
    execution,
    [],
  );
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.Dedicated,
    clear: true,
    echo: false,
    focus: false,
    showReuseMessage: false,
  };
  return task;
}

/**
 * A window without a folder starts terminals in the home folder and refuses any other; there a shell goes to the right one and becomes
 * the program, so that process id and signals stay the program's.
 */
function placed(plan: LaunchPlan): { readonly argv: readonly string[]; readonly cwd: string } {
  if (vscode.workspace.workspaceFolders?.length || process.platform === 'win32') return plan;
  return { argv: ['/bin/sh', '-c', 'cd "$0" && exec "$@"', plan.cwd, ...plan.argv], cwd: os.homedir() };
}

/** Follows one task by its id: events may come before `executeTask` has answered. */
class EndOfTask implements vscode.Disposable {
  started = false;
  over = false;
  pid: number | undefined;
  readonly promise: Promise<number | undefined>;
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(id: string, onStart: (pid: number) => void) {
    const mine = (event: { readonly execution: vscode.TaskExecution }) => event.execution.task.definition.id === id;
    this.promise = new Promise((resolve) => {
      const finish = (exitCode: number | undefined) => {
        this.over = true;
        resolve(exitCode);
      };
      this.subscriptions.push(
        vscode.tasks.onDidStartTaskProcess((event) => {
          if (!mine(event)) return;
          // A terminal that could not start its process says -1 or nothing.
          if (!(event.processId > 0)) return;
          this.started = true;
          this.pid = event.processId;
          onStart(event.processId);
        }),
        vscode.tasks.onDidEndTaskProcess((event) => mine(event) && finish(event.exitCode)),
        // A task that could not be started has no process that ends. Leave the process event its turn first.
        vscode.tasks.onDidEndTask((event) => mine(event) && setTimeout(() => finish(undefined), 500)),
      );
    });
  }

  /** True when the end came within the time. */
  async within(milliseconds: number, hurry: () => boolean): Promise<boolean> {
    const until = Date.now() + milliseconds;
    while (!this.over && Date.now() < until && !hurry()) await new Promise((resolve) => setTimeout(resolve, 50));
    return this.over;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

/** Sends the plan's signals one after the other; the terminal is closed only when none of them helped. */
async function stopInSteps(plan: LaunchPlan, task: EndOfTask, asked: () => number, terminate: () => void): Promise<void> {
  for (const step of plan.stop) {
    const before = asked();
    if (task.pid === undefined || !sendSignal(task.pid, step.signal, plan.signalsTree)) break;
    if (await task.within(step.waitSeconds * 1000, () => asked() > before)) return;
  }
  if (!(await task.within(200, () => false))) terminate();
}

/** @param tree whether all that runs below it is told too */
function sendSignal(pid: number, signal: NodeJS.Signals, tree = false): boolean {
  const below = tree ? descendants(pid) : [];
  const told = [pid, ...below].map((each) => {
    try {
      return process.kill(each, signal);
    } catch {
      return false;
    }
  });
  return told[0] ?? false;
}

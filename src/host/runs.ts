import os from 'node:os';
import * as vscode from 'vscode';
import type { LaunchPlan } from '../engines/engine.js';

export interface RunEnd {
  /** Undefined when the terminal does not know it. */
  readonly exitCode: number | undefined;
  readonly seconds: number;
  readonly stoppedByUser: boolean;
  /** False when no process came up. */
  readonly started: boolean;
}

interface Run {
  readonly name: string;
  readonly key: string;
  readonly startedAt: number;
  stop(): void;
}

/** Programs that are being recorded now: each in a terminal of its own, with a clock and Stop in the status bar. */
export class Runs implements vscode.Disposable {
  private readonly running = new Map<string, Run>();
  private item: vscode.StatusBarItem | undefined;
  private clock: NodeJS.Timeout | undefined;

  /** Names of what runs now. */
  get names(): string[] {
    return [...this.running.values()].map((run) => run.name);
  }

  has(key: string): boolean {
    return [...this.running.values()].some((run) => run.key === key);
  }

  isRunning(id: string): boolean {
    return this.running.has(id);
  }

  /**
   * Starts a plan as a task, so that its output is seen and stdin works, and waits for its end.
   * @param key one run at a time for each
   * @param onStart told the process id
   */
  async run(
    id: string,
    name: string,
    key: string,
    plan: LaunchPlan,
    scope: vscode.WorkspaceFolder | undefined,
    onStart: (pid: number) => void,
  ): Promise<RunEnd> {
    const task = makeTask(id, name, plan, scope);
    const startedAt = Date.now();
    const ended = new EndOfTask(id, onStart);
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
    this.running.set(id, { name, key, startedAt, stop });
    this.show();
    try {
      execution = await vscode.tasks.executeTask(task);
      const exitCode = await ended.promise;
      return { exitCode, seconds: (Date.now() - startedAt) / 1000, stoppedByUser: stopping > 0, started: ended.started };
    } finally {
      ended.dispose();
      this.running.delete(id);
      this.show();
    }
  }

  /** Asks every running program to end, keeping what was recorded. */
  stopAll(): void {
    for (const run of this.running.values()) run.stop();
  }

  private show(): void {
    void vscode.commands.executeCommand('setContext', 'heatline.running', this.running.size > 0);
    if (this.running.size === 0) {
      clearInterval(this.clock);
      this.clock = undefined;
      this.item?.dispose();
      this.item = undefined;
      return;
    }
    this.item ??= vscode.window.createStatusBarItem('heatline.run', vscode.StatusBarAlignment.Left, 100);
    this.item.name = 'Heatline: running';
    this.item.command = 'heatline.stop';
    this.tick();
    this.item.show();
    this.clock ??= setInterval(() => this.tick(), 1000);
  }

  private tick(): void {
    const runs = [...this.running.values()];
    const first = runs[0];
    if (!this.item || !first) return;
    const more = runs.length > 1 ? ` +${runs.length - 1}` : '';
    const elapsed = clockText(Date.now() - first.startedAt);
    this.item.text = `$(record) ${elapsed}${more} $(debug-stop)`;
    this.item.tooltip = `Heatline records ${runs.map((run) => run.name).join(', ')}. Click to stop and see what was recorded.`;
    this.item.accessibilityInformation = { label: `Heatline records ${first.name}, ${elapsed}. Stop`, role: 'button' };
  }

  /** Programs must not outlive the window's extension host. */
  dispose(): void {
    this.stopAll();
    clearInterval(this.clock);
    this.item?.dispose();
  }
}

/** Minutes and seconds, hours when there are any: `0:07`, `1:02:03`. */
export function clockText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function makeTask(id: string, name: string, plan: LaunchPlan, scope: vscode.WorkspaceFolder | undefined): vscode.Task {
  const { argv, cwd } = placed(plan);
  const [program = '', ...args] = argv;
  const execution = new vscode.ProcessExecution(program, args, { cwd, env: { ...plan.env } });
  const task = new vscode.Task({ type: 'heatline', id }, scope ?? vscode.TaskScope.Workspace, `Profile ${name}`, 'Heatline', execution, []);
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
    if (task.pid === undefined || !sendSignal(task.pid, step.signal)) break;
    if (await task.within(step.waitSeconds * 1000, () => asked() > before)) return;
  }
  if (!(await task.within(200, () => false))) terminate();
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

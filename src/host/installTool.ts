/** Installs a profiler into the environment of the workspace's Python, once the user has seen the command. */
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { isInstallable, pipInstall } from '../engines/index.js';
import { demandTrust } from './target.js';

const TYPE = 'heatline.install';

/**
 * Asks, and runs pip as a task whose terminal is shown. Resolves with true when it is installed.
 * @param python absolute path of the interpreter
 * @param what name of the package
 * @throws UserError for a package that no engine needs, or when pip failed
 */
export async function installTool(python: string, what: string): Promise<boolean> {
  demandTrust();
  if (!isInstallable(what)) throw new UserError('no-tool', `No engine needs the package ${what}.`);
  const command = pipInstall(python, what);
  const answer = await vscode.window.showInformationMessage(
    `Install ${what} into the environment of ${python}?`,
    { modal: true, detail: `A terminal will show: ${command}` },
    'Install',
  );
  if (answer !== 'Install') return false;
  const execution = new vscode.ProcessExecution(python, ['-m', 'pip', 'install', what]);
  const task = new vscode.Task({ type: TYPE, what }, vscode.TaskScope.Workspace, `Install ${what}`, 'Heatline', execution, []);
  const status = await endOf(task, what);
  if (status !== 0) throw new UserError('install', `${what} was not installed; the terminal says why.`);
  void offerToGoOn(what);
  return true;
}

async function endOf(task: vscode.Task, what: string): Promise<number | undefined> {
  let subscription: vscode.Disposable | undefined;
  try {
    const ended = new Promise<number | undefined>((resolve) => {
      subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        const { type, what: its } = execution.task.definition;
        if (type === TYPE && its === what) resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    return await ended;
  } finally {
    subscription?.dispose();
  }
}

async function offerToGoOn(what: string): Promise<void> {
  const again = await vscode.window.showInformationMessage(`${what} is installed.`, 'Profile Again');
  if (again) await vscode.commands.executeCommand('heatline.rerun');
}

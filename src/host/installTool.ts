/** Installs a profiler into the environment of the workspace's Python, once the user has seen the command. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
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
  if (!isInstallable(what)) throw new UserError('no-tool', t('No engine needs the package {0}.', what));
  const command = pipInstall(python, what);
  const answer = await vscode.window.showInformationMessage(
    t('Install {0} into the environment of {1}?', what, python),
    { modal: true, detail: t('A terminal will show: {0}', command) },
    t('Install'),
  );
  if (answer !== t('Install')) return false;
  const execution = new vscode.ProcessExecution(python, ['-m', 'pip', 'install', what]);
  const task = new vscode.Task({ type: TYPE, what }, vscode.TaskScope.Workspace, `Install ${what}`, 'Heatline', execution, []);
  const status = await endOf(task, what);
  if (status !== 0) throw new UserError('install', t('{0} was not installed; the terminal says why.', what));
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
  const again = await vscode.window.showInformationMessage(t('{0} is installed.', what), t('Profile Again'));
  if (again) await vscode.commands.executeCommand('heatline.rerun');
}

/** Which Python runs a file. Other extensions are asked when they are there; none is needed. */

import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import {
  chooseInterpreter,
  type FoundInterpreter,
  findLocalEnvironment,
  findOnPath,
  type InterpreterStep,
  pathNames,
} from './pythonSearch.js';

/** The part of ms-python.vscode-python-envs' API that is used here (`PythonEnvironmentApi.getEnvironment`). */
interface EnvironmentsApi {
  getEnvironment?(scope: vscode.Uri | undefined): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
}

/** The part of ms-python.python's API that is used here. */
interface PythonApi {
  environments?: {
    getActiveEnvironmentPath?(resource?: vscode.Uri): { path: string };
    resolveEnvironment?(environment: { path: string }): Promise<{ executable?: { uri?: vscode.Uri } } | undefined>;
  };
}

/** Setting → Python Environments → Python extension → `.venv` of the workspace → PATH. @throws UserError `no-interpreter` */
export async function findInterpreter(file: vscode.Uri, log: vscode.LogOutputChannel): Promise<FoundInterpreter> {
  const set = settingFor(file);
  if (set) {
    const found = await chooseInterpreter([{ from: t('the setting heatline.python.interpreter'), find: async () => set }], (line) =>
      log.info(line),
    );
    if (found) return found;
    throw new UserError('no-interpreter', t('The Python of the setting heatline.python.interpreter cannot be started: {0}', set), [
      { title: t('Open Setting'), command: 'workbench.action.openSettings', args: ['heatline.python.interpreter'] },
    ]);
  }
  const found = await chooseInterpreter(discovery(file), (line) => log.info(`Python: ${line}`));
  if (found) return found;
  throw new UserError('no-interpreter', t('No Python was found; choose one in the settings, or put python3 on the PATH.'), [
    { title: t('Choose Python'), command: 'heatline.selectInterpreter' },
  ]);
}

function discovery(file: vscode.Uri): InterpreterStep[] {
  const folder = vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath;
  const dir = path.dirname(file.fsPath);
  return [
    { from: t('Python Environments'), find: () => fromEnvironments(file) },
    { from: t('the Python extension'), find: () => fromPythonExtension(file) },
    { from: t('the environment beside the file'), find: () => findLocalEnvironment(dir, folder ?? dir, process.platform) },
    { from: 'PATH', find: () => findOnPath(pathNames(process.platform), process.env.PATH ?? '', process.platform) },
  ];
}

async function fromEnvironments(file: vscode.Uri): Promise<string | undefined> {
  const api = await exportsOf<EnvironmentsApi>('ms-python.vscode-python-envs');
  const environment = await api?.getEnvironment?.(file);
  return environment?.execInfo?.run?.executable;
}

async function fromPythonExtension(file: vscode.Uri): Promise<string | undefined> {
  const { environments } = (await exportsOf<PythonApi>('ms-python.python')) ?? {};
  const active = environments?.getActiveEnvironmentPath?.(file);
  if (!active) return undefined;
  const resolved = await environments?.resolveEnvironment?.(active);
  // `path` may be a folder, or the bare word "python" when nothing was chosen.
  return resolved?.executable?.uri?.fsPath ?? (path.isAbsolute(active.path) ? active.path : undefined);
}

async function exportsOf<T>(id: string): Promise<T | undefined> {
  const extension = vscode.extensions.getExtension<T>(id);
  if (!extension) return undefined;
  return extension.isActive ? extension.exports : await extension.activate();
}

function settingFor(file: vscode.Uri): string | undefined {
  const value = vscode.workspace.getConfiguration('heatline', file).get<string>('python.interpreter', '').trim();
  if (!value) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? path.dirname(file.fsPath);
  const expanded = value
    .replace(/^~(?=[\\/]|$)/, os.homedir())
    .replace(/\$\{workspaceFolder\}/g, folder)
    .replace(/\$\{userHome\}/g, os.homedir())
    .replace(/\$\{env:([^}]*)\}/g, (_, name: string) => process.env[name] ?? '');
  return path.resolve(folder, expanded);
}

/** What "Profile This File" runs: the file, and the arguments, environment and folder that belong to it. */

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { Target } from '../engines/engine.js';
import { parseEnvFile } from './envFile.js';
import { applyConfig, type LaunchConfig, matchingConfigs, type Variables } from './launchConfig.js';
import { joinWords, splitWords } from './shellWords.js';

/** What a caller of `heatline.profileFile` may choose (contract). */
export interface ProfileOptions {
  readonly engine?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly python?: string;
}

export interface ScriptTarget {
  readonly target: Extract<Target, { kind: 'script' }>;
  /** Interpreter that the launch configuration names. */
  readonly python?: string;
}

/** How a file was last started, kept per workspace. */
type Remembered = { readonly config: string } | { readonly args: readonly string[] };

/** @throws UserError `untrusted` in a workspace whose programs are not to be run */
export function demandTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(
    'untrusted',
    t('This workspace is not trusted, so Heatline does not run its programs; profiles can still be opened.'),
    [{ title: t('Manage Trust'), command: 'workbench.trust.manage' }],
  );
}

/** A Python file that can be run: saved, on this machine, in a workspace that is trusted. Saves it when it has changes. */
export async function runnableFile(uri: vscode.Uri | undefined): Promise<vscode.Uri> {
  demandTrust();
  const file = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (!file) throw new UserError('no-file', t('Open the Python file to profile first.'));
  if (file.scheme === 'untitled')
    throw new UserError('unsaved', t('Save the file first: Python needs it on disk.'), [
      { title: t('Save'), command: 'workbench.action.files.save' },
    ]);
  if (file.scheme !== 'file')
    throw new UserError(
      'not-local',
      t('Files of “{0}” cannot be run: there is no copy of them on the machine that Python runs on.', file.scheme),
    );
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === file.toString());
  const python = document ? document.languageId === 'python' : /\.pyw?$/i.test(file.path);
  if (!python) throw new UserError('not-python', t('{0} is not a Python file.', path.basename(file.fsPath)));
  if (document?.isDirty && !(await document.save()))
    throw new UserError('unsaved', t('{0} could not be saved.', path.basename(file.fsPath)));
  const found = await vscode.workspace.fs.stat(file).then(
    (stat) => stat.type,
    () => undefined,
  );
  if (found === undefined) throw new UserError('no-file', t('{0} does not exist.', file.fsPath));
  return file;
}

/** @param options given by another extension or a key binding; then nothing is asked */
export async function scriptTarget(file: vscode.Uri, options: ProfileOptions | undefined, memory: vscode.Memento): Promise<ScriptTarget> {
  const script = file.fsPath;
  const variables = variablesFor(file);
  const chosen = options ? undefined : await chosenStart(file, variables, memory);
  const config = chosen && 'config' in chosen ? matching(file, variables).find((entry) => entry.name === chosen.config) : undefined;
  const launch = config && applyConfig(config, variables);
  const own = chosen && 'args' in chosen ? chosen.args : [];
  const args = options?.args ?? (launch ? (launch.asksArgs ? await askArguments(script, own, memory) : launch.args) : own);
  return {
    target: {
      kind: 'script',
      script,
      args,
      cwd: options?.cwd ?? launch?.cwd ?? variables.folder ?? path.dirname(script),
      env: { ...(await envFileOf(launch?.envFile)), ...launch?.env, ...options?.env },
    },
    ...(launch?.python ? { python: path.resolve(variables.folder ?? '', launch.python) } : {}),
  };
}

/** Lets the user say how the file is started from now on; false when they thought better of it. */
export async function changeArguments(file: vscode.Uri, memory: vscode.Memento): Promise<boolean> {
  const variables = variablesFor(file);
  const configs = matching(file, variables);
  if (configs.length > 0) {
    const own = { label: t('$(edit) Own arguments…'), config: undefined };
    const picked = await vscode.window.showQuickPick([...configItems(configs), own], {
      title: t('How to start {0}', path.basename(file.fsPath)),
    });
    if (!picked) return false;
    if (picked.config) {
      await memory.update(memoryKey(file.fsPath), { config: picked.config.name } satisfies Remembered);
      return true;
    }
  }
  const before = memory.get<Remembered>(memoryKey(file.fsPath));
  return (await askFor(file.fsPath, before && 'args' in before ? before.args : [], memory)) !== undefined;
}

const memoryKey = (script: string) => `heatline.start:${script}`;

function matching(file: vscode.Uri, variables: Variables): LaunchConfig[] {
  const configs = vscode.workspace.getConfiguration('launch', file).get<unknown>('configurations');
  return matchingConfigs(Array.isArray(configs) ? configs : [], variables);
}

/** Remembered, else the only matching launch configuration, else the one that is picked now. */
async function chosenStart(file: vscode.Uri, variables: Variables, memory: vscode.Memento): Promise<Remembered | undefined> {
  const configs = matching(file, variables);
  const before = memory.get<Remembered>(memoryKey(file.fsPath));
  if (before && ('args' in before || configs.some((config) => config.name === before.config))) return before;
  const [first, second] = configs;
  if (!first) return undefined;
  if (!second) return { config: first.name };
  const none = { label: t('$(circle-slash) No launch configuration'), description: t('run without arguments'), config: undefined };
  const picked = await vscode.window.showQuickPick([...configItems(configs), none], {
    title: t('Start {0} with', path.basename(file.fsPath)),
    placeHolder: t('Remembered for this file; “Heatline: Set Arguments…” changes it'),
  });
  if (!picked) throw new vscode.CancellationError();
  const chosen: Remembered = picked.config ? { config: picked.config.name } : { args: [] };
  await memory.update(memoryKey(file.fsPath), chosen);
  return chosen;
}

function configItems(configs: readonly LaunchConfig[]): { label: string; description: string; config: LaunchConfig | undefined }[] {
  return configs.map((config) => ({
    label: `$(debug-alt) ${config.name}`,
    description: typeof config.args === 'string' ? config.args : (config.args ?? []).join(' '),
    config,
  }));
}

async function askArguments(script: string, own: readonly string[], memory: vscode.Memento): Promise<readonly string[]> {
  const args = await ask(script, memory.get<readonly string[]>(`heatline.args:${script}`) ?? own);
  if (!args) throw new vscode.CancellationError();
  await memory.update(`heatline.args:${script}`, args);
  return args;
}

async function askFor(script: string, before: readonly string[], memory: vscode.Memento): Promise<readonly string[] | undefined> {
  const args = await ask(script, before);
  if (args) await memory.update(memoryKey(script), { args } satisfies Remembered);
  return args;
}

async function ask(script: string, before: readonly string[]): Promise<string[] | undefined> {
  const text = await vscode.window.showInputBox({
    title: t('Arguments of {0}', path.basename(script)),
    prompt: t('Separated by blanks; quotes keep words together. Remembered for this file.'),
    value: joinWords(before, process.platform),
    ignoreFocusOut: true,
  });
  return text === undefined ? undefined : splitWords(text, process.platform);
}

async function envFileOf(envFile: { readonly path: string; readonly named: boolean } | undefined): Promise<Record<string, string>> {
  if (!envFile) return {};
  try {
    return parseEnvFile(await readFile(envFile.path, 'utf8'), process.env);
  } catch {
    if (!envFile.named) return {};
    throw new UserError('env-file', t('The environment file of the launch configuration cannot be read: {0}', envFile.path));
  }
}

function variablesFor(file: vscode.Uri): Variables {
  const folder = vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath;
  return {
    file: file.fsPath,
    ...(folder ? { folder } : {}),
    folders: Object.fromEntries((vscode.workspace.workspaceFolders ?? []).map((entry) => [entry.name, entry.uri.fsPath])),
    env: process.env,
    home: os.homedir(),
    platform: process.platform,
    config: (key) => vscode.workspace.getConfiguration(undefined, file).get(key),
  };
}

/** A configuration of launch.json as the start of a recording: given, or picked here. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { heatlineConfig, type LaunchConfig, recordable, START } from './launchConfig.js';
import { readLaunchSpec } from './launchSpec.js';
import { profileLaunch } from './profileLaunch.js';
import { newRecordingId } from './recordings.js';
import { demandTrust } from './target.js';

/** Starts under way, by their ids: VS Code says only that there is nothing to debug. */
const started = new Map<string, Promise<ProfileInfo>>();

/**
 * @param given a configuration of ours whose variables are filled in
 * @param folder workspace folder it belongs to
 * @param id of the recording, where the caller wants to stop it
 */
export async function profileLaunchConfig(ctx: Ctx, given?: unknown, folder?: vscode.Uri, id?: string): Promise<ProfileInfo> {
  demandTrust();
  if (typeof given !== 'object' || given === null) return startByVscode(await pick());
  const scope = folder && vscode.workspace.getWorkspaceFolder(folder);
  const { postDebugTask, [START]: start, ...rest } = given as Record<string, unknown>;
  const recording = profileLaunch(ctx, readLaunchSpec(rest, process.platform), scope, id);
  if (typeof start === 'string') started.set(start, recording);
  return recording.finally(() => (typeof postDebugTask === 'string' && postDebugTask ? runTaskNamed(postDebugTask, scope) : undefined));
}

/** VS Code fills in variables, those that ask the user and those of other extensions among them, and runs the preLaunchTask. */
async function startByVscode({ config, folder }: Picked): Promise<ProfileInfo> {
  const start = newRecordingId();
  const ours = config.type === 'heatline' ? config : heatlineConfig(config);
  const assumed = ours.envFile === undefined ? await envFileOf(folder) : undefined;
  await vscode.debug.startDebugging(folder, {
    ...ours,
    request: ours.request ?? 'launch',
    ...(config.type !== 'heatline' && assumed ? { envFile: assumed } : {}),
    [START]: start,
  });
  const recording = started.get(start);
  started.delete(start);
  // VS Code has told why it started nothing: a variable, a task that failed, or the user who thought better of it.
  if (!recording) throw new vscode.CancellationError();
  return recording;
}

/** The file that the debugger reads without being told to. */
async function envFileOf(folder: vscode.WorkspaceFolder | undefined): Promise<string | undefined> {
  const file = folder && vscode.Uri.joinPath(folder.uri, '.env');
  return (
    file &&
    vscode.workspace.fs.stat(file).then(
      () => file.fsPath,
      () => undefined,
    )
  );
}

/** A task of tasks.json, or of another extension, by its name or as `type: name`. Its end is not waited for. */
async function runTaskNamed(name: string, scope: vscode.WorkspaceFolder | undefined): Promise<void> {
  const tasks = (await vscode.tasks.fetchTasks()).filter((task) => task.name === name || `${task.source}: ${task.name}` === name);
  const task = tasks.find((each) => typeof each.scope === 'object' && each.scope.uri.toString() === scope?.uri.toString()) ?? tasks[0];
  if (task) await vscode.tasks.executeTask(task);
  else void vscode.window.showWarningMessage(t('There is no task “{0}”, which is to run after the program.', name));
}

/** A configuration as the user told it from others. */
function whatOf({ program, module, code }: LaunchConfig): string {
  return program ?? module ?? (code === undefined ? '' : String(code).slice(0, 60));
}

interface Picked {
  readonly config: LaunchConfig;
  readonly folder: vscode.WorkspaceFolder | undefined;
}

async function pick(): Promise<Picked> {
  const folders: (vscode.WorkspaceFolder | undefined)[] = vscode.workspace.workspaceFolders?.slice() ?? [undefined];
  const found = folders.flatMap((folder) => {
    const configs = vscode.workspace.getConfiguration('launch', folder).get<unknown>('configurations');
    return recordable(Array.isArray(configs) ? configs : [], process.platform).map((config) => ({ config, folder }));
  });
  if (found.length === 0) {
    throw new UserError('no-configs', t('launch.json has no configuration that starts a Python program.'), [
      { title: t('Add Configuration…'), command: 'debug.addConfiguration' },
    ]);
  }
  const items = found.map(({ config, folder }) => ({
    label: `$(debug-alt) ${config.name}`,
    description: [whatOf(config), folders.length > 1 ? (folder?.name ?? '') : ''].filter(Boolean).join(' · '),
    start: { config, folder },
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: t('Profile a Launch Configuration'), matchOnDescription: true });
  if (!chosen) throw new vscode.CancellationError();
  return chosen.start;
}

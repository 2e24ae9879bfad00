/** A configuration of launch.json as the start of a recording: given, or picked here. */
import os from 'node:os';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { applyConfig, type LaunchConfig, recordable, type Variables } from './launchConfig.js';
import { readLaunchSpec } from './launchSpec.js';
import { profileLaunch } from './profileLaunch.js';
import { demandTrust } from './target.js';

/**
 * @param given a configuration of ours whose variables are filled in
 * @param folder workspace folder it belongs to
 * @param id of the recording, where the caller wants to stop it
 */
export async function profileLaunchConfig(ctx: Ctx, given?: unknown, folder?: vscode.Uri, id?: string): Promise<ProfileInfo | undefined> {
  demandTrust();
  const scope = folder && vscode.workspace.getWorkspaceFolder(folder);
  if (typeof given === 'object' && given !== null)
    return profileLaunch(ctx, readLaunchSpec(given as Record<string, unknown>, process.platform), scope, id);
  const picked = await pick();
  // VS Code knows more variables than we do, those that ask the user among them.
  if (picked.config.type === 'heatline') {
    await vscode.debug.startDebugging(picked.folder, picked.config.name);
    return undefined;
  }
  return profileLaunch(ctx, readLaunchSpec({ ...specOf(picked.config, variablesOf(picked.folder)) }, process.platform), picked.folder);
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
    throw new UserError('no-configs', 'launch.json has no configuration that starts a Python program.', [
      { title: 'Add Configuration…', command: 'debug.addConfiguration' },
    ]);
  }
  const items = found.map(({ config, folder }) => ({
    label: `$(debug-alt) ${config.name}`,
    description: [config.program ?? config.module ?? '', folders.length > 1 ? (folder?.name ?? '') : ''].filter(Boolean).join(' · '),
    start: { config, folder },
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Profile a Launch Configuration', matchOnDescription: true });
  if (!chosen) throw new vscode.CancellationError();
  return chosen.start;
}

/** The same start as a debugger's configuration says it. */
function specOf(config: LaunchConfig, variables: Variables): Record<string, unknown> {
  const { args, env, cwd, envFile, python, program, module } = applyConfig(config, variables);
  return {
    name: config.name,
    ...(module ? { module } : { program }),
    args,
    env,
    ...(cwd ? { cwd } : {}),
    ...(envFile?.named ? { envFile: envFile.path } : {}),
    ...(python ? { python } : {}),
  };
}

function variablesOf(folder: vscode.WorkspaceFolder | undefined): Variables {
  const file = vscode.window.activeTextEditor?.document.uri.fsPath ?? '';
  return {
    file,
    ...(folder ? { folder: folder.uri.fsPath } : {}),
    folders: Object.fromEntries((vscode.workspace.workspaceFolders ?? []).map((entry) => [entry.name, entry.uri.fsPath])),
    env: process.env,
    home: os.homedir(),
    platform: process.platform,
    config: (key) => vscode.workspace.getConfiguration(undefined, folder).get(key),
  };
}

/** Profile This File: the file, what belongs to its start, and the recording of it. */
import path from 'node:path';
import * as vscode from 'vscode';
import { probeEnvironment } from '../engines/index.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { findInterpreter } from './interpreter.js';
import { record, refuseTwice } from './record.js';
import { remember } from './starts.js';
import { type ProfileOptions, runnableFile, scriptTarget } from './target.js';

/**
 * Runs a Python file under a profiler in a terminal and shows what was recorded: whether the program ended, failed or was stopped.
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function profileFile(ctx: Ctx, uri: vscode.Uri | undefined, options?: ProfileOptions): Promise<ProfileInfo> {
  const file = await runnableFile(uri);
  const name = path.basename(file.fsPath);
  refuseTwice(ctx, name, file.fsPath);
  const start = await scriptTarget(file, options, ctx.context.workspaceState);
  await remember(ctx, { kind: 'file', uri: file.toString(), ...(options ? { options } : {}) });

  const python = options?.python ?? start.python ?? (await findInterpreter(file, ctx.log)).path;
  const settings = vscode.workspace.getConfiguration('heatline', file);
  const rateHz = settings.get<number | null>('rateHz');
  return record(ctx, {
    name,
    key: file.fsPath,
    target: start.target,
    environment: await probeEnvironment({ python, pythonPackage: pythonPackageOf(ctx) }),
    engine: options?.engine ?? settings.get<string>('engine', 'auto'),
    options: { live: settings.get<boolean>('live', true), ...(rateHz ? { rateHz } : {}) },
    argv: [start.target.script, ...start.target.args],
    shownAs: vscode.workspace.asRelativePath(file, false),
    scope: vscode.workspace.getWorkspaceFolder(file),
    file,
  });
}

/** Folder of the recorder that runs inside the user's Python. */
export const pythonPackageOf = (ctx: Ctx): string => path.join(ctx.context.extensionPath, 'dist', 'python');

/** Profile This File: the file, what belongs to its start, and the recording of it. */

import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { probeEnvironment } from '../engines/index.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { functionAt } from './definitionsAround.js';
import { findInterpreter } from './interpreter.js';
import { preferencesOf, record, refuseTwice } from './record.js';
import { remember } from './starts.js';
import { type ProfileOptions, runnableFile, scriptTarget } from './target.js';

/**
 * Records only while one function of a Python file runs; the file is started as Profile This File starts it.
 * @param name qualified name; default the function around the cursor
 * @throws UserError when there is no function, it cannot be started, or nothing was recorded
 */
export async function profileFunction(ctx: Ctx, uri: vscode.Uri | undefined, name?: string): Promise<ProfileInfo> {
  const file = await runnableFile(uri);
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === file.toString());
  const chosen = name ?? (editor && functionAt(editor.document.getText(), editor.selection.active.line));
  if (chosen === undefined) throw new UserError('no-function', t('Put the cursor into the function that is to be profiled.'));
  return profileFile(ctx, file, undefined, { inside: chosen });
}

/** What of a run is recorded; all of it unless something is said. */
export interface Part {
  /** Qualified name of a function: only what runs inside it. */
  readonly inside?: string;
  /** `FROM-TO` of the file's lines, or `LINE` for the statement around it: only what runs while they run. */
  readonly lines?: string;
}

/**
 * Runs a Python file under a profiler in a terminal and shows what was recorded: whether the program ended, failed or was stopped.
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function profileFile(ctx: Ctx, uri: vscode.Uri | undefined, options?: ProfileOptions, part: Part = {}): Promise<ProfileInfo> {
  const file = await runnableFile(uri);
  const name = path.basename(file.fsPath);
  refuseTwice(ctx, name, file.fsPath);
  const start = await scriptTarget(file, options, ctx.context.workspaceState);
  const { inside, lines } = part;
  const chosen = { ...(inside === undefined ? {} : { inside }), ...(lines === undefined ? {} : { lines }) };
  await remember(ctx, { kind: 'file', uri: file.toString(), ...(options ? { options } : {}), ...chosen });

  const python = options?.python ?? start.python ?? (await findInterpreter(file, ctx.log)).path;
  const settings = vscode.workspace.getConfiguration('heatline', file);
  return record(ctx, {
    name: [name, ...(inside === undefined ? [] : [inside]), ...(lines === undefined ? [] : [linesText(lines)])].join(': '),
    key: file.fsPath,
    target: start.target,
    environment: await probeEnvironment({ python, pythonPackage: pythonPackageOf(ctx) }),
    // Few engines can leave the rest of a program alone: another one that is preferred is left out.
    ...(options?.engine === undefined ? {} : { engine: options.engine }),
    preferences: preferencesOf(settings),
    options: {
      live: settings.get<boolean>('live', true),
      ...(inside === undefined ? {} : { function: inside }),
      ...(lines === undefined ? {} : { within: `${file.fsPath}:${lines}` }),
    },
    argv: [start.target.script, ...start.target.args],
    shownAs: vscode.workspace.asRelativePath(file, false),
    scope: vscode.workspace.getWorkspaceFolder(file),
    file,
  });
}

const linesText = (lines: string): string => (lines.includes('-') ? `lines ${lines.replace('-', '–')}` : `line ${lines}`);

/** Folder of the recorder that runs inside the user's Python. */
export const pythonPackageOf = (ctx: Ctx): string => path.join(ctx.context.extensionPath, 'dist', 'python');

/** `heatline.profileSelection`: the file runs as Profile This File runs it, and is recorded only while the selected lines run. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { profileFile } from './profileFile.js';
import { runnableFile } from './target.js';

/**
 * Records while the selected lines of a Python file run; without a selection while the statement at the cursor does.
 * @throws UserError when there is no code, these lines never ran, or the program cannot be started
 */
export async function profileSelection(ctx: Ctx, uri: vscode.Uri | undefined): Promise<ProfileInfo> {
  const file = await runnableFile(uri);
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === file.toString());
  if (!editor) throw new UserError('no-selection', t('Open the file and select the lines that are to be profiled.'));
  return profileFile(ctx, file, undefined, { lines: chosenLines(editor) });
}

/** `FROM-TO`, or `LINE` for the statement around it. */
function chosenLines({ document, selection, selections }: vscode.TextEditor): string {
  if (selections.filter((each) => !each.isEmpty).length > 1) throw new UserError('usage', t('Select one piece of code to profile.'));
  const { start, end } = selection;
  // A selection up to the beginning of a line leaves that line out.
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  const text = document.getText(new vscode.Range(start.line, 0, last + 1, 0));
  if (!/^\s*[^\s#]/m.test(text)) throw new UserError('usage', t('There is no code in the selection.'));
  return selection.isEmpty ? `${start.line + 1}` : `${start.line + 1}-${last + 1}`;
}

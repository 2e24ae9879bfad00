/** `heatline.timeit`: how long the selected code takes; of two selections, which one takes longer. */

import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { ratioOf, ratioText, timingText } from '../core/report/timing.js';
import { type TimingResult, timeStatements } from '../engines/timeit.js';
import type { Ctx } from './ctx.js';
import { isUserError } from './errors.js';
import { findInterpreter } from './interpreter.js';
import { pythonPackageOf } from './profileFile.js';
import { runnableFile } from './target.js';

/**
 * Times the one or two selections of the active editor, or the line of the cursor, with the names that their file defines, and says
 * what came out; the file is imported for that, not run as a program.
 * @throws UserError when there is no Python, or the code does not run
 */
export async function timeSelection(ctx: Ctx): Promise<TimingResult> {
  const editor = vscode.window.activeTextEditor;
  const file = await runnableFile(editor?.document.uri);
  const statements = selected(editor!);
  const python = await findInterpreter(file, ctx.log);
  const stop = new AbortController();
  const title = t('Timing {0} of {1}', statements.length > 1 ? t('two selections') : t('the selection'), path.basename(file.fsPath));
  const progress = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const result = await vscode.window
    .withProgress(progress, (_, cancelled) => {
      cancelled.onCancellationRequested(() => stop.abort());
      return timeStatements({
        statements,
        names: file.fsPath,
        python: python.path,
        pythonPackage: pythonPackageOf(ctx),
        cwd: vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? path.dirname(file.fsPath),
        quiet: true,
        signal: stop.signal,
      });
    })
    .then(undefined, (error) => {
      throw isUserError(error) && error.code === 'cancelled' ? new vscode.CancellationError() : error;
    });
  void tell(result);
  return result;
}

function selected(editor: vscode.TextEditor): readonly [string] | readonly [string, string] {
  const { document, selections } = editor;
  const ranges = selections.filter((selection) => !selection.isEmpty);
  if (ranges.length > 2) throw new UserError('usage', t('Select one piece of code to time, or two to compare.'));
  const [first, second] = ranges.map((range) => document.getText(wholeLines(range, document)));
  const text = first ?? document.lineAt(editor.selection.active.line).text;
  if ([text, second].some((each) => each?.trim() === '')) throw new UserError('usage', t('There is no code in the selection.'));
  return second === undefined ? [text] : [text, second];
}

/** Blanks before the selection are part of its first line, whose depth tells that of the others. */
function wholeLines(range: vscode.Range, document: vscode.TextDocument): vscode.Range {
  const before = new vscode.Range(range.start.with({ character: 0 }), range.start);
  return document.getText(before).trim() === '' ? new vscode.Range(before.start, range.end) : range;
}

async function tell({ python, timings }: TimingResult): Promise<void> {
  const [first, second] = timings;
  const figures = timings.map((timing) => timingText(timing));
  const text = second === undefined ? `${figures[0]}, ${python}` : `${ratioText(ratioOf(first!, second))} ${figures.join(' · ')}`;
  const chosen = await vscode.window.showInformationMessage(text, t('Copy'));
  if (chosen) await vscode.env.clipboard.writeText(text);
}

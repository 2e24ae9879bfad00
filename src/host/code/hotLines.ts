/** From one hot line of a file to the next. */

import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import type { Ctx } from '../ctx.js';
import { activeInfo } from '../session.js';
import type { HeatView } from '../views/heat.js';
import { nextAmong } from './nextLine.js';

/** Lines that are warm, or all lit ones where none is; after the last comes the first. Tells the line's figure. */
export async function goToHotLine(ctx: Ctx, heat: HeatView, direction: 1 | -1): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!activeInfo(ctx.store.value))
    throw new UserError('no-profile', t('No profile is open yet.'), [{ title: t('Profile This File'), command: 'heatline.profileFile' }]);
  if (!editor) throw new UserError('no-editor', t('Open a file first: hot lines are looked for in the editor in front.'));
  await ctx.shown();
  const found = nextAmong(heat.litLines(editor.document), editor.selection.active.line, direction);
  if (!found) throw new UserError('no-heat', t('No line of this file is hot in what is shown.'));
  const column = editor.document.lineAt(found.line).firstNonWhitespaceCharacterIndex;
  const at = new vscode.Position(found.line, column);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  vscode.window.setStatusBarMessage(t('$(flame) Line {0}: {1}', found.line + 1, found.text.replaceAll(/\u00a0+/g, ' ')), 5000);
}

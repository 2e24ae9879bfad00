import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import type { Found } from '../locations.js';

/**
 * Shows a line of a notebook's cell. A notebook that is not open is opened; only then can be told which of its cells it is.
 * @param again asks once more where that is @throws UserError when the notebook or the cell is gone
 */
export async function openCell(found: Found, again: () => Promise<Found | null>, beside: boolean): Promise<void> {
  const cell = vscode.Uri.parse(found.path, true);
  const isOpen = vscode.workspace.notebookDocuments.some((notebook) => notebook.uri.path === cell.path);
  if (!isOpen) {
    const file = cell.with({ scheme: 'file', authority: '', fragment: '' });
    try {
      await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(file));
    } catch {
      throw new UserError('no-source', t('{0}, whose cell this is, cannot be opened.', path.basename(cell.path)));
    }
  }
  const now = isOpen ? found : await again();
  const known = vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === now?.path);
  if (!now || !known) throw new UserError('no-source', t('This cell is not in {0} any more.', path.basename(cell.path)));
  const at = new vscode.Position(now.line - 1, 0);
  const options = { selection: new vscode.Range(at, at), viewColumn: beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active };
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(now.path, true), options);
}

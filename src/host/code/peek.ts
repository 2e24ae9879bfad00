/** Who called a line, and what it called, as VS Code's own peek, with the figure of each place beside its code. */

import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import { formatShare, formatValue } from '../../core/model/units.js';
import type { Neighbour } from '../../protocol/code.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, codeView } from '../session.js';
import { canHeat } from '../views/heatSettings.js';

/** Names told where a peek has nothing to show. */
const NAMED = 3;

/** Writes the figures into the editors of the peek that is open. */
let painting: vscode.Disposable | undefined;
let pen: vscode.TextEditorDecorationType | undefined;

/**
 * @param given `{uri, line}` with a 1-based line, from a hover's link; else the line of the cursor
 * @throws UserError when there is nothing to show
 */
export async function peekLine(ctx: Ctx, side: 'callers' | 'callees', given: unknown): Promise<void> {
  const view = codeView(ctx.store.value);
  const info = activeInfo(ctx.store.value);
  if (!info || !view)
    throw new UserError('no-profile', t('No profile is open yet.'), [{ title: t('Profile This File'), command: 'heatline.profileFile' }]);
  const at = placeOf(given);
  if (!at || !canHeat(at.uri)) throw new UserError('no-editor', t('Put the cursor on a line of a file first.'));
  const asked = { view, uri: at.uri.toString(), line: at.line, side };
  const { rows, sum, of } = await ctx.client.request('profile/lineNeighbours', asked);
  const places = rows.flatMap((row) => (row.path === null ? [] : [{ row, location: locationOf(row.path, row.line) }]));
  if (places.length === 0) throw new UserError('no-neighbours', nothing(rows, side, at.line));
  const unit = info.valueTypes[view.type]?.unit ?? '';
  const verb = side === 'callers' ? t('called from here') : t('called by {0}', of === 'line' ? t('line {0}', at.line) : t('this function'));
  follow(
    ctx,
    places.map(({ row, location }) => ({
      location,
      text: `${sum > 0 ? formatShare(row.total / sum) : '–'}  ·  ${formatValue(row.total, unit)}  ${verb}`,
    })),
  );
  const position = new vscode.Position(at.line - 1, 0);
  await vscode.commands.executeCommand(
    'editor.action.peekLocations',
    at.uri,
    position,
    places.map(({ location }) => location),
    'peek',
  );
}

function placeOf(given: unknown): { readonly uri: vscode.Uri; readonly line: number } | undefined {
  const { uri, line } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  if (typeof uri === 'string' && Number.isSafeInteger(line) && (line as number) > 0) {
    const parsed = vscode.Uri.parse(uri, true);
    // A link may come from anyone: it leads to what is open already.
    const open = vscode.workspace.textDocuments.some((document) => document.uri.toString() === parsed.toString());
    return open ? { uri: parsed, line: line as number } : undefined;
  }
  const editor = vscode.window.activeTextEditor;
  return editor && { uri: editor.document.uri, line: editor.selection.active.line + 1 };
}

function locationOf(path: string, line: number): vscode.Location {
  const uri = path.startsWith('vscode-notebook-cell:') ? vscode.Uri.parse(path, true) : vscode.Uri.file(path);
  return new vscode.Location(uri, new vscode.Position(Math.max(0, line - 1), 0));
}

function nothing(rows: readonly Neighbour[], side: 'callers' | 'callees', line: number): string {
  if (rows.length === 0)
    return side === 'callers'
      ? t('The profile knows nobody who called line {0}.', line)
      : t('The profile knows nothing that line {0} called.', line);
  const names = rows.slice(0, NAMED).map(({ name }) => safeText(name || 'unnamed'));
  const more = rows.length > NAMED ? t(' and {0} more', rows.length - NAMED) : '';
  return side === 'callers'
    ? t('Line {0} was called by {1}{2}, whose source is not on this machine.', line, names.join(', '), more)
    : t('Line {0} called {1}{2}, whose source is not on this machine.', line, names.join(', '), more);
}

/** Editors that open from now on are the peek's: they go with it, and what is written into them too. */
function follow(ctx: Ctx, places: readonly { readonly location: vscode.Location; readonly text: string }[]): void {
  painting?.dispose();
  const before = new Set(vscode.window.visibleTextEditors);
  if (!pen) {
    pen = vscode.window.createTextEditorDecorationType({});
    ctx.context.subscriptions.push(pen, { dispose: () => painting?.dispose() });
  }
  const figures = pen;
  painting = vscode.window.onDidChangeVisibleTextEditors((editors) => {
    for (const editor of editors) {
      if (before.has(editor)) continue;
      const here = places.filter(({ location }) => location.uri.toString() === editor.document.uri.toString());
      editor.setDecorations(
        figures,
        here.map(({ location, text }) => ({
          range: editor.document.lineAt(Math.min(location.range.start.line, editor.document.lineCount - 1)).range,
          renderOptions: {
            after: { contentText: text, color: new vscode.ThemeColor('heatline.heatText'), margin: '0 0 0 3ch', fontStyle: 'italic' },
          },
        })),
      );
    }
  });
}

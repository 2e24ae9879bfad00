/** From a function of a profile to the source on this machine. Only the server says where that is. */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileId, ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { launching } from './lazy.js';
import { activeInfo } from './session.js';

export interface Place {
  readonly func: number;
  /** 1-based line as the profile has it; the function's first when absent. */
  readonly line?: number;
}

/** Longest source that is read for the sake of one line. */
const MOST_BYTES = 4_000_000;

/** Opens the source of a function. @throws UserError when it is not on this machine */
export async function openPlace(ctx: Ctx, info: ProfileInfo, place: Place, beside = false): Promise<void> {
  const found = await locate(ctx, info.id, place);
  if (!found)
    throw new UserError(
      'no-source',
      t('The source of this function is not on this machine: it is built in, or the profile was recorded elsewhere.'),
    );
  if (isCell(found.path)) await launching().openCell(found, () => locate(ctx, info.id, place), beside);
  else await openLine(vscode.Uri.file(found.path), found.line, beside);
}

/** The text of one line, for the hover card; null when it cannot be had. */
export async function sourceLine(ctx: Ctx, info: ProfileInfo, place: Place): Promise<string | null> {
  const found = await locate(ctx, info.id, place);
  if (!found) return null;
  const open = vscode.workspace.textDocuments.find(
    ({ uri }) => (uri.scheme === 'file' && uri.fsPath === found.path) || uri.toString() === found.path,
  );
  if (open) return found.line <= open.lineCount ? open.lineAt(found.line - 1).text : null;
  try {
    if ((await stat(found.path)).size > MOST_BYTES) return null;
    return (await readFile(found.path, 'utf8')).split(/\r\n|\n|\r/)[found.line - 1] ?? null;
  } catch {
    return null;
  }
}

const isCell = (place: string) => place.startsWith('vscode-notebook-cell:');

/** Where the source of a function is: the path of a file, or the URI of a notebook's cell; and a line, 1-based. */
export interface Found {
  readonly path: string;
  readonly line: number;
}

function locate(ctx: Ctx, profile: ProfileId, place: Place): Promise<Found | null> {
  return ctx.client.request('profile/locate', { profile, ...place });
}

async function openLine(file: vscode.Uri, line: number, beside = false): Promise<void> {
  const document = await vscode.workspace.openTextDocument(file);
  const row = Math.min(Math.max(0, line - 1), document.lineCount - 1);
  const start = new vscode.Position(row, document.lineAt(row).firstNonWhitespaceCharacterIndex);
  await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(start, start),
    viewColumn: beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
  });
}

/**
 * `heatline.openLocation`, also from links in hovers: `{profile?, func, line?}`, or `{path, line?}` for a file of the workspace or one
 * that is open already; nothing else is opened, for a link may come from anyone's profile.
 */
export async function openLocation(ctx: Ctx, argument: unknown, second?: unknown): Promise<void> {
  const given =
    typeof argument === 'object' && argument !== null ? (argument as Record<string, unknown>) : { path: argument, line: second };
  const { func, line, profile } = given;
  const lineNumber = Number.isSafeInteger(line) ? (line as number) : undefined;
  if (Number.isSafeInteger(func)) {
    const info = typeof profile === 'string' ? ctx.store.value.profiles.get(profile) : activeInfo(ctx.store.value);
    if (!info) throw new UserError('not-open', t('The profile of this link is not open any more.'));
    return openPlace(ctx, info, { func: func as number, ...(lineNumber === undefined ? {} : { line: lineNumber }) });
  }
  const file = given.path ?? given.file;
  if (typeof file !== 'string' || !path.isAbsolute(file)) throw new UserError('bad-link', t('This link does not lead to a file.'));
  const uri = vscode.Uri.file(path.normalize(file));
  const known = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.textDocuments.find((open) => open.uri.fsPath === uri.fsPath);
  if (!known) throw new UserError('foreign-file', t('{0} is outside the workspace and is not opened from a link.', path.basename(file)));
  return openLine(uri, lineNumber ?? 1);
}

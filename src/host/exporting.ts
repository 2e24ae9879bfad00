/** Exports of what a profile page shows, and of the profile itself. Part of the lazy bundle. */

import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { PictureKind } from '../protocol/webview.js';
import type { Ctx } from './ctx.js';
import { pictureBytes } from './pictureBytes.js';
import { language } from './texts.js';

interface Kind extends vscode.QuickPickItem {
  readonly ending: string;
  /** What the server writes, or what the page draws. */
  readonly format?: string;
  readonly picture?: PictureKind;
}

const PICTURES: readonly Kind[] = [
  {
    label: t('Web page'),
    description: t('.html that works by itself: picture and table, without the paths of your folders'),
    ending: '.html',
    picture: 'html',
  },
  { label: 'SVG', description: t('.svg, a picture to zoom into, names as text'), ending: '.svg', picture: 'svg' },
  { label: 'PNG', description: t('.png, a picture as it is shown'), ending: '.png', picture: 'png' },
];
const PROFILES: readonly Kind[] = [
  { label: 'pprof', description: t('.pb.gz, for go tool pprof and most viewers'), ending: '.pb.gz', format: 'pprof' },
  { label: 'speedscope', description: t('.speedscope.json, for speedscope.app'), ending: '.speedscope.json', format: 'speedscope' },
  { label: t('Collapsed stacks'), description: t('.collapsed, for flamegraph.pl'), ending: '.collapsed', format: 'collapsed' },
];
const separator = (label: string): Kind => ({ label, kind: vscode.QuickPickItemKind.Separator, ending: '' });

/**
 * Asks what to export, and writes a profile. A picture is drawn by the page, which then sends it to `savePicture`.
 * @param draw asks the page; absent where none is open
 */
export async function exportProfile(ctx: Ctx, info: ProfileInfo, draw: ((kind: PictureKind) => void) | undefined): Promise<void> {
  const items = [...(draw ? [separator(t('What is shown')), ...PICTURES] : []), separator(t('The whole profile')), ...PROFILES];
  const chosen = await vscode.window.showQuickPick(items, { title: t('Export {0}', info.label) });
  if (chosen?.picture) draw?.(chosen.picture);
  if (!chosen?.format) return;
  const target = await askTarget(info, chosen.ending);
  if (!target) return;
  if (target.scheme !== 'file') throw new UserError('not-local', t('A profile can be exported to a folder of this machine only.'));
  await ctx.client.request('profile/export', { profile: info.id, format: chosen.format, path: target.fsPath });
  await told(target);
}

/** Writes a picture that a page has drawn where the user wants it. @throws UserError for what is no picture */
export async function savePicture(info: ProfileInfo, message: unknown): Promise<void> {
  const { kind, bytes } = pictureBytes(message, language());
  const target = await askTarget(info, `.${kind}`);
  if (!target) return;
  await writeWhole(target, bytes);
  await told(target);
}

async function askTarget(info: ProfileInfo, ending: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.joinPath(vscode.Uri.parse(info.uri, true), '..');
  const name = `${
    path
      .basename(info.label)
      .replace(/[^\w.-]+/g, '_')
      .replace(/(?:\.py|\.pb\.gz|\.prof)$/, '') || 'profile'
  }${ending}`;
  return vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), title: t('Export') });
}

/** As a whole or not at all: into a neighbour first, which then takes the name. */
async function writeWhole(target: vscode.Uri, bytes: Uint8Array): Promise<void> {
  if (target.scheme !== 'file') return vscode.workspace.fs.writeFile(target, bytes);
  const temporary = `${target.fsPath}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, target.fsPath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(
      'cannot-write',
      t('{0} cannot be written: {1}.', path.basename(target.fsPath), (error as NodeJS.ErrnoException).code ?? String(error)),
    );
  }
}

async function told(target: vscode.Uri): Promise<void> {
  const again = await vscode.window.showInformationMessage(t('Exported to {0}.', path.basename(target.fsPath)), t('Show'));
  if (again) await vscode.commands.executeCommand('revealFileInOS', target);
}

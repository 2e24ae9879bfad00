/** What can be done with a recording of the history. */

import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import { baselineDeleted } from './baseline.js';
import type { Ctx } from './ctx.js';
import { openProfile, readProfile } from './profiles.js';
import { deleteRecording, listRecordings, type Recording, relabel } from './recordings.js';
import { closed } from './session.js';

/** Shows a recording in every view. Without one (from the palette) it is picked. */
export async function openRecording(ctx: Ctx, item: unknown): Promise<ProfileInfo> {
  return openProfile(ctx, vscode.Uri.file((await chosen(ctx, item)).raw));
}

export async function renameRecording(ctx: Ctx, item: unknown): Promise<void> {
  const recording = await chosen(ctx, item);
  const label = await vscode.window.showInputBox({ title: t('Rename Recording'), value: recording.meta.label });
  if (!label?.trim()) return;
  await relabel(recording, label.trim());
  ctx.recordingsChanged.fire();
}

export async function removeRecording(ctx: Ctx, item: unknown): Promise<void> {
  const recording = await chosen(ctx, item);
  const answer = await vscode.window.showWarningMessage(
    t('Delete the recording “{0}”?', recording.meta.label),
    { modal: true, detail: t('Its files are removed from disk.') },
    t('Delete'),
  );
  if (answer !== t('Delete')) return;
  const uri = vscode.Uri.file(recording.raw).toString();
  const info = [...ctx.store.value.profiles.values()].find((profile) => profile.uri === uri);
  if (info) {
    ctx.store.update((session) => closed(session, info.id));
    await ctx.client.request('profile/close', { profile: info.id });
  }
  await deleteRecording(recording);
  baselineDeleted(ctx, { uri });
  ctx.recordingsChanged.fire();
}

export async function revealRecording(item: unknown): Promise<void> {
  if (isRecording(item)) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(item.raw));
}

const EXPORTS = [
  { label: 'pprof', description: t('.pb.gz, for go tool pprof and most viewers'), format: 'pprof', ending: '.pb.gz' },
  {
    label: t('Collapsed stacks'),
    description: t('.collapsed, for flamegraph.pl and speedscope'),
    format: 'collapsed',
    ending: '.collapsed',
  },
];

export async function exportRecording(ctx: Ctx, item: unknown): Promise<void> {
  const recording = await chosen(ctx, item);
  const kind = await vscode.window.showQuickPick(EXPORTS, { title: t('Export {0}', recording.meta.label) });
  if (!kind) return;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(recording.meta.cwd);
  const name = `${path.basename(recording.meta.label, '.py')}${kind.ending}`;
  const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), title: t('Export Profile') });
  if (!target) return;
  if (target.scheme !== 'file') throw new UserError('not-local', t('A profile can be exported to a folder of this machine only.'));
  const info = await readProfile(ctx, vscode.Uri.file(recording.raw));
  await ctx.client.request('profile/export', { profile: info.id, format: kind.format, path: target.fsPath });
  const again = await vscode.window.showInformationMessage(t('Exported to {0}.', path.basename(target.fsPath)), t('Open'));
  if (again) await vscode.commands.executeCommand('vscode.open', target);
}

async function chosen(ctx: Ctx, item: unknown): Promise<Recording> {
  if (isRecording(item)) return item;
  const all = await listRecordings(ctx.recordingsRoot);
  if (all.length === 0)
    throw new UserError('no-recordings', t('Nothing was recorded in this workspace yet.'), [
      { title: t('Profile This File'), command: 'heatline.profileFile' },
    ]);
  const items = all.map((recording) => ({
    label: recording.meta.label,
    description: new Date(recording.meta.startedAt).toLocaleString(),
    recording,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: t('Which recording?') });
  if (!picked) throw new vscode.CancellationError();
  return picked.recording;
}

function isRecording(item: unknown): item is Recording {
  return typeof item === 'object' && item !== null && 'raw' in item && 'meta' in item;
}

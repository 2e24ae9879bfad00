/** What the active profile is compared with: pinned, remembered over a reload, and let go when its file is gone. */

import * as vscode from 'vscode';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { readProfile } from './profiles.js';
import { type Baseline, baselineLabel, pinned, unpinned } from './session.js';

const MEMORY = 'heatline.baseline';

/** URIs of the files of both sides. */
interface Remembered {
  readonly runs: readonly string[];
  readonly beside?: { readonly of: string; readonly runs: readonly string[] };
}

/** Reads the runs of a baseline and shows every change since it. @throws UserError as reading does */
export async function pinBaseline(
  ctx: Ctx,
  runs: readonly vscode.Uri[],
  beside?: { readonly of: vscode.Uri; readonly runs: readonly vscode.Uri[] },
): Promise<Baseline> {
  const read = (uris: readonly vscode.Uri[]) => Promise.all(uris.map((uri) => readProfile(ctx, uri)));
  const baseline: Baseline = {
    runs: await read(runs),
    ...(beside && beside.runs.length > 0 ? { beside: { of: beside.of.toString(), runs: await read(beside.runs) } } : {}),
  };
  ctx.store.update((session) => pinned(session, baseline));
  return baseline;
}

export function unpinBaseline(ctx: Ctx): void {
  ctx.store.update(unpinned);
}

/** The file of a profile was deleted. A baseline that it was part of is none any more. */
export function baselineDeleted(ctx: Ctx, { uri }: Pick<ProfileInfo, 'uri'>): void {
  const { baseline } = ctx.store.value;
  if (!baseline || ![...baseline.runs, ...(baseline.beside?.runs ?? [])].some((run) => run.uri === uri)) return;
  unpinBaseline(ctx);
  void vscode.window.showInformationMessage(t('The baseline was deleted: nothing is compared any more.'));
}

/**
 * Keeps the baseline over a reload of the window and over an end of the server, which forgets what it has read. Begins when a
 * profile is shown: what was pinned before the reload is pinned again then.
 */
export function followBaseline(ctx: Ctx): vscode.Disposable {
  const changed = ctx.store.onDidChange(({ baseline }, before) => {
    if (baseline !== before.baseline) void ctx.context.workspaceState.update(MEMORY, baseline && remembered(baseline));
  });
  const restarted = ctx.client.onRestart(() => {
    const { baseline } = ctx.store.value;
    if (baseline) void repin(ctx, remembered(baseline), baselineLabel(baseline));
  });
  const before = ctx.context.workspaceState.get<Remembered>(MEMORY);
  const { baseline } = ctx.store.value;
  if (baseline) void ctx.context.workspaceState.update(MEMORY, remembered(baseline));
  else if (before) void repin(ctx, before, t('that was pinned'));
  return vscode.Disposable.from(changed, restarted);
}

async function repin(ctx: Ctx, { runs, beside }: Remembered, label: string): Promise<void> {
  const uris = (list: readonly string[]) => list.map((uri) => vscode.Uri.parse(uri, true));
  try {
    await pinBaseline(ctx, uris(runs), beside && { of: vscode.Uri.parse(beside.of, true), runs: uris(beside.runs) });
  } catch (error) {
    ctx.log.warn(`Baseline: ${error instanceof Error ? error.message : String(error)}`);
    unpinBaseline(ctx);
    await ctx.context.workspaceState.update(MEMORY, undefined);
    void vscode.window.showWarningMessage(t('The baseline {0} cannot be read any more: nothing is compared.', label));
  }
}

function remembered({ runs, beside }: Baseline): Remembered {
  const uris = (infos: readonly ProfileInfo[]) => infos.map(({ uri }) => uri);
  return { runs: uris(runs), ...(beside ? { beside: { of: beside.of, runs: uris(beside.runs) } } : {}) };
}

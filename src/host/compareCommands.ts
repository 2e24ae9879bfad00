/** Choosing what is compared with what: recordings, files, groups of runs. */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { pinBaseline } from './baseline.js';
import type { Ctx } from './ctx.js';
import { openProfile } from './profiles.js';
import { listRecordings, type Recording } from './recordings.js';
import { activeInfo } from './session.js';

/** A profile that can be chosen. */
interface Choice {
  readonly uri: vscode.Uri;
  readonly label: string;
  /** ISO 8601. */
  readonly when: string;
  readonly description: string;
}

/** What the commands need of the profile editor. */
interface Pages {
  open(uri: vscode.Uri, func?: number, tab?: string): Promise<void>;
}

/** Pins recordings or files as what every profile is compared with; without any (from the palette) they are chosen. */
export async function pinRuns(ctx: Ctx, item: unknown, items: unknown): Promise<void> {
  const given = await choicesOf(item, items);
  const runs = given.length > 0 ? given : await pick(ctx, [], t('Pin as baseline: one run, or several whose mean counts'));
  await pinBaseline(
    ctx,
    runs.map(({ uri }) => uri),
  );
  const active = activeInfo(ctx.store.value);
  if (active && !runs.some(({ uri }) => uri.toString() === active.uri)) return;
  void vscode.window.showInformationMessage(t('Pinned as baseline. Open or record another run to see what changed since.'));
}

/**
 * Compares profiles and shows the comparison: two that were selected with each other, the later one as the new side; one, or
 * three and more as one side, with what is chosen then; without any the profile that is shown.
 */
export async function compareWith(ctx: Ctx, pages: Pages, item: unknown, items: unknown): Promise<void> {
  const given = await choicesOf(item, items);
  if (given.length === 2) {
    const [base, next] = byTime(given) as [Choice, Choice];
    return compareSides(ctx, pages, [base], [next]);
  }
  const next = byTime(given.length > 0 ? given : await shown(ctx));
  const what = next.length > 1 ? t('the mean of {0} runs', next.length) : (next[0]?.label ?? '');
  const base = await pick(ctx, next, t('Compare {0} with: one run, or several whose mean counts', what));
  await compareSides(ctx, pages, base, next);
}

/** The newest of the new side is the one that is shown; the others count beside it. */
async function compareSides(ctx: Ctx, pages: Pages, base: readonly Choice[], next: readonly Choice[]): Promise<void> {
  const shown = next.at(-1)!;
  const beside = next.slice(0, -1).map(({ uri }) => uri);
  await pinBaseline(
    ctx,
    base.map(({ uri }) => uri),
    { of: shown.uri, runs: beside },
  );
  await openProfile(ctx, shown.uri);
  await pages.open(shown.uri, undefined, 'diff');
}

/** Shows what changed between the baseline and the profile that is shown. */
export async function showComparison(ctx: Ctx, pages: Pages): Promise<void> {
  const [active] = await shown(ctx);
  if (!ctx.store.value.baseline) return compareWith(ctx, pages, active?.uri, undefined);
  await pages.open(active!.uri, undefined, 'diff');
}

async function shown(ctx: Ctx): Promise<Choice[]> {
  const info = activeInfo(ctx.store.value);
  if (!info) throw new UserError('no-profile', t('No profile is open yet: open the one that is to be compared.'));
  return [await fileChoice(vscode.Uri.parse(info.uri, true), info.label)];
}

/** What a menu hands over: the item, and all that are selected. */
async function choicesOf(item: unknown, items: unknown): Promise<Choice[]> {
  const all = Array.isArray(items) && items.length > 0 ? items : item === undefined ? [] : [item];
  const found: Choice[] = [];
  for (const one of all) {
    if (one instanceof vscode.Uri) {
      if (!(await isFolder(one))) found.push(await fileChoice(one));
    } else if (isRecording(one)) found.push(recordingChoice(one));
  }
  return found;
}

/** Folders may be among what is selected in the explorer. */
async function isFolder({ fsPath }: vscode.Uri): Promise<boolean> {
  return (await stat(fsPath).catch(() => undefined))?.isDirectory() === true;
}

async function fileChoice(uri: vscode.Uri, label = path.basename(uri.path)): Promise<Choice> {
  const written = await stat(uri.fsPath).catch(() => undefined);
  return { uri, label, when: written?.mtime.toISOString() ?? '', description: uri.fsPath };
}

function recordingChoice({ raw, meta }: Recording): Choice {
  const description = `${new Date(meta.startedAt).toLocaleString()} · ${meta.engine}`;
  return { uri: vscode.Uri.file(raw), label: meta.label, when: meta.startedAt, description };
}

function byTime(choices: readonly Choice[]): Choice[] {
  return [...choices].sort((a, b) => (a.when < b.when ? -1 : a.when > b.when ? 1 : 0));
}

/** Recordings to choose from, of the same program first, or a file. @throws CancellationError */
async function pick(ctx: Ctx, without: readonly Choice[], title: string): Promise<Choice[]> {
  const taken = new Set(without.map(({ uri }) => uri.toString()));
  const label = without.at(-1)?.label;
  const recordings = (await listRecordings(ctx.recordingsRoot)).map(recordingChoice).filter(({ uri }) => !taken.has(uri.toString()));
  const sorted = [...recordings.filter((one) => one.label === label), ...recordings.filter((one) => one.label !== label)];
  const file = { label: t('$(folder-opened) A file …'), choice: undefined };
  const items = [...sorted.map((choice) => ({ label: choice.label, description: choice.description, choice })), file];
  const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, matchOnDescription: true });
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  const chosen = picked.flatMap(({ choice }) => choice ?? []);
  if (chosen.length === picked.length) return chosen;
  const files = await vscode.window.showOpenDialog({ title, canSelectMany: true });
  if (!files && chosen.length === 0) throw new vscode.CancellationError();
  return [...chosen, ...(await Promise.all((files ?? []).map((uri) => fileChoice(uri))))];
}

function isRecording(item: unknown): item is Recording {
  return typeof item === 'object' && item !== null && 'raw' in item && 'meta' in item;
}

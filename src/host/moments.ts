/** Moments of a recording of memory: marked while it runs, and compared with its end or with each other. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { momentsOf, wholeOf } from '../core/moments.js';
import { pinBaseline } from './baseline.js';
import type { Ctx } from './ctx.js';
import { readNote } from './interrupted.js';
import { openProfile } from './profiles.js';
import { activeInfo } from './session.js';

/** What the recorder looks for beside its output (python/heatline/marks.py). */
const REQUEST = '.mark';

interface Pages {
  open(uri: vscode.Uri, func?: number, tab?: string): Promise<void>;
}

/**
 * Marks this moment of every recording of memory that runs. @param given its name; without it the user is asked
 * @throws UserError when none runs
 */
export async function markMoment(ctx: Ctx, given?: unknown): Promise<void> {
  const outputs = await runningOutputs(ctx);
  if (outputs.length === 0)
    throw new UserError('nothing', t('No recording of memory is running: moments are marked in those of the engine memory.'));
  const name =
    typeof given === 'string'
      ? given
      : await vscode.window.showInputBox({ title: t('Mark This Moment'), prompt: t('What to call it'), value: t('moment') });
  if (name === undefined) throw new vscode.CancellationError();
  await Promise.all(outputs.map((output) => writeFile(`${output}${REQUEST}`, name)));
}

/** Raw files of recordings of memory that this window makes now. */
async function runningOutputs(ctx: Ctx): Promise<string[]> {
  const ids = await readdir(ctx.recordingsRoot).catch(() => []);
  const found = ids.filter((id) => ctx.runs.isRunning(id)).map((id) => readNote(path.join(ctx.recordingsRoot, id)));
  return (await Promise.all(found)).flatMap((note) => (note?.meta.engine === 'memory' ? [note.plan.output] : []));
}

/** A moment of the recording that is shown, or its end. */
interface Choice extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * Shows what changed between a moment and the profile that is shown: the earlier one is the base. @param given the moment's name
 * @throws UserError when no moments were marked, or not this one
 */
export async function compareMoment(ctx: Ctx, pages: Pages, given?: unknown): Promise<void> {
  const active = activeInfo(ctx.store.value);
  if (!active) throw new UserError('no-profile', t('No profile is open yet: open the one that is to be compared.'));
  const shown = vscode.Uri.parse(active.uri, true);
  const others = (await choices(shown)).filter(({ uri }) => uri.fsPath !== shown.fsPath);
  if (others.length === 0)
    throw new UserError(
      'no-moments',
      t(
        'No moment of this recording was marked: call heatline.memory_mark("name") in the program, or Mark This Moment while it is recorded.',
      ),
    );
  const chosen =
    typeof given === 'string'
      ? others.find(({ label }) => label === given)
      : await vscode.window.showQuickPick(others, { title: t('Compare with which moment?') });
  if (!chosen) {
    if (typeof given === 'string') throw new UserError('no-moments', t('This recording has no moment {0}.', given));
    throw new vscode.CancellationError();
  }
  const own = (await stat(shown.fsPath)).mtimeMs;
  const [base, next] = chosen.at <= own ? [chosen.uri, shown] : [shown, chosen.uri];
  await pinBaseline(ctx, [base]);
  await openProfile(ctx, next);
  await pages.open(next, undefined, 'diff');
}

/** The moments of a recording and its end, in their order. */
async function choices({ fsPath }: vscode.Uri): Promise<Choice[]> {
  const folder = path.dirname(fsPath);
  const whole = wholeOf(path.basename(fsPath));
  const names = await readdir(folder).catch((): string[] => []);
  const end = names.includes(whole) ? [{ name: t('The end'), file: whole }] : [];
  const found = await Promise.all(
    [...momentsOf(whole, names), ...end].map(async ({ name, file }) => {
      const uri = vscode.Uri.file(path.join(folder, file));
      return { label: name, uri, at: (await stat(uri.fsPath)).mtimeMs };
    }),
  );
  return found.sort((a, b) => a.at - b.at);
}

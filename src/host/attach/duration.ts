/** How long a running program is recorded: chosen in the flow, and proposed again the next time. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { parseSeconds } from './parseSeconds.js';

/** Seconds; undefined until it is stopped. */
export type Duration = number | undefined;

const MEMORY = 'heatline.attachSeconds';
const CHOICES: readonly { readonly label: string; readonly seconds: Duration }[] = [
  { label: t('10 seconds'), seconds: 10 },
  { label: t('30 seconds'), seconds: 30 },
  { label: t('1 minute'), seconds: 60 },
  { label: t('5 minutes'), seconds: 300 },
  { label: t('Until stopped'), seconds: undefined },
];
const OTHER = 'Other…';

/** Asks for the duration. @param name what is recorded @throws CancellationError */
export async function pickDuration(name: string, memory: vscode.Memento): Promise<Duration> {
  const last = memory.get<number | null>(MEMORY, 30) ?? undefined;
  const known = CHOICES.some(({ seconds }) => seconds === last);
  const choices = known ? CHOICES : [...CHOICES, { label: t('{0} seconds', last), seconds: last }];
  const first = choices.filter(({ seconds }) => seconds === last);
  const items = [...first, ...choices.filter(({ seconds }) => seconds !== last)].map(({ label, seconds }) => ({
    label: `$(${seconds === undefined ? 'debug-stop' : 'watch'}) ${label}`,
    ...(seconds === undefined ? { description: t('with Stop in the status bar') } : {}),
    seconds,
    other: false,
  }));
  const other = { label: `$(edit) ${OTHER}`, seconds: undefined as Duration, other: true };
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: t('Record {0}', name),
    placeHolder: t('For how long? The program runs on afterwards'),
  });
  if (!picked) throw new vscode.CancellationError();
  const seconds = picked.other ? await askSeconds(name) : picked.seconds;
  await memory.update(MEMORY, seconds ?? null);
  return seconds;
}

async function askSeconds(name: string): Promise<number> {
  const text = await vscode.window.showInputBox({
    title: t('Record {0}', name),
    prompt: t('Seconds, or minutes as in 2m'),
    validateInput: (value) => (parseSeconds(value) === undefined ? t('A number of seconds, or of minutes as in 2m') : undefined),
  });
  const seconds = text === undefined ? undefined : parseSeconds(text);
  if (seconds === undefined) throw new vscode.CancellationError();
  return seconds;
}

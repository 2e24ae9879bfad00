/** How long a running program is recorded: chosen in the flow, and proposed again the next time. */
import * as vscode from 'vscode';
import { parseSeconds } from './parseSeconds.js';

/** Seconds; undefined until it is stopped. */
export type Duration = number | undefined;

const MEMORY = 'heatline.attachSeconds';
const CHOICES: readonly { readonly label: string; readonly seconds: Duration }[] = [
  { label: '10 seconds', seconds: 10 },
  { label: '30 seconds', seconds: 30 },
  { label: '1 minute', seconds: 60 },
  { label: '5 minutes', seconds: 300 },
  { label: 'Until stopped', seconds: undefined },
];
const OTHER = 'Other…';

/** Asks for the duration. @param name what is recorded @throws CancellationError */
export async function pickDuration(name: string, memory: vscode.Memento): Promise<Duration> {
  const last = memory.get<number | null>(MEMORY, 30) ?? undefined;
  const known = CHOICES.some(({ seconds }) => seconds === last);
  const choices = known ? CHOICES : [...CHOICES, { label: `${last} seconds`, seconds: last }];
  const first = choices.filter(({ seconds }) => seconds === last);
  const items = [...first, ...choices.filter(({ seconds }) => seconds !== last)].map(({ label, seconds }) => ({
    label: `$(${seconds === undefined ? 'debug-stop' : 'watch'}) ${label}`,
    ...(seconds === undefined ? { description: 'with Stop in the status bar' } : {}),
    seconds,
    other: false,
  }));
  const other = { label: `$(edit) ${OTHER}`, seconds: undefined as Duration, other: true };
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: `Record ${name}`,
    placeHolder: 'For how long? The program runs on afterwards',
  });
  if (!picked) throw new vscode.CancellationError();
  const seconds = picked.other ? await askSeconds(name) : picked.seconds;
  await memory.update(MEMORY, seconds ?? null);
  return seconds;
}

async function askSeconds(name: string): Promise<number> {
  const text = await vscode.window.showInputBox({
    title: `Record ${name}`,
    prompt: 'Seconds, or minutes as in 2m',
    validateInput: (value) => (parseSeconds(value) === undefined ? 'A number of seconds, or of minutes as in 2m' : undefined),
  });
  const seconds = text === undefined ? undefined : parseSeconds(text);
  if (seconds === undefined) throw new vscode.CancellationError();
  return seconds;
}

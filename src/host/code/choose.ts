/** Choosing what every view shows: metric, thread, focus, scale and palette, together or one by one. */

import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import { formatValue, typeLabel } from '../../core/model/units.js';
import type { HeatScale } from '../../protocol/code.js';
import type { ProfileInfo, ViewParams } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, metricChosen, type Session, selected, selectionOf, unfiltered, unfolded, viewed } from '../session.js';
import { heatScale, markSettings } from '../views/heatSettings.js';
import { PALETTES, type Palette } from '../views/palettes.js';
import { filterWords } from './viewWords.js';

interface Choice extends vscode.QuickPickItem {
  choose(): unknown;
}

const SCALES: Readonly<Record<HeatScale, string>> = { profile: t('The whole profile'), file: t('The file'), function: t('The function') };
const SCALE_DETAILS: Readonly<Record<HeatScale, string>> = {
  profile: t('a cold file stays cold'),
  file: t('what the line’s file took in all'),
  function: t('what the line’s function took in all'),
};
const PALETTE_DETAILS: Readonly<Record<Palette, string>> = {
  ember: t('blue-grey to amber to red'),
  cividis: t('blue to yellow'),
  violet: t('one hue, grey to violet'),
};

/** Everything in one list; what is typed narrows it. */
export async function chooseView(ctx: Ctx): Promise<void> {
  const shown = shownNow(ctx);
  const { view } = shown;
  const focus: Choice[] = [
    {
      label: view.focus ? t('Focus: {0}', safeText(view.focus)) : t('Set focus…'),
      description: t('only stacks with a function that matches'),
      ...mark(view.focus !== undefined),
      choose: () => setFocus(ctx),
    },
  ];
  const selection = selectionOf(shown.session);
  if (selection)
    focus.push({
      label: t('Show the code’s figures of all, not only of the selected {0}', safeText(selection.name)),
      choose: () => ctx.store.update((session) => selected(session, null)),
    });
  const filters = [...filterWords(view), ...(view.thread === undefined ? [] : [t('thread {0}', view.thread)])].map(safeText);
  if (filters.length > 0) focus.push({ label: t('Clear filters'), description: filters.join(' · '), choose: () => clearFilters(ctx) });
  const threads = threadChoices(ctx, shown);
  await pick(t('What Heatline shows'), [
    section(t('Metric')),
    ...metricChoices(ctx, shown),
    ...(threads.length > 0 ? [section(t('Thread')), ...threads] : []),
    section(t('Filter')),
    ...focus,
    section(t('Heat is a share of')),
    ...scaleChoices(),
    section(t('Palette')),
    ...paletteChoices(),
  ]);
}

export const chooseMetric = (ctx: Ctx): Promise<void> => pick(t('What the heat shows'), metricChoices(ctx, shownNow(ctx)));

export async function chooseThread(ctx: Ctx): Promise<void> {
  const choices = threadChoices(ctx, shownNow(ctx));
  if (choices.length === 0) throw new UserError('no-threads', t('This profile does not know threads.'));
  await pick(t('Which thread every view shows'), choices);
}

export const chooseScale = (): Promise<void> => pick(t('What the heat of a line is a share of'), scaleChoices());

export const choosePalette = (): Promise<void> => pick(t('Colours of the heat'), paletteChoices());

/** Asks for a focus, or takes the one given; an empty one takes it away. @throws UserError for what is no regular expression */
export async function setFocus(ctx: Ctx, given?: unknown): Promise<void> {
  const { view } = shownNow(ctx);
  const focus = typeof given === 'string' ? given : await askFocus(ctx, view);
  if (focus === undefined) return;
  const wrong = patternTrouble(focus);
  if (wrong) throw new UserError('bad-pattern', wrong);
  ctx.store.update((session) => viewed(session, { focus: focus || null }));
}

export function clearFilters(ctx: Ctx): void {
  shownNow(ctx);
  ctx.store.update(unfiltered);
}

async function askFocus(ctx: Ctx, view: ViewParams): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: t('Focus'),
    prompt: t('Only stacks in which a function or file matches this regular expression. Leave it empty for all.'),
    value: view.focus ?? (await functionAtCursor(ctx, view)) ?? '',
    validateInput: patternTrouble,
  });
}

/** The function around the cursor, as an expression that matches its name only. */
async function functionAtCursor(ctx: Ctx, view: ViewParams): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const asked = { view: unfolded(view), uri: editor.document.uri.toString(), line: editor.selection.active.line + 1 };
  const around = await ctx.client.request('profile/functionAt', asked).catch(() => []);
  const name = around.find((row) => !/<\w+>$/.test(row.name))?.name;
  return name && `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}

function patternTrouble(source: string): string | undefined {
  try {
    new RegExp(source);
    return undefined;
  } catch {
    return t('“{0}” is not a regular expression.', source);
  }
}

interface Shown {
  readonly info: ProfileInfo;
  readonly view: ViewParams;
  readonly session: Session;
}

/** @throws UserError when nothing is shown */
function shownNow(ctx: Ctx): Shown {
  const session = ctx.store.value;
  const info = activeInfo(session);
  if (!info || !session.view)
    throw new UserError('no-profile', t('No profile is open yet.'), [{ title: t('Profile This File'), command: 'heatline.profileFile' }]);
  return { info, view: session.view, session };
}

function metricChoices(ctx: Ctx, { info, view, session }: Shown): Choice[] {
  return info.valueTypes.flatMap((type, index) =>
    (['self', 'total'] as const).map((which) => ({
      label: `${typeLabel(type)}: ${t(which)}`,
      description: t(
        '{0} · {1} in all',
        which === 'self' ? t('spent on the line itself') : t('with all that it called'),
        formatValue(info.totals[index] ?? 0, type.unit),
      ),
      ...mark(index === view.type && which === session.metric),
      choose: () => ctx.store.update((now) => metricChosen(viewed(now, { type: index }), which)),
    })),
  );
}

function threadChoices(ctx: Ctx, { info, view }: Shown): Choice[] {
  if (info.threads.length === 0) return [];
  const choice = (label: string, thread: string | null): Choice => ({
    label,
    ...mark((view.thread ?? null) === thread),
    choose: () => ctx.store.update((session) => viewed(session, { thread })),
  });
  return [choice(t('All threads'), null), ...info.threads.map((thread) => choice(safeText(thread), thread))];
}

function scaleChoices(): Choice[] {
  const now = heatScale(vscode.window.activeTextEditor?.document);
  return (Object.keys(SCALES) as HeatScale[]).map((scale) => ({
    label: SCALES[scale],
    description: SCALE_DETAILS[scale],
    ...mark(scale === now),
    choose: () => write('heat.scale', scale),
  }));
}

function paletteChoices(): Choice[] {
  const now = markSettings().palette;
  return PALETTES.map((palette) => ({
    label: `${palette.charAt(0).toUpperCase()}${palette.slice(1)}`,
    description: PALETTE_DETAILS[palette],
    ...mark(palette === now),
    choose: () => write('palette', palette),
  }));
}

/** Into the settings where the value stands now, so that the choice is seen. */
async function write(name: string, value: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('heatline');
  const { workspaceValue, workspaceFolderValue } = settings.inspect<string>(name) ?? {};
  const inWorkspace = workspaceValue !== undefined || workspaceFolderValue !== undefined;
  await settings.update(name, value, inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global);
}

const section = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
const mark = (on: boolean): { iconPath: vscode.ThemeIcon } => ({ iconPath: new vscode.ThemeIcon(on ? 'check' : 'blank') });

async function pick(title: string, items: readonly (Choice | vscode.QuickPickItem)[]): Promise<void> {
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  if (picked && 'choose' in picked) await picked.choose();
}

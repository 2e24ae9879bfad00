/** All commands as one table, and the one place where their errors are told. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { AttachOptions } from './attach/attach.js';
import type { DumpOptions } from './attach/stacks.js';
import type { Ctx } from './ctx.js';
import type { ProfileEditor } from './editors/profileEditor.js';
import { isUserError } from './errors.js';
import { inCode, launching, production } from './lazy.js';
import { OTHER_ENDINGS, openProfile, PROFILE_ENDINGS } from './profiles.js';
import { RECORDING_ID } from './recordings.js';
import { activeInfo, cleared, unpinned, viewed } from './session.js';
import type { ProfileOptions } from './target.js';
import type { CallTreeView } from './views/callTree.js';
import type { HeatView } from './views/heat.js';
import type { HotFunctionsView } from './views/hotFunctions.js';

export interface Parts {
  readonly editor: ProfileEditor;
  readonly heat: HeatView;
  readonly callTree: CallTreeView;
  readonly hotFunctions: HotFunctionsView;
}

type Command = (ctx: Ctx, parts: Parts, ...args: unknown[]) => unknown;

/** An item of the context menu of a profile page. */
const onPage =
  (action: string): Command =>
  (_, { editor }) =>
    editor.act(action);

const onProduction =
  (what: string): Command =>
  (ctx, { editor }, item, items) =>
    production().act(ctx, editor, what, item, items);

export const commands: Readonly<Record<string, Command>> = {
  'heatline.profileFile': (ctx, _, uri, options) => launching().profileFile(ctx, asUri(uri), asOptions(options)),
  'heatline.profileCell': (ctx, _, given) => launching().profileCell(ctx, given),
  'heatline.profileNotebook': (ctx, _, given) => launching().profileNotebook(ctx, given),
  'heatline.profileTest': (ctx, _, given) => launching().profileTest(ctx, given),
  'heatline.profileEachTest': (ctx, _, given) => launching().profileTest(ctx, given, true),
  'heatline.selectTest': (ctx, _, test) => launching().selectTest(ctx, typeof test === 'string' ? test : undefined),
  'heatline.profileFunction': (ctx, _, uri, name) =>
    launching().profileFunction(ctx, asUri(uri), typeof name === 'string' && name ? name : undefined),
  'heatline.profileSelection': (ctx, _, uri) => launching().profileSelection(ctx, asUri(uri)),
  'heatline.rerun': (ctx) => launching().rerun(ctx),
  'heatline.stop': (ctx, _, id) => ctx.runs.stop(id),
  'heatline.attach': (ctx, _, options) => launching().attach(ctx, asAttachOptions(options)),
  'heatline.fetchPprof': (ctx, _, options) => launching().fetchPprof(ctx, options),
  'heatline.dump': (ctx, _, options) => launching().showStacks(ctx, asDumpOptions(options)),
  'heatline.dump.again': (ctx, _, page) => (page instanceof vscode.Uri ? launching().showStacks(ctx, page) : undefined),
  'heatline.dump.variables': (ctx, _, page) => (page instanceof vscode.Uri ? launching().showVariables(ctx, page) : undefined),
  'heatline.pickProcess': async () => String((await launching().pickProcess()).pid),
  'heatline.profileModule': (ctx) => launching().profileModule(ctx),
  'heatline.profileCommand': (ctx) => launching().profileCommand(ctx),
  'heatline.profileLaunchConfig': (ctx, _, config, folder, id) =>
    launching().profileLaunchConfig(ctx, config, asUri(folder), typeof id === 'string' && RECORDING_ID.test(id) ? id : undefined),
  'heatline.timeit': (ctx) => launching().timeSelection(ctx),
  'heatline.installTool': (_, __, python, what) =>
    typeof python === 'string' && typeof what === 'string' ? launching().installTool(python, what) : undefined,
  'heatline.copyText': (_, __, text) => vscode.env.clipboard.writeText(typeof text === 'string' ? text : ''),
  'heatline.pauseLive': (ctx) => ctx.live.pause(true),
  'heatline.resumeLive': (ctx) => ctx.live.pause(false),
  'heatline.setArguments': async (ctx, _, uri) => {
    const { changeArguments, runnableFile } = launching();
    await changeArguments(await runnableFile(asUri(uri)), ctx.context.workspaceState);
  },
  'heatline.selectInterpreter': () => selectInterpreter(),
  'heatline.openProfile': async (ctx, { editor }, uri) => {
    const file = asUri(uri) ?? (await pickProfile());
    if (!file) return undefined;
    const info = await openProfile(ctx, file);
    await editor.open(file);
    return info;
  },
  'heatline.showFlameGraph': (ctx, { editor }) => editor.open(activeFile(ctx)),
  'heatline.showFunction': (ctx, { editor }, given) => {
    const { func, profile } = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : { func: given };
    const file = typeof profile === 'string' ? ctx.store.value.profiles.get(profile)?.uri : undefined;
    return editor.open(file ? vscode.Uri.parse(file, true) : activeFile(ctx), Number.isSafeInteger(func) ? (func as number) : undefined);
  },
  'heatline.export': (ctx, { editor }) => editor.export(() => activeProfile(ctx)),
  'heatline.page.source': onPage('source'),
  'heatline.page.focus': onPage('focus'),
  'heatline.page.ignore': onPage('ignore'),
  'heatline.page.hide': onPage('hide'),
  'heatline.page.mergeRecursion': onPage('mergeRecursion'),
  'heatline.page.mergeDirectRecursion': onPage('mergeDirectRecursion'),
  'heatline.page.sandwich': onPage('sandwich'),
  'heatline.page.fold': onPage('fold'),
  'heatline.page.copyStack': onPage('copyStack'),
  'heatline.page.copyTable': onPage('copyTable'),
  'heatline.openLocation': (ctx, _, place, line) => inCode().openLocation(ctx, place, line),
  'heatline.chooseView': (ctx) => inCode().chooseView(ctx),
  'heatline.chooseMetric': (ctx) => inCode().chooseMetric(ctx),
  'heatline.chooseThread': (ctx) => inCode().chooseThread(ctx),
  'heatline.chooseScale': () => inCode().chooseScale(),
  'heatline.choosePalette': () => inCode().choosePalette(),
  'heatline.setFocus': (ctx, _, focus) => inCode().setFocus(ctx, focus),
  'heatline.clearFilters': (ctx) => inCode().clearFilters(ctx),
  'heatline.showLabel': (ctx, _, filter) =>
    typeof filter === 'string' ? ctx.store.update((session) => viewed(session, { tagFocus: filter || null })) : undefined,
  'heatline.nextHotLine': (ctx, { heat }) => inCode().goToHotLine(ctx, heat, 1),
  'heatline.previousHotLine': (ctx, { heat }) => inCode().goToHotLine(ctx, heat, -1),
  'heatline.lineCallers': (ctx, _, place) => inCode().peekLine(ctx, 'callers', place),
  'heatline.lineCallees': (ctx, _, place) => inCode().peekLine(ctx, 'callees', place),
  'heatline.pinBaseline': (ctx, _, item, items) => launching().pinRuns(ctx, item, items),
  'heatline.unpinBaseline': (ctx) => ctx.store.update(unpinned),
  'heatline.compareWith': (ctx, { editor }, item, items) => launching().compareWith(ctx, editor, item, items),
  'heatline.markMoment': (ctx, _, name) => launching().markMoment(ctx, name),
  'heatline.compareMoment': (ctx, { editor }, name) => launching().compareMoment(ctx, editor, name),
  'heatline.showComparison': (ctx, { editor }) => launching().showComparison(ctx, editor),
  'heatline.clear': (ctx) => ctx.store.update(cleared),
  'heatline.toggleCodeLens': async () => {
    const settings = vscode.workspace.getConfiguration('heatline');
    await settings.update('codeLens.enabled', !settings.get<boolean>('codeLens.enabled', true), vscode.ConfigurationTarget.Global);
  },
  'heatline.toggleInverted': (_, { callTree }) => callTree.toggleInverted(),
  'heatline.toggleLibraries': (ctx) => ctx.store.update((session) => viewed(session, { justMyCode: !(session.view?.justMyCode ?? false) })),
  'heatline.hotFunctions.more': (_, { hotFunctions }) => hotFunctions.showMore(),
  'heatline.showLog': (ctx) => ctx.log.show(),
  'heatline.recording.open': (ctx, _, item) => launching().openRecording(ctx, item),
  'heatline.recording.flameGraph': async (ctx, { editor }, item) => {
    await launching().openRecording(ctx, item);
    await editor.open(activeFile(ctx));
  },
  'heatline.recording.rename': (ctx, _, item) => launching().renameRecording(ctx, item),
  'heatline.recording.delete': (ctx, _, item) => launching().removeRecording(ctx, item),
  'heatline.recording.reveal': (_, __, item) => launching().revealRecording(item),
  'heatline.recording.export': (ctx, _, item) => launching().exportRecording(ctx, item),
  'heatline.production.add': onProduction('add'),
  'heatline.production.remove': onProduction('remove'),
  'heatline.production.refresh': onProduction('refresh'),
  'heatline.production.open': onProduction('open'),
  'heatline.production.flameGraph': onProduction('flameGraph'),
  'heatline.production.compareDayBefore': onProduction('compareDayBefore'),
  'heatline.production.compareVersion': onProduction('compareVersion'),
  'heatline.production.compareSelected': onProduction('compareSelected'),
  'heatline.production.filter': onProduction('filter'),
  'heatline.production.clearFilter': onProduction('clearFilter'),
  'heatline.recordings.refresh': (ctx) => ctx.recordingsChanged.fire(),
};

export function registerCommands(ctx: Ctx, parts: Parts): void {
  for (const [id, run] of Object.entries(commands)) {
    ctx.context.subscriptions.push(
      vscode.commands.registerCommand(id, (...args: unknown[]) => told(ctx, id, () => run(ctx, parts, ...args))),
    );
  }
}

/**
 * Runs a command. What could be expected is told once, with its next steps as buttons; cancelling says nothing; anything else is a bug:
 * logged, one message. The command then resolves with undefined, for VS Code would tell a rejection a second time; the exported API rejects.
 */
async function told(ctx: Ctx, id: string, run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof vscode.CancellationError) return undefined;
    if (isUserError(error)) {
      ctx.log.warn(`${id}: ${error.message}`);
      void offer(error);
    } else {
      ctx.log.error(id, error instanceof Error ? error : String(error));
      void offer(
        new UserError('bug', t('Heatline met an error it did not expect.'), [{ title: t('Show Log'), command: 'heatline.showLog' }]),
      );
    }
    return undefined;
  }
}

async function offer(error: UserError): Promise<void> {
  const chosen = await vscode.window.showErrorMessage(error.message, ...error.actions.map((action) => action.title));
  const action = error.actions.find(({ title }) => title === chosen);
  if (action) await vscode.commands.executeCommand(action.command, ...(action.args ?? []));
}

function asUri(value: unknown): vscode.Uri | undefined {
  return value instanceof vscode.Uri ? value : typeof value === 'string' && value ? vscode.Uri.file(value) : undefined;
}

/** Options come from other extensions and key bindings; menus pass other things in their place, which are no options. */
function asOptions(value: unknown): ProfileOptions | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'groupId' in value || 'editorIndex' in value) return undefined;
  const { engine, args, env, cwd, python } = value as Record<string, unknown>;
  const text = <K extends string>(name: K, given: unknown) =>
    (typeof given === 'string' && given ? { [name]: given } : {}) as { [P in K]?: string };
  const variables = typeof env === 'object' && env !== null ? Object.entries(env).map(([name, given]) => [name, String(given)]) : undefined;
  return {
    ...text('engine', engine),
    ...text('cwd', cwd),
    ...text('python', python),
    ...(Array.isArray(args) ? { args: args.map(String) } : {}),
    ...(variables ? { env: Object.fromEntries(variables) } : {}),
  };
}

/** As `asOptions`, for a program that runs. */
function asAttachOptions(value: unknown): AttachOptions | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'groupId' in value || 'editorIndex' in value) return undefined;
  const { pid, duration, delay, engine, rate, native, gil, idle, subprocesses } = value as Record<string, unknown>;
  const numbers = Object.entries({ pid, duration, delay, rate }).filter(([, given]) => typeof given === 'number' && given > 0);
  const flags = Object.entries({ native, gil, idle, subprocesses }).filter(([, given]) => given === true);
  return {
    ...Object.fromEntries([...numbers, ...flags]),
    ...(duration === null ? { duration } : {}),
    ...(typeof engine === 'string' && engine ? { engine } : {}),
  };
}

function asDumpOptions(value: unknown): DumpOptions {
  const { pid, locals } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return { ...(typeof pid === 'number' && pid > 0 ? { pid } : {}), ...(locals === true ? { locals } : {}) };
}

function activeFile(ctx: Ctx): vscode.Uri {
  return vscode.Uri.parse(activeProfile(ctx).uri, true);
}

function activeProfile(ctx: Ctx): ProfileInfo {
  const info = activeInfo(ctx.store.value);
  if (!info)
    throw new UserError('no-profile', t('No profile is open yet.'), [{ title: t('Profile This File'), command: 'heatline.profileFile' }]);
  return info;
}

async function pickProfile(): Promise<vscode.Uri | undefined> {
  const filters = { Profiles: [...PROFILE_ENDINGS, ...OTHER_ENDINGS].map((ending) => ending.replace(/^.*\./, '')), 'All Files': ['*'] };
  return (await vscode.window.showOpenDialog({ title: t('Open Profile'), filters }))?.[0];
}

/** The Python extension's own picker where there is one, else our setting. */
async function selectInterpreter(): Promise<void> {
  const python = vscode.extensions.getExtension('ms-python.python');
  if (python) await vscode.commands.executeCommand('python.setInterpreter');
  else await vscode.commands.executeCommand('workbench.action.openSettings', 'heatline.python.interpreter');
}

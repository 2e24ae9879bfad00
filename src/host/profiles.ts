/** Opening profiles: from a file of anyone's, or from a recording. */

import { createHash } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import type { RequestOptions } from './languageClient.js';
import { activeInfo, codeView, comparedWith, opened, renewed, type Session, sameCode, type ViewChange, viewed } from './session.js';

/** Endings that the profile editor takes (package.json `customEditors` says the same). */
export const PROFILE_ENDINGS = [
  'prof',
  'pstats',
  'pb.gz',
  'pprof',
  'collapsed',
  'lprof',
  'jfr',
  'pyisession',
  'importtime',
  'folded',
  'austin',
  'mojo',
  'callgrind',
  'speedscope.json',
];

/** Endings that VS Code has an editor of its own for: ours is offered beside it. */
export const OTHER_ENDINGS = ['cpuprofile', 'heapprofile'];

/** Reading that takes longer (milliseconds) is told with a way to stop it. */
const LONG = 1000;

/** Reads a profile in the server without showing it. @throws UserError with the reader's sentence, CancellationError */
export async function readProfile(ctx: Ctx, uri: vscode.Uri, reading?: RequestOptions): Promise<ProfileInfo> {
  const local = uri.scheme === 'file' ? uri : await localCopy(ctx, uri);
  const meta = path.join(path.dirname(local.fsPath), 'meta.json');
  const hasMeta = await access(meta).then(
    () => true,
    () => false,
  );
  return ctx.client.request('profile/open', { uri: local.toString(), ...(hasMeta ? { meta } : {}) }, reading);
}

/**
 * Reads a profile and makes it the one that every view shows; resolves when visible editors are painted.
 * @param reading for a caller that shows by itself how far it is and how to stop it
 * @param change what is to be looked at of it, from the first picture on
 */
export async function openProfile(ctx: Ctx, uri: vscode.Uri, reading?: RequestOptions, change: ViewChange = {}): Promise<ProfileInfo> {
  const info = await (reading ? readProfile(ctx, uri, reading) : readAloud(ctx, uri));
  await show(ctx, info, change);
  return info;
}

function readAloud(ctx: Ctx, uri: vscode.Uri): Promise<ProfileInfo> {
  return aloud(t('Heatline: reading {0}', path.basename(uri.path)), (options) => readProfile(ctx, uri, options));
}

/** Says in the status bar what the server is asked for; when it takes long, also how far it is, with a button that stops it. */
export async function aloud<T>(title: string, ask: (options: RequestOptions) => Promise<T>): Promise<T> {
  const stop = new vscode.CancellationTokenSource();
  const advanced = new vscode.EventEmitter<number>();
  const reading = ask({ token: stop.token, progress: (fraction) => advanced.fire(fraction) });
  const done = reading.then(
    () => undefined,
    () => undefined,
  );
  const tell = () =>
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => stop.cancel());
      let told = 0;
      advanced.event((fraction) => {
        progress.report({ increment: (fraction - told) * 100, message: `${Math.round(fraction * 100)} %` });
        told = fraction;
      });
      return done;
    });
  const long = setTimeout(tell, LONG);
  try {
    return await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () => reading);
  } finally {
    clearTimeout(long);
    advanced.dispose();
    stop.dispose();
  }
}

/** Makes an open profile the active one and waits until it is painted. */
export async function show(ctx: Ctx, info: ProfileInfo, change: ViewChange = {}): Promise<void> {
  ctx.store.update((session) => (Object.keys(change).length > 0 ? viewed(opened(session, info), change) : opened(session, info)));
  await ctx.shown();
}

/** A profile of a virtual file system is copied, for the server reads files only. */
async function localCopy(ctx: Ctx, uri: vscode.Uri): Promise<vscode.Uri> {
  const key = createHash('sha256').update(uri.toString()).digest('hex').slice(0, 16);
  const folder = path.join(ctx.context.globalStorageUri.fsPath, 'copies', key);
  const target = path.join(folder, path.basename(uri.path));
  const content = await vscode.workspace.fs.readFile(uri);
  await mkdir(folder, { recursive: true });
  await writeFile(`${target}.tmp`, content);
  await rename(`${target}.tmp`, target);
  return vscode.Uri.file(target);
}

const MEMORY = 'heatline.session';

interface Remembered {
  readonly uri: string;
  readonly view: ViewChange;
  readonly metric: Session['metric'];
}

/** Keeps what is looked at over a reload of the window. */
function rememberSession(ctx: Ctx, session: Session): void {
  const info = session.active === undefined ? undefined : session.profiles.get(session.active);
  if (!info || !session.view) return void ctx.context.workspaceState.update(MEMORY, undefined);
  const { profile: _, ...view } = session.view;
  void ctx.context.workspaceState.update(MEMORY, { uri: info.uri, view, metric: session.metric } satisfies Remembered);
}

/** Shows again what was shown before the reload. Starts nothing when there was nothing; a file that is gone is forgotten quietly. */
export async function restoreSession(ctx: Ctx): Promise<void> {
  const before = ctx.context.workspaceState.get<Remembered>(MEMORY);
  if (!before || ctx.store.value.active !== undefined) return;
  try {
    const info = await readProfile(ctx, vscode.Uri.parse(before.uri, true));
    if (ctx.store.value.active !== undefined) return;
    ctx.store.update((session) => ({ ...viewed(opened(session, info), before.view), metric: before.metric }));
  } catch (error) {
    ctx.log.info(`The profile shown before cannot be shown again: ${error instanceof Error ? error.message : String(error)}`);
    await ctx.context.workspaceState.update(MEMORY, undefined);
  }
}

/** Tells the server which profile hover and lenses speak of, in the order of the changes. */
export function followActive(ctx: Ctx): vscode.Disposable {
  let last: Promise<unknown> = Promise.resolve();
  const tell = (session: Session) => {
    if (!ctx.client.started) return;
    const view = codeView(session) ?? null;
    const base = comparedWith(session, activeInfo(session));
    last = last
      .then(() => ctx.client.request('profile/activate', { view, base }))
      .catch((error: unknown) => ctx.log.warn(`profile/activate: ${error instanceof Error ? error.message : String(error)}`));
  };
  ctx.painters.push(async () => void (await last));
  const restarted = ctx.client.onRestart(() => void reopen(ctx));
  const changed = ctx.store.onDidChange((session, before) => {
    if (!sameCode(session, before) || session.baseline !== before.baseline) tell(session);
    if (session.view !== before.view || session.metric !== before.metric) rememberSession(ctx, session);
  });
  return vscode.Disposable.from(restarted, changed);
}

/** After the server ended by itself: reads the active profile again. The others are read when they are asked for. */
async function reopen(ctx: Ctx): Promise<void> {
  const info = activeInfo(ctx.store.value);
  ctx.store.update((session) => ({ ...session, profiles: new Map(info ? [[info.id, info]] : []) }));
  if (!info) return;
  try {
    const again = await readProfile(ctx, vscode.Uri.parse(info.uri, true));
    ctx.store.update((session) => renewed(session, again));
  } catch (error) {
    ctx.log.error('The profile could not be read again', error instanceof Error ? error : String(error));
  }
}

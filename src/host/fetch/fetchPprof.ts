/** `heatline.fetchPprof`: gets a profile from a service that runs, such as one of Go's with net/http/pprof, and keeps it as a recording. */

import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { completeAddress } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import type { RecordingMeta } from '../../core/recording.js';
import type { ProfileInfo } from '../../protocol/lsp.js';
import { parseSeconds } from '../attach/parseSeconds.js';
import type { Ctx } from '../ctx.js';
import { isUserError } from '../errors.js';
import { forgetRun, noteRun } from '../interrupted.js';
import { show } from '../profiles.js';
import { refuseTwice, seal } from '../record.js';
import { makeFolder, newRecordingId } from '../recordings.js';
import { remember } from '../starts.js';
import { idOf, keepService, knownServices, pickService, savedServices } from './addresses.js';
import { askService, type Service, WANTS_LOGIN } from './service.js';

/** What a key binding or another extension may say; what is missing of the address is asked for. */
export interface FetchOptions {
  readonly url?: string;
  /** `profile`, `heap` …, where the URL names none. */
  readonly kind?: string;
  readonly seconds?: number;
  readonly authorization?: string;
}

/** What a start of before was, without secrets. */
export interface FetchStart {
  readonly service: string;
  readonly profile: string;
  readonly seconds?: number;
}

/** What Go's services offer, in its own words; also what is offered where a service does not tell. */
const KINDS: Readonly<Record<string, string>> = {
  profile: t('CPU time, measured for some seconds'),
  heap: t('memory that is in use'),
  allocs: t('all memory that was ever asked for'),
  goroutine: t('stacks of all goroutines'),
  mutex: t('who holds locks that others wait for'),
  block: t('who waits for locks and channels'),
  threadcreate: t('what made operating system threads'),
};

/**
 * Fetches a profile and shows it; what is not said is asked.
 * @throws UserError when the service does not give one, CancellationError
 */
export async function fetchPprof(ctx: Ctx, given?: unknown): Promise<ProfileInfo> {
  const options = readOptions(given);
  const { url, authorization } = options;
  if (url !== undefined)
    return fetch(ctx, { url, ...(authorization ? { authorization } : {}) }, options.kind ?? 'profile', options.seconds);
  let service = await pickService(ctx);
  for (;;) {
    try {
      const { bare, kind: named, url: whole } = completeAddress(service.url);
      const kind = options.kind ?? (bare ? await pickKind(ctx, service) : named);
      const fixed = !bare && whole.searchParams.has('seconds');
      const seconds = options.seconds ?? (kind === 'profile' && (bare || !fixed) ? await askSeconds(ctx) : undefined);
      return await fetch(ctx, service, kind, seconds);
    } catch (error) {
      if (!isUserError(error) || error.code !== WANTS_LOGIN) throw error;
      service = { ...service, authorization: await askLogin(service) };
    }
  }
}

/** Menus pass other things in the options' place, which are none. */
function readOptions(given: unknown): FetchOptions {
  if (typeof given === 'string' && given !== '') return { url: given };
  const { url, kind, seconds, authorization } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const texts = Object.entries({ url, kind, authorization }).filter(([, value]) => typeof value === 'string' && value !== '');
  return { ...Object.fromEntries(texts), ...(typeof seconds === 'number' && seconds >= 1 ? { seconds: Math.round(seconds) } : {}) };
}

/** What was fetched before, from the same service. @throws UserError `forgotten` */
export async function fetchAgain(ctx: Ctx, { service: id, profile, seconds }: FetchStart): Promise<ProfileInfo> {
  const service = [...(await knownServices(ctx)), ...savedServices()].find((each) => idOf(each) === id);
  if (!service)
    throw new UserError('forgotten', t('The address of this service is not kept any more.'), [
      { title: t('Fetch…'), command: 'heatline.fetchPprof' },
    ]);
  return fetch(ctx, service, profile, seconds);
}

async function fetch(ctx: Ctx, service: Service, kind: string, seconds?: number): Promise<ProfileInfo> {
  if (!/^[\w.-]+$/.test(kind)) throw new UserError('usage', t('There is no profile of this name: {0}', kind));
  const address = completeAddress(service.url, seconds, kind);
  const name = t('{0} of {1}', address.kind, address.url.host);
  const id = newRecordingId();
  refuseTwice(ctx, name, name);
  const folder = await makeFolder(ctx.recordingsRoot, id);
  let kept = false;
  const stop = new AbortController();
  const began = Date.now();
  try {
    ctx.log.info(`${name}: asked`);
    const file = `${address.kind.replace(/[^\w.-]/g, '') || 'profile'}.pb.gz`;
    const output = path.join(folder, file);
    const draft = metaOf(id, name, file, address.url, new Date(began));
    const plan = { argv: draft.argv, cwd: draft.cwd, env: {}, output, format: 'pprof', stop: [], attached: true };
    const noted = (pid: number) => void noteRun(folder, draft, plan, pid).catch(() => undefined);
    const words = ['-o', output];
    const limit = address.seconds > 0 ? { limitSeconds: address.seconds } : {};
    const run = { id, name, key: name, attached: true, ...limit, stop: () => stop.abort() };
    await ctx.runs.follow(run, () =>
      withCancel(t('Fetching {0}', name), stop, address.seconds, () =>
        askService(ctx, { ...service, url: address.url.href }, words, stop.signal, noted),
      ),
    );
    await keepService(ctx, service);
    await remember(ctx, { kind: 'fetch', service: idOf(service), profile: address.kind, ...(seconds === undefined ? {} : { seconds }) });
    const info = await seal(ctx, folder, { ...draft, durationSeconds: (Date.now() - began) / 1000 }, name);
    kept = true;
    await forgetRun(folder);
    await show(ctx, info);
    return info;
  } finally {
    if (!kept) await rm(folder, { recursive: true, force: true });
  }
}

/** What is known of a recording before it is fetched. */
function metaOf(id: string, label: string, file: string, url: URL, startedAt: Date): RecordingMeta {
  // Parameters may be secrets by whatever name.
  const plain = `${url.origin}${url.pathname}`;
  return {
    version: 1,
    id,
    label,
    file,
    engine: 'pprof',
    engineReason: 'fetched from a service that runs',
    argv: [plain],
    cwd: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir(),
    target: plain,
    startedAt: startedAt.toISOString(),
    durationSeconds: 0,
    exitStatus: null,
    stoppedBy: 'program',
    sources: [],
  };
}

/** Shows how long it takes, with Cancel. */
async function withCancel<T>(title: string, stop: AbortController, seconds: number, work: () => Promise<T>): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, cancelled) => {
      cancelled.onCancellationRequested(() => stop.abort());
      let passed = 0;
      const clock = setInterval(() => {
        passed += 1;
        if (seconds > 0 && passed <= seconds) progress.report({ message: t('{0} of {1} s', passed, seconds), increment: 100 / seconds });
      }, 1000);
      try {
        return await work();
      } finally {
        clearInterval(clock);
      }
    },
  );
}

/** What the service offers; what Go's do where it does not say. */
async function pickKind(ctx: Ctx, service: Service): Promise<string> {
  const stop = new AbortController();
  const index = completeAddress(service.url, undefined, '').url;
  index.searchParams.delete('seconds');
  const asked = withCancel(t('Asking {0} what it offers', index.host), stop, 0, () =>
    askService(ctx, { ...service, url: index.href }, ['--list'], stop.signal),
  );
  const { profiles } = (await asked.catch((error: unknown) => {
    if (isUserError(error) && /404|lists no profiles/.test(error.message)) return {};
    throw error;
  })) as { profiles?: readonly string[] };
  const names = profiles?.length
    ? [...Object.keys(KINDS).filter((name) => profiles.includes(name)), ...profiles.filter((name) => !KINDS[name])]
    : Object.keys(KINDS);
  const items = names.map((label) => ({ label, ...(KINDS[label] ? { description: KINDS[label] } : {}) }));
  const picked = await vscode.window.showQuickPick(items, {
    title: t('Fetch from {0}', index.host),
    placeHolder: t('Which profile?'),
    matchOnDescription: true,
  });
  if (!picked) throw new vscode.CancellationError();
  return picked.label;
}

const MEMORY = 'heatline.fetchSeconds';

async function askSeconds(ctx: Ctx): Promise<number> {
  const memory = ctx.context.workspaceState;
  const text = await vscode.window.showInputBox({
    title: t('Fetch a CPU Profile'),
    prompt: t('For how many seconds the service is to measure; it runs on meanwhile'),
    value: String(memory.get<number>(MEMORY, 30)),
    ignoreFocusOut: true,
    validateInput: (value) => (parseSeconds(value) === undefined ? t('A number of seconds, or of minutes as in 2m') : undefined),
  });
  const seconds = text === undefined ? undefined : parseSeconds(text);
  if (seconds === undefined) throw new vscode.CancellationError();
  await memory.update(MEMORY, seconds);
  return seconds;
}

async function askLogin(service: Service): Promise<string> {
  const text = await vscode.window.showInputBox({
    title: t('Log in to {0}', completeAddress(service.url).url.host),
    prompt: t('The service wants to know who asks: the value of the header Authorization. It is kept among VS Code’s secrets.'),
    placeHolder: 'Bearer …',
    password: true,
    ignoreFocusOut: true,
  });
  if (!text) throw new vscode.CancellationError();
  return text;
}

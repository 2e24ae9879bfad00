/** From what is to be recorded to a recording that is shown: the one way of every command that starts or joins a program. */

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { RecordingMeta } from '../core/recording.js';
import type { EngineOptions, Environment, LaunchPlan, Target } from '../engines/engine.js';
import { explainRefusal, finishRun, launch, maskSecrets, neverRan, type RunResult } from '../engines/index.js';
import { chooseFor, type Preferences } from '../engines/preferences.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { isUserError } from './errors.js';
import { isFull, nothingFits, saysFull, sealedLater } from './fullDisk.js';
import { readGitCommit } from './gitCommit.js';
import { forgetRun, noteRun } from './interrupted.js';
import { liveLabel } from './live.js';
import { show } from './profiles.js';
import { makeFolder, newRecordingId } from './recordings.js';
import { type RunEnd, runTask } from './taskRun.js';

/** What is recorded, and how. */
export interface Job {
  /** Id of the recording, where the caller wants to stop it; else a new one. */
  readonly id?: string;
  /** As the user would call it: `pricing.py`. */
  readonly name: string;
  /** One recording at a time for each. */
  readonly key: string;
  readonly target: Target;
  readonly environment: Environment;
  /** An engine's id, or `auto`, where one is asked for. */
  readonly engine?: string;
  /** What settings say of all programs. */
  readonly preferences: Preferences;
  readonly options: Omit<EngineOptions, 'output' | 'reportStatus'>;
  /** Words of the command line that the recording is kept under. */
  readonly argv: readonly string[];
  /** What the recording says was profiled; default its name. */
  readonly shownAs?: string;
  /** Folder that relative names in the profile start from; default the target's. */
  readonly cwd?: string;
  /** Where settings and, for a program of ours, its terminal come from. */
  readonly scope: vscode.WorkspaceFolder | undefined;
  /** File to bring into view at the end, when it is in none. */
  readonly file?: vscode.Uri;
  /** Seconds to wait before a running program is joined. */
  readonly delaySeconds?: number;
  /** Called right before a running program is joined. @throws UserError when it has gone meanwhile */
  readonly check?: () => void;
}

/** What a folder's settings say of all programs. */
export function preferencesOf(settings: vscode.WorkspaceConfiguration): Preferences {
  const rateHz = settings.get<number | null>('rateHz');
  // 0 takes the problems away; the recording goes by its own limit then.
  const blockedMs = settings.get<number>('async.blockedMilliseconds');
  return { engine: settings.get<string>('engine', 'auto'), ...(rateHz ? { rateHz } : {}), ...(blockedMs ? { blockedMs } : {}) };
}

const again = [{ title: t('Profile Again'), command: 'heatline.rerun' }];
const showLog = [{ title: t('Show Log'), command: 'heatline.showLog' }];

/** @throws UserError `running` when there is a recording under this key already */
export function refuseTwice(ctx: Ctx, name: string, key: string): void {
  if (!ctx.runs.has(key)) return;
  throw new UserError('running', t('{0} is already being profiled.', name), [{ title: t('Stop It'), command: 'heatline.stop' }]);
}

/**
 * Records and shows what was recorded: whether the program ended, failed or was stopped.
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function record(ctx: Ctx, job: Job): Promise<ProfileInfo> {
  const { name } = job;
  refuseTwice(ctx, name, job.key);
  const id = job.id ?? newRecordingId();
  const folder = await makeFolder(ctx.recordingsRoot, id).catch((error: unknown) => {
    throw saysFull(error) ? nothingFits(name, path.join(ctx.recordingsRoot, id)) : error;
  });
  let recorded = false;
  let leaveLive: (() => Promise<void>) | undefined;
  try {
    const { plan, ...chosen } = await planJob(job, folder);
    ctx.log.info(`${name}: ${chosen.engine} (${chosen.reason}), ${maskSecrets(plan.argv).join(' ')} in ${plan.cwd}`);
    const draft: RecordingMeta = {
      version: 1,
      id,
      label: name,
      file: path.basename(plan.output),
      engine: chosen.engine,
      engineReason: chosen.reason,
      argv: job.argv,
      cwd: job.cwd ?? plan.cwd,
      ...(job.environment.python ? { interpreter: job.environment.python } : {}),
      target: job.shownAs ?? name,
      startedAt: new Date().toISOString(),
      durationSeconds: 0,
      exitStatus: null,
      stoppedBy: 'program',
      ...(await gitCommitOf(job)),
      sources: [],
    };
    await noteRun(folder, draft, plan);
    const noted = (pid: number) => void noteRun(folder, draft, plan, pid).catch(() => undefined);
    const following = job.options.live ? ctx.live.follow(ctx, plan, liveLabel(name), chosen.engine) : undefined;
    const run = { id, name, key: job.key, ...limitOf(job) };
    const running = plan.attached ? runTool(ctx, job, run, plan, noted) : runProgram(ctx, job, run, plan, noted);
    const end = await running.finally(async () => {
      leaveLive = await following?.end();
    });
    recorded = end.output !== undefined;
    // A terminal says 0 of a program that was killed; the engine's checkpoint tells that it was.
    const exitStatus = end.rescued ? end.exitStatus || null : end.exitStatus;
    const killed = end.rescued || (exitStatus ?? 0) < 0;
    const stoppedBy = end.stoppedByUser ? 'user' : killed ? 'signal' : 'program';
    const meta: RecordingMeta = { ...draft, durationSeconds: end.seconds, exitStatus, stoppedBy };
    if (!recorded) throw (await isFull(folder)) ? nothingFits(name, folder) : nothingRecorded(job, meta, end);
    const info = await seal(ctx, folder, meta, name);
    await forgetRun(folder);
    // Who looked on has chosen meanwhile what to look at.
    if (job.file && !following?.info) await reveal(job.file);
    await show(ctx, info);
    tellEnd(name, meta, end);
    return info;
  } catch (error) {
    throw saysFull(error) && !isUserError(error) ? nothingFits(name, folder) : error;
  } finally {
    await leaveLive?.();
    // Without meta.json it is no recording; what the engine wrote stays all the same, for it may be all that is left of a long run.
    if (!recorded) await rm(folder, { recursive: true, force: true });
  }
}

type JobEnd = RunEnd & RunResult;
type Named = { readonly id: string; readonly name: string; readonly key: string; readonly limitSeconds?: number };

async function planJob(job: Job, folder: string): Promise<{ plan: LaunchPlan; engine: string; reason: string }> {
  const { engine, reason, options } = await chooseFor(job.engine, job.preferences, job.target, job.environment, job.options);
  const stem = path.parse(job.name.replaceAll(/[^\p{L}\p{N} ._-]+/gu, '_')).name || 'program';
  const output = path.join(folder, `${stem.slice(0, 80)}${OUTPUT_ENDINGS[engine.formats[0] ?? ''] ?? '.bin'}`);
  return { plan: engine.plan(job.target, job.environment, { ...options, output, reportStatus: true }), engine: engine.id, reason };
}

/** A program of ours, in a terminal. */
async function runProgram(ctx: Ctx, job: Job, run: Named, plan: LaunchPlan, noted: (pid: number) => void): Promise<JobEnd> {
  const end = await runTask(ctx.runs, run, plan, job.scope, noted);
  return { ...end, ...(await finishRun(plan, { exitCode: end.exitCode })) };
}

/** A tool that joins a program: it has no terminal, and what it says is told only when it is of use. */
async function runTool(ctx: Ctx, job: Job, run: Named, plan: LaunchPlan, noted: (pid: number) => void): Promise<JobEnd> {
  const stop = new AbortController();
  return ctx.runs.follow({ ...run, attached: true, stop: () => stop.abort() }, async () => {
    if (job.delaySeconds) await sleep(job.delaySeconds * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) throw new vscode.CancellationError();
    job.check?.();
    const result = await launch(plan, { signal: stop.signal, forwardSignals: false, onStart: noted });
    return { ...result, exitCode: undefined, seconds: result.durationSeconds, stoppedByUser: result.stoppedBy === 'user', started: true };
  });
}

function limitOf({ options, target }: Job): { limitSeconds?: number } {
  return options.durationSeconds === undefined || target.kind !== 'process' ? {} : { limitSeconds: options.durationSeconds };
}

/** File endings by format id; the reader goes by content, these are for people and for the profile editor. */
const OUTPUT_ENDINGS: Readonly<Record<string, string>> = {
  pprof: '.pb.gz',
  pstats: '.prof',
  collapsed: '.collapsed',
  'pyspy-raw': '.collapsed',
};

/** Makes the recording whole. What was written stays on disk when that fails. */
export async function seal(ctx: Ctx, folder: string, meta: RecordingMeta, name: string): Promise<ProfileInfo> {
  const roots = (vscode.workspace.workspaceFolders ?? []).map((entry) => entry.uri.fsPath);
  try {
    const info = await ctx.client.request('recording/seal', { folder, meta, roots: roots.length > 0 ? roots : [rootOf(meta)] });
    ctx.recordingsChanged.fire();
    return info;
  } catch (error) {
    ctx.log.warn(`${name}: the recording stays in ${folder}`);
    if (!isUserError(error)) throw error;
    if (saysFull(error)) throw sealedLater(name, folder);
    throw new UserError('unreadable', t('What was recorded of {0} cannot be read: {1}', name, error.message), showLog);
  }
}

/** Without a workspace the program's own folder counts as one. */
function rootOf({ argv, cwd }: RecordingMeta): string {
  const script = argv[0] ?? '';
  return path.isAbsolute(script) && /\.pyw?$/i.test(script) ? path.dirname(script) : cwd;
}

function nothingRecorded(job: Job, meta: RecordingMeta, end: JobEnd): UserError {
  const { name, target } = job;
  if (target.kind === 'process') return nothingSeen(name, target.pid, end);
  if (!end.started) return new UserError('not-started', t('{0} could not be started; its terminal says why.', name), showLog);
  return new UserError('nothing', nothingSentence(job, meta, end), [...again, ...showLog]);
}

/** Why a tool left nothing: the doctor's reason, the tool's own words, or a program that only waited. */
function nothingSeen(name: string, pid: number, end: JobEnd): UserError {
  const explained = explainRefusal(pid, end.sentence);
  if (explained)
    return new UserError(
      explained.code,
      explained.message.replace(/^--pid \d+: /, '').replace(/^./, (c) => c.toUpperCase()),
    );
  if (end.sentence) return new UserError('nothing', t('Nothing was recorded of {0}: {1}.', name, end.sentence), [...again, ...showLog]);
  return new UserError('nothing', t('Nothing was recorded of {0}: it used no CPU meanwhile.', name), [
    { title: t('Record Waiting Too'), command: 'heatline.attach', args: [{ pid, idle: true }] },
    ...again,
  ]);
}

function nothingSentence({ name, options: { within } }: Job, meta: RecordingMeta, end: RunEnd): string {
  if (end.stoppedByUser) return t('{0} was stopped before anything was recorded.', name);
  if (within !== undefined && !meta.exitStatus) return neverRan(within);
  if (meta.exitStatus !== null && meta.exitStatus < 0)
    return t('{0} was killed by signal {1}, and nothing was recorded.', name, -meta.exitStatus);
  if (meta.exitStatus) return t('{0} ended with status {1} before anything was recorded; its terminal says why.', name, meta.exitStatus);
  return t('{0} ended without leaving a recording; it was killed, or it replaced itself by another program.', name);
}

/** The file's heat is what was asked for: bring it into view when it is in none. */
async function reveal(file: vscode.Uri): Promise<void> {
  const visible = vscode.window.visibleTextEditors.some((editor) => editor.document.uri.toString() === file.toString());
  if (!visible) await vscode.window.showTextDocument(file, { preserveFocus: true, preview: true });
}

/** One sentence when the program did not end well; a good end is told by the status bar alone. */
function tellEnd(name: string, meta: RecordingMeta, end: JobEnd): void {
  if (end.rescued) {
    void vscode.window.showWarningMessage(
      t('{0} ended before its recording was complete. Shown is what was recorded up to the last checkpoint.', name),
    );
    return;
  }
  // What a tool has to say of a recording that it made: that it could not keep up.
  if (end.output && end.sentence) void vscode.window.showWarningMessage(`${name}: ${end.sentence.replace(/\.$/, '')}.`);
  if (meta.stoppedBy === 'user' || !meta.exitStatus) return;
  const how = meta.exitStatus < 0 ? t('was killed by signal {0}', -meta.exitStatus) : t('ended with status {0}', meta.exitStatus);
  void vscode.window.showWarningMessage(t('{0} {1}. Shown is what was recorded until then.', name, how));
}

async function gitCommitOf({ file, target }: Job): Promise<{ gitCommit?: string }> {
  const gitCommit = await readGitCommit(file ? path.dirname(file.fsPath) : target.cwd);
  return gitCommit ? { gitCommit } : {};
}

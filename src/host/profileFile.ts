/** Profile This File: target → plan → terminal → recording → every view. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import type { RecordingMeta } from '../core/recording.js';
import type { LaunchPlan } from '../engines/engine.js';
import { chooseEngine, finishRun, probeEnvironment } from '../engines/index.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { isUserError } from './errors.js';
import { readGitCommit } from './gitCommit.js';
import { findInterpreter } from './interpreter.js';
import { forgetRun, noteRun } from './interrupted.js';
import { liveLabel } from './live.js';
import { show } from './profiles.js';
import { makeFolder, newRecordingId } from './recordings.js';
import type { RunEnd } from './runs.js';
import { type ProfileOptions, runnableFile, type ScriptTarget, scriptTarget } from './target.js';

/** What `heatline.rerun` starts again. */
interface LastRun {
  readonly uri: string;
  readonly options?: ProfileOptions;
}

const LAST = 'heatline.lastRun';

/**
 * Runs a Python file under a profiler in a terminal and shows what was recorded: whether the program ended, failed or was stopped.
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function profileFile(ctx: Ctx, uri: vscode.Uri | undefined, options?: ProfileOptions): Promise<ProfileInfo> {
  const file = await runnableFile(uri);
  const name = path.basename(file.fsPath);
  if (ctx.runs.has(file.fsPath)) {
    throw new UserError('running', `${name} is already being profiled.`, [{ title: 'Stop It', command: 'heatline.stop' }]);
  }
  const start = await scriptTarget(file, options, ctx.context.workspaceState);
  await ctx.context.workspaceState.update(LAST, { uri: file.toString(), ...(options ? { options } : {}) } satisfies LastRun);

  const id = newRecordingId();
  const folder = await makeFolder(ctx.recordingsRoot, id);
  let recorded = false;
  let leaveLive: (() => Promise<void>) | undefined;
  try {
    const { plan, ...chosen } = await planRun(ctx, file, start, folder, options);
    ctx.log.info(`${name}: ${chosen.engine} (${chosen.reason}), ${plan.argv.join(' ')} in ${plan.cwd}`);
    const draft: RecordingMeta = {
      version: 1,
      id,
      label: name,
      file: path.basename(plan.output),
      engine: chosen.engine,
      engineReason: chosen.reason,
      argv: [start.target.script, ...start.target.args],
      cwd: plan.cwd,
      interpreter: chosen.python,
      target: vscode.workspace.asRelativePath(file, false),
      startedAt: new Date().toISOString(),
      durationSeconds: 0,
      exitStatus: null,
      stoppedBy: 'program',
      ...(await gitCommitOf(file)),
      sources: [],
    };
    await noteRun(folder, draft, plan);
    const noted = (pid: number) => void noteRun(folder, draft, plan, pid).catch(() => undefined);
    const following = chosen.live ? ctx.live.follow(ctx, plan.output, liveLabel(name)) : undefined;
    const end = await ctx.runs.run(id, name, file.fsPath, plan, vscode.workspace.getWorkspaceFolder(file), noted).finally(async () => {
      leaveLive = await following?.end();
    });
    const finished = await finishRun(plan, { exitCode: end.exitCode });
    recorded = finished.output !== undefined;
    // A terminal says 0 of a program that was killed; the engine's checkpoint tells that it was.
    const exitStatus = finished.rescued ? finished.exitStatus || null : finished.exitStatus;
    const killed = finished.rescued || (exitStatus ?? 0) < 0;
    const stoppedBy = end.stoppedByUser ? 'user' : killed ? 'signal' : 'program';
    const meta: RecordingMeta = { ...draft, durationSeconds: end.seconds, exitStatus, stoppedBy };
    if (!recorded && !end.started) throw new UserError('not-started', `${name} could not be started; its terminal says why.`, showLog);
    if (!recorded) throw new UserError('nothing', nothingSentence(name, meta, end), [...again, ...showLog]);
    const info = await seal(ctx, folder, meta, name);
    await forgetRun(folder);
    // Who looked on has chosen meanwhile what to look at.
    if (!following?.info) await reveal(file);
    await show(ctx, info);
    tellEnd(name, meta, finished.rescued);
    return info;
  } finally {
    await leaveLive?.();
    // Without meta.json it is no recording; what the engine wrote stays all the same, for it may be all that is left of a long run.
    if (!recorded) await rm(folder, { recursive: true, force: true });
  }
}

/** The last file again, as it was started then. */
export async function rerun(ctx: Ctx): Promise<ProfileInfo> {
  const last = ctx.context.workspaceState.get<LastRun>(LAST);
  if (!last)
    throw new UserError('no-run', 'Nothing was profiled in this workspace yet.', [
      { title: 'Profile This File', command: 'heatline.profileFile' },
    ]);
  return profileFile(ctx, vscode.Uri.parse(last.uri, true), last.options);
}

const again = [{ title: 'Profile Again', command: 'heatline.rerun' }];
const showLog = [{ title: 'Show Log', command: 'heatline.showLog' }];

async function planRun(
  ctx: Ctx,
  file: vscode.Uri,
  start: ScriptTarget,
  folder: string,
  options: ProfileOptions | undefined,
): Promise<{ plan: LaunchPlan; engine: string; reason: string; python: string; live: boolean }> {
  const python = options?.python ?? start.python ?? (await findInterpreter(file, ctx.log)).path;
  const settings = vscode.workspace.getConfiguration('heatline', file);
  const environment = await probeEnvironment({ python, pythonPackage: path.join(ctx.context.extensionPath, 'dist', 'python') });
  const { engine, reason } = await chooseEngine(options?.engine ?? settings.get<string>('engine', 'auto'), start.target, environment, {});
  const rateHz = settings.get<number | null>('rateHz');
  const live = settings.get<boolean>('live', true);
  const output = path.join(folder, `${path.parse(file.fsPath).name}${OUTPUT_ENDINGS[engine.formats[0] ?? ''] ?? '.bin'}`);
  const plan = engine.plan(start.target, environment, { output, reportStatus: true, live, ...(rateHz ? { rateHz } : {}) });
  return { plan, engine: engine.id, reason, python, live };
}

/** File endings by format id; the reader goes by content, these are for people and for the profile editor. */
const OUTPUT_ENDINGS: Readonly<Record<string, string>> = {
  pprof: '.pb.gz',
  pstats: '.prof',
  collapsed: '.collapsed',
  'pyspy-raw': '.collapsed',
};

/** Makes the recording whole. What was written stays on disk when that fails. */
async function seal(ctx: Ctx, folder: string, meta: RecordingMeta, name: string): Promise<ProfileInfo> {
  const roots = (vscode.workspace.workspaceFolders ?? []).map((entry) => entry.uri.fsPath);
  const script = meta.argv[0] ?? '';
  try {
    const info = await ctx.client.request('recording/seal', { folder, meta, roots: roots.length > 0 ? roots : [path.dirname(script)] });
    ctx.recordingsChanged.fire();
    return info;
  } catch (error) {
    ctx.log.warn(`${name}: the recording stays in ${folder}`);
    if (!isUserError(error)) throw error;
    throw new UserError('unreadable', `What was recorded of ${name} cannot be read: ${error.message}`, showLog);
  }
}

function nothingSentence(name: string, meta: RecordingMeta, end: RunEnd): string {
  if (end.stoppedByUser) return `${name} was stopped before anything was recorded.`;
  if (meta.exitStatus !== null && meta.exitStatus < 0) return `${name} was killed by signal ${-meta.exitStatus}, and nothing was recorded.`;
  if (meta.exitStatus) return `${name} ended with status ${meta.exitStatus} before anything was recorded; its terminal says why.`;
  return `${name} ended without leaving a recording; it was killed, or it replaced itself by another program.`;
}

/** The file's heat is what was asked for: bring it into view when it is in none. */
async function reveal(file: vscode.Uri): Promise<void> {
  const visible = vscode.window.visibleTextEditors.some((editor) => editor.document.uri.toString() === file.toString());
  if (!visible) await vscode.window.showTextDocument(file, { preserveFocus: true, preview: true });
}

/** One sentence when the program did not end well; a good end is told by the status bar alone. */
function tellEnd(name: string, meta: RecordingMeta, rescued: boolean): void {
  if (rescued) {
    void vscode.window.showWarningMessage(
      `${name} ended before its recording was complete. Shown is what was recorded up to the last checkpoint.`,
    );
    return;
  }
  if (meta.stoppedBy === 'user' || !meta.exitStatus) return;
  const how = meta.exitStatus < 0 ? `was killed by signal ${-meta.exitStatus}` : `ended with status ${meta.exitStatus}`;
  void vscode.window.showWarningMessage(`${name} ${how}. Shown is what was recorded until then.`);
}

async function gitCommitOf(file: vscode.Uri): Promise<{ gitCommit?: string }> {
  const gitCommit = await readGitCommit(path.dirname(file.fsPath));
  return gitCommit ? { gitCommit } : {};
}

/** Runs whose window went away while they were recorded or fetched: what is there of them is made a recording the next time. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { parseMeta, type RecordingMeta } from '../core/recording.js';
import type { LaunchPlan } from '../engines/engine.js';
import { finishRun } from '../engines/index.js';
import type { Ctx } from './ctx.js';
import { saysFull } from './fullDisk.js';

const NOTE = 'run.json';

/** Beside the raw file while a program runs. Environment values are left out: they may be secrets. */
interface Note {
  readonly meta: RecordingMeta;
  readonly plan: LaunchPlan;
  readonly pid?: number;
}

/** Says in the folder what is running, so that it can be taken up without us. */
export async function noteRun(folder: string, meta: RecordingMeta, plan: LaunchPlan, pid?: number): Promise<void> {
  const note: Note = { meta, plan: { ...plan, env: {} }, ...(pid === undefined ? {} : { pid }) };
  await writeFile(path.join(folder, NOTE), JSON.stringify(note));
}

export const forgetRun = (folder: string): Promise<void> => rm(path.join(folder, NOTE), { force: true });

/** Milliseconds between two looks at a run that is just ending. */
const PERIOD = 2000;
/** Milliseconds in which another window that watches a run takes its recording itself. */
const GRACE = 10_000;

/**
 * Looks through the recordings' folder once; what cannot be taken up is left alone, and removed when there is nothing in it. Runs that
 * are still on their way out are waited for in the background.
 */
export async function takeUpInterrupted(ctx: Ctx): Promise<void> {
  const entries = await readdir(ctx.recordingsRoot).catch(() => []);
  for (const id of entries) {
    const folder = path.join(ctx.recordingsRoot, id);
    const note = ctx.runs.isRunning(id) ? undefined : await readNote(folder);
    if (!note) continue;
    if (runs(note)) void takeUpLater(ctx, folder);
    else await takeUpSafely(ctx, folder, note);
  }
}

async function takeUpLater(ctx: Ctx, folder: string): Promise<void> {
  const gone = new AbortController();
  ctx.context.subscriptions.push({ dispose: () => gone.abort() });
  try {
    for (let note = await readNote(folder); note && runs(note); note = await readNote(folder))
      await sleep(PERIOD, undefined, { signal: gone.signal });
    await sleep(GRACE, undefined, { signal: gone.signal });
  } catch {
    return;
  }
  const note = await readNote(folder);
  if (note) await takeUpSafely(ctx, folder, note);
}

async function takeUpSafely(ctx: Ctx, folder: string, note: Note): Promise<void> {
  try {
    await takeUp(ctx, folder, note);
  } catch (error) {
    ctx.log.warn(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    // With room for it, it is taken up the next time.
    if (saysFull(error)) return;
  }
  await forgetRun(folder);
}

const runs = ({ pid }: Note) => pid !== undefined && isAlive(pid);

async function takeUp(ctx: Ctx, folder: string, { meta, plan }: Note): Promise<void> {
  const finished = await finishRun({ ...plan, output: path.join(folder, meta.file) }, { exitCode: undefined });
  if (finished.output === undefined) return rm(folder, { recursive: true, force: true });
  const roots = (vscode.workspace.workspaceFolders ?? []).map((entry) => entry.uri.fsPath);
  const durationSeconds = Math.max(0, ((await stat(finished.output)).mtimeMs - Date.parse(meta.startedAt)) / 1000);
  const whole: RecordingMeta = { ...meta, durationSeconds, exitStatus: finished.exitStatus, stoppedBy: 'signal' };
  await ctx.client.request('recording/seal', { folder, meta: whole, roots });
  ctx.recordingsChanged.fire();
}

export async function readNote(folder: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(path.join(folder, NOTE), 'utf8')) as Note;
    return parseMeta(JSON.stringify(note.meta)) && Array.isArray(note.plan.argv) ? note : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Alive, but not ours to signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Recordings on disk: one folder each under `root`, as src/core/recording.ts describes. Node only, no vscode. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseMeta, type RecordingMeta } from '../core/recording.js';

export interface Recording {
  readonly folder: string;
  readonly meta: RecordingMeta;
  /** Absolute path of the raw profile. */
  readonly raw: string;
}

/** Sortable by time, unique without asking: `20260131-142530-9f3c`. */
export function newRecordingId(now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

/** What such an id looks like: it becomes a folder's name. */
export const RECORDING_ID = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** Makes the folder for a recording that starts now. */
export async function makeFolder(root: string, id: string): Promise<string> {
  const folder = path.join(root, id);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** All whole recordings, newest first. A folder without meta.json is none; a root that does not exist has none. */
export async function listRecordings(root: string): Promise<Recording[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => readRecording(path.join(root, entry.name))),
  );
  return found
    .filter((recording) => recording !== undefined)
    .sort((a, b) => (a.meta.startedAt < b.meta.startedAt ? 1 : a.meta.startedAt > b.meta.startedAt ? -1 : 0));
}

/** The recording in a folder; undefined when it holds none. */
export async function readRecording(folder: string): Promise<Recording | undefined> {
  const text = await readFile(path.join(folder, 'meta.json'), 'utf8').catch(() => undefined);
  const meta = text === undefined ? undefined : parseMeta(text);
  return meta && { folder, meta, raw: path.join(folder, meta.file) };
}

/** Gives a recording another label; meta.json is replaced in one step. */
export async function relabel(recording: Recording, label: string): Promise<void> {
  const target = path.join(recording.folder, 'meta.json');
  const temporary = path.join(recording.folder, `meta.${randomBytes(4).toString('hex')}.tmp`);
  await writeFile(temporary, `${JSON.stringify({ ...recording.meta, label }, null, 2)}\n`);
  await rename(temporary, target);
}

/** Removes the folder. meta.json goes first, so that a half-removed recording is none. */
export async function deleteRecording(recording: Recording): Promise<void> {
  await rm(path.join(recording.folder, 'meta.json'), { force: true });
  await rm(recording.folder, { recursive: true, force: true });
}

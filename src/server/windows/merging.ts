import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../core/errors.js';
import { attempt } from '../atomic.js';
import { unpackError } from '../threads/messages.js';
import type { Chosen, MergeJob, MergeMessage } from './mergeWorker.js';

interface Control {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** Merged profiles that are kept: they are made again in seconds. */
const KEPT = 30;

/**
 * Adds up windows in a thread of its own. Who asks for the same windows again has the file that is there; the oldest ones go.
 * @param into folder for such files @returns the file @throws ReadError, UserError, the signal's reason
 */
export async function mergeInto(
  into: string,
  name: string,
  chosen: readonly Chosen[],
  { git, folders, ...control }: { readonly git: string | undefined; readonly folders: readonly string[] } & Control,
): Promise<string> {
  if (chosen.every(({ windows }) => windows.length === 0)) throw new UserError('no-windows', 'There are no such windows any more.');
  const hash = createHash('sha256').update(`${git !== undefined} ${folders.join()}\n`);
  for (const { folder, windows } of chosen)
    for (const { path: name, bytes, mtimeMs } of windows) hash.update(`${folder}\n${name}\n${bytes}\n${mtimeMs}\n`);
  const home = path.join(into, hash.digest('hex').slice(0, 16));
  const file = path.join(home, `${fileName(name)}.pb.gz`);
  const again = path.join(home, 'again');
  if (existsSync(file) && !existsSync(again)) {
    utimesSync(home, new Date(), new Date());
    return file;
  }
  attempt(home, () => mkdirSync(home, { recursive: true }));
  try {
    const isUnsure = await inThread(
      { heatlineMerge: chosen.filter(({ windows }) => windows.length > 0), target: file, git, folders },
      control,
    );
    if (isUnsure) writeFileSync(again, '');
    else rmSync(again, { force: true });
  } catch (error) {
    if (!existsSync(file)) rmSync(home, { recursive: true, force: true });
    throw error;
  }
  forgetOld(into);
  return file;
}

/** Whether the sum may become a better one. */
function inThread(job: MergeJob, control: Control): Promise<boolean> {
  control.signal.throwIfAborted();
  const worker = new Worker(__filename, { workerData: job });
  return new Promise<boolean>((resolve, reject) => {
    control.signal.addEventListener('abort', () => reject(control.signal.reason));
    worker.on('message', (message: MergeMessage) => {
      if ('progress' in message) control.progress(message.progress);
      else if ('failure' in message) reject(unpackError(message.failure));
      else resolve(message.isUnsure);
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the thread that merges ended before its work was done')));
  }).finally(() => void worker.terminate());
}

/** A name as a file may have it, routes with a stroke that is no separator. */
function fileName(name: string): string {
  return (
    name
      .replaceAll('/', '\u2215')
      .replace(/[\\:*?"<>|\p{C}]/gu, '-')
      .replace(/^[.\s]+/, '')
      .slice(0, 60)
      .trim() || 'windows'
  );
}

function forgetOld(into: string): void {
  const folders = readdirSync(into).map((name) => path.join(into, name));
  const age = (folder: string) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const byAge = folders.map((folder) => ({ folder, at: age(folder) })).sort((a, b) => b.at - a.at);
  for (const { folder } of byAge.slice(KEPT)) rmSync(folder, { recursive: true, force: true });
}

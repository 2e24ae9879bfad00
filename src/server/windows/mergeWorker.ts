import { parentPort } from 'node:worker_threads';
import { writePprof } from '../../core/formats/pprof/write.js';
import { Merger } from '../../core/model/merge.js';
import { mergeWindows, type StoreCache, type WindowFacts } from '../../windows/index.js';
import { writeWhole } from '../atomic.js';
import { Commits } from '../commits/commitSources.js';
import { type Failure, packError } from '../threads/messages.js';
import { byCommit, onOneCommit } from './oneCommit.js';
import { threads } from './source.js';

/** Windows of one folder. */
export interface Chosen {
  readonly folder: string;
  readonly windows: readonly WindowFacts[];
  readonly cache: StoreCache | undefined;
}

/** `workerData` of the thread that adds up windows. */
export interface MergeJob {
  readonly heatlineMerge: readonly Chosen[];
  /** File to write. */
  readonly target: string;
  /** What is needed to map lines of several commits to one. */
  readonly git: string | undefined;
  readonly folders: readonly string[];
}

export type MergeMessage =
  | { readonly progress: number }
  | { readonly failure: Failure }
  | { readonly done: true; readonly isUnsure: boolean };

export function isMergeJob(data: unknown): data is MergeJob {
  return typeof data === 'object' && data !== null && Array.isArray((data as MergeJob).heatlineMerge);
}

/** The thread's whole life: adds up the windows, with threads of its own, and writes their sum. Windows that went meanwhile are left out, and said. */
export async function runMergeJob({ heatlineMerge: chosen, target, git, folders }: MergeJob): Promise<void> {
  const post = (message: MergeMessage) => parentPort!.postMessage(message);
  const all = chosen.reduce((sum, { windows }) => sum + windows.length, 0);
  let before = 0;
  let added = 0;
  let lost = 0;
  try {
    const commits = new Commits();
    commits.program = git;
    const sums = [];
    // Lines of several commits as they are: git may know more the next time.
    let isUnsure = false;
    for (const { folder, windows, cache } of chosen) {
      const progress = (done: number) => post({ progress: Math.min(1, (before + done) / all) });
      const parts = [];
      for (const group of git === undefined ? [windows] : byCommit(windows)) {
        const { profile, windows: count, failed } = await mergeWindows(folder, group, cache, { threads, progress });
        parts.push(profile);
        added += count;
        lost += failed.length;
        before += group.length;
      }
      const moved = await onOneCommit(parts, commits, folders);
      isUnsure ||= parts.length > 1 && moved === parts;
      sums.push(...moved);
    }
    const profile = sums.length === 1 ? sums[0]! : merged(sums);
    const told = [...profile.comments.filter((comment) => !comment.startsWith('windows=')), `windows=${added}`];
    const warnings = lost === 0 ? profile.warnings : [...profile.warnings, `${lost} of ${all} windows could not be read any more.`];
    await writeWhole(target, (write) => write(writePprof({ ...profile, comments: told, warnings })));
    post({ done: true, isUnsure });
  } catch (error) {
    post({ failure: packError(error) });
  }
}

function merged(profiles: readonly Parameters<Merger['add']>[0][]) {
  const merger = new Merger({ sumTimes: true });
  for (const profile of profiles) merger.add(profile);
  return merger.finish();
}

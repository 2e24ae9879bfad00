import { parentPort, Worker } from 'node:worker_threads';
import type { MergedPart } from '../core/model/merge.js';
import { type PackedProfile, packProfile, unpackProfile } from '../core/model/transport.js';
import { type Done, doJob, type Job } from './job.js';

/** How work is watched and shared out. */
export interface WorkControl {
  readonly signal?: AbortSignal;
  /** Files that are done, of how many. */
  progress?(done: number, all: number): void;
  /**
   * The bundle that threads are to run (`__filename` there), whose begin hands `workerData` to `runWindowThread` if it `isWindowThread`; and how many.
   * Without it all is done in this thread.
   */
  readonly threads?: { readonly bundle: string; readonly count: number };
}

interface ThreadData {
  readonly heatlineWindows: true;
}

type Answer =
  | { readonly told: true }
  | { readonly done: Omit<Done, 'part'>; readonly part?: Omit<MergedPart, 'profile'> & { readonly packed: PackedProfile } }
  | { readonly bug: string };

/** Jobs that are worth threads, in files. */
const FEW = 24;

export function isWindowThread(data: unknown): boolean {
  return typeof data === 'object' && data !== null && (data as Partial<ThreadData>).heatlineWindows === true;
}

/** A thread's whole life: does one job after the other until it is ended. */
export function runWindowThread(): void {
  const post = (answer: Answer, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(answer, transfer);
  const run = {};
  parentPort?.on('message', async (job: Job) => {
    try {
      const { part, ...done } = await doJob(job, run, () => post({ told: true }));
      if (part === undefined) post({ done });
      else {
        const { profile, ...counts } = part;
        const { packed, transfer } = packProfile(profile);
        post({ done, part: { ...counts, packed } }, transfer);
      }
    } catch (error) {
      post({ bug: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
    }
  });
}

/**
 * Does all jobs, several at once, and hands over what came of each in no certain order.
 * @throws the signal's reason when it is aborted; threads are ended then
 */
export async function doJobs(
  jobs: readonly Job[],
  control: WorkControl,
  take: (done: Done, at: number) => void | Promise<void>,
): Promise<void> {
  const all = jobs.reduce((sum, job) => sum + filesOf(job), 0);
  let told = 0;
  const tell = () => control.progress?.(++told, all);
  control.signal?.throwIfAborted();
  const count = Math.min(control.threads?.count ?? 1, jobs.length);
  if (control.threads === undefined || count < 2 || all < FEW) {
    const run = {};
    for (const [at, job] of jobs.entries()) {
      await take(await doJob(job, run, tell), at);
      // Whoever waits in this thread is let in.
      await new Promise((resume) => setImmediate(resume));
      control.signal?.throwIfAborted();
    }
    return;
  }
  const workers: Worker[] = [];
  let next = 0;
  const run = async (bundle: string): Promise<void> => {
    const worker = new Worker(bundle, { workerData: { heatlineWindows: true } satisfies ThreadData });
    workers.push(worker);
    while (next < jobs.length) {
      const at = next++;
      await take(await ask(worker, jobs[at]!, tell), at);
    }
  };
  const { bundle } = control.threads;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(control.signal?.reason);
  });
  aborted.catch(() => undefined);
  control.signal?.addEventListener('abort', stop!);
  try {
    await Promise.race([Promise.all(Array.from({ length: count }, () => run(bundle))), aborted]);
  } finally {
    control.signal?.removeEventListener('abort', stop!);
    for (const worker of workers) void worker.terminate();
  }
}

function ask(worker: Worker, job: Job, tell: () => void): Promise<Done> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a thread ended before its work was done'));
    const heard = (answer: Answer) => {
      if ('told' in answer) {
        tell();
        return;
      }
      // Only ours: a Worker has listeners of its own.
      worker.off('message', heard).off('error', reject).off('exit', ended);
      if ('bug' in answer) reject(new Error(answer.bug));
      else if (answer.part === undefined) resolve({ ...answer.done, part: undefined });
      else {
        const { packed, ...counts } = answer.part;
        resolve({ ...answer.done, part: { ...counts, profile: unpackProfile(packed) } });
      }
    };
    worker.on('message', heard).on('error', reject).on('exit', ended);
    worker.postMessage(job);
  });
}

function filesOf(job: Job): number {
  return 'facts' in job ? job.facts.length : job.merge.length;
}

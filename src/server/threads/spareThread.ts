import { Worker } from 'node:worker_threads';
import type { WorkerJob } from './messages.js';

/** How long a thread that nobody needed is kept, milliseconds: a recording that goes on is read about once a second. */
const KEPT_MILLIS = 20_000;

let spare: { readonly worker: Worker; readonly drop: () => void; timer: NodeJS.Timeout } | undefined;

/**
 * Begins a thread that has its code loaded before there is work for it, which takes about a tenth of a second: a recording
 * that is followed is read again soon, and shall be seen at once when it ends. One at most; it goes when it is not needed.
 */
export function prepareThread(): void {
  if (spare !== undefined) {
    spare.timer.refresh();
    return;
  }
  const worker = new Worker(__filename, { workerData: { heatlineWaits: true } satisfies WorkerJob });
  // It keeps nobody alive, and what befalls it before it has work is nobody's trouble.
  worker.unref();
  const drop = () => {
    if (spare?.worker === worker) spare = undefined;
    void worker.terminate();
  };
  worker.on('error', drop);
  worker.on('exit', drop);
  spare = { worker, drop, timer: setTimeout(drop, KEPT_MILLIS).unref() };
}

/** A thread that does this job: the one that waits for it, if there is one. */
export function startThread(job: WorkerJob): Worker {
  if (spare === undefined) return new Worker(__filename, { workerData: job });
  const { worker, drop, timer } = spare;
  spare = undefined;
  clearTimeout(timer);
  worker.off('error', drop);
  worker.off('exit', drop);
  worker.ref();
  worker.postMessage(job);
  return worker;
}

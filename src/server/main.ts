import { getEnvironmentData, isMainThread, workerData } from 'node:worker_threads';
import { useTexts } from '../core/l10n.js';
import { isWindowThread, runWindowThread } from '../windows/index.js';
import { serve } from './serve.js';
import { isWorkerJob, TEXTS } from './threads/messages.js';
import { runWorker } from './threads/worker.js';
import { isMergeJob, runMergeJob } from './windows/mergeWorker.js';

// One bundle, four roles: the server, the thread that a large profile lives in, the one that adds up windows, and those that read them.
if (!isMainThread && isWorkerJob(workerData)) {
  useTexts(getEnvironmentData(TEXTS));
  void runWorker(workerData);
} else if (!isMainThread && isMergeJob(workerData)) void runMergeJob(workerData);
else if (!isMainThread && isWindowThread(workerData)) runWindowThread();
else serve();

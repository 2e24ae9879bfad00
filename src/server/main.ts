import { getEnvironmentData, isMainThread, workerData } from 'node:worker_threads';
import { useTexts } from '../core/l10n.js';
import { isWorkerJob, TEXTS } from './analysis/messages.js';
import { runWorker } from './analysis/worker.js';
import { serve } from './serve.js';

// One bundle, two roles: the server, and the thread that a large profile lives in.
if (!isMainThread && isWorkerJob(workerData)) {
  useTexts(getEnvironmentData(TEXTS));
  void runWorker(workerData);
} else serve();

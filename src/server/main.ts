import { isMainThread, workerData } from 'node:worker_threads';
import { isWorkerJob } from './analysis/messages.js';
import { runWorker } from './analysis/worker.js';
import { serve } from './serve.js';

// One bundle, two roles: the server, and the thread that a large profile lives in.
if (!isMainThread && isWorkerJob(workerData)) void runWorker(workerData);
else serve();

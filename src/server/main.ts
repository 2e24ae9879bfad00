import { isMainThread, workerData } from 'node:worker_threads';
import { isReadJob, readInWorker } from './readWorker.js';
import { serve } from './serve.js';

// One bundle, two roles: the server, and the thread in which it reads large profiles.
if (!isMainThread && isReadJob(workerData)) void readInWorker(workerData);
else serve();

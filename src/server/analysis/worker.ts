import { parentPort } from 'node:worker_threads';
import { readProfile } from '../../core/formats/index.js';
import { fileSource } from '../../core/formats/source.js';
import { answers } from './answers.js';
import { type Message, packError, type Question, type WorkerJob } from './messages.js';
import { Tables } from './tables.js';

/** A thread's whole life: reads one profile, and then answers what is asked of it until it is ended from outside. */
export async function runWorker(job: WorkerJob): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this runs in a thread only');
  const post = (message: Message) => port.postMessage(message);
  let tables: Tables;
  try {
    tables = new Tables(await readProfile(fileSource(job.heatlineFile), { progress: (progress) => post({ progress }) }));
  } catch (error) {
    post({ id: 0, failure: packError(error) });
    return;
  }
  port.on('message', async ({ id, query, params }: Question) => {
    try {
      post({ id, result: await answers[query](tables, params as never) });
    } catch (error) {
      post({ id, failure: packError(error) });
    }
  });
  post({ ready: true });
}

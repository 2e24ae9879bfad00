import { parentPort } from 'node:worker_threads';
import { readProfile } from '../../core/formats/index.js';
import { fileSource } from '../../core/formats/source.js';
import { withStates } from '../../core/model/states.js';
import { unpackProfile } from '../../core/model/transport.js';
import { answers } from '../analysis/answers.js';
import { Tables } from '../analysis/tables.js';
import { comparisonAnswers } from '../comparing/answers.js';
import { ComparisonTables } from '../comparing/tables.js';
import { type Message, packError, type Question, type WorkerJob } from './messages.js';

/** A thread's whole life: reads one profile (or takes two to compare), and then answers what is asked of it until it is ended from outside. */
export async function runWorker(job: WorkerJob): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this runs in a thread only');
  if ('heatlineWaits' in job) {
    port.once('message', (told: WorkerJob) => void runWorker(told));
    return;
  }
  const post = (message: Message) => port.postMessage(message);
  let answer: (query: PropertyKey, params: unknown) => unknown;
  try {
    answer = await begin(job, (progress) => post({ progress }));
  } catch (error) {
    post({ id: 0, failure: packError(error) });
    return;
  }
  port.on('message', async ({ id, query, params }: Question) => {
    try {
      post({ id, result: await answer(query, params) });
    } catch (error) {
      post({ id, failure: packError(error) });
    }
  });
  post({ ready: true });
}

async function begin(
  job: Exclude<WorkerJob, { heatlineWaits: true }>,
  progress: (fraction: number) => void,
): Promise<(query: PropertyKey, params: unknown) => unknown> {
  if ('heatlineFile' in job) {
    const tables = new Tables(withStates(await readProfile(fileSource(job.heatlineFile), { progress })));
    return (query, params) => answers[query as keyof typeof answers](tables, params as never);
  }
  const { base, next } = job.heatlineComparison;
  const tables = new ComparisonTables(base.map(unpackProfile), next.map(unpackProfile));
  return (query, params) => comparisonAnswers[query as keyof typeof comparisonAnswers](tables, params as never);
}

import { parentPort, Worker } from 'node:worker_threads';
import { type Conversion, convert } from './convert.js';
import { Refusal, tooLarge } from './refusal.js';
import type { Window } from './window.js';

interface ThreadData {
  readonly heatlineReceive: true;
}

type Answer =
  | { readonly windows: readonly Window[] }
  | { readonly refusal: Pick<Refusal, 'status' | 'reason' | 'message' | 'retryAfter'> }
  | { readonly bug: string };

/** A thread's whole life: makes windows of one body after the other until it is ended. */
export function runReceiveThread(): void {
  const post = (answer: Answer, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(answer, transfer);
  parentPort?.on('message', async (job: Conversion) => {
    try {
      const windows = (await convert(job)).map((window) => ({ ...window, bytes: owned(window.bytes) }));
      post(
        { windows },
        windows.map(({ bytes }) => bytes.buffer),
      );
    } catch (error) {
      if (error instanceof Refusal) {
        const { status, reason, message, retryAfter } = error;
        post({ refusal: { status, reason, message, ...(retryAfter === undefined ? {} : { retryAfter }) } });
      } else post({ bug: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
    }
  });
}

/** Threads that make windows while others are answered; each is started when there is work for it. Without a bundle all is done here. */
export class Converters {
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();

  /** @param bundle what threads are to run, whose begin calls `runReceiveThread` if its `workerData` says so */
  constructor(private readonly bundle: string | undefined) {}

  /** How many at a time is for the caller to bound. The job's body is handed over. @throws Refusal */
  async convert(job: Conversion): Promise<readonly Window[]> {
    if (this.bundle === undefined) return convert(job);
    const worker = this.idle.pop() ?? this.start(this.bundle);
    return ask(worker, { ...job, body: owned(job.body) });
  }

  close(): void {
    for (const worker of this.all) void worker.terminate();
  }

  private start(bundle: string): Worker {
    const worker = new Worker(bundle, { workerData: { heatlineReceive: true } satisfies ThreadData });
    this.all.add(worker);
    worker
      .on('message', () => this.idle.push(worker))
      .on('error', () => {})
      .on('exit', () => {
        this.all.delete(worker);
        const at = this.idle.indexOf(worker);
        if (at >= 0) this.idle.splice(at, 1);
      });
    return worker;
  }
}

function ask(worker: Worker, job: Conversion): Promise<readonly Window[]> {
  return new Promise((resolve, reject) => {
    const done = () => worker.off('message', heard).off('error', failed).off('exit', ended);
    const heard = (answer: Answer) => {
      done();
      if ('windows' in answer) resolve(answer.windows);
      else if ('bug' in answer) reject(new Error(answer.bug));
      else {
        const { status, reason, message, retryAfter } = answer.refusal;
        reject(new Refusal(status, reason, message, retryAfter));
      }
    };
    const failed = (error: NodeJS.ErrnoException) => {
      done();
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge('It takes more memory than there is for one profile.') : error);
    };
    const ended = () => {
      done();
      reject(new Error('a thread ended before its work was done'));
    };
    worker.on('message', heard).on('error', failed).on('exit', ended);
    worker.postMessage(job, [job.body.buffer]);
  });
}

/** Bytes that have a buffer of their own, which can be handed over. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  return isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

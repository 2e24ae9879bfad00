import type { Worker } from 'node:worker_threads';
import { ReadError } from '../../core/errors.js';
import type { ReadControl } from '../../core/formats/format.js';
import { closed } from '../analysis/here.js';
import type { Askable, Asking, Queries } from '../analysis/queries.js';
import { type Message, type Question, tooLarge, unpackError, type WorkerJob } from './messages.js';
import { startThread } from './spareThread.js';

interface Waiting {
  readonly question: Question;
  resolve(result: never): void;
  reject(error: unknown): void;
}

/**
 * A large profile (or two that are compared) in a thread of its own, which reads it and computes everything that is asked: the server only passes
 * questions on, one at a time, so that what is cancelled while it waits is never begun. The thread ends with `dispose`, with
 * a failed or cancelled reading, and with the process.
 */
export class AnalysisThread<A extends Askable<A> = Queries> implements Asking<A> {
  private readonly queue: Waiting[] = [];
  private asked: Waiting | undefined;
  private next = 1;
  /** Why nothing can be asked any more. */
  private ended: Error | undefined;

  private constructor(private readonly worker: Worker) {}

  /** Starts the thread and has the file read. @throws ReadError, or the signal's reason at once when it is aborted */
  static open(file: string, control: ReadControl): Promise<AnalysisThread> {
    return AnalysisThread.start<Queries>({ heatlineFile: file }, control);
  }

  /** Starts the thread on its work; resolves when it can be asked. @throws as `open` */
  static start<A extends Askable<A>>(job: WorkerJob, control: ReadControl = {}): Promise<AnalysisThread<A>> {
    control.signal?.throwIfAborted();
    const worker = startThread(job);
    const thread = new AnalysisThread<A>(worker);
    return new Promise((resolve, reject) => {
      const stop = () => thread.end(control.signal?.reason, reject);
      control.signal?.addEventListener('abort', stop);
      const settled = () => control.signal?.removeEventListener('abort', stop);
      worker.on('message', (message: Message) => {
        if ('progress' in message) control.progress?.(message.progress);
        else if ('ready' in message) {
          settled();
          resolve(thread);
        } else if (message.id === 0 && 'failure' in message) thread.end(unpackError(message.failure), reject);
        else thread.answered(message);
      });
      // The thread ended by itself: out of memory, or a bug.
      worker.on('error', (error: NodeJS.ErrnoException) => {
        settled();
        thread.end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge(String(error)) : error, reject);
      });
      worker.on('exit', () => {
        settled();
        thread.end(new ReadError('io', 'The thread of this profile ended before its work was done.'), reject);
      });
    });
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  ask<Q extends keyof A>(query: Q, params: A[Q][0], signal?: AbortSignal): Promise<A[Q][1]> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      signal?.throwIfAborted();
      const waiting: Waiting = { question: { id: this.next++, query, params }, resolve, reject };
      this.queue.push(waiting);
      signal?.addEventListener('abort', () => {
        const at = this.queue.indexOf(waiting);
        if (at >= 0) this.queue.splice(at, 1);
        reject(signal.reason);
      });
      this.askNext();
    });
  }

  dispose(): void {
    this.end(closed());
  }

  private askNext(): void {
    if (this.asked !== undefined) return;
    this.asked = this.queue.shift();
    if (this.asked !== undefined) this.worker.postMessage(this.asked.question);
  }

  private answered(message: Extract<Message, { id: number }>): void {
    const { asked } = this;
    if (asked?.question.id !== message.id) return;
    this.asked = undefined;
    this.askNext();
    if ('result' in message) asked.resolve(message.result as never);
    else asked.reject(unpackError(message.failure));
  }

  /** Ends the thread, once; everyone who waits is told why. */
  private end(reason: Error, told?: (reason: Error) => void): void {
    if (this.ended) return;
    this.ended = reason;
    void this.worker.terminate();
    const waiting = [...(this.asked ? [this.asked] : []), ...this.queue.splice(0)];
    this.asked = undefined;
    for (const one of waiting) one.reject(reason);
    told?.(reason);
  }
}

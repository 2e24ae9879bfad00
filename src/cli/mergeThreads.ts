import { parentPort, Worker } from 'node:worker_threads';
import { ReadError } from '../core/errors.js';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import { type MergedPart, Merger } from '../core/model/merge.js';
import { type PackedProfile, packProfile, unpackProfile } from '../core/model/transport.js';

/** `workerData` of a thread that adds up some of the files. */
export interface MergeJob {
  readonly heatlineMerge: readonly string[];
  readonly keepGoing: boolean;
}

type Message =
  | { readonly read: string; readonly warnings: readonly string[] }
  | { readonly unreadable: string; readonly failure: Pick<ReadError, 'code' | 'message' | 'offset' | 'detail'> }
  | { readonly part: PackedProfile; readonly count: number; readonly having: readonly number[] };

/** What is heard of the files while they are added up. */
export interface Listener {
  read(file: string, warnings: readonly string[]): void;
  /** Throws to end the work. */
  unreadable(file: string, error: ReadError): void;
}

export function isMergeJob(data: unknown): data is MergeJob {
  return typeof data === 'object' && data !== null && Array.isArray((data as MergeJob).heatlineMerge);
}

/** A thread's whole life: reads its files one at a time, and hands their sum over without copying it. */
export async function runMergeJob({ heatlineMerge: files, keepGoing }: MergeJob): Promise<void> {
  const post = (message: Message, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer);
  const merger = new Merger();
  const run = {};
  for (const file of files) {
    try {
      const profile = await readProfile(fileSource(file), { run });
      merger.add(profile);
      post({ read: file, warnings: profile.warnings });
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      const { code, message, offset, detail } = error;
      post({ unreadable: file, failure: { code, message, offset, detail } });
      if (!keepGoing) return;
    }
  }
  const { profile, count, having } = merger.part();
  const { packed, transfer } = packProfile(profile);
  post({ part: packed, count, having }, transfer);
}

/**
 * Adds up files in several threads of this program's own bundle, each a run of neighbouring ones, so that the result is
 * that of adding them up in order. Memory is bounded by one result per thread.
 */
export async function mergeInThreads(files: readonly string[], threads: number, keepGoing: boolean, listener: Listener): Promise<Merger> {
  const share = Math.ceil(files.length / threads);
  const workers: Worker[] = [];
  const run = (from: number): Promise<MergedPart> =>
    new Promise((resolve, reject) => {
      const job: MergeJob = { heatlineMerge: files.slice(from, from + share), keepGoing };
      const worker = new Worker(__filename, { workerData: job });
      workers.push(worker);
      worker.on('message', (message: Message) => {
        try {
          if ('read' in message) listener.read(message.read, message.warnings);
          else if ('part' in message) resolve({ profile: unpackProfile(message.part), count: message.count, having: message.having });
          else {
            const { code, message: sentence, offset, detail } = message.failure;
            listener.unreadable(message.unreadable, new ReadError(code, sentence, offset, detail));
          }
        } catch (error) {
          reject(error);
        }
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a thread ended before its work was done')));
    });
  const starts = Array.from({ length: Math.ceil(files.length / share) }, (_, i) => i * share);
  try {
    const whole = new Merger();
    for (const part of await Promise.all(starts.map(run))) if (part.count > 0) whole.addPart(part);
    return whole;
  } finally {
    for (const worker of workers) void worker.terminate();
  }
}

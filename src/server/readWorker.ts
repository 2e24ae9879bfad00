import { parentPort } from 'node:worker_threads';
import { ReadError } from '../core/errors.js';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import { type PackedProfile, packProfile } from '../core/model/transport.js';

/** `workerData` of the thread that reads one file. */
export interface ReadJob {
  readonly heatlineRead: string;
}

/** What that thread says; the last message is `profile` or `failure`. */
export type ReadMessage =
  | { readonly progress: number }
  | { readonly profile: PackedProfile }
  | { readonly failure: { readonly code: string; readonly message: string; readonly offset?: number; readonly detail?: string } };

export function isReadJob(data: unknown): data is ReadJob {
  return typeof data === 'object' && data !== null && typeof (data as ReadJob).heatlineRead === 'string';
}

/** The thread's whole work: reads, and hands the columns over without copying them. */
export async function readInWorker(job: ReadJob): Promise<void> {
  const post = (message: ReadMessage, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer);
  try {
    const profile = await readProfile(fileSource(job.heatlineRead), { progress: (progress) => post({ progress }) });
    const { packed, transfer } = packProfile(profile);
    post({ profile: packed }, transfer);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    const { code, message, offset, detail } = error;
    post({ failure: { code, message, ...(offset === undefined ? {} : { offset }), ...(detail === undefined ? {} : { detail }) } });
  }
}

import { ReadError, UserError } from '../../core/errors.js';
import type { PackedSides } from '../comparing/queries.js';

/** `workerData` of the thread that a large profile, or a comparison of such, lives in; or it waits to be told by its first message. */
export type WorkerJob = { readonly heatlineFile: string } | { readonly heatlineComparison: PackedSides } | { readonly heatlineWaits: true };

/** Under this name threads find the table of the client's texts. */
export const TEXTS = 'heatline.texts';

/** What the thread is asked. */
export interface Question {
  readonly id: number;
  readonly query: PropertyKey;
  readonly params: unknown;
}

/** An error as it crosses threads; `bug` for all that nobody expected. */
export interface Failure {
  readonly kind: 'read' | 'user' | 'bug';
  readonly code: string;
  readonly message: string;
  readonly offset?: number;
  readonly detail?: string;
}

/** What the thread says: progress (0..1) until it is `ready` or has failed to read (id 0), then answers. */
export type Message =
  | { readonly progress: number }
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

export function isWorkerJob(data: unknown): data is WorkerJob {
  return typeof data === 'object' && data !== null && ('heatlineFile' in data || 'heatlineComparison' in data || 'heatlineWaits' in data);
}

export function packError(error: unknown): Failure {
  if (error instanceof ReadError) {
    const { code, message, offset, detail } = error;
    return { kind: 'read', code, message, ...(offset === undefined ? {} : { offset }), ...(detail === undefined ? {} : { detail }) };
  }
  if (error instanceof UserError) return { kind: 'user', code: error.code, message: error.message };
  if (error instanceof RangeError && /allocation|array length|buffer/i.test(error.message)) return packError(tooLarge(String(error)));
  return { kind: 'bug', code: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function unpackError({ kind, code, message, offset, detail }: Failure): Error {
  if (kind === 'read') return new ReadError(code, message, offset, detail);
  return kind === 'user' ? new UserError(code, message) : new Error(message);
}

export function tooLarge(detail: string): ReadError {
  return new ReadError('too-large', 'The profile needs more memory than there is.', undefined, detail);
}

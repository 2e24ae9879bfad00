import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { ReadError } from '../core/errors.js';
import type { ReadControl } from '../core/formats/format.js';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import type { Profile } from '../core/model/profile.js';
import { unpackProfile } from '../core/model/transport.js';
import type { ReadJob, ReadMessage } from './readWorker.js';

/** Bytes up to which reading is faster than starting a thread, and short enough to keep others waiting. */
const SMALL = 4 * 1024 * 1024;
/** The same for packed files, which may unpack to a thousand times their size. */
const SMALL_PACKED = 64 * 1024;

/** Reads a profile; large ones in a thread of their own, so that the server keeps answering. @throws ReadError */
export async function readFile(file: string, control: ReadControl): Promise<Profile> {
  return isSmall(file) ? readProfile(fileSource(file), control) : readInThread(file, control);
}

function isSmall(file: string): boolean {
  try {
    const { size } = statSync(file);
    return size <= SMALL_PACKED || (size <= SMALL && !isPacked(file));
  } catch {
    return true; // The reader says what is wrong.
  }
}

function isPacked(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = new Uint8Array(2);
    readSync(handle, head, 0, 2, 0);
    return head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    closeSync(handle);
  }
}

function readInThread(file: string, control: ReadControl): Promise<Profile> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { heatlineRead: file } satisfies ReadJob });
    const finish = (act: () => void) => {
      control.signal?.removeEventListener('abort', stop);
      void worker.terminate();
      act();
    };
    const stop = () => finish(() => reject(control.signal?.reason));
    worker.on('message', (message: ReadMessage) => {
      if ('progress' in message) control.progress?.(message.progress);
      else if ('profile' in message) finish(() => resolve(unpackProfile(message.profile)));
      else {
        const { code, message: sentence, offset, detail } = message.failure;
        finish(() => reject(new ReadError(code, sentence, offset, detail)));
      }
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const tooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      finish(() =>
        reject(tooLarge ? new ReadError('too-large', 'The profile needs more memory than there is.', undefined, String(error)) : error),
      );
    });
    worker.on('exit', () => reject(new ReadError('io', 'Reading ended before the profile was whole.')));
    if (control.signal?.aborted) stop();
    else control.signal?.addEventListener('abort', stop);
  });
}

import type { IncomingMessage } from 'node:http';
import type { Budget } from './gate.js';
import { Refusal, tooLarge } from './refusal.js';

export interface BodyLimits {
  /** Bytes of a body as it comes. */
  readonly most: number;
  /** Longest time between two pieces, in milliseconds. */
  readonly idleMillis: number;
  /** What its bytes are taken from; they are for the caller to give back. */
  readonly budget: Budget;
}

/** What everybody has for a body, and the rate in bytes a millisecond below which a client is too slow after that. */
const GRACE_MILLIS = 10_000;
const SLOWEST = 256;
/** What of a body that nobody wants is listened to, so that its sender comes to read the answer. */
const MOST_UNWANTED = 8 * 2 ** 20;
const UNWANTED_MILLIS = 5000;

/** The whole body. @throws Refusal for one that is too large, too slow or cut off, and when there is no memory for it */
export function readBody(request: IncomingMessage, { most, idleMillis, budget }: BodyLimits): Promise<Buffer<ArrayBuffer>> {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > most) return Promise.reject(larger(most));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const began = performance.now();
    let last = began;
    const watch = setInterval(
      () => {
        const now = performance.now();
        if (now - last > idleMillis || now - began > GRACE_MILLIS + size / SLOWEST)
          end(new Refusal(408, 'slow', 'The body comes too slowly.'));
      },
      Math.min(1000, idleMillis / 2),
    );
    const take = (piece: Buffer) => {
      last = performance.now();
      if (size + piece.length > most) return end(larger(most));
      try {
        budget.take(piece.length);
      } catch (error) {
        return end(error as Refusal);
      }
      size += piece.length;
      pieces.push(piece);
    };
    const done = () => end(undefined);
    const gone = () => end(new Refusal(400, 'slow', 'The body was cut off.'));
    const end = (refusal: Refusal | undefined) => {
      clearInterval(watch);
      request
        .off('data', take)
        .off('end', done)
        .off('close', gone)
        .off('error', gone)
        .on('error', () => {});
      if (refusal === undefined) return resolve(Buffer.concat(pieces, size));
      request.pause();
      budget.give(size);
      reject(refusal);
    };
    request.on('data', take).on('end', done).on('close', gone).on('error', gone);
  });
}

/** Listens to the rest of a body for a moment, and throws it away: a connection that is closed before would take the answer with it. */
export function passBy(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let size = 0;
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, UNWANTED_MILLIS);
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > MOST_UNWANTED) end();
    });
    request.on('end', end).on('close', end).on('error', end);
    request.resume();
  });
}

function larger(most: number): Refusal {
  return tooLarge(`The body is larger than ${Math.floor(most / 2 ** 20)} MiB.`);
}

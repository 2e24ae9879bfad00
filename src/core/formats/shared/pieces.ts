import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type TransformOptions } from 'node:stream';
import { constants, createGunzip, gunzipSync, type ZlibOptions } from 'node:zlib';
import type { Pieces } from '../format.js';
import { isZstd } from './zstd.js';

/** A file from this size on is worth it to be read in pieces, in bytes. */
const LARGE = 2 ** 21;
/** Bytes that are looked at for the beginning of the content, and what is shown of it. */
const LOOK = 2 ** 14;
const HEAD = 4096;
/** Bytes of a piece, and of pieces that wait to be taken: while they are read the next ones are inflated in another thread. */
const PIECE = 2 ** 16;
const AHEAD = 2 ** 19;
/** Bytes of a piece of what needs no inflating. */
const PLAIN_PIECE = 2 ** 19;
const INFLATING: ZlibOptions & TransformOptions = { chunkSize: PIECE, readableHighWaterMark: AHEAD };
/** A gzip file ends with the size of its content. */
const GZIP_TAIL = 4;
/** Content that offsets of 32 bits can point into. */
const MOST = 2 ** 32 - 1;

/**
 * The content of a large file piece by piece, inflated if it is gzip; undefined for what has to be read as a whole: small
 * files, what is no file, other packings. Going through it throws what Node throws, and a RangeError past the bound.
 * @param boundOf how many bytes of content a packed file of some bytes may have
 */
export function piecesOf(path: string, boundOf: (packed: number) => number): Pieces | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size < LARGE) return undefined;
    const first = readAt(file, 0, LOOK);
    const packed = isGzip(first);
    const head = packed ? gunzipSync(first, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD) : first.subarray(0, HEAD);
    if (head.length === 0 || isGzip(head) || isZstd(head)) return undefined;
    const size = packed ? readAt(file, stat.size - GZIP_TAIL, GZIP_TAIL).readUInt32LE() : stat.size;
    const bound = packed ? boundOf(stat.size) : MOST;
    return { head, size: Math.min(size, bound), [Symbol.asyncIterator]: () => read(path, packed, bound) };
  } catch {
    // Who asks for the whole is told what is wrong.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function* read(path: string, packed: boolean, bound: number): AsyncGenerator<Uint8Array> {
  // Errors of the file end the inflating, too.
  const inflated = () => pipeline(createReadStream(path, { highWaterMark: PIECE }), createGunzip(INFLATING), () => {});
  let length = 0;
  for await (const piece of packed ? (inflated() as AsyncIterable<Uint8Array>) : plain(path)) {
    length += piece.length;
    if (length > bound) throw new RangeError('the content is too large');
    yield piece;
  }
}

/** Two buffers in turn, of which one is filled while the other is looked at: memory that was never used costs more than reading into it. */
async function* plain(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    let [now, other] = [Buffer.allocUnsafeSlow(PLAIN_PIECE), Buffer.allocUnsafeSlow(PLAIN_PIECE)];
    for (let coming = file.read(now, 0, PLAIN_PIECE); ; ) {
      const { bytesRead } = await coming;
      if (bytesRead === 0) return;
      coming = file.read(other, 0, PLAIN_PIECE);
      // Whoever stops halfway does not wait for it.
      coming.catch(() => undefined);
      yield now.subarray(0, bytesRead);
      [now, other] = [other, now];
    }
  } finally {
    await file.close();
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

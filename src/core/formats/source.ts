import { readFileSync, statSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ReadError } from '../errors.js';
import type { Source } from './format.js';

/** Largest file we read, and largest content we unpack, in bytes: what a Buffer and the machine can be asked to hold. */
const MAX_BYTES = 2 ** 31;
/** A gzip stream may always grow to this size, and beyond it only to `MAX_GROWTH` times its own: bombs grow 1000 times. */
const ALWAYS_ALLOWED = 2 ** 28;
const MAX_GROWTH = 100;
const MAX_LAYERS = 3;

/** A file on disk, read once, when its bytes are first asked for. @throws ReadError (`io`, `too-large`) from `bytes` */
export function fileSource(path: string): Source {
  let content: Uint8Array | undefined;
  return {
    name: path,
    get size() {
      try {
        return statSync(path).size;
      } catch {
        return 0;
      }
    },
    async bytes() {
      content ??= unpack(readWhole(path));
      return content;
    },
  };
}

/** Bytes that are already in memory (a download, a test). */
export function bytesSource(name: string, bytes: Uint8Array): Source {
  let content: Uint8Array | undefined;
  return {
    name,
    size: bytes.length,
    async bytes() {
      content ??= unpack(bytes);
      return content;
    },
  };
}

function readWhole(path: string): Uint8Array {
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw new ReadError('io', 'It is a folder, not a profile file.');
    if (found.size > MAX_BYTES) throw tooLarge('The file', found.size);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof ReadError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new ReadError('io', 'There is no such file.');
    if (code === 'EACCES' || code === 'EPERM') throw new ReadError('io', 'You may not read this file.');
    throw new ReadError('io', 'The file cannot be read.', undefined, String(error));
  }
}

function unpack(bytes: Uint8Array): Uint8Array {
  let content = bytes;
  for (let layer = 0; isGzip(content); layer++) {
    if (layer === MAX_LAYERS) throw new ReadError('unsupported', 'It is packed with gzip again and again.');
    content = gunzip(content);
  }
  return content;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function gunzip(packed: Uint8Array): Uint8Array {
  const bound = Math.min(MAX_BYTES, Math.max(ALWAYS_ALLOWED, packed.length * MAX_GROWTH));
  try {
    return gunzipSync(packed, { maxOutputLength: bound, chunkSize: expectedSize(packed, bound) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('Unpacked, the content', bound);
    if (code === 'Z_BUF_ERROR') throw new ReadError('truncated', 'The gzip data ends too early: the file is not whole.', packed.length);
    throw new ReadError('corrupt', 'The gzip data is damaged.', undefined, String(error));
  }
}

/** A gzip file ends with its content's size: one buffer of that size saves joining chunks. A lie costs only time. */
function expectedSize(packed: Uint8Array, bound: number): number {
  if (packed.length < 18) return 1 << 16;
  const claimed = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(packed.length - 4, true);
  return claimed > bound || claimed > packed.length * 1032 ? 1 << 20 : Math.max(1 << 14, claimed + 1);
}

function tooLarge(what: string, bytes: number): ReadError {
  return new ReadError('too-large', `${what} is larger than ${Math.floor(bytes / 2 ** 20)} MiB, which is more than can be read safely.`);
}

/** Packs what a writer made; level 4: three times as quick as the usual 6 and hardly larger. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 4 });
}

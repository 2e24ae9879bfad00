import { constants } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { ReadError } from '../errors.js';
import type { Pieces, Source } from './format.js';
import { isGzip, piecesOf } from './shared/pieces.js';
import { type FrameDecoder, isZstd, unzstd } from './shared/zstd.js';

/** Largest file we read, and largest content we unpack, in bytes: what a Buffer holds and 32 bits can point into. */
const MAX_BYTES = Math.min(constants.MAX_LENGTH, 2 ** 32 - 1);
/** Packed content may always grow to this size, and beyond it only to `MAX_GROWTH` times its own: bombs grow 1000 times. */
const ALWAYS_ALLOWED = 2 ** 28;
const MAX_GROWTH = 200;
/** What a file under `SMALL` may unpack to at most. */
const SMALL = 100 * 2 ** 20;
const MAX_OF_SMALL = 1.25 * 2 ** 30;
/** The same where the content has to be in memory as a whole. */
const MAX_WHOLE_OF_SMALL = 0.75 * 2 ** 30;
const MAX_LAYERS = 3;
/** Bytes that one call of the system reads. */
const PIECE = 2 ** 30;

/** What a packed file holds; `cutAt`: it is only its beginning, since the packed data ends there. */
interface Unpacked {
  readonly content: Uint8Array;
  readonly cutAt: number | undefined;
}

/** A file on disk, read as a whole once, when its bytes are first asked for. @throws ReadError (`io`, `too-large`) from `bytes` */
export function fileSource(path: string): Source {
  let looked: { readonly pieces: Pieces | undefined } | undefined;
  const whole = lazySource(
    path,
    () => {
      try {
        return statSync(path).size;
      } catch {
        return 0;
      }
    },
    () => unpack(readWhole(path)),
  );
  return Object.assign(whole, {
    pieces() {
      looked ??= { pieces: piecesOf(path, (packed) => boundOf({ length: packed })) };
      return looked.pieces;
    },
  });
}

/** Bytes that are already in memory (a download, a test). */
export function bytesSource(name: string, bytes: Uint8Array): Source {
  return lazySource(
    name,
    () => bytes.length,
    () => unpack(bytes),
  );
}

function lazySource(name: string, size: () => number, open: () => Unpacked): Source {
  let unpacked: Unpacked | undefined;
  return {
    name,
    get size() {
      return size();
    },
    async bytes() {
      unpacked ??= open();
      return unpacked.content;
    },
    get cutAt() {
      return unpacked?.cutAt;
    },
  };
}

function readWhole(path: string): Uint8Array {
  let file: number | undefined;
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw new ReadError('io', 'It is a folder, not a profile file.');
    if (found.size > MAX_BYTES) throw tooLarge('The file', MAX_BYTES);
    file = openSync(path, 'r');
    const open = fstatSync(file);
    return readOpen(file, open.isFile() ? open.size : 0, open.isCharacterDevice() ? ALWAYS_ALLOWED : MAX_BYTES);
  } catch (error) {
    if (error instanceof ReadError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new ReadError('io', 'There is no such file.');
    if (code === 'EACCES' || code === 'EPERM') throw new ReadError('io', 'You may not read this file.');
    if (error instanceof RangeError) throw new ReadError('too-large', 'The file needs more memory than there is.');
    throw new ReadError('io', 'The file cannot be read.', undefined, String(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Piece by piece, since Node reads no file of 2 GiB at once.
 * @param size as the system tells; 0 for pipes and the like
 * @param most bytes that are read of these; less of devices, since some never end
 */
function readOpen(file: number, size: number, most: number): Uint8Array {
  let content = Buffer.allocUnsafeSlow(size === 0 ? 1 << 16 : size);
  let length = 0;
  for (;;) {
    if (length === content.length) {
      if (size > 0) return content;
      if (length * 2 > most) throw tooLarge('The content', most);
      const wider = Buffer.allocUnsafeSlow(length * 2);
      content.copy(wider);
      content = wider;
    }
    const read = readSync(file, content, length, Math.min(PIECE, content.length - length), null);
    if (read === 0) return content.subarray(0, length);
    length += read;
  }
}

function unpack(bytes: Uint8Array): Unpacked {
  let unpacked: Unpacked = { content: bytes, cutAt: undefined };
  for (let layer = 0; ; layer++) {
    const { content } = unpacked;
    const zstd = isZstd(content);
    if (!zstd && !isGzip(content)) break;
    if (layer === MAX_LAYERS) throw new ReadError('unsupported', 'It is packed again and again.');
    const bound = content.length < SMALL ? Math.min(MAX_WHOLE_OF_SMALL, boundOf(content)) : boundOf(content);
    const inner = zstd ? unzstd(content, bound, nativeZstd) : gunzip(content, bound);
    unpacked = { content: inner.content, cutAt: inner.cutAt ?? unpacked.cutAt };
    if (inner.content.length === 0 && inner.cutAt !== undefined) throw cut(inner.cutAt);
  }
  const content = searchable(unpacked.content);
  const { cutAt } = unpacked;
  return { content: cutAt === undefined ? content : wholeLines(content), cutAt };
}

/** A Buffer's `indexOf` is several times quicker than an array's, but gives negative places from 2 GiB on. */
function searchable(content: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(content) || content.length < 2 ** 31) return content;
  return new Uint8Array(content.buffer, content.byteOffset, content.length);
}

/** How many bytes `packed` may unpack to. */
export function boundOf(packed: { readonly length: number }): number {
  const grown = Math.max(ALWAYS_ALLOWED, packed.length * MAX_GROWTH);
  return Math.min(packed.length < SMALL ? MAX_OF_SMALL : MAX_BYTES, grown);
}

/** All members of a gzip file; of one that ends too early, what is there. */
function gunzip(packed: Uint8Array, bound: number): Unpacked {
  const options = { maxOutputLength: bound, chunkSize: expectedSize(packed, bound) };
  try {
    return { content: zlib.gunzipSync(packed, options), cutAt: undefined };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('Unpacked, the content', bound, ": unpack it with 'gunzip' first");
    if (code !== 'Z_BUF_ERROR') throw new ReadError('corrupt', 'The gzip data is damaged.', undefined, String(error));
  }
  try {
    const finishFlush = zlib.constants.Z_SYNC_FLUSH;
    return { content: zlib.gunzipSync(packed, { ...options, chunkSize: 1 << 20, finishFlush }), cutAt: packed.length };
  } catch {
    throw cut(packed.length);
  }
}

type Decode = (bytes: Uint8Array, options: zlib.ZlibOptions) => Uint8Array;
/** Node's own decoder (from 22.15 on). */
const decodeZstd = (zlib as { readonly zstdDecompressSync?: Decode }).zstdDecompressSync;
const nativeZstd: FrameDecoder | undefined =
  decodeZstd && ((frame, bound) => decodeZstd(frame, { maxOutputLength: Math.max(1, bound), chunkSize: 1 << 20 }));

/** Text that was cut off in the middle of a line could mean anything there: the line goes. */
function wholeLines(content: Uint8Array): Uint8Array {
  if (content.subarray(0, 4096).some((byte) => byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return content;
  const end = content.lastIndexOf(0x0a);
  return end < 0 ? content : content.subarray(0, end + 1);
}

/** A gzip file ends with its content's size: one buffer of that size saves joining chunks. A lie costs only time. */
function expectedSize(packed: Uint8Array, bound: number): number {
  if (packed.length < 18) return 1 << 16;
  const claimed = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(packed.length - 4, true);
  return claimed > bound || claimed > packed.length * 1032 ? 1 << 20 : Math.min(2 ** 31, Math.max(1 << 14, claimed + 1));
}

function cut(offset: number): ReadError {
  return new ReadError('truncated', 'The packed data ends too early: the file is not whole.', offset);
}

/** @param instead a way out, behind a colon */
function tooLarge(what: string, bytes: number, instead = ''): ReadError {
  const size = `${Math.floor(bytes / 2 ** 20)} MiB`;
  return new ReadError('too-large', `${what} is larger than ${size}, which is more than can be read safely${instead}.`);
}

/** Packs what a writer made; level 4: three times as quick as the usual 6 and hardly larger. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return zlib.gzipSync(bytes, { level: 4 });
}

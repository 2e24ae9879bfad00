import { decompress } from 'fzstd';
import { ReadError } from '../../errors.js';

/** Most that one block may unpack to (RFC 8878, 3.1.1.2.4). */
const MAX_BLOCK = 1 << 17;
/** Largest window that zstd itself takes unless told otherwise. */
const MAX_WINDOW = 2 ** 27;
/** What the decoder in JavaScript is let do. */
export interface ZstdBounds {
  /** It moves its window along at every block: 2^36 bytes take half a minute. */
  readonly moves: number;
  /** How many times more than what fits may come out, by the headers of its blocks, before it is refused unseen. */
  readonly slack: number;
}

const USUAL: ZstdBounds = { moves: 2 ** 36, slack: 64 };

/** One frame as it lies in the file. */
interface Frame {
  /** Bytes of the frame, as a decoder takes it; of a frame that is cut, its whole blocks as a frame of their own. */
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly cut: boolean;
  /** More than this cannot come out. */
  readonly bound: number;
  /** Less than this cannot come out: blocks that are not packed say their size. */
  readonly least: number;
  readonly moves: number;
}

/** Unpacks one whole frame, to at most `bound` bytes; throws anything. */
export type FrameDecoder = (frame: Uint8Array, bound: number) => Uint8Array;

export function isZstd(bytes: Uint8Array): boolean {
  return magicOf(bytes, 0) === 'frame' || magicOf(bytes, 0) === 'skip';
}

/**
 * Unpacks all frames of a zstd stream (RFC 8878). Node's own zstd takes only the first and is silent about a cut, so
 * frames are found here.
 * @param decode Node's decoder where it has one; else one in JavaScript
 * @returns the content, and where the stream is cut off (then it is the content of the whole blocks before)
 * @throws ReadError
 */
export function unzstd(
  bytes: Uint8Array,
  limit: number,
  decode: FrameDecoder | undefined,
  bounds = USUAL,
): { content: Uint8Array; cutAt: number | undefined } {
  const parts: Uint8Array[] = [];
  let size = 0;
  let at = 0;
  let cutAt: number | undefined;
  while (at < bytes.length && cutAt === undefined) {
    const magic = magicOf(bytes, at);
    if (magic === undefined) {
      // What follows the first frame is left alone, as gunzip does.
      if (at > 0 && bytes.length - at >= 4) break;
      cutAt = at;
      break;
    }
    if (magic === 'skip') {
      at += 8 + uint(bytes, at + 4, 4);
      continue;
    }
    const frame = readFrame(bytes, at);
    if (frame === undefined) {
      cutAt = at;
      break;
    }
    if (frame.cut) cutAt = frame.end;
    at = frame.end;
    const part = decodeFrame(frame, limit - size, decode, bounds, at);
    size += part.length;
    if (part.length > 0) parts.push(part);
  }
  if (at > bytes.length) cutAt = bytes.length;
  return { content: join(parts, size), cutAt };
}

function decodeFrame(frame: Frame, room: number, decode: FrameDecoder | undefined, bounds: ZstdBounds, at: number): Uint8Array {
  let part: Uint8Array;
  try {
    if (decode !== undefined) part = decode(frame.bytes, Math.min(room, frame.bound));
    else if (frame.moves > bounds.moves || frame.least > room || frame.bound > Math.max(room, 0) * bounds.slack + MAX_BLOCK)
      throw tooLarge();
    else part = decompress(frame.bytes);
  } catch (error) {
    if (error instanceof ReadError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE' || code === 'ZSTD_error_dstSize_tooSmall' || error instanceof RangeError) throw tooLarge();
    throw new ReadError('corrupt', 'The zstd data is damaged.', at, String(error));
  }
  if (part.length > room) throw tooLarge();
  return part;
}

function tooLarge(): ReadError {
  return new ReadError('too-large', "Unpacked, the zstd data is larger than can be read safely: unpack it with 'zstd -d' first.");
}

/** Follows a frame's headers to its end. Undefined when not even its first block is whole. */
function readFrame(bytes: Uint8Array, start: number): Frame | undefined {
  const descriptor = bytes[start + 4];
  if (descriptor === undefined) return undefined;
  if ((descriptor & 8) !== 0) throw new ReadError('corrupt', 'The zstd data is damaged.', start + 4);
  if ((descriptor & 3) !== 0)
    throw new ReadError('unsupported', "It is packed with zstd and a dictionary: unpack it with 'zstd -d -D'.", start);
  const single = (descriptor & 32) !== 0;
  const sizeBytes = descriptor >>> 6 === 0 ? Number(single) : 1 << (descriptor >>> 6);
  const first = start + 5 + Number(!single) + sizeBytes;
  if (first > bytes.length) return undefined;
  const claimed = uint(bytes, first - sizeBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const window = single ? claimed : windowSize(bytes[start + 5]!);
  if (window > MAX_WINDOW && !single) {
    throw new ReadError(
      'unsupported',
      "It is packed with zstd's long mode: unpack it with 'zstd -d --long=31' and open the result.",
      start,
    );
  }
  const largest = Math.min(MAX_BLOCK, Math.max(window, 1024));
  let at = first;
  let bound = 0;
  let least = 0;
  let blocks = 0;
  for (;;) {
    const header = at + 3 <= bytes.length ? uint(bytes, at, 3) : undefined;
    const type = header === undefined ? 0 : (header >>> 1) & 3;
    if (type === 3) throw new ReadError('corrupt', 'The zstd data is damaged.', at);
    const size = (header ?? 0) >>> 3;
    const next = at + 3 + (type === 1 ? 1 : size);
    if (header === undefined || next > bytes.length) {
      const whole = rebuilt(bytes.subarray(first, at), Math.min(window, MAX_WINDOW));
      return blocks === 0 ? undefined : { bytes: whole, end: at, cut: true, bound, least, moves: blocks * window };
    }
    blocks++;
    bound += type === 2 ? largest : size;
    least += type === 2 ? 0 : size;
    at = next;
    if ((header & 1) === 0) continue;
    const end = at + ((descriptor & 4) === 0 ? 0 : 4);
    if (single && claimed > bound) throw new ReadError('corrupt', 'The zstd data claims more content than it can hold.', start);
    const moves = single ? 0 : blocks * window;
    return { bytes: bytes.subarray(start, end), end: Math.min(end, bytes.length), cut: false, bound, least, moves };
  }
}

/** Whole blocks as a frame without the size and the checksum that would not be right, its end an empty last block. */
function rebuilt(blocks: Uint8Array, window: number): Uint8Array {
  const exponent = Math.max(10, Math.ceil(Math.log2(Math.max(1, window))));
  const frame = new Uint8Array(6 + blocks.length + 3);
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0, (exponent - 10) << 3]);
  frame.set(blocks, 6);
  frame[6 + blocks.length] = 1;
  return frame;
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function magicOf(bytes: Uint8Array, at: number): 'frame' | 'skip' | undefined {
  if (at + 4 > bytes.length) return undefined;
  const magic = uint(bytes, at, 4);
  if (magic === 0xfd2fb528) return 'frame';
  return magic >= 0x184d2a50 && magic <= 0x184d2a5f ? 'skip' : undefined;
}

/** Little-endian, up to 8 bytes; what passes 2^53 is rounded, which no bound minds. */
function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

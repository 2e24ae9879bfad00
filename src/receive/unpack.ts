import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ReadError } from '../core/errors.js';
import { isLz4, unlz4 } from '../core/formats/shared/lz4.js';
import { isZstd, unzstd } from '../core/formats/shared/zstd.js';
import { notAProfile, Refusal, tooLarge } from './refusal.js';

type Inflate = (bytes: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>;
const gunzip = promisify(zlib.gunzip) as Inflate;
const inflate = promisify(zlib.inflate) as Inflate;
type Decode = (bytes: Uint8Array, options: zlib.ZlibOptions) => Uint8Array;
/** Node's own decoder (from 22.15 on). */
const decodeZstd = (zlib as { readonly zstdDecompressSync?: Decode }).zstdDecompressSync;
const nativeZstd = decodeZstd && ((frame: Uint8Array, bound: number) => decodeZstd(frame, { maxOutputLength: Math.max(1, bound) }));
/** Whoever sends must not hold us up for longer than a second or two, nor take much more memory than content may. */
const BOUNDS = { moves: 2 ** 33, slack: 2 };
/** gzip in gzip happens where a client packs what a library has packed already. */
const MAX_LAYERS = 2;

/** Content without gzip, zstd or LZ4, told by its first bytes; `most` bytes of it, and never a part of it. @throws Refusal */
export async function unpack(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  let content = bytes;
  for (let layer = 0; ; layer++) {
    const step = stepFor(content);
    if (step === undefined) break;
    if (layer === MAX_LAYERS) throw notAProfile('The profile is packed again and again.');
    content = await guarded(() => step(content, most), most);
  }
  if (content.length > most) throw exceeds(most);
  return content;
}

/** A body without the packing of its transport. @throws Refusal */
export async function decode(body: Uint8Array, encoding: string, most: number): Promise<Uint8Array> {
  let content = body;
  for (const name of encoding
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
    .reverse()) {
    if (name === '' || name === 'identity') continue;
    const step = STEPS.get(name);
    if (step === undefined)
      throw new Refusal(415, 'unsupported', `Content-Encoding ${name.slice(0, 40)} is not understood: gzip, zstd, lz4 and deflate are.`);
    content = await guarded(() => step(content, most), most);
  }
  return content;
}

type Step = (content: Uint8Array, most: number) => Promise<Uint8Array> | Uint8Array;

const fromGzip: Step = (content, most) => gunzip(content, { maxOutputLength: most });
const fromZstd: Step = (content, most) => whole(unzstd(content, most, nativeZstd, BOUNDS));
const STEPS: ReadonlyMap<string, Step> = new Map([
  ['gzip', fromGzip],
  ['x-gzip', fromGzip],
  ['zstd', fromZstd],
  ['lz4', unlz4],
  ['deflate', (content, most) => inflate(content, { maxOutputLength: most })],
]);

function stepFor(content: Uint8Array): Step | undefined {
  if (content[0] === 0x1f && content[1] === 0x8b) return fromGzip;
  if (isZstd(content)) return fromZstd;
  return isLz4(content) ? unlz4 : undefined;
}

function whole({ content, cutAt }: { readonly content: Uint8Array; readonly cutAt: number | undefined }): Uint8Array {
  if (cutAt !== undefined) throw new ReadError('truncated', 'The packed data ends too early.', cutAt);
  return content;
}

async function guarded(step: () => Promise<Uint8Array> | Uint8Array, most: number): Promise<Uint8Array> {
  try {
    return await step();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE' || code === 'too-large' || error instanceof RangeError) throw exceeds(most);
    if (error instanceof ReadError) throw notAProfile(error.message);
    throw notAProfile(code === 'Z_BUF_ERROR' ? 'The packed data ends too early.' : 'The packed data is damaged.');
  }
}

function exceeds(most: number): Refusal {
  return tooLarge(`Unpacked, it is larger than ${Math.floor(most / 2 ** 20)} MiB.`);
}

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as zlibGzip } from 'node:zlib';
import { ReadError } from '../core/errors.js';
import { readProfile, sniff } from '../core/formats/index.js';
import { ProtoWriter } from '../core/formats/pprof/protoWriter.js';
import { sniffPprof } from '../core/formats/pprof/sniff.js';
import { PROFILE } from '../core/formats/pprof/wire.js';
import { writePprof } from '../core/formats/pprof/write.js';
import { bytesSource } from '../core/formats/source.js';
import type { WindowNaming } from '../windows/names.js';
import { checkPprof } from './checkPprof.js';
import { notAProfile, Refusal } from './refusal.js';
import { unpack } from './unpack.js';
import { toldOf, type Upload } from './upload.js';

const gzip = promisify(zlibGzip) as (bytes: Uint8Array, options: { level: number }) => Promise<Buffer>;
/** Formats beside pprof that clients of these protocols send. */
const WRITTEN_AS_PPROF = new Set(['jfr', 'speedscope', 'collapsed', 'pyspy-raw', 'pprof-legacy']);
const HEAD = 4096;
/** Half a day past midnight of 1971: older clients wrote microseconds where nanoseconds are wanted. */
const OLDEST = 31_600_000n * 1_000_000_000n;

/** A window that is ready to be written. */
export interface Window {
  readonly naming: WindowNaming;
  readonly bytes: Uint8Array;
  /** Bytes that were unpacked for it. */
  readonly contentBytes: number;
}

export interface WindowFacts {
  /** Who has sent it, where it does not tell. */
  readonly host: string;
  /** Unix nanoseconds, where nobody tells when it began. */
  readonly arrived: bigint;
  /** Bytes that its content may have. */
  readonly mostContent: number;
}

/**
 * Makes a window of what was sent: the client's bytes as they are, behind them what was told beside them, packed with gzip. Its name
 * comes from its content, so that what is sent twice is there once. @throws Refusal
 */
export async function makeWindow(upload: Upload, { host, arrived, mostContent }: WindowFacts): Promise<Window> {
  const unpacked = await unpack(upload.content, mostContent);
  const told = toldOf([...upload.told, ['service', 'unknown'], ['host', host]]);
  const content = sniffPprof(unpacked.subarray(0, HEAD)) > 0 ? unpacked : await asPprof(unpacked, mostContent);
  const { strings, timeNanos, durationNanos } = checked(content);
  const start = timeNanos > OLDEST ? timeNanos : upload.startNanos > 0n ? upload.startNanos : arrived;
  const addition = new ProtoWriter();
  if (start !== timeNanos) addition.number(PROFILE.timeNanos, start);
  if (durationNanos === 0n && upload.durationNanos > 0) addition.number(PROFILE.durationNanos, upload.durationNanos);
  const comments = [...Array.from(told, ([name, text]) => `${name}=${text}`), ...qualityOf(upload)];
  for (const index of comments.keys()) addition.number(PROFILE.comment, strings + index);
  for (const comment of comments) addition.text(PROFILE.string, comment);
  const writer = createHash('sha256')
    .update(JSON.stringify([upload.id, ...told]))
    .update(content)
    .digest('hex')
    .slice(0, 16);
  const pid = told.get('process_id') ?? '';
  return {
    naming: {
      startNanos: start,
      service: told.get('service')!,
      host: told.get('host')!,
      processId: /^\d{1,10}$/.test(pid) ? Number(pid) : 0,
      writer,
      sequence: 1,
    },
    bytes: await gzip(Buffer.concat([content, addition.done()]), { level: 4 }),
    contentBytes: Math.max(unpacked.length, content.length),
  };
}

function qualityOf({ by }: Upload): string[] {
  if (by === undefined) return [];
  return [
    `heatline: ${JSON.stringify({ engine: by.name.slice(0, 100), ...(by.version === '' ? {} : { engineVersion: by.version.slice(0, 100) }) })}`,
  ];
}

function checked(content: Uint8Array): ReturnType<typeof checkPprof> {
  try {
    return checkPprof(content);
  } catch (error) {
    if (error instanceof ReadError) throw notAProfile(error.message);
    throw error;
  }
}

/** Another format than pprof as pprof. */
async function asPprof(content: Uint8Array, mostContent: number): Promise<Uint8Array> {
  const format = content.length === 0 ? undefined : sniff(content, 'upload');
  if (format === undefined) throw notAProfile('It is no profile.');
  if (!WRITTEN_AS_PPROF.has(format.id))
    throw new Refusal(415, 'unsupported', `It is a profile of the format ${format.id}: pprof is taken.`);
  try {
    return await unpack(writePprof(await readProfile(bytesSource('upload', content))), mostContent);
  } catch (error) {
    if (error instanceof ReadError) throw notAProfile(error.message);
    throw error;
  }
}

import { ReadError } from '../../errors.js';
import { type JfrClass, readMetadata } from './metadata.js';
import { JfrReader } from './reader.js';

const HEADER = 68;
const METADATA = 0;
const CHECKPOINT = 1;

/** A chunk: a recording of its own, with its own descriptions and constants. */
export interface JfrChunk {
  readonly reader: JfrReader;
  readonly classes: ReadonlyMap<number, JfrClass>;
  /** Unix time; nanoseconds. */
  readonly startNanos: bigint;
  readonly durationNanos: number;
  readonly startTicks: number;
  readonly ticksPerSecond: number;
}

export function isJfr(bytes: Uint8Array): boolean {
  return bytes[0] === 0x46 && bytes[1] === 0x4c && bytes[2] === 0x52 && bytes[3] === 0;
}

/** Where the chunks begin; `whole` is false when the last one is cut off or was never closed, and then `starts` has those before. */
export function chunkStarts(bytes: Uint8Array): { starts: number[]; whole: boolean } {
  const starts: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + HEADER <= bytes.length && isJfr(bytes.subarray(at, at + 4))) {
    const major = view.getUint16(at + 4);
    if (major !== 2)
      throw new ReadError(
        'unsupported',
        `This is version ${major} of the Flight Recorder's format; only 2 (JDK 9 and later) can be read.`,
        at + 4,
      );
    const size = Number(view.getBigInt64(at + 8));
    if (!(size >= HEADER) || size > bytes.length - at) return { starts, whole: false };
    starts.push(at);
    at += size;
  }
  return { starts, whole: at === bytes.length };
}

export function openChunk(bytes: Uint8Array, start: number): JfrChunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const size = Number(view.getBigInt64(8));
  const reader = new JfrReader(bytes.subarray(start, start + size));
  if ((reader.u32(64) & 1) === 0)
    throw new ReadError('unsupported', 'The recording was written without compressed integers, which cannot be read.', start + 64);
  const metadata = Number(reader.u64(24));
  if (!(metadata >= HEADER) || metadata >= size) {
    throw new ReadError('corrupt', 'The recording says nothing of where its events are described.', start + 24);
  }
  reader.at = metadata;
  return {
    reader,
    classes: readMetadata(reader),
    startNanos: reader.u64(32),
    durationNanos: Number(reader.u64(40)),
    startTicks: Number(reader.u64(48)),
    ticksPerSecond: Number(reader.u64(56)),
  };
}

/** Gives every event but the metadata: the reader stands behind its type, and goes no further than the event's end. */
export function* events({ reader }: JfrChunk): Generator<{ readonly type: number; readonly checkpoint: boolean }> {
  const chunkEnd = reader.end;
  for (let at = HEADER; at < chunkEnd; ) {
    reader.at = at;
    reader.end = chunkEnd;
    const size = reader.int();
    if (!(size > 0) || size > chunkEnd - at) throw new ReadError('corrupt', 'An event of the recording is longer than the recording.', at);
    reader.end = at + size;
    const type = reader.int();
    if (type !== METADATA) yield { type, checkpoint: type === CHECKPOINT };
    at += size;
  }
  reader.end = chunkEnd;
}

import { ReadError } from '../../errors.js';
import { checkRoom } from '../../model/limits.js';
import { decodeText } from '../shared/byteStrings.js';
import { ByteCursor } from './cursor.js';

/** Bytes of the fixed parts, and of one entry of a table at least (CPython InternalDocs/profiling_binary_format.md). */
const HEADER = 64;
const FOOTER = 32;
const LEAST_STRING = 1;
const LEAST_FRAME = 7;
const SIGNATURE = 'TACHSTAT';
/** Thirty years, and a look each nanosecond: more is damage. */
const MAX_SECONDS = 1e9;
const MAX_RATE = 1e9;

/** What the recorder measured of its own work; absent in files of early versions. */
export interface TachyonStats {
  readonly seconds: number;
  /** Looks per second. */
  readonly rate: number;
  /** Shares of looks, 0..1. */
  readonly failed: number | undefined;
  readonly missed: number | undefined;
}

/** Column-wise frame table; lines and columns as stored: columns 0-based bytes, -1 unknown. */
export interface TachyonFrames {
  readonly length: number;
  readonly file: Uint32Array;
  readonly name: Uint32Array;
  readonly line: Int32Array;
  readonly endLine: Int32Array;
  readonly column: Int32Array;
  readonly endColumn: Int32Array;
}

export interface TachyonFile {
  readonly littleEndian: boolean;
  /** `3.15.2` */
  readonly python: string;
  readonly intervalMicros: number;
  readonly samples: number;
  /** Of the flags word: mode plus one in bits 0–2; bit 3 says that bits 4… are known: all threads, native, GC, opcodes, blocking. */
  readonly flags: number;
  readonly zstd: boolean;
  /** The sample records, packed or not. */
  readonly records: Uint8Array;
  readonly strings: readonly string[];
  readonly frames: TachyonFrames;
  readonly stats: TachyonStats | undefined;
}

/** 'HCAT' (little endian) or 'TACH' (big endian). */
export function isTachyon(head: Uint8Array): boolean {
  return head.length >= 8 && (startsWith(head, 'HCAT') || startsWith(head, 'TACH'));
}

/** Reads all but the samples. @throws ReadError */
export function readContainer(bytes: Uint8Array): TachyonFile {
  if (bytes.length < HEADER + FOOTER) throw cut(bytes.length);
  const littleEndian = startsWith(bytes, 'HCAT');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const u64 = (at: number) => Number(view.getBigUint64(at, littleEndian));

  const version = u32(4);
  if (version !== 1) throw new ReadError('unsupported', `Its format has version ${version}; only version 1 is known.`, 4);
  const footer = bytes.length - FOOTER;
  if (u64(footer + 8) !== bytes.length) throw cut(bytes.length);
  const stringsAt = u64(40);
  const framesAt = u64(48);
  if (stringsAt < HEADER || framesAt < stringsAt || framesAt > footer) throw new ReadError('corrupt', 'Its tables overlap.', 40);
  const intervalMicros = u64(20);
  if (intervalMicros > MAX_SECONDS * 1e6) throw new ReadError('corrupt', 'The time between two samples is longer than any can be.', 20);
  const compression = u32(56);
  if (compression > 1) throw new ReadError('unsupported', `Its samples are packed in an unknown way (${compression}).`, 56);

  return {
    littleEndian,
    python: `${bytes[8]}.${bytes[9]}.${bytes[10]}`,
    intervalMicros,
    samples: u64(28),
    flags: u32(60),
    zstd: compression === 1,
    records: bytes.subarray(HEADER, stringsAt),
    strings: readStrings(new ByteCursor(bytes, stringsAt, framesAt), u32(footer)),
    frames: readFrames(new ByteCursor(bytes, framesAt, footer), u32(footer + 4), u32(footer)),
    stats: readStats(bytes, view, footer, littleEndian),
  };
}

function readStrings(cursor: ByteCursor, count: number): string[] {
  cursor.room(count, LEAST_STRING);
  // Refused before they are decoded, which takes seconds.
  checkRoom('texts', count - 1);
  const strings: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = cursor.varint();
    cursor.room(length, 1);
    strings.push(decodeText(cursor.bytes, cursor.at, cursor.at + length));
    cursor.at += length;
  }
  return strings;
}

function readFrames(cursor: ByteCursor, count: number, strings: number): TachyonFrames {
  cursor.room(count, LEAST_FRAME);
  const frames = {
    length: count,
    file: new Uint32Array(count),
    name: new Uint32Array(count),
    line: new Int32Array(count),
    endLine: new Int32Array(count),
    column: new Int32Array(count),
    endColumn: new Int32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const at = cursor.at;
    const file = cursor.varint();
    const name = cursor.varint();
    if (file >= strings || name >= strings) throw new ReadError('corrupt', `Frame ${i} has a name that the file does not have.`, at);
    frames.file[i] = file;
    frames.name[i] = name;
    const line = cursor.signed();
    const endLine = line + cursor.signed();
    const column = cursor.signed();
    const endColumn = column + cursor.signed();
    cursor.byte();
    frames.line[i] = line;
    frames.endLine[i] = line < 0 ? -1 : endLine;
    frames.column[i] = column;
    frames.endColumn[i] = column < 0 ? -1 : endColumn;
  }
  return frames;
}

/** The extension right before the footer: 56 bytes, or 32 in its first form. */
function readStats(bytes: Uint8Array, view: DataView, footer: number, littleEndian: boolean): TachyonStats | undefined {
  const trailer = footer - 16;
  if (!startsWith(bytes.subarray(trailer, footer), SIGNATURE)) return undefined;
  const size = view.getUint32(footer - 4, littleEndian);
  const start = footer - size;
  if (size < 32 || start < HEADER) return undefined;
  const figure = (at: number) => view.getFloat64(start + at, littleEndian);
  const seconds = figure(0);
  const rate = figure(8);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS && rate >= 0 && rate <= MAX_RATE)) return undefined;
  if (size < 56) return { seconds, rate, failed: undefined, missed: undefined };
  // One flag per optional figure says that it was measured.
  const known = view.getUint32(start + 32, littleEndian);
  return { seconds, rate, failed: known & 1 ? share(figure(16)) : undefined, missed: known & 2 ? share(figure(24)) : undefined };
}

function share(percent: number): number | undefined {
  return percent >= 0 && percent <= 100 ? percent / 100 : undefined;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

function cut(length: number): ReadError {
  return new ReadError(
    'truncated',
    'The file is not whole: the recorder writes the names of functions at its end, and was ended before, or the file was cut.',
    length,
  );
}

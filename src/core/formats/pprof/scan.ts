import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import { GrowingUint32 } from '../../model/growing.js';
import { BLOCK, block, type Integer, integer, MOMENTS_FIELD, notProtobuf, PROFILE, skip, VARINT } from './wire.js';

/** Where the messages of a profile lie, by field; references may point forwards, so these are read after the scan. */
export interface Scan {
  readonly blocks: readonly Uint32Array[];
  readonly numbers: readonly (readonly Integer[])[];
  readonly sampleBytes: number;
  /** Where the last field begins, if it is cut off: it is left out. */
  readonly cutAt: number | undefined;
}

export const FIELDS = 17;

/**
 * Finds the outermost fields. Several profiles one after another (files that were appended) are several scans: a second
 * table of strings, which begins with the empty one, shows where the next profile begins.
 */
export function scanProfiles(reader: Reader): Scan[] {
  const size = reader.len;
  const starts = [0];
  const whole = scanFields(reader, size, starts);
  if (starts.length === 1) return [whole];
  return starts.map((start, i) => {
    reader.pos = start;
    return scanFields(reader, starts[i + 1] ?? size, undefined);
  });
}

/** Finds the outermost fields before `size`. @param starts receives where further profiles begin */
export function scanFields(reader: Reader, size: number, starts: number[] | undefined): Scan {
  const blocks = Array.from({ length: FIELDS }, () => new GrowingUint32());
  const numbers: Integer[][] = Array.from({ length: FIELDS }, () => []);
  const strings = blocks[PROFILE.string]!;
  const { buf } = reader;
  reader.len = size;
  let sampleBytes = 0;
  let cutAt: number | undefined;
  // The first value type after a string: perhaps a second profile's first field.
  let border = -1;
  while (reader.pos < size) {
    const at = reader.pos;
    try {
      const tag = reader.tag();
      const field = slotOf(tag >>> 3);
      const kind = tag & 7;
      const start = reader.pos;
      if (field === 0) throw notProtobuf(start);
      if (field >= FIELDS) skip(reader, kind);
      else if (kind === VARINT) numbers[field]!.push(integer(reader, true));
      else if (kind === BLOCK && field === PROFILE.comment) {
        for (const end = block(reader); reader.pos < end; ) numbers[field]!.push(integer(reader, true));
      } else {
        skip(reader, kind);
        if (kind !== BLOCK) continue;
        if (field === PROFILE.sample) sampleBytes += reader.pos - start;
        else if (field === PROFILE.sampleType && border < 0 && strings.length > 0) border = at;
        else if (field === PROFILE.string) {
          if (border >= 0 && buf[start] === 0) starts?.push(border);
          border = -1;
        }
        blocks[field]!.push(start);
      }
    } catch (error) {
      if (!isCut(error)) throw error;
      cutAt = at;
      break;
    }
  }
  return { blocks: blocks.map((found) => found.done()), numbers, sampleBytes, cutAt };
}

function slotOf(field: number): number {
  if (field === MOMENTS_FIELD) return PROFILE.moments;
  return field < PROFILE.moments ? field : FIELDS;
}

function isCut(error: unknown): boolean {
  if (error instanceof ReadError) return error.code === 'truncated';
  return error instanceof RangeError && error.message.startsWith('index out of range');
}

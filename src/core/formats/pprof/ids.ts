import type { Reader } from 'protobufjs/minimal';
import { type Integer, integer, truncated } from './wire.js';

/**
 * Reads packed ids up to `end` into `into` from index `at` on, and gives the index after the last. This is the inner loop
 * of reading, over the reader's own buffer: ids of one to three bytes are done here, any other by the reader. A call per
 * id would cost a third of the whole time.
 * @param dense row + 1 by id; absent to take ids as they are @param other row of any id that is not there, or is longer
 */
export function readIds(
  reader: Reader,
  end: number,
  into: Uint32Array,
  at: number,
  dense: Int32Array | undefined,
  other: (id: Integer) => number,
): number {
  const bytes = reader.buf;
  const length = dense === undefined ? LONG : Math.min(LONG, dense.length);
  let pos = reader.pos;
  let next = at;
  while (pos < end) {
    const start = pos;
    let id = bytes[pos++]!;
    if (id > 127) {
      // Two bytes or three: without a branch, since no processor can guess which.
      const second = bytes[pos]!;
      const third = bytes[pos + 1]!;
      const more = second >>> 7;
      id = (id & 127) | ((second & 127) << 7) | ((third & (-more & 127)) << 14);
      pos += 1 + more;
      if ((third & -more) > 127) id = LONG;
    }
    const row = id >= length ? -1 : dense === undefined ? id : dense[id]! - 1;
    if (row >= 0) {
      into[next++] = row;
      continue;
    }
    // Long, sparse or unknown ids.
    reader.pos = start;
    into[next++] = other(integer(reader, false));
    pos = reader.pos;
  }
  if (pos > end) throw truncated(end);
  reader.pos = pos;
  return next;
}

/** The first id that does not fit three bytes. */
const LONG = 2 ** 21;

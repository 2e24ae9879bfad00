import { MOMENTS_FIELD } from './wire.js';

/** Wire type of each field of message Profile; several where a list may be packed. */
const WIRES: Readonly<Record<number, readonly number[]>> = {
  1: [2],
  2: [2],
  3: [2],
  4: [2],
  5: [2],
  6: [2],
  7: [0],
  8: [0],
  9: [0],
  10: [0],
  11: [2],
  12: [0],
  13: [0, 2],
  14: [0],
  15: [0],
  [MOMENTS_FIELD]: [2],
};

/** Follows the outermost fields through the head: every one must be a field of Profile with its own wire type. */
export function sniffPprof(head: Uint8Array): number {
  let pos = 0;
  let fields = 0;
  let known = 0;
  while (pos < head.length) {
    const tag = varint(head, pos);
    if (tag === undefined) break;
    const field = Math.floor(tag.value / 8);
    if (!(WIRES[field]?.includes(tag.value % 8) ?? false)) return 0;
    const value = varint(head, tag.end);
    if (value === undefined) break;
    if (Number.isNaN(value.value)) return 0;
    pos = value.end;
    if (tag.value % 8 === 2) {
      // A value type, sample, mapping, location or function begins with a field of its own, or is empty.
      const first = head[pos];
      if (field < 6 && value.value > 0 && first !== undefined && !(first >>> 3 >= 1 && first >>> 3 <= 10 && [0, 2].includes(first & 7)))
        return 0;
      // Other files of protobuf (Perfetto's traces) also begin with blocks of field 1, but of other content than a value type's.
      if ((field === 1 || field === 11) && value.value > 0 && first !== undefined && first !== 0x08 && first !== 0x10) return 0;
      pos += value.value;
      if (field <= 6) known++;
    }
    fields++;
  }
  // One field that swallows the head could be anything that happens to begin with a small byte.
  return known === 0 ? 0 : fields > 1 ? 0.9 : 0.4;
}

/** Value up to 2^53 (NaN when longer than a varint may be); undefined when the head ends inside. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, end: start + i + 1 };
  }
  return { value: Number.NaN, end: start };
}

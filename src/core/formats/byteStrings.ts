/**
 * Gives equal byte strings the same number without making a JavaScript string of each occurrence: profiles repeat the
 * same few names millions of times. An open-addressing table over copies of the bytes; `make` is called once per text.
 */
export class ByteStrings {
  private table = new Int32Array(1024).fill(-1);
  private hashes: number[] = [];
  private starts: number[] = [];
  private lengths: number[] = [];
  private numbers: number[] = [];

  /** `bytes` must stay unchanged while the table is in use: entries point into it. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly make: (start: number, end: number) => number,
  ) {}

  /** The number of bytes `start..end`; `make` gives it at the first sight. */
  number(start: number, end: number): number {
    const bytes = this.bytes;
    const length = end - start;
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const mask = this.table.length - 1;
    let slot = hash & mask;
    for (let entry = this.table[slot]!; entry >= 0; entry = this.table[slot]!) {
      if (this.hashes[entry] === hash && this.lengths[entry] === length && this.same(this.starts[entry]!, start, length)) {
        return this.numbers[entry]!;
      }
      slot = (slot + 1) & mask;
    }
    const made = this.make(start, end);
    this.table[slot] = this.numbers.length;
    this.hashes.push(hash);
    this.starts.push(start);
    this.lengths.push(length);
    this.numbers.push(made);
    if (this.numbers.length * 2 > this.table.length) this.grow();
    return made;
  }

  private same(a: number, b: number, length: number): boolean {
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }

  private grow(): void {
    const table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let entry = 0; entry < this.hashes.length; entry++) {
      let slot = this.hashes[entry]! & mask;
      while (table[slot] !== -1) slot = (slot + 1) & mask;
      table[slot] = entry;
    }
    this.table = table;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text of a byte string: ASCII quickly, else UTF-8, where lone surrogates (Python writes undecodable file names so) stay
 * as they are; bytes that are no UTF-8 at all (Python 2) are taken for Latin-1. Never throws.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let ascii = end - start < 4096;
  for (let i = start; ascii && i < end; i++) ascii = bytes[i]! < 0x80;
  const part = bytes.subarray(start, end);
  if (ascii) return String.fromCharCode.apply(null, part as unknown as number[]);
  try {
    return strict.decode(part);
  } catch {
    return decodeLoose(part);
  }
}

/** UTF-8 with surrogates; Latin-1 when it is not even that. */
function decodeLoose(part: Uint8Array): string {
  let text = '';
  for (let i = 0; i < part.length; ) {
    const first = part[i]!;
    const size =
      first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    let point = size === 1 ? first : first & (0xff >> (size + 1));
    let good = size > 0 && i + size <= part.length;
    for (let k = 1; good && k < size; k++) {
      const next = part[i + k]!;
      good = (next & 0xc0) === 0x80;
      point = (point << 6) | (next & 0x3f);
    }
    if (!good || point > 0x10ffff) return latin1(part);
    text += String.fromCodePoint(point);
    i += size;
  }
  return text;
}

function latin1(part: Uint8Array): string {
  let text = '';
  for (const byte of part) text += String.fromCharCode(byte);
  return text;
}

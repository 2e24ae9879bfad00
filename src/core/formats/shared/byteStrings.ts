/** Free slot of the table. */
const FREE = -1;
/** Numbers kept per entry: hash, start in the arena, length, number. */
const FIELDS = 4;

/**
 * Gives equal byte strings the same number without making a JavaScript string of each occurrence: profiles repeat the
 * same few names millions of times. An open-addressing table over copies of the bytes; `make` is called once per text.
 * Four bytes are taken at a time, and the end of a word is looked for in the same pass, since this runs once per frame.
 */
export class ByteStrings {
  /** Where `until` stopped: the index of the stop byte, or the given end. */
  end = 0;

  private table = new Int32Array(1024).fill(FREE);
  private entries = new Int32Array(1024 * FIELDS);
  private count = 0;
  /** Copies of the texts, close together, so that comparing does not wander through the file. */
  private arena = new Uint8Array(1 << 14);
  private arenaView = new DataView(this.arena.buffer);
  private used = 0;
  private readonly view: DataView;
  /** Differs from run to run, so that no file can be made to collide. */
  private readonly seed = (Math.random() * 0x7fffffff) | 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly make: (start: number, end: number) => number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The number of bytes `start..end`; `make` gives it at the first sight. */
  number(start: number, end: number): number {
    return this.find(this.hash(start, end), start, end);
  }

  /** The number of bytes `start..end`; -1 when they were never asked for. */
  known(start: number, end: number): number {
    const entry = this.search(finished(this.hash(start, end), end - start), start, end - start);
    return entry < 0 ? -1 : this.entries[entry * FIELDS + 3]!;
  }

  private hash(start: number, end: number): number {
    const { bytes, view } = this;
    let hash = this.seed;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    return hash;
  }

  /** The same for the bytes from `start` up to the byte `stop` or `end`, whichever comes first; `this.end` says where. */
  until(start: number, end: number, stop: number): number {
    const { bytes, view } = this;
    const stops = Math.imul(stop, 0x01010101);
    let hash = this.seed;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true);
      const zeroes = word ^ stops;
      if (((zeroes - 0x01010101) & ~zeroes & -0x7f7f7f80) !== 0) break;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; at < end && bytes[at] !== stop; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    this.end = at;
    return this.find(hash, start, at);
  }

  private find(mixed: number, start: number, end: number): number {
    const hash = finished(mixed, end - start);
    const entry = this.search(hash, start, end - start);
    if (entry >= 0) return this.entries[entry * FIELDS + 3]!;
    // `make` may ask for other texts: the table can have changed when it comes back.
    const made = this.make(start, end);
    this.add(hash, start, end, made);
    return made;
  }

  /** The entry with this hash and these bytes; -1 for none. */
  private search(hash: number, start: number, length: number): number {
    const { table, entries } = this;
    const mask = table.length - 1;
    let slot = hash & mask;
    for (let entry = table[slot]!; entry !== FREE; entry = table[slot]!) {
      const at = entry * FIELDS;
      if (entries[at] === hash && entries[at + 2] === length && this.same(entries[at + 1]!, start, length)) return entry;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  private same(own: number, start: number, length: number): boolean {
    const { arena, arenaView, bytes, view } = this;
    let at = 0;
    for (; at + 4 <= length; at += 4) if (arenaView.getInt32(own + at, true) !== view.getInt32(start + at, true)) return false;
    for (; at < length; at++) if (arena[own + at] !== bytes[start + at]) return false;
    return true;
  }

  private add(hash: number, start: number, end: number, number: number): void {
    if (this.used + end - start > this.arena.length) this.growArena(end - start);
    this.arena.set(this.bytes.subarray(start, end), this.used);
    const at = this.count * FIELDS;
    if (at === this.entries.length) {
      const wider = new Int32Array(at * 2);
      wider.set(this.entries);
      this.entries = wider;
    }
    this.entries[at] = hash;
    this.entries[at + 1] = this.used;
    this.entries[at + 2] = end - start;
    this.entries[at + 3] = number;
    this.used += end - start;
    this.place(this.count++);
    if (this.count * 2 > this.table.length) this.growTable();
  }

  private place(entry: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let slot = this.entries[entry * FIELDS]! & mask;
    while (table[slot] !== FREE) slot = (slot + 1) & mask;
    table[slot] = entry;
  }

  private growTable(): void {
    this.table = new Int32Array(this.table.length * 2).fill(FREE);
    for (let entry = 0; entry < this.count; entry++) this.place(entry);
  }

  private growArena(more: number): void {
    const wider = new Uint8Array(Math.max(this.used + more, this.arena.length * 2));
    wider.set(this.arena);
    this.arena = wider;
    this.arenaView = new DataView(wider.buffer);
  }
}

/** Spreads what was mixed over all bits. */
function finished(mixed: number, length: number): number {
  let hash = mixed ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
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

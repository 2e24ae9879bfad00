/** Bytes of every file: just below what the bounds are promised for, or less where the environment says so. */
export const FULL_SIZE = Number(process.env.HEATLINE_BOUNDS_BYTES ?? 99_000_000);
const PIECE = 1 << 16;

/** Fills one buffer of the full size from its beginning. */
class Filler {
  private readonly buffer = Buffer.allocUnsafe(FULL_SIZE);
  private used = 0;

  /** False when there is no room for it and `reserved` bytes more. */
  take(piece: Uint8Array, reserved: number): boolean {
    if (this.used + piece.length + reserved > FULL_SIZE) return false;
    this.buffer.set(piece, this.used);
    this.used += piece.length;
    return true;
  }

  done(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }
}

/** Makes part `i` of a file; all together are as many as fit. */
export type Part = (i: number) => string;

/** `head`, `part(0)`, `part(1)` … up to the full size, `tail`; characters are bytes. */
export function grown(head: string, part: Part, tail = ''): Uint8Array {
  const filler = new Filler();
  let piece = head;
  const end = Buffer.from(tail, 'latin1');
  for (let i = 0; ; i++) {
    if (piece.length > PIECE) {
      if (!filler.take(Buffer.from(piece, 'latin1'), end.length)) break;
      piece = '';
    }
    piece += part(i);
  }
  filler.take(end, 0);
  return filler.done();
}

/** The same where parts are bytes. */
export function grownBytes(head: Uint8Array, part: (i: number) => Uint8Array, tail: Uint8Array = new Uint8Array()): Uint8Array {
  const filler = new Filler();
  filler.take(head, tail.length);
  for (let i = 0; filler.take(part(i), tail.length); i++);
  filler.take(tail, 0);
  return filler.done();
}

/** `head`, then one part again and again, and what closes each of them: the deepest nesting that fits. */
export function nested(head: string, open: string, close: string, tail = ''): Uint8Array {
  const times = Math.floor((FULL_SIZE - head.length - tail.length) / (open.length + close.length));
  const buffer = Buffer.allocUnsafe(head.length + tail.length + times * (open.length + close.length));
  let at = buffer.write(head, 'latin1');
  buffer.fill(open, at, at + times * open.length, 'latin1');
  at += times * open.length;
  if (close !== '') buffer.fill(close, at, at + times * close.length, 'latin1');
  at += times * close.length;
  buffer.write(tail, at, 'latin1');
  return buffer;
}

/** A list of JSON items without a comma after the last; the head ends before the list's bracket. */
export function listed(head: string, item: Part, tail: string): Uint8Array {
  return grown(`${head}[`, (i) => (i === 0 ? item(0) : `,${item(i)}`), `]${tail}`);
}

import type { ReadControl } from '../format.js';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
/** Bytes between two looks at progress and cancellation: some tens of milliseconds. */
const STRIDE = 1 << 24;

/**
 * The whole lines of the first bytes of a file, for recognising it: none when these are no text. The last line may be cut
 * by the end of the head and is left out, unless it is the only one.
 */
export function headLines(head: Uint8Array): string[] {
  const wide = utf16(head);
  const text = new TextDecoder(wide ?? 'utf-8').decode(wide === undefined ? head : head.subarray(0, head.length & ~1));
  if (text.includes('\0')) return [];
  const lines = text.split(/\r?\n/);
  if (lines.length > 1) lines.pop();
  return lines;
}

function utf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** Text as UTF-8 without a byte order mark; UTF-16 is turned piece by piece, so that no string holds the whole file. */
export function utf8(bytes: Uint8Array): Uint8Array {
  const wide = utf16(bytes);
  if (wide === undefined) return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const decoder = new TextDecoder(wide);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length; at += STRIDE) {
    const piece = encoder.encode(decoder.decode(bytes.subarray(at, at + STRIDE), { stream: true }));
    pieces.push(piece);
    size += piece.length;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Gives every line, also empty ones, without its end and trailing spaces, as byte offsets. Lets others run, reports
 * progress and looks for cancellation now and then. @throws the signal's reason
 */
export async function eachLine(bytes: Uint8Array, control: ReadControl, line: (start: number, end: number) => void): Promise<void> {
  let look = STRIDE;
  let start = 0;
  while (start < bytes.length) {
    let end = bytes.indexOf(NEWLINE, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (end < 0) end = bytes.length;
    while (end > start && (bytes[end - 1] === RETURN || bytes[end - 1] === SPACE)) end--;
    line(start, end);
    start = next;
    if (start <= look) continue;
    look = start + STRIDE;
    control.progress?.(start / bytes.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    control.signal?.throwIfAborted();
  }
}

/** Whether ASCII `text` stands at `at`. */
export function textAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Largest number a column of values can hold exactly. */
const MAX = 2n ** 63n - 1n;

/**
 * The number that bytes `start..end` are, in decimal; a sign, fraction and exponent are allowed, and whole numbers keep
 * every digit. NaN when they are none, or one that no column holds.
 */
export function decimal(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (start === end) return Number.NaN;
  const value = end - start > 15 ? Number.NaN : digits(bytes, start, end);
  return Number.isNaN(value) ? longDecimal(bytes, start, end) : value;
}

/** Up to 15 digits as a number; NaN when something else is among them. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function longDecimal(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start > 40) return Number.NaN;
  if (end - start > 15 && end - start < 20) {
    const [high, low] = [digits(bytes, start, end - 9), digits(bytes, end - 9, end)];
    const value = high * 1e9 + low;
    if (Number.isSafeInteger(value)) return value;
    // The last digits below the largest number leave room for those that a sum in floating point loses.
    if (value < 9.2e18) return BigInt(high) * 1_000_000_000n + BigInt(low);
  }
  const text = String.fromCharCode(...bytes.subarray(start, end));
  if (!/^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Math.abs(value) > Number(MAX)) return Number.NaN;
  if (Number.isSafeInteger(value) || !/^[+-]?\d+$/.test(text)) return value;
  const exact = BigInt(text.replace('+', ''));
  return exact > MAX || exact < -MAX ? Number.NaN : exact;
}

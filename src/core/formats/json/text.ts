import { decodeText } from '../shared/byteStrings.js';

const BACKSLASH = 0x5c;
/** What the letter after a backslash stands for; other letters stand for themselves. */
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Text of a JSON string whose contents (without quotes) are bytes `start..end`. Lone surrogates stay as they are, and an
 * slash that JSON does not know is the letter itself. Never throws.
 */
export function jsonText(bytes: Uint8Array, start: number, end: number): string {
  let slash = start;
  while (slash < end && bytes[slash] !== BACKSLASH) slash++;
  if (slash === end) return decodeText(bytes, start, end);
  const parts: string[] = [];
  let from = start;
  while (slash < end) {
    if (slash > from) parts.push(decodeText(bytes, from, slash));
    const letter = String.fromCharCode(bytes[slash + 1] ?? BACKSLASH);
    const unit = letter === 'u' ? fourHexDigits(bytes, slash + 2, end) : -1;
    parts.push(unit >= 0 ? String.fromCharCode(unit) : (ESCAPES[letter] ?? (bytes[slash + 1]! < 0x80 ? letter : '')));
    from = slash + (unit >= 0 ? 6 : bytes[slash + 1]! < 0x80 ? 2 : 1);
    slash = from;
    while (slash < end && bytes[slash] !== BACKSLASH) slash++;
  }
  if (from < end) parts.push(decodeText(bytes, from, end));
  return parts.join('');
}

/** The number; -1 when there are not four digits. */
function fourHexDigits(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66 ? (byte | 0x20) - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Digits, signs, point and exponent. */
function isNumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65;
}

/** What numbers and names (true, null, NaN) are made of. */
export function isWord(byte: number): boolean {
  return isNumeric(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}

/** Where a number ends that begins at `from`: behind the last of its letters. */
export function numberEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isNumeric(bytes[at]!)) at++;
  return at;
}

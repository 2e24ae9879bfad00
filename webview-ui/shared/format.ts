import type { ValueType } from '../../src/core/model/profile.js';

const SECONDS: Record<string, number> = { nanoseconds: 1e-9, microseconds: 1e-6, milliseconds: 1e-3, seconds: 1 };

/** A value with its unit for people: `1.19 s`, `140 ms`, `2.4 MB`, `1,204`. */
export function formatValue(value: number, unit: string): string {
  const perSecond = SECONDS[unit];
  if (perSecond !== undefined) return formatSeconds(value * perSecond);
  if (unit === 'bytes') return formatBytes(value);
  const plain = Number.isInteger(value) ? value.toLocaleString('en') : significant(value);
  return unit === 'count' || unit === '' ? plain : `${plain} ${unit}`;
}

export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 ms';
  if (size >= 60) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (size >= 1) return `${significant(seconds)} s`;
  if (size >= 1e-3) return `${significant(seconds * 1e3)} ms`;
  if (size >= 1e-6) return `${significant(seconds * 1e6)} µs`;
  return `${significant(seconds * 1e9)} ns`;
}

/** Decimal multiples, as VS Code and operating systems' monitors show them. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  let step = 0;
  let value = bytes;
  while (Math.abs(value) >= 999.5 && step < names.length - 1) {
    value /= 1000;
    step++;
  }
  return `${step === 0 ? Math.round(value) : significant(value)} ${names[step]}`;
}

/** Three significant digits, never in exponent form. */
function significant(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** A share 0..1 as `61.0 %`; what is there but rounds to nothing is `< 0.1 %`. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  return `${(share * 100).toFixed(1)} %`;
}

/** A value type's name for a menu: `Wall time`, `CPU time`, `Calls`, `Allocated space`. */
export function typeLabel(type: ValueType): string {
  const words = type.type.replace(/[_-]+/g, ' ').trim() || type.unit || 'value';
  const timed = type.unit in SECONDS && !/time|delay/i.test(words) ? `${words} time` : words;
  const text = timed.replace(/\b(cpu|gc|gil|io)\b/gi, (word) => (word.toLowerCase() === 'io' ? 'I/O' : word.toUpperCase()));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Control and direction-changing characters shown as visible stand-ins, so that a name cannot rearrange what is around it. */
export function safeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be neutralised
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}

/** The end of a path that tells files apart: the last two parts, the whole for pseudo files such as `<frozen runpy>`. */
export function shortPath(path: string): string {
  if (path.startsWith('<')) return path;
  const parts = path.split(/[\\/]/).filter(Boolean);
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2);
  return before === undefined ? last : `${before}/${last}`;
}

/** `shop/pricing.py:5`, without the line where it is unknown. */
export function placeOf(frame: { file: string; line: number }, full = false): string {
  const file = safeText(full ? frame.file : shortPath(frame.file));
  return frame.line > 0 && file !== '' ? `${file}:${frame.line}` : file;
}

/** Numbers as people read them. Pure. */
import type { ValueType } from '../core/model/profile.js';

const SECONDS: Readonly<Record<string, number>> = { nanoseconds: 1e-9, microseconds: 1e-6, milliseconds: 1e-3, seconds: 1 };
const NBSP = '\u00a0';

/** A value with its unit: `1.19 s`, `140 ms`, `2.40 MB`, `1,204`. Spaces do not break. */
export function valueText(value: number, unit: string): string {
  const perSecond = SECONDS[unit];
  if (perSecond !== undefined) return secondsText(value * perSecond);
  if (unit === 'bytes') return scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'], 1000);
  const plain = Number.isInteger(value) ? value.toLocaleString('en') : threeDigits(value);
  return unit === 'count' || unit === '' ? plain : `${plain}${NBSP}${unit}`;
}

export function secondsText(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 59.95) return `${Math.floor(Math.round(seconds) / 60)}${NBSP}min${NBSP}${Math.round(seconds) % 60}${NBSP}s`;
  if (size >= 0.9995) return `${threeDigits(seconds)}${NBSP}s`;
  if (size >= 0.9995e-3) return `${threeDigits(seconds * 1e3)}${NBSP}ms`;
  if (size >= 0.9995e-6) return `${threeDigits(seconds * 1e6)}${NBSP}µs`;
  return size === 0 ? `0${NBSP}ms` : `${threeDigits(seconds * 1e9)}${NBSP}ns`;
}

function scaled(value: number, names: readonly string[], factor: number): string {
  let step = 0;
  let rest = value;
  while (Math.abs(rest) >= factor * 0.9995 && step < names.length - 1) {
    rest /= factor;
    step += 1;
  }
  return `${step === 0 ? Math.round(rest) : threeDigits(rest)}${NBSP}${names[step]}`;
}

/** Three significant digits, never as an exponent. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** A share 0..1: `12.0 %`. What is there but rounds to nothing is `<0.1 %`. */
export function shareText(share: number): string {
  return share > 0 && share < 0.0005 ? `<0.1${NBSP}%` : `${(share * 100).toFixed(1)}${NBSP}%`;
}

/** A value type for a menu: `Wall time`, `CPU time`, `Calls`. */
export function typeText(type: ValueType): string {
  const words = type.type.replace(/[_-]+/g, ' ').trim() || type.unit || 'value';
  const text = type.unit in SECONDS && !/time|delay/i.test(words) ? `${words} time` : words;
  return text.replace(/\b(cpu|gc|gil)\b/gi, (word) => word.toUpperCase()).replace(/^./, (first) => first.toUpperCase());
}

/** Names come from profiles: controls and characters that change the direction of text become visible stand-ins. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

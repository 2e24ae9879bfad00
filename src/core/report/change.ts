import { formatCount, formatShare, formatValue } from '../model/units.js';

/** A change with its sign: `+150 ms`, `-3`, `0`. */
export function changeText(change: number, unit: string): string {
  const text = formatValue(change, unit);
  return change > 0 ? `+${text}` : text;
}

/** A change in per cent of what was: `+12.5 %`, `×45`; of nothing there is none: `–`. */
export function percentText(base: number, next: number): string {
  if (base === next) return '0 %';
  if (base === 0) return '–';
  // Past ten times as much, per cent say nothing.
  if (next / base >= 10) return `×${formatCount(Math.round(next / base))}`;
  const share = (next - base) / Math.abs(base);
  const text = formatShare(Math.abs(share));
  return text.startsWith('<') ? text : `${share > 0 ? '+' : '-'}${text}`;
}

/** A figure before and after, with its change: `1.20 s → 1.35 s, +150 ms, +12.5 %`. */
export function beforeAndAfter(base: number, next: number, unit: string, separator = ', '): string {
  const parts = [`${formatValue(base, unit)} → ${formatValue(next, unit)}`, base === next ? 'no change' : changeText(next - base, unit)];
  if (base !== next && base !== 0) parts.push(percentText(base, next));
  return parts.join(separator);
}

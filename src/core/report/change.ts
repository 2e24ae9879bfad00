import { formatCount, formatShare, formatValue } from '../model/units.js';

/** A change with its sign: `+150 ms`, `-3`, `0`. */
export function changeText(change: number, unit: string): string {
  const text = formatValue(change, unit);
  return change > 0 ? `+${text}` : text;
}

/** A change in per cent of what was: `+12.5 %`; `new` and `gone` have none. */
export function percentText(base: number, next: number): string {
  if (base === next) return '0 %';
  if (base === 0) return 'new';
  if (next === 0) return 'gone';
  const share = (next - base) / Math.abs(base);
  // Past ten times as much, per cent say nothing.
  if (next / base >= 10) return `×${formatCount(Math.round(next / base))}`;
  const text = formatShare(Math.abs(share));
  return text.startsWith('<') ? text : `${share > 0 ? '+' : '-'}${text}`;
}

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

/** What editors and pages show of a change: with a true minus sign, and told apart from noise. */
export interface ShownChange {
  /** `−1.20 s`, `+30 ms`, `0 s`. */
  readonly amount: string;
  /** `−58.0 %`, `×45`; '' where the base was nothing. */
  readonly percent: string;
  /** 1: more than before, -1: less, 0: no more than noise (or no change at all). */
  readonly sign: -1 | 0 | 1;
  /** No figure before. */
  readonly isNew: boolean;
}

/** @param noise half the interval of the change that sampling or repeating alone makes; null or NaN where it is not known */
export function shownChange(base: number, next: number, unit: string, noise: number | null): ShownChange {
  const change = next - base;
  const minus = (text: string) => text.replace(/^-/, '−');
  return {
    amount: minus(changeText(change, unit)),
    percent: base === 0 ? '' : minus(percentText(base, next)),
    sign: isWithin(change, noise) ? 0 : change > 0 ? 1 : -1,
    isNew: base === 0 && next !== 0,
  };
}

/** What is not a number is no change. */
function isWithin(change: number, noise: number | null): boolean {
  return !(Math.abs(change) > (noise === null || Number.isNaN(noise) ? 0 : noise));
}

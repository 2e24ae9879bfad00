import { t } from '../l10n.js';
import type { ValueType } from './profile.js';

/** Seconds per unit, for every name of a time unit that profiles use. */
const SECONDS: Readonly<Record<string, number>> = {
  nanoseconds: 1e-9,
  nanosecond: 1e-9,
  ns: 1e-9,
  microseconds: 1e-6,
  microsecond: 1e-6,
  us: 1e-6,
  µs: 1e-6,
  milliseconds: 1e-3,
  millisecond: 1e-3,
  ms: 1e-3,
  seconds: 1,
  second: 1,
  s: 1,
};
const BYTES: Readonly<Record<string, number>> = { bytes: 1, byte: 1, b: 1, kilobytes: 1024, kb: 1024, megabytes: 1024 ** 2, mb: 1024 ** 2 };

/** Seconds per unit; undefined when the unit is no time. */
export function secondsPer(unit: string): number | undefined {
  return Object.hasOwn(SECONDS, unit) ? SECONDS[unit] : undefined;
}

/** Bytes per unit; undefined when the unit is no amount of memory. */
export function bytesPer(unit: string): number | undefined {
  return Object.hasOwn(BYTES, unit) ? BYTES[unit] : undefined;
}

/**
 * An English figure (`1,204.5`) as the language of the texts writes it (`1.204,5` in German): all figures that people read pass here.
 * The table says how by its text for `1,234.5`.
 */
export function localFigure(english: string): string {
  const own = t('1,234.5');
  if (own === '1,234.5') return english;
  const [, group, decimal] = /1(\D)234(\D)5/.exec(own) ?? [];
  return group === undefined || decimal === undefined ? english : english.replace(/[.,]/g, (sign) => (sign === ',' ? group : decimal));
}

/** A figure with so many decimals, as the language writes it: `12.30`. */
export function fixed(value: number, decimals: number): string {
  return localFigure(value.toFixed(decimals));
}

/** A value with its unit, as many digits as matter: `1.20 s`, `24 ms`, `2 min 05 s`, `1.5 MB`, `1,204`. */
export function formatValue(value: number, unit: string): string {
  const seconds = secondsPer(unit);
  if (seconds !== undefined) return formatSeconds(value * seconds);
  if (Object.hasOwn(BYTES, unit)) return formatBytes(value * BYTES[unit]!);
  const figure = formatCount(value);
  return unit === '' || unit === 'count' || unit === 'none' ? figure : `${figure} ${t(unit)}`;
}

/** Never "m", which could be minutes, milli or mega. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? '-' : '';
  if (size === 0) return '0 s';
  // The limits are where rounding would carry into the next unit.
  if (size < 9.995e-7) return `${sign}${short(size * 1e9)} ns`;
  if (size < 9.995e-4) return `${sign}${short(size * 1e6)} µs`;
  if (size < 0.9995) return `${sign}${short(size * 1e3)} ms`;
  if (size < 119.95) return `${sign}${fixed(size, size < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(size);
  if (whole < 7200) return `${sign}${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(size / 60);
  return `${sign}${formatCount(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`;
}

/** A stretch of time as `1.250 s to 1.375 s`: as many digits as tell its ends apart. @param range nanoseconds */
export function rangeText({ from, to }: { readonly from: number; readonly to: number }): string {
  const digits = Math.max(0, Math.min(9, 2 - Math.floor(Math.log10((to - from) / 1e9))));
  return t('{0} to {1}', `${fixed(from / 1e9, digits)} s`, `${fixed(to / 1e9, digits)} s`);
}

/** Powers of 1024, as memory is. */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  if (size < 1023.5) return `${formatCount(Math.round(bytes))} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let scaled = bytes / 1024;
  let unit = 0;
  while (Math.abs(scaled) >= 1023.5 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${oneDecimal(scaled)} ${units[unit]}`;
}

/** `1,204`; fractions keep up to two decimals. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const [whole, fraction] = (Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2)).split('.') as [string, string | undefined];
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return localFigure(fraction === undefined || /^0+$/.test(fraction) ? grouped : `${grouped}.${fraction.replace(/0+$/, '')}`);
}

/** `1 sample`, `1,204 samples`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `12.3 %`, with more decimals for what is small but not nothing: `0.04 %`, `<0.01 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (!Number.isFinite(percent)) return '–';
  if (size === 0) return '0 %';
  if (size < 0.005) return localFigure('<0.01 %');
  return `${fixed(percent, size < 0.0995 ? 2 : 1)} %`;
}

/** What is counted and measured of locks, by Datadog's names; `notify` is ours, for conditions, events and queues. */
function lockLabel(type: string): string | undefined {
  if (type === 'lock-acquire') return t('Locks taken');
  if (type === 'lock-acquire-wait') return t('Waiting for locks');
  if (type === 'lock-release') return t('Locks let go');
  if (type === 'lock-release-hold') return t('Holding locks');
  if (type === 'lock-notify') return t('Waits for a notification');
  if (type === 'lock-notify-wait') return t('Waiting for a notification');
  return undefined;
}

/** Parts of a time by what the thread was doing (states.ts); only what is no other profiler's word for something else. */
function stateLabel(type: string): string | undefined {
  if (type === 'running') return t('Running');
  if (type === 'gil-wait') return t('Waiting for the GIL');
  if (type === 'native-nogil') return t('Native code without the GIL');
  if (type === 'blocked') return t('Blocked (I/O, lock, sleep)');
  if (type === 'nogil') return t('Without the GIL');
  if (type === 'off-cpu') return t('Off CPU');
  return undefined;
}

/** What is measured of tasks and their loops. */
function loopLabel(type: string): string | undefined {
  if (type === 'await') return t('Time awaiting');
  if (type === 'awaits') return t('Awaits');
  if (type === 'on-loop') return t('Time on the event loop');
  if (type === 'loop-blocked') return t('Time the event loop was blocked');
  if (type === 'loop-blocks') return t('Blocks of the event loop');
  return undefined;
}

/** A value type's name for people: `Wall time`, `CPU time`, `Calls`, `Allocated space`. */
export function typeLabel({ type, unit }: ValueType): string {
  if (type === 'tottime') return t('Traced time (tottime)');
  if (type === 'untraced') return t('Untraced wall time');
  if (type === 'recent') return t('Wall time of the last 10 s');
  if (type === 'inuse_space') return t('Memory still alive');
  if (type === 'inuse_objects') return t('Objects still alive');
  if (type === 'peak_space') return t('Memory alive at the peak');
  if (type === 'peak_objects') return t('Objects alive at the peak');
  if (type === 'temporary_space') return t('Memory given back at once');
  if (type === 'temporary_objects') return t('Objects given back at once');
  if (type === 'kept_space') return t('Memory allocated and kept');
  if (type === 'kept_objects') return t('Objects allocated and kept');
  const named = lockLabel(type) ?? loopLabel(type) ?? stateLabel(type);
  if (named !== undefined) return named;
  const words = type.replace(/[_-]+/g, ' ').trim() || unit || 'value';
  const timed = secondsPer(unit) !== undefined && !/time|delay/i.test(words) ? `${words} time` : words;
  const text = timed.replace(/\b(cpu|gc|gil|io)\b/gi, (word) => (word.toLowerCase() === 'io' ? 'I/O' : word.toUpperCase()));
  // Of the many names that profiles have, the table knows the usual ones: `Wall time`, `CPU time`, `Samples`.
  return t(text.charAt(0).toUpperCase() + text.slice(1));
}

/** `wall · seconds` for menus: the type's name, and its unit where the name does not say it. */
export function formatType({ type, unit }: ValueType): string {
  if (type === '') return unit === '' ? 'value' : unit;
  return unit === '' || unit === 'count' || type === unit ? type : `${type} (${unit})`;
}

function short(value: number): string {
  return value < 9.95 ? localFigure(value.toFixed(1).replace(/\.0$/, '')) : value.toFixed(0);
}

function oneDecimal(value: number): string {
  return Math.abs(value) < 99.95 ? fixed(value, 1) : formatCount(Math.round(value));
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

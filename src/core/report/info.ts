import { wholeTotal } from '../model/functionTable.js';
import type { Profile, Quality, ValueType } from '../model/profile.js';
import { formatCount, formatType, formatValue } from '../model/units.js';
import { type JsonFigure, jsonFigure, plain } from './figures.js';
import { samplesIn } from './top.js';

/** `heatline info --json` (contract), and after it what else is known. */
export interface InfoJson {
  readonly format: string;
  readonly valueTypes: readonly ValueType[];
  readonly samples: number;
  readonly functions: number;
  readonly locations: number;
  readonly threads: readonly string[];
  readonly timeNanos: JsonFigure | null;
  readonly durationNanos: number | null;
  readonly period: number;
  readonly comments: readonly string[];
  readonly periodType: ValueType | null;
  readonly defaultType: ValueType | null;
  readonly totals: readonly JsonFigure[];
  readonly quality: Quality;
  readonly warnings: readonly string[];
}

/** What a profile is, without its figures. */
export function infoJson(profile: Profile): InfoJson {
  return {
    format: profile.format,
    valueTypes: profile.sampleTypes.map(({ type, unit }) => ({ type, unit })),
    samples: samplesIn(profile, { type: profile.defaultType }),
    functions: profile.functions.length,
    locations: profile.locations.length,
    threads: profile.threads,
    timeNanos: profile.timeNanos === undefined ? null : jsonFigure(profile.timeNanos),
    durationNanos: profile.durationNanos ?? null,
    period: profile.period,
    comments: profile.comments,
    periodType: profile.periodType ?? null,
    defaultType: profile.sampleTypes[profile.defaultType] ?? null,
    totals: profile.sampleTypes.map((_, type) => jsonFigure(wholeTotal(profile, type))),
    quality: profile.quality,
    warnings: profile.warnings,
  };
}

/** The same as lines `name  value`. */
export function infoText(profile: Profile): string {
  const info = infoJson(profile);
  const rows: [string, string][] = [['format', info.format]];
  profile.sampleTypes.forEach((type, index) => {
    const mark = index === profile.defaultType && profile.sampleTypes.length > 1 ? ' (shown first)' : '';
    rows.push(['values', `${formatType(type)}: ${formatValue(Number(info.totals[index]!), type.unit)}${mark}`]);
  });
  rows.push(['samples', formatCount(info.samples)], ['functions', formatCount(info.functions)], ['locations', formatCount(info.locations)]);
  if (profile.calls !== undefined) rows.push(['call edges', formatCount(profile.calls.edges.length)]);
  if (info.threads.length > 0) rows.push(['threads', info.threads.join(', ')]);
  if (profile.timeNanos !== undefined) rows.push(['started', isoTime(profile.timeNanos)]);
  if (info.durationNanos !== null) rows.push(['duration', formatValue(info.durationNanos, 'nanoseconds')]);
  if (info.periodType !== null && info.period > 0)
    rows.push(['period', `${formatValue(info.period, info.periodType.unit)} of ${info.periodType.type}`]);
  for (const [name, value] of Object.entries(info.quality)) rows.push([name, Array.isArray(value) ? value.join('; ') : String(value)]);
  for (const comment of info.comments) rows.push(['comment', comment]);
  for (const warning of info.warnings) rows.push(['warning', warning]);
  const width = rows.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}\n`).join('');
}

function isoTime(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${nanos} ns` : date.toISOString();
}

import { wholeTotal } from '../model/functionTable.js';
import type { Profile, Quality, ValueType } from '../model/profile.js';
import { timeExtent } from '../model/timing.js';
import { formatCount, formatSeconds, formatShare, formatType, formatValue } from '../model/units.js';
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
  /** Keys of labels, each with how many samples have it and some of its values. */
  readonly labels: readonly LabelInfo[];
}

export interface LabelInfo {
  readonly key: string;
  readonly samples: number;
  readonly values: readonly (string | number)[];
}

/** Values of a label that are named. */
const FEW = 5;
/** Distinct labels that are looked through for them. */
const MANY = 100_000;

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
    labels: labelsOf(profile),
  };
}

function labelsOf({ samples: { labels }, strings }: Profile): LabelInfo[] {
  if (labels === undefined) return [];
  const byKey = new Map<number, { samples: number; values: Map<string | number, number> }>();
  for (let label = 0; label < labels.key.length; label++) {
    const key = labels.key[label]!;
    let found = byKey.get(key);
    if (found === undefined) {
      found = { samples: 0, values: new Map() };
      byKey.set(key, found);
    }
    found.samples++;
    const value = labels.text[label] !== 0 ? strings[labels.text[label]!]! : labels.number[label]!;
    if (found.values.size < MANY || found.values.has(value)) found.values.set(value, (found.values.get(value) ?? 0) + 1);
  }
  return Array.from(byKey, ([key, { samples, values }]) => ({
    key: strings[key]!,
    samples,
    values: [...values]
      .sort((a, b) => b[1] - a[1])
      .slice(0, FEW)
      .map(([value]) => value),
  }));
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
  const times = timeExtent(profile);
  if (times !== undefined)
    rows.push([
      'times',
      `${formatSeconds(times.from / 1e9)} to ${formatSeconds(times.to / 1e9)}${within(info.quality)}: --from and --to take a part of it`,
    ]);
  if (info.periodType !== null && info.period > 0)
    rows.push(['period', `${formatValue(info.period, info.periodType.unit)} of ${info.periodType.type}`]);
  rows.push(...qualityRows(info.quality));
  for (const { key, samples, values } of info.labels) {
    rows.push(['label', `${key}: ${values.join(', ')}${values.length === FEW ? ', …' : ''} (on ${formatCount(samples)} samples)`]);
  }
  for (const comment of info.comments) rows.push(['comment', comment]);
  for (const warning of info.warnings) rows.push(['warning', warning]);
  const width = rows.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}\n`).join('');
}

function within({ timesWithin }: Quality): string {
  return timesWithin === undefined ? '' : `, right to ±${formatSeconds(timesWithin)}`;
}

/** What the recorder says of its own work; fields that this table does not know are shown as they are. */
function qualityRows(quality: Quality): [string, string][] {
  const {
    engine,
    engineVersion,
    python,
    rateAsked,
    rateGot,
    errors,
    cost,
    missed,
    notes,
    rows: what,
    lasting: _,
    timesWithin: __,
    ...others
  } = quality;
  const { tracingSeconds, tracingPerCallSeconds, tracingPerBuiltinSeconds, tracingPerMethodSeconds, ...rest } = others;
  const rows: [string, string][] = [];
  if (engine !== undefined) rows.push(['recorder', engineVersion === undefined ? engine : `${engine} ${engineVersion}`]);
  if (python !== undefined) rows.push(['python', python]);
  const hertz = (rate: number) => `${formatCount(Number(rate.toPrecision(4)))} Hz`;
  if (rateGot !== undefined)
    rows.push(['rate', rateAsked === undefined ? hertz(rateGot) : `${hertz(rateGot)} of ${hertz(rateAsked)} asked for`]);
  else if (rateAsked !== undefined) rows.push(['rate', `${hertz(rateAsked)} asked for`]);
  if (missed !== undefined) rows.push(['missed', `${formatShare(missed)} of the ticks`]);
  if (errors !== undefined) rows.push(['errors', formatCount(errors)]);
  if (cost !== undefined) rows.push(['cost', `${formatShare(cost)} of the run`]);
  if (tracingSeconds !== undefined) {
    const costs = [
      [tracingPerCallSeconds, 'a call'],
      [tracingPerBuiltinSeconds, 'a built-in'],
      [tracingPerMethodSeconds, 'a method'],
    ] as const;
    const each = costs.flatMap(([seconds, of]) => (seconds === undefined ? [] : [`${formatSeconds(seconds)} ${of}`])).join(', ');
    rows.push(['tracing', `${formatSeconds(tracingSeconds)} estimated${each === '' ? '' : ` (${each})`}`]);
  }
  if (what === 'spans') rows.push(['rows', 'what ran between two events: there are no samples to judge an error by']);
  if (what === 'sums') rows.push(['rows', 'sums: how many samples they rest on is not known']);
  for (const note of notes ?? []) rows.push(['note', note]);
  for (const [name, value] of Object.entries(rest)) rows.push([name, String(value)]);
  return rows;
}

function isoTime(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${nanos} ns` : date.toISOString();
}

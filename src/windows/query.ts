import type { WindowFacts } from './facts.js';
import type { TimeSpan } from './listing.js';
import { labelFacts } from './shard.js';

/** Which windows are wanted: all that is said holds, of several texts one. */
export interface WindowQuery extends TimeSpan {
  readonly service?: readonly string[];
  readonly version?: readonly string[];
  readonly host?: readonly string[];
  /** Texts by name of a tag. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Windows with samples that bear this label, and of them the totals of those samples. */
  readonly label?: { readonly key: string; readonly value: string };
}

/** By what totals are divided: `service`, `version`, `host`, `day`, `hour`, `minute`, `tag:NAME`, `label:KEY`. */
export type Division = string;

/** Windows that have the same keys, added up. */
export interface Bucket {
  /** In the order of the divisions; times as `2026-11-22T14:00Z`, in UTC. */
  readonly keys: readonly string[];
  readonly windows: number;
  readonly bytes: number;
  /** From the first window's start to the last one's end. */
  readonly from: bigint;
  readonly to: bigint;
  /** Of all windows: two processes for a minute are two minutes. */
  readonly durationNanos: number;
  readonly totals: readonly BucketTotal[];
}

export interface BucketTotal {
  readonly type: string;
  readonly unit: string;
  readonly total: number | bigint;
  /** Windows that have this type. */
  readonly windows: number;
}

/** What stands for samples whose label is not told, or not listed. */
export const OTHER = '(other)';

/** The windows of those that are wanted. */
export function chooseWindows(windows: readonly WindowFacts[], query: WindowQuery): WindowFacts[] {
  return windows.filter(
    (window) =>
      isAmong(window.service, query.service) &&
      isAmong(window.version, query.version) &&
      isAmong(window.host, query.host) &&
      (query.from === undefined || window.startNanos >= query.from) &&
      (query.to === undefined || window.startNanos < query.to) &&
      Object.entries(query.tags ?? {}).every(([name, texts]) => isAmong(window.tags[name] ?? '', texts)) &&
      (query.label === undefined || mayBear(window, query.label)),
  );
}

/**
 * Adds up what windows tell, divided by some keys, in the order of the keys. Totals are exact; by labels they are right to 15 digits.
 * @param label only what of them bears this label
 */
export function totalsBy(windows: readonly WindowFacts[], by: readonly Division[], label?: WindowQuery['label']): Bucket[] {
  const buckets = new Map<string, Growing>();
  for (const window of windows) {
    for (const { keys, totals } of sharesOf(window, by, label)) {
      const id = keys.join('\0');
      let bucket = buckets.get(id);
      if (bucket === undefined) {
        bucket = new Growing(keys);
        buckets.set(id, bucket);
      }
      bucket.add(window, totals);
    }
  }
  return [...buckets.values()].sort((a, b) => compareKeys(a.keys, b.keys)).map((bucket) => bucket.done());
}

/** What there is to choose from: texts by kind, each with the windows that have it. */
export interface Facets {
  readonly services: ReadonlyMap<string, number>;
  readonly versions: ReadonlyMap<string, number>;
  readonly hosts: ReadonlyMap<string, number>;
  /** By name of a tag. */
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By key of a label. */
  readonly labels: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function facetsOf(windows: readonly WindowFacts[]): Facets {
  const [services, versions, hosts] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const tags = new Map<string, Map<string, number>>();
  const labels = new Map<string, Map<string, number>>();
  const count = (map: Map<string, number>, text: string) => map.set(text, (map.get(text) ?? 0) + 1);
  const within = (map: Map<string, Map<string, number>>, key: string) => {
    const known = map.get(key) ?? new Map<string, number>();
    map.set(key, known);
    return known;
  };
  for (const window of windows) {
    count(services, window.service);
    count(versions, window.version);
    count(hosts, window.host);
    for (const [name, text] of Object.entries(window.tags)) count(within(tags, name), text);
    for (const [key, values] of Object.entries(window.labels)) for (const value of values) count(within(labels, key), value);
  }
  return { services, versions, hosts, tags, labels };
}

function isAmong(text: string, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(text);
}

/** A window that does not list all values may have any. */
function mayBear(window: WindowFacts, { key, value }: NonNullable<WindowQuery['label']>): boolean {
  const found = labelFacts(window, key);
  return found !== undefined && (found.isCut || found.values.includes(value));
}

interface Share {
  readonly keys: readonly string[];
  readonly totals: readonly (number | bigint)[];
}

/** A window's part of each bucket that it belongs to. */
function sharesOf(window: WindowFacts, by: readonly Division[], label: WindowQuery['label']): Share[] {
  const { types } = window;
  const whole = types.map(({ total }) => total);
  const byLabel = by.find((division) => division.startsWith('label:'))?.slice('label:'.length);
  const keysWith = (value: string) => by.map((division) => (division.startsWith('label:') ? value : keyBy(window, division)));
  const labelled = label === undefined ? whole : totalsOf(window, label.key, label.value);
  if (byLabel === undefined) return [{ keys: keysWith(''), totals: labelled }];
  if (label !== undefined) return [{ keys: keysWith(byLabel === label.key ? label.value : OTHER), totals: labelled }];
  const { values, totals } = labelFacts(window, byLabel) ?? { values: [], totals: [] };
  const shares = values.map((value, i) => ({ keys: keysWith(value), totals: totals[i]! }));
  const rest = whole.map((total, type) =>
    minus(
      total,
      totals.map((own) => own[type]!),
    ),
  );
  return rest.some((total) => total !== 0) || shares.length === 0 ? [...shares, { keys: keysWith(OTHER), totals: rest }] : shares;
}

function totalsOf(window: WindowFacts, key: string, value: string): readonly number[] {
  const found = labelFacts(window, key);
  const at = found?.values.indexOf(value) ?? -1;
  return at < 0 ? window.types.map(() => 0) : found!.totals[at]!;
}

function keyBy({ service, version, host, startNanos, tags }: WindowFacts, division: Division): string {
  if (division === 'service') return service;
  if (division === 'version') return version;
  if (division === 'host') return host;
  if (division.startsWith('tag:')) return tags[division.slice('tag:'.length)] ?? '';
  const time = new Date(Number(startNanos / 1_000_000n)).toISOString();
  if (division === 'day') return time.slice(0, 10);
  return division === 'hour' ? `${time.slice(0, 13)}:00Z` : `${time.slice(0, 16)}Z`;
}

/** Whether totals can be divided so. */
export function isDivision(text: string): boolean {
  return /^(?:service|version|host|day|hour|minute|tag:.+|label:.+)$/.test(text);
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

function minus(total: number | bigint, parts: readonly (number | bigint)[]): number | bigint {
  return parts.reduce((left, part) => plus(left, -part), total);
}

/** Exact: a bigint where a number would not be. */
function plus(a: number | bigint, b: number | bigint): number | bigint {
  const sum = Number(a) + Number(b);
  if (typeof a === 'number' && typeof b === 'number' && (Number.isSafeInteger(sum) || !Number.isInteger(a) || !Number.isInteger(b)))
    return sum;
  const exact = BigInt(a) + BigInt(b);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

class Growing {
  private windows = 0;
  private bytes = 0;
  private duration = 0;
  private from: bigint | undefined;
  private to = 0n;
  private readonly totals = new Map<string, { type: string; unit: string; total: number | bigint; windows: number }>();

  constructor(readonly keys: readonly string[]) {}

  add(window: WindowFacts, totals: readonly (number | bigint)[]): void {
    this.windows++;
    this.bytes += window.bytes;
    this.duration += window.durationNanos;
    const end = window.startNanos + BigInt(Math.round(window.durationNanos));
    if (this.from === undefined || window.startNanos < this.from) this.from = window.startNanos;
    if (end > this.to) this.to = end;
    window.types.forEach(({ type, unit }, i) => {
      const known = this.totals.get(`${type}\0${unit}`) ?? { type, unit, total: 0, windows: 0 };
      known.total = plus(known.total, totals[i]!);
      known.windows++;
      this.totals.set(`${type}\0${unit}`, known);
    });
  }

  done(): Bucket {
    const { keys, windows, bytes, from = 0n, to, duration, totals } = this;
    return { keys, windows, bytes, from, to, durationNanos: duration, totals: [...totals.values()] };
  }
}

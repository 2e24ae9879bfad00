import type { WindowGroup, WindowGrouping, WindowLabelKey, WindowRange } from '../../protocol/windows.js';
import type { WindowFacts } from '../../windows/index.js';

/** When a window began, Unix milliseconds. */
export const startOf = ({ startNanos }: WindowFacts): number => Number(startNanos / 1_000_000n);

/** Windows that meet all conditions of a range, in their order. */
export function windowsIn(windows: readonly WindowFacts[], range: WindowRange): WindowFacts[] {
  const { service, version, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, label } = range;
  return windows.filter((window) => {
    const start = startOf(window);
    if (start < from || start >= to) return false;
    if (service !== undefined && window.service !== service) return false;
    if (version !== undefined && window.version !== version) return false;
    return label === undefined || valueAt(window, label.key, label.value) >= 0;
  });
}

/** Windows of a range by what they have in common. Days and hours are those of this machine's time zone, also where clocks change. */
export function groupWindows(windows: readonly WindowFacts[], range: WindowRange, by: Exclude<WindowGrouping, 'label'>): WindowGroup[] {
  const groups = new Map<string | number, Collected>();
  const types = new Types();
  for (const window of windowsIn(windows, range)) {
    const key = keyOf(window, by);
    let group = groups.get(key);
    if (group === undefined) {
      group = new Collected(types);
      groups.set(key, group);
    }
    const { label } = range;
    group.add(window, label && window.labelTotals[label.key]?.[valueAt(window, label.key, label.value)]);
  }
  const made = [...groups].map(([key, group]) =>
    group.finish(typeof key === 'string' ? key : '', typeof key === 'number' ? boundsOf(key, by) : undefined),
  );
  if (by === 'service') return made.sort((a, b) => (a.name < b.name ? -1 : 1));
  // A version that is newest began last: an old one may run on beside it.
  return made.sort((a, b) => b.from - a.from);
}

/**
 * Windows of a range by the values of a label, those with the most first; figures are of the samples with each value alone. A window counts for
 * each of its values.
 */
export function groupByLabel(windows: readonly WindowFacts[], range: WindowRange, key: string): WindowGroup[] {
  const groups = new Map<string, Collected>();
  const types = new Types();
  for (const window of windowsIn(windows, range)) {
    if (!Object.hasOwn(window.labels, key)) continue;
    const totals = window.labelTotals[key] ?? [];
    const start = startOf(window);
    const places = types.placesOf(window);
    for (const [at, value] of window.labels[key]!.entries()) {
      if (range.label?.key === key && range.label.value !== value) continue;
      let group = groups.get(value);
      if (group === undefined) {
        group = new Collected(types);
        groups.set(value, group);
      }
      group.add(window, totals[at], start, places);
    }
  }
  const made = [...groups].map(([value, group]) => group.finish(value, undefined));
  const shown = (group: WindowGroup) => group.totals[shownType({ types: group.totals })]?.total ?? 0;
  return made.sort((a, b) => shown(b) - shown(a));
}

function keyOf(window: WindowFacts, by: WindowGrouping): string | number {
  if (by === 'service') return window.service;
  if (by === 'version') return window.version;
  const time = new Date(startOf(window));
  if (by === 'day') return time.setHours(0, 0, 0, 0);
  return time.setMinutes(0, 0, 0);
}

function boundsOf(from: number, by: WindowGrouping): { readonly from: number; readonly to: number } {
  const end = new Date(from);
  // A day has 23 hours or 25 now and then.
  return { from, to: by === 'day' ? end.setDate(end.getDate() + 1) : from + 3_600_000 };
}

/** Types of values, each with a place that is the same in all groups. */
class Types {
  readonly list: { readonly type: string; readonly unit: string }[] = [];
  private readonly known = new Map<string, number>();

  /** Places of a window's types, in their order. */
  placesOf({ types }: WindowFacts): number[] {
    return types.map(({ type, unit }) => {
      const key = `${type}\n${unit}`;
      const place = this.known.get(key) ?? this.list.push({ type, unit }) - 1;
      this.known.set(key, place);
      return place;
    });
  }
}

class Collected {
  /** By the places of types; with gaps for those that it does not have. */
  private readonly totals: number[] = [];
  private readonly versions = new Map<string, number>();
  private readonly hosts = new Set<string>();
  private from = Number.POSITIVE_INFINITY;
  private to = Number.NEGATIVE_INFINITY;
  private windows = 0;

  constructor(private readonly types: Types) {}

  /** @param part totals of some of its samples, in the order of its types; undefined: of all */
  add(window: WindowFacts, part: readonly number[] | undefined, start = startOf(window), places = this.types.placesOf(window)): void {
    this.windows++;
    this.from = Math.min(this.from, start);
    this.to = Math.max(this.to, start + window.durationNanos / 1e6);
    this.hosts.add(window.host);
    const began = this.versions.get(window.version);
    if (began === undefined || start < began) this.versions.set(window.version, start);
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      this.totals[place] = (this.totals[place] ?? 0) + Number(part === undefined ? window.types[i]!.total : (part[i] ?? 0));
    }
  }

  finish(name: string, bounds: { readonly from: number; readonly to: number } | undefined): WindowGroup {
    const versions = [...this.versions].sort(([, a], [, b]) => b - a).map(([version]) => version);
    const told = versions.filter((version) => version !== '');
    return {
      name,
      ...(bounds ?? { from: this.from, to: this.to }),
      windows: this.windows,
      totals: this.types.list.flatMap((type, place) => (this.totals[place] === undefined ? [] : [{ ...type, total: this.totals[place]! }])),
      versions: told.length > 0 ? told : versions,
      hosts: this.hosts.size,
    };
  }
}

/** Labels that samples of these windows bear, by the total of the first type. */
export function labelsOf(windows: readonly WindowFacts[]): WindowLabelKey[] {
  const keys = new Map<string, { readonly values: Map<string, number>; readonly unit: string; isCut: boolean }>();
  for (const window of windows) {
    const first = shownType(window);
    for (const [key, values] of Object.entries(window.labels)) {
      const known = keys.get(key) ?? { values: new Map<string, number>(), unit: window.types[first]?.unit ?? '', isCut: false };
      keys.set(key, known);
      known.isCut ||= window.cutLabels.includes(key);
      for (const [i, value] of values.entries())
        known.values.set(value, (known.values.get(value) ?? 0) + (window.labelTotals[key]?.[i]?.[first] ?? 0));
    }
  }
  return [...keys].map(([key, { values, unit, isCut }]) => ({
    key,
    unit,
    isCut,
    values: [...values].map(([value, total]) => ({ value, total })).sort((a, b) => b.total - a.total),
  }));
}

/** CPU time where windows have it, since most threads of a server wait; else their first type. */
function shownType({ types }: { readonly types: readonly { readonly type: string; readonly unit: string }[] }): number {
  return Math.max(
    0,
    types.findIndex(({ type, unit }) => type.startsWith('cpu') && unit === 'nanoseconds'),
  );
}

function valueAt({ labels }: WindowFacts, key: string, value: string): number {
  return Object.hasOwn(labels, key) ? labels[key]!.indexOf(value) : -1;
}

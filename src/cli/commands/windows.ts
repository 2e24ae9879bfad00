import { UserError } from '../../core/errors.js';
import { formatBytes, formatCount, formatSeconds, formatValue, plural } from '../../core/model/units.js';
import { jsonFigure, plain, table } from '../../core/report/figures.js';
import { type Bucket, facetsOf, isDivision, totalsBy, type WindowFacts, type WindowQuery } from '../../windows/index.js';
import { print, printJson } from '../output.js';
import { look } from '../terminal.js';
import type { WindowOptions } from '../windowOptions.js';
import { type Chosen, lookInto } from '../windows.js';

export interface WindowsOptions extends WindowOptions {
  readonly by?: readonly string[];
  readonly label?: string;
  readonly n?: number;
  readonly json?: boolean;
}

/** Rows of the table unless `-n` says otherwise; JSON gives all. */
const ROWS = 100;
/** Value types with a column of their own, and texts of a tag or label that are named. */
const COLUMNS = 4;
const FEW = 8;

/** `heatline windows FOLDER`: what lies there, added up by service and version or by what is asked for. */
export async function windows(folder: string, options: WindowsOptions): Promise<void> {
  const by = options.by ?? ['service', 'version'];
  const wrong = by.find((division) => division !== 'window' && !isDivision(division));
  if (wrong !== undefined) {
    const known = 'service, version, host, day, hour, minute, window, tag:NAME or label:KEY';
    throw new UserError('usage', `--by ${wrong}: windows are added up by ${known}`);
  }
  const label = labelOf(options.label);
  const chosen = await lookInto(folder, options, label);
  const rows = by.includes('window') ? chosen.windows.flatMap((window) => single(window, label)) : totalsBy(chosen.windows, by, label);
  const shown = options.n === 0 ? rows : rows.slice(0, options.n ?? (options.json ? undefined : ROWS));
  if (options.json)
    await printJson({
      folder,
      ...summaryJson(chosen),
      by,
      rows: shown.map((row) => rowJson(row, by)),
      choices: choicesJson(chosen.windows),
    });
  else await print(textOf(chosen, shown, rows.length, by));
}

function labelOf(text: string | undefined): WindowQuery['label'] {
  if (text === undefined) return undefined;
  const at = text.indexOf('=');
  if (at < 1) throw new UserError('usage', `--label ${text}: key=value is wanted, as in 'route=/buy'`);
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

function single(window: WindowFacts, label: WindowQuery['label']): Bucket[] {
  return totalsBy([window], [], label).map((bucket) => ({ ...bucket, keys: [window.path] }));
}

function summaryJson({ windows, state }: Chosen) {
  const [whole] = totalsBy(windows, []);
  const { from, to, durationNanos, bytes, totals } = whole!;
  return {
    windows: windows.length,
    bytes,
    ...timesJson(from, to),
    durationNanos,
    totals: totals.map((one) => ({ ...one, total: jsonFigure(one.total) })),
    read: state.read,
    unreadable: state.unreadable.map(({ path, reason }) => ({ path, reason })),
  };
}

function timesJson(from: bigint, to: bigint) {
  return { from: isoOf(from), to: isoOf(to), fromNanos: jsonFigure(from), toNanos: jsonFigure(to) };
}

function rowJson({ keys, windows, bytes, from, to, durationNanos, totals }: Bucket, by: readonly string[]) {
  return {
    keys: Object.fromEntries(by.includes('window') ? [['window', keys[0]!]] : by.map((name, i) => [name, keys[i]!])),
    windows,
    bytes,
    ...timesJson(from, to),
    durationNanos,
    totals: totals.map((one) => ({ ...one, total: jsonFigure(one.total) })),
  };
}

function choicesJson(windows: readonly WindowFacts[]) {
  const { services, versions, hosts, tags, labels } = facetsOf(windows);
  const of = (map: ReadonlyMap<string, number>) => Object.fromEntries(map);
  const within = (map: ReadonlyMap<string, ReadonlyMap<string, number>>) =>
    Object.fromEntries(Array.from(map, ([key, texts]) => [key, of(texts)]));
  return { services: of(services), versions: of(versions), hosts: of(hosts), tags: within(tags), labels: within(labels) };
}

function textOf({ windows }: Chosen, rows: readonly Bucket[], all: number, by: readonly string[]): string {
  const [whole] = totalsBy(windows, []);
  const types = whole!.totals.slice(0, COLUMNS);
  const titles = by.includes('window') ? ['window'] : by;
  const cells = rows.map((row) => [
    formatCount(row.windows),
    minuteOf(row.from),
    formatSeconds(row.durationNanos / 1e9),
    ...types.map(({ type, unit }) => {
      const found = row.totals.find((one) => one.type === type && one.unit === unit);
      return found === undefined ? '–' : formatValue(Number(found.total), unit);
    }),
    ...row.keys.map((key) => plain(key === '' ? '(not told)' : key)),
  ]);
  const header = ['windows', 'from (UTC)', 'lasting', ...types.map(({ type }) => plain(type)), ...titles];
  const { from, to, bytes, durationNanos } = whole!;
  const lines = [
    `${plural(windows.length, 'window')}, ${minuteOf(from)} to ${minuteOf(to)} UTC, ${formatBytes(bytes)}, ${formatSeconds(durationNanos / 1e9)} of processes`,
  ];
  if (all > rows.length) lines.push(`${plural(all - rows.length, 'more row')}: -n 0 shows all`);
  const { tags, labels } = facetsOf(windows);
  const own = (map: ReadonlyMap<string, ReadonlyMap<string, number>>) =>
    Array.from(map)
      .filter(([, texts]) => texts.size > 0 && texts.size < windows.length / 2 + 2)
      .map(([key, texts]) => `${plain(key)} (${[...texts.keys()].slice(0, FEW).map(plain).join(', ')}${texts.size > FEW ? ', …' : ''})`);
  if (labels.size > 0) lines.push(`labels: ${own(labels).join(' · ')}`);
  if (tags.size > 0) lines.push(`tags: ${own(tags).join(' · ')}`);
  return `${table(header, cells, look())}\n${lines.join('\n')}\n`;
}

function isoOf(nanos: bigint): string {
  return new Date(Number(nanos / 1_000_000n)).toISOString();
}

/** `2026-11-22 14:15` */
function minuteOf(nanos: bigint): string {
  return isoOf(nanos).slice(0, 16).replace('T', ' ');
}

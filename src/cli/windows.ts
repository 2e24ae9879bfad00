import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ReadError, UserError } from '../core/errors.js';
import type { Profile } from '../core/model/profile.js';
import { formatCount } from '../core/model/units.js';
import {
  chooseWindows,
  type MergedWindows,
  mergeWindows,
  parseDay,
  parseMoment,
  type StoreState,
  type WindowFacts,
  type WindowQuery,
  WindowStore,
  type WorkControl,
} from '../windows/index.js';
import { InputError, say } from './failure.js';
import { progress } from './terminal.js';
import type { AgainstOptions, WindowOptions } from './windowOptions.js';

const MAX_THREADS = 8;

/** What the options choose of a folder. */
export interface Chosen {
  readonly store: WindowStore;
  readonly state: StoreState;
  readonly query: WindowQuery;
  readonly windows: readonly WindowFacts[];
}

export function isFolder(word: string): boolean {
  try {
    return statSync(word).isDirectory();
  } catch {
    return false;
  }
}

/** The options that choose windows, as they are typed, of those that were given. */
export function windowWords(options: WindowOptions & AgainstOptions): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    const own = name.replace(/^against([A-Z])/, (_, first: string) => first.toLowerCase());
    if (!['since', 'until', 'day', 'service', 'serviceVersion', 'host', 'tag'].includes(own) || value === undefined) continue;
    found.push(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  }
  return found;
}

/** What is no folder has no windows to choose from. @throws UserError `usage` */
export function refuseTimes(word: string, { from, to }: WindowOptions): void {
  if (from !== undefined || to !== undefined)
    throw new UserError('usage', `--from and --to choose among the windows of a folder here, and ${word} is none`);
}

/** The options without those that chose windows already. */
export function withoutTimes<T extends WindowOptions>(options: T): Omit<T, 'from' | 'to'> {
  const { from: _, to: __, ...rest } = options;
  return rest;
}

/** @throws UserError `usage` */
export function queryOf(options: WindowOptions, now = BigInt(Date.now()) * 1_000_000n): WindowQuery {
  const { since, until, day, service, serviceVersion, host, tag } = options;
  if (day !== undefined && (since !== undefined || until !== undefined))
    throw new UserError('usage', '--day is a whole day: without --since and --until');
  const span = day === undefined ? {} : parseDay(day, now);
  const begin = momentOf('from', options.from, since === undefined ? (day === undefined ? undefined : 'day') : 'since') ?? since;
  const end = momentOf('to', options.to, until === undefined ? (day === undefined ? undefined : 'day') : 'until') ?? until;
  const from = begin === undefined ? undefined : parseMoment(begin, now);
  const to = end === undefined ? undefined : parseMoment(end, now);
  if (from !== undefined && to !== undefined && from >= to)
    throw new UserError(
      'usage',
      `${since === undefined && until === undefined ? '--from and --to' : '--since and --until'}: the end has to be later than the begin`,
    );
  if (typeof options.from === 'number' && typeof options.to === 'number' && options.from >= options.to)
    throw new UserError('usage', '--from and --to: the end has to be later than the begin');
  const tags: Record<string, string[]> = {};
  for (const one of tag ?? []) {
    const name = one.slice(0, one.indexOf('='));
    tags[name] = [...(tags[name] ?? []), one.slice(name.length + 1)];
  }
  return {
    ...span,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(service === undefined ? {} : { service }),
    ...(serviceVersion === undefined ? {} : { version: serviceVersion }),
    ...(host === undefined ? {} : { host }),
    ...(tag === undefined ? {} : { tags }),
  };
}

/** `--from` or `--to` where it is a moment. @param other what else says when @throws UserError `usage` */
function momentOf(name: string, value: number | string | undefined, other: string | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (other !== undefined) throw new UserError('usage', `--${name} ${value}: --${other} says when already`);
  return value;
}

/** Those that begin within `--from` and `--to`, where these are seconds since the first one began. */
function within(windows: readonly WindowFacts[], { from, to }: WindowOptions): WindowFacts[] {
  if (typeof from !== 'number' && typeof to !== 'number') return [...windows];
  const first = windows.reduce((least, { startNanos }) => (startNanos < least ? startNanos : least), windows[0]?.startNanos ?? 0n);
  return windows.filter(({ startNanos }) => {
    const seconds = Number(startNanos - first) / 1e9;
    return !(typeof from === 'number' && seconds < from) && !(typeof to === 'number' && seconds >= to);
  });
}

/** The options of the base of a comparison: a time of its own stands for all that is said of time. */
export function againstOf(options: WindowOptions & AgainstOptions): WindowOptions {
  const { againstSince, againstUntil, againstDay, againstService, againstServiceVersion, againstHost, againstTag } = options;
  const timed = againstSince !== undefined || againstUntil !== undefined || againstDay !== undefined;
  const [since, until, day] = timed ? [againstSince, againstUntil, againstDay] : [options.since, options.until, options.day];
  const [from, to] = timed ? [] : [options.from, options.to];
  const texts = {
    since,
    until,
    day,
    from,
    to,
    service: againstService ?? options.service,
    serviceVersion: againstServiceVersion ?? options.serviceVersion,
    host: againstHost ?? options.host,
    tag: againstTag ?? options.tag,
    cache: options.cache,
  };
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
}

/** Looks into a folder, and says what of it is unreadable. @throws InputError when there is no window that is wanted */
export async function lookInto(folder: string, options: WindowOptions, label?: WindowQuery['label']): Promise<Chosen> {
  const query = { ...queryOf(options), ...(label === undefined ? {} : { label }) };
  const store = new WindowStore(folder, options.cache === false ? { cache: false } : {});
  const line = progress();
  let state: StoreState;
  try {
    state = await store.look(
      query,
      control((done, all) => line.show(`looked into ${formatCount(done)} of ${formatCount(all)} new windows`)),
    );
  } finally {
    line.end();
  }
  const [first, ...others] = state.unreadable;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `, and ${formatCount(others.length)} more like it`;
    say(`${folder}: left out ${first.path}${more}: ${first.reason.replace(/\.$/, '')}`);
  }
  const inQuery = chooseWindows(state.windows, query);
  const windows = within(inQuery, options);
  if (windows.length === 0) {
    const sentence = inQuery.length > 0 ? nothingWithin(inQuery) : nothingOf(state.windows.length, query);
    throw new InputError(folder, new ReadError('empty', sentence));
  }
  return { store, state, query, windows };
}

/** The sum of windows of a folder. @throws InputError */
export async function readFolder(folder: string, options: WindowOptions): Promise<Profile> {
  return (await mergeChosen(folder, await lookInto(folder, options))).profile;
}

/** Adds up windows that were chosen, and says which were left out. @throws InputError */
export async function mergeChosen(folder: string, { store, windows }: Chosen): Promise<MergedWindows> {
  const line = progress();
  const told = (done: number, all: number) => line.show(`merged ${formatCount(done)} of ${formatCount(all)} windows`);
  try {
    const merged = await mergeWindows(folder, windows, store.cache, control(told));
    line.end();
    for (const { file, reason } of merged.failed) say(`${file}: ${reason.replace(/\.$/, '')}, left out`);
    for (const warning of merged.profile.warnings) say(`${folder}: ${warning.replace(/\.$/, '')}`);
    return merged;
  } catch (error) {
    line.end();
    throw error instanceof ReadError ? new InputError(folder, error) : error;
  }
}

function control(told: (done: number, all: number) => void): WorkControl {
  return { progress: told, threads: { bundle: __filename, count: Math.min(availableParallelism(), MAX_THREADS) } };
}

/** @param windows those that are left when `--from` and `--to` are not heard */
function nothingWithin(windows: readonly WindowFacts[]): string {
  const starts = windows.map(({ startNanos }) => startNanos).sort((a, b) => Number(a - b));
  const last = formatCount(Number(starts.at(-1)! - starts[0]!) / 1e9);
  return windows.length === 1
    ? 'Its one window begins outside of --from and --to, which count from the begin of the first.'
    : `None of its ${formatCount(windows.length)} windows begins within --from and --to: the last begins ${last} s after the first.`;
}

function nothingOf(inTime: number, { from, to }: WindowQuery): string {
  const timed = from !== undefined || to !== undefined;
  if (inTime === 0) return timed ? 'It has no windows of that time.' : 'It is a folder without windows: no whole pprof file lies in it.';
  return `None of its ${formatCount(inTime)} windows${timed ? ' of that time' : ''} is of that service, version, host, tag and label.`;
}

import { type Profile, type StretchColumns, ThreadStatus, type ValueColumn, type ValueType } from './profile.js';
import { timeExtent } from './timing.js';
import { secondsPer } from './units.js';

/** What a thread was doing, of which a recording tells some; `nogil`: without the lock, be it to wait or to compute in native code. */
export type ThreadState = 'running' | 'gil-wait' | 'native-nogil' | 'blocked' | 'nogil' | 'off-cpu';

/** In the order in which they are offered. */
const STATES: readonly ThreadState[] = ['running', 'gil-wait', 'native-nogil', 'blocked', 'nogil', 'off-cpu'];
/** Those in which nothing is computed for the thread, and the share of them from which on a time is mostly waiting. */
const WAITING: ReadonlySet<ThreadState> = new Set(['gil-wait', 'blocked', 'off-cpu']);
const MOSTLY = 0.5;
/** More than one thread at a time, on the average, is more than one lock lets run, with some room for looks that are not of one moment. */
const MORE_THAN_ONE = 1.2;
const STATUSES = 256;

/** Value types of a profile that say in which state its time went: each a part of `base`. */
export interface States {
  /** Index of the value type that they are parts of. */
  readonly base: number;
  readonly types: readonly { readonly type: number; readonly state: ThreadState; readonly total: number }[];
}

const made = new WeakMap<Profile, { readonly measured: Profile; readonly states: States }>();

/**
 * The profile with one more value type for each state that its time went into: by the status of threads where samples have one, else
 * wall time less CPU time. Nothing is claimed that nobody saw: types without any time are left out, and so are states of the lock
 * where there is none (free-threaded builds). A profile that tells nothing is given as it is. Columns are made when they are
 * looked at. For who shows a profile; what is written or merged is the profile as it was measured (`measured`).
 */
export function withStates(profile: Profile): Profile {
  const found = byStatus(profile) ?? byClock(profile);
  if (found === undefined || found.parts.length === 0) return profile;
  const { base, parts } = found;
  const { samples, sampleTypes } = profile;
  const unit = sampleTypes[base]!.unit;
  const sampleColumns = lazily(
    samples.values,
    parts.map(({ column }) => column),
  );
  const stretches: StretchColumns | undefined = samples.stretches && {
    ...samples.stretches,
    values: lazily(
      samples.stretches.values,
      parts.map(({ stretches: told }) => told ?? (() => samples.stretches?.values[base])),
    ),
  };
  const shown = withOwn(profile, {
    sampleTypes: [...sampleTypes, ...parts.map(({ state }): ValueType => ({ type: state, unit }))],
    samples: withOwn(samples, { values: sampleColumns, ...(stretches === undefined ? {} : { stretches }) }),
  });
  const types = parts.map(({ state, total }, i) => ({ type: sampleTypes.length + i, state, total }));
  made.set(shown, { measured: profile, states: { base, types } });
  return shown;
}

/** The states of a profile that `withStates` gave; undefined where it knows none. */
export function statesOf(profile: Profile): States | undefined {
  return made.get(profile)?.states;
}

/** How much of a time is waiting, 0 … 1, and what for: `off-cpu` is not known. Undefined where it is not most of it. @param shares of each state */
export function mostlyWaiting(
  shares: Iterable<readonly [ThreadState, number]>,
): { readonly share: number; readonly state: ThreadState } | undefined {
  const waiting = Array.from(shares).filter(([state]) => WAITING.has(state));
  const share = waiting.reduce((sum, [, own]) => sum + own, 0);
  if (share < MOSTLY) return undefined;
  const [state] = waiting.reduce((most, each) => (each[1] > most[1] ? each : most));
  return { share: Math.min(1, share), state };
}

/** The profile as it was measured, without what `withStates` added. */
export function measured(profile: Profile): Profile {
  return made.get(profile)?.measured ?? profile;
}

/**
 * What the status of a thread means, by ThreadStatus. Who wants the lock and has it not runs no Python, on a CPU or not; who has it
 * runs, even where the system has just taken the CPU away.
 * @param locked there is a lock: not in free-threaded builds, where its bits only say that a thread is attached
 */
export function stateOf(status: number, locked = true): ThreadState | undefined {
  const cpuKnown = (status & ThreadStatus.unknown) === 0;
  const onCpu = (status & ThreadStatus.onCpu) !== 0;
  if (!locked) return cpuKnown ? (onCpu ? 'running' : 'blocked') : undefined;
  if (status & ThreadStatus.hasGil) return 'running';
  if (status & ThreadStatus.wantsGil) return 'gil-wait';
  if (!cpuKnown) return 'nogil';
  return onCpu ? 'native-nogil' : 'blocked';
}

/** One state: how much time went into it, and how its columns are made. */
interface Part {
  readonly state: ThreadState;
  readonly total: number;
  column(): ValueColumn;
  stretches?(): Float64Array | undefined;
}

interface Found {
  readonly base: number;
  readonly parts: readonly Part[];
}

function byStatus(profile: Profile): Found | undefined {
  const { samples, sampleTypes } = profile;
  const { status } = samples;
  if (status === undefined) return undefined;
  const base = sampleTypes.findIndex(({ unit }, type) => secondsPer(unit) !== undefined && isPlain(profile, type));
  if (base < 0) return undefined;
  const column = samples.values[base] as Float64Array;
  const time = new Float64Array(STATUSES);
  for (let i = 0; i < column.length; i++) time[status[i]!]! += column[i]!;
  const meaning = meaningOf(profile, base, time);
  return {
    base,
    parts: STATES.flatMap((state): Part[] => {
      const total = time.reduce((sum, own, bits) => (meaning[bits] === state ? sum + own : sum), 0);
      if (!(total > 0)) return [];
      return [{ state, total, column: () => column.map((own, i) => (meaning[status[i]!] === state ? own : 0)) }];
    }),
  };
}

/** The state that each status stands for. @param time by status, in the unit of `base` */
function meaningOf(profile: Profile, base: number, time: Float64Array): readonly (ThreadState | undefined)[] {
  let [held, wanted, onCpu] = [0, 0, 0];
  for (let bits = 0; bits < STATUSES; bits++) {
    if (bits & ThreadStatus.hasGil) held += time[bits]!;
    if (bits & ThreadStatus.wantsGil) wanted += time[bits]!;
    if (bits & ThreadStatus.onCpu) onCpu += time[bits]!;
  }
  const all = Array.from({ length: STATUSES }, (_, bits) => bits);
  // No Python, or one that does not tell: who is not on a CPU waits for whatever it may be.
  if (held === 0 && wanted === 0) {
    return all.map((bits) => (onCpu === 0 || bits & ThreadStatus.unknown ? undefined : bits & ThreadStatus.onCpu ? 'running' : 'off-cpu'));
  }
  const locked = wanted > 0 || (isLocked(profile) && !(held > MORE_THAN_ONE * elapsed(profile, base)));
  return all.map((bits) => stateOf(bits, locked));
}

/** What the recorder says of the interpreter's build. */
function isLocked({ quality }: Profile): boolean {
  return !/free-threaded/.test(quality.python ?? '');
}

/** How long the recording was, in the unit of a value type; without end where nobody knows. */
function elapsed(profile: Profile, base: number): number {
  const extent = timeExtent(profile);
  const nanos = profile.durationNanos ?? (extent === undefined ? Number.POSITIVE_INFINITY : extent.to - extent.from);
  return nanos / 1e9 / secondsPer(profile.sampleTypes[base]!.unit)!;
}

/** Wall time less CPU time of the same samples; what a clock's steps take below nothing is nothing. */
function byClock(profile: Profile): Found | undefined {
  const { samples, sampleTypes } = profile;
  const base = sampleTypes.findIndex(({ type }) => type === 'wall');
  const cpu = sampleTypes.findIndex(({ type }) => type === 'cpu');
  if (base < 0 || cpu < 0 || !isPlain(profile, base) || !isPlain(profile, cpu)) return undefined;
  const perBase = secondsPer(sampleTypes[base]!.unit);
  const perCpu = secondsPer(sampleTypes[cpu]!.unit);
  if (perBase === undefined || perBase !== perCpu) return undefined;
  const wall = samples.values[base] as Float64Array;
  const busy = samples.values[cpu] as Float64Array;
  let total = 0;
  let known = false;
  for (let i = 0; i < wall.length; i++) {
    if (busy[i]! > 0) known = true;
    total += Math.max(0, wall[i]! - busy[i]!);
  }
  // A system that does not tell the time of threads says nothing of waiting.
  if (!known || !(total > 0)) return { base, parts: [] };
  const column = () => wall.map((own, i) => Math.max(0, own - busy[i]!));
  const stretches = () => samples.stretches && offCpu(samples.stretches, wall, base, cpu);
  return { base, parts: [{ state: 'off-cpu', total, column, stretches }] };
}

/** The same of stretches of time. */
function offCpu({ first, length, values }: StretchColumns, wall: Float64Array, base: number, cpu: number): Float64Array | undefined {
  const busy = values[cpu];
  if (busy === undefined) return undefined;
  const off = new Float64Array(length.length);
  for (let i = 0; i < wall.length; i++) {
    let whole = 0;
    for (let at = first[i]!; at < first[i + 1]!; at++) whole += length[at]!;
    for (let at = first[i]!; at < first[i + 1]!; at++) {
      const own = values[base]?.[at] ?? (whole > 0 ? (wall[i]! * length[at]!) / whole : 0);
      off[at] = Math.max(0, own - busy[at]!);
    }
  }
  return off;
}

/** Whether a value type is a column of doubles: not of sums per function or line, nor beyond 2^53. */
function isPlain({ samples }: Profile, type: number): boolean {
  const column = samples.values[type];
  return column instanceof Float64Array && column.length === samples.length && column.length > 0;
}

/** A list with more entries at its end, which are made when they are first looked at. */
function lazily<T>(values: readonly T[], more: readonly (() => T)[]): readonly T[] {
  const all = [...values];
  for (const make of more) {
    const at = all.length;
    const keep = (value: T) => Object.defineProperty(all, at, { value, enumerable: true });
    Object.defineProperty(all, at, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make();
        keep(value);
        return value;
      },
    });
  }
  return all;
}

/** A copy with some members of its own; what is made when it is looked at stays so. */
function withOwn<T extends object>(value: T, own: Partial<T>): T {
  const members = Object.getOwnPropertyDescriptors(value);
  return Object.assign(Object.defineProperties({}, without(members, Object.keys(own))), own) as T;
}

function without(members: PropertyDescriptorMap, left: readonly string[]): PropertyDescriptorMap {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !left.includes(name)));
}

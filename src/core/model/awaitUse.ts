/** What a profile of tasks knows: what a line awaits, and where loops were blocked. */
import type { Profile, ViewSpec } from './profile.js';
import { columnOf, eachWait, isOwn, type Part, Parts } from './waitRows.js';

/** What one line awaited; times in nanoseconds. */
export interface AwaitUse {
  readonly awaits: number;
  readonly time: number;
  readonly longest: number;
  /** What was awaited: functions of asyncio, other tasks. */
  readonly what: readonly Part[];
  /** In which tasks. */
  readonly tasks: readonly Part[];
}

/** A line on which a loop was blocked for longer than the recording's limit; times in nanoseconds. */
export interface LoopBlock {
  readonly func: number;
  /** The profile's name for the file. */
  readonly file: string;
  /** As recorded. */
  readonly line: number;
  readonly count: number;
  readonly time: number;
  readonly longest: number;
  readonly tasks: readonly Part[];
}

/** @param files names of the line's file in the profile @param line as recorded @returns null where nothing was awaited on the line itself */
export function awaitUse(profile: Profile, spec: ViewSpec, files: readonly string[], line: number): AwaitUse | null {
  const count = columnOf(profile, 'awaits');
  const time = columnOf(profile, 'await');
  if (count === undefined || time === undefined) return null;
  const { functions, strings } = profile;
  const here = new Set(files);
  const [what, tasks] = [new Parts(), new Parts()];
  const sum = { awaits: 0, time: 0, longest: 0 };
  eachWait(
    profile,
    spec,
    () => true,
    (one) => {
      if (one.line !== line || !here.has(strings[functions.file[one.func]!]!)) return;
      const waited = Number(time[one.sample]);
      sum.awaits += Number(count[one.sample]);
      sum.time += waited;
      sum.longest = Math.max(sum.longest, one.number('longest await'));
      what.add(one.text('awaits') || one.text('awaiting'), waited);
      tasks.add(rootName(profile, one.root), waited);
    },
  );
  return sum.time > 0 ? { ...sum, what: what.list(), tasks: tasks.list() } : null;
}

/** The lines of own code on which loops were blocked, the worst first; of a block in a library it is the line that called it. */
export function loopBlocks(profile: Profile, spec: ViewSpec): LoopBlock[] {
  const count = columnOf(profile, 'loop-blocks');
  const time = columnOf(profile, 'loop-blocked');
  if (count === undefined || time === undefined) return [];
  const { functions, strings } = profile;
  const found = new Map<string, { func: number; file: string; line: number; count: number; time: number; longest: number; tasks: Parts }>();
  eachWait(profile, spec, isOwn(profile), (one) => {
    const blocks = Number(count[one.sample]);
    if (blocks === 0 || one.line <= 0) return;
    const file = strings[functions.file[one.func]!]!;
    const key = `${file}:${one.line}`;
    const known = found.get(key) ?? { func: one.func, file, line: one.line, count: 0, time: 0, longest: 0, tasks: new Parts() };
    known.count += blocks;
    known.time += Number(time[one.sample]);
    known.longest = Math.max(known.longest, one.number('longest block'));
    known.tasks.add(rootName(profile, one.root), Number(time[one.sample]));
    found.set(key, known);
  });
  return Array.from(found.values(), ({ tasks, ...block }) => ({ ...block, tasks: tasks.list() })).sort((a, b) => b.time - a.time);
}

/** The task at the root of a stack; empty where there is none. */
function rootName({ functions, strings }: Profile, func: number): string {
  return strings[functions.file[func]!] === '<task>' ? strings[functions.name[func]!]! : '';
}

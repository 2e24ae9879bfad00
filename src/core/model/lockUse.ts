/** What a profile of locks knows of one line: the locks that are taken or made there, who waited, and who held them meanwhile. */
import type { Profile, ViewSpec } from './profile.js';
import { columnOf, eachWait, type Part, Parts } from './waitRows.js';

/** Times in the unit of the profile's waits. */
export interface LockUse {
  /** Names of the locks, `store.py:12:lock`, the most waited for first. */
  readonly locks: readonly string[];
  /** The line makes the locks: figures are those of every place that takes them. */
  readonly made: boolean;
  readonly acquires: number;
  readonly wait: number;
  /** The longest single wait; 0 where the recording does not say. */
  readonly longest: number;
  readonly hold: number;
  /** Waits to be notified (conditions, events, queues). */
  readonly notified: number;
  readonly notifyWait: number;
  /** Who held the locks while others waited, by how long they did. */
  readonly heldBy: readonly Part[];
  /** Who waited: threads or tasks, of a line that makes locks the places. */
  readonly waiters: readonly Part[];
}

/** What others waited for while a lock was held on the line. */
export interface LockHeld {
  readonly locks: readonly string[];
  readonly wait: number;
  readonly waiters: readonly Part[];
}

/** The modules that locks are built from: who takes a lock is whoever calls them. */
const MACHINERY = /(?:^|[\\/])(?:threading|queue)\.py$|[\\/]asyncio[\\/]\w+\.py$|[\\/]concurrent[\\/]futures[\\/]\w+\.py$/;
/** `Thread-2: save (store.py:31)`. */
const HOLDER = /^(.*): (.*) \(([^()]*):(\d+)\)$/s;
const NAME = /^(.*?):(\d+)(?::|$)/s;

/**
 * @param files names of the line's file in the profile
 * @param line as recorded, 1-based
 * @returns null where the profile knows of no lock there
 */
export function lockUse(
  profile: Profile,
  spec: ViewSpec,
  files: readonly string[],
  line: number,
): { readonly use: LockUse | null; readonly held: LockHeld | null } {
  const acquire = columnOf(profile, 'lock-acquire');
  const wait = columnOf(profile, 'lock-acquire-wait');
  if (acquire === undefined || wait === undefined) return { use: null, held: null };
  const [hold, notify, notifyWait] = ['lock-release-hold', 'lock-notify', 'lock-notify-wait'].map((type) => columnOf(profile, type));
  const { functions, strings } = profile;
  const isHere = new Set(files);
  const fileOf = (func: number) => strings[functions.file[func]!]!;
  const takes = (func: number) => !MACHINERY.test(fileOf(func));
  const here = (func: number, at: number) => at === line && isHere.has(fileOf(func));
  const makes = madeAt(profile, files, line);
  const [taken, made] = [new Sums(), new Sums()];
  const holding = { locks: new Parts(), waiters: new Parts() };
  eachWait(profile, spec, takes, (one) => {
    const name = one.text('lock name');
    const row = {
      name,
      acquires: Number(acquire[one.sample]),
      wait: Number(wait[one.sample]),
      longest: one.number('longest wait'),
      hold: Number(hold?.[one.sample] ?? 0),
      notified: Number(notify?.[one.sample] ?? 0),
      notifyWait: Number(notifyWait?.[one.sample] ?? 0),
      heldBy: one.text('held by'),
    };
    const who = one.text('task') || one.text('task name') || one.text('thread');
    if (here(one.func, one.line)) taken.add(row, { text: who, func: -1, line: 0 });
    if (makes(name)) made.add(row, { text: placeText(profile, one.func, one.line), func: one.func, line: one.line });
    if (row.wait > 0 && holds(row.heldBy, files, line)) {
      holding.locks.add(name, row.wait);
      holding.waiters.add(placeText(profile, one.func, one.line), row.wait, one.func, one.line);
    }
  });
  const own = taken.rows > 0 ? taken.result(profile, false) : made.rows > 0 ? made.result(profile, true) : null;
  const locks = holding.locks.list();
  const held = locks.reduce((sum, { value }) => sum + value, 0);
  return {
    use: own,
    held: held > 0 ? { locks: locks.map(({ text }) => text), wait: held, waiters: holding.waiters.list() } : null,
  };
}

interface Row extends Omit<LockUse, 'locks' | 'made' | 'heldBy' | 'waiters'> {
  readonly name: string;
  readonly heldBy: string;
}

class Sums {
  rows = 0;
  private acquires = 0;
  private wait = 0;
  private longest = 0;
  private hold = 0;
  private notified = 0;
  private notifyWait = 0;
  private readonly locks = new Map<string, number>();
  private readonly heldBy = new Parts();
  private readonly waiters = new Parts();

  add(row: Row, who: Omit<Part, 'value'>): void {
    this.rows++;
    this.acquires += row.acquires;
    this.wait += row.wait;
    this.longest = Math.max(this.longest, row.longest);
    this.hold += row.hold;
    this.notified += row.notified;
    this.notifyWait += row.notifyWait;
    if (row.name !== '') this.locks.set(row.name, (this.locks.get(row.name) ?? 0) + row.wait + row.notifyWait);
    this.heldBy.add(row.heldBy, row.wait);
    this.waiters.add(who.text, row.wait + row.notifyWait, who.func, who.line);
  }

  result(profile: Profile, made: boolean): LockUse {
    const { acquires, wait, longest, hold, notified, notifyWait } = this;
    return {
      locks: [...this.locks].sort((a, b) => b[1] - a[1]).map(([name]) => name),
      made,
      acquires,
      wait,
      longest,
      hold,
      notified,
      notifyWait,
      heldBy: this.heldBy.list().map((part) => ({ ...part, ...holderPlace(profile, part.text) })),
      waiters: this.waiters.list(),
    };
  }
}

/** Whether a lock of this name was made on the line. Names have as much of the path as tells files apart: the longest that fits is meant. */
function madeAt({ strings, samples: { labels } }: Profile, files: readonly string[], line: number): (name: string) => boolean {
  if (labels === undefined) return () => false;
  const keys = new Set<number>();
  for (let label = 0; label < labels.key.length; label++) if (strings[labels.key[label]!] === 'lock name') keys.add(labels.text[label]!);
  let longest = 0;
  const found = new Map<string, number>();
  for (const key of keys) {
    const [, file, at] = NAME.exec(strings[key]!) ?? [];
    if (file === undefined || Number(at) !== line || !files.some((one) => endsWithPath(one, file))) continue;
    found.set(strings[key]!, file.length);
    longest = Math.max(longest, file.length);
  }
  return (name) => found.get(name) === longest && longest > 0;
}

/** Whether `path` is `end`, or ends with it after a separator. */
function endsWithPath(path: string, end: string): boolean {
  const [whole, part] = [path.replaceAll('\\', '/'), end.replaceAll('\\', '/')];
  return whole === part || whole.endsWith(`/${part}`);
}

function holds(heldBy: string, files: readonly string[], line: number): boolean {
  const [, , , file, at] = HOLDER.exec(heldBy) ?? [];
  return file !== undefined && Number(at) === line && files.some((one) => endsWithPath(one, file));
}

/** The function that a holder's text names, as far as the profile has it. */
function holderPlace({ functions, strings }: Profile, text: string): { func: number; line: number } {
  const [, , name, file, at] = HOLDER.exec(text) ?? [];
  const line = Number(at);
  let best = -1;
  if (file !== undefined)
    for (let func = 0; func < functions.length; func++) {
      const start = functions.startLine[func]!;
      if (strings[functions.name[func]!] !== name || start > line || !endsWithPath(strings[functions.file[func]!]!, file)) continue;
      if (best < 0 || start > functions.startLine[best]!) best = func;
    }
  return { func: best, line: best < 0 ? 0 : line };
}

/** `save (store.py:31)`. */
export function placeText({ functions, strings }: Profile, func: number, line: number): string {
  const file = strings[functions.file[func]!]!.split(/[\\/]/).at(-1)!;
  return `${strings[functions.name[func]!]!} (${file}${line > 0 ? `:${line}` : ''})`;
}

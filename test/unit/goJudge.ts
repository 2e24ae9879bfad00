// `go tool pprof` as the judge of figures, and ours under its names.
import { type ExecFileSyncOptions, execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';

export const hasGo = spawnSync('go', ['version']).status === 0;

let pprof: string | undefined;

/**
 * What `go tool pprof` prints. Go is asked once where its tool lies: each time it would look whether that has to be built anew, which takes
 * many times longer than what the tool does.
 * @throws Error when it ends with another status than 0
 */
export function goPprof(args: readonly string[], options: ExecFileSyncOptions = {}): string {
  pprof ??= whereIs('pprof');
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync(pprof, args, { stdio: [...stdio], maxBuffer: 1 << 28, ...options, encoding: 'utf8' });
}

function whereIs(tool: string): string {
  const told = () => execFileSync('go', ['tool', '-n', tool], { encoding: 'utf8' }).trim();
  // It is built when it is first used.
  if (!existsSync(told())) spawnSync('go', ['tool', tool, '-h']);
  return told();
}

/** Our units as pprof's -unit takes them. */
export const UNITS: Record<string, string> = { nanoseconds: 'ns', bytes: 'B', count: 'count' };

/** Flat and cum by name. */
export type Rows = Record<string, [flat: number, cum: number]>;

/** Rows of `go tool pprof -top`, by name; exact numbers in the smallest unit. */
export function judge(
  path: string,
  type: string,
  unit: string,
  granularity: string,
  flags: readonly string[] = [],
): { rows: Rows; total: number } {
  const all = ['-nodecount=1000000', '-nodefraction=0', '-edgefraction=0', `-unit=${unit}`];
  const text = goPprof(['-top', granularity, ...all, ...flags, `-sample_index=${type}`, path]);
  const rows: Rows = {};
  for (const line of text.split('\n')) {
    const match = /^\s*(-?[\d.]+)\D*?\s+[\d.e+-]+%\s+[\d.e+-]+%\s+(-?[\d.]+)\D*?\s+[\d.e+-]+%\s+(.+?)( \((?:partial-)?inline\))?$/.exec(
      line,
    );
    const plain = match ?? /^\s*(0)\s+0%\s+[\d.e+-]+%\s+(-?[\d.]+)\D*?\s+[\d.e+-]+%\s+(.+?)( \((?:partial-)?inline\))?$/.exec(line);
    if (plain !== null) rows[plain[3]!] = [Number(plain[1]), Number(plain[2])];
  }
  const total = Number(/of (-?[\d.]+)\S* total/.exec(text)![1]);
  return { rows, total };
}

/** A name as Go's tool prints it: of a generic function's types it takes `(…)` for parameters, and leaves them out. */
export function goName(name: string): string {
  return name.replace(/\[.*\]/, (types) => {
    let [before, after] = ['', types];
    while (before !== after) [before, after] = [after, after.replace(/\([^()]*\)/g, '')];
    return after;
  });
}

/** Ours, under the judge's names: the name and file of a function, or a line. Rows of nothing are left out, as there. */
export function functionsOf(profile: Profile, type: number): Rows {
  const { self, total } = functionTable(profile, { type });
  const rows: Rows = {};
  for (let func = 0; func < profile.functions.length; func++) {
    if (self[func] === 0 && total[func] === 0) continue;
    const file = profile.strings[profile.functions.file[func]!]!;
    // Go calls a frame that it knows nothing of so.
    const name = `${goName(profile.strings[profile.functions.name[func]!]!)} ${file}`.trim() || '<unknown>';
    expect(Object.hasOwn(rows, name), `two functions ${name}`).toBe(false);
    rows[name] = [self[func]!, total[func]!];
  }
  return rows;
}

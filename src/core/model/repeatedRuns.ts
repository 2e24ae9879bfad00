import { mergeProfiles } from './merge.js';
import type { Profile } from './profile.js';

/** Several runs as one: their sum, and which function of each run is which of the sum (-1: the run has none such). */
export interface RunSum {
  readonly profile: Profile;
  readonly runs: readonly Profile[];
  readonly functions: readonly Int32Array[];
}

/** Adds up runs of one program; a single run is itself, without a copy. */
export function sumRuns(runs: readonly Profile[]): RunSum {
  if (runs.length === 1) return { profile: runs[0]!, runs, functions: [Int32Array.from(runs[0]!.functions.name, (_, func) => func)] };
  const profile = mergeProfiles(runs, { sumTimes: true });
  const ofKey = new Map<string, number>();
  each(profile, (key, func) => ofKey.set(key, func));
  const functions = runs.map((run) => {
    const found = new Int32Array(profile.functions.length).fill(-1);
    each(run, (key, func) => {
      const sum = ofKey.get(key);
      if (sum !== undefined) found[sum] = func;
    });
    return found;
  });
  return { profile, runs, functions };
}

/** Functions are the same where name, file and first line are, as for merging. */
function each({ functions, strings }: Profile, visit: (key: string, func: number) => void): void {
  const { name, systemName, file, startLine } = functions;
  for (let func = 0; func < functions.length; func++) {
    visit(`${strings[name[func]!]}\n${strings[systemName[func]!]}\n${strings[file[func]!]}\n${startLine[func]}`, func);
  }
}

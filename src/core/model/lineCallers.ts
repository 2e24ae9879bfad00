import { sumPairs } from './pairs.js';
import type { Profile, ViewSpec } from './profile.js';
import { weigh } from './weights.js';

/** A place that calls, with what its calls took. */
export interface CallSite {
  /** The function that calls. */
  readonly func: number;
  /** As recorded, 1-based; 0 where the profile does not say. */
  readonly line: number;
  readonly total: number;
}

/**
 * Who called the function of one source line while that line ran, largest first: stacks in which a frame stands on the line,
 * by the place that called this frame, each stack counted once a place. Only samples know this; counted types give nothing.
 * @param files names of the line's file in the profile @param line as recorded, 1-based
 */
export function lineCallers(profile: Profile, spec: ViewSpec, files: readonly string[], line: number): CallSite[] {
  const { lines, functions, strings } = profile;
  const wanted = new Set(files);
  const here = new Uint8Array(lines.length);
  /** First row of `lines` with the same function and line: what a place is counted under. */
  const placeOf = new Uint32Array(lines.length);
  const known = new Map<number, number>();
  for (let i = 0; i < lines.length; i++) {
    const func = lines.func[i]!;
    if (lines.line[i] === line && wanted.has(strings[functions.file[func]!]!)) here[i] = 1;
    const pair = func * 2 ** 31 + lines.line[i]!;
    placeOf[i] = known.get(pair) ?? i;
    if (!known.has(pair)) known.set(pair, i);
  }
  const { value } = weigh(profile, spec);
  const { total } = sumPairs(profile, value, here, (above, below) => (here[below] === 1 ? placeOf[above]! : -1));
  return Array.from(total, ([place, sum]) => ({ func: lines.func[place]!, line: lines.line[place]!, total: sum })).sort(
    (a, b) => b.total - a.total || a.func - b.func || a.line - b.line,
  );
}

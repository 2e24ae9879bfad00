import { sumPairs } from './pairs.js';
import type { Profile, ViewSpec } from './profile.js';
import { weigh } from './weights.js';

/**
 * What one source line called, largest first: stacks in which a frame stands on the line and calls the function, each
 * stack counted once. Only samples know this; counted types give nothing.
 * @param files names of the line's file in the profile @param line as recorded, 1-based
 */
export function lineCallees(profile: Profile, spec: ViewSpec, files: readonly string[], line: number): { func: number; total: number }[] {
  const { lines, functions, strings } = profile;
  const wanted = new Set(files);
  const here = new Uint8Array(lines.length);
  for (let i = 0; i < lines.length; i++) {
    if (lines.line[i] === line && wanted.has(strings[functions.file[lines.func[i]!]!]!)) here[i] = 1;
  }
  const { value } = weigh(profile, spec);
  const { total } = sumPairs(profile, value, here, (above, below) => (here[above] === 1 ? lines.func[below]! : -1));
  return Array.from(total, ([func, sum]) => ({ func, total: sum })).sort((a, b) => b.total - a.total);
}

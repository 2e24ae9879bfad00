import type { Profile, ViewSpec } from './profile.js';
import { stackRows } from './stackRows.js';
import { weigh } from './weights.js';

/**
 * What one source line called, largest first: stacks in which a frame stands on the line and calls the function, each
 * stack counted once. Only samples know this; counted types give nothing.
 * @param files names of the line's file in the profile @param line as recorded, 1-based
 */
export function lineCallees(profile: Profile, spec: ViewSpec, files: readonly string[], line: number): { func: number; total: number }[] {
  const { locations, lines, functions, strings } = profile;
  const wanted = new Set(files);
  const here = new Uint8Array(lines.length);
  for (let i = 0; i < lines.length; i++) {
    if (lines.line[i] === line && wanted.has(strings[functions.file[lines.func[i]!]!]!)) here[i] = 1;
  }
  const rows = stackRows(profile);
  const { value } = weigh(profile, spec);
  const total = new Map<number, number>();
  const seen = new Map<number, number>();
  for (let row = 0; row < rows.length; row++) {
    if (value[row] === 0) continue;
    let below = -1;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const location = rows.location[at]!;
      for (let i = locations.firstLine[location]!; i < locations.firstLine[location + 1]!; i++) {
        if (below >= 0 && here[i] === 1 && seen.get(below) !== row) {
          seen.set(below, row);
          total.set(below, (total.get(below) ?? 0) + value[row]!);
        }
        below = lines.func[i]!;
      }
    }
  }
  return Array.from(total, ([func, sum]) => ({ func, total: sum })).sort((a, b) => b.total - a.total);
}

import { accumulate } from './accumulate.js';
import type { Profile, ViewSpec } from './profile.js';
import { lineCostsOf, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** What one line of one function took. */
export interface FunctionLine {
  /** 1-based; 0 where the file does not say. */
  readonly line: number;
  readonly self: number;
  readonly total: number;
}

/**
 * Figures per (function, line), as `go tool pprof -list` groups them: unlike the lines of a file, a line that two
 * functions share (a lambda in a call) is one line of each. Gives the lines of a function, in order.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function functionLines(profile: Profile, spec: ViewSpec): (func: number) => FunctionLine[] {
  const ofFunction = new Map<number, FunctionLine[]>();
  const add = (func: number, line: FunctionLine) => {
    if (line.self === 0 && line.total === 0) return;
    const known = ofFunction.get(func);
    if (known === undefined) ofFunction.set(func, [line]);
    else known.push(line);
  };
  const summed = summedFigures(profile, spec.type);
  const costs = lineCostsOf(profile, spec.type);
  if (costs !== undefined) {
    for (let row = 0; row < costs.length; row++) {
      const func = costs.func[row]!;
      // Inlined code has its lines in another file.
      if (costs.file[row] !== profile.functions.file[func]) continue;
      add(func, { line: costs.line[row]!, self: costs.self[row]!, total: costs.total[row]! });
    }
  } else if (summed !== undefined) {
    // Counts know no lines: the whole function stands at its first one.
    for (let func = 0; func < profile.functions.length; func++) {
      add(func, { line: profile.functions.startLine[func]!, self: summed.self[func]!, total: summed.total[func]! });
    }
  } else {
    const { func, line } = profile.lines;
    const keyOf = new Uint32Array(profile.lines.length);
    const firstRow: number[] = [];
    const known = new Map<number, number>();
    for (let row = 0; row < keyOf.length; row++) {
      const pair = func[row]! * 2 ** 31 + line[row]!;
      let key = known.get(pair);
      if (key === undefined) {
        key = firstRow.push(row) - 1;
        known.set(pair, key);
      }
      keyOf[row] = key;
    }
    const { self, total } = accumulate(profile, weigh(profile, spec), keyOf, firstRow.length);
    for (const [key, row] of firstRow.entries()) add(func[row]!, { line: line[row]!, self: self[key]!, total: total[key]! });
  }
  return (func) => (ofFunction.get(func) ?? []).sort((a, b) => a.line - b.line);
}

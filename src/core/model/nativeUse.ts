import { nativeRows } from './native.js';
import type { Profile, ViewSpec } from './profile.js';
import { isSummed } from './summed.js';
import { type Weights, weigh } from './weights.js';

/** A library, and what of a line's or function's figures was spent in it. */
export interface NativePart {
  readonly library: string;
  readonly value: number;
}

/** What lines and functions of Python spent in compiled code that they called themselves, the interpreter's own left out; largest first. */
export interface NativeUse {
  ofFunction(func: number): readonly NativePart[];
  /** @param file as it is called in the profile @param line as recorded, 1-based */
  ofLine(file: string, line: number): readonly NativePart[];
}

/**
 * Of each view: stacks that end in a library below a line of Python, by that line. Undefined where the profile does not tell compiled
 * code from Python, as most engines do not.
 * @param weights what stacks weigh in this view, if that is known already
 */
export function nativeUse(profile: Profile, spec: ViewSpec, weights: () => Weights = () => weigh(profile, spec)): NativeUse | undefined {
  if (isSummed(profile, spec.type)) return undefined;
  const rows = nativeRows(profile);
  if (rows === undefined) return undefined;
  const { lines, functions, strings } = profile;
  const { value } = weights();
  const ofFunction = new Map<number, Map<number, number>>();
  const ofLine = new Map<string, Map<number, number>>();
  for (let row = 0; row < value.length; row++) {
    const library = rows.library[row]!;
    if (library < 0 || value[row] === 0) continue;
    const line = rows.caller[row]!;
    const func = lines.func[line]!;
    add(ofFunction, func, library, value[row]!);
    if (lines.line[line]! > 0) add(ofLine, placeOf(strings[functions.file[func]!]!, lines.line[line]!), library, value[row]!);
  }
  const list = (sums: ReadonlyMap<number, number> | undefined): NativePart[] =>
    Array.from(sums ?? [], ([library, sum]) => ({ library: rows.libraries[library]!, value: sum })).sort(
      (a, b) => b.value - a.value || (a.library < b.library ? -1 : 1),
    );
  return {
    ofFunction: (func) => list(ofFunction.get(func)),
    ofLine: (file, line) => list(ofLine.get(placeOf(file, line))),
  };
}

const placeOf = (file: string, line: number): string => `${line}:${file}`;

function add<K>(sums: Map<K, Map<number, number>>, key: K, library: number, value: number): void {
  const known = sums.get(key);
  if (known === undefined) sums.set(key, new Map([[library, value]]));
  else known.set(library, (known.get(library) ?? 0) + value);
}

import { accumulate } from './accumulate.js';
import { addNative } from './native.js';
import type { Profile, ViewSpec } from './profile.js';
import { lineCostsOf, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** What several lines took together. */
export interface LineSetFigures {
  readonly self: number;
  /** Each stack counted once, however many of the lines it passes; null for sums, which cannot tell. */
  readonly total: number | null;
  /** Samples behind `self`; null for sums. */
  readonly samples: number | null;
  /** The whole of the view. */
  readonly sum: number;
}

/**
 * Figures of a set of lines of one file.
 * @param files names of the file in the profile
 * @param wanted lines as recorded, 1-based; undefined for all
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function lineSet(profile: Profile, spec: ViewSpec, files: readonly string[], wanted?: ReadonlySet<number>): LineSetFigures {
  const { lines, functions, strings } = profile;
  const names = new Set(files);
  const isIn = (file: number, line: number) => names.has(strings[file]!) && (wanted === undefined || wanted.has(line));
  const summed = summedFigures(profile, spec.type);
  if (summed !== undefined) {
    const sum = summed.self.reduce((all, own) => all + own, 0);
    const costs = lineCostsOf(profile, spec.type);
    let self = 0;
    if (costs !== undefined) {
      for (let row = 0; row < costs.length; row++) if (isIn(costs.file[row]!, costs.line[row]!)) self += costs.self[row]!;
    } else {
      for (let func = 0; func < functions.length; func++)
        if (isIn(functions.file[func]!, functions.startLine[func]!)) self += summed.self[func]!;
    }
    return { self, total: null, samples: null, sum };
  }
  const weights = weigh(profile, spec);
  const keyOf = new Int32Array(lines.length);
  for (let i = 0; i < lines.length; i++) keyOf[i] = isIn(functions.file[lines.func[i]!]!, lines.line[i]!) ? 0 : -1;
  const sums = accumulate(profile, weights, keyOf, 1);
  addNative(profile, weights, keyOf, sums);
  const { self, total, selfSamples } = sums;
  return { self: self[0]!, total: total[0]!, samples: selfSamples[0]!, sum: weights.total };
}

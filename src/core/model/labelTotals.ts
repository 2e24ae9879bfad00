/** What samples sum up to by a label that they bear, such as the test that ran. */
import type { Profile, ViewSpec } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { rangeParts } from './timing.js';
import { chosenRows, chosenSamples, sampleCounts } from './weights.js';

/** All samples with one value of a label. */
export interface LabelTotal {
  readonly value: string;
  /** In the value type's unit; right to 15 digits. */
  readonly total: number;
  /** How many samples that rests on. */
  readonly samples: number;
}

/**
 * Sums per value of a label of text, largest first; samples without it are in none.
 * @throws UserError for filters that are no regular expressions
 */
export function labelTotals(profile: Profile, spec: ViewSpec, key: string): LabelTotal[] {
  const { strings, samples } = profile;
  const { labels } = samples;
  const column = samples.values[spec.type];
  if (labels === undefined || column === undefined || column.length === 0) return [];
  const chosen = chosenSamples(profile, spec);
  const rows = chosenRows(profile, spec);
  const parts = spec.range === undefined ? undefined : rangeParts(profile, spec.range, spec.type);
  const { ofSample } = stackIndex(profile);
  const counts = sampleCounts(profile, spec);
  const sums = new Map<number, { total: number; samples: number }>();
  for (let sample = 0; sample < samples.length; sample++) {
    const part = parts?.[sample] ?? 1;
    if (part === 0 || chosen?.[sample] === 0 || rows?.[ofSample[sample]!] === 0) continue;
    for (let label = labels.first[sample]!; label < labels.first[sample + 1]!; label++) {
      if (labels.text[label] === 0 || strings[labels.key[label]!] !== key) continue;
      const sum = sums.get(labels.text[label]!) ?? { total: 0, samples: 0 };
      sum.total += Number(column[sample]!) * part;
      sum.samples += counts === undefined ? 1 : Number(counts[sample]!);
      sums.set(labels.text[label]!, sum);
    }
  }
  return Array.from(sums, ([text, sum]) => ({ value: strings[text]!, ...sum })).sort(
    (a, b) => b.total - a.total || (a.value < b.value ? -1 : 1),
  );
}

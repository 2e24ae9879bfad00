import { wholeTotal } from '../../core/model/functionTable.js';
import type { Profile } from '../../core/model/profile.js';
import { statesOf } from '../../core/model/states.js';
import { summarize } from '../../core/model/summary.js';
import { isSummed } from '../../core/model/summed.js';
import { timeExtent } from '../../core/model/timing.js';
import { weigh } from '../../core/model/weights.js';
import type { ProfileFacts } from './queries.js';

/** What is told of a profile when it is opened. */
export function factsOf(profile: Profile): ProfileFacts {
  const sampled = profile.sampleTypes.findIndex((_, type) => !isSummed(profile, type));
  const files = new Set<number>(profile.functions.file);
  let samples = 0;
  const totals = profile.sampleTypes.map((_, type) => {
    if (type !== sampled) return wholeTotal(profile, type);
    const weights = weigh(profile, { type });
    samples = weights.samples;
    return weights.total;
  });
  return {
    format: profile.format,
    valueTypes: profile.sampleTypes,
    defaultType: profile.defaultType,
    totals,
    samples,
    functions: profile.functions.length,
    threads: profile.threads,
    durationNanos: profile.durationNanos ?? null,
    timeNanos: profile.timeNanos === undefined ? null : String(profile.timeNanos),
    period: profile.period,
    periodType: profile.periodType ?? null,
    comments: profile.comments,
    quality: profile.quality,
    warnings: profile.warnings,
    times: timesOf(profile),
    labelKeys: labelKeysOf(profile),
    states: statesOf(profile) ?? null,
    treeIsEstimate: isSummed(profile, profile.defaultType),
    hasCalls: profile.calls !== undefined,
    summary: summarize(profile),
    files: Array.from(files, (name) => profile.strings[name] ?? ''),
  };
}

function timesOf(profile: Profile): ProfileFacts['times'] {
  const extent = timeExtent(profile);
  return extent === undefined ? null : { from: extent.from, to: extent.to };
}

function labelKeysOf({ samples: { labels }, strings }: Profile): string[] {
  const keys = new Set<number>();
  if (labels !== undefined)
    for (let label = 0; label < labels.key.length; label++) if (labels.text[label] !== 0) keys.add(labels.key[label]!);
  return Array.from(keys, (key) => strings[key]!);
}

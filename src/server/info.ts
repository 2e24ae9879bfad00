import { wholeTotal } from '../core/model/functionTable.js';
import type { Profile } from '../core/model/profile.js';
import { summarize } from '../core/model/summary.js';
import { isSummed } from '../core/model/summed.js';
import { weigh } from '../core/model/weights.js';
import type { RecordingMeta } from '../core/recording.js';
import type { ProfileId, ProfileInfo } from '../protocol/lsp.js';

/** What is told of a profile when it is opened. @param label what to call it where there is no recording */
export function makeInfo(id: ProfileId, uri: string, label: string, profile: Profile, meta: RecordingMeta | null): ProfileInfo {
  const sampled = profile.sampleTypes.findIndex((_, type) => !isSummed(profile, type));
  const duration = profile.durationNanos ?? (meta && Number.isFinite(meta.durationSeconds) ? meta.durationSeconds * 1e9 : null);
  return {
    id,
    uri,
    label: meta?.label || label,
    format: profile.format,
    valueTypes: profile.sampleTypes,
    defaultType: profile.defaultType,
    totals: profile.sampleTypes.map((_, type) => wholeTotal(profile, type)),
    samples: sampled < 0 ? 0 : weigh(profile, { type: sampled }).samples,
    functions: profile.functions.length,
    threads: profile.threads,
    durationNanos: duration,
    timeNanos: profile.timeNanos === undefined ? null : String(profile.timeNanos),
    period: profile.period,
    periodType: profile.periodType ?? null,
    comments: profile.comments,
    quality: profile.quality,
    warnings: profile.warnings,
    treeIsEstimate: isSummed(profile, profile.defaultType),
    hasCalls: profile.calls !== undefined,
    recording: meta,
    summary: summarize(profile),
  };
}

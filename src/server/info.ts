import type { RecordingMeta } from '../core/recording.js';
import type { ProfileId, ProfileInfo } from '../protocol/lsp.js';
import type { ProfileFacts } from './analysis/queries.js';

/** What is told of a profile when it is opened. @param label what to call it where there is no recording */
export function makeInfo(id: ProfileId, uri: string, label: string, facts: ProfileFacts, meta: RecordingMeta | null): ProfileInfo {
  const { files: _, ...told } = facts;
  const duration = facts.durationNanos ?? (meta && Number.isFinite(meta.durationSeconds) ? meta.durationSeconds * 1e9 : null);
  return { ...told, id, uri, label: meta?.label || label, durationNanos: duration, recording: meta };
}

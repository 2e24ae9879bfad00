/** What a page knows of a comparison before it asks. Pure. */
import type { ProfileInfo } from '../../protocol/lsp.js';
import type { CompareMethod, PageCompared } from '../../protocol/webview.js';
import { baselineLabel, besideOf, comparedWith, type Session } from '../session.js';

const METHODS: readonly CompareMethod[] = [
  'compare/summary',
  'compare/functions',
  'compare/lines',
  'compare/flame',
  'compare/tree',
  'compare/treePath',
];

export function isCompareMethod(method: unknown): method is CompareMethod {
  return METHODS.includes(method as CompareMethod);
}

/** What a page is told of the comparison; null without a baseline. */
export function pageCompared(session: Session, info: ProfileInfo): PageCompared | null {
  const { baseline } = session;
  if (!baseline) return null;
  const ids = comparedWith(session, info);
  const more = besideOf(session, info);
  return {
    label: baselineLabel(baseline),
    runs: baseline.runs.length,
    newRuns: more.length + 1,
    isItself: ids.length === 0,
    ...([info, ...baseline.runs].every(isOfWindows) ? { windows: true as const } : {}),
    durations: info.durationNanos !== null && baseline.runs.every(({ durationNanos }) => durationNanos !== null),
    key: JSON.stringify([ids, more]),
  };
}

/** A sum of windows says how many they were. */
function isOfWindows({ comments }: ProfileInfo): boolean {
  return comments.some((comment) => /^windows=\d+$/.test(comment));
}

import type { Quality } from '../../model/profile.js';

/** Comments that begin so hold the recorder's own facts as JSON. */
const PREFIX = 'heatline: ';
const TEXTS = ['engine', 'engineVersion', 'python'];
const NUMBERS = [
  'rateAsked',
  'rateGot',
  'errors',
  'missed',
  'cost',
  'timesWithin',
  'tracingSeconds',
  'tracingPerCallSeconds',
  'tracingPerBuiltinSeconds',
  'tracingPerMethodSeconds',
];

/** The facts in a comment, each of the type we expect; undefined for a comment that is not ours. */
export function parseQuality(comment: string): Quality | undefined {
  if (!comment.startsWith(PREFIX)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(comment.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const facts = value as Record<string, unknown>;
  const quality: Record<string, unknown> = {};
  for (const key of TEXTS) if (typeof facts[key] === 'string') quality[key] = facts[key];
  for (const key of NUMBERS) if (Number.isFinite(facts[key])) quality[key] = facts[key];
  if (Array.isArray(facts.notes)) quality.notes = facts.notes.filter((note) => typeof note === 'string');
  if (facts.rows === 'spans' || facts.rows === 'sums') quality.rows = facts.rows;
  if (facts.lasting === true) quality.lasting = true;
  return quality as Quality;
}

/** The comment that `parseQuality` reads; undefined when there is nothing to say. */
export function qualityComment(quality: Quality): string | undefined {
  return Object.keys(quality).length === 0 ? undefined : PREFIX + JSON.stringify(quality);
}

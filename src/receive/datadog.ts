import type { Part } from './form.js';
import { notAProfile } from './refusal.js';
import { nanosOf, type Upload } from './upload.js';

/** Bounds of what is read of the event; the form itself is bounded already. */
const LONGEST_EVENT = 2 ** 20;
/** Attachments that are no profiles: endpoints' counts, where code came from, metrics. */
const OTHER = /\.(?:json|txt|log)(?:\.zst|\.gz|\.lz4)?$/i;

/**
 * The profiles in what Datadog's libraries send to an agent, or to the intake: a form with `event.json` and one or more profiles (Python's one,
 * Go's several). @param origin header DD-EVP-ORIGIN @throws Refusal
 */
export function fromDatadog(parts: readonly Part[], origin: string, originVersion: string): Upload[] {
  const event = parts.find(({ name, fileName }) => name === 'event' || fileName === 'event.json');
  if (event === undefined) throw notAProfile('The form has no part event (event.json).');
  const facts = parseEvent(event.content);
  const told = tagsOf(facts.tags_profiler ?? facts.tags ?? facts.profiler_tags);
  for (const tag of tagsOf(facts.process_tags)) told.push(tag);
  const start = nanosOf(facts.start);
  const end = nanosOf(facts.end);
  const profiles = parts.filter((part) => part !== event && !OTHER.test(part.fileName || part.name));
  if (profiles.length === 0) throw notAProfile('The form has no profile.');
  const family = typeof facts.family === 'string' ? facts.family : '';
  return profiles.map(({ name, fileName, content }) => ({
    content,
    told: [...told, ['language', family], ...(profiles.length > 1 ? [['attachment', fileName || name] as const] : [])],
    startNanos: start,
    durationNanos: end > start ? Number(end - start) : 0,
    id: `${facts.start} ${facts.end} ${fileName || name}`,
    by: origin === '' ? undefined : { name: origin, version: originVersion },
  }));
}

function parseEvent(content: Uint8Array): Record<string, unknown> {
  try {
    if (content.length > LONGEST_EVENT) throw new Error('long');
    const value: unknown = JSON.parse(Buffer.from(content).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw notAProfile('event.json is no JSON object.');
}

/** `a:b,c:d`, or a list of such. */
function tagsOf(tags: unknown): [string, string][] {
  const list = typeof tags === 'string' ? tags.split(',') : Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  return list.flatMap((tag: string) => {
    const at = tag.indexOf(':');
    return at > 0 ? [[tag.slice(0, at).trim(), tag.slice(at + 1).trim()] as [string, string]] : [];
  });
}

import { Reader } from 'protobufjs/minimal';
import { isForm, readForm } from './form.js';
import { notAProfile, Refusal, tooLarge } from './refusal.js';
import type { Upload } from './upload.js';

/** Profiles in one push. */
const MOST_PROFILES = 1000;
const MOST_LABELS = 1000;

type Label = readonly [name: string, text: string];

/** What the query of `/ingest` says, and the body's own kind. */
export interface Ingest {
  readonly query: URLSearchParams;
  readonly contentType: string;
}

/**
 * The profiles in a message `push.v1.PushRequest` of Pyroscope's clients (https://github.com/grafana/pyroscope/blob/main/api/push/v1/push.proto).
 * @param agent header User-Agent @throws Refusal
 */
export function fromPush(body: Uint8Array, agent: string): Upload[] {
  const uploads: Upload[] = [];
  const reader = Reader.create(body);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.tag();
      if (tag === BLOCK_1) readSeries(reader, reader.uint32() + reader.pos, agent, uploads);
      else reader.skipType(tag & 7);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw notAProfile('The body is no whole message push.v1.PushRequest.');
  }
  return some(uploads);
}

/** The same as JSON, as Connect has it: bytes in base64. @throws Refusal */
export function fromPushJson(body: Uint8Array, agent: string): Upload[] {
  const uploads: Upload[] = [];
  try {
    const { series = [] } = JSON.parse(Buffer.from(body).toString('utf8'));
    for (const { labels = [], samples = [] } of series) {
      const told: Label[] = labels.map(({ name, value }: { name?: unknown; value?: unknown }) => [String(name ?? ''), String(value ?? '')]);
      for (const { rawProfile, raw_profile: raw, ID, id } of samples)
        uploads.push(upload(Buffer.from(String(rawProfile ?? raw ?? ''), 'base64'), told, String(ID ?? id ?? ''), agent));
    }
  } catch {
    throw notAProfile('The body is no push.v1.PushRequest in JSON.');
  }
  return some(uploads);
}

const BLOCK_1 = (1 << 3) | 2;
const BLOCK_2 = (2 << 3) | 2;

function readSeries(reader: Reader, end: number, agent: string, uploads: Upload[]): void {
  const told: Label[] = [];
  const samples: { content: Uint8Array; id: string }[] = [];
  blocks(reader, end, (tag, stop) => {
    if (tag === BLOCK_1) {
      const pair = ['', ''] as [string, string];
      texts(reader, stop, pair);
      if (told.length < MOST_LABELS) told.push(pair);
    } else if (tag === BLOCK_2) {
      const sample: { content: Uint8Array; id: string } = { content: new Uint8Array(), id: '' };
      blocks(reader, stop, (field, last) => {
        if (field === BLOCK_1) sample.content = reader.buf.subarray(reader.pos, last);
        else if (field === BLOCK_2) sample.id = Buffer.from(reader.buf.subarray(reader.pos, last)).toString('utf8');
        reader.pos = last;
      });
      if (uploads.length + samples.length >= MOST_PROFILES) throw tooLarge(`There are more than ${MOST_PROFILES} profiles in one push.`);
      samples.push(sample);
    }
    reader.pos = stop;
  });
  for (const { content, id } of samples) uploads.push(upload(content, told, id, agent));
}

/** Blocks of a message up to `end`; `take` gets each one's tag and end, and leaves the reader there. */
function blocks(reader: Reader, end: number, take: (tag: number, end: number) => void): void {
  if (end > reader.len) throw new RangeError('cut');
  while (reader.pos < end) {
    const tag = reader.tag();
    if ((tag & 7) !== 2) {
      reader.skipType(tag & 7);
      continue;
    }
    const stop = reader.uint32() + reader.pos;
    if (stop > end) throw new RangeError('cut');
    take(tag, stop);
  }
}

function texts(reader: Reader, end: number, into: [string, string]): void {
  blocks(reader, end, (tag, stop) => {
    const field = tag >>> 3;
    if (field === 1 || field === 2) into[field - 1] = Buffer.from(reader.buf.subarray(reader.pos, stop)).toString('utf8');
    reader.pos = stop;
  });
}

function upload(content: Uint8Array, labels: readonly Label[], id: string, agent: string): Upload {
  const find = (name: string) => labels.find(([known]) => known === name)?.[1] ?? '';
  const told = labels.map(([name, text]) => [name === '__name__' ? 'profile_type' : name, text] as const);
  if (id !== '') told.push(['profile_id', id]);
  // pyroscope-rs/pyspy/1.4.0 reqwest
  const version = find('otel.scope.version') || (/\/([\d.]+\w*)(?:\s|$)/.exec(agent)?.[1] ?? '');
  return { content, told, startNanos: 0n, durationNanos: 0, id, by: { name: find('otel.scope.name') || 'pyroscope', version } };
}

function some(uploads: Upload[]): Upload[] {
  if (uploads.length === 0) throw notAProfile('There is no profile in it.');
  return uploads;
}

/** What `/ingest` takes beside pprof is known by its content, and written as pprof. */
const UNDERSTOOD = ['pprof', 'jfr', 'speedscope', 'lines', 'groups', 'folded', ''];

/** The profile of Pyroscope's older `/ingest?name=app{label=text}&from=…&until=…&format=pprof`, alone or in a form. @throws Refusal */
export async function fromIngest(body: Uint8Array<ArrayBuffer>, { query, contentType }: Ingest): Promise<Upload[]> {
  const told = parseName(query.get('name') ?? '');
  const format = query.get('format') ?? '';
  if (!UNDERSTOOD.includes(format) || contentType.includes('octet-stream+'))
    throw new Refusal(
      415,
      'unsupported',
      `Profiles of the format ${(format || contentType).slice(0, 40)} are not understood: pprof, jfr, speedscope and lines are.`,
    );
  let content: Uint8Array = body;
  if (isForm(contentType)) {
    const parts = await readForm(body, contentType);
    const part = (name: string) => parts.find((one) => one.name === name)?.content;
    if (part('prev_profile') !== undefined)
      throw new Refusal(415, 'unsupported', 'prev_profile is not understood: a newer version of the client sends differences itself.');
    const found = part('profile') ?? part('jfr') ?? part('pprof');
    if (found === undefined) throw notAProfile('The form has no part profile.');
    content = found;
  }
  if (content.length === 0) throw notAProfile('The profile is empty.');
  const from = unixNanos(query.get('from'));
  const until = unixNanos(query.get('until'));
  const spy = query.get('spyName') ?? '';
  return [
    {
      content,
      told: spy === '' ? told : [...told, ['pyroscope_spy', spy]],
      startNanos: from,
      durationNanos: until > from && from > 0n ? Number(until - from) : 0,
      id: `${query.get('name')} ${query.get('from')} ${query.get('until')}`,
      by: { name: 'pyroscope', version: '' },
    },
  ];
}

/** `app{region=eu,version=1}`: the name is the service unless a label says so. @throws Refusal */
function parseName(name: string): Label[] {
  const parts = /^([^{]*)(?:\{(.*)\})?\s*$/s.exec(name);
  if (parts === null || parts[1]!.trim() === '') throw notAProfile('name= wants to be like app{label=text}.');
  const labels = (parts[2] ?? '').split(',').flatMap((pair): Label[] => {
    const at = pair.indexOf('=');
    return at > 0
      ? [
          [
            pair.slice(0, at).trim(),
            pair
              .slice(at + 1)
              .trim()
              .replace(/^"(.*)"$/, '$1'),
          ],
        ]
      : [];
  });
  return [...labels.filter(([known]) => known !== '__name__'), ['service', parts[1]!.trim()]];
}

/** Unix time in seconds, milliseconds, microseconds or nanoseconds, as its length says; 0 for other texts. */
function unixNanos(text: string | null): bigint {
  if (text === null || !/^\d{9,19}$/.test(text)) return 0n;
  const missing = text.length <= 11 ? 9n : text.length <= 14 ? 6n : text.length <= 17 ? 3n : 0n;
  return BigInt(text) * 10n ** missing;
}

import type { IncomingHttpHeaders } from 'node:http';
import { ProtoWriter } from '../core/formats/pprof/protoWriter.js';
import { fromDatadog } from './datadog.js';
import { isForm, readForm } from './form.js';
import { fromOtlp } from './otlp.js';
import { fromIngest, fromPush, fromPushJson } from './pyroscope.js';
import { notAProfile, Refusal } from './refusal.js';
import type { Upload } from './upload.js';

/** A request for profiles, whose body is whole and has no packing of the transport any more. */
export interface Delivery {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
}

/** What is answered. */
export interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** One way in which clients send profiles: what they send, and how they want to be answered. */
export interface Route {
  /** @throws Refusal */
  read(delivery: Delivery): Upload[] | Promise<Upload[]>;
  done(headers: IncomingHttpHeaders): Answer;
  refused(refusal: Refusal, headers: IncomingHttpHeaders): Answer;
}

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
export const NO_GRPC = 'gRPC is not spoken here: set the exporter to http/protobuf or http/json, with /v1development/profiles as its path.';

const datadog: Route = {
  async read({ body, headers }) {
    const type = headers['content-type'] ?? '';
    if (!isForm(type)) throw notAProfile('It wants to be a form (multipart/form-data) with event.json and a profile.');
    return fromDatadog(await readForm(body, type), text(headers['dd-evp-origin']), text(headers['dd-evp-origin-version']));
  },
  done: () => ({ type: JSON_TYPE, body: '{}' }),
  refused: ({ message }) => ({ type: JSON_TYPE, body: JSON.stringify({ errors: [message] }) }),
};

const ingest: Route = {
  read: ({ body, headers, query }) => fromIngest(body, { query, contentType: headers['content-type'] ?? '' }),
  done: () => ({ type: 'text/plain; charset=utf-8', body: '' }),
  refused: ({ message }) => ({ type: 'text/plain; charset=utf-8', body: `${message}\n` }),
};

/** Connect's unary calls (https://connectrpc.com/docs/protocol). */
const push: Route = {
  read({ body, headers }) {
    const type = text(headers['content-type']);
    const agent = text(headers['user-agent']);
    if (type.startsWith('application/proto')) return fromPush(body, agent);
    if (type.startsWith(JSON_TYPE)) return fromPushJson(body, agent);
    throw new Refusal(415, 'unsupported', 'It wants to be application/proto or application/json.');
  },
  done: (headers) => (isJson(headers) ? { type: JSON_TYPE, body: '{}' } : { type: 'application/proto', body: '' }),
  refused: ({ status, message }) => ({ type: JSON_TYPE, body: JSON.stringify({ code: connectCode(status), message }) }),
};

const otlp: Route = {
  read({ body, headers }) {
    if (text(headers['content-type']).startsWith('application/grpc')) throw new Refusal(415, 'unsupported', NO_GRPC);
    return fromOtlp(body, isJson(headers));
  },
  done: (headers) => (isJson(headers) ? { type: JSON_TYPE, body: '{}' } : { type: PROTOBUF, body: '' }),
  refused({ status, message }, headers) {
    const code = GRPC[connectCode(status)]!;
    if (isJson(headers)) return { type: JSON_TYPE, body: JSON.stringify({ code, message }) };
    const out = new ProtoWriter();
    out.number(1, code);
    out.text(2, message);
    return { type: PROTOBUF, body: Buffer.from(out.done()) };
  },
};

/** By path; all are POST. */
export const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/profiling/v1/input', datadog],
  // The same without an agent between.
  ['/api/v2/profile', datadog],
  ['/v1/input', datadog],
  ['/ingest', ingest],
  ['/push.v1.PusherService/Push', push],
  ['/v1development/profiles', otlp],
  ['/v1/profiles', otlp],
  // Where gRPC's calls go, to tell them so.
  ['/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export', otlp],
]);

/** What is told to those who ask first; nothing of it is secret. */
export const PAGES: ReadonlyMap<string, Answer> = new Map([
  // Datadog's libraries ask an agent what it takes.
  [
    '/info',
    { type: JSON_TYPE, body: JSON.stringify({ version: '0.0.0', endpoints: ['/profiling/v1/input'], client_drop_p0s: false, config: {} }) },
  ],
  ['/ready', { type: 'text/plain; charset=utf-8', body: 'ready\n' }],
  [
    '/',
    {
      type: 'text/plain; charset=utf-8',
      body: `heatline receive takes profiles at\n${[...ROUTES.keys()]
        .filter((path) => !path.startsWith('/opentelemetry.'))
        .map((path) => `  POST ${path}\n`)
        .join('')}`,
    },
  ],
]);

function connectCode(status: number): string {
  return CONNECT[status] ?? 'internal';
}

const CONNECT: Readonly<Record<number, string>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  408: 'deadline_exceeded',
  413: 'resource_exhausted',
  415: 'invalid_argument',
  422: 'out_of_range',
  429: 'resource_exhausted',
  503: 'unavailable',
  507: 'resource_exhausted',
};
const GRPC: Readonly<Record<string, number>> = {
  invalid_argument: 3,
  deadline_exceeded: 4,
  permission_denied: 7,
  resource_exhausted: 8,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};

function isJson(headers: IncomingHttpHeaders): boolean {
  return text(headers['content-type']).startsWith(JSON_TYPE);
}

function text(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

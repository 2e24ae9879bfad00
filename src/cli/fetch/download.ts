import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, rootCertificates, connect as tlsConnect } from 'node:tls';
import { bareHost, decoded, showUrl } from '../../core/address.js';
import { ReadError } from '../../core/errors.js';
import { proxyFor, refusal, requestOf, tunnel, unreachable, type WebProxy } from './proxy.js';

/** Redirects that are followed, largest answer in bytes, what is kept of an answer that is an error, and waits in milliseconds. */
const MAX_REDIRECTS = 5;
const MAX_BYTES = 2 ** 30;
const MAX_ERROR_TEXT = 4096;
const CONNECT = 10_000;
const IDLE = 30_000;
/** Longest time for a whole answer once it has begun: a service that drips is no service. */
const BODY = 600_000;

export interface DownloadOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** PEM of authorities to trust beside the usual ones; of our own certificate and its key. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  /** Longest wait for the first byte of the answer, in milliseconds. */
  readonly wait: number;
  readonly signal?: AbortSignal;
  progress?(received: number): void;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  /** Content-Encoding in lower case; '' for none. */
  readonly encoding: string;
  readonly body: Buffer;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

/** Gets a URL, following redirects; an answer that is an error keeps only its beginning. @throws ReadError `io`, `too-large` */
export async function download(start: URL, options: DownloadOptions): Promise<Answer> {
  let url = start;
  let headers = options.headers;
  for (let redirects = 0; ; redirects++) {
    const answer = await once(url, { ...options, headers });
    if (!(answer.location !== undefined && [301, 302, 303, 307, 308].includes(answer.status))) return answer;
    if (redirects === MAX_REDIRECTS) throw new ReadError('io', `It was redirected more than ${MAX_REDIRECTS} times.`);
    const next = resolve(answer.location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new ReadError('io', `It redirects from https to ${showUrl(next)}, which is not encrypted; fetch that if you mean it.`);
    // What was meant for one service is nothing for another.
    if (next.origin !== url.origin) headers = {};
    else if (next.username === '' && next.password === '') [next.username, next.password] = [url.username, url.password];
    url = next;
  }
}

function resolve(location: string, from: URL): URL {
  try {
    const next = new URL(location, from);
    if (next.protocol === 'http:' || next.protocol === 'https:') return next;
  } catch {
    // Said below.
  }
  throw new ReadError('io', 'It redirects to something that is no web address.');
}

async function once(url: URL, options: DownloadOptions): Promise<Answer & { location?: string }> {
  const proxy = proxyFor(url, process.env);
  const through = proxy !== undefined && url.protocol === 'https:' ? await tunnel(proxy, url, CONNECT, options.signal) : undefined;
  return ask(url, options, proxy, through);
}

/** @param through a connection to the service that is there already; without it and with a proxy, the proxy is asked */
function ask(
  url: URL,
  options: DownloadOptions,
  proxy: WebProxy | undefined,
  through: Socket | undefined,
): Promise<Answer & { location?: string }> {
  return new Promise((settle, reject) => {
    const secure = url.protocol === 'https:';
    const wanted: RequestOptions = {
      headers: { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'heatline', ...options.headers },
      ...(url.username === '' && url.password === '' ? {} : { auth: `${decoded(url.username)}:${decoded(url.password)}` }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      // One request, one connection: nothing is left open at the end.
      agent: false,
    };
    const tls = {
      rejectUnauthorized: options.insecure !== true,
      ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
      ...(options.cert === undefined ? {} : { cert: options.cert }),
      ...(options.key === undefined ? {} : { key: options.key }),
    };
    let timer: NodeJS.Timeout | undefined;
    let drip: NodeJS.Timeout | undefined;
    const fail = (error: unknown) => {
      clearTimeout(timer);
      clearTimeout(drip);
      through?.destroy();
      reject(options.signal?.aborted ? options.signal.reason : explain(error, url));
    };
    /** Ends the request with a sentence; what its end makes the connection say comes too late. */
    const giveUp = (sentence: string) => {
      fail(new ReadError('io', sentence));
      request.destroy();
    };
    const within = (milliseconds: number, sentence: string) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, milliseconds, sentence);
    };
    const seconds = Math.round(options.wait / 1000);
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    const request = begin(bare, wanted, tls, proxy, through);
    within(CONNECT, `There was no connection within ${CONNECT / 1000} s.`);
    request.on('socket', (socket) =>
      socket.once(secure || proxy?.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connected = true;
        within(options.wait, `There was no answer within ${seconds} s (--timeout).`);
      }),
    );
    let connected = false;
    request.on('error', (error) => {
      const own = proxy === undefined || through !== undefined || connected;
      fail(own ? error : new ReadError('io', unreachable(proxy, error), undefined, String(error)));
    });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (proxy !== undefined && status === 407) return giveUp(refusal(proxy, status));
      const good = status === 200;
      drip = setTimeout(giveUp, BODY, `The answer was not whole within ${BODY / 60_000} min.`);
      collect(response, good, options.progress, () => within(IDLE, `The answer stopped coming for ${IDLE / 1000} s.`))
        .then((body) => {
          clearTimeout(timer);
          clearTimeout(drip);
          const { location } = response.headers;
          settle({
            status,
            type: response.headers['content-type'] ?? '',
            encoding: (response.headers['content-encoding'] ?? '').trim().toLowerCase(),
            body,
            url,
            ...(location === undefined ? {} : { location }),
          });
        })
        .catch(fail)
        .finally(() => request.destroy());
    });
    request.end();
  });
}

/** A request of the service, directly or through a proxy. */
function begin(url: URL, wanted: RequestOptions, tls: ConnectionOptions, proxy: WebProxy | undefined, through: Socket | undefined) {
  if (through !== undefined) {
    const { agent: _, ...others } = wanted;
    const host = bareHost(url);
    // Names are sent, addresses are only checked.
    const to = isIP(host) === 0 ? { servername: host } : { host };
    return tlsRequest(url, { ...others, createConnection: () => tlsConnect({ ...tls, ...to, socket: through }) });
  }
  if (url.protocol === 'https:') return tlsRequest(url, { ...wanted, ...tls });
  if (proxy === undefined) return plainRequest(url, wanted);
  return requestOf(proxy, { ...wanted, path: url.href, headers: { ...wanted.headers, host: url.host } });
}

/** The body; of an error only the beginning. */
function collect(
  response: IncomingMessage,
  good: boolean,
  progress: ((bytes: number) => void) | undefined,
  alive: () => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const most = good ? MAX_BYTES : MAX_ERROR_TEXT;
    alive();
    response.on('data', (chunk: Buffer) => {
      alive();
      chunks.push(chunk);
      size += chunk.length;
      progress?.(size);
      if (size <= most) return;
      if (good) reject(new ReadError('too-large', `The answer is larger than ${MAX_BYTES / 2 ** 20} MiB.`));
      else resolve(Buffer.concat(chunks).subarray(0, most));
    });
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks, size));
      else reject(new ReadError('io', 'The connection broke off before the answer was whole.'));
    });
    response.on('error', reject);
    response.on('aborted', () => reject(new ReadError('io', 'The connection broke off before the answer was whole.')));
  });
}

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'The connection was refused: does the service run, and is this its port?'],
  [/^(?:ENOTFOUND|EAI_)/, 'There is no host of this name.'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, 'The host cannot be reached.'],
  [/^ETIMEDOUT$/, 'There was no connection in time.'],
  [/^(?:ECONNRESET|EPIPE)$/, 'The connection broke off before there was an answer.'],
  [/^CERT_HAS_EXPIRED$/, 'Its certificate has expired (--insecure takes it nevertheless).'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'Its certificate is for another host (--insecure takes it nevertheless).'],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_UNTRUSTED/,
    'Its certificate is signed by nobody who is known here: name the authority with --cacert FILE (--insecure takes any).',
  ],
  [/^(?:EPROTO|ERR_SSL_)/, 'It cannot be talked to over TLS: perhaps it is http:// and not https://.'],
  [/^HPE_/, 'The answer is not HTTP: perhaps it is https:// and not http://, or another service.'],
];

function explain(error: unknown, url: URL): ReadError {
  if (error instanceof ReadError) return error;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  const known = SENTENCES.find(([pattern]) => pattern.test(code));
  const sentence = known?.[1] ?? `It cannot be fetched from ${url.host} (${code || 'unknown error'}).`;
  return new ReadError('io', sentence, undefined, String(error));
}

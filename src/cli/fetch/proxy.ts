import { type ClientRequest, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import { bareHost, decoded } from '../../core/address.js';
import { ReadError, UserError } from '../../core/errors.js';

/** Loopback, which no proxy can reach for us. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('0.0.0.0', 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addAddress('::', 'ipv6');

/** A proxy that the environment names. */
export interface WebProxy {
  readonly url: URL;
  /** `https_proxy`, `HTTP_PROXY` …: where it was named. */
  readonly variable: string;
}

/**
 * The proxy through which a URL is to be fetched: `https_proxy` or `http_proxy`, else `all_proxy`, in small letters or capitals;
 * none for what `no_proxy` lists, and never one for loopback.
 * @throws UserError `usage`, which never repeats a value: it may hold a password
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): WebProxy | undefined {
  if (isLoopback(url) || isExcepted(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const variable = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find((name) => env[name]);
  if (variable === undefined) return undefined;
  const text = env[variable]!.trim();
  try {
    const proxy = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return { url: proxy, variable };
  } catch {
    // Said below.
  }
  throw new UserError('usage', `${variable}: it looks like http://proxy.example:3128; other kinds of proxies cannot be used`);
}

function hostOf(url: URL): string {
  return bareHost(url).replace(/\.$/, '').toLowerCase();
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  const kind = isIP(host);
  return kind > 0 ? LOOPBACK.check(host, kind === 4 ? 'ipv4' : 'ipv6') : host === 'localhost' || host.endsWith('.localhost');
}

/** Whether a list has the host: `example.com` and what is under it, with a port or not, addresses, `10.0.0.0/8`, `*` for all. */
function isExcepted(url: URL, list: string): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const range = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry);
      if (range !== null) return isInRange(host, range[1]!, Number(range[2]));
      const [, name, only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry)!;
      if (only !== undefined && only !== port) return false;
      const wanted = name!.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
      return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
    });
}

function isInRange(host: string, network: string, bits: number): boolean {
  const kind = isIP(network);
  if (kind === 0 || isIP(host) !== kind || bits > (kind === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  range.addSubnet(network, bits, family);
  return range.check(host, family);
}

/** A request to the proxy itself. `wanted.path` is what it is to get, or where it is to connect to. */
export function requestOf({ url }: WebProxy, wanted: RequestOptions): ClientRequest {
  const { username, password } = url;
  const login = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  const options = {
    ...wanted,
    host: bareHost(url),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    headers: { ...wanted.headers, ...(username === '' && password === '' ? {} : { 'proxy-authorization': `Basic ${login}` }) },
  };
  return url.protocol === 'https:' ? tlsRequest(options) : plainRequest(options);
}

/** A connection through the proxy to the host of a URL, over which TLS may be spoken. @throws ReadError `io` */
export function tunnel(proxy: WebProxy, { hostname, port }: URL, wait: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const path = `${hostname}:${port || 443}`;
    const request = requestOf(proxy, {
      method: 'CONNECT',
      path,
      headers: { host: path },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
    const fail = (sentence: string, detail?: string) => {
      clearTimeout(timer);
      reject(signal?.aborted ? signal.reason : new ReadError('io', sentence, undefined, detail));
      request.destroy();
    };
    const timer = setTimeout(fail, wait, `${named(proxy)} made no connection within ${wait / 1000} s.`);
    request.on('error', (error) => fail(unreachable(proxy, error), String(error)));
    request.on('response', ({ statusCode = 0 }) => fail(refusal(proxy, statusCode)));
    request.on('connect', ({ statusCode = 0 }, socket) => {
      clearTimeout(timer);
      if (statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        fail(refusal(proxy, statusCode));
      }
    });
    request.end();
  });
}

/** The sentence for a proxy that cannot be talked to. */
export function unreachable(proxy: WebProxy, error: NodeJS.ErrnoException): string {
  return `${named(proxy)} cannot be reached (${error.code ?? 'unknown error'}): is it right, or does the host belong into NO_PROXY?`;
}

/** The sentence for an answer of the proxy's own. */
export function refusal(proxy: WebProxy, status: number): string {
  return status === 407
    ? `${named(proxy)} wants to know who asks (407): write http://user:password@${proxy.url.host} there.`
    : `${named(proxy)} answered ${status}: does the host belong into NO_PROXY?`;
}

function named({ url, variable }: WebProxy): string {
  return `The proxy ${url.host} (${variable})`;
}

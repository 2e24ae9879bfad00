import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { UserError } from '../core/errors.js';
import { Refusal } from './refusal.js';

/** Where to listen. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

const SHORTEST_TOKEN = 8;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * `127.0.0.1:4040`, `[::1]:0`, `localhost:4040`, or `unix:PATH`. @param option the option's name, for sentences
 * @throws UserError `usage` for what is none, and for an address beyond loopback without a token
 */
export function parsePlace(text: string, token: string | undefined): Place {
  if (text.startsWith('unix:')) {
    if (text.length === 5 || process.platform === 'win32') throw new UserError('usage', `--listen ${text}: there is no such unix socket`);
    return { path: text.slice(5) };
  }
  const at = text.lastIndexOf(':');
  const named = text.slice(0, Math.max(0, at)).replace(/^\[(.*)\]$/, '$1');
  const host = named === 'localhost' ? '127.0.0.1' : named;
  const port = /^\d{1,5}$/.test(text.slice(at + 1)) ? Number(text.slice(at + 1)) : Number.NaN;
  if (isIP(host) === 0 || !(port < 65536))
    throw new UserError('usage', `--listen ${text}: it looks like 127.0.0.1:4040, with the address in figures, or unix:/run/heatline.sock`);
  if (!isLoopback(host) && token === undefined)
    throw new UserError('usage', `--listen ${text}: beyond loopback a token is wanted (--token-file, or HEATLINE_TOKEN)`);
  return { host, port };
}

/** @throws UserError `usage` */
export function checkToken(token: string | undefined): string | undefined {
  if (token !== undefined && (token.length < SHORTEST_TOKEN || /\s/.test(token)))
    throw new UserError('usage', `the token is a text of at least ${SHORTEST_TOKEN} characters without blanks`);
  return token;
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  const kind = isIP(plain);
  return kind !== 0 && loopback.check(plain, kind === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a request may send anything. @throws Refusal */
export function admit(headers: IncomingHttpHeaders, token: string | undefined, isSocket: boolean): void {
  if (token !== undefined) {
    if (!knows(token, headers))
      throw new Refusal(401, 'token', 'A token is wanted: Authorization: Bearer TOKEN, http://any:TOKEN@host, or DD-API-KEY.');
    return;
  }
  // No client of these protocols is a page in a browser; a page could lead a name of its own here, or just send.
  if (headers.origin !== undefined || (headers['sec-fetch-mode'] ?? 'cors') !== 'cors')
    throw new Refusal(403, 'web page', 'Pages of the web may not send profiles here.');
  if (!isSocket && !isNamedByFigures(headers.host ?? ''))
    throw new Refusal(403, 'web page', 'Ask for it by its address in figures, or as localhost.');
}

/** As bearer, as the password that stands in a URL or in Pyroscope's settings, or as Datadog's key. */
function knows(token: string, headers: IncomingHttpHeaders): boolean {
  const [scheme = '', given = ''] = (headers.authorization ?? '').split(/ +/, 2);
  const key = headers['dd-api-key'];
  if (scheme.toLowerCase() === 'bearer' && equal(given, token)) return true;
  if (scheme.toLowerCase() === 'basic') {
    const words = Buffer.from(given, 'base64').toString('utf8');
    if (equal(words.slice(words.indexOf(':') + 1), token)) return true;
  }
  return typeof key === 'string' && equal(key, token);
}

/** In the same time for every text. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function isNamedByFigures(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || name === '' || isIP(name) !== 0;
}

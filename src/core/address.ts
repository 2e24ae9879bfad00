import { UserError } from './errors.js';

/** Go's default for `/debug/pprof/profile` without `seconds`. */
const PROFILE_SECONDS = 30;
const PPROF = '/debug/pprof';
const SECRET = /token|secret|passw|pwd|^key$|api[-_]?key|sig(?:nature)?$|auth|credential|session/i;

/** What is to be fetched. */
export interface Address {
  readonly url: URL;
  /** The URL without what is nobody's business: this alone is ever printed. */
  readonly shown: string;
  /** `profile`, `heap`, …: the last part of the path. */
  readonly kind: string;
  /** How long the service will measure before it answers. */
  readonly seconds: number;
  /** No profile was named: what a service offers may be asked for. */
  readonly bare: boolean;
}

/**
 * Completes what people type: `host:6060` is Go's CPU profile there, `:6060` and `6060` are on this machine,
 * `host:6060/debug/pprof/heap` lacks only the scheme.
 * @param chosen profile to take where none is named
 * @throws UserError `usage`
 */
export function completeAddress(text: string, seconds?: number, chosen = 'profile'): Address {
  const url = parse(text.trim());
  url.hash = '';
  const path = url.pathname.replace(/\/+$/, '');
  const bare = path === '' || path.endsWith(PPROF);
  if (bare) url.pathname = `${path || PPROF}/${chosen}`;
  const kind = url.pathname.split('/').at(-1)!;
  if (seconds !== undefined) url.searchParams.set('seconds', String(seconds));
  else if (url.pathname.endsWith(`${PPROF}/profile`) && !url.searchParams.has('seconds'))
    url.searchParams.set('seconds', String(PROFILE_SECONDS));
  const asked = Number(url.searchParams.get('seconds') ?? 0);
  return { url, shown: showUrl(url), kind, seconds: asked > 0 && Number.isFinite(asked) ? asked : 0, bare };
}

function parse(text: string): URL {
  const shown = text
    // A password may hold what should have been written %2F, %3F or %23.
    .replace(/^([a-z][a-z\d+.-]*:\/\/|\/\/)?.*@/is, '$1')
    .replace(/[?#].*/s, '');
  if (/^[a-z]:[\\/]|^\.{0,2}[\\/]/i.test(text)) throw new UserError('usage', `${shown}: this is a file; fetch takes the URL of a service`);
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1];
  const whole = scheme !== undefined ? text : `http://${/^\d+$/.test(text) ? `localhost:${text}` : text.replace(/^(?=:\d)/, 'localhost')}`;
  try {
    const url = new URL(whole);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    throw new UserError('usage', `${shown}: this is no URL; it looks like http://localhost:6060/debug/pprof/profile`);
  }
  throw new UserError('usage', `${shown}: ${scheme}:// cannot be fetched, only http:// and https://`);
}

/** A URL as it may be printed: without user, password, and the values of parameters that look like secrets. */
export function showUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  for (const name of new Set(shown.searchParams.keys())) if (SECRET.test(name)) shown.searchParams.set(name, '…');
  return shown.href.replaceAll('%E2%80%A6', '…');
}

/** A part of a URL as it was meant; as it stands where it is written wrongly. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The host as programs take it: an IPv6 address without brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

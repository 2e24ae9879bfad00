import { ReadError } from '../../core/errors.js';
import { plain, shorten } from '../../core/report/figures.js';
import type { Answer, DownloadOptions } from './download.js';
import { download } from './download.js';

const INDEX_WAIT = 5000;
const MOST_TEXT = 200;

/** The error for an answer that is none of success: what the service says, and for 404 what it offers. */
export async function badStatus(answer: Answer, options: DownloadOptions): Promise<ReadError> {
  const said = firstLine(answer);
  const { status } = answer;
  if (status === 404) {
    const offered = await offeredProfiles(answer.url, options);
    const help = offered.length > 0 ? `; this service offers ${offered.join(', ')}` : '; is it served under another path?';
    return new ReadError('io', `There is no such profile (404)${help}`);
  }
  if (status === 401 || status === 403)
    return new ReadError('io', `The service wants to know who asks (${status}): give --header 'Authorization: …'${said}`);
  if (status === 200) return new ReadError('io', 'The answer is no profile.');
  return new ReadError('io', `The service answered ${status}${said}`);
}

/** `: could not enable CPU profiling: cpu profiling already in use`, where the answer is a text. */
function firstLine({ body, type }: Answer): string {
  if (/html/i.test(type) || /^\s*</.test(body.toString('latin1', 0, 64))) return '';
  const line = body
    .toString('utf8')
    .split('\n')
    .find((text) => text.trim() !== '');
  return line === undefined ? '' : `: ${shorten(plain(line.trim()), MOST_TEXT)}`;
}

/** Profiles that the index page beside a URL links to; none where there is no such page. */
async function offeredProfiles(url: URL, options: DownloadOptions): Promise<string[]> {
  const index = new URL(url);
  index.search = '';
  index.pathname = index.pathname.replace(/[^/]*$/, '');
  try {
    const page = await download(index, { ...options, wait: INDEX_WAIT });
    return page.status === 200 ? linkedProfiles(page) : [];
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return [];
  }
}

/** Names of the profiles that an index page links to. Go's has `<a href='heap?debug=1'>`. */
export function linkedProfiles({ body }: Answer): string[] {
  const names = body
    .subarray(0, 1 << 18)
    .toString('utf8')
    .matchAll(/href=['"]?([a-z][\w.-]{0,60})\?/gi);
  return [...new Set(Array.from(names, ([, name]) => name!))].filter((name) => !['trace', 'cmdline', 'symbol'].includes(name)).slice(0, 20);
}

/** Answers that are no profile, told by their beginning; undefined for what may be one. */
export function notAProfile({ body, type, url }: Answer): ReadError | undefined {
  const no = (sentence: string) => new ReadError('unknown-format', sentence);
  if (body.length === 0) return new ReadError('empty', 'The answer is empty.', 0);
  const head = body.toString('latin1', 0, 256);
  if (/^\s*<(?:!doctype html|html|head|body)\b/i.test(head) || (/html/i.test(type) && /^\s*</.test(head)))
    return no("The answer is a web page and not a profile: a log-in page? Then give --header 'Authorization: …'.");
  if (/^go 1\.\d+ trace/.test(head))
    return no(
      "The answer is an execution trace and not a profile: save it with curl -o trace.out and open it with 'go tool trace trace.out'.",
    );
  if (/^goroutine \d+ \[/.test(head))
    return no('The answer is a list of goroutines to read (debug=2): leave debug out of the URL to get the profile.');
  const kind = url.pathname.split('/').at(-1);
  if (kind === 'cmdline') return no("The answer is the service's command line and not a profile.");
  if (kind === 'symbol' && /^num_symbols/.test(head)) return no('The answer is a table of symbols and not a profile.');
  return undefined;
}

/** What to say of an answer that no reader takes. */
export function unreadable(error: ReadError, { url }: Answer): ReadError {
  const debug = url.searchParams.get('debug');
  if (debug === null || debug === '0') return error;
  return new ReadError(
    error.code,
    `debug=${plain(debug.slice(0, 8))} asks for a text to read: leave debug out of the URL to get the profile.`,
  );
}

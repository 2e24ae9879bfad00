import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type Address, completeAddress, showUrl } from '../../core/address.js';
import { ReadError, UserError } from '../../core/errors.js';
import { readProfile } from '../../core/formats/index.js';
import { boundOf, bytesSource } from '../../core/formats/source.js';
import { summarize } from '../../core/model/summary.js';
import { formatBytes } from '../../core/model/units.js';
import { infoJson } from '../../core/report/info.js';
import { Exit, InputError, say } from '../failure.js';
import { type Answer, type DownloadOptions, download } from '../fetch/download.js';
import { badStatus, linkedProfiles, notAProfile, unreadable } from '../fetch/explain.js';
import { checkOutput, print, printJson, stamp, writeWhole } from '../output.js';
import { progress } from '../terminal.js';
import { writeProfile, writerFor } from '../writer.js';

/** Wait beyond the measured seconds, and the longest that a timer waits, in milliseconds. */
const SLACK = 30_000;
const LONGEST = 2 ** 31 - 1;
/** What is read of a URL and headers on stdin, in characters. */
const MAX_REQUEST = 1 << 20;

export interface FetchOptions {
  readonly output?: string;
  readonly format?: string;
  readonly seconds?: number;
  readonly timeout?: number;
  readonly header?: readonly string[];
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

/**
 * `heatline fetch URL -o OUT`: gets a profile from a running service; it is read before it is put where it belongs. The URL `-`
 * stands for lines on stdin, where no list of processes shows them: the URL, then headers.
 */
export async function fetchProfile(given: string, options: FetchOptions): Promise<void> {
  const [text = '', ...lines] = given === '-' ? await linesOfStdin() : [given];
  const headers = headersFrom([...lines, ...(options.header ?? [])]);
  if (options.list) return await listProfiles(text, headers, options);
  const address = completeAddress(text, options.seconds);
  const output = options.output ?? `heatline-${address.kind.replace(/[^\w.-]/g, '') || 'profile'}-${stamp(new Date())}.pb.gz`;
  const format = writerFor(output, options.format);
  checkOutput(output);
  const interrupt = new AbortController();
  const wanted = { ...downloadOptions(headers, address, options), signal: interrupt.signal };
  const stop = (signal: NodeJS.Signals) => {
    process.exitCode = signal === 'SIGINT' ? Exit.interrupted : Exit.terminated;
    interrupt.abort(signal);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const answer = await watched(address, wanted);
    const { profile, body } = await validated(answer, address);
    interrupt.signal.throwIfAborted();
    // A file is kept as it came where it is what was asked for: nothing of it can get lost.
    if (profile.format === format.id && body !== undefined) await writeWhole(output, async (write) => write(body));
    else await writeProfile(profile, format, output);
    if (options.json) await printJson({ output, url: address.shown, bytes: answer.body.length, ...infoJson(profile) });
    else say(`${summarize(profile).replace(/\.$/, '')} → ${output}`);
  } catch (error) {
    if (interrupt.signal.aborted) say('interrupted; nothing was written');
    else if (error instanceof ReadError) throw new InputError(address.shown, error);
    else throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** `heatline fetch --list URL`: what a Go service offers, one name a line. */
async function listProfiles(text: string, headers: Readonly<Record<string, string>>, options: FetchOptions): Promise<void> {
  const address = completeAddress(text);
  address.url.search = '';
  address.url.pathname = address.url.pathname.replace(/[^/]*$/, '');
  const shown = showUrl(address.url);
  try {
    const wanted = downloadOptions(headers, { ...address, seconds: 0 }, options);
    const page = await download(address.url, wanted);
    if (page.status !== 200) throw await badStatus(page, wanted);
    const profiles = linkedProfiles(page);
    if (profiles.length === 0)
      throw new ReadError('unknown-format', 'This page lists no profiles; the one of a Go service ends in /debug/pprof/.');
    if (options.json) await printJson({ url: shown, profiles });
    else await print(`${profiles.join('\n')}\n`);
  } catch (error) {
    throw error instanceof ReadError ? new InputError(shown, error) : error;
  }
}

function downloadOptions(headers: Readonly<Record<string, string>>, { seconds }: Address, options: FetchOptions): DownloadOptions {
  return {
    headers,
    ...pem('ca', '--cacert', options.cacert),
    ...pem('cert', '--cert', options.cert),
    ...pem('key', '--key', options.key),
    ...(options.insecure ? { insecure: true } : {}),
    wait: Math.min(LONGEST, options.timeout === undefined ? seconds * 1000 + SLACK : options.timeout * 1000),
  };
}

async function linesOfStdin(): Promise<string[]> {
  if (process.stdin.isTTY) throw new UserError('usage', 'there is no URL on stdin: send one through a pipe');
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) if (text.length < MAX_REQUEST) text += chunk;
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** Downloads with a line of progress on a terminal. */
async function watched(address: Address, options: DownloadOptions): Promise<Answer> {
  const line = progress();
  const began = Date.now();
  let received = 0;
  const show = () => {
    const passed = Math.floor((Date.now() - began) / 1000);
    const waited = address.seconds > 0 ? `${Math.min(passed, address.seconds)} of ${address.seconds} s` : `${passed} s`;
    line.show(`${address.kind} from ${address.url.host}: ${received > 0 ? formatBytes(received) : waited} (Ctrl-C ends)`);
  };
  const tick = setInterval(show, 250);
  try {
    const answer = await download(address.url, {
      ...options,
      progress(bytes) {
        received = bytes;
        show();
      },
    });
    if (answer.status !== 200) throw await badStatus(answer, options);
    return answer;
  } finally {
    clearInterval(tick);
    line.end();
  }
}

/** The profile in an answer, and the bytes to keep of it; none when it came in a packing that other tools may not read. */
async function validated(answer: Answer, address: Address) {
  const bare = { ...answer, body: unwrapped(answer) };
  const other = notAProfile(bare);
  if (other !== undefined) throw other;
  const source = bytesSource(address.shown, bare.body);
  try {
    const profile = await readProfile(source);
    if (source.cutAt !== undefined) throw new ReadError('truncated', 'The answer ends too early.', source.cutAt);
    for (const warning of profile.warnings) say(`${address.shown}: ${warning.replace(/\.$/, '')}`);
    const isPlain = bare.body[0] === 0x1f || (await source.bytes()) === bare.body;
    return { profile, body: isPlain ? bare.body : undefined };
  } catch (error) {
    throw error instanceof ReadError && error.code === 'unknown-format' ? unreadable(error, answer) : error;
  }
}

/** The content without the transport's packing. Go packs profiles itself and declares nothing. */
function unwrapped({ encoding, body }: Answer): Buffer {
  if (encoding === '' || encoding === 'identity' || encoding === 'zstd') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new ReadError('unsupported', 'The answer comes in a packing that nobody asked for.');
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: boundOf(body) });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new ReadError(
      tooLarge ? 'too-large' : 'corrupt',
      tooLarge ? 'Unpacked, the answer is too large.' : 'The answer is packed wrongly.',
    );
  }
}

/** @throws UserError `usage`, which never repeats a value: it may be a secret */
function headersFrom(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(0, at)).trim();
    const value = line.slice(at + 1).trim();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new UserError('usage', "--header: it looks like 'Name: value'");
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function pem<K extends string>(field: K, option: string, file: string | undefined): Partial<Record<K, string>> {
  if (file === undefined) return {};
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return { [field]: text } as Record<K, string>;
  } catch {
    throw new UserError('usage', `${option} ${file}: this file cannot be read`);
  }
  throw new UserError('usage', `${option} ${file}: this is no PEM file`);
}

import type { IncomingHttpHeaders } from 'node:http';
import { ROUTES } from './routes.js';
import { decode } from './unpack.js';
import { makeWindow, type Window } from './window.js';

/** A request's body, whole, and all that is needed to make windows of it. It can be handed to a thread. */
export interface Conversion {
  readonly body: Uint8Array<ArrayBuffer>;
  /** The path of its route. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Who has sent it, where it does not tell. */
  readonly host: string;
  /** Unix nanoseconds. */
  readonly arrived: bigint;
  /** Bytes that all of it may unpack to. */
  readonly mostContent: number;
}

/** Headers that say what a body is, or who made it. */
const TELLING = ['content-type', 'content-encoding', 'user-agent', 'dd-evp-origin', 'dd-evp-origin-version'];

/** Those of a request that are needed here. */
export function tellingOf(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(TELLING.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** Makes windows of what was sent: this is most of the work. @throws Refusal */
export async function convert({ body, path, query, headers, host, arrived, mostContent }: Conversion): Promise<Window[]> {
  const plain = await decode(body, String(headers['content-encoding'] ?? ''), mostContent);
  const uploads = await ROUTES.get(path)!.read({ body: plain as Uint8Array<ArrayBuffer>, headers, query: new URLSearchParams(query) });
  const windows: Window[] = [];
  let left = mostContent;
  for (const upload of uploads) {
    const window = await makeWindow(upload, { host, arrived, mostContent: left });
    left -= window.contentBytes;
    windows.push(window);
  }
  return windows;
}

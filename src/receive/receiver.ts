import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { admit, isLoopback } from './access.js';
import { passBy, readBody } from './body.js';
import { tellingOf } from './convert.js';
import { Budget, busy, Gate } from './gate.js';
import { Refusal } from './refusal.js';
import { type Answer, PAGES, ROUTES, type Route } from './routes.js';
import type { Store, Written } from './store.js';
import type { Tally } from './tally.js';
import type { Converters } from './threads.js';

/** What a receiver may take of the machine. */
export interface Bounds {
  /** Bytes of one request as it comes, and of all that it unpacks to. */
  readonly body: number;
  readonly content: number;
  /** Longest time between two pieces of a body, in milliseconds. */
  readonly idleMillis: number;
  /** Requests at a time; bytes of all their bodies. */
  readonly requests: number;
  readonly memory: number;
  /** How many are unpacked, converted and packed at a time, and how many of these may have a large body: so there is room for small ones. */
  readonly works: number;
  readonly largeWorks: number;
  /** How long one waits for that; ddtrace and pyroscope-io wait ten seconds for an answer. */
  readonly patienceMillis: number;
}

export const USUAL_BOUNDS: Bounds = {
  body: 32 * 2 ** 20,
  content: 128 * 2 ** 20,
  idleMillis: 10_000,
  requests: 1000,
  memory: 256 * 2 ** 20,
  works: 2,
  largeWorks: 1,
  patienceMillis: 7000,
};

/** Bodies that take long, in bytes. */
const LARGE = 2 ** 20;

export interface ReceiverOptions {
  readonly store: Store;
  readonly tally: Tally;
  readonly token: string | undefined;
  readonly bounds: Bounds;
  readonly converters: Converters;
  /** A sentence for the log; the same is told once, until it goes well again. */
  readonly tell: (sentence: string) => void;
}

/** Answers requests: an upload is answered with success when all its windows are on the disk to last, and not before. */
export class Receiver {
  private readonly gate: Gate;
  private readonly largeGate: Gate;
  private readonly budget: Budget;
  private running = 0;
  private closing = false;
  private whenDone: (() => void) | undefined;
  private trouble = '';

  constructor(private readonly options: ReceiverOptions) {
    const { works, largeWorks, patienceMillis, memory } = options.bounds;
    this.gate = new Gate(works, patienceMillis);
    this.largeGate = new Gate(largeWorks, patienceMillis);
    this.budget = new Budget(memory);
  }

  /** Takes nothing more; resolves when what is at work is answered. */
  close(): Promise<void> {
    this.closing = true;
    return new Promise((resolve) => {
      if (this.running === 0) resolve();
      else this.whenDone = resolve;
    });
  }

  /** @param expects the client waits for `100 Continue` before it sends its body */
  async handle(request: IncomingMessage, response: ServerResponse, expects: boolean): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://receiver');
    const page = PAGES.get(url.pathname);
    if (page !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return this.answer(request, response, 200, page);
    const route = ROUTES.get(url.pathname);
    if (route === undefined || request.method !== 'POST') {
      const refusal = new Refusal(route === undefined ? 404 : 405, 'path', 'Profiles are taken by POST; / lists where.');
      return this.refuse(request, response, ROUTES.get('/ingest')!, refusal, expects);
    }
    const { tally } = this.options;
    tally.came();
    this.running++;
    try {
      const written = await this.take(request, response, url, expects);
      for (const { bytes, how } of written) how === 'written' ? tally.wrote(bytes) : tally.wasThere();
      this.trouble = '';
      await this.answer(request, response, 200, route.done(request.headers));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : this.bug(error);
      this.tellOnce(refusal);
      await this.refuse(request, response, route, refusal, expects);
    } finally {
      this.running--;
      if (this.running === 0) this.whenDone?.();
    }
  }

  private async take(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    expects: boolean,
  ): Promise<{ bytes: number; how: Written }[]> {
    const { store, token, bounds, converters } = this.options;
    if (this.closing) throw new Refusal(503, 'closing', 'The receiver is about to end.', 5);
    const peer = request.socket.remoteAddress;
    admit(request.headers, token, peer === undefined);
    if (this.running > bounds.requests) throw busy();
    const arrived = BigInt(Date.now()) * 1_000_000n;
    if (expects) response.writeContinue();
    const body = await readBody(request, { most: bounds.body, idleMillis: bounds.idleMillis, budget: this.budget });
    // The body itself is handed to a thread.
    const size = body.length;
    const work = () =>
      converters.convert({
        body,
        path: url.pathname,
        query: url.search,
        headers: tellingOf(request.headers),
        host: peer === undefined || isLoopback(peer) ? hostname() : peer,
        arrived,
        mostContent: bounds.content,
      });
    try {
      const windows = await (size < LARGE ? this.gate.run(work) : this.largeGate.run(() => this.gate.run(work)));
      for (const window of windows) store.check(window);
      return await Promise.all(windows.map(async (window) => ({ bytes: window.bytes.length, how: await store.write(window) })));
    } finally {
      this.budget.give(size);
    }
  }

  private bug(error: unknown): Refusal {
    const detail =
      error instanceof Error ? ((process.env.HEATLINE_DEBUG === undefined ? undefined : error.stack) ?? error.message) : String(error);
    this.options.tell(`this should not have happened: ${detail}`);
    return new Refusal(500, 'failed', 'Something is wrong in the receiver: its log says more.');
  }

  private tellOnce({ reason, message }: Refusal): void {
    if ((reason !== 'disk' && reason !== 'disk full') || this.trouble === message) return;
    this.trouble = message;
    this.options.tell(message);
  }

  private async refuse(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    refusal: Refusal,
    expects: boolean,
  ): Promise<void> {
    this.options.tally.refuse(refusal.reason);
    const headers: Record<string, string> = {};
    if (refusal.retryAfter !== undefined) headers['retry-after'] = String(refusal.retryAfter);
    if (refusal.status === 401) headers['www-authenticate'] = 'Basic realm="heatline"';
    if (refusal.status === 405) headers.allow = 'POST';
    await this.answer(request, response, refusal.status, route.refused(refusal, request.headers), headers, expects);
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    { type, body }: Answer,
    more: Readonly<Record<string, string>> = {},
    expects = false,
  ): Promise<void> {
    if (response.destroyed || response.headersSent) return;
    const content = typeof body === 'string' ? Buffer.from(body) : body;
    response.writeHead(status, {
      'content-type': type,
      'content-length': content.length,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...(this.closing || (status >= 400 && !request.complete) ? { connection: 'close' } : {}),
      ...more,
    });
    if (request.method !== 'HEAD' && content.length > 0) response.write(content);
    else response.flushHeaders();
    if (!request.complete && !expects) await passBy(request);
    response.end();
  }
}

import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { UserError } from '../core/errors.js';
import type { Place } from './access.js';
import type { Receiver } from './receiver.js';
import { NO_GRPC } from './routes.js';
import type { Tally } from './tally.js';

/** Connections from which on those that have long asked for nothing make room; and beyond which new ones are closed, when none of these can. */
const CROWDED = 512;
const MOST_CONNECTIONS = 1024;
const IDLE_MILLIS = 2000;
/** What is at work when we end has so long. */
const LAST_MILLIS = 30_000;

export interface Listening {
  /** `http://127.0.0.1:4040`, or `unix:PATH`. */
  readonly address: string;
  /** Takes nothing more, finishes what is at work, and closes. */
  close(): Promise<void>;
}

/** @throws UserError `listen` */
export async function listen(place: Place, receiver: Receiver, tally: Tally): Promise<Listening> {
  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 10_000,
    requestTimeout: 0,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 1000,
  });
  const handle = (expects: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {});
    receiver.handle(request, response, expects).catch(() => response.destroy());
  };
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket: Socket) => {
    if (socket.writable) socket.end(isHttp2(error.rawPacket) ? goAway(NO_GRPC) : 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  server.on('request', handle(false)).on('checkContinue', handle(true));
  makeRoom(server, tally);
  await start(server, place);
  const bound = server.address();
  return {
    address: typeof bound === 'string' ? `unix:${bound}` : shown(bound as AddressInfo),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), LAST_MILLIS);
      await receiver.close();
      // Connections that have just been answered are idle now.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(idle);
      clearTimeout(late);
    },
  };
}

/** How a client of HTTP/2 begins, as gRPC's are. */
function isHttp2(packet: Buffer | undefined): boolean {
  return packet?.subarray(0, 14).toString('latin1') === 'PRI * HTTP/2.0';
}

/** What sends a client of HTTP/2 away with a sentence: SETTINGS, as must come first, and GOAWAY (HTTP_1_1_REQUIRED). */
function goAway(sentence: string): Buffer {
  const frame = (type: number, content: Buffer) => Buffer.concat([Buffer.from([0, 0, content.length, type, 0, 0, 0, 0, 0]), content]);
  const reason = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 13]), Buffer.from(sentence)]);
  return Buffer.concat([frame(4, Buffer.alloc(0)), frame(7, reason)]);
}

function shown({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function start(server: Server, place: Place): Promise<void> {
  if ('path' in place) await removeLeft(place.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = {
        EADDRINUSE: 'somebody else listens there',
        EACCES: 'it may not be used',
        EADDRNOTAVAIL: 'this machine has no such address',
      };
      reject(new UserError('listen', `--listen ${textOf(place)}: ${why[error.code as keyof typeof why] ?? error.message}`));
    });
    if (!('path' in place)) {
      server.listen(place.port, place.host, resolve);
      return;
    }
    // For the same user alone, from its first moment on.
    const before = process.umask(0o177);
    server.listen(place.path, resolve);
    process.umask(before);
  });
}

function textOf(place: Place): string {
  if ('path' in place) return `unix:${place.path}`;
  return `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`;
}

/** A socket that nobody listens on any more is left by a receiver that was killed. */
async function removeLeft(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const refused = await new Promise<boolean>((resolve) => {
    const trial = connect(path, () => {
      trial.destroy();
      resolve(false);
    });
    trial.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) unlinkSync(path);
}

/** Where there are many connections, those that have long asked for nothing, or never finish asking, are closed for new ones. */
function makeRoom(server: Server, tally: Tally): void {
  /** Without a request at work, the longest first. */
  const idle = new Map<Socket, number>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open++;
    idle.set(socket, performance.now());
    socket.once('close', () => {
      open--;
      idle.delete(socket);
    });
    if (open <= CROWDED) return;
    const [longest] = idle;
    const goes =
      longest !== undefined && performance.now() - longest[1] >= IDLE_MILLIS ? longest[0] : open > MOST_CONNECTIONS ? socket : undefined;
    if (goes === undefined) return;
    tally.drop();
    goes.destroy();
  });
  const busy = (request: IncomingMessage, response: ServerResponse) => {
    idle.delete(request.socket);
    response.once('close', () => {
      if (!request.socket.destroyed) idle.set(request.socket, performance.now());
    });
  };
  server.on('request', busy).on('checkContinue', busy);
}

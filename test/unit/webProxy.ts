// A small web proxy: it forwards requests, and tunnels. Every name leads to this machine, so that names of others can be asked for.
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What it was asked, oldest first: `GET http://…` and `CONNECT host:port`. */
  readonly seen: { what: string; login: string | undefined }[];
  /** What it answers by itself instead of passing on; 0: nothing. */
  refuse: number;
  close(): void;
}

/** Starts one on a free port of loopback. */
export async function startProxy(): Promise<TestProxy> {
  const seen: TestProxy['seen'] = [];
  const open = new Set<Duplex>();
  const note = ({ method, url, headers }: IncomingMessage) => {
    const login = headers['proxy-authorization'];
    seen.push({ what: `${method} ${url}`, login: login && Buffer.from(login.replace('Basic ', ''), 'base64').toString() });
  };
  const server = createServer((from, to) => {
    note(from);
    if (proxy.refuse > 0) {
      to.writeHead(proxy.refuse).end();
      return;
    }
    const { pathname, search, port } = new URL(from.url!);
    const onward = request({ host: '127.0.0.1', port, path: pathname + search, method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.writeHead(502).end());
    from.pipe(onward);
  });
  server.on('connect', (from: IncomingMessage, client: Duplex) => {
    note(from);
    client.on('error', () => undefined);
    if (proxy.refuse > 0) {
      client.end(`HTTP/1.1 ${proxy.refuse} No\r\n\r\n`);
      return;
    }
    const service = connect(Number(from.url!.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      service.pipe(client).pipe(service);
    });
    open.add(client).add(service);
    service.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TestProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    refuse: 0,
    close() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

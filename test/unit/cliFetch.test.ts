// A service that misbehaves in every way; a real one is in cliFetchGo.test.ts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeAddress } from '../../src/core/address.js';
import { cliKit, fixtures } from './cliKit.js';

const { start, heatline, json, folder, files } = cliKit();
const text = 'main;work 5\nmain 2\n';
let seen: { url: string; headers: IncomingMessage['headers'] }[] = [];
let profile: Buffer;

const pages: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/debug/pprof/profile': (response) => response.end(profile),
  '/debug/pprof/': (response) =>
    response.end(
      "<html><a href='allocs?debug=1'>a</a><a href='heap?debug=1'>h</a><a href='trace?debug=1'>t</a><a href='https://x/y'>z</a>",
    ),
  '/text': (response) => response.end(text),
  '/packed': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(profile)),
  '/zstd': (response) => response.end(readFileSync(join(fixtures, 'ddtrace/shop.pprof'))),
  '/brotli': (response) => response.setHeader('content-encoding', 'br').end(profile),
  '/broken': (response) => response.setHeader('content-encoding', 'gzip').end(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])),
  // A thousandth of what it unpacks to.
  '/bomb': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(2 ** 28 + 2), { level: 1 })),
  '/busy': (response) => response.writeHead(500).end('Could not enable CPU profiling: cpu profiling already in use\nmore\n'),
  '/wall': (response) => response.writeHead(403).end('no\u001b[31m\n'),
  '/html': (response) => response.setHeader('content-type', 'text/html; charset=utf-8').end('<!DOCTYPE html><title>Log in</title>'),
  '/goroutine': (response) => response.end('goroutine 1 [running]:\nmain.main()\n\t/x/main.go:10 +0x1d\n'),
  '/trace': (response) => response.end('go 1.22 trace\0\0\0'),
  '/empty': (response) => response.end(),
  '/noise': (response) => response.end('hello world, this is nothing\n'),
  '/cut': (response) => {
    response.setHeader('content-length', profile.length + 100);
    response.write(profile);
    setTimeout(() => response.destroy(), 100);
  },
  '/cutgz': (response) => response.end(profile.subarray(0, profile.length - 20)),
  '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
  '/away': (response) => response.writeHead(302, { location: 'ftp://other/' }).end(),
  '/once': (response) => response.writeHead(307, { location: '/debug/pprof/profile?token=hidden' }).end(),
  '/other': (response) => response.writeHead(302, { location: `http://localhost:${port}/text` }).end(),
  '/slow': () => {},
};
let port = 0;
const server = createServer((request, response) => {
  seen.push({ url: request.url!, headers: request.headers });
  const page = pages[request.url!.split('?')[0]!];
  if (page === undefined) response.writeHead(404).end('404 page not found\n');
  else page(response, request);
});

beforeAll(async () => {
  writeFileSync(join(folder, 'in.collapsed'), text);
  heatline('convert', 'in.collapsed', '-o', 'in.pb.gz');
  profile = readFileSync(join(folder, 'in.pb.gz'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('what people type becomes a URL; secrets are never shown', () => {
  const complete = (typed: string, seconds?: number) => completeAddress(typed, seconds).shown;
  expect(complete('localhost:6060')).toBe('http://localhost:6060/debug/pprof/profile?seconds=30');
  expect(complete(':6060')).toBe('http://localhost:6060/debug/pprof/profile?seconds=30');
  expect(complete('6060')).toBe('http://localhost:6060/debug/pprof/profile?seconds=30');
  expect(complete('https://host/', 5)).toBe('https://host/debug/pprof/profile?seconds=5');
  expect(complete('host:1/debug/pprof/')).toBe('http://host:1/debug/pprof/profile?seconds=30');
  expect(complete('host:1/debug/pprof/heap')).toBe('http://host:1/debug/pprof/heap');
  expect(complete('[::1]:6060/debug/pprof/heap', 2)).toBe('http://[::1]:6060/debug/pprof/heap?seconds=2');
  expect(complete('http://me:hush@host/x?Access_Token=hush&key=hush&n=1')).toBe('http://host/x?Access_Token=…&key=…&n=1');
  expect(completeAddress('host/x?seconds=7').seconds).toBe(7);
  for (const wrong of [
    'ftp://me:hush@host/',
    'C:\\a\\b.prof',
    './x.prof',
    '/tmp/x',
    'http://me:hush@:99999/?t=hush',
    'http://me:hu/hush@host/',
    'http://me:a?hush@host/',
    '',
  ]) {
    expect(() => completeAddress(wrong)).toThrow();
    expect(() => completeAddress(wrong)).not.toThrow(/hush/);
  }
});

test('a profile is kept as it came, byte for byte', async () => {
  const { status, stdout, stderr } = await start(['fetch', `127.0.0.1:${port}`, '--seconds', '1', '-o', 'a.pb.gz']);
  expect(stderr).toMatch(/^heatline: .*work.* → a\.pb\.gz\n$/);
  expect(stdout).toBe('');
  expect(status).toBe(0);
  expect(seen.at(-1)!.url).toBe('/debug/pprof/profile?seconds=1');
  expect(readFileSync(join(folder, 'a.pb.gz')).equals(profile)).toBe(true);
});

test('what a transport packed is unpacked, another format is converted', async () => {
  for (const [path, out] of [
    ['/packed', 'p.pb.gz'],
    ['/text', 't.pb.gz'],
    ['/debug/pprof/profile', 'c.collapsed'],
  ] as const) {
    expect(await start(['fetch', `http://127.0.0.1:${port}${path}`, '-o', out])).toMatchObject({ status: 0 });
    expect(json('top', out)).toMatchObject({ total: 7 });
  }
  expect(readFileSync(join(folder, 'p.pb.gz')).equals(profile)).toBe(true);
  // zstd, as Datadog packs pprof: written as every tool reads it.
  expect(await start(['fetch', `http://127.0.0.1:${port}/zstd`, '-o', 'z.pb.gz'])).toMatchObject({ status: 0 });
  expect([...readFileSync(join(folder, 'z.pb.gz')).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  expect(json('top', 'z.pb.gz').functions).toEqual(json('top', join(fixtures, 'ddtrace/shop.pprof')).functions);
  const said = await start(['fetch', `http://127.0.0.1:${port}/text`, '-o', 'j.pb.gz', '--json']);
  expect(said.stderr).toBe('');
  expect(JSON.parse(said.stdout)).toMatchObject({ output: 'j.pb.gz', samples: 7 });
});

test('headers and log-ins reach the service, and no other', async () => {
  const url = `http://me:hush@127.0.0.1:${port}`;
  expect((await start(['fetch', `${url}/once`, '--header', 'X-Key: hush2', '-o', 'h.pb.gz'])).status).toBe(0);
  expect(seen.slice(-2).map(({ headers }) => [headers.authorization, headers['x-key']])).toEqual([
    [`Basic ${Buffer.from('me:hush').toString('base64')}`, 'hush2'],
    [`Basic ${Buffer.from('me:hush').toString('base64')}`, 'hush2'],
  ]);
  await start(['fetch', `${url}/other`, '--header', 'X-Key: hush2', '-o', 'h.pb.gz']);
  expect(seen.at(-1)).toMatchObject({ url: '/text' });
  expect(seen.at(-1)!.headers).not.toHaveProperty('x-key');
  expect(seen.at(-1)!.headers).not.toHaveProperty('authorization');
  for (const args of [
    ['--header', 'hush'],
    ['--header', 'a b: hush'],
    ['--header', 'A: hu\nsh'],
  ]) {
    const { status, stderr } = await start(['fetch', url, ...args, '-o', 'n.pb.gz']);
    expect(stderr).toBe("heatline: --header: it looks like 'Name: value'\n");
    expect(status).toBe(2);
  }
});

test.each([
  ['/debug/pprof/nope', 'There is no such profile (404); this service offers allocs, heap'],
  ['/elsewhere/nope', 'There is no such profile (404); is it served under another path?'],
  ['/busy', 'The service answered 500: Could not enable CPU profiling: cpu profiling already in use'],
  ['/wall', "The service wants to know who asks (403): give --header 'Authorization: …': no\\u001b[31m"],
  ['/html', "The answer is a web page and not a profile: a log-in page? Then give --header 'Authorization: …'"],
  ['/goroutine?debug=2', 'The answer is a list of goroutines to read (debug=2): leave debug out of the URL to get the profile'],
  ['/noise?debug=1', 'debug=1 asks for a text to read: leave debug out of the URL to get the profile'],
  ['/trace', 'The answer is an execution trace and not a profile: save it with curl -o trace.out and open it with'],
  ['/empty', 'The answer is empty (at byte 0)'],
  ['/noise', 'This is not a profile in any format that can be read'],
  ['/brotli', 'The answer comes in a packing that nobody asked for'],
  ['/broken', 'The answer is packed wrongly'],
  ['/bomb', 'Unpacked, the answer is too large'],
  ['/cut', 'The connection broke off before the answer was whole'],
  ['/cutgz', ''],
  ['/loop', 'It was redirected more than 5 times'],
  ['/away', 'It redirects to something that is no web address'],
])('%s: one sentence, exit status 3, and nothing is written', async (path, sentence) => {
  const before = files();
  const { status, stdout, stderr } = await start(['fetch', `http://me:hush@127.0.0.1:${port}${path}`, '-o', 'x.pb.gz']);
  expect(stderr.startsWith(`heatline: http://127.0.0.1:${port}${path}: ${sentence}`), stderr).toBe(true);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(`${stdout}${stderr}`).not.toContain('hush');
  expect(status).toBe(3);
  expect(files()).toEqual(before);
});

test('nobody there, nobody answers, and an output that cannot be', async () => {
  expect((await start(['fetch', '127.0.0.1:1', '-o', 'x.pb.gz'])).stderr).toContain('The connection was refused');
  const slow = await start(['fetch', `127.0.0.1:${port}/slow`, '--timeout', '0.5', '-o', 'x.pb.gz']);
  expect(slow).toMatchObject({ status: 3, stderr: expect.stringContaining('There was no answer within') });
  seen = [];
  expect((await start(['fetch', `127.0.0.1:${port}`, '-o', 'no/such/x.pb.gz'])).status).toBe(2);
  expect((await start(['fetch', `127.0.0.1:${port}`, '-o', 'x.docx'])).status).toBe(2);
  expect((await start(['fetch', `127.0.0.1:${port}`, '--cacert', 'in.collapsed', '-o', 'x.pb.gz'])).stderr).toContain('no PEM file');
  expect(seen).toEqual([]);
});

test.skipIf(process.platform === 'win32')('Ctrl-C leaves nothing behind', async () => {
  const before = files();
  const { status, stderr } = await start(['fetch', `127.0.0.1:${port}/slow`, '-o', 'x.pb.gz'], {}, (child) => {
    const wait = setInterval(() => {
      if (seen.at(-1)?.url !== '/slow') return;
      clearInterval(wait);
      child.kill('SIGINT');
    }, 20);
    seen = [];
  });
  expect(stderr).toBe('heatline: interrupted; nothing was written\n');
  expect(status).toBe(130);
  expect(files()).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

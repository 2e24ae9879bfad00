// fetch through a web proxy that the environment names. TLS through one is in cliFetchGo.test.ts.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { proxyFor } from '../../src/cli/fetch/proxy.js';
import { cliKit } from './cliKit.js';
import { startProxy, type TestProxy } from './webProxy.js';

const { start, json, files } = cliKit();
let proxy: TestProxy;
let port = 0;
let hosts: string[] = [];
const service = createServer((request, response) => {
  hosts.push(`${request.headers.host} ${request.url} ${request.headers.authorization ?? ''}`.trim());
  response.end('main;work 5\nmain 2\n');
});

beforeAll(async () => {
  proxy = await startProxy();
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  port = (service.address() as AddressInfo).port;
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.refuse = 0;
  hosts = [];
});
afterAll(() => {
  proxy.close();
  service.closeAllConnections();
  service.close();
});

const none = { http_proxy: '', HTTP_PROXY: '', https_proxy: '', HTTPS_PROXY: '', all_proxy: '', ALL_PROXY: '', no_proxy: '', NO_PROXY: '' };
const fetch = (url: string, env: Record<string, string>) => start(['fetch', url, '-o', 'x.pb.gz'], { env: { ...none, ...env } });

test.each(['http_proxy', 'HTTP_PROXY', 'ALL_PROXY'])('a service is asked through %s, whose log-in it does not get', async (name) => {
  const url = `http://me:own@service.test:${port}/heap?debug=0`;
  const { status, stderr } = await fetch(url, { [name]: `http://it:hu%2Fsh@${proxy.host}` });
  expect(stderr).toMatch(/^heatline: .* → x\.pb\.gz\n$/);
  expect(status).toBe(0);
  expect(proxy.seen).toEqual([{ what: `GET http://service.test:${port}/heap?debug=0`, login: 'it:hu/sh' }]);
  expect(hosts).toEqual([`service.test:${port} /heap?debug=0 Basic ${Buffer.from('me:own').toString('base64')}`]);
  expect(json('top', 'x.pb.gz')).toMatchObject({ total: 7 });
});

test('loopback and what NO_PROXY names are asked directly', async () => {
  for (const host of ['127.0.0.1', 'localhost'])
    expect((await fetch(`http://${host}:${port}/x`, { HTTP_PROXY: proxy.host })).status).toBe(0);
  expect(hosts).toHaveLength(2);
  // Nobody has this name: without a proxy it is not found.
  const direct = await fetch(`http://service.invalid:${port}/x`, { HTTP_PROXY: proxy.host, NO_PROXY: 'other, .invalid' });
  expect(direct.status).toBe(3);
  expect(proxy.seen).toEqual([]);
});

test('a proxy that is not there, refuses or is none ends in one sentence without its password', async () => {
  const before = files();
  const url = `http://service.test:${port}/x`;
  const said = async (env: Record<string, string>, status: number) => {
    const result = await fetch(url, env);
    expect(result.stderr).not.toContain('hush');
    expect(result.stderr.match(/\n/g)).toHaveLength(1);
    expect(result.status).toBe(status);
    return result.stderr;
  };
  expect(await said({ HTTP_PROXY: 'http://me:hush@127.0.0.1:1' }, 3)).toContain(
    'The proxy 127.0.0.1:1 (HTTP_PROXY) cannot be reached (ECONNREFUSED)',
  );
  proxy.refuse = 407;
  expect(await said({ http_proxy: `me:hush@${proxy.host}` }, 3)).toContain(
    `The proxy ${proxy.host} (http_proxy) wants to know who asks (407)`,
  );
  proxy.refuse = 403;
  expect(await said({ http_proxy: proxy.host }, 3)).toContain('403');
  expect(await said({ ALL_PROXY: 'socks5://me:hush@127.0.0.1:1' }, 2)).toMatch(
    /^heatline: ALL_PROXY: it looks like http:\/\/proxy\.example:3128/,
  );
  expect(files()).toEqual(before);
});

test('which proxy is for whom', () => {
  const of = (url: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(url), env)?.url.href;
  const env = { HTTP_PROXY: 'plain:1', https_proxy: 'https://secure:2', HTTPS_PROXY: 'http://not:3' };
  expect(of('http://a.example/', env)).toBe('http://plain:1/');
  expect(of('https://a.example/', env)).toBe('https://secure:2/');
  expect(of('https://a.example/', { HTTP_PROXY: 'plain:1' })).toBeUndefined();
  for (const loopback of ['localhost', 'x.localhost', 'LOCALHOST.', '127.0.0.1', '127.8.8.8', '[::1]', '0.0.0.0', '[::ffff:127.0.0.1]']) {
    expect(of(`http://${loopback}:6060/`, env), loopback).toBeUndefined();
  }
  const excepted = (url: string, list: string) => of(url, { ALL_PROXY: 'p:1', NO_PROXY: list }) === undefined;
  expect(excepted('http://a.example/', '*')).toBe(true);
  expect(excepted('http://a.example/', 'b.example, A.Example')).toBe(true);
  expect(excepted('http://x.a.example/', 'a.example')).toBe(true);
  expect(excepted('http://x.a.example/', '.a.example')).toBe(true);
  expect(excepted('http://x.a.example/', '*.a.example')).toBe(true);
  expect(excepted('http://xa.example/', 'a.example')).toBe(false);
  expect(excepted('http://a.example/', 'a.example:80')).toBe(true);
  expect(excepted('https://a.example/', 'a.example:80')).toBe(false);
  expect(excepted('http://a.example:6060/', 'a.example:6060')).toBe(true);
  expect(excepted('http://10.1.2.3/', '10.0.0.0/8')).toBe(true);
  expect(excepted('http://11.1.2.3/', '10.0.0.0/8')).toBe(false);
  expect(excepted('http://11.1.2.3/', '2.3')).toBe(false);
  expect(excepted('http://[fd00::5]/', 'fd00::/8')).toBe(true);
  expect(excepted('http://[fd00::5]:80/', 'fd00::5')).toBe(true);
  expect(excepted('http://[fd00::5]:80/', '[fd00::5]:80')).toBe(true);
  expect(excepted('http://a.example/', '10.0.0.0/99 , ,')).toBe(false);
});

// What `heatline receive` makes of what clients send (docs/production.md), and what it refuses. Real clients: receiveClients.test.ts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { readFacts } from '../../src/windows/facts.js';
import { fixtures } from './cliKit.js';
import { goPprof, hasGo, judge } from './goJudge.js';
import { datadogForm, openReceiver, post, profileOf, push, pushOf } from './receiveKit.js';

const receiver = await openReceiver();
const { url, folder } = receiver;
const temporary = mkdtempSync(join(tmpdir(), 'heatline-judge-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const started = Date.UTC(2026, 10, 22, 14, 15, 30);

/** The windows that came by `send`. */
async function added(send: () => Promise<{ status: number; body: string }>, status = 200): Promise<string[]> {
  const before = receiver.windows();
  const told = await send();
  expect(told.status, told.body).toBe(status);
  return receiver.windows().filter((window) => !before.includes(window));
}

describe('Pyroscope', () => {
  const labels = { __name__: 'process_cpu', service_name: 'shop', version: '2.7', region: 'eu', 'process.runtime.name': 'cpython' };

  test("a push is a window that reads like an agent's; the client's bytes are kept", async () => {
    const profile = profileOf('pushed', 7, started);
    const [window, ...more] = await added(() => push(url, pushOf([profile], labels, ['1d-2'])));
    expect(more).toEqual([]);
    expect(window).toMatch(
      new RegExp(`^date=2026-11-22/service=shop/20261122T141530Z_shop_${hostname().replaceAll('_', '-')}_0_[0-9a-f]{16}_0001\\.pb\\.gz$`),
    );
    expect(receiver.content(window!).subarray(0, profile.length)).toEqual(profile);
    const facts = await readFacts(folder, window!);
    expect(facts).toMatchObject({ service: 'shop', version: '2.7', host: hostname(), startNanos: BigInt(started) * 1_000_000n });
    expect(facts).toMatchObject({ profileId: '1d-2', types: [{ type: 'cpu', unit: 'nanoseconds', total: 7 }] });
    expect(facts.tags).toMatchObject({ region: 'eu', runtime: 'cpython', profile_type: 'process_cpu' });
  });

  test.skipIf(!hasGo)('go tool pprof reads it, comments and all', async () => {
    const [window] = await added(() => push(url, pushOf([gzipSync(profileOf('judged', 42))], labels)));
    const file = join(folder, window!);
    expect(judge(file, 'cpu', 'ns', '-filefunctions').rows['judged /app/shop.py']).toEqual([42, 42]);
    expect(goPprof(['-comments', file])).toMatch(/^service=shop\nversion=2\.7\nhost=/);
  });

  test('several series and profiles are several windows; packed messages and JSON too', async () => {
    const two = pushOf([profileOf('one'), profileOf('two')], labels);
    expect(await added(() => push(url, two))).toHaveLength(2);
    const zipped = gzipSync(pushOf([profileOf('zipped')], labels));
    expect(await added(() => push(url, zipped, { 'content-encoding': 'gzip' }))).toHaveLength(1);
    const series = [
      { labels: [{ name: 'service_name', value: 'json' }], samples: [{ rawProfile: profileOf('j').toString('base64'), ID: 'x' }] },
    ];
    const [window] = await added(() => push(url, Buffer.from(JSON.stringify({ series })), { 'content-type': 'application/json' }));
    expect(window).toContain('service=json/');
  });

  test('the same push again is answered with success, and there once', async () => {
    const message = pushOf([profileOf('again', 3)], labels, ['the-same']);
    expect(await added(() => push(url, message))).toHaveLength(1);
    const { repeated } = receiver.figures;
    expect(await added(() => push(url, message))).toEqual([]);
    expect(receiver.figures.repeated).toBe(repeated + 1);
    // Another id is another profile, though it looks the same.
    expect(await added(() => push(url, pushOf([profileOf('again', 3)], labels, ['another'])))).toHaveLength(1);
  });

  test('ingest: name with labels, times, pprof alone or in a form', async () => {
    const bare = new URLSearchParams({ name: 'my.app{region=eu,version=1.5}', from: '1795356000', until: '1795356010', format: 'pprof' });
    const timeless = profileOf('bare', 5, 0);
    const [window] = await added(() => post(`${url}/ingest?${bare}`, timeless));
    expect(window).toContain('date=2026-11-22/service=my.app/20261122T');
    expect(await readFacts(folder, window!)).toMatchObject({
      version: '1.5',
      tags: { region: 'eu' },
      startNanos: 1795356000n * 1_000_000_000n,
      durationNanos: 10e9,
    });
    const form = new FormData();
    form.append('profile', new Blob([gzipSync(profileOf('form')) as never]), 'profile.pprof');
    form.append('sample_type_config', new Blob(['{}']), 'config.json');
    expect(await added(() => post(`${url}/ingest?name=app`, form))).toHaveLength(1);
    form.append('prev_profile', new Blob([profileOf('before') as never]), 'profile.pprof');
    expect((await post(`${url}/ingest?name=app`, form)).status).toBe(415);
    expect((await post(`${url}/ingest?name=app&format=trie`, profileOf('x'))).status).toBe(415);
    expect((await post(`${url}/ingest?format=pprof`, profileOf('x'))).status).toBe(400);
  });

  test.each([
    ['lines', 'collapsed/tachyon.collapsed', 'lines'],
    ['speedscope', 'speedscope/pyspy-threads.speedscope.json', 'speedscope'],
    ['Java Flight Recorder', 'jfr/shop.jfr', 'jfr'],
  ])('ingest: %s become pprof with the same figures', async (_, file, format) => {
    const source = join(fixtures, file);
    const [window] = await added(() => post(`${url}/ingest?name=other&format=${format}`, readFileSync(source)));
    const [sent, kept] = [await readProfile(fileSource(source)), await readProfile(fileSource(join(folder, window!)))];
    expect(kept.format).toBe('pprof');
    // pprof knows whole numbers only, so seconds become nanoseconds.
    expect(sums(kept)).toEqual(sums(sent));
  });
});

describe('Datadog', () => {
  const event = {
    version: '4',
    family: 'python',
    start: '2026-11-22T06:58:27.123600590Z',
    end: '2026-11-22T06:58:29.123600590Z',
    attachments: ['profile.pprof'],
    tags_profiler: 'service:shop,version:2.7,env:prod,host:web-1,process_id:4711,runtime:CPython,runtime_version:3.11.7,url:http://a:1/x',
  };
  const packed = readFileSync(join(fixtures, 'ddtrace/shop.pprof'));

  test("ddtrace's file keeps its 19 value types, threads and times", async () => {
    const form = datadogForm(event, { 'profile.pprof': packed, 'code-provenance.json': Buffer.from('{}') });
    const [window, ...more] = await added(() => post(`${url}/profiling/v1/input`, form, { 'dd-evp-origin': 'dd-trace-py' }));
    expect(more).toEqual([]);
    expect(window).toMatch(/service=shop\/\d{8}T\d{6}Z_shop_web-1_4711_[0-9a-f]{16}_0001\.pb\.gz$/);
    const facts = await readFacts(folder, window!);
    expect(facts).toMatchObject({ service: 'shop', version: '2.7', host: 'web-1', processId: 4711 });
    expect(facts.tags).toMatchObject({ env: 'prod', runtime: 'CPython', language: 'python', url: 'http://a:1/x' });
    expect(facts.types).toHaveLength(19);
    const kept = await readProfile(fileSource(join(folder, window!)));
    expect(kept.quality.engine).toBe('dd-trace-py');
    expect(kept.threads).toContain('clerk 0');
    if (!hasGo) return;
    const original = join(temporary, 'shop.pb');
    expect(spawnSync('zstd', ['-dqf', join(fixtures, 'ddtrace/shop.pprof'), '-o', original]).status).toBe(0);
    for (const [type, unit] of [
      ['cpu-time', 'ns'],
      ['lock-acquire-wait', 'ns'],
      ['alloc-space', 'B'],
    ] as const)
      expect(judge(join(folder, window!), type, unit, '-functions')).toEqual(judge(original, type, unit, '-functions'));
  });

  test('several profiles of one event are several windows, and bear their names', async () => {
    const form = datadogForm(event, {
      'cpu.pprof': gzipSync(profileOf('c')),
      'delta-heap.pprof': profileOf('h'),
      'metrics.json': Buffer.from('[]'),
    });
    const windows = await added(() => post(`${url}/api/v2/profile`, form));
    const names = await Promise.all(windows.map(async (window) => (await readFacts(folder, window)).tags.attachment));
    expect(names.sort()).toEqual(['cpu.pprof', 'delta-heap.pprof']);
  });

  test('what is no event, no form or no profile is refused in one sentence', async () => {
    const to = `${url}/profiling/v1/input`;
    const none = new FormData();
    none.append('x', 'y');
    for (const [body, says] of [
      [none, 'no part event'],
      [datadogForm('[1]', { 'a.pprof': profileOf('x') }), 'no JSON object'],
      [datadogForm(event, {}), 'has no profile'],
      [datadogForm(event, { 'a.pprof': Buffer.from('hello') }), 'no profile'],
    ] as const) {
      const told = await post(to, body);
      expect(told.status).toBe(400);
      expect(JSON.parse(told.body).errors[0]).toContain(says);
    }
    expect((await post(to, 'hello', { 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(400);
    expect((await post(to, 'hello')).status).toBe(400);
  });

  test('what its libraries ask first is answered', async () => {
    const info = await (await fetch(`${url}/info`)).json();
    expect(info.endpoints).toEqual(['/profiling/v1/input']);
    expect((await post(`${url}/v0.4/traces`, '[]')).status).toBe(404);
    expect((await fetch(`${url}/ingest`)).status).toBe(405);
  });
});

describe('what a profile may be', () => {
  const labels = { service_name: 'bad' };
  const whole = profileOf('whole');

  test('nothing that is damaged is kept', async () => {
    const before = receiver.windows();
    const zipped = gzipSync(whole);
    for (const bad of [
      whole.subarray(0, whole.length - 3),
      zipped.subarray(0, zipped.length - 9),
      Buffer.concat([zipped.subarray(0, 20), Buffer.alloc(20, 0xff), zipped.subarray(40)]),
      Buffer.concat([whole, whole]),
      Buffer.alloc(0),
      Buffer.from('hello world'),
      gzipSync(gzipSync(gzipSync(zipped))),
      withBadIndex(),
    ]) {
      const told = await push(url, pushOf([bad], labels));
      expect(told.status, bad.toString('latin1').slice(0, 40)).toBe(400);
      expect(JSON.parse(told.body)).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(/^[A-Z].*\.$/) });
    }
    const broken = Buffer.from(pushOf([whole], labels));
    expect((await push(url, broken.subarray(0, broken.length - 5))).status).toBe(400);
    expect((await push(url, pushOf([], labels))).status).toBe(400);
    expect((await push(url, Buffer.from('{"series":3}'), { 'content-type': 'application/json' })).status).toBe(400);
    // One that is bad among good ones: nothing was answered with success.
    expect((await push(url, pushOf([profileOf('good'), Buffer.from('bad')], labels))).status).toBe(400);
    expect(receiver.windows()).toEqual(before);
  });

  test('names from outside stay names', async () => {
    for (const service of ['../../etc/passwd', '..', 'a/b\\c', '\u0000x\u202ey', 'x'.repeat(5000), 'ü 日本', '__proto__', '']) {
      const windows = await added(() =>
        push(url, pushOf([profileOf(`n${service.length}`)], { service_name: service, host: '../h', pid: '9'.repeat(30) })),
      );
      expect(windows).toHaveLength(1);
      expect(windows[0]).toMatch(/^date=\d{4}-\d\d-\d\d\/service=[\w.-]{1,64}\/\d{8}T\d{6}Z_[\w.-]{1,64}_-h_0_[0-9a-f]{16}_0001\.pb\.gz$/);
      expect(windows[0]).not.toContain('/service=./');
    }
  });

  test('what is unpacked has a limit, and bombs are sent away', async () => {
    const small = await openReceiver({ bounds: { content: 1 << 20, body: 1 << 19 } });
    const zeros = Buffer.alloc(64 << 20);
    const zstd = spawnSync('zstd', ['-qc'], { input: zeros, maxBuffer: 1 << 28 }).stdout;
    for (const bomb of [gzipSync(zeros), zstd, gzipSync(gzipSync(zeros))]) {
      const told = await push(small.url, pushOf([bomb], labels));
      expect(told.status).toBe(413);
      expect(JSON.parse(told.body)).toMatchObject({ code: 'resource_exhausted', message: 'Unpacked, it is larger than 1 MiB.' });
    }
    expect((await push(small.url, gzipSync(pushOf([zeros], labels)), { 'content-encoding': 'gzip' })).status).toBe(413);
    // Many that fit one by one.
    const large = profileOf(`large${'x'.repeat(400_000)}`);
    expect((await push(small.url, pushOf([gzipSync(large), gzipSync(large), gzipSync(large)], labels))).status).toBe(413);
    expect((await push(small.url, Buffer.alloc(600_000))).status).toBe(413);
    expect((await push(small.url, Buffer.alloc(10), { 'content-encoding': 'br' })).status).toBe(415);
    expect(small.windows()).toEqual([]);
    expect(small.figures.refused).toEqual({ 'too large': 6, unsupported: 1 });
  });

  test('times that cannot be', async () => {
    const week = await openReceiver({ keep: { bytes: 1 << 30, seconds: 604_800 } });
    const day = 86_400_000;
    for (const [time, status] of [
      [Date.now() - 8 * day, 422],
      [Date.now() - 6 * day, 200],
      [Date.now() + 3_600_000, 200],
      [Date.now() + 2 * day, 422],
    ] as const)
      expect((await push(week.url, pushOf([profileOf('t', 1, time)], labels))).status).toBe(status);
    expect(week.windows()).toHaveLength(2);
  });
});

describe('who may send', () => {
  const message = pushOf([profileOf('who')], { service_name: 'who' });
  const TOKEN = 'a-long-token';

  test('with a token: as bearer, as password, as Datadog has it', async () => {
    const closed = await openReceiver({ token: TOKEN });
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const headers of [{}, { authorization: 'Bearer a-long-toke' }, { authorization: basic(`${TOKEN}:x`) }, { 'dd-api-key': 'x' }]) {
      const told = await push(closed.url, message, headers as Record<string, string>);
      expect(told.status).toBe(401);
      expect(JSON.parse(told.body).code).toBe('unauthenticated');
    }
    expect(closed.windows()).toEqual([]);
    for (const headers of [{ authorization: `Bearer ${TOKEN}` }, { authorization: basic(`any:${TOKEN}`) }, { 'dd-api-key': TOKEN }])
      expect((await push(closed.url, message, headers as Record<string, string>)).status).toBe(200);
    expect(closed.figures.refused).toEqual({ token: 4 });
  });

  test('beyond loopback nothing is opened without one', async () => {
    for (const place of ['0.0.0.0:0', '[::]:0', '192.168.1.1:4040'])
      await expect(openReceiver({ listen: [place] })).rejects.toThrow(/a token is wanted/);
    for (const place of ['example.org:80', 'x', '127.0.0.1', '127.0.0.1:99999', 'unix:'])
      await expect(openReceiver({ listen: [place] })).rejects.toThrow(/--listen/);
    await expect(openReceiver({ token: 'short' })).rejects.toThrow(/at least 8/);
    await expect(openReceiver({ listen: [url.replace('http://', '')] })).rejects.toThrow(/somebody else listens/);
  });

  test('pages of the web may not, whatever name they lead here', async () => {
    const { port } = new URL(url);
    const raw = (...headers: string[]) => rawPost(Number(port), '/ingest?name=web', headers);
    expect(await raw('Host: evil.example:4040')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw('Host: 127.0.0.1', 'Origin: http://evil.example')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw('Host: 127.0.0.1', 'Sec-Fetch-Mode: no-cors')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw('Host: localhost:4040')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** Speaks HTTP itself, since `fetch` chooses its own host. */
async function rawPost(port: number, path: string, headers: readonly string[]): Promise<string> {
  const body = profileOf(`raw${headers}`);
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  socket.write(body);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** With a sample of a location that is not there, which `go tool pprof` refuses. */
function withBadIndex(): Buffer {
  return Buffer.concat([profileOf('bad'), Buffer.from([0x12, 7, 0x0a, 2, 0xe7, 7, 0x12, 1, 1])]);
}

/** Totals by value type and function. */
function sums(profile: Profile): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [type, { type: name, unit }] of profile.sampleTypes.entries()) {
    const scale = unit === 'seconds' ? 1e9 : 1;
    const { total } = functionTable(profile, { type });
    for (let func = 0; func < profile.functions.length; func++) {
      const key = `${name} ${profile.strings[profile.functions.name[func]!]} ${profile.strings[profile.functions.file[func]!]}`;
      found[key] = (found[key] ?? 0) + Math.round(total[func]! * scale);
    }
  }
  return found;
}

// OpenTelemetry's profiles (OTLP, v1development) as its own library for Python writes them: test/unit/otlp.py tells what is in them.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Reader } from 'protobufjs/minimal';
import { afterAll, describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { openOtlp } from '../../src/core/formats/otlp/message.js';
import { addProfiles, readFacts as readProfileFacts } from '../../src/core/formats/otlp/profiles.js';
import { fileSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { readFacts } from '../../src/windows/facts.js';
import { clientsPython } from '../rig/clients.js';
import { functionsOf, goPprof, hasGo, judge } from './goJudge.js';
import { openReceiver, post, profileOf, type ReceiverKit } from './receiveKit.js';

const python = clientsPython();
const has = existsSync(python);
if (!has && process.env.CI) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);

describe.skipIf(!has)('OTLP', async () => {
  if (!has) return;
  const temporary = mkdtempSync(join(tmpdir(), 'heatline-otlp-'));
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));
  const own = profileOf('own', 9, Date.UTC(2026, 10, 22));
  writeFileSync(join(temporary, 'own.pb'), own);
  const file = join(temporary, 'request.otlp');
  const truth = JSON.parse(
    execFileSync(python, [join(import.meta.dirname, 'otlp.py'), file, join(temporary, 'own.pb')], { encoding: 'utf8' }),
  );
  const message = readFileSync(file);
  const receiver = await openReceiver();
  const to = `${receiver.url}/v1development/profiles`;
  const type = { 'content-type': 'application/x-protobuf' };
  const find = (kit: ReceiverKit, service: string) =>
    join(kit.folder, kit.windows().find((window) => window.includes(`service=${service}/`))!);
  const told = await post(to, gzipSync(message), { ...type, 'content-encoding': 'gzip' });

  test('each resource is a window, its profiles of the same time are columns', async () => {
    expect(told).toMatchObject({ status: 200, body: '' });
    expect(told.headers.get('content-type')).toBe('application/x-protobuf');
    expect(receiver.windows()).toHaveLength(3);
    const window = receiver.windows().find((path) => path.includes('service=shop/'))!;
    expect(window).toMatch(/_shop_web-7_4711_[0-9a-f]{16}_0001\.pb\.gz$/);
    const facts = await readFacts(receiver.folder, window);
    expect(facts).toMatchObject({ version: '3.1', host: 'web-7', processId: 4711, startNanos: BigInt(truth.start), durationNanos: 10e9 });
    expect(facts.profileId).toBe('000102030405060708090a0b0c0d0e0f');
    expect(facts.tags['deployment.environment.name']).toBe('prod');
    expect(facts.types).toEqual([
      { type: 'cpu', unit: 'nanoseconds', total: truth.cpu.main },
      { type: 'events', unit: 'count', total: 2 },
    ]);
    expect(facts.labels).toMatchObject({ 'http.route': ['/buy'], trace_id: ['000102030405060708090a0b0c0d0e0f'], thread: ['worker'] });
    expect((await readFacts(receiver.folder, receiver.windows().find((path) => path.includes('service=other/'))!)).types[0]!.total).toBe(
      2n ** 60n + 5n,
    );
  });

  test('samples keep threads, labels, times, inlined frames, columns and mappings', async () => {
    const profile = await readProfile(fileSource(find(receiver, 'shop')));
    expect(profile.quality).toMatchObject({ engine: 'otel.profiler', engineVersion: '0.9' });
    expect(profile.threads).toEqual(['worker']);
    const times = [...profile.samples.time!].filter((time) => !Number.isNaN(time)).map((time) => Math.round(time / 1e9));
    expect(times.sort()).toEqual([1, 1, 2, 2, 3]);
    expect(profile.strings).toContain('abcd12');
    expect(profile.periodType).toEqual({ type: 'cpu', unit: 'nanoseconds' });
    expect(profile.period).toBe(10_000_000);
  });

  test.skipIf(!hasGo)('go tool pprof has the figures of the program that wrote it', async () => {
    const shop = find(receiver, 'shop');
    const profile = await readProfile(fileSource(shop));
    for (const [index, [name, unit]] of [
      ['cpu', 'ns'],
      ['events', 'count'],
    ].entries()) {
      const { rows } = judge(shop, name!, unit!, '-functions');
      for (const [func, total] of Object.entries(truth[name!])) expect(rows[func]?.[1], `${name} ${func}`).toBe(total);
      expect(judge(shop, name!, unit!, '-filefunctions').total).toBe(index === 0 ? truth.cpu.main : 2);
      expect(Object.values(functionsOf(profile, index)).reduce((sum, [self]) => sum + self, 0)).toBe(index === 0 ? truth.cpu.main : 2);
    }
    expect(goPprof(['-tags', '-sample_index=cpu', shop])).toMatch(/\/buy/);
    expect(goPprof(['-raw', shop])).toMatch(/0x401234.*parse.*text\.py:7/);
  });

  test('opened as a file, all resources are one profile', async () => {
    const profile = await readProfile(fileSource(file));
    expect(profile.format).toBe('otlp');
    expect(profile.comments).toEqual(expect.arrayContaining(['service.name=shop', 'service.name=other', 'process.pid=4711']));
    expect(profile.warnings).toEqual(['It brings profiles in a format of their own, which are not shown.']);
    const main = functionsOf(profile, 1)['main /app/shop.py'];
    expect(main).toEqual([0, truth.events.buy]);
  });

  test('a profile that brings its own pprof is kept as that', () => {
    const window = receiver.windows().find((path) => path.includes('service=own/'))!;
    expect(receiver.content(window).subarray(0, own.length)).toEqual(own);
  });

  test('the same as JSON is the same window', async () => {
    const kit = await openReceiver();
    const answer = await post(`${kit.url}/v1development/profiles`, JSON.stringify(JSON.parse(truth.json)), {
      'content-type': 'application/json; charset=utf-8',
    });
    expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([200, '{}', 'application/json']);
    // Their names come from their content.
    expect(kit.windows()).toEqual(receiver.windows());
    for (const window of kit.windows()) expect(kit.content(window)).toEqual(receiver.content(window));
  });

  test('who speaks gRPC is told so by HTTP/2 itself', async () => {
    const session = connect(receiver.url);
    session.on('error', () => {});
    const [code, , sentence] = await once(session, 'goaway');
    session.destroy();
    expect([code, String(sentence)]).toEqual([constants.NGHTTP2_HTTP_1_1_REQUIRED, expect.stringContaining('http/protobuf')]);
  });

  test('what is damaged ends in one sentence, and is not kept', async () => {
    const damaged = await openReceiver();
    for (const bad of [
      message.subarray(0, message.length - 5),
      Buffer.from('hello'),
      Buffer.alloc(0),
      Buffer.from([0x0a, 0x02, 0x12, 0x00]),
    ]) {
      const answer = await fetch(`${damaged.url}/v1/profiles`, { method: 'POST', body: bad as never, headers: type });
      expect(answer.status).toBe(400);
      const status = Reader.create(new Uint8Array(await answer.arrayBuffer()));
      expect([status.uint32(), status.uint32()]).toEqual([8, 3]);
      expect([status.uint32(), status.string()]).toEqual([18, expect.stringMatching(/^[A-Z].*\.$/)]);
    }
    const json = { 'content-type': 'application/json' };
    for (const bad of [
      '{}',
      '{"resourceProfiles":{}}',
      '{"dictionary":{"stringTable":[1]}}',
      '[',
      '{"dictionary":{"linkTable":[{"traceId":"xyz"}]}}',
    ]) {
      const answer = await post(to, bad, json);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([400, { code: 3, message: expect.stringMatching(/^[A-Za-z].*\.$/) }]);
    }
    expect(await post(to, 'x', { 'content-type': 'application/grpc' })).toMatchObject({ status: 415 });
    const old = await post(to, readFileSync(join(import.meta.dirname, '../fixtures/foreign/async-profiler.otlp')), type);
    expect(old).toMatchObject({ status: 400, body: expect.stringContaining('an older kind') });
    expect(damaged.windows()).toEqual([]);
  });

  test('more frames than may be are refused, however small the message is', () => {
    const opened = openOtlp(message);
    const profiles = opened.groups.flatMap((group) => group.profiles.map((span) => readProfileFacts(opened, span)));
    expect(() => addProfiles(opened, profiles, new ProfileBuilder('otlp'), 30)).not.toThrow();
    expect(() => addProfiles(opened, profiles, new ProfileBuilder('otlp'), 20)).toThrow(/more than can be read safely/);
  });

  test('whatever is changed in it, there are profiles or one clean sentence', () => {
    let random = 12345;
    const draw = (below: number) => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return Math.floor((random / 2147483648) * below);
    };
    let read = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(message);
      for (let changes = 1 + draw(4); changes > 0; changes--) bytes[draw(bytes.length)] = draw(256);
      try {
        const opened = openOtlp(draw(4) === 0 ? bytes.subarray(0, draw(bytes.length)) : bytes);
        for (const group of opened.groups) {
          addProfiles(
            opened,
            group.profiles.map((span) => readProfileFacts(opened, span)),
            new ProfileBuilder('otlp'),
          );
        }
        read++;
      } catch (error) {
        expect(error).toBeInstanceOf(ReadError);
      }
    }
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(2900);
  });
});

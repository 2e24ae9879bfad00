// What is read of a window without its stacks (src/windows/facts.ts), judged by the agent's own files and by go tool pprof.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { factsOf, readFacts } from '../../src/windows/facts.js';
import { MOST_VALUES } from '../../src/windows/labelSums.js';
import { keyOf, parsePath, plainPart, windowName } from '../../src/windows/names.js';
import { goPprof, hasGo, judge } from './goJudge.js';
import { DAY, put, windowBytes } from './windowsKit.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline windows-facts ü-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = { ...process.env, PYTHONPATH: resolve(import.meta.dirname, '../../python'), PYTHONDONTWRITEBYTECODE: '1' };

describe("the agent's own windows", () => {
  const root = join(folder, 'agent');
  beforeAll(() => {
    const settings = `service='sh op_ä', version='2.7', window=0.4, cost=1, labels={'region': 'eu=1'}`;
    const work = `
import heatline, os, socket, time
heatline.agent(${JSON.stringify(root)}, ${settings})
for turn in range(6):
    with heatline.labels(route='/buy' if turn % 2 else '/list'):
        until = time.thread_time() + 0.15
        while time.thread_time() < until: sum(range(200))
print(os.getpid(), socket.gethostname())
`;
    writeFileSync(join(folder, 'app.py'), work);
    told = execFileSync('python3', [join(folder, 'app.py')], { env: environment, encoding: 'utf8' })
      .trim()
      .split(' ');
  });
  let told: string[] = [];

  test('say whose they are, and their names say the same as far as names can', async () => {
    const names = readdirSync(root).sort();
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      const facts = await readFacts(root, name);
      expect([facts.service, facts.version, facts.host, facts.processId]).toEqual(['sh op_ä', '2.7', told[1], Number(told[0])]);
      expect(facts.tags).toMatchObject({ region: 'eu=1', language: 'python' });
      const named = parsePath(name);
      expect([named.service, named.host, named.processId]).toEqual([plainPart('sh op_ä'), plainPart(told[1]!), Number(told[0])]);
      expect(named.startNanos).toBe((facts.startNanos / 1_000_000_000n) * 1_000_000_000n);
      const [, , , , writer, sequence] = name.replace('.pb.gz', '').split('_');
      expect(windowName({ ...facts, writer: writer!, sequence: Number(sequence) })).toBe(name);
    }
  });

  test.skipIf(!hasGo)('sum up to what go tool pprof makes of them, the whole and by label', async () => {
    for (const name of readdirSync(root)) {
      const { types, labels, labelTotals } = await readFacts(root, name);
      for (const [at, { type, unit, total }] of types.entries()) {
        if (type.includes('space') || type.startsWith('lock')) continue;
        const short = unit === 'nanoseconds' ? 'ns' : unit;
        expect(total, `${name} ${type}`).toBe(judge(join(root, name), type, short, '-functions').total);
        for (const [value, route] of (labels.route ?? []).entries()) {
          const judged = goPprof(['-tags', `-sample_index=${type}`, `-unit=${short}`, `-tagshow=^route$`, join(root, name)]);
          const found = [...judged.matchAll(/^\s*(-?[\d.]+)\S*\s+\([^)]*\):\s+(.*)$/gm)].find((row) => row[2] === route);
          expect(labelTotals.route![value]![at], `${name} ${type} ${route}`).toBe(Number(found?.[1] ?? 0));
        }
      }
    }
  });

  test('are named by the same rules here and there', () => {
    const texts = ['shop', 'a_b', 'Ü 😀/x', '..hidden..', '', 'x'.repeat(100), '.', 'web-1.example', '日本', 'a\nb'];
    const code =
      'import json, sys; from heatline.agent.folder import plain; print(json.dumps([plain(text) for text in json.load(sys.stdin)]))';
    const theirs = execFileSync('python3', ['-c', code], { env: environment, input: JSON.stringify(texts), encoding: 'utf8' });
    expect(texts.map(plainPart)).toEqual(JSON.parse(theirs));
  });
});

test('a key has the day and the service, and its name the rest', () => {
  const startNanos = DAY + 86_399_999_999_999n;
  const key = keyOf({ startNanos, service: 'a/../b', host: 'h_1', processId: 7, writer: 'ab12cd', sequence: 3 });
  expect(key).toBe('date=2026-11-21/service=a-..-b/20261121T235959Z_a-..-b_h-1_7_ab12cd_0003.pb.gz');
  expect(parsePath(key)).toEqual({ service: 'a-..-b', host: 'h-1', processId: 7, startNanos: startNanos - 999_999_999n });
});

test('a file that tells nothing has the facts of its place, and its time from the file system', async () => {
  put(
    folder,
    'date=2026-11-21/service=other/some.pprof',
    gunzipSync(windowBytes({ minute: -Number(DAY / 60_000_000_000n), samples: [] })),
    100,
  );
  const facts = await readFacts(folder, 'date=2026-11-21/service=other/some.pprof');
  expect(facts).toMatchObject({ service: 'other', version: '', host: '', processId: 0, samples: 0 });
  expect(Math.abs(Number(facts.startNanos / 1_000_000n) - facts.mtimeMs)).toBeLessThan(2);
});

test('sums past 2^53 are exact, below zero too', () => {
  const values = [2n ** 60n + 1n, 2n ** 61n + 7n, -3n, 5n];
  const bytes = windowBytes({ minute: 0, samples: values.map((wall) => ({ stack: 'main', wall })) });
  const { types } = factsOf(gunzipSync(bytes), 'w.pb.gz', { bytes: bytes.length, mtimeMs: 0 });
  expect(types[0]!.total).toBe(2n ** 60n + 2n ** 61n + 10n);
});

test('10,000 labels: the largest are listed, and it is said that there are more', () => {
  const samples = Array.from({ length: 10_000 }, (_, i) => ({
    stack: 'main',
    wall: i === 7777 ? 1e9 : 1,
    labels: { tenant: `t${i}`, plan: 'free' },
  }));
  const bytes = windowBytes({ minute: 0, samples });
  const { labels, labelTotals, cutLabels, types } = factsOf(gunzipSync(bytes), 'w.pb.gz', { bytes: bytes.length, mtimeMs: 0 });
  expect(labels.tenant!.length).toBe(MOST_VALUES);
  expect(labelTotals.tenant![labels.tenant!.indexOf('t7777')]).toEqual([1e9, 0]);
  expect(cutLabels).toEqual(['tenant']);
  expect(labels.plan).toEqual(['free']);
  expect([types[0]!.total, labelTotals.plan![0]![0]]).toEqual([1e9 + 9999, 1e9 + 9999]);
});

test('what is no whole pprof file is refused in one sentence', async () => {
  const whole = windowBytes({ minute: 3, service: 'shop', samples: [{ stack: 'main work', wall: 5, labels: { route: '/buy' } }] });
  const content = gunzipSync(whole);
  const odd: Record<string, Uint8Array | string> = {
    'empty.pb.gz': '',
    'text.pb': 'no profile at all',
    'packed.pb.gz': gzipSync('neither is this'),
  };
  for (let at = 1; at < whole.length; at += 7) odd[`torn${at}.pb.gz`] = whole.subarray(0, at);
  for (let at = 1; at < content.length; at += 5) odd[`cut${at}.pb`] = content.subarray(0, at);
  let refused = 0;
  for (const [name, bytes] of Object.entries(odd)) {
    put(folder, name, bytes);
    const error = await readFacts(folder, name).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) {
      // Cut between two fields a profile that is not packed may be whole: then it is one to everybody.
      expect(name).toMatch(/^cut/);
      continue;
    }
    expect(error, name).toBeInstanceOf(ReadError);
    expect((error as ReadError).message).toMatch(/^[A-Z][^\n]*\.$/);
    refused++;
  }
  expect(refused).toBeGreaterThan(20);
  await expect(readFacts(folder, 'missing.pb.gz')).rejects.toThrow('There is no such file.');
});

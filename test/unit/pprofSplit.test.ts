// Large pprof files are read piece by piece: what comes out is what reading them as a whole gives.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { ProtoWriter } from '../../src/core/formats/pprof/protoWriter.js';
import { splitProfile } from '../../src/core/formats/pprof/split.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { momentsField } from './pprofKit.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline-split-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SAMPLES = 36_000;
const PLACES = 24_000;
const TEXTS = [
  '',
  'samples',
  'count',
  'wall',
  'nanoseconds',
  'thread',
  'worker',
  'request',
  'end_timestamp_ns',
  'bytes',
  '_start',
  'app.py',
];
const FIRST_NAME = TEXTS.length;
const label = { thread: TEXTS.indexOf('thread'), worker: 6, request: 7, time: 8, bytes: 9 };

interface Made {
  /** Writes further fields of a sample. */
  readonly sample?: (out: ProtoWriter, index: number) => void;
  readonly idOf?: (place: number) => number | bigint;
  readonly more?: (out: ProtoWriter) => void;
}

/** A profile of random stacks, in Go's order: samples before what they refer to. Too random to be packed below 2 MiB. */
function make({ sample, idOf = (place) => place + 1, more }: Made = {}): Uint8Array {
  let state = 7;
  const next = (below: number) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
  const [out, inner, list] = [new ProtoWriter(), new ProtoWriter(), new ProtoWriter()];
  for (const [type, unit] of [
    [1, 2],
    [3, 4],
  ] as const) {
    inner.number(1, type);
    inner.number(2, unit);
    out.block(1, inner);
  }
  for (let i = 0; i < SAMPLES; i++) {
    const depth = i % 50 === 0 ? i % 3 : 20 + next(10);
    const ids = Array.from({ length: depth }, () => idOf(next(PLACES)));
    if (i % 1000 === 999) sample?.(inner, i);
    // Go writes one or two numbers unpacked; a list may come in parts.
    if (depth < 3) for (const id of ids) inner.number(1, id);
    else
      for (const part of i % 777 === 0 ? [ids.slice(0, 5), ids.slice(5)] : [ids]) {
        for (const id of part) list.varint(id);
        inner.block(1, list);
      }
    list.varint(1 + (i % 3));
    list.varint(i % 100 === 7 ? 2n ** 54n : i * 1000);
    inner.block(2, list);
    if (i % 1000 !== 999) sample?.(inner, i);
    out.block(2, inner);
  }
  for (let place = 0; place < PLACES; place++) {
    inner.number(1, idOf(place));
    list.number(1, place + 1);
    list.number(2, 1 + (place % 300));
    inner.block(4, list);
    out.block(4, inner);
  }
  for (let place = 0; place < PLACES; place++) {
    inner.number(1, place + 1);
    inner.number(2, FIRST_NAME + place);
    inner.number(4, TEXTS.length - 1);
    out.block(5, inner);
  }
  for (const text of TEXTS) out.text(6, text);
  for (let place = 0; place < PLACES; place++) out.text(6, `module.function_${place}`);
  out.number(9, 1_700_000_000_000_000_000n);
  more?.(out);
  return Uint8Array.from(out.done());
}

const ordinary = make();

function labelled(out: ProtoWriter, index: number): void {
  const one = new ProtoWriter();
  if (index % 4 === 1) return;
  one.number(1, label.thread);
  one.number(2, label.worker);
  out.block(3, one);
  one.number(1, label.request);
  one.number(3, index % 11);
  one.number(4, label.bytes);
  out.block(3, one);
}

/** Two stretches of each sample, the second of some without a look. */
function stretches(): Buffer {
  const sample = Array.from({ length: 2 * SAMPLES }, (_, i) => i % SAMPLES);
  const looks = sample.map((own, i) => (i < SAMPLES ? 1 : own % 3));
  return momentsField({ sample, begin: sample.map((_, i) => 7 * i), length: sample.map((own) => own + 1), columns: { 0: looks } });
}

/** Time goes backwards, as it does in files of several threads. */
function timed(out: ProtoWriter, index: number): void {
  const one = new ProtoWriter();
  one.number(1, label.time);
  one.number(3, 1_700_000_000_000_000_000n + BigInt((SAMPLES - index) * 1000));
  out.block(3, one);
}

/** A digest of every column, and of the frames of every sample: rows may be numbered otherwise. */
function columns({ frames, stacks: _grown, samples, ...rest }: Profile): Record<string, unknown> {
  const digests: Record<string, unknown> = {};
  const add = (name: string, value: unknown) => {
    if (ArrayBuffer.isView(value)) digests[name] = digest(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (typeof value !== 'object' || value === null) digests[name] = value;
    else if (Array.isArray(value) && typeof value[0] === 'string') digests[name] = digest(value.join('\n'));
    else for (const [key, inner] of Object.entries(value)) add(`${name}.${key}`, inner);
  };
  const { values, thread, time, stretches, status, labels } = samples;
  add('profile', rest);
  add('samples', { values, thread, time, stretches, status, labels });
  const { first, location, ofSample } = frames!;
  const size = ofSample.reduce((sum, row) => sum + 1 + first[row + 1]! - first[row]!, 0);
  const stacks = new Uint32Array(size);
  let at = 0;
  for (const row of ofSample) {
    const own = location.subarray(first[row]!, first[row + 1]!);
    stacks[at] = own.length;
    stacks.set(own, at + 1);
    at += 1 + own.length;
  }
  return { ...digests, stacks: digest(new Uint8Array(stacks.buffer)) };
}

function digest(content: string | Uint8Array): string {
  return createHash('sha1').update(content).digest('hex');
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function isSplit(path: string): Promise<boolean> {
  const pieces = fileSource(path).pieces?.();
  if (pieces === undefined) throw new Error(`${path} is too small`);
  return (await splitProfile(pieces, {})) !== undefined;
}

const same = async (path: string, bytes: Uint8Array) =>
  expect(columns(await readProfile(fileSource(path)))).toEqual(columns(await readProfile(bytesSource(path, bytes))));

it.each([
  ['stacks', undefined],
  ['labels', { sample: labelled }],
  ['times', { sample: timed }],
  ['sparse ids', { idOf: (place: number) => 2 ** 31 + place * 1000 }],
] satisfies [string, Made | undefined][])('gives the same as a whole: %s', async (name, made) => {
  const bytes = made === undefined ? ordinary : make(made);
  const plain = file(`${name}.pb`, bytes);
  const packed = file(`${name}.pb.gz`, gzipSync(bytes, { level: 1 }));
  expect([await isSplit(plain), await isSplit(packed)]).toEqual([true, true]);
  await same(plain, bytes);
  await same(packed, bytes);
});

it('gives the same as a whole: moments', async () => {
  const bytes = Buffer.concat([make({ sample: labelled }), stretches()]);
  const path = file('moments.pb', bytes);
  expect(await isSplit(path)).toBe(true);
  expect((await readProfile(fileSource(path))).samples.stretches!.length.length).toBe(2 * SAMPLES);
  await same(path, bytes);
});

it.each([
  ['ids past 32 bits', make({ idOf: (place) => 2n ** 40n + BigInt(place) })],
  ['frames to drop', make({ more: (out) => out.number(7, TEXTS.indexOf('_start')) })],
  ['sums among the samples', make({ more: (out) => out.text(6, 'heatline') })],
  ['two profiles in one file', Buffer.concat([ordinary, ordinary])],
])('leaves to the whole: %s', async (name, bytes) => {
  const path = file(`${name}.pb`, bytes);
  expect(await isSplit(path)).toBe(false);
  await same(path, bytes);
});

it('tells the same of damaged files', async () => {
  const bytes = ordinary;
  const packed = gzipSync(bytes, { level: 1 });
  const damaged = Uint8Array.from(bytes);
  damaged.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
  const broken = [
    bytes.subarray(0, bytes.length - 1000),
    packed.subarray(0, packed.length >> 1),
    packed.subarray(0, packed.length - 1000),
    damaged,
    make({ idOf: (place) => (place === 5 ? 1 : place + 1), more: (out) => out.block(99, new ProtoWriter()) }),
  ];
  for (const [index, content] of broken.entries()) {
    const outcome = (source: Parameters<typeof readProfile>[0]) =>
      readProfile(source).then(columns, (error: unknown) => (error instanceof ReadError ? [error.code, error.message] : error));
    expect(await outcome(fileSource(file(`broken${index}`, content)))).toEqual(
      await outcome(bytesSource(join(folder, `broken${index}`), content)),
    );
  }
});

// By hand, since files of this size are read as a whole. Of several mistakes either way may come upon another one first.
it.each(['go/cpu.pb.gz', 'go/heap.pb.gz', 'go/mutex.pb.gz', 'rbspy/rbspy.pprof', 'async-profiler/till.pprof'])(
  'gives the same of %s, whole and with bytes changed, in pieces of any size',
  async (fixture) => {
    const whole = await bytesSource(fixture, readFileSync(join(__dirname, '..', 'fixtures', 'profiles', fixture))).bytes();
    let state = 11;
    const next = (below: number) => {
      state = (state * 48_271) % 0x7fffffff;
      return state % below;
    };
    let split = 0;
    for (let round = 0; round < 120; round++) {
      const bytes = Uint8Array.from(whole);
      for (let change = round % 4; change > 0; change--) bytes[next(bytes.length)] = next(256);
      const pieces = {
        head: bytes.subarray(0, 4096),
        size: bytes.length,
        async *[Symbol.asyncIterator]() {
          for (let at = 0; at < bytes.length; ) {
            const end = at + 1 + next(5000);
            yield bytes.subarray(at, end);
            at = end;
          }
        },
      };
      if ((await splitProfile(pieces, {})) !== undefined) split++;
      const outcome = (source: Parameters<typeof readProfile>[0]) =>
        readProfile(source).then(columns, (error: unknown) => (error instanceof ReadError ? 'refused' : error));
      const source = bytesSource(fixture, bytes);
      expect(await outcome(Object.assign(bytesSource(fixture, bytes), { pieces: () => pieces })), `round ${round}`).toEqual(
        await outcome(source),
      );
    }
    expect(split).toBeGreaterThan(30);
  },
);

it('ends when it is cancelled', async () => {
  const path = file('cancelled.pb', ordinary);
  const stop = new AbortController();
  const seen: number[] = [];
  const progress = (fraction: number) => {
    seen.push(fraction);
    if (fraction > 0.3) stop.abort(new Error('enough'));
  };
  await expect(readProfile(fileSource(path), { signal: stop.signal, progress })).rejects.toThrow('enough');
  expect(seen.at(-1)).toBeLessThan(0.9);
});

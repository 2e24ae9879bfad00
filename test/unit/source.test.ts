// Packed files: gzip and zstd in all the ways in which they are written, cut or made to do harm.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { unzstd } from '../../src/core/formats/shared/zstd.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { draw } from './draw.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline-source-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (lines: number) =>
  new TextEncoder().encode(Array.from({ length: lines }, (_, i) => `main;work_${i % 97};leaf_${(i * 7919) % 1013} ${i + 1}\n`).join(''));
const content = (bytes: Uint8Array) => bytesSource('x', bytes).bytes();
const refusal = (bytes: Uint8Array) => content(bytes).catch((error: unknown) => error);

/** Lengths of every class: all near both ends, and some between. */
function cuts(length: number): number[] {
  const near = Array.from({ length: 40 }, (_, i) => [i, length - 1 - i]).flat();
  const between = Array.from({ length: 60 }, (_, i) => Math.floor((length * i) / 60));
  return [...new Set([...near, ...between])].filter((at) => at >= 0 && at < length);
}

describe('gzip', () => {
  it('takes members one after another, and a pipe', async () => {
    const two = Buffer.concat([gzipSync(text(10)), gzipSync(text(20))]);
    expect(await content(two)).toEqual(Buffer.concat([text(10), text(20)]));
    if (process.platform === 'win32') return;
    const piped = join(folder, 'pipe');
    execFileSync('mkfifo', [piped]);
    const writer = spawnSyncLater(piped, two);
    expect(await fileSource(piped).bytes()).toEqual(Buffer.concat([text(10), text(20)]));
    await writer;
  });

  it('gives the whole lines of a file that is cut, and a warning', async () => {
    const whole = text(2000);
    const packed = gzipSync(whole);
    const sum = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => Number(line.split(' ')[1]))
        .reduce((a, b) => a + b, 0);
    let partial = 0;
    for (const length of cuts(packed.length)) {
      const profile = await readProfile(bytesSource('x', packed.subarray(0, length))).catch((error: unknown) => error as ReadError);
      if (profile instanceof ReadError) continue;
      partial++;
      expect(profile.warnings.join()).toMatch(/ends too early/);
      const { sum: total } = functionTable(profile, { type: 0 });
      // Whole lines: the sum of the first n numbers for some n.
      const n = Math.round((Math.sqrt(8 * total + 1) - 1) / 2);
      expect((n * (n + 1)) / 2).toBe(total);
      expect(total).toBeLessThanOrEqual(sum(whole));
    }
    expect(partial).toBeGreaterThan(50);
  });
});

/** Writes into a pipe from another process, since opening one waits for the other side. */
function spawnSyncLater(path: string, bytes: Uint8Array): Promise<void> {
  const file = join(folder, 'piped');
  writeFileSync(file, bytes);
  spawnSync('sh', ['-c', `cat "${file}" > "${path}" &`], { stdio: 'ignore' });
  return Promise.resolve();
}

// Made by zstd 1.5: -3 with a checksum, --no-check, -19, --stream-size unknown; two frames; a skippable frame first.
const hasZstd = spawnSync('zstd', ['--version']).status === 0;

function zstd(bytes: Uint8Array, ...options: string[]): Uint8Array {
  return execFileSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] });
}

describe.skipIf(!hasZstd)('zstd', () => {
  const whole = text(20_000);
  const file = join(folder, 'text');
  writeFileSync(file, whole);
  const sized = (...options: string[]) => execFileSync('zstd', ['-q', '-c', ...options, file], { maxBuffer: 1 << 28 });
  const skipped = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

  it.each([
    ['streamed', () => zstd(whole)],
    ['with its size', () => sized()],
    ['without checksum', () => sized('--no-check')],
    ['hard', () => sized('-19')],
    ['fast', () => sized('--fast=5')],
    ['in two frames with one to skip', () => Buffer.concat([skipped, zstd(whole.subarray(0, 9)), skipped, sized()])],
  ])('takes what is packed %s', async (name, pack) => {
    const packed = pack();
    const expected = name.startsWith('in two') ? Buffer.concat([whole.subarray(0, 9), whole]) : Buffer.from(whole);
    expect(Buffer.compare(await content(packed), expected)).toBe(0);
    // Both decoders, whichever this Node has.
    expect(Buffer.compare(unzstd(packed, 1 << 28, undefined).content, expected)).toBe(0);
  });

  it('takes an empty frame and noise', async () => {
    expect((await content(zstd(new Uint8Array(0)))).length).toBe(0);
    const noise = Uint8Array.from({ length: 300_000 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 11) & 255);
    expect(Buffer.compare(await content(zstd(noise)), noise)).toBe(0);
  });

  it('gives the whole blocks of a stream that is cut', async () => {
    for (const packed of [zstd(whole), sized()]) {
      for (const length of cuts(packed.length).filter((at) => at > 3)) {
        const found = await refusal(packed.subarray(0, length));
        if (found instanceof ReadError) expect(['truncated', 'corrupt']).toContain(found.code);
        else expect(Buffer.compare(found as Uint8Array, whole.subarray(0, (found as Uint8Array).length))).toBe(0);
      }
      const most = (await content(packed.subarray(0, packed.length - 10))).length;
      expect(most).toBeGreaterThan(whole.length / 4);
      expect(whole[most - 1]).toBe(0x0a);
    }
  });

  it('throws nothing but ReadError at changed bytes, with either decoder', () => {
    const packed = zstd(text(60));
    for (let at = 4; at < packed.length; at += 3) {
      for (const bit of [1, 64]) {
        const changed = Uint8Array.from(packed);
        changed[at]! ^= bit;
        try {
          unzstd(changed, 1 << 26, undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(ReadError);
        }
      }
    }
  });

  it('is not blown up by bombs and claims', async () => {
    const bomb = zstd(new Uint8Array(300 * 2 ** 20));
    expect(await refusal(bomb)).toMatchObject({ code: 'too-large' });
    expect(() => unzstd(bomb, 2 ** 26, undefined)).toThrow(/larger than can be read/);
    // A window of 2 TiB; a frame of one segment that claims 2^62 bytes.
    expect(await refusal(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8, 1, 0, 0))).toMatchObject({ code: 'unsupported' });
    const claim = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0);
    expect(await refusal(claim)).toMatchObject({ code: 'corrupt' });
    // Twenty thousand frames of nothing.
    const empty = zstd(new Uint8Array(0));
    const many = Buffer.alloc(empty.length * 20_000);
    for (let i = 0; i < 20_000; i++) many.set(empty, i * empty.length);
    expect(((await refusal(many)) as Uint8Array).length).toBe(0);
  });

  it('reads a pprof packed with zstd, and says so of one that is cut', async () => {
    const profile = draw('main main\nwork idle', { weights: [3, 4] });
    const packed = zstd(gunzipSync(writePprof(profile)));
    expect(functionTable(await readProfile(bytesSource('x', packed)), { type: 0 }).sum).toBe(7);
    expect(await readProfile(bytesSource('x', packed.subarray(0, 30))).catch((error: unknown) => error)).toMatchObject({
      code: 'truncated',
    });
  });
});

it('adds up profiles that were written one after another', async () => {
  const one = gunzipSync(writePprof(draw('main main\nwork idle', { weights: [3, 4] })));
  const other = gunzipSync(writePprof(draw('main start\nidle  main', { weights: [10, 20] })));
  for (const bytes of [Buffer.concat([one, other]), Buffer.concat([gzipSync(one), gzipSync(other)])]) {
    const profile = await readProfile(bytesSource('x', bytes));
    const { self, total } = functionTable(profile, { type: 0 });
    const rows = Array.from(self.keys(), (func) => [profile.strings[profile.functions.name[func]!], self[func], total[func]]);
    expect(rows.sort()).toEqual([
      ['idle', 14, 14],
      ['main', 20, 37],
      ['start', 0, 20],
      ['work', 3, 3],
    ]);
    expect(profile.warnings.join()).toMatch(/2 profiles/);
  }
});

it('keeps the beginning of a plain pprof file when all that it refers to is there', async () => {
  const bytes = gunzipSync(writePprof(draw('main main\nwork idle', { weights: [3, 4] })));
  const cutOff = Buffer.concat([bytes, Uint8Array.of(0x12, 90, 0x0a, 1, 1)]);
  const profile = await readProfile(bytesSource('x', cutOff));
  expect(functionTable(profile, { type: 0 }).sum).toBe(7);
  expect(profile.warnings.join()).toMatch(/ends too early/);
});
